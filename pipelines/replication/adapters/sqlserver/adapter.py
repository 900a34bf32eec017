"""A SQL Server database: what it has, how it is read, what it counts, and what it tells of changes."""

from dataclasses import dataclass
from importlib.resources import files

import duckdb
import pyarrow as pa

from ibr.config import Source
from pipelines.replication.adapters.base import (
    NOT_REFUSED,
    SQLSERVER,
    Changes,
    Column,
    Figures,
    Since,
    in_several_schemas,
    no_such_table,
    refuse_alike,
    where,
)
from pipelines.replication.adapters.sqlserver.session import Session
from pipelines.replication.adapters.sqlserver.types import Attribute, attribute
from warehouse.connection import literal, quoted


def catalogue(question: str) -> str:
    """A question about the catalogue; `{id}` in it is the table's."""
    return files(__package__).joinpath(f"{question}.sql").read_text(encoding="utf-8").strip()


@dataclass(frozen=True)
class Database:
    """What a database said before the snapshot.

    `created`: when it was made; `tracked`, `written`: the versions that changes to come will have, by change tracking
    and by the rows' own versions; None where it does not count them.
    """

    created: str
    tracked: int | None = None
    written: int | None = None


@dataclass(frozen=True)
class _Table:
    id: int
    schema: str
    name: str
    is_stored: int

    @property
    def place(self) -> str:
        return f"{SQLSERVER.name(self.schema)}.{SQLSERVER.name(self.name)}"


