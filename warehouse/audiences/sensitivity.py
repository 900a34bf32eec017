"""How sensitive each column of the marts is, as their dbt descriptions declare it (`meta.sensitivity`).

The secretariat's file takes the declarations along, in its table `sensitivity`: what reads a publication knows them
without dbt, and as they were when it was made.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import duckdb

from ibr.errors import ConfigurationProblem
from warehouse.connection import literal, quoted

_TABLE = {
    "table_name": ("VARCHAR", "The mart"),
    "column_name": ("VARCHAR", "The column"),
    "sensitivity": ("VARCHAR", "What it tells about a person"),
    "has_pseudonym": ("BOOLEAN", "Whether a token may stand in its place"),
    "coarser": ("VARCHAR", "What it may be cut to"),
}


class Sensitivity(StrEnum):
    """What a column tells about a person."""

    IDENTIFIER = "identifier"  # tells who somebody is, alone
    QUASI_IDENTIFIER = "quasi_identifier"  # tells it together with others: what a neighbour knows
    SENSITIVE = "sensitive"  # what nobody is to learn about a person
    FREE_TEXT = "free_text"  # words that people wrote, or made of such words: may hold anything
    NONE = "none"  # tells nothing about a person


@dataclass(frozen=True)
class Declared:
    """What is declared of a column. `has_pseudonym`: a token may stand in its place; `coarser`: what it is cut to."""

    sensitivity: Sensitivity
    has_pseudonym: bool = False
    coarser: str | None = None


@dataclass(frozen=True)
class Coarser:
    """A coarser form of a date. `expression`: SQL, of the date; `ending`: of its name; `said`: before its comment."""

    expression: str
    ending: str
    said: str

    def name(self, column: str) -> str:
        """What a column is called in this form: `birth_date` as `birth_year`."""
        return column.removesuffix("_date") + self.ending


COARSER = {
    "year": Coarser("year({0})", "_year", "Of this, the year alone: "),
    "five_years": Coarser("year({0}) - year({0}) % 5", "_five_years", "Of this, the first of five years: "),
}
Declarations = Mapping[str, Mapping[str, Declared]]  # by table and column; what is not there is not classified


def declarations(models: Iterable[Mapping[str, Any]]) -> Declarations:
    """Read them from dbt's models, as its manifest has them.

    Raises ConfigurationProblem naming every column whose declaration has a word that is none.
    """
    found: dict[str, dict[str, Declared]] = {}
    faults: list[str] = []
    for model in models:
        columns = found.setdefault(model["name"], {})
        for name, column in model["columns"].items():
            meta = column.get("config", {}).get("meta") or column.get("meta") or {}
            if "sensitivity" not in meta:
                continue
            if meta.get("coarser") not in (None, *COARSER):
                faults.append(f"{model['name']}.{name} is cut to {meta['coarser']!r}, not to {' or '.join(COARSER)}")
            try:
                columns[name] = Declared(
                    Sensitivity(meta["sensitivity"]), bool(meta.get("pseudonym", False)), meta.get("coarser")
                )
            except ValueError:
                faults.append(f"{model['name']}.{name} is {meta['sensitivity']!r}")
    if faults:
        expected = ", ".join(word.value for word in Sensitivity)
        raise ConfigurationProblem(f"meta.sensitivity of marts: {'; '.join(faults)}; expected {expected}")
    return found


def keep(con: duckdb.DuckDBPyConnection, database: str, declared: Declarations) -> None:
    """Write the declarations into an attached database, as its table `sensitivity`."""
    place = f"{quoted(database)}.main.sensitivity"
    rows = [
        (table, name, column.sensitivity.value, column.has_pseudonym, column.coarser)
        for table, columns in declared.items() for name, column in columns.items()
    ]  # fmt: skip
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in _TABLE.items())
    con.execute(f"CREATE TABLE {place} ({columns})")
    con.execute(f"COMMENT ON TABLE {place} IS 'How sensitive each column of the marts is'")
    for name, (_, comment) in _TABLE.items():
        con.execute(f"COMMENT ON COLUMN {place}.{name} IS {literal(comment)}")
    lists = [list(values) for values in zip(*rows, strict=True)] or [[] for _ in _TABLE]
    selected = ", ".join(f"unnest(?::{kind}[])" for kind, _ in _TABLE.values())
    con.execute(f"INSERT INTO {place} SELECT {selected}", lists)


def kept(con: duckdb.DuckDBPyConnection, database: str) -> Declarations | None:
    """The declarations in an attached database; None where it has none, as publications of earlier versions."""
    there = con.execute(
        "SELECT 1 FROM duckdb_tables() WHERE database_name = ? AND schema_name = 'main' AND table_name = 'sensitivity'",
        [database],
    ).fetchone()
    if not there:
        return None
    found: dict[str, dict[str, Declared]] = {}
    for table, name, sensitivity, has_pseudonym, coarser in con.execute(
        f"SELECT {', '.join(_TABLE)} FROM {quoted(database)}.main.sensitivity"
    ).fetchall():
        found.setdefault(table, {})[name] = Declared(Sensitivity(sensitivity), has_pseudonym, coarser)
    return found
