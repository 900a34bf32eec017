"""What was told before: each publication keeps, beside its files, the numbers that its tables were made from.

The file holds small numbers, and lies where the secretariat's file lies: nobody else gets it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import duckdb
import numpy as np

from warehouse import connection
from warehouse.audiences.policy import Numbers
from warehouse.connection import literal, quoted
from warehouse.disclosure import Suppression, Version
from warehouse.disclosure.lines import Codes, Lines, Rows, all_lines

ENDING = ".numbers"


@dataclass(frozen=True)
class Before:
    """An earlier publication's file, attached under a name. `reporting_date`: the day that it is as at."""

    name: str
    reporting_date: str | None


def attach(con: duckdb.DuckDBPyConnection, folder: Path, audience: str) -> list[Before]:
    """Attach what the publications that are kept have told an audience, oldest first; `folder`: of the newest."""
    found = []
    for number, file in enumerate(sorted(folder.parent.glob(f"[!.]*/{audience}{ENDING}"))):
        if file.parent.is_symlink():
            continue
        name = f"told_{audience}_{number}"
        connection.attach(con, file, name)
        row = con.execute(f"SELECT reporting_date FROM {name}.main.about").fetchone()
        found.append(Before(name, row[0] if row else None))
    return found


def detach(con: duckdb.DuckDBPyConnection, earlier: Sequence[Before]) -> None:
    """Let go of them."""
    for before in earlier:
        con.execute(f"DETACH {before.name}")


def write(
    con: duckdb.DuckDBPyConnection, folder: Path, audience: str, marts: Sequence[str], reporting_date: str | None
) -> None:
    """Write the file of a publication that is being made, of what was kept of each table. Not within a transaction that
    writes another file: DuckDB has one at a time."""
    name = f"told_{audience}_now"
    connection.attach(con, folder / f"{audience}{ENDING}", name, options="BLOCK_SIZE 16384")
    con.execute(f"CREATE TABLE {name}.main.about AS SELECT ?::VARCHAR AS reporting_date", [reporting_date])
    con.execute(f"CREATE SCHEMA {name}.rows; CREATE SCHEMA {name}.totals")
    kept = {table for (table,) in con.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall()}
    for mart in marts:
        for kind in ("rows", "totals"):
            if _kept(kind, mart) in kept:
                own = quoted(_kept(kind, mart))
                con.execute(f"CREATE TABLE {name}.{kind}.{quoted(mart)} AS FROM temp.{own}; DROP TABLE temp.{own}")
    con.execute(f"DETACH {name}")


def _kept(kind: str, mart: str) -> str:
    return f"told {kind} {mart}"


def that_know(con: duckdb.DuckDBPyConnection, earlier: Sequence[Before], mart: str, numbers: Numbers) -> list[Before]:
    """Those that hold this table with these columns; a table that is cut anew has no past."""
    wanted = sorted([*numbers.columns, "is_withheld"])
    return [
        before for before in earlier
        if con.execute(
            "SELECT list_sort(list(column_name)) FROM duckdb_columns() "
            "WHERE database_name = ? AND schema_name = 'rows' AND table_name = ?", [before.name, mart],
        ).fetchone() == (wanted,)
    ]  # fmt: skip


def versions(
    con: duckdb.DuckDBPyConnection, mart: str, numbers: Numbers, earlier: Sequence[Before], reporting_date: str | None,
    counts_of: str, within: Codes, across: Codes,
) -> list[Version]:
    """Each earlier publication's table over the rows of the temporary table `named`, in the order of their numbers.

    `counts_of`: SQL of the counts of a row.
    """
    lines = list(all_lines(within, across))
    found = []
    for before in earlier:
        same = _same(numbers.key, "named", "told")
        told = con.execute(
            f"SELECT {counts_of}, coalesce(is_withheld, false) AS is_withheld FROM named "
            f"LEFT JOIN {before.name}.rows.{quoted(mart)} AS told ON {same} ORDER BY named.row"
        ).fetchnumpy()
        counts = np.column_stack([told[f"count_{place}"] for place in range(len(numbers.counts))])
        known = [_known(con, f"{before.name}.totals.{quoted(mart)}", numbers, way) for way in lines]
        is_same = numbers.lasting or before.reporting_date == reporting_date
        found.append(Version(counts, told["is_withheld"].astype(bool), known, is_same))
    return found


def _known(con: duckdb.DuckDBPyConnection, totals: str, numbers: Numbers, way: Lines) -> Rows:
    left, over = of_way(numbers, way)
    same = f"told.over = [{', '.join(map(literal, over))}]"
    if left:
        same += f" AND {_same(left, 'named', 'told')}"
    flags = ", ".join(f"coalesce(known[{place + 1}], false) AS known_{place}" for place in range(len(numbers.counts)))
    rows = con.execute(f"SELECT {flags} FROM named LEFT JOIN {totals} AS told ON {same} ORDER BY named.row")
    told = rows.fetchnumpy()
    found: Rows = np.column_stack([told[f"known_{place}"] for place in range(len(numbers.counts))]).astype(bool)
    return found[way.first_rows]


