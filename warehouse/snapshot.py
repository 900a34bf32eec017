"""Writing the files of a publication: one DuckDB file an audience, of what that audience may have and nothing else.

Views are no boundary: whoever has a file has all that is in it. So each file is built from the warehouse anew, and what
an audience may not see is not in it.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from ibr.errors import ContractBroken
from warehouse.audiences import memory
from warehouse.audiences.cuts import Cut, county_columns
from warehouse.audiences.numbers import NumberTable, make
from warehouse.audiences.pseudonyms import Key
from warehouse.audiences.sensitivity import Declarations, keep
from warehouse.catalogue import Table, comments
from warehouse.connection import attach, literal, quoted

_TARGET = "publication"  # what a file is attached as: this, and of whom
_TEMPLATE = "county"
_ABOUT = {
    "version": ("VARCHAR", "Name of the publication: when its run began, UTC"),
    "audience": ("VARCHAR", "Who may have this file"),
    "reporting_date": ("DATE", "The date that all figures are as at"),
    "run_id": ("VARCHAR", "The run that made it"),
    "published_at": ("TIMESTAMPTZ", "When that run began"),
    "stale_sources": ("VARCHAR[]", "Sources that could not be refreshed, or are older than promised"),
    "key_version": ("INTEGER", "Version of the key of the pseudonyms; empty where there are none"),
}
About = dict[str, Any]  # version, reporting_date, run_id, published_at, stale_sources
# Two files at a time: to write one is mostly to wait for the disk, and to go through many small tables.
WRITERS = 2
_LARGE = 20_000  # rows from which on it is worth while to look for values that repeat
# A county's twenty tables are small; with DuckDB's blocks of 256 KB each would take one for itself, 11 MB in all.
_SMALL_BLOCKS = "BLOCK_SIZE 16384"


@dataclass(frozen=True)
class PublishedFile:
    """One file of a publication: whose it is, how much it holds, and the version of its pseudonyms' key."""

    audience: str
    tables: int
    rows: int
    key_version: int | None = None


