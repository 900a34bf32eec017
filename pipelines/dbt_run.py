"""Running `dbt build` for a set of assets, and saying in one line what broke."""

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
from dagster_dbt import DbtCliResource

from ibr.errors import ContractBroken
from pipelines.context import user_errors


def build_models(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator:
    """Run the selected models and their tests; dbt is a process of its own, so no connection may be open.

    A model or test that fails is the data's fault until proven otherwise: exit 4, named.
    """
    invocation = dbt.cli(["build"], context=context, raise_on_error=False)
    yield from invocation.stream()
    if not invocation.is_successful():
        with user_errors():
            raise ContractBroken(
                f"dbt: {_failures(invocation.target_path)}; the last publication stays. "
                "`ibr status` names the checks; the compiled SQL of each is beside run_results.json in "
                f"{invocation.target_path}"
            )


def _failures(target: Path) -> str:
    """Which models and tests failed; counts and names, never rows."""
    try:
        results = json.loads((target / "run_results.json").read_text())["results"]
    except (FileNotFoundError, json.JSONDecodeError, KeyError):
        return "it ended before any model ran (dbt.log says why)"
    broken = [r for r in results if r["status"] in ("error", "fail", "runtime error")]
    shown = ", ".join(
        f"{r['unique_id'].split('.')[2]} ({r['failures']} rows)" if r.get("failures") else r["unique_id"].split(".")[2]
        for r in broken[:5]
    )
    return f"{len(broken)} model(s) or test(s) failed: {shown}{' and more' if len(broken) > 5 else ''}"
