"""Linkage: registry records become persons and households, each checked against the population register."""

from collections.abc import Iterator
from dataclasses import asdict

import dagster as dg

from linkage.registry.run import link_registry
from pipelines import journal, spark
from pipelines.assets.decisions import KEY as DECISIONS
from pipelines.context import OWNER, POOL, Run, Session, plain_failures

TABLES = {
    "pairs": "Pairs of records that are, or may be, one person, with the key that found them and their weight.",
    "clusters": "Which records the engine takes for one person.",
    "persons_crosswalk": "record_id → person_uid, the same from run to run.",
    "households_crosswalk": "household_id → household_uid.",
    "household_ties": "Pairs of households that share persons, and whether that makes them one.",
    "uid_events": "Created, merged, split and retired numbers.",
    "verification": "Each record against the population register.",
}


@dg.multi_asset(
    name="linkage",
    specs=[
        dg.AssetSpec(
            ["linkage", table],
            deps=[
                dg.AssetKey(["registry", "persons"]),
                dg.AssetKey(["registry", "population"]),
                dg.AssetKey(["registry", "enrolments"]),
                DECISIONS,
            ],
            group_name="link",
            owners=[OWNER],
            kinds={"duckdb"},
            description=description,
        )
        for table, description in TABLES.items()
    ],
    pool=POOL,
)
def linkage(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]) -> Iterator:
    """Dedupe all programs together, verify against the register, carry over the numbers; one transaction."""
    run = Run.of(context, session)
    session.begin("link")
    settings = dict(run.workspace.registry.linkage)
    if variants := settings.get("name_variants"):
        settings["name_variants"] = str(run.workspace.home / variants)  # an absolute path stays as it is
    begun = journal.now()
    with plain_failures(), run.warehouse() as con:
        journal.require_good(con, "registry")
        spark.clear(run.workspace, con)
        summary = link_registry(
            con, settings, run.run_id, run.reporting_date, keeps_register=run.workspace.registry.service.enabled,
            all_records=spark.all_records(run.workspace), progress=session.progress,
        )  # fmt: skip
        counts = {table: _count(con, table) for table in TABLES}
        journal.stage(con, run, "link", begun, rows=counts["persons_crosswalk"])
    for table in TABLES:
        yield dg.MaterializeResult(
            asset_key=["linkage", table], metadata={"dagster/row_count": counts[table], "summary": asdict(summary)}
        )


def _count(con, table: str) -> int:
    row = con.execute(f"SELECT count(*) FROM linkage.{table}").fetchone()
    return row[0] if row else 0
