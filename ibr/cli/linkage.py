"""`ibr link`, `ibr evaluate`, `ibr explain`: the linkage engine."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from ibr.cli.options import as_option, home_option, json_option
from ibr.console import console, progress, table
from ibr.errors import UsageProblem
from ibr.workspace import Workspace

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(epilog="Example: ibr link roles.yml --input people.parquet --output linked/")
@click.argument("specification", type=_FILE)
@click.option("--input", "input_path", type=_FILE, required=True, help="CSV or Parquet: the records.")
@click.option("--register", "register_path", type=_FILE, default=None, help="CSV or Parquet: link to it instead.")
@click.option("--output", "output_dir", type=click.Path(path_type=Path, file_okay=False), required=True)
@json_option
def link(specification: Path, input_path: Path, register_path: Path | None, output_dir: Path, as_json: bool) -> None:
    """Find the records that are one person, in any table, from a specification of roles."""
    from linkage import link_files

    with progress("link") as say:
        result = link_files(specification, input_path, output_dir, register_path, progress=say)
    if as_json:
        click.echo(json.dumps(asdict(result), default=str, indent=1))
        return
    rows = [(name.replace("_", " "), count) for name, count in result.counts.items()]
    console.print(table("Result", ["figure", "value"], rows))
    for note in result.notes:
        console.print(f"Note: {note}.", markup=False)
    console.print(f"Written to {output_dir}: {', '.join(sorted(p.name for p in output_dir.iterdir()))}")


@click.command(epilog="Example: ibr evaluate --clusters linked/clusters.parquet --truth truth.parquet --json")
@home_option
@click.option("--clusters", type=_FILE, default=None, help="record_id, entity_id")
@click.option("--matches", type=_FILE, default=None, help="record_id, register_id")
@click.option("--truth", type=_FILE, default=None, help="The truth, in the same shape.")
@json_option
def evaluate(home: Workspace, clusters: Path | None, matches: Path | None, truth: Path | None, as_json: bool) -> None:
    """How good the linkage is: a run on the sample country, or any clusters or matches, against the truth."""
    if found := clusters or matches:
        _evaluate_files(found, truth, clusters is not None, as_json)
        return
    from sample_country.evaluation import evaluate_run

    evaluation = evaluate_run(home.warehouse_file, home.home / "truth")
    if as_json:
        click.echo(json.dumps(evaluation.as_dict(), default=str, indent=1))
        return
    for shown in evaluation.tables():
        console.print(table(shown.title, shown.columns, shown.rows))


def _evaluate_files(found: Path, truth: Path | None, are_clusters: bool, as_json: bool) -> None:
    from linkage.evaluate import evaluate_clusters, evaluate_matches

    if truth is None:
        raise UsageProblem("--clusters and --matches need --truth, a file of the same two columns")
    result = (evaluate_clusters if are_clusters else evaluate_matches)(found, truth)
    if as_json:
        click.echo(json.dumps(result, indent=1))
        return
    rows = [(group, name, value) for group, values in result.items() for name, value in values.items()]
    console.print(table("Against the truth", ["measure", "figure", "value"], rows))


@click.command(epilog="Example: ibr explain mis_a:1001 mis_b:77-3  (record_id in registry.persons)")
@click.argument("record_a")
@click.argument("record_b")
@as_option
@home_option
@json_option
def explain(record_a: str, record_b: str, home: Workspace, as_json: bool) -> None:
    """Why two records were, or were not, taken as one person."""
    from linkage.registry.explaining import explain_registry
    from warehouse.audit import record
    from warehouse.connection import connect

    con = connect(home.warehouse_file, read_only=True)
    try:
        explanation = explain_registry(con, record_a, record_b)
    finally:
        con.close()
    record(home.home, "pair_explained", subjects=[record_a, record_b])
    if as_json:
        click.echo(json.dumps(explanation.as_dict(), default=str, indent=1))
        return
    for line in explanation.lines():
        console.print(line, markup=False, soft_wrap=True)
