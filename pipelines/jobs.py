"""Jobs: one a source, so that a slow or broken one delays nobody, and one that builds the rest."""

import dagster as dg

from ibr.config import Registry
from pipelines.assets.sources import asset_keys

BUILD_JOB = "build_registry"
# The groups of the stages after replication, in order; the names are those of `ibr run --select`.
BUILD_GROUPS = ("registry", "link", "marts", "exceptions", "publish")


def replication_job_name(code: str) -> str:
    """The job that lands, checks and merges one source."""
    return f"replicate_{code}"


def replication_jobs(registry: Registry) -> list:
    """A job for each source."""
    return [
        dg.define_asset_job(
            replication_job_name(code),
            selection=dg.AssetSelection.assets(*asset_keys(code, source)),
            description=f"Land, check and merge {source.name}.",
        )
        for code, source in registry.sources.items()
    ]


def build_job(registry: Registry):
    """Registry, linkage, marts, exception files and publication, on the mirrors as they stand.

    Registers behind a web service are asked here, once it is known for whom.
    """
    selection: dg.AssetSelection = dg.AssetSelection.groups(*BUILD_GROUPS)
    for code, source in registry.services.items():
        selection |= dg.AssetSelection.assets(*asset_keys(code, source))
    return dg.define_asset_job(
        BUILD_JOB,
        selection=selection,
        description="From the mirrors to the published snapshot.",
    )
