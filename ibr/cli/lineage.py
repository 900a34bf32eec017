"""`ibr lineage`: from a row of the marts back to its source."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ibr.cli.options import as_option, home_option, json_option
from ibr.console import console
from ibr.workspace import Workspace

if TYPE_CHECKING:
    from pipelines.lineage import Origin


@click.command(epilog="Example: ibr lineage ctovc:H000123/2")
@click.argument("identifier")
@as_option
@home_option
@json_option
def lineage(home: Workspace, identifier: str, as_json: bool) -> None:
    """Where a row comes from: its source, the mirror's table and key, the run that brought it, its earlier versions.

    IDENTIFIER is a record_id, household_id, enrolment_id, payment_id, grievance_id or register_id, or a person_uid or
    household_uid, with all the records behind it. It tells keys and runs, and nothing else of anybody.
    """
    from pipelines.lineage import trace
    from warehouse.audit import record
    from warehouse.connection import connect

    with connect(home.warehouse_file, read_only=True) as con:
        origins = trace(con, home.registry, identifier)
    record(home.home, "lineage_asked", subjects=[identifier])
    if as_json:
        told = [{**asdict(one), "mirror": one.mirror, "history": one.history} for one in origins]
        click.echo(json.dumps(told, default=str, indent=1))
        return
    for origin in origins:
        _show(origin)


def _show(origin: "Origin") -> None:
    key = ", ".join(f"{name} = {value}" for name, value in origin.key.items())
    lines = [
        f"{origin.identifier}: {' and '.join(origin.kinds)} of source {origin.source}",
        f"  now      {origin.mirror}, {key}",
        f"           gone from its source: run {origin.run_id} found it so, {origin.deleted_at:%Y-%m-%d %H:%M} UTC"
        if origin.deleted_at
        else f"           since {origin.loaded_at:%Y-%m-%d %H:%M} UTC, run {origin.run_id}",
    ]
    lines += [
        f"  before   {origin.history}, {one.loaded_at:%Y-%m-%d %H:%M} to {one.replaced_at:%Y-%m-%d %H:%M} UTC, "
        f"run {one.run_id}"
        for one in origin.versions
    ]
    console.print("\n".join(lines), markup=False, soft_wrap=True)
