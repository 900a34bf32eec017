"""What each source promises, as Dagster watches it: how old its mirrors may be (`freshness_days` in registry.yml).

A table of which nothing was written is fresh: its mirror is materialised by every run that finds it so. A register
behind a web service has no promise here, for its mirror is also passed on where it was not brought up to date: the
check `asked` on its landing says so.
"""

from collections.abc import Callable

import dagster as dg

from ibr.config import Registry


def with_promises(registry: Registry) -> Callable[[dg.AssetSpec], dg.AssetSpec]:
    """Gives the mirrors of every source that is copied its promise; other assets stay as they are."""
    policies = {
        f"mirror_{code}": dg.FreshnessPolicy.time_window(source.promise)
        for code, source in registry.copied.items()
    }

    def promise(spec: dg.AssetSpec) -> dg.AssetSpec:
        policy = policies.get(spec.key.path[0])
        return dg.apply_freshness_policy(spec, policy) if policy else spec

    return promise
