"""The engine on the registry: all programs' persons together, against the population register, into
`linkage.*`.

Everything is worked out in the schema `linkage_work` and takes the place of the last run's tables in one
transaction: a run that is killed, or that the safety stop ends, leaves the last good linkage as it was.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import duckdb
import yaml

from ibr.errors import ConfigurationProblem, ContractBroken
from linkage.beside import Progress, beside, has_memory
from linkage.register.match import match_register
from linkage.registry.answers import are_asked_by_id, registers, whole, whole_registers
from linkage.registry.households import HouseholdGroups, group_households
from linkage.registry.identity import CarryOver, carry_over, check_run_id, keep
from linkage.registry.safety import figures_of, safety_stop
from linkage.registry.scripts import run_script
from linkage.registry.settings import PERSONS, RegistrySettings, names_once
from linkage.registry.state import (
    AllRecords,
    drop_spare_state,
    link_persons,
    publish_register,
    publish_state,
    spare_register,
)
from linkage.registry.verify import verify
from linkage.results import LinkageResult
from linkage.specification import Specification
from linkage.sql import single, table_exists

WORK = "linkage_work"
# What a record or a person of the register takes while persons are linked beside the match to the register. With 180
# bytes, 4.3 million records against 30 million ran out of memory; one after the other they need 2 and 5 GB.
BYTES_A_ROW = 400

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
    pairs `max_jump` times the last run's, or more than the share `max_members_as_one` of the records of members of
    one household taken for one person.
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
    rows = sum(single(con, f"SELECT count(*) FROM {table}") for table in (PERSONS, checked.whole) if table)
    with beside(con, at_once=has_memory(con, rows, BYTES_A_ROW)) as start:
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
        figures = figures_of(con, WORK)
        safety_stop(con, WORK, figures, settings)
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
