"""A connection that keeps the plans of its statements, for scripts that run again and again on a few rows.

Planning the engine's statements takes DuckDB longer than running them on one person. So while it learns, a connection
executes every script as it stands and remembers it; once it is settled, tables that scripts make (`create or replace
table ... as`) stay, and are filled by statements that were prepared. What is filled is gone at the end of
`once`, so that no table grows, and nothing changes the catalog, which would have all plans made anew. Temporary tables
of scripts are tables of a schema of the connection: DuckDB 1.5 plans what fills a temporary table anew each time it is
executed, which was more than a third of a look-up's time. Each statement has two plans: one for a few rows.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import duckdb

from linkage.lookup.nested_loops import FEW, with_nested_loops
from linkage.sql import literal

_COMMENTS = re.compile(r"\A(\s*--[^\n]*\n)*\s*")
_MAKES = re.compile(r"create (?:or replace )?table ([\w.]+) as\s+(.*)\Z", re.I | re.S)
_TEMPORARY = re.compile(r"\btemp (?=table |view )|\btemp\.(?=lk_)", re.I)
_RUNS = re.compile(r"(select|with|from|insert|delete|update)\b", re.I)


class _Step(NamedTuple):
    """A statement as it runs once settled, the table that it fills anew, if it does, and the same for a few rows."""

    statement: str
    fills: str | None
    for_few: str


class _Slot:
    """A place in prepared statements for an Arrow table, another one each time they are run."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows

    def __arrow_c_schema__(self) -> Any:
        return self.rows.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.rows.__arrow_c_stream__(requested_schema)


class PlannedConnection:
    """What the engine needs of a DuckDB connection; scripts take no parameters, and are learned before `settle`.

    `schema`: of this connection alone, made here, and searched first; unqualified tables of its scripts are there.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, schema: str) -> None:
        con.execute(f"CREATE SCHEMA {schema}; SET schema = {literal(schema)}")
        self._con = con
        self._scripts: dict[str, list[_Step]] = {}
        self._filled: set[str] = set()
        self._slots: dict[str, _Slot] = {}  # by the table that they fill
        self._fills: dict[str, str] = {}
        self._is_settled, self._count, self._are_few = False, 0, False

    def settle(self) -> None:
        """Prepare what was learned."""
        made = {step.fills for steps in self._scripts.values() for step in steps if step.fills} | set(self._slots)
        for script, steps in self._scripts.items():
            self._scripts[script] = [self._prepared(step) for step in steps]
        for number, (name, slot) in enumerate(self._slots.items()):
            self._con.register(f"planned_slot_{number}", slot)
            self._con.execute(f"PREPARE filling_{number} AS INSERT INTO {name} BY NAME FROM planned_slot_{number}")
            self._fills[name] = f"EXECUTE filling_{number}"
        for table in sorted(made):
            self._con.execute(f"DELETE FROM {table}")
        self._is_settled = True

    def _prepared(self, step: _Step) -> _Step:
        self._count += 1
        name = f"planned_{self._count}"
        self._con.execute(f"PREPARE {name} AS {step.statement}")
        self._con.execute(f"PREPARE {name}_few AS {with_nested_loops(self._con, step.statement)}")
        return _Step(f"EXECUTE {name}", step.fills, f"EXECUTE {name}_few")

    @contextmanager
    def once(self, rows: int) -> Iterator[None]:
        """For so many rows. What is filled inside is gone afterwards, once settled."""
        if not self._is_settled:
            yield
            return
        self._are_few = rows <= FEW
        self._con.begin()
        try:
            yield
        finally:
            self._filled.clear()
            self._con.rollback()

    def execute(self, script: str) -> duckdb.DuckDBPyConnection:
        """Run a script; the last statement's result can be fetched."""
        if not self._is_settled:
            lasting = _TEMPORARY.sub("", script)
            if script not in self._scripts:
                parts = (_COMMENTS.sub("", part.query) for part in self._con.extract_statements(lasting))
                self._scripts[script] = [step for part in parts if (step := _step(part))]
            return self._con.execute(lasting)
        for step in self._scripts.get(script, [_Step(script, None, script)]):
            if step.fills:
                self._empty(step.fills)
            self._con.execute(step.for_few if self._are_few else step.statement)
        return self._con

    def register(self, name: str, rows: Any) -> None:
        """The table `name` holds the rows of an Arrow table."""
        if self._is_settled:
            self._empty(name)
            if len(rows):
                self._slots[name].rows = rows
                self._con.execute(self._fills[name])
        else:
            self._con.execute(f"CREATE OR REPLACE TABLE {name} AS FROM rows")
            self._slots[name] = _Slot(rows)

    def unregister(self, name: str) -> None:
        """The table `name` holds nothing any more."""
        if self._is_settled:
            self._empty(name)

    def _empty(self, table: str) -> None:
        if table in self._filled:
            self._con.execute(f"DELETE FROM {table}")
        self._filled.add(table)


def _step(statement: str) -> _Step | None:
    """A statement as it runs once settled; None where it makes what stays, such as a macro or a view."""
    if made := _MAKES.match(statement):
        filling = f"INSERT INTO {made[1]} {made[2]}"
        return _Step(filling, made[1], filling)
    return _Step(statement, None, statement) if _RUNS.match(statement) else None
