"""Publication: read-only snapshots of the marts, one an audience, that people query while the next run writes."""

from functools import partial

import dagster as dg

from exchange import portal
from exchange.service.index import build_beside
from pipelines import journal
from pipelines.context import OWNER, POOL, Run, Session, plain_failures
from pipelines.dbt import Dbt
from warehouse.audiences.policy import load_policy
from warehouse.audiences.sensitivity import declarations
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
    def publication(
        context: dg.AssetExecutionContext, dbt: dg.ResourceParam[Dbt], session: dg.ResourceParam[Session]
    ) -> dg.MaterializeResult:
        """Build each audience's file from the marts, check it against the warehouse, and make all of them current.

        Then the public pages, of the public's file alone.
        """
        run = Run.of(context, session)
        session.begin("publish")
        workspace = run.workspace
        settings = workspace.registry.publish
        index = partial(build_beside, workspace.warehouse_file, workspace.temporary)
        begun = journal.now()
        with plain_failures(), run.warehouse() as con:
            journal.require_good(con, "marts")
        with plain_failures(), run.writing():
            published = publish(
                workspace.warehouse_file,
                workspace.home,
                run.run_id,
                run.started_at,
                load_policy(workspace.home, settings.audiences),
                declarations(dbt.marts()),
                keep=settings.keep,
                parquet=settings.parquet,
                beside=index if workspace.registry.service.enabled else None,
            )
            portal.publish(workspace.home, workspace.registry)
        with plain_failures(), run.warehouse() as con:
            journal.stage(con, run, "publish", begun, rows=published.rows)
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": published.rows,
                "version": published.version,
                "tables": published.tables,
                "files": len(published.files),
            }
        )

    return publication