class SqlServerAdapter:
    """A SQL Server database."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, code: str, source: Source, session: Session, database: Database
    ) -> None:
        self._con, self._code, self._source = con, code, source
        self._session, self._database = session, database
        self._attributes: dict[str, list[Attribute]] = {}
        self._tables: list[_Table] | None = None
        self._tracked_since: dict[str, int | None] = {}
        self._streams = 0

    # --- what there is

    def tables(self) -> list[str]:
        names = [table.name for table in self._listed()]
        stored = [table for table in self._listed() if table.is_stored]
        return [t.name if names.count(t.name) == 1 else f"{t.schema}.{t.name}" for t in stored]

    def proposed_key(self, table: str) -> list[str]:
        keys: dict[int, list[tuple[str, int, int]]] = {}
        for number, is_primary, name, may_be_empty in self._ask(catalogue("keys").format(id=self._found(table).id)):
            keys.setdefault(number, []).append((name, is_primary, may_be_empty))
        filled = [key for key in keys.values() if not any(may_be_empty for *_, may_be_empty in key)]
        best = min(filled, key=lambda key: (not key[0][1], len(key)), default=[])
        return [name for name, *_ in best]

    def proposed_cursor(self, table: str) -> str | None:
        return None  # what the server moves itself, a rowversion, is used without being named

    def _listed(self) -> list[_Table]:
        if self._tables is None:
            self._tables = [_Table(*row) for row in self._ask(catalogue("tables"))]
        return self._tables

    def _found(self, table: str) -> _Table:
        """A table given as `name` or `schema.name`."""
        found = [one for one in self._listed() if table in (one.name, f"{one.schema}.{one.name}")]
        if not found:
            raise no_such_table(self._code, table, self.tables())
        if len(found) > 1:
            raise in_several_schemas(self._code, table, [one.schema for one in found])
        return found[0]

    def columns(self, table: str) -> list[Column]:
        copied = self._copied(table)
        refuse_alike(self._code, table, [one.name for one in copied])
        return [Column(one.name, one.type) for one in copied]

    def _copied(self, table: str) -> list[Attribute]:
        left_out = self._source.tables[table].without
        return [one for one in self._all(table) if one.name not in left_out]

    def _all(self, table: str) -> list[Attribute]:
        if table not in self._attributes:
            found = self._ask(catalogue("columns").format(id=self._found(table).id))
            self._attributes[table] = [attribute(*row) for row in found]
        return self._attributes[table]

    # --- its rows

    def rows(self, table: str, columns: list[Column], since: Since | None) -> str:
        return self._scanned(table, self._copied(table), self._changed(table, since), f", {NOT_REFUSED}")

    def keys(self, table: str, columns: list[Column]) -> str:
        return self._scanned(table, self._key(table))

    def _key(self, table: str) -> list[Attribute]:
        return [one for one in self._all(table) if one.name in self._source.tables[table].key]

    def _scanned(self, table: str, read: list[Attribute], condition: str | None = None, more: str = "") -> str:
        values = ", ".join(f"{one.value} AS {SQLSERVER.name(one.name)}" for one in read)
        query = f"SELECT {values} FROM {self._place(table)}{where(self._source.tables[table], condition)}"
        schema = pa.schema([(one.name, one.arrow) for one in read])
        self._streams += 1
        name = f"sqlserver_{self._streams}"
        self._con.register(name, self._session.rows(query, schema, sum(one.width for one in read)))
        typed = ", ".join(f"CAST({quoted(one.name)} AS {one.type}) AS {quoted(one.name)}" for one in read)
        return f"(SELECT {typed}{more} FROM {name})"

    def _place(self, table: str) -> str:
        return f"{self._found(table).place} AS t"

    def _changed(self, table: str, since: Since | None) -> str | None:
        if since is None:
            return None
        if since.position:
            return self._newer(table, _Position.read(since.position))
        assert since.cursor is not None
        name = since.cursor.name
        column = next(one for one in self._all(table) if one.name == name)
        return f"t.{SQLSERVER.name(name)} >= {column.literal(since.value or '')} OR t.{SQLSERVER.name(name)} IS NULL"

    # --- what it counts

    def figures(self, table: str, columns: list[Column]) -> Figures:
        place = f"{self._place(table)}{where(self._source.tables[table])}"
        values = {one.name: one.counted for one in self._all(table)}
        figures = SQLSERVER.named_figures(
            columns, self._ask(f"SELECT {SQLSERVER.measures(columns, values)} FROM {place}")[0]
        )
        if key := self._key(table):
            told_apart = ", ".join(f"{one.compared} AS {SQLSERVER.name(one.name)}" for one in key)
            distinct = f"SELECT count_big(*) AS n FROM (SELECT DISTINCT {told_apart} FROM {place}) AS k"
            figures.keys = self._ask(distinct)[0][0]
        return figures

    # --- what it can tell of changes

    def position(self, table: str) -> str | None:
        found = self._position(table)
        return str(found) if found else None

    def _position(self, table: str) -> "_Position | None":
        """Where its changes are counted, and how far they had come when the database was opened."""
        database = self._database
        if database.tracked is not None and self._oldest(table) is not None:
            return _Position(database.created, "tracked", database.tracked)
        if database.written is not None and self._found(table).is_stored and self._rowversion(table):
            return _Position(database.created, "written", database.written)
        return None

    def _oldest(self, table: str) -> int | None:
        """The oldest version from which its changes are known; None where they are not tracked, or not for us."""
        if table not in self._tracked_since:
            found = self._found(table)
            self._tracked_since[table] = self._ask(
                f"SELECT CASE WHEN HAS_PERMS_BY_NAME(N{literal(found.place)}, 'OBJECT', 'VIEW CHANGE TRACKING') = 1 "
                f"THEN CHANGE_TRACKING_MIN_VALID_VERSION({found.id}) END AS oldest"
            )[0][0]
        return self._tracked_since[table]

    def _rowversion(self, table: str) -> Attribute | None:
        return next((one for one in self._all(table) if one.kind == "timestamp"), None)

    def changes(self, table: str, position: str, rows: int) -> Changes:
        then, now = _Position.read(position), self._position(table)
        if now is None or (then.database, then.kind) != (now.database, now.kind) or then.version > now.version:
            return Changes.UNKNOWN  # another database, or this one as it was before
        if then.kind == "tracked" and then.version < (self._oldest(table) or 0):
            return Changes.UNKNOWN  # of what happened since, some is cleaned away
        place = self._place(table)
        counted = f"SELECT count_big(*) FROM {place}{where(self._source.tables[table])}"
        written = f"{place} WHERE {self._newer(table, then)}" if then.kind == "written" else self._tracked(table, then)
        found, newer = self._ask(f"SELECT ({counted}) AS counted, (SELECT count_big(*) FROM {written}) AS newer")[0]
        return Changes.NONE if newer == 0 and found == rows else Changes.SOME

    def _newer(self, table: str, then: "_Position") -> str:
        """SQL: rows written since a position."""
        if then.kind == "tracked":
            primary = [SQLSERVER.name(name) for name in self.proposed_key(table)]  # none is tracked without one
            same = " AND ".join(f"c.{name} = t.{name}" for name in primary)
            return f"EXISTS (SELECT 1 FROM {self._tracked(table, then)} WHERE {same})"
        column = self._rowversion(table)
        assert column is not None
        return f"t.{SQLSERVER.name(column.name)} >= {column.literal(str(then.version))}"

    def _tracked(self, table: str, then: "_Position") -> str:
        return f"CHANGETABLE(CHANGES {self._found(table).place}, {then.version}) AS c"

    def _ask(self, query: str) -> list[tuple]:
        return self._session.ask(query)


@dataclass(frozen=True)
class _Position:
    """A version that a database counts: of its tracked changes, or of the rows written."""

    database: str
    kind: str
    version: int

    def __str__(self) -> str:
        return f"{self.database}/{self.kind}/{self.version}"

    @classmethod
    def read(cls, text: str) -> "_Position":
        database, kind, version = text.split("/")
        return cls(database, kind, int(version))
