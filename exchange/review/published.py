"""The queue as the service shows it: the cases of a publication, in `published/<version>/review/`, beside its files.

Who shows cases over the network does not open the warehouse, which a run may be writing.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb
import pyarrow as pa

from exchange.records import show_records
from exchange.review.cases import Case, Pair, case_from, gather, side_by_side
from ibr.errors import UsageProblem
from linkage.registry.review import evidence_on
from warehouse.connection import attach, connect, literal, quoted
from warehouse.query import published_file

FOLDER, FILE = "review", "queue.duckdb"
MOST = 5_000  # cases of one publication, the first in the queue's order; of each the evidence is worked out in Python


@dataclass(frozen=True)
class Waiting:
    """A case in a list, and its number in addresses. `said`: who said what about it, in order; `said_by` and `state` as
    in `ops.review_answers`, which has none where nobody said anything."""

    case_id: str
    pair: Pair
    programs: str
    match_probability: float
    amount_at_stake: float | None
    said: list[tuple[str, str]]
    said_by: list[str]
    state: str | None


def build_queue(warehouse_file: Path, temporary: Path, folder: Path) -> None:
    """Write the queue of a warehouse into `folder`/review; nothing where nothing was linked yet."""
    with connect(":memory:", temp_directory=temporary) as con:
        attach(con, warehouse_file, warehouse_file.stem)
        con.execute(f"USE {quoted(warehouse_file.stem)}")
        try:
            last = gather(con, None)
        except UsageProblem:
            return
        (folder / FOLDER).mkdir()
        con.execute(f"ATTACH {literal(str(folder / FOLDER / FILE))} AS queue")
        con.execute(_sql("queue"), {"most": MOST})
        pairs = con.execute("SELECT record_id_l, record_id_r FROM queue.cases ORDER BY place").fetchall()
        show_records(con, sorted({record for pair in pairs for record in pair}))
        con.execute("CREATE TABLE queue.records AS FROM records_shown")
        told = evidence_on(con, last, pairs)
        evidence = pa.table({  # noqa: F841, DuckDB reads it by its name
            "record_id_l": pa.array([pair[0] for pair in pairs], pa.string()),
            "record_id_r": pa.array([pair[1] for pair in pairs], pa.string()),
            "evidence": pa.array(told, pa.list_(pa.string())),
        })  # fmt: skip
        con.execute("CREATE TABLE queue.evidence AS FROM evidence")
        con.execute("DETACH queue")


@contextmanager
def published_queue(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in which the current publication's queue is `queue`. Raises UsageProblem where there is none."""
    file = published_file(home).parent / FOLDER / FILE
    if not file.is_file():
        raise UsageProblem("the current publication holds no review queue; the next run with service.enabled builds it")
    con = connect(":memory:", memory_limit="1GB", threads=1)
    try:
        attach(con, file, "queue")
        _require_columns(con)
        yield con
    finally:
        con.close()


def _require_columns(con: duckdb.DuckDBPyConnection) -> None:
    found = {name for name, *_ in con.execute("DESCRIBE queue.cases").fetchall()}
    if not {"said_by", "state"} <= found:
        raise UsageProblem(
            "the current publication's review queue was written by an earlier release; the next run writes it anew"
        )


def waiting(con: duckdb.DuckDBPyConnection) -> list[Waiting]:
    """The cases in their order, without details of the records."""
    rows = con.execute(
        "SELECT case_id, (record_id_l, record_id_r), programs, match_probability, amount_at_stake::DOUBLE, "
        "coalesce(list_transform(said, lambda one: (one.decided_by, one.decision)), []), "
        "coalesce(said_by, []), state FROM queue.cases ORDER BY place"
    ).fetchall()
    return [Waiting(*row) for row in rows]


def published_case(con: duckdb.DuckDBPyConnection, case_id: str) -> Case | None:
    """A case with the details of both records; None where it does not wait in this publication."""
    cursor = con.execute("FROM queue.cases WHERE case_id = ?", [case_id])
    names = [column[0] for column in cursor.description or []]
    for row in cursor.fetchall():
        case = case_from(dict(zip(names, row, strict=True)), _evidence(con, row[:2]))
        case.details.extend(side_by_side(con, "queue.records", case.pair))
        return case
    return None


def _evidence(con: duckdb.DuckDBPyConnection, pair: Sequence[str]) -> list[str]:
    found = con.execute(
        "SELECT evidence FROM queue.evidence WHERE record_id_l = ? AND record_id_r = ?", list(pair)
    ).fetchone()
    return list(found[0]) if found else []


def _sql(name: str) -> str:
    return files("exchange.review").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")
