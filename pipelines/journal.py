"""What happened, in `ops`, whoever started the run: a row a stage, each layer's state, the checks of its contract."""

import datetime as dt

import duckdb

from expectations import ContractResult
from ibr.errors import ContractBroken
from pipelines import checks
from pipelines.context import Run
from warehouse import audit


def stage(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    name: str,
    begun: dt.datetime,
    *,
    source: str | None = None,
    rows: int | None = None,
    problem: str | None = None,
    note: str | None = None,
) -> None:
    """Write how a stage (or one source of it) ended in `ops.runs`; `problem` is what failed, in one line, `note` what
    there is to say where nothing did."""
    con.execute(
        "INSERT INTO ops.runs VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [run.run_id, name, source, begun, now(), "failure" if problem else "success", rows, problem or note],
    )
    audit.record(run.workspace.home, "stage_ended", details={
        "run_id": run.run_id, "stage": name, "source": source, "rows": rows, "succeeded": problem is None,
    })


def building(con: duckdb.DuckDBPyConnection, run: Run, layer: str) -> None:
    """From now on, and until its contract holds, nothing may be made from a layer."""
    begun = since(con, run, layer) or now()  # a layer of several steps began with the first of them
    con.execute("INSERT OR REPLACE INTO ops.layers VALUES (?, 'building', ?, ?)", [layer, run.run_id, begun])


def since(con: duckdb.DuckDBPyConnection, run: Run, layer: str) -> dt.datetime | None:
    """When this run began to build a layer; None where it did not."""
    row = con.execute("SELECT since FROM ops.layers WHERE layer = ? AND run_id = ?", [layer, run.run_id]).fetchone()
    return row[0] if row else None


def rows_of(con: duckdb.DuckDBPyConnection, layer: str) -> int:
    """Rows of a layer's tables; of tables that were made whole the catalogue knows it without a look."""
    counted = "SELECT sum(estimated_size)::BIGINT FROM duckdb_tables() WHERE schema_name = ?"
    row = con.execute(counted, [layer]).fetchone()
    return (row and row[0]) or 0


def checked(con: duckdb.DuckDBPyConnection, run: Run, layer: str, result: ContractResult) -> None:
    """Write a contract's outcome: whether the layer is good, and every check."""
    con.execute(
        "INSERT OR REPLACE INTO ops.layers VALUES (?, ?, ?, ?)",
        [layer, "good" if result.passed else "broken", run.run_id, since(con, run, layer)],
    )
    checks.write(con, run.run_id, layer, now(), result)
    checks.write_page(con, run.workspace)


def require_good(con: duckdb.DuckDBPyConnection, layer: str) -> None:
    """Raise ContractBroken unless the layer held its contract when it was last built."""
    row = con.execute("SELECT state FROM ops.layers WHERE layer = ?", [layer]).fetchone()
    if not row or row[0] != "good":
        raise ContractBroken(
            f"{layer} has not held its contract since it was last built; "
            f"`ibr run --select {layer}` builds and checks it, `ibr status` names what failed"
        )


def now() -> dt.datetime:
    """The time of day for the journal; nothing that computes reads it."""
    return dt.datetime.now(dt.UTC)
