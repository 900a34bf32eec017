"""Building the index beside a publication, from what the last run's linkage left in the warehouse."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from linkage.basis import Basis
from linkage.lookup.hashes import write_hashes
from linkage.lookup.rows import write_rows
from linkage.lookup.sums import write_sums
from linkage.match_keys import MatchKey, key_values_sql, possible_keys
from linkage.register.columns import HAS_INITIAL, is_word
from linkage.register.people import people_for
from linkage.register.state import RegisterBasis
from linkage.sql import literal, quote, render

FILE = "lookup.duckdb"
OF_REGISTER, OF_RECORDS = "of_register", "of_records"
_SMALL = {"basis", "date_orders", "date_fillers"}


def build_lookup(
    con: duckdb.DuckDBPyConnection, name: str, state: str, register_state: str | None, folder: Path
) -> None:
    """Write the index of a warehouse (attached to `con` under that name) into a folder, which is made.

    `state`, `register_state`: the schemas in which the last run's linkage left what it judged by; None where the
    register could not be searched. `lookup.duckdb` holds what is small; rows and where they stand by a value are files
    of their own (rows.py, hashes.py).
    """
    folder.mkdir()
    con.execute(f"ATTACH {literal(str(folder / FILE))} AS lookup")
    try:
        if register_state:
            _build_register(con, name, register_state, folder)
        _build_records(con, name, state, register_state, folder)
        con.execute("CHECKPOINT lookup")
    finally:
        con.execute("DETACH lookup")
    write_sums(folder)


def _build_records(
    con: duckdb.DuckDBPyConnection, name: str, state: str, register_state: str | None, folder: Path
) -> None:
    warehouse, kept = quote(name), f"{quote(name)}.{state}"
    matches = f"{warehouse}.{register_state}.matches" if register_state else None
    con.execute(render("lookup_records.sql", warehouse=warehouse, state=kept, matches=matches))
    _copy(con, name, state, OF_RECORDS)
    basis = Basis.load(con, f"lookup.{OF_RECORDS}")
    keys = possible_keys(basis.standardised(basis.records))
    for number, _ in basis.plan:
        records = "(from lookup_records where stands_for is null)"
        write_hashes(con, key_file(folder, OF_RECORDS, number), _positions(keys[number], records))
    _write_common(con, kept, list(basis.once), folder, OF_RECORDS)
    for file in ("records", "persons", "enrolments"):
        write_rows(con, folder / f"{file}.arrow", f"FROM lookup_{file} ORDER BY position")
    for file, table, value in _INDEXES:
        write_hashes(con, folder / f"{file}.npy", f"SELECT hash({value}) AS h, position FROM {table}")
    con.execute("DROP TABLE lookup_records; DROP TABLE lookup_persons; DROP TABLE lookup_enrolments")


_INDEXES = (
    ("records_by_national_id", "lookup_persons", "national_id"),
    ("records_by_person", "lookup_persons", "person_uid"),
    ("enrolments_by_household", "lookup_enrolments", "household_uid"),
)


def _build_register(con: duckdb.DuckDBPyConnection, name: str, state: str, folder: Path) -> None:
    warehouse, kept = quote(name), f"{quote(name)}.{state}"
    _copy(con, name, state, OF_REGISTER)
    basis = RegisterBasis.load(con, f"lookup.{OF_REGISTER}")
    columns = [column for column in basis.once if is_word(column)]
    con.execute(render("lookup_population.sql", warehouse=warehouse, state=kept, first=basis.records))
    con.execute(f"CREATE OR REPLACE TEMP VIEW lk_word AS FROM {kept}.words")
    con.execute(f"CREATE OR REPLACE TEMP VIEW lk_register AS FROM {kept}.people")
    keys = possible_keys(basis.standardised())
    for number in sorted({number for number, _ in basis.first + basis.second}):
        people = people_for(con, [*keys[number].values, keys[number].each or ""])
        write_hashes(con, key_file(folder, OF_REGISTER, number), _positions(keys[number], people, first=basis.records))
    texts = [column for column in basis.once if not is_word(column)]
    people_query = render(
        "lookup_people.sql", state=kept, first=basis.records, has_initial=HAS_INITIAL, frequent=texts
    )
    write_rows(con, folder / "people.arrow", people_query)
    write_rows(con, folder / "population.arrow", "FROM lookup_population ORDER BY position")
    write_rows(con, folder / "words.arrow", render("lookup_words.sql", state=kept, columns=columns))
    write_hashes(con, folder / "words_by_value.npy", f"SELECT hash(value) AS h, word - 1 AS position FROM {kept}.words")
    _write_common(con, kept, texts, folder, OF_REGISTER)
    by_id = "SELECT hash(national_id) AS h, position FROM lookup_population"
    write_hashes(con, folder / "register_by_national_id.npy", by_id)
    con.execute("DROP VIEW temp.lk_word; DROP VIEW temp.lk_register")


def _write_common(
    con: duckdb.DuckDBPyConnection, state: str, columns: Sequence[str], folder: Path, side: str
) -> None:
    """How common each value of some columns is that more than one record holds."""
    nothing = "SELECT NULL::VARCHAR AS field, NULL::VARCHAR AS value, NULL::DOUBLE AS share WHERE false"
    held = [f"SELECT {literal(name)}, value::VARCHAR, share FROM {state}.frequency_{name}" for name in columns]
    values = " UNION ALL ".join([nothing, *held])
    numbered = f"SELECT *, row_number() OVER (ORDER BY field, value) - 1 AS position FROM ({values})"
    con.execute(f"CREATE OR REPLACE TEMP TABLE lookup_common AS {numbered}")
    write_rows(con, folder / f"{side}_common.arrow", "FROM lookup_common ORDER BY position")
    write_hashes(con, folder / f"{side}_common_by_value.npy", "SELECT hash(value) AS h, position FROM lookup_common")
    con.execute("DROP TABLE lookup_common")


def _positions(key: MatchKey, records: str, first: int = 0) -> str:
    """SQL: (h, position) of a match key's values."""
    return f"SELECT h, r - {first} AS position FROM ({key_values_sql(key, records)})"


def key_file(folder: Path, side: str, number: int) -> Path:
    """Where the index of a match key is."""
    return folder / f"{side}_key_{number}.npy"


def _copy(con: duckdb.DuckDBPyConnection, name: str, state: str, schema: str) -> None:
    """The small tables of a state."""
    con.execute(f"CREATE SCHEMA IF NOT EXISTS lookup.{schema}")
    tables = con.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND schema_name = ? ORDER BY table_name",
        [name, state],
    ).fetchall()
    for (table,) in tables:
        if table in _SMALL:
            con.execute(f"CREATE TABLE lookup.{schema}.{table} AS FROM {quote(name)}.{state}.{table}")
