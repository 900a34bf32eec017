"""The engine on the registry: all programs' persons together, against the population register, into
`linkage.*`.

Everything is worked out in the schema `linkage_work` and takes the place of the last run's tables in one
transaction: a run that is killed, or that the safety stop ends, leaves the last good linkage as it was.
"""

import datetime as dt
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import duckdb
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ibr.errors import ConfigurationProblem, ContractBroken, UsageProblem
from linkage.explain import Explanation, explain
from linkage.households import HouseholdGroups, group_households
from linkage.identity import CarryOver, carry_over, check_run_id, keep
from linkage.last_run import last_run
from linkage.register import match_register
from linkage.register_answers import are_asked_by_id, registers, whole, whole_registers
from linkage.registry_sql import run_script
from linkage.registry_state import (
    AllRecords,
    drop_spare_state,
    link_persons,
    publish_register,
    publish_state,
    published_state,
    spare_register,
)
from linkage.results import LinkageResult
from linkage.specification import Specification, Thresholds
from linkage.sql import cursor, single, table_exists
from linkage.verify import verify

Progress = Callable[[str], None]

WORK = "linkage_work"
PERSONS = "registry.persons"

# The roles of registry.persons and registry.population, whose shapes the data model fixes.
PERSON_COLUMNS: dict[str, Any] = {
    "given_name": "given_name",
    "middle_name": "middle_name",
    "family_name": "family_name",
    "full_name": "full_name",
    "birth_date": "birth_date",
    "birth_date_precision": "birth_date_precision",
    "sex": "sex",
    "national_id": "national_id",
    "other_ids": ["birth_certificate_no"],
    "phone": "phone",
    "household_id": "household_id",
    "places": ["county_code", "area_code"],
}
REGISTER_COLUMNS: dict[str, Any] = {
    "given_name": "given_name",
    "middle_name": "middle_name",
    "family_name": "family_name",
    "full_name": "full_name",
    "birth_date": "birth_date",
    "sex": "sex",
    "national_id": "national_id",
    "places": ["county_code", "area_code"],
}


def names_once(table: str) -> str:
    """SQL: a table of the registry whose full_name stands only where a part is missing; else it would repeat the parts.

    Taking 300,000 full names apart as well cost three quarters of the time of standardising.
    """
    only_whole = "CASE WHEN given_name IS NULL OR family_name IS NULL THEN full_name END AS full_name"
    return f"(SELECT * REPLACE ({only_whole}) FROM {table})"


# Below this many merged records a jump is chance, not a fault.
SMALLEST_JUMP = 100


class RegistrySettings(BaseModel):
    """The `linkage:` block of registry.yml.

    `columns` adds to or replaces roles of registry.persons (a role set to null is left out); `attributes`
    names further columns that help. `max_jump`: the share of records merged may be this many times the last
    run's. `relearn_after`: the share of the records that may have changed since the model was learned; until then a
    run looks only at what changed. `stale_register`: whether a register that could not be refreshed, or an answer
    older than it may be of one that is asked by ID, still says something.
    """

    model_config = ConfigDict(extra="forbid")
    thresholds: Thresholds = Thresholds()
    register_thresholds: Thresholds = Thresholds()
    name_variants: str | None = None
    model: str = "auto"
    columns: dict[str, Any] = {}
    attributes: list[str] = []
    max_cluster_size: int = Field(default=30, ge=2)
    max_jump: float = Field(default=3.0, gt=1)
    relearn_after: float = Field(default=0.1, ge=0, le=1)
    max_households: int = Field(default=12, ge=2)
    max_households_per_person: int = Field(default=20, ge=2)
    stale_register: Literal["could_not_check", "use_last_good"] = "could_not_check"

    @classmethod
    def of(cls, block: Mapping[str, Any] | None) -> "RegistrySettings":
        """Check the block; ConfigurationProblem lists every mistake in one line."""
        try:
            return cls.model_validate(dict(block or {}))
        except ValidationError as error:
            faults = [
                f"{'.'.join(map(str, e['loc']))}: {e['msg'].lower()}"
                for e in error.errors(include_input=False)
            ]
            raise ConfigurationProblem(f"registry.yml, linkage: {'; '.join(faults)}") from None

    def person_specification(self) -> Specification:
        """Roles of registry.persons."""
        columns = {**PERSON_COLUMNS, "attributes": self.attributes, **self.columns}
        return self._specification("record_id", columns, self.thresholds, source="source", model=self.model)

    def register_specifications(self) -> tuple[Specification, Specification]:
        """Roles of registry.persons and of registry.population, for the match to the register."""
        shared = {
            role: column for role, column in PERSON_COLUMNS.items() if role not in ("other_ids", "phone")
        }
        return (
            self._specification("record_id", shared, self.register_thresholds, source="source"),
            self._specification("register_id", REGISTER_COLUMNS, self.register_thresholds),
        )

    def _specification(
        self,
        record_id: str,
        columns: dict[str, Any],
        thresholds: Thresholds,
        source: str | None = None,
        model: str = "auto",
    ) -> Specification:
        return Specification.from_mapping(
            {
                "record_id": record_id,
                "source": source,
                "columns": {role: column for role, column in columns.items() if column},
                "thresholds": thresholds.model_dump(),
                "name_variants": self.name_variants,
                "model": model,
            },
            name="registry.yml, linkage",
        )


