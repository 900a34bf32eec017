"""Proving a copy: what the source counted, against what the mirror holds, in `ops.reconciliation`."""

import datetime as dt
import math
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from ibr.errors import ContractBroken
from pipelines.replication.adapters import row_hash
from pipelines.replication.adapters.base import DUCKDB
from pipelines.replication.adapters.digest import duckdb_digest
from pipelines.replication.landed import LandedTable
from warehouse.connection import quoted


@dataclass(frozen=True)
class Comparison:
    """One figure on both sides. Sums agree within a billionth: sources and mirror add floats in their own order.
    Hashes and digests are texts, and agree or not."""

    table: str
    measure: str
    column: str | None
    source: float | str | None
    mirror: float | str | None

    @property
    def is_equal(self) -> bool:
        if isinstance(self.source, str) or isinstance(self.mirror, str):
            return self.source == self.mirror
        return math.isclose(self.source or 0.0, self.mirror or 0.0, rel_tol=1e-9, abs_tol=1e-6)


class CopyDisagrees(ContractBroken):
    """The mirror's figures differ from the source's."""


def compare(
    con: duckdb.DuckDBPyConnection, landed: LandedTable, relation: str, key: list[str]
) -> list[Comparison]:
    """Compute the mirror's side of `landed.figures` over a relation, and pair both sides."""
    query = f"SELECT {DUCKDB.measures(landed.columns)} FROM {relation}"
    theirs, ours = landed.figures, DUCKDB.named_figures(landed.columns, con.execute(query).fetchone())
    pairs: list[tuple[str, str | None, float | None, float | None]] = [("rows", None, theirs.rows, ours.rows)]
    for measure, told, counted in (
        ("sum", theirs.sums, ours.sums),
        ("text_length", theirs.lengths, ours.lengths),
        ("earliest", theirs.earliest, ours.earliest),
        ("latest", theirs.latest, ours.latest),
    ):
        pairs += [(measure, column, value, counted[column]) for column, value in told.items()]
    if key and theirs.keys is not None:
        columns = ", ".join(quoted(name) for name in key)
        row = con.execute(f"SELECT count(*) FROM (SELECT DISTINCT {columns} FROM {relation})").fetchone()
        pairs.append(("distinct_keys", None, theirs.keys, row[0] if row else 0))
    return [Comparison(landed.name, *pair) for pair in pairs]


def compare_whole(
    con: duckdb.DuckDBPyConnection, landed: LandedTable, rows: str, relation: str
) -> list[Comparison]:
    """The hashes of all rows, in whatever order: `row_hashes` of `rows`, what was landed, against the mirror, and
    `server_digest` of what the server itself read, where it can compute one."""

    def ask(what: str, place: str) -> str:
        return str((con.execute(f"SELECT {what} FROM {place}").fetchone() or ("",))[0])

    hashes = f"coalesce(sum({row_hash(landed.columns)}), 0)::VARCHAR"
    sent, stored = ask(hashes, rows), ask(hashes, relation)
    found = [Comparison(landed.name, "row_hashes", None, sent, stored)]
    if landed.digest is not None:
        digest = ask(duckdb_digest(landed.columns), relation)
        found.append(Comparison(landed.name, "server_digest", None, landed.digest, digest))
    return found


def record(
    con: duckdb.DuckDBPyConnection,
    comparisons: list[Comparison],
    source: str,
    run_id: str,
    checked_at: dt.datetime,
) -> None:
    """Append the comparisons to `ops.reconciliation`."""
    if not comparisons:
        return
    rows = pa.table(
        {
            "table_name": [c.table for c in comparisons],
            "measure": [c.measure for c in comparisons],
            "column_name": [c.column for c in comparisons],
            "source_value": [_shown(c.source) for c in comparisons],
            "mirror_value": [_shown(c.mirror) for c in comparisons],
            "is_equal": [c.is_equal for c in comparisons],
        }
    )
    con.register("comparisons", rows)
    con.execute("INSERT INTO ops.reconciliation SELECT ?, ?, *, ? FROM comparisons", [run_id, source, checked_at])
    con.unregister("comparisons")


def require_equal(comparisons: list[Comparison], source: str) -> None:
    """Raise CopyDisagrees naming the first figures that differ."""
    unequal = [c for c in comparisons if not c.is_equal]
    if not unequal:
        return
    shown = "; ".join(
        f"{c.table}{'.' + c.column if c.column else ''} {c.measure}: "
        f"source {_shown(c.source)}, mirror {_shown(c.mirror)}"
        for c in unequal[:3]
    )
    raise CopyDisagrees(
        f"source {source}: the copy does not agree with the source in {len(unequal)} figure(s) ({shown}); "
        "the last good mirror stays, and the next run copies the source whole"
    )


def _shown(value: float | str | None) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return f"{value:.6f}".rstrip("0").rstrip(".")
