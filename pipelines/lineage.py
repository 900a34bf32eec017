"""Where a row of the registry or the marts comes from: the row of its mirror, the run that brought it, its versions.

Staging says from which table of its source each kind of row is (`source_table`), registry.yml by which columns that
table's rows are told apart, and an identifier is the source's code and these columns' values. So nothing here knows a
program, and rows that have left their source are found as well.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import duckdb

from ibr.config import Registry, SourceKind
from ibr.errors import UsageProblem
from warehouse.connection import quoted

# What an identifier can be: the kind of row, its table in `staging`, and the column that identifies it.
_KINDS = {
    "person record": ("int_persons_received", "record_id"),
    "household": ("int_households_received", "household_id"),
    "enrolment": ("int_enrolments_received", "enrolment_id"),
    "payment": ("int_payments_received", "payment_id"),
    "grievance": ("int_grievances_received", "grievance_id"),
}
_REGISTER_ENTRY = "register entry"


@dataclass
class Version:
    """An earlier version of a row: the run that brought it, from when, and until when it was the mirror's."""

    run_id: str
    loaded_at: dt.datetime
    replaced_at: dt.datetime


@dataclass
class Origin:
    """A row of a mirror. `kinds`: what the identifier is there; `key`: the columns by which rows are told apart, with
    their values; `run_id`: that brought the row as it is now, or found it gone (`deleted_at`)."""

    identifier: str
    kinds: list[str]
    source: str
    table: str
    key: dict[str, str]
    run_id: str
    loaded_at: dt.datetime
    deleted_at: dt.datetime | None
    versions: list[Version] = field(default_factory=list)

    @property
    def mirror(self) -> str:
        return f"mirror_{self.source}.{quoted(self.table)}"

    @property
    def history(self) -> str:
        return f"history_{self.source}.{quoted(self.table)}"


def trace(con: duckdb.DuckDBPyConnection, registry: Registry, identifier: str) -> list[Origin]:
    """The rows that an identifier stands for: a record_id, household_id, enrolment_id, payment_id, grievance_id or
    register_id, or a person_uid or household_uid with all the records behind it.

    Raises UsageProblem if there is none.
    """
    found = [
        origin
        for one in _behind(con, identifier.removeprefix("unlinked:"))
        for origin in _origins(con, registry, one)
    ]
    if not found:
        raise UsageProblem(
            f"no mirror has, or had, a row for {identifier}; expected <source>:<key> as in the marts, with a source of "
            f"{', '.join(registry.sources)}, or a person_uid, household_uid or register_id"
        )
    return found


def _behind(con: duckdb.DuckDBPyConnection, identifier: str) -> list[str]:
    """The records or households that linkage put under one number; else the identifier itself."""
    rows = con.execute(
        "SELECT record_id FROM linkage.persons_crosswalk WHERE person_uid = $1 UNION ALL "
        "SELECT household_id FROM linkage.households_crosswalk WHERE household_uid = $1 ORDER BY 1",
        [identifier],
    ).fetchall()
    return [row[0] for row in rows] or [identifier]


def _origins(con: duckdb.DuckDBPyConnection, registry: Registry, identifier: str) -> list[Origin]:
    source, is_scoped, key = identifier.partition(":")
    if not is_scoped:
        registers = [code for code, one in registry.sources.items() if one.kind is SourceKind.REGISTER]
        tables = [(code, table, _REGISTER_ENTRY) for code in registers for table in registry.sources[code].tables]
        found = [(_row(con, registry, code, table, identifier, kind), True) for code, table, kind in tables]
    elif source in registry.sources:
        found = [
            (_row(con, registry, source, table, key, kind, identifier), is_staged)
            for kind in _KINDS
            for table, is_staged in _tables(con, kind, source, identifier)
        ]
    else:
        return []
    return _merged(_chosen([(origin, is_staged) for origin, is_staged in found if origin], key or identifier))


def _tables(con: duckdb.DuckDBPyConnection, kind: str, source: str, identifier: str) -> list[tuple[str, bool]]:
    """The source's tables for a kind of row, and whether the identifier is of it now; if gone, it may be of any."""
    relation, column = _KINDS[kind]
    if not _exists(con, "staging", relation):
        return []
    query = f"SELECT DISTINCT source_table FROM staging.{relation} WHERE source = ? AND source_table IS NOT NULL"
    now = con.execute(f"{query} AND {column} = ?", [source, identifier]).fetchall()
    tables = now or con.execute(query, [source]).fetchall()
    return [(table, bool(now)) for (table,) in tables]


