"""PostgreSQL: every column exact, read by the server's own words, and change capture by the versions of rows.

DuckDB's scanner reads most types exactly. Not `numeric` without a precision or with more than 38 digits (it makes
floats of them) and not NaN in a numeric (it makes nought of it), so the server is asked for these as text, or for their
row to be refused. Types that DuckDB or Parquet has no equal for (of a time with its zone Parquet keeps none), arrays of
several dimensions, and enumerations, whose values may grow, arrive as text.

Each row of a table names the transaction that wrote it (`xmin`), so what was written after an earlier snapshot is found
without a column that says so; rows that are gone are found by their number, and then by their keys.
"""

from dataclasses import dataclass

import duckdb

from ibr.config import Source
from pipelines.replication.adapters.base import (
    NOT_REFUSED,
    ORIGINAL,
    POSTGRES,
    REASON,
    Changes,
    Column,
    Figures,
    Since,
    in_several_schemas,
    no_such_table,
    not_allowed,
    refuse_alike,
    where,
)
from pipelines.replication.adapters.digest import postgres_digest
from warehouse.connection import literal, quoted

EXACT = (
    "int2", "int4", "int8", "float4", "float8", "bool", "text", "varchar", "bpchar", "name", "char", "json", "jsonb",
    "uuid", "bytea", "date", "time", "timestamp", "timestamptz", "interval", "oid",
)  # fmt: skip
MOST_DIGITS = 38
_ROW = "_ibr_row"  # what a row is called in queries: a column of that name would hide it, and no mirror may have one
_FIRST_WITH_SHA256 = 110000
# Transactions after which the 32 bits of a row's version could begin to repeat; half of what they hold.
MOST_TRANSACTIONS = 2**30

# Of a table: each column with its type, domains resolved, `element` that of an array's members.
_ATTRIBUTES = """
WITH RECURSIVE resolved AS (
    SELECT a.attnum, a.attname, a.attndims::int AS dimensions, a.atttypid AS type_id, a.atttypmod AS modifier
    FROM pg_attribute a WHERE a.attrelid = {table}::regclass AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT r.attnum, r.attname, greatest(r.dimensions, t.typndims::int), t.typbasetype,
        CASE WHEN t.typtypmod >= 0 THEN t.typtypmod ELSE r.modifier END
    FROM resolved r JOIN pg_type t ON t.oid = r.type_id WHERE t.typtype = 'd'
)
SELECT r.attname::text AS name, coalesce(e.typname, t.typname)::text AS kind,
    CASE WHEN e.oid IS NULL THEN 0 ELSE greatest(r.dimensions, 1) END AS dimensions,
    CASE WHEN r.modifier >= 0 THEN ((r.modifier - 4) >> 16) & 65535 ELSE -1 END AS digits,
    CASE WHEN r.modifier >= 0 THEN (((r.modifier - 4) & 2047) # 1024) - 1024 ELSE 0 END AS scale
FROM resolved r JOIN pg_type t ON t.oid = r.type_id
LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE t.typtype <> 'd' ORDER BY r.attnum
"""
_TABLES = """
SELECT n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
    has_any_column_privilege(c.oid, 'SELECT') AS may_read
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND NOT c.relispartition
AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%'
AND n.nspname NOT LIKE 'pg\\_temp%' ORDER BY n.nspname <> 'public', n.nspname, c.relname
"""
_STORED = ("r", "p", "m")  # tables, partitioned tables, materialised views: their rows have versions
_SCANNED = ("r", "m")  # those that have pages of their own
_KEYS = """
SELECT array_agg(a.attname::text ORDER BY k.place) AS columns
FROM pg_index i CROSS JOIN unnest(i.indkey::int[]) WITH ORDINALITY k(number, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
WHERE i.indrelid = {table}::regclass AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL
AND k.place <= i.indnkeyatts
GROUP BY i.indexrelid, i.indisprimary, i.indnkeyatts HAVING bool_and(a.attnotnull)
ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid
"""


@dataclass(frozen=True)
class _Attribute:
    """A column on the server: `value` is the SQL that reads it, `fault` the condition under which it cannot be kept,
    `sound_value` the SQL that reads it where no row is at fault."""

    name: str
    value: str
    sound_value: str
    fault: str | None = None


