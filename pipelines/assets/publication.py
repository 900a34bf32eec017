"""Publication: a read-only snapshot of the marts, swapped in whole, that officers query while the next run writes."""

import dagster as dg

from pipelines import journal
from pipelines.context import OWNER, POOL, Run, Session, plain_failures
from warehouse.publication import publish

KEY = dg.AssetKey(["published", "secretariat"])


def build(marts: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The publication asset, downstream of every mart: a broken contract on any of them publishes nothing."""

    @dg.asset(
        key=KEY,
        deps=marts,
        group_name="publish",
        owners=[OWNER],
        kinds={"duckdb"},
        pool=POOL,
    )
    def publication(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]) -> dg.MaterializeResult:
        """Copy the marts into a new file, check it against the warehouse, and make it current."""
        run = Run.of(context, session)
        session.progress("publishing")
        workspace = run.workspace
        begun = journal.now()
        with plain_failures(), run.warehouse() as con:
            journal.require_good(con, "marts")
        with plain_failures(), run.writing():
            published = publish(
                workspace.warehouse_file,
                workspace.home,
                run.run_id,
                run.started_at,
                keep=workspace.registry.warehouse.keep_publications,
            )
        with plain_failures(), run.warehouse() as con:
            journal.stage(con, run, "publish", begun, rows=published.rows)
        return dg.MaterializeResult(
            metadata={"dagster/row_count": published.rows, "version": published.version, "tables": published.tables}
        )

    return publication
