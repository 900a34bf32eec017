"""Asked persons against the register and the programs' records of one publication."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from linkage.lookup.build import FILE
from linkage.lookup.hashes import Hashes
from linkage.lookup.matching import RecordMatcher, RegisterMatcher
from linkage.lookup.planned import PlannedConnection
from linkage.lookup.rows import Rows
from linkage.registry.verify import compare_by_id, judge, verify
from linkage.sql import literal, render
from linkage.values import identifier

WORK = "lookup_work"


@dataclass(frozen=True)
class OverlapRule:
    """What the rules say of two benefits: `prohibited | allowed | for_review`, and the rule, if one speaks."""

    rule_code: str | None
    rule_level: str | None
    verdict: str


@dataclass(frozen=True)
class Enrolment:
    """A benefit of the person's household, and what the person is in it; without a role it is another member's."""

    enrolment_id: str
    program: str
    status: str
    enrolled_date: dt.date | None
    exit_date: dt.date | None
    is_source_stale: bool
    roles: list[str]


@dataclass(frozen=True)
class Checked:
    """What is known of one asked person: the register's word as `linkage.verification` has it, whom the programs'
    records know them as, and whom they may be besides."""

    status: str
    could_not_check_reason: str | None
    register_id: str | None
    match_key: str | None
    match_probability: float | None
    mismatched_fields: list[str]
    death_date: dt.date | None
    emigrated_date: dt.date | None
    person_uid: str | None
    household_uids: list[str]
    possible_uids: list[str]
    enrolments: list[Enrolment] = field(default_factory=list)


class _Register(NamedTuple):
    """The population register: its people, where they stand by their ID, and the search among them."""

    population: Rows
    by_id: Hashes
    matcher: RegisterMatcher


class Lookup:
    """The index of a publication, open to be asked; not by two threads at once."""

    def __init__(self, folder: Path, reporting_date: dt.date) -> None:
        self._date = reporting_date
        self._root = con = duckdb.connect(":memory:", config={"threads": 1})
        con.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
        # Plans stay while rows change: none may rest on how many there are, or on which values.
        con.execute("SET disabled_optimizers = 'statistics_propagation,build_side_probe_side,join_order'")
        con.execute(f"ATTACH {literal(str(folder / FILE))} AS lookup (READ_ONLY)")
        self.con = PlannedConnection(con, WORK)
        self._records = RecordMatcher(self._planned("lookup_records"), folder)
        self._register = self._open_register(folder) if (folder / "population.arrow").exists() else None
        self._by_id = Hashes(folder / "records_by_national_id.npy")
        self._persons = Rows(folder / "persons.arrow")
        self._enrolments = Rows(folder / "enrolments.arrow")
        self._by_person = Hashes(folder / "records_by_person.npy")
        self._by_household = Hashes(folder / "enrolments_by_household.npy")
        self._learn()

    def _open_register(self, folder: Path) -> _Register:
        by_id = Hashes(folder / "register_by_national_id.npy")
        matcher = RegisterMatcher(self._planned("lookup_register"), folder)
        return _Register(Rows(folder / "population.arrow"), by_id, matcher)

    def _planned(self, schema: str) -> PlannedConnection:
        con = PlannedConnection(self._root.cursor(), schema)
        con.execute("create table lk_household (hh ubigint)")
        return con

    def _learn(self) -> None:
        """Every statement that there is, on somebody who is in the records and on somebody who is nowhere."""
        self._root.register("first_persons", self._persons.at(np.arange(20)))
        rows = self._root.execute(render("lookup_sample.sql")).to_arrow_table()
        self._root.unregister("first_persons")
        self._is_learning = True
        self._check(rows, with_records=True)
        self._is_learning = False
        for planned in (self.con, self._records.con, *([self._register.matcher.con] if self._register else [])):
            planned.settle()

    @property
    def overlap_rules(self) -> dict[tuple[str, str, str], OverlapRule]:
        """Of a level (person, household) and two programs in the order of their codes: the rule in force."""
        rows = self._root.execute(
            "SELECT level, program_a, program_b, rule_code, rule_level, verdict FROM lookup.main.overlap_rules"
        ).fetchall()
        return {(level, one, other): OverlapRule(*rule) for level, one, other, *rule in rows}

    def close(self) -> None:
        """Let go of the files."""
        self._root.close()

    def check(self, asked: Any, *, with_records: bool = True) -> list[Checked]:
        """Judge the persons of an Arrow table with the columns of registry.persons that linkage reads, in its order;
        without the programs' records as if there were none."""
        numbers = pa.array([f"{place:010}" for place in range(len(asked))], pa.string())
        with self.con.once(len(asked)):
            return self._check(asked.append_column("record_id", numbers), with_records)

    def bearing(self, national_ids: Sequence[str]) -> Any:
        """The programs' records that bear one of some ID numbers, with whose they are: an Arrow table. For any thread,
        also while another asks."""
        query = "SELECT hash(unnest(?::VARCHAR[])) AS h"
        with self._root.cursor() as con:
            hashes = con.execute(query, [list(national_ids)]).fetchnumpy()["h"]
        near = self._persons.at(self._by_id.find(hashes)[1])
        return near.filter(pc.is_in(near["national_id"], pa.array(national_ids, near.schema.field("national_id").type)))

    def _check(self, asked: Any, with_records: bool) -> list[Checked]:
        con: Any = self.con
        con.register(f"{WORK}.given", asked)
        con.execute(render("lookup_asked.sql", work=WORK, identifier=identifier("national_id")))
        links, plain, sounds = self._records.match(asked)
        con.register(f"{WORK}.links", links if with_records else links.slice(0, 0))
        self._gather(with_records)
        self._look_by_id()
        persons = f"{WORK}.persons"
        if self._register is None:
            verify(con, persons, None, None, self._date, WORK)
        else:
            self._bring_those_with_the_ids(self._register)
            compare_by_id(con, persons, f"{WORK}.register", WORK)
            self._search(self._register, plain, sounds)
            judge(con, persons, f"{WORK}.register", f"{WORK}.matches", self._date, WORK)
        found = [Checked(*row) for row in con.execute(render("lookup_answers.sql", work=WORK)).fetchall()]
        self._add_enrolments(found)
        return found

    def _gather(self, with_records: bool) -> None:
        """The asked persons with the records that bear on them."""
        con = self.con
        linked = con.execute(f"SELECT position FROM {WORK}.links").fetchnumpy()["position"]
        con.register(f"{WORK}.linked_rows", self._persons.at(linked))
        hashes = con.execute(render("lookup_near.sql", work=WORK)).fetchnumpy()
        ids, uids = (hashes["h"][hashes["is_person"] == which] for which in (False, True))
        near = np.concatenate([self._by_id.find(ids)[1], self._by_person.find(uids)[1]])
        con.register(f"{WORK}.near", self._persons.at(near if with_records else near[:0]))
        con.execute(render("lookup_context.sql", work=WORK))

    def _look_by_id(self) -> None:
        """Whom the programs' records say that bear the ID of somebody whom the search took for nobody.

        With a given name or a birth date, and nothing that disagrees, they are that person's, where they are one
        person's; else somebody has to look. An ID is never said to be unknown where a record bears it, written alike.
        """
        con: Any = self.con
        con.execute(render("lookup_bearing.sql", work=WORK))
        if self._is_learning or con.execute(f"SELECT count(*) AS n FROM {WORK}.bearing").fetchnumpy()["n"][0]:
            compare_by_id(con, f"{WORK}.asked", f"{WORK}.bearing", WORK)
            con.execute(render("lookup_same_id.sql", work=WORK))

    def _bring_those_with_the_ids(self, register: _Register) -> None:
        """The register's people who have the ID of a person or record, or for whom the run took a record."""
        ids = self.con.execute(
            f"SELECT DISTINCT hash(national_id) AS h FROM {WORK}.persons WHERE national_id IS NOT NULL"
        ).fetchnumpy()["h"]
        taken_for = self.con.execute(f"SELECT DISTINCT p FROM {WORK}.near WHERE p IS NOT NULL").fetchnumpy()["p"]
        people = np.concatenate([register.by_id.find(ids)[1], taken_for.astype(np.int64)])
        self.con.register(f"{WORK}.register", register.population.at(people))

    def _search(self, register: _Register, plain: Any, sounds: Any) -> None:
        """Whom of the register those may be whose ID does not settle it."""
        con = self.con
        open_ones = con.execute(
            f"SELECT record_id FROM {WORK}.asked WHERE record_id NOT IN "
            f"(SELECT record_id FROM {WORK}.verify_id WHERE len(mismatched_fields) = 0)"
        ).to_arrow_table()["record_id"]
        found = register.matcher.match(plain.filter(pc.is_in(plain["record_id"], open_ones)), sounds)
        con.register(f"{WORK}.found", found)
        con.register(f"{WORK}.found_people", register.population.at(found["p"].to_numpy()))
        con.execute(render("lookup_register.sql", work=WORK))

    def _add_enrolments(self, found: list[Checked]) -> None:
        con = self.con
        homes = con.execute(f"SELECT DISTINCT hash(household_uid) AS h FROM {WORK}.near").fetchnumpy()["h"]
        con.register(f"{WORK}.benefits", self._enrolments.at(self._by_household.find(homes)[1]))
        for place, *row in con.execute(render("lookup_enrolments.sql", work=WORK)).fetchall():
            found[place].enrolments.append(Enrolment(*row))
