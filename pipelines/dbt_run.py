"""Running `dbt build` for a set of assets, and saying in one line what broke."""

import json
import shutil
from collections.abc import Iterator
from contextlib import nullcontext, redirect_stdout
from pathlib import Path

import dagster as dg
from dagster_dbt import DbtCliResource

from ibr.errors import ContractBroken
from pipelines import journal
from pipelines.context import Run, Session, plain_failures

# Unit tests are about the models, not about tonight's data: they run with the tests of the code.
_NIGHTLY = ("--exclude-resource-type", "unit_test")
_KEPT = 10  # folders with compiled SQL and results, of the latest invocations


def build_models(context: dg.AssetExecutionContext, dbt: DbtCliResource, session: Session, layer: str) -> Iterator:
    """Run the models of a layer (`registry` or `marts`) and their tests; dbt is a process of its own, so no connection
    may be open. Until the layer's contract has been checked nothing may be made from it.

    A model or test that fails is the data's fault until proven otherwise: exit 4, named.
    """
    run = Run.of(context, session)
    # Beside the parsed project: dbt then finds what it has parsed, and saves 13 s an invocation.
    target = run.workspace.home / "dbt" / f"{context.op_execution_context.op.name}-{run.run_id}"
    _prune(target.parent)
    what = {"registry": "staging and registry"}.get(layer, layer)
    session.progress(f"building {what}")
    begun = journal.now()
    with plain_failures(), run.warehouse() as con:
        if layer == "marts":
            journal.require_good(con, "registry")
        journal.building(con, run, layer)
    done = 0
    words = session.log_file.open("a", encoding="utf-8") if session.log_file else nullcontext()
    with plain_failures(), run.writing(), words as log, redirect_stdout(log) if log else nullcontext():
        invocation = dbt.cli(["build", *_NIGHTLY], context=context, raise_on_error=False, target_path=target)
        for event in invocation.stream():
            if isinstance(event, dg.Output | dg.MaterializeResult | dg.AssetMaterialization):
                done += 1
                if done % 10 == 0:
                    session.progress(f"building {what}: {done} tables")
            yield event
    if not invocation.is_successful():
        problem = f"dbt: {_failures(target)}; the last publication stays. The compiled SQL of each is under {target}"
        with plain_failures(), run.warehouse() as con:
            journal.stage(con, run, layer, begun, problem=problem)
            raise ContractBroken(problem)


def _failures(target: Path) -> str:
    """Which models and tests failed; counts and names, never rows."""
    try:
        results = json.loads((target / "run_results.json").read_text())["results"]
    except (FileNotFoundError, json.JSONDecodeError, KeyError):
        return "it ended before any model ran; dbt.log there says why"
    broken = [
        f"{r['unique_id'].split('.')[2]}" + (f" ({r['failures']} rows)" if r.get("failures") else "")
        for r in results
        if r["status"] in ("error", "fail", "runtime error")
    ]
    return f"{len(broken)} model(s) or test(s) failed: {', '.join(broken[:5])}{' and more' if broken[5:] else ''}"


def _prune(folder: Path) -> None:
    if folder.is_dir():
        runs = sorted((path for path in folder.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
        for path in runs[:-_KEPT]:
            shutil.rmtree(path, ignore_errors=True)
