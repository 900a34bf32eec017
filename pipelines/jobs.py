"""Jobs: one a source, so that a slow or broken one delays nobody, and one that builds the rest."""

import dagster as dg

from ibr.config import Registry
from pipelines.assets.sources import landing_key, mirror_key

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
            selection=dg.AssetSelection.assets(landing_key(code), *(mirror_key(code, name) for name in source.tables)),
            description=f"Land, check and merge {source.name}.",
        )
        for code, source in registry.sources.items()
    ]


def build_job():
    """Registry, linkage, marts, exception files and publication, on the mirrors as they stand."""
    return dg.define_asset_job(
        BUILD_JOB,
        selection=dg.AssetSelection.groups(*BUILD_GROUPS),
        description="From the mirrors to the published snapshot.",
    )
