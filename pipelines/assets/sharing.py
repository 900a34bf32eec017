"""The register of shared data as a table, from its records in the workspace."""

import dagster as dg

from exchange.sharing import load_register
from pipelines import journal
from pipelines.context import OWNER, POOL, Run, Session, plain_failures


@dg.asset(key=["ops", "shares"], group_name="exceptions", owners=[OWNER], kinds={"duckdb"}, pool=POOL)
def shares(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]) -> dg.MaterializeResult:
    """Who asked for which data, who approved it, what left, and what is to be disposed of, as on the day of the run."""
    run = Run.of(context, session)
    begun = journal.now()
    with plain_failures(), run.warehouse() as con:
        count = load_register(con, run.workspace.home, run.started_at.date())
        journal.stage(con, run, "shares", begun, rows=count)
    return dg.MaterializeResult(metadata={"dagster/row_count": count})
