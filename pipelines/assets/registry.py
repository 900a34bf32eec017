"""Staging and registry: what the run is told, the dbt models, and the rows they refused."""

import json
from collections.abc import Iterable, Iterator

import dagster as dg
from dagster_dbt import DbtProject, dbt_assets

from expectations import check_rules
from pipelines import audited, checks, staleness
from pipelines.context import OWNER, POOL, Run, Session, plain_failures
from pipelines.dbt import RULES_DIR, Dbt, Translator
from pipelines.dbt_run import build_models
from pipelines.quarantine import write_quarantine
from warehouse.parameters import write_parameters


@dg.multi_asset(
    name="run_parameters",
    specs=[
        dg.AssetSpec(
            ["ops", name], group_name="registry", owners=[OWNER], kinds={"duckdb"}, description=description
        )
        for name, description in {
            "parameters": "What this run was told: reporting date, run, currency.",
            "programs": "The programs of registry.yml.",
            "sources": "The sources of registry.yml, and which of them keep an older mirror.",
        }.items()
    ],
    pool=POOL,
)
def run_parameters(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]) -> Iterator:
    """Written at the start of every run, so that models read them in SQL. Rules edited to nonsense stop it here."""
    run = Run.of(context, session)
    registry = run.workspace.registry
    session.begin("registry")
    with plain_failures(), run.warehouse() as con:
        audited.settings(run.workspace.home, run.workspace.registry_file)
        check_rules(RULES_DIR, registry.programs, registry.sources)
        write_parameters(
            con,
            reporting_date=run.reporting_date,
            run_id=run.run_id,
            currency=registry.currency,
            country=registry.country,
            programs=[
                {
                    "program": code,
                    "name": program.name,
                    "benefit_unit": program.benefit_unit.value,
                    "source": registry.carrier(code),
                }
                for code, program in registry.programs.items()
            ],
            sources=[
                {
                    "source": code,
                    "name": source.name,
                    "kind": source.kind.value,
                    "is_asked_by_id": source.lookup is not None,
                }
                for code, source in registry.sources.items()
            ],
        )
        con.execute("INSERT OR REPLACE INTO ops.parameters VALUES ('run_started_at', ?)", [run.started_at.isoformat()])
        staleness.record(con, run.workspace.home, registry, run.started_at)
        checks.bring(con, run.workspace, registry.sources)
    for name in ("parameters", "programs", "sources"):
        yield dg.MaterializeResult(asset_key=["ops", name], metadata={"reporting_date": str(run.reporting_date)})


def build_dbt(project: DbtProject, services: Iterable[str] = ()) -> list[dg.AssetsDefinition]:
    """Seeds, staging and registry models with their tests, as steps in their order.

    One step, unless there are services that a staging model reads: what reads them is then a step of its own, for they
    are asked for the persons that the first has made.
    """
    read = _read_by_models(project, services)
    everything = "tag:registry resource_type:seed"
    if not read:
        return [_dbt_step("registry_models", project, everything)]
    after = [f"source:mirror_{code}+" for code in read]
    return [
        _dbt_step("registry_models", project, everything, exclude=" ".join(after)),
        _dbt_step("population_models", project, " ".join(f"tag:registry,{models}" for models in after)),
    ]


def _read_by_models(project: DbtProject, services: Iterable[str]) -> list[str]:
    """The services whose mirror a model reads; one that was only just named in registry.yml has no staging yet."""
    manifest = json.loads(project.manifest_path.read_text(encoding="utf-8"))
    read = {source["schema"] for key, source in manifest["sources"].items() if manifest["child_map"].get(key)}
    return [code for code in services if f"mirror_{code}" in read]


def _dbt_step(name: str, project: DbtProject, select: str, *, exclude: str | None = None) -> dg.AssetsDefinition:
    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        dagster_dbt_translator=Translator(),
        select=select,
        exclude=exclude,
        name=name,
        pool=POOL,
    )
    def models(context: dg.AssetExecutionContext, dbt: dg.ResourceParam[Dbt], session: dg.ResourceParam[Session]):
        yield from build_models(context, dbt, session, "registry")

    return models


@dg.asset(
    key=["ops", "rejected_rows"],
    deps=[dg.AssetKey(["registry", "rejections"])],
    group_name="registry",
    owners=[OWNER],
    kinds={"duckdb"},
    pool=POOL,
)
def rejected_rows(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]) -> dg.MaterializeResult:
    """Rows and values that could not be used, with their reason, in one table and a file for each source's owner."""
    run = Run.of(context, session)
    with plain_failures(), run.warehouse() as con:
        con.begin()
        con.execute("DELETE FROM ops.rejected_rows WHERE stage = 'registry'")
        con.execute(
            "INSERT INTO ops.rejected_rows SELECT ?, source, table_name, source_key, 'registry', reason_code, "
            "consequence, column_name, value_given, ? FROM registry.rejections",
            [run.run_id, run.started_at],
        )
        con.commit()
        for code in run.workspace.registry.sources:
            write_quarantine(con, run.workspace, code)
        counts = dict(con.execute("SELECT source, count(*) FROM ops.rejected_rows GROUP BY 1 ORDER BY 1").fetchall())
    return dg.MaterializeResult(metadata={"dagster/row_count": sum(counts.values()), "by_source": counts})