RegisterState = Literal["available", "stale", "unavailable"]


@dataclass(frozen=True)
class RegistryLinkageSummary:
    """What a run found. `merged_records`: records beyond the first of their person; `changed_records`: those that came,
    went or changed since the last run, None where the model was learned anew from all; `seconds` by stage of the
    engine.
    """

    run_id: str
    records: int
    persons: int
    merged_records: int
    changed_records: int | None
    match_pairs: int
    review_pairs: int
    largest_cluster: int
    register_state: RegisterState
    person_uids: CarryOver
    household_groups: HouseholdGroups
    household_uids: CarryOver
    verification: dict[str, int]
    seconds: dict[str, dict[str, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def link_registry(
    con: duckdb.DuckDBPyConnection,
    specification: Mapping[str, Any] | None,
    run_id: str,
    reporting_date: dt.date,
    *,
    keeps_register: bool = False,
    all_records: AllRecords | None = None,
    progress: Progress | None = None,
) -> RegistryLinkageSummary:
    """Link registry.persons, check it against registry.population, and replace `linkage.*` in one
    transaction.

    Inputs: a warehouse connection that may write; the `linkage:` block of registry.yml, or None for the
    defaults; the run's identifier; the date at which a death counts; `keeps_register`: whether what the
    match to the register learned stays, for further records (linkage/lookup); `all_records`: what links all persons
    instead of this machine, where what changed is not enough (linkage/spark). `linkage.decisions` binds. Raises
    ConfigurationProblem for a block that cannot be used, and ContractBroken for an empty registry and for the
    safety stop: a cluster of more than `max_cluster_size` records, or a share of merged records or matching
    pairs `max_jump` times the last run's.
    """
    say = progress or (lambda _: None)
    check_run_id(run_id)
    settings = RegistrySettings.of(specification)
    run_script(con, "tables")
    if not table_exists(con, "registry", "persons") or not single(con, f"SELECT count(*) FROM {PERSONS}"):
        raise ContractBroken(
            f"{PERSONS} holds no record, at least one was expected; look at the registry stage's checks"
        )
    con.execute(f"DROP SCHEMA IF EXISTS {WORK} CASCADE; CREATE SCHEMA {WORK}")
    try:
        return _link(con, settings, run_id, reporting_date, keeps_register, all_records, say)
    finally:
        con.execute(f"DROP SCHEMA IF EXISTS {WORK} CASCADE")


def _link(
    con: duckdb.DuckDBPyConnection,
    settings: RegistrySettings,
    run_id: str,
    reporting_date: dt.date,
    keeps_register: bool,
    all_records: AllRecords | None,
    say: Progress,
) -> RegistryLinkageSummary:
    say("linking persons")
    roles = settings.person_specification()
    of_persons, of_register = settings.register_specifications()
    state = register_state(con)
    use_last_good = settings.stale_register == "use_last_good"
    is_used = state == "available" or (state == "stale" and use_last_good)
    checked = registers(con, WORK, PERSONS, is_whole_used=is_used, use_last_good=use_last_good)
    run_script(con, "decisions", work=WORK, persons=PERSONS)
    # Beside each other: many of their statements are too small for more than one core.
    with _beside(con) as start:
        if checked.whole:
            register_run = start(
                match_register, of_persons, names_once(PERSONS), names_once(checked.whole), of_register, WORK,
                keep_in=spare_register(con) if keeps_register else None,
                progress=lambda stage: say(f"matching to the register: {stage}"),
            )  # fmt: skip
        persons = link_persons(
            con, roles, names_once(PERSONS), WORK, decisions=f"{WORK}.decisions",
            join_probability=None, relearn_after=settings.relearn_after, all_records=all_records,
            progress=lambda stage: say(f"linking persons: {stage}"),
        )  # fmt: skip
        figures = _figures(con)
        _safety_stop(con, figures, settings)
        register: LinkageResult | None = register_run.result() if checked.whole else None

    say("carrying numbers over")
    con.execute(
        f"CREATE TABLE {WORK}.new_persons AS SELECT record_id AS member_id, entity_id AS group_key FROM {WORK}.clusters"
    )
    person_uids = carry_over(con, "person", f"{WORK}.new_persons", WORK)
    say("recognising households")
    households = "registry.households" if table_exists(con, "registry", "households") else None
    groups = group_households(
        con, PERSONS, households, WORK,
        max_households=settings.max_households, max_households_per_person=settings.max_households_per_person,
    )  # fmt: skip
    household_uids = carry_over(con, "household", f"{WORK}.new_households", WORK)
    say("verifying")
    verified = verify(
        con, PERSONS, checked.believed, checked.matches, reporting_date, WORK,
        name_variants=_load_variants(con, settings.name_variants), earlier="linkage.verification",
        unasked=checked.unasked,
    )  # fmt: skip

    say("replacing the last run's tables")
    models = [("persons", roles, persons)]
    if register:
        models.append(("register", of_persons, register))
    _publish(con, run_id, models, is_register_kept=keeps_register and register is not None)
    drop_spare_state(con)
    return RegistryLinkageSummary(
        run_id=run_id,
        records=figures["records"],
        persons=figures["persons"],
        merged_records=figures["records"] - figures["persons"],
        changed_records=persons.counts.get("changed"),
        match_pairs=figures["match_pairs"],
        review_pairs=figures["review_pairs"],
        largest_cluster=figures["largest_cluster"],
        register_state=state,
        person_uids=person_uids,
        household_groups=groups,
        household_uids=household_uids,
        verification=verified.by_status,
        seconds={purpose: dict(result.seconds) for purpose, _, result in models},
        notes=[note for _, _, result in models for note in result.notes] + _on_conflicts(con),
    )


def _on_conflicts(con: duckdb.DuckDBPyConnection) -> list[str]:
    found = single(con, "SELECT count(*) FROM linkage.decision_conflicts")
    note = f"{found} pairs decided 'different' are one person by decisions 'same'; see linkage.decision_conflicts"
    return [note] if found else []


class _BrokenOff(Exception):
    """Nobody waits for the result any more."""


@contextmanager
def _beside(con: duckdb.DuckDBPyConnection) -> Iterator[Callable[..., Future[Any]]]:
    """Starts functions of (connection, ..., progress=) in a thread with a connection of its own. When something fails
    here, what runs there is broken off: its statement now, itself at its next stage."""
    other, stop = cursor(con), threading.Event()

    def start(function: Callable[..., Any], *arguments: Any, progress: Progress, **named: Any) -> Future[Any]:
        def say(message: str) -> None:
            if stop.is_set():
                raise _BrokenOff
            progress(message)

        return pool.submit(function, other, *arguments, progress=say, **named)

    try:
        with ThreadPoolExecutor(max_workers=1) as pool:
            try:
                yield start
            except BaseException:
                stop.set()
                other.interrupt()
                raise
    finally:
        other.close()


def register_state(con: duckdb.DuckDBPyConnection) -> RegisterState:
    """Whether registry.population can be asked: `unavailable` without rows, `stale` where no register was
    refreshed. Registers that are asked by ID are judged answer by answer instead.
    """
    known = whole_registers(con)
    if not known and are_asked_by_id(con):
        return "available"
    if not table_exists(con, "registry", "population") or not single(con, f"SELECT count(*) FROM {whole(con)}"):
        return "unavailable"
    return "stale" if known and all(known) else "available"


def _figures(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    run_script(con, "figures", work=WORK)
    cursor = con.execute(f"FROM {WORK}.figures")
    names = [column[0] for column in cursor.description]
    row = cursor.fetchone()
    assert row is not None
    return dict(zip(names, row, strict=True))


def _safety_stop(con: duckdb.DuckDBPyConnection, now: dict[str, int], settings: RegistrySettings) -> None:
    """Nothing is replaced when a run suddenly finds far too much: a wrong match can take food from a family."""
    if now["largest_cluster"] > settings.max_cluster_size:
        raise ContractBroken(
            f"Linkage stopped, the last run's results stay: one person was made of {now['largest_cluster']} "
            f"records, at most {settings.max_cluster_size} were expected; look for an ID, a phone or a name used as "
            "a filler in what changed since the last run, or raise linkage.max_cluster_size in registry.yml if "
            "it is right"
        )
    last = con.execute(
        "SELECT records, records - persons, match_pairs FROM linkage.run_figures ORDER BY run_number DESC LIMIT 1"
    ).fetchone()
    if last is None or not last[0]:
        return
    for what, count, before in (
        ("merged records", now["records"] - now["persons"], last[1]),
        ("matching pairs", now["match_pairs"], last[2]),
    ):
        share, share_before = count / now["records"], before / last[0]
        if share > settings.max_jump * share_before and count - before > SMALLEST_JUMP:
            raise ContractBroken(
                f"Linkage stopped, the last run's results stay: {count} {what} among {now['records']} records, after "
                f"{before} among {last[0]} in the last run, more than {settings.max_jump:g} "
                "times the share; look at what changed in the sources (`ibr status`), or raise "
                "linkage.max_jump in registry.yml for one run if it is right"
            )


def _load_variants(con: duckdb.DuckDBPyConnection, path: str | None) -> str | None:
    """`{WORK}.variants_given` (name, canonical) in lower case, from the CSV that the specification names."""
    if path is None:
        return None
    if not Path(path).is_file():
        raise ConfigurationProblem(
            f"linkage.name_variants names {path}, which is not there; a CSV with name, canonical was expected"
        )
    con.execute(
        f"CREATE TABLE {WORK}.variants_given AS SELECT lower(strip_accents(name)) AS name, "
        "min(lower(strip_accents(canonical))) AS canonical FROM read_csv(?, all_varchar = true) GROUP BY 1",
        [path],
    )
    return f"{WORK}.variants_given"


def _publish(
    con: duckdb.DuckDBPyConnection,
    run_id: str,
    models: list[tuple[str, Specification, LinkageResult]],
    *,
    is_register_kept: bool,
) -> None:
    con.begin()
    try:
        run_script(con, "publish", work=WORK, run_id=run_id)
        keep(con, "person", run_id, WORK)
        keep(con, "household", run_id, WORK)
        publish_state(con, models[0][2], WORK)
        publish_register(con, is_kept=is_register_kept)
        for purpose, roles, result in models:
            con.execute(
                "INSERT INTO linkage.model VALUES (?, ?, ?, ?)",
                [
                    run_id,
                    purpose,
                    yaml.safe_dump(roles.model_dump(mode="json")),
                    yaml.safe_dump(result.model, sort_keys=False),
                ],
            )
        con.commit()
    except BaseException:
        con.rollback()
        raise


@dataclass(frozen=True)
class RegistryExplanation:
    """The engine's evidence on a pair, and what the last run and people made of it."""

    evidence: Explanation
    person_uid_l: str | None
    person_uid_r: str | None
    decision: str | None
    decided_on: dt.date | None

    @property
    def is_one_person(self) -> bool:
        """Whether the last run took the two for one person."""
        return self.person_uid_l is not None and self.person_uid_l == self.person_uid_r

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **self.evidence.as_dict(),
            "person_uid_l": self.person_uid_l,
            "person_uid_r": self.person_uid_r,
            "is_one_person": self.is_one_person,
            "decision": self.decision,
            "decided_on": self.decided_on,
        }

    def lines(self) -> list[str]:
        """In words, without values of the records."""
        lines = list(self.evidence.lines)
        if self.decision:
            lines.append(f"People decided: {self.decision} ({self.decided_on}); this binds.")
        if self.is_one_person:
            lines.append(f"In the last run both are the person {self.person_uid_l}.")
        else:
            lines.append(f"In the last run they are two persons: {self.person_uid_l} and {self.person_uid_r}.")
        return lines


def explain_registry(con: duckdb.DuckDBPyConnection, id_a: str, id_b: str) -> RegistryExplanation:
    """Why two records of registry.persons were, or were not, taken as one person, by the last run's model.

    The connection may be read-only. Raises UsageProblem where nothing was linked yet, or a record is not
    there.
    """
    last = last_run(con, "nothing can be explained")
    if id_a == id_b:
        raise UsageProblem("The two identifiers are the same; name two records")
    evidence = explain(con, last.roles, names_once(PERSONS), id_a, id_b, last.model, published_state(con))
    uids = dict(
        con.execute(
            "SELECT record_id, person_uid FROM linkage.persons_crosswalk WHERE record_id IN (?, ?)",
            [id_a, id_b],
        ).fetchall()
    )
    decided = con.execute(
        "SELECT decision, decided_on FROM linkage.decisions WHERE record_id_l IN ($a, $b) AND record_id_r IN ($a, $b) "
        "AND record_id_l <> record_id_r AND decision IN ('same', 'different') "
        "ORDER BY decided_on DESC NULLS LAST, decision_id DESC LIMIT 1",
        {"a": id_a, "b": id_b},
    ).fetchone() or (None, None)
    return RegistryExplanation(evidence, uids.get(id_a), uids.get(id_b), *decided)
