"""`ibr keys rotate`: new keys for pseudonyms."""

import json

import click

from ibr.cli.options import home_option, json_option
from ibr.console import console, table
from ibr.errors import UsageProblem
from ibr.workspace import Workspace


@click.group()
def keys() -> None:
    """Keys of pseudonyms."""


@keys.command(epilog="Example: ibr keys rotate --audience me")
@home_option
@click.option("--audience", default=None, help="Whose key, as in the name of its file (me). Default: all.")
@json_option
def rotate(home: Workspace, audience: str | None, as_json: bool) -> None:
    """Put new keys in the place of those that pseudonyms are made with.

    From the next publication on everybody has another pseudonym. The old keys are gone: what was published under them
    can be led back to nobody, and cannot be joined to what comes.
    """
    from warehouse.audiences.pseudonyms import rotate as rotate_key
    from warehouse.audiences.pseudonyms import version_of
    from warehouse.lock import warehouse_lock
    from warehouse.publication import publications

    _ = home.registry
    published = {name for found in publications(home.home) for name in found.files}
    there = sorted(name for name in published if version_of(home.home, name))
    if audience and audience not in there:
        raise UsageProblem(f"{audience} has no key; these have one: {', '.join(there) or 'none, before a publication'}")
    with warehouse_lock(home.home, "ibr keys rotate"):
        made = [rotate_key(home.home, name) for name in ([audience] if audience else there)]
    if as_json:
        click.echo(json.dumps([{"audience": key.audience, "version": key.version} for key in made], indent=1))
        return
    console.print(table("New keys, from the next publication on", ["audience", "version"],
                        [(key.audience, key.version) for key in made]))  # fmt: skip
