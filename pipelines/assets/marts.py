"""Marts: dbt models that officers query."""

import dagster as dg
from dagster_dbt import DbtProject, dbt_assets

from pipelines.context import POOL, Session
from pipelines.dbt import Dbt, Translator
from pipelines.dbt_run import build_models


def build_dbt(project: DbtProject) -> dg.AssetsDefinition:
    """Marts with their tests."""

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        dagster_dbt_translator=Translator(),
        select="tag:marts",
        name="mart_models",
        pool=POOL,
    )
    def mart_models(context: dg.AssetExecutionContext, dbt: dg.ResourceParam[Dbt], session: dg.ResourceParam[Session]):
        session.begin("marts")
        yield from build_models(context, dbt, session, "marts")

    return mart_models
