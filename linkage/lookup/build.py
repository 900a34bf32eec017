"""Building the index beside a publication, from what the last run's linkage left in the warehouse."""

from pathlib import Path

import duckdb

from linkage.basis import Basis
from linkage.lookup.hashes import write_hashes
from linkage.match_keys import MatchKey, key_values_sql, possible_keys
from linkage.register_people import people_for
from linkage.register_state import RegisterBasis
from linkage.sql import literal, quote, render

FILE = "lookup.duckdb"
OF_REGISTER, OF_RECORDS = "of_register", "of_records"


def build_lookup(
    con: duckdb.DuckDBPyConnection, name: str, state: str, register_state: str | None, folder: Path
) -> None:
    """Write the index of a warehouse (attached to `con` under that name) into a folder.

    `state`, `register_state`: the schemas in which the last run's linkage left what it judged by; None where the
    register could not be searched. The folder is made.
    """
    folder.mkdir()
    warehouse = quote(name)
    con.execute(f"ATTACH {literal(str(folder / FILE))} AS lookup")
    try:
        con.execute(render("lookup_records.sql", warehouse=warehouse, state=f"{warehouse}.{state}"))
        _copy(con, name, state, OF_RECORDS, without=("pairs", "areas", "ties", "decisions", "records"))
        basis = Basis.load(con, f"lookup.{OF_RECORDS}")
        keys = possible_keys(basis.standardised(basis.records))
        records = f"(from lookup.{OF_RECORDS}.records where stands_for is null)"
        for number, _ in basis.plan:
            _key_index(con, folder, OF_RECORDS, number, keys[number], records)
        for index, query in _RECORD_INDEXES.items():
            write_hashes(con, folder / f"{index}.npy", query)
        if register_state:
            _build_register(con, name, register_state, folder)
        con.execute("CHECKPOINT lookup")
    finally:
        con.execute("DETACH lookup")


_RECORD_INDEXES = {
    "records_by_national_id": "SELECT hash(national_id) AS h, r AS position FROM lookup.main.persons",
    "records_by_person": "SELECT hash(person_uid) AS h, r AS position FROM lookup.main.persons",
    "records_by_household": "SELECT hash(household_uid) AS h, r AS position FROM lookup.main.persons",
    "enrolments_by_household": "SELECT hash(household_uid) AS h, e AS position FROM lookup.main.enrolments",
}


def _build_register(con: duckdb.DuckDBPyConnection, name: str, state: str, folder: Path) -> None:
    _copy(con, name, state, OF_REGISTER, without=("matches",))
    basis = RegisterBasis.load(con, f"lookup.{OF_REGISTER}")
    con.execute(render("lookup_population.sql", warehouse=quote(name), state=state))
    con.execute("CREATE OR REPLACE TEMP VIEW lk_word AS FROM lookup.of_register.words")
    con.execute("CREATE OR REPLACE TEMP VIEW lk_register AS FROM lookup.of_register.people")
    try:
        keys = possible_keys(basis.standardised())
        for number in sorted({number for number, _ in basis.first + basis.second}):
            key = keys[number]
            people = people_for(con, [*key.values, key.each or ""])
            _key_index(con, folder, OF_REGISTER, number, key, people, first=basis.records)
    finally:
        con.execute("DROP VIEW temp.lk_word; DROP VIEW temp.lk_register")
    by_id = "SELECT hash(national_id) AS h, p AS position FROM lookup.main.population"
    write_hashes(con, folder / "register_by_national_id.npy", by_id)


def _key_index(
    con: duckdb.DuckDBPyConnection, folder: Path, side: str, number: int, key: MatchKey, records: str, first: int = 0
) -> None:
    values = key_values_sql(key, records)
    write_hashes(con, key_file(folder, side, number), f"SELECT h, r - {first} AS position FROM ({values})")


def key_file(folder: Path, side: str, number: int) -> Path:
    """Where the index of a match key is."""
    return folder / f"{side}_key_{number}.npy"


def _copy(con: duckdb.DuckDBPyConnection, name: str, state: str, schema: str, without: tuple[str, ...]) -> None:
    con.execute(f"CREATE SCHEMA IF NOT EXISTS lookup.{schema}")
    tables = con.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND schema_name = ? ORDER BY table_name",
        [name, state],
    ).fetchall()
    for (table,) in tables:
        if table not in without:
            con.execute(f"CREATE TABLE lookup.{schema}.{table} AS FROM {quote(name)}.{state}.{table}")
