"""link_registry around a stand-in for the engine: what is replaced, what stays, and when it stops."""

import datetime as dt
import threading
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from ibr.errors import ConfigurationProblem, ContractBroken, UsageProblem
from linkage.beside import Progress
from linkage.registry import run, safety, state
from linkage.registry.explaining import explain_registry
from linkage.registry.run import link_registry, register_state
from linkage.registry.settings import RegistrySettings, names_once
from linkage.registry.state import published_register
from linkage.results import LinkageResult

TODAY = dt.date(2026, 6, 30)
TABLES = (
    "pairs",
    "clusters",
    "persons_crosswalk",
    "households_crosswalk",
    "household_ties",
    "uid_events",
    "verification",
    "model",
)


def _result(specification: object) -> LinkageResult:
    return LinkageResult(model={"version": 1}, keys=[], counts={}, thresholds={}, seconds={"score": 0.1})


class Engine:
    """Puts records with one given name into one entity; finds in the register whoever has the same ID."""

    def __init__(self) -> None:
        self.decisions: list[tuple] = []

    def deduplicate(self, con, specification, records, output_schema, *, decisions=None, progress=None, **_):
        con.execute(f"""
            CREATE TABLE {output_schema}.clusters AS
            SELECT record_id, min(record_id) OVER (PARTITION BY given_name) AS entity_id FROM {records};
            CREATE TABLE {output_schema}.pairs AS
            SELECT entity_id AS record_id_l, record_id AS record_id_r, 'given name' AS match_key, 20.0 AS
            match_weight,
                0.999 AS match_probability, 'match' AS verdict
            FROM {output_schema}.clusters WHERE record_id <> entity_id""")
        self.decisions = con.execute(f"FROM {decisions} ORDER BY ALL").fetchall()
        return _result(specification)

    def match_register(
        self, con, specification, records, register, register_specification, output_schema, *, keep_in=None, **_
    ):
        if keep_in:
            con.execute(f"CREATE SCHEMA {keep_in}")
        con.execute(f"""
            CREATE TABLE {output_schema}.matches AS
            SELECT p.record_id, q.register_id, 'ID' AS match_key, 0.99 AS match_probability, 'match' AS
            verdict,
                0.0 AS runner_up_probability
            FROM {records} AS p JOIN {register} AS q USING (national_id)""")
        return _result(specification)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    stand_in = Engine()
    monkeypatch.setattr(state, "deduplicate", stand_in.deduplicate)
    monkeypatch.setattr(run, "match_register", stand_in.match_register)
    monkeypatch.setattr(safety, "SMALLEST_JUMP", 1)
    return stand_in


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("""
            CREATE SCHEMA registry; CREATE SCHEMA ops;
            CREATE TABLE ops.sources (source VARCHAR, kind VARCHAR, is_stale BOOLEAN, is_asked_by_id BOOLEAN);
            INSERT INTO ops.sources VALUES ('register', 'register', false, false), ('one', 'mis', true, NULL);
            CREATE TABLE registry.persons AS
            SELECT 's:' || range AS record_id, 's' AS source, 's:h' || range // 2 AS household_id, 'name' ||
            range // 2 AS given_name,
                NULL::VARCHAR AS middle_name, 'Kamau' AS family_name, 'name' || range // 2 || ' Kamau' AS
                full_name,
                DATE '1980-01-05' AS birth_date, 'day' AS birth_date_precision, 'F' AS sex, (10000000 + range
                // 2)::VARCHAR AS national_id,
                range % 2 = 0 AS is_head, false AS is_beneficiary, false AS is_caregiver
            FROM range(8);
            CREATE TABLE registry.population AS
            SELECT DISTINCT national_id AS register_id, national_id, given_name, middle_name, family_name,
            full_name, birth_date,
                sex, false AS is_deceased, NULL::DATE AS death_date, NULL::DATE AS emigrated_date
            FROM registry.persons WHERE household_id <> 's:h3'""")
        yield con


def _everything(con: duckdb.DuckDBPyConnection) -> dict[str, list]:
    return {table: con.execute(f"FROM linkage.{table} ORDER BY ALL").fetchall() for table in TABLES}