def _row(
    con: duckdb.DuckDBPyConnection, registry: Registry, source: str, table: str, key: str, kind: str,
    identifier: str | None = None,
) -> Origin | None:  # fmt: skip
    """The mirror's row by the longest part of a key that is one: a wide layout gives several rows of staging for one of
    its own, whose identifiers have more behind them."""
    config = registry.sources[source].tables.get(table)
    if config is None or not config.key or not _exists(con, f"mirror_{source}", table):
        return None
    parts = key.split("/")
    keys = ["/".join(parts[:end]) for end in range(len(config.key), len(parts) + 1)]
    columns = [f"trim({quoted(name)}::VARCHAR)" for name in config.key]
    text = f"concat_ws('/', {', '.join(columns)})"
    mirror, history = (f"{quoted(f'{layer}_{source}')}.{quoted(table)}" for layer in ("mirror", "history"))
    row = con.execute(
        f"SELECT {text} AS key, [{', '.join(columns)}], _ibr_run_id, _ibr_loaded_at, _ibr_deleted_at FROM {mirror} "
        f"WHERE {text} IN (SELECT unnest(?::VARCHAR[])) ORDER BY length(key) DESC LIMIT 1",
        [keys],
    ).fetchone()
    if row is None:
        return None
    versions = con.execute(
        f"SELECT _ibr_run_id, _ibr_loaded_at, _ibr_replaced_at FROM {history} WHERE {text} = ? AND "
        "_ibr_deleted_at IS NULL ORDER BY _ibr_loaded_at",
        [row[0]],
    ).fetchall()
    _, values, run_id, loaded_at, deleted_at = row
    return Origin(
        identifier or key, [kind], source, table, dict(zip(config.key, values, strict=True)), run_id, loaded_at,
        deleted_at, [Version(*one) for one in versions],
    )  # fmt: skip


def _chosen(found: list[tuple[Origin, bool]], key: str) -> list[Origin]:
    """What the identifier is now, or was: rows of its whole key. Else the row that has the most of it and is gone."""
    whole = [origin for origin, is_staged in found if is_staged or "/".join(origin.key.values()) == key]
    if whole:
        return whole
    gone = [origin for origin, _ in found if origin.deleted_at]
    return [origin for origin in gone if len(origin.key) == max(len(one.key) for one in gone)]


def _merged(found: list[Origin]) -> list[Origin]:
    """One for each row: where a source enrols households, one row of it is both household and enrolment."""
    rows: dict[tuple[Any, ...], Origin] = {}
    for origin in found:
        place = (origin.source, origin.table, tuple(origin.key.values()))
        if place in rows:
            rows[place].kinds += origin.kinds
        else:
            rows[place] = origin
    return list(rows.values())


def _exists(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    return con.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = ? "
        "AND table_name = ?",
        [schema, table],
    ).fetchone() != (0,)


def content(con: duckdb.DuckDBPyConnection, origin: Origin) -> dict[str, Any]:
    """What the mirror holds of a row now, and held before: `now` (its columns, or what they were when it left its
    source) and `before`, a list in the order of `origin.versions`."""
    own = "* EXCLUDE (_ibr_loaded_at, _ibr_run_id, _ibr_row_hash, _ibr_deleted_at)"
    is_row = " AND ".join(f"trim({quoted(name)}::VARCHAR) = ?" for name in origin.key)
    values = list(origin.key.values())
    before = (
        f"SELECT {own.replace(')', ', _ibr_replaced_at)')} FROM {origin.history} WHERE {is_row} "
        "AND _ibr_deleted_at IS NULL ORDER BY _ibr_loaded_at"
    )
    (now,) = _as_dicts(con.execute(f"SELECT {own} FROM {origin.mirror} WHERE {is_row} LIMIT 1", values))
    return {"now": now, "before": _as_dicts(con.execute(before, values))}


def _as_dicts(answer: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in answer.description or []]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