class PostgresAdapter:
    """A PostgreSQL server, attached as `src` in one repeatable-read transaction."""

    def __init__(self, con: duckdb.DuckDBPyConnection, code: str, source: Source) -> None:
        self._con, self._code, self._source = con, code, source
        self._attributes: dict[str, list[_Attribute]] = {}
        self._catalogue: list[tuple[str, str, str, bool]] | None = None

    # --- what there is

    def tables(self) -> list[str]:
        names = [name for _, name, *_ in self._listed()]
        stored = [(schema, name) for schema, name, kind, _ in self._listed() if kind in _STORED]
        return [name if names.count(name) == 1 else f"{schema}.{name}" for schema, name in stored]

    def proposed_key(self, table: str) -> list[str]:
        keys = self._ask(_KEYS.format(table=literal(self._place(table))))
        return list(keys[0][0]) if keys else []

    def proposed_cursor(self, table: str) -> str | None:
        return None  # the versions of its rows tell more

    def _listed(self) -> list[tuple[str, str, str, bool]]:
        if self._catalogue is None:
            self._catalogue = self._ask(_TABLES)
        return self._catalogue

    def _found(self, table: str) -> tuple[str, str, str]:
        """Schema, name and kind of a table given as `name` or `schema.name`, which the account may read."""
        found = [one for one in self._listed() if table in (one[1], f"{one[0]}.{one[1]}")]
        if not found:
            raise no_such_table(self._code, table, self.tables())
        if len(found) > 1:
            raise in_several_schemas(self._code, table, [schema for schema, *_ in found])
        schema, name, kind, may_read = found[0]
        if not may_read:  # asking for it all the same would end the transaction
            raise not_allowed(self._code, f"table {table}")
        return schema, name, kind

    def _place(self, table: str) -> str:
        schema, name, _ = self._found(table)
        return f"{POSTGRES.name(schema)}.{POSTGRES.name(name)}"

    def columns(self, table: str) -> list[Column]:
        refuse_alike(self._code, table, [attribute.name for attribute in self._copied(table)])
        described = self._con.execute(f"DESCRIBE {self._selected(table, '', ' LIMIT 0')}").fetchall()
        return [Column(name, kind) for name, kind, *_ in described if name not in (REASON, ORIGINAL)]

    # --- its rows

    def rows(self, table: str, columns: list[Column], since: Since | None) -> str:
        condition = where(self._source.tables[table], self._changed(since))
        refuses = self._refuses(table, condition)
        if not condition and not refuses and self._can_scan(table):
            names = ", ".join(quoted(a.name) for a in self._copied(table))
            return f"(SELECT {names}, {NOT_REFUSED} FROM {self._scanned(table)})"
        return self._selected(table, condition, refuses=refuses)

    def _refuses(self, table: str, condition: str) -> bool:
        """Whether any row holds what cannot be kept: asking every row for it as it is read takes twice the time."""
        faults = [a.fault for a in self._copied(table) if a.fault]
        if not faults:
            return False
        faulty = f"SELECT 1 AS n FROM {self._place(table)} AS {_ROW}{condition}"
        faulty += f"{' AND' if condition else ' WHERE'} ({' OR '.join(faults)}) LIMIT 1"
        return bool(self._ask(faulty))

    def _can_scan(self, table: str) -> bool:
        """Whether the scanner, which reads a table in parts beside each other, reads it as the server's words do.

        On a standby its parts would not be of one snapshot.
        """
        if self._found(table)[2] not in _SCANNED or self._ask("SELECT pg_is_in_recovery() AS standby")[0][0]:
            return False
        names = ", ".join(quoted(a.name) for a in self._copied(table))
        scanned = self._con.execute(f"DESCRIBE SELECT {names} FROM {self._scanned(table)}").fetchall()
        return [Column(name, kind) for name, kind, *_ in scanned] == self.columns(table)

    def _scanned(self, table: str) -> str:
        schema, name, _ = self._found(table)
        return f"src.{quoted(schema)}.{quoted(name)}"

    def keys(self, table: str, columns: list[Column]) -> str:
        config = self._source.tables[table]
        values = [f"{a.value} AS {POSTGRES.name(a.name)}" for a in self._read(table) if a.name in config.key]
        return self._query(f"SELECT {', '.join(values)} FROM {self._place(table)} AS {_ROW}{where(config)}")

    def _selected(self, table: str, condition: str, limit: str = "", *, refuses: bool = True) -> str:
        attributes = self._copied(table)
        values = [f"{a.value if refuses else a.sound_value} AS {POSTGRES.name(a.name)}" for a in attributes]
        faults = [a.fault for a in attributes if a.fault and refuses]
        reason, original = "NULL::text", "NULL::text"
        if faults:
            reason = f"CASE WHEN {' OR '.join(faults)} THEN 'VALUE_NOT_KEPT' END"
            original = f"CASE WHEN {' OR '.join(faults)} THEN to_json({_ROW})::text END"
        values += [f"{reason} AS {REASON}", f"{original} AS {ORIGINAL}"]
        return self._query(f"SELECT {', '.join(values)} FROM {self._place(table)} AS {_ROW}{condition}{limit}")

    def _copied(self, table: str) -> list[_Attribute]:
        left_out = self._source.tables[table].without
        return [attribute for attribute in self._read(table) if attribute.name not in left_out]

    def _read(self, table: str) -> list[_Attribute]:
        if table not in self._attributes:
            found = self._ask(_ATTRIBUTES.format(table=literal(self._place(table))))
            self._attributes[table] = [_attribute(*one) for one in found]
        return self._attributes[table]

    def _changed(self, since: Since | None) -> str | None:
        if since is None:
            return None
        if since.position:
            return _newer(since.position)
        assert since.cursor is not None
        name = POSTGRES.name(since.cursor.name)
        return f"{name} >= {literal(since.value or '')} OR {name} IS NULL"

    # --- what it counts

    def figures(self, table: str, columns: list[Column]) -> Figures:
        config = self._source.tables[table]
        values = {a.name: a.value for a in self._read(table)}
        place = f"{self._place(table)} AS {_ROW}{where(config)}"
        counted = self._ask(f"SELECT {POSTGRES.measures(columns, values)} FROM {place}")[0]
        figures = POSTGRES.named_figures(columns, counted)
        if config.key:
            keys = ", ".join(POSTGRES.name(key) for key in config.key)
            figures.keys = self._ask(f"SELECT count(*) AS n FROM (SELECT DISTINCT {keys} FROM {place}) k")[0][0]
        return figures

    def digest(self, table: str, columns: list[Column]) -> str | None:
        if int(self._ask("SELECT current_setting('server_version_num') AS version")[0][0]) < _FIRST_WITH_SHA256:
            return None
        values = {a.name: a.value for a in self._read(table)}
        place = f"{self._place(table)} AS {_ROW}{where(self._source.tables[table])}"
        return str(self._ask(f"SELECT {postgres_digest(columns, values)} AS digest FROM {place}")[0][0])

    # --- what it can tell of changes

    def position(self, table: str) -> str | None:
        """The cluster, and the oldest transaction that was still open when the snapshot was taken: a row of any that
        comes to be seen later has its number or a higher one. None for views, whose rows have no versions."""
        if self._found(table)[2] not in _STORED:
            return None
        cluster, oldest = self._ask(
            "SELECT (SELECT system_identifier FROM pg_control_system())::text || '.' || "
            "(SELECT timeline_id FROM pg_control_checkpoint())::text AS cluster, "
            "pg_snapshot_xmin(pg_current_snapshot())::text AS oldest"
        )[0]
        return f"{cluster}:{oldest}"

    def changes(self, table: str, position: str, rows: int) -> Changes:
        now = self.position(table)
        if now is None or now.partition(":")[0] != position.partition(":")[0]:
            return Changes.UNKNOWN
        passed = int(now.partition(":")[2]) - int(position.partition(":")[2])
        if not 0 <= passed < MOST_TRANSACTIONS:
            return Changes.UNKNOWN
        config = self._source.tables[table]
        counted, newer = self._ask(
            f"SELECT count(*) AS n, count(*) FILTER (WHERE {_newer(position)}) AS newer "
            f"FROM {self._place(table)} AS {_ROW}{where(config)}"
        )[0]
        return Changes.NONE if newer == 0 and counted == rows else Changes.SOME

    # --- the server

    def _query(self, statement: str) -> str:
        return f"(FROM postgres_query('src', {literal(statement)}))"

    def _ask(self, statement: str) -> list[tuple]:
        """Answers of the server itself, which owe nothing to our reading of the rows."""
        return self._con.execute(f"FROM postgres_query('src', {literal(statement)})").fetchall()