def test_a_run_fills_every_table(con: duckdb.DuckDBPyConnection, engine: Engine) -> None:
    summary = link_registry(con, None, "run-1", TODAY)
    assert (summary.records, summary.persons, summary.merged_records) == (8, 4, 4)
    assert summary.verification["verified"] == 6
    assert summary.verification["not_found"] == 2
    assert summary.household_groups.groups == 4
    assert all(_everything(con)[table] for table in TABLES if table != "household_ties")
    schemas = con.execute(
        "SELECT count(*) FROM information_schema.schemata WHERE schema_name = 'linkage_work'"
    ).fetchone()
    assert schemas == (0,)


def test_a_second_run_gives_the_same_numbers(con: duckdb.DuckDBPyConnection, engine: Engine) -> None:
    link_registry(con, {}, "run-1", TODAY)
    first = _everything(con)
    link_registry(con, {}, "run-2", TODAY)
    second = _everything(con)
    first.pop("model"), second.pop("model")
    assert second == first


def test_another_engine_links_all_persons_in_place_of_this_one(
    con: duckdb.DuckDBPyConnection, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def elsewhere(*arguments: Any, **named: Any) -> LinkageResult:
        asked.append((named["join_probability"], named["keep_in"]))
        return engine.deduplicate(*arguments, **named)

    link_registry(con, None, "run-1", TODAY)
    here = _everything(con)
    monkeypatch.delattr(state, "deduplicate")
    link_registry(con, None, "run-2", TODAY, all_records=elsewhere)
    assert asked == [(None, "linkage_state_b")]
    assert {**_everything(con), "model": None} == {**here, "model": None}


def test_a_failure_leaves_the_last_run(
    con: duckdb.DuckDBPyConnection, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    link_registry(con, {}, "run-1", TODAY)
    before = _everything(con)
    con.execute("DELETE FROM registry.persons WHERE record_id = 's:0'")

    def fail(*_: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(run, "keep", fail)
    with pytest.raises(RuntimeError):
        link_registry(con, {}, "run-2", TODAY)
    assert _everything(con) == before


def test_safety_stop_on_a_large_cluster(con: duckdb.DuckDBPyConnection, engine: Engine) -> None:
    link_registry(con, {}, "run-1", TODAY)
    before = _everything(con)
    con.execute("UPDATE registry.persons SET given_name = 'x'")
    with pytest.raises(ContractBroken, match=r"made of 8 records, at most 4 were .*max_cluster_size"):
        link_registry(con, {"max_cluster_size": 4, "max_jump": 100}, "run-2", TODAY)
    assert _everything(con) == before


def test_safety_stop_on_a_jump(con: duckdb.DuckDBPyConnection, engine: Engine) -> None:
    con.execute("UPDATE registry.persons SET given_name = record_id WHERE record_id > 's:1'")
    link_registry(con, {}, "run-1", TODAY)
    con.execute("UPDATE registry.persons SET given_name = 'x' WHERE record_id > 's:1'")
    with pytest.raises(
        ContractBroken, match=r"6 merged records among 8 records, after 1 among 8 in .*max_jump"
    ):
        link_registry(con, {}, "run-2", TODAY)
    assert link_registry(con, {"max_jump": 10}, "run-3", TODAY).merged_records == 6


@pytest.mark.parametrize(
    ("listed", "is_stopped"),
    [
        ("('s', 'h', 'Wanjiru', DATE '1980-01-05'), ('s', 'h', 'Otieno', DATE '2009-03-02')", True),
        ("('s', 'h', 'Wanjiru', DATE '1980-01-05'), ('s', 'h', 'WANJIRU', DATE '2009-03-02')", False),
        ("('s', 'h', 'Wanjiru', DATE '1980-01-05'), ('s', 'h', 'Njeri', DATE '1980-01-05')", False),
        ("('s', 'h', 'Wanjiru', DATE '1980-01-05'), ('s', 'i', 'Otieno', DATE '2009-03-02')", False),
        ("('s', 'h', 'Wanjiru', DATE '1980-01-05'), ('t', 'h', 'Otieno', DATE '2009-03-02')", False),
        ("('s', 'h', 'Wanjiru', DATE '1980-01-05'), ('s', 'h', NULL, DATE '2009-03-02')", False),
        ("('s', NULL, 'Wanjiru', DATE '1980-01-05'), ('s', NULL, 'Otieno', DATE '2009-03-02')", False),
    ],
)
def test_safety_stop_where_members_of_a_household_are_taken_for_one(
    monkeypatch: pytest.MonkeyPatch, listed: str, is_stopped: bool
) -> None:
    monkeypatch.setattr(safety, "SMALLEST_JUMP", 1)
    now = {"records": 2, "persons": 1, "match_pairs": 1, "largest_cluster": 2}
    with duckdb.connect() as con:
        con.execute(f"""
            CREATE SCHEMA registry; CREATE SCHEMA work; CREATE SCHEMA linkage;
            CREATE TABLE registry.persons AS SELECT row_number() OVER () AS record_id, *
            FROM (VALUES {listed}) AS t (source, household_id, given_name, birth_date);
            CREATE TABLE work.clusters AS SELECT record_id, 'one' AS entity_id FROM registry.persons;
            CREATE TABLE linkage.run_figures (run_number INT, records INT, persons INT, match_pairs INT)""")
        safety.safety_stop(con, "work", now, RegistrySettings(max_members_as_one=1))
        if not is_stopped:
            safety.safety_stop(con, "work", now, RegistrySettings())
            return
        with pytest.raises(ContractBroken, match=r"2 of 2 records .*taken for one person.*max_members_as_one"):
            safety.safety_stop(con, "work", now, RegistrySettings())


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ("DELETE FROM registry.population", "unavailable"),
        ("DROP TABLE registry.population", "unavailable"),
        ("UPDATE ops.sources SET is_stale = true WHERE kind = 'register'", "stale"),
    ],
)
def test_without_a_register_nothing_is_not_found(
    con: duckdb.DuckDBPyConnection, engine: Engine, change: str, state: str
) -> None:
    con.execute(change)
    assert register_state(con) == state
    assert link_registry(con, {}, "run-1", TODAY).verification["could_not_check"] == 8


def test_a_stale_register_may_be_used_where_configured(
    con: duckdb.DuckDBPyConnection, engine: Engine
) -> None:
    con.execute("UPDATE ops.sources SET is_stale = true")
    summary = link_registry(con, {"stale_register": "use_last_good"}, "run-1", TODAY)
    assert summary.register_state == "stale"
    assert summary.verification["verified"] == 6


def test_the_last_decision_on_a_pair_binds(con: duckdb.DuckDBPyConnection, engine: Engine) -> None:
    link_registry(con, {}, "run-1", TODAY)
    con.execute("""
        INSERT INTO linkage.decisions VALUES
            ('d1', 'duplicate', 's:1', 's:0', 'different', 'A', DATE '2026-01-01'),
            ('d2', 'duplicate', 's:0', 's:1', 'same', 'B', DATE '2026-02-01'),
            ('d3', 'duplicate', 's:2', 's:gone', 'same', 'B', DATE '2026-02-01'),
            ('d4', 'verification', 's:4', NULL, 'record corrected', 'B', DATE '2026-02-01')""")
    link_registry(con, {}, "run-2", TODAY)
    assert engine.decisions == [("s:0", "s:1", "same")]


def test_decisions_that_contradict_each_other_are_reported(con: duckdb.DuckDBPyConnection, engine: Engine) -> None:
    link_registry(con, {}, "run-1", TODAY)
    con.execute("""
        INSERT INTO linkage.decisions VALUES
            ('d1', 'duplicate', 's:0', 's:1', 'different', 'A', DATE '2026-01-01'),
            ('d2', 'duplicate', 's:2', 's:5', 'different', 'A', DATE '2026-01-01'),
            ('d3', 'duplicate', 's:2', 's:3', 'same', 'A', DATE '2026-01-01')""")
    summary = link_registry(con, {}, "run-2", TODAY)
    assert con.execute("FROM linkage.decision_conflicts").fetchall() == [("s:0", "s:1", "s:0")]
    assert any("decision_conflicts" in note for note in summary.notes)
    con.execute("DELETE FROM linkage.decisions WHERE decision_id = 'd1'")
    summary = link_registry(con, {}, "run-3", TODAY)
    assert con.execute("FROM linkage.decision_conflicts").fetchall() == []
    assert not any("decision_conflicts" in note for note in summary.notes)


def test_an_empty_registry_is_a_broken_contract(con: duckdb.DuckDBPyConnection, engine: Engine) -> None:
    con.execute("DELETE FROM registry.persons")
    with pytest.raises(ContractBroken, match="holds no record"):
        link_registry(con, {}, "run-1", TODAY)


def test_settings() -> None:
    settings = RegistrySettings.of(
        {"thresholds": {"match": 0.98}, "attributes": ["occupation"], "columns": {"phone": None}}
    )
    roles = settings.person_specification()
    assert (roles.thresholds.match, roles.columns.attributes, roles.columns.phone) == (
        0.98,
        ["occupation"],
        None,
    )
    with pytest.raises(ConfigurationProblem, match="linkage: max_jump"):
        RegistrySettings.of({"max_jump": 0})


def test_explain_needs_a_run(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UsageProblem, match="Nothing has been linked"):
        explain_registry(con, "s:0", "s:1")


def test_a_failure_of_the_register_match_is_told(
    con: duckdb.DuckDBPyConnection, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    link_registry(con, None, "run-1", TODAY)
    before = _everything(con)

    def fails(*_: object, **__: object) -> None:
        raise ConfigurationProblem("the register has no column for birth_date")

    monkeypatch.setattr(run, "match_register", fails)
    with pytest.raises(ConfigurationProblem, match="no column"):
        link_registry(con, None, "run-2", TODAY)
    assert _everything(con) == before


def test_what_the_register_taught_is_kept_as_long_as_it_is_asked_for(con: duckdb.DuckDBPyConnection, engine: Engine):
    kept = []
    for number, keeps in enumerate((False, True, True, False)):
        link_registry(con, None, f"run-{number}", TODAY, keeps_register=keeps)
        there = con.execute("SELECT schema_name FROM duckdb_schemas() WHERE schema_name LIKE 'linkage_register_%'")
        assert {name for (name,) in there.fetchall()} == {published_register(con)} - {None}
        kept.append(published_register(con) is not None)
    assert kept == [False, True, True, False]


def test_without_memory_for_both_the_register_is_searched_after_persons_are_linked(
    con: duckdb.DuckDBPyConnection, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, is_here = {}, []

    def watched(con: duckdb.DuckDBPyConnection, *told: object, **more: object) -> LinkageResult:
        is_here.append(threading.current_thread() is threading.main_thread())
        return engine.match_register(con, *told, **more)

    monkeypatch.setattr(run, "match_register", watched)
    for name, bytes_a_row in (("beside", 1), ("after", 10**12)):
        monkeypatch.setattr(run, "BYTES_A_ROW", bytes_a_row)
        link_registry(con, None, f"run-{name}", TODAY)
        found[name] = con.execute("FROM linkage.verification ORDER BY ALL").fetchall()
    assert is_here == [False, True]
    assert found["after"] == found["beside"]


def test_a_stop_breaks_off_the_register_match_under_way(
    con: duckdb.DuckDBPyConnection, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages: list[str] = []
    stopped = threading.Event()

    def endless(*_: object, progress: Progress, **__: object) -> None:
        while True:  # ends only by being broken off
            progress("match keys")
            stopped.wait(0.01)

    monkeypatch.setattr(run, "match_register", endless)
    con.execute("UPDATE registry.persons SET given_name = 'one'")
    with pytest.raises(ContractBroken, match="max_cluster_size"):
        link_registry(con, {"max_cluster_size": 4}, "run-1", TODAY, progress=stages.append)
    assert "matching to the register: match keys" in stages


def test_a_full_name_stands_once() -> None:
    con = duckdb.connect()
    con.execute(
        "create table people as from (values ('a', 'Mary', 'Njoroge', 'Mary Njoroge'), "
        "('b', null, null, 'Mary W Njoroge'), ('c', 'Mary', null, 'Mary Wanjiku Njoroge')) "
        "t(record_id, given_name, family_name, full_name)"
    )
    found = con.execute(f"SELECT record_id, full_name FROM {names_once('people')}").fetchall()
    assert dict(found) == {"a": None, "b": "Mary W Njoroge", "c": "Mary Wanjiku Njoroge"}