@dataclass(frozen=True)
class Builder:
    """Where files are built: `con` has the warehouse attached to read, under the name `source`.

    `parquet`: where every table also goes as a Parquet file, if anywhere.
    """

    con: duckdb.DuckDBPyConnection
    source: str
    folder: Path
    about: About
    parquet: Path | None = None

    def rows_file(
        self, audience: str, cuts: Sequence[Cut], key: Key | None, declared: Declarations | None = None
    ) -> PublishedFile:
        """The file of an audience of rows. `declared`: kept in it, where given.

        Raises ContractBroken if a copy is not complete.
        """
        file, database = self.folder / f"{audience}.duckdb", f"{_TARGET}_{audience}"
        with self.con.cursor() as con, self._writing(con, file, database):
            rows = 0
            for cut in cuts:
                rows += self._copied(con, database, cut, key)
            _make_about(con, database)
            if declared is not None:
                keep(con, database, declared)
            return self._finish(con, database, audience, [cut.table for cut in cuts], rows, key)

    def numbers_file(self, audience: str, wanted: Sequence[NumberTable], reference: Sequence[Cut]) -> PublishedFile:
        """The file of an audience of numbers."""
        file, database = self.folder / f"{audience}.duckdb", f"{_TARGET}_{audience}"
        day = self.about["reporting_date"]
        with self.con.cursor() as con:
            earlier = memory.attach(con, self.folder, audience)
            with self._writing(con, file, database, for_everybody=True):
                rows = 0
                for item in wanted:
                    places = [(table, self._place(con, database, table)) for table in item.tables]
                    rows += make(con, self.source, item, database, earlier, day)
                    for table, place in places:
                        con.execute(comments(table, place))
                for cut in reference:
                    rows += self._copied(con, database, cut, None)
                tables = [table for item in wanted for table in item.tables] + [cut.table for cut in reference]
                _make_about(con, database)
                finished = self._finish(con, database, audience, tables, rows, None)
            memory.detach(con, earlier)
            memory.write(con, self.folder, audience, [item.original.name for item in wanted], day)
            return finished

    def county_files(self, keys: dict[str, Key], counties: dict[str, str], cuts: Sequence[Cut]) -> list[PublishedFile]:
        """A file a county. `counties`: the county of each audience; `keys`: theirs.

        Raises ContractBroken if a copy is not complete.
        """
        expected = [self._expected(cut) for cut in cuts]
        selects = [cut.select(self.source, self._repeated(self.con, cut)) for cut in cuts]
        self._make_template(cuts)
        # What a column is best compressed by is found out a column and file, twenty thousand times: half of the time.
        self.con.execute("SET force_compression = 'dictionary'")

        def build(audience: str) -> PublishedFile:
            file = self.folder / f"{audience}.duckdb"
            with self.con.cursor() as con:
                return self._fill_county(con, file, keys[audience], counties[audience], cuts, selects, expected)

        with ThreadPoolExecutor(WRITERS) as pool:
            made = list(pool.map(build, counties))
        self.con.execute("SET force_compression = 'auto'")
        self.con.execute(f"DETACH {_TEMPLATE}")
        return made

    def _fill_county(
        self, con: duckdb.DuckDBPyConnection, file: Path, key: Key, county: str, cuts: Sequence[Cut],
        selects: list[str], expected: list[dict[str | None, int]],
    ) -> PublishedFile:
        database = f"{_TARGET}_{file.stem}"
        with self._writing(con, file, database, _SMALL_BLOCKS):
            con.execute(f"COPY FROM DATABASE {_TEMPLATE} TO {quoted(database)} (SCHEMA)")
            rows = 0
            for cut, select, counted in zip(cuts, selects, expected, strict=True):
                due = counted.get(county if cut.of_county else None, 0)
                if not due:
                    continue  # a table that is empty stays as the template has it
                place = cut.table.in_database(database)
                written = con.execute(f"INSERT INTO {place} {select}", _bound(cut, key, county))
                _require_complete(cut.table, due, _one(written))
                rows += due
            return self._finish(con, database, file.stem, [cut.table for cut in cuts], rows, key)

    def _make_template(self, cuts: Sequence[Cut]) -> None:
        """An empty county's file, in memory: a thousand comments take longer to say than a county's rows to copy."""
        self.con.execute(f"ATTACH ':memory:' AS {_TEMPLATE}")
        for cut in cuts:
            place = self._place(self.con, _TEMPLATE, cut.table)
            nobody = Key("", 0, b"")
            self.con.execute(f"CREATE TABLE {place} AS {cut.select(self.source)} LIMIT 0", _bound(cut, nobody, ""))
            self.con.execute(comments(cut.table, place))
        _make_about(self.con, _TEMPLATE)

    def _repeated(self, con: duckdb.DuckDBPyConnection, cut: Cut) -> list[str]:
        """The pseudonyms of a large table whose values stand in two rows or more, by estimate."""
        if not cut.pseudonyms:
            return []
        names = sorted(cut.pseudonyms)
        different = ", ".join(f"approx_count_distinct({quoted(name)})" for name in names)
        row = con.execute(f"SELECT count(*), {different} FROM {cut.original.in_database(self.source)}").fetchone()
        assert row is not None
        rows, *values = row
        return [name for name, value in zip(names, values, strict=True) if rows > _LARGE and value < rows / 2]

    def _expected(self, cut: Cut) -> dict[str | None, int]:
        """How many rows each county is due of a table; under None, of a table that is not cut."""
        original = cut.original.in_database(self.source)
        if not cut.of_county:
            return {None: _one(self.con.execute(f"SELECT count(*) FROM {original}"))}
        first, *others = (quoted(name) for name in county_columns(cut.original))
        same = " AND ".join([f"{first} IS NOT NULL", *(f"{first} = {other}" for other in others)])
        found = self.con.execute(f"SELECT {first}, count(*) FROM {original} WHERE {same} GROUP BY ALL").fetchall()
        return dict(found)

    def _copied(self, con: duckdb.DuckDBPyConnection, database: str, cut: Cut, key: Key | None) -> int:
        """Write one table, with its comments; its rows. Raises ContractBroken if it is not complete."""
        place, original = self._place(con, database, cut.table), cut.original.in_database(self.source)
        con.execute(f"CREATE TABLE {place} AS {cut.select(self.source, self._repeated(con, cut))}", _bound(cut, key))
        con.execute(comments(cut.table, place))
        due = _one(con.execute(f"SELECT count(*) FROM {original}"))
        _require_complete(cut.table, due, _one(con.execute(f"SELECT count(*) FROM {place}")))
        return due

    @contextmanager
    def _writing(
        self, con: duckdb.DuckDBPyConnection, file: Path, database: str, options: str = "", *,
        for_everybody: bool = False,
    ) -> Iterator[None]:
        """The file attached under a name, in one transaction; detached, and so whole on disk, at the end.

        Encrypted where the workspace is, unless it is `for_everybody`.
        """
        if for_everybody:
            con.execute(f"ATTACH {literal(str(file))} AS {quoted(database)}")
        else:
            attach(con, file, database, options=options)
        con.begin()
        try:
            yield
            con.commit()
        except BaseException:
            con.rollback()
            raise
        finally:
            con.execute(f"DETACH {quoted(database)}")

    @staticmethod
    def _place(con: duckdb.DuckDBPyConnection, database: str, table: Table) -> str:
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(database)}.{quoted(table.schema)}")
        return table.in_database(database)

    def _finish(
        self, con: duckdb.DuckDBPyConnection, database: str, audience: str, tables: Sequence[Table], rows: int,
        key: Key | None,
    ) -> PublishedFile:
        """Say in the file what it is, and write its Parquet files."""
        version = key.version if key else None
        told = self.about | {"audience": audience, "key_version": version}
        con.execute(
            f"INSERT INTO {quoted(database)}.main.about VALUES ({', '.join('?' * len(_ABOUT))})",
            [told[column] for column in _ABOUT],
        )
        if self.parquet:
            _write_parquet(con, database, tables, self.parquet / audience)
        return PublishedFile(audience, len(tables), rows, version)


