"""Publication: a read-only snapshot of the marts, swapped in whole, that officers query while the next run writes."""

import dagster as dg

from pipelines.context import OWNER, POOL, Run, Session, user_errors
from warehouse.publication import publish


def build(marts: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The publication asset, downstream of every mart: a broken contract on any of them publishes nothing."""

    @dg.asset(
        key=["published", "secretariat"],
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
        with user_errors(), run.writing():
            published = publish(
                workspace.warehouse_file,
                workspace.home,
                run.run_id,
                run.started_at,
                keep=workspace.registry.warehouse.keep_publications,
            )
        return dg.MaterializeResult(
            metadata={"dagster/row_count": published.rows, "version": published.version, "tables": published.tables}
        )

    return publication
