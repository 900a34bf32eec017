"""A publication as far as somebody may see it: their own rows, under the names of the marts."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from exchange.catalogues import Words
from exchange.pages.staff import Member, Profile
from exchange.pages.state import MEMORY_LIMIT, THREADS, Pages
from exchange.portal.labels import Speaker, names_of
from exchange.portal.maps import Map, outlines, tile_grid
from warehouse.connection import attach, connect, literal, quoted
from warehouse.query import published_file

_FILE = "publication"
# By which columns a row is a program's. A table with none of them goes to no program, but for the areas.
_OF_PROGRAM = ("program", "program_a", "program_b")
_FOR_ALL = ("dim_area",)
_TABLES = """
SELECT table_name, list(column_name) FROM duckdb_columns()
WHERE database_name = ? AND schema_name = 'marts' GROUP BY table_name
"""


@dataclass(frozen=True)
class About:
    """The publication that a page tells of."""

    version: str
    reporting_date: dt.date
    stale_sources: list[str]


@dataclass(frozen=True)
class Reading:
    """An open publication: `marts.*` of `con` are the visitor's own rows; `tables` there are, with their columns."""

    con: duckdb.DuckDBPyConnection
    about: About
    tables: dict[str, set[str]]

    def speaker(self, words: Words, currency: str) -> Speaker:
        """What says codes and numbers in a language."""
        return Speaker(words, names_of(self.con), currency)

    def speaker_of_several(self, words: Words, currency: str) -> Speaker:
        """The same, which says of a payment cycle also whose it is, where programs stand beside each other."""
        rows = self.con.execute("SELECT cycle_id, program FROM marts.dim_payment_cycle").fetchall()
        return _OfSeveral(words, names_of(self.con), currency, dict(rows))


@dataclass(frozen=True)
class _OfSeveral(Speaker):
    programs: dict[str, str]

    def period(self, cycle: str) -> str:
        program = self.programs.get(cycle.split(maxsplit=2)[-1])
        return f"{super().period(cycle)} ({program})" if program else cycle


@contextmanager
def reading(pages: Pages, member: Member) -> Iterator[Reading]:
    """The current publication for somebody: a county's own file; of the secretariat's file, a program's own rows.

    Raises UsageProblem where nothing is published for them.
    """
    audience = f"county_{member.county}" if member.profile is Profile.COUNTY else "secretariat"
    with pages.reading:
        file = published_file(pages.home, audience)
        con = connect(":memory:", memory_limit=MEMORY_LIMIT, threads=THREADS, temp_directory=pages.home / "tmp")
        try:
            yield _opened(con, file, member.program)
        finally:
            con.close()


def _opened(con: duckdb.DuckDBPyConnection, file: Path, program: str | None) -> Reading:
    attach(con, file, _FILE)
    con.execute("SET enable_external_access = false")
    about = con.execute(f"SELECT version, reporting_date, stale_sources FROM {_FILE}.main.about").fetchall()[0]
    con.execute("CREATE SCHEMA marts")
    tables = {name: set(columns) for name, columns in con.execute(_TABLES, [_FILE]).fetchall()}
    own = {}
    for name, columns in tables.items():
        of = [column for column in _OF_PROGRAM if column in columns]
        if program and not of and name not in _FOR_ALL:
            continue
        rows = " OR ".join(f"{column} = {literal(program)}" for column in of) if program and of else "true"
        con.execute(f"CREATE VIEW marts.{quoted(name)} AS FROM {_FILE}.marts.{quoted(name)} WHERE {rows}")
        own[name] = columns
    version, reporting_date, stale = about
    return Reading(con, About(version, reporting_date, list(stale or ())), own)


def map_of(pages: Pages, speaker: Speaker) -> Map:
    """Where the counties lie."""
    boundaries = pages.registry.portal.boundaries
    if boundaries:
        return outlines(pages.home / boundaries.file, boundaries.code_property)
    return tile_grid(speaker.names.places)