def _attribute(name: str, kind: str, dimensions: int, digits: int, scale: int) -> _Attribute:
    """How a column is read: as it is where that is exact, else as text.

    A server does not hold arrays to their declared dimensions, and DuckDB has lists of one alone.
    """
    column = f"{_ROW}.{POSTGRES.name(name)}"
    if dimensions > 1:
        return _Attribute(name, f"{column}::text", f"{column}::text")
    suffix, faults, type_name = "[]" * dimensions, [f"array_ndims({column}) > 1"] * dimensions, None
    if kind == "numeric" and 0 < digits <= MOST_DIGITS and 0 <= scale <= digits:
        faults.append(f"'NaN' = ANY({column})" if dimensions else f"{column} = 'NaN'")
        type_name = f"numeric({digits},{scale})"
    elif kind == "interval" and not dimensions:
        faults.append(f"NOT isfinite({column})")
    elif kind not in EXACT:
        type_name = "text"
    fault, cast = " OR ".join(faults) or None, f"::{type_name}{suffix}" if type_name else ""
    kept = f"(CASE WHEN {fault} THEN NULL ELSE {column} END)" if fault else column
    return _Attribute(name, f"{kept}{cast}", f"{column}{cast}", fault)


def _newer(position: str) -> str:
    """SQL: rows written by a transaction that was open at a position, or later.

    A table keeps 32 of a transaction's 64 bits; `age` counts back from now, however often they went round.
    """
    oldest = int(position.partition(":")[2])
    return f"age({_ROW}.xmin) <= age({literal(str(oldest % 2**32))}::xid)"