def of_way(numbers: Numbers, way: Lines) -> tuple[list[str], list[str]]:
    """The columns of a way of adding up: those that are left, and those that are added up over."""
    left = [*numbers.within, *chain(*(numbers.across[place] for place in way.kept))]
    return left, [name for name in chain(*numbers.across) if name not in left]


def _same(columns: Sequence[str], one: str, other: str) -> str:
    return " AND ".join(f"{one}.{quoted(name)} IS NOT DISTINCT FROM {other}.{quoted(name)}" for name in columns)


def keep(con: duckdb.DuckDBPyConnection, mart: str, numbers: Numbers, suppressed: Suppression) -> None:
    """Keep what is told of a table, of the temporary tables `numbers`, `named` and `withheld`, until it is written."""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {quoted(_kept('rows', mart))} AS "
        f"SELECT * EXCLUDE (row) FROM numbers INNER JOIN withheld USING (row)"
    )
    if not numbers.across:
        return
    selects = []
    for number, (way, known) in enumerate(zip(suppressed.lines, suppressed.known, strict=True)):
        left, over = of_way(numbers, way)
        keys = [quoted(n) if n in left else f"NULL AS {quoted(n)}" for n in numbers.key]
        con.register(f"known_{number}", _flags(way.first_rows, known))
        selects.append(
            f"SELECT [{', '.join(map(literal, over))}] AS over, {', '.join(keys)}, known "
            f"FROM named INNER JOIN known_{number} USING (row)"
        )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {quoted(_kept('totals', mart))} AS {' UNION ALL '.join(selects)}"
    )
    for number in range(len(suppressed.lines)):
        con.unregister(f"known_{number}")


def _flags(first_rows: Codes, known: Rows):
    import pyarrow as pa

    return pa.table({"row": first_rows, "known": known.tolist()})


def name_rows(
    con: duckdb.DuckDBPyConnection, mart: str, numbers: Numbers, earlier: Sequence[Before]
) -> tuple[Codes, Codes]:
    """Make the temporary table `named`: the rows of `numbers` and of all earlier tables, numbered from 0.

    Returns the part of the table that each is in, and its codes of what people add up over.
    """
    key = ", ".join(map(quoted, numbers.key))
    tables = ["numbers", *(f"{before.name}.rows.{quoted(mart)}" for before in earlier)]
    every = " UNION ".join(f"SELECT {key} FROM {table}" for table in tables)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE named AS SELECT row_number() OVER (ORDER BY {key}) - 1 AS row, * FROM ({every})"
    )
    codes = [f"dense_rank() OVER (ORDER BY {', '.join(map(quoted, names))}) AS code_{place}"
             for place, names in enumerate([numbers.within, *numbers.across]) if names]  # fmt: skip
    told = con.execute(f"SELECT {', '.join(['row', *codes])} FROM named ORDER BY row").fetchnumpy()
    size = len(told["row"])
    across = [told[f"code_{place}"] for place in range(1, len(numbers.across) + 1)]
    return (
        told.get("code_0", np.zeros(size, dtype=np.int64)),
        np.column_stack(across) if across else np.zeros((size, 0), dtype=np.int64),
    )


def retold(
    con: duckdb.DuckDBPyConnection, mart: str, numbers: Numbers, last: Before | None, is_as_before: Rows,
    smallest: int,
) -> None:
    """Make of the temporary table `numbers` the one that is told, its rows numbered as in `named`.

    `is_as_before`: the rows that are told as in `last`. An amount is told as it was, too, until it has changed by as
    much as `smallest` people have of it on average.
    """
    same = _same(numbers.key, "named", "newest")
    if last is None:
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE numbers AS SELECT named.row, newest.* EXCLUDE (row) "
            f"FROM named INNER JOIN numbers AS newest ON {same}"
        )
        return
    import pyarrow as pa

    con.register("as_before", pa.table({"row": np.arange(len(is_as_before)), "is_as_before": is_as_before}))
    columns = [f"if(is_as_before, told.{quoted(n)}, newest.{quoted(n)}) AS {quoted(n)}" for n in numbers.columns]
    if numbers.sums:
        for name in numbers.withheld:
            told, now = f"told.{quoted(name)}", f"newest.{quoted(name)}"
            few = f"abs({now} - {told}) < {smallest} * {told} / nullif(told.{quoted(numbers.counts[0])}, 0)"
            columns = [c for c in columns if not c.endswith(f" AS {quoted(name)}")]
            columns.append(f"if(is_as_before OR coalesce({few}, false), {told}, {now}) AS {quoted(name)}")
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE told_now AS SELECT named.row, {', '.join(columns)} FROM named "
        f"INNER JOIN as_before ON as_before.row = named.row "
        f"LEFT JOIN numbers AS newest ON {same} "
        f"LEFT JOIN (SELECT true AS is_there, * FROM {last.name}.rows.{quoted(mart)}) AS told "
        f"ON {_same(numbers.key, 'named', 'told')} "
        f"WHERE if(is_as_before, told.is_there, newest.row IS NOT NULL)"
    )
    con.unregister("as_before")
    con.execute("DROP TABLE numbers; ALTER TABLE told_now RENAME TO numbers")