def _bound(cut: Cut, key: Key | None, county: str | None = None) -> dict[str, Any]:
    """The values that a cut's statement needs; DuckDB refuses any more."""
    bound: dict[str, Any] = {"county": county} if cut.of_county else {}
    if cut.pseudonyms:
        assert key is not None
        bound |= key.pads
    return bound


def _require_complete(table: Table, due: int, copied: int) -> None:
    if copied != due:
        raise ContractBroken(
            f"{table.schema}.{table.name} has {due} rows in the warehouse and {copied} in the copy; "
            "not published, run the stage publish again"
        )


def _make_about(con: duckdb.DuckDBPyConnection, database: str) -> None:
    """The table `about`, still empty: what the file is, in one row."""
    place = f"{quoted(database)}.main.about"
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in _ABOUT.items())
    con.execute(f"CREATE TABLE {place} ({columns})")
    con.execute(f"COMMENT ON TABLE {place} IS 'What this file is: one row'")
    for name, (_, comment) in _ABOUT.items():
        con.execute(f"COMMENT ON COLUMN {place}.{name} IS {literal(comment)}")


def _write_parquet(con: duckdb.DuckDBPyConnection, database: str, tables: Sequence[Table], folder: Path) -> None:
    folder.mkdir(parents=True)
    for table in tables:
        file = folder / f"{table.name if table.schema == 'marts' else f'{table.schema}.{table.name}'}.parquet"
        con.execute(f"COPY {table.in_database(database)} TO {literal(str(file))} (FORMAT parquet, COMPRESSION zstd)")


def _one(cursor: duckdb.DuckDBPyConnection) -> int:
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])
