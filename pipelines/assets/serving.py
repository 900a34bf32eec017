"""The serving database: what was published, loaded into PostgreSQL for many officers at once."""

import dagster as dg

from pipelines import journal
from pipelines.assets.publication import KEY as PUBLICATION
from pipelines.context import OWNER, POOL, Run, Session, plain_failures
from pipelines.dbt import Dbt
from pipelines.serving import serve


@dg.asset(
    key=["served", "postgresql"],
    deps=[PUBLICATION],
    group_name="publish",
    owners=[OWNER],
    kinds={"postgres"},
    pool=POOL,
)
def serving_database(
    context: dg.AssetExecutionContext, dbt: dg.ResourceParam[Dbt], session: dg.ResourceParam[Session]
) -> dg.MaterializeResult:
    """Load the current publication. What fails here takes back nothing: the files are published, and readers of the
    database keep what they had."""
    run = Run.of(context, session)
    begun = journal.now()
    with plain_failures(), run.writing():
        served = serve(run.workspace, dbt, "current", session.progress)
    with plain_failures(), run.warehouse() as con:
        journal.stage(con, run, "serve", begun, rows=served.rows, note=served.told)
    return dg.MaterializeResult(
        metadata={"dagster/row_count": served.rows, "version": served.version, "tables": served.tables}
    )
