"""`ibr keys`: new keys for pseudonyms, and the keys that files are encrypted under."""

import json

import click

from ibr.cli.options import as_option, home_option, json_option
from ibr.console import console, table
from ibr.errors import ConfigurationProblem, UsageProblem
from ibr.workspace import Workspace


@click.group()
def keys() -> None:
    """Keys of pseudonyms, and of encrypted files."""


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


@keys.command(epilog="Example: ibr keys encrypt --old-key IBR_WAREHOUSE_KEY_OLD")
@home_option
@click.option("--old-key", default=None, metavar="NAME", help="The secret that holds the key used until now, if any.")
@json_option
def encrypt(home: Workspace, old_key: str | None, as_json: bool) -> None:
    """Put the warehouse and its publications under the key that registry.yml names (encryption.key).

    For files that lie in the clear, for a new key in the place of an old one, and, where registry.yml names no key any
    more, back to the clear. Each file is written anew and then takes the old one's place; broken off, run it again.
    """
    from ibr import secrets
    from warehouse.audiences.policy import load_policy
    from warehouse.lock import warehouse_lock
    from warehouse.rewriting import rewrite

    _ = home.registry
    old = secrets.find(home.home, old_key) if old_key else None
    if old_key and old is None:
        raise ConfigurationProblem(
            f"{old_key} is not set; set it in the environment, or put it into {secrets.key_file(home.home, old_key)}"
        )
    with warehouse_lock(home.home, "ibr keys encrypt"):
        say = _quiet if as_json else console.print
        written = rewrite(home.home, load_policy(home.home), old and old.strip(), say)
    if as_json:
        click.echo(json.dumps([str(file.relative_to(home.home)) for file in written], indent=1))
        return
    console.print(f"{len(written)} files written under the key that registry.yml names; backups keep what they had.")


@keys.command(epilog="Example: ibr keys show --audience me")
@home_option
@click.option("--audience", required=True, help="Whose files, as in their name (me, county_KE001).")
@as_option
@json_option
def show(home: Workspace, audience: str, as_json: bool) -> None:
    """Show the key that an audience's published files open with, and how. It is noted in the audit trail."""
    from warehouse import audit
    from warehouse.connection import literal
    from warehouse.encryption import is_encrypted, key_of
    from warehouse.query import published_file

    file = published_file(home.home, audience)
    key = key_of(file)
    if key is None or not is_encrypted(file):
        raise UsageProblem(f"{file.name} is not encrypted: it opens without a key")
    audit.record(home.home, "key_shown", details={"audience": audience})
    if as_json:
        click.echo(json.dumps({"audience": audience, "key": key}))
        return
    click.echo(key)
    opening = f"ATTACH {literal(file.name)} (READ_ONLY, ENCRYPTION_KEY '...');"
    console.print(f"In DuckDB: LOAD httpfs; {opening}", markup=False)


def _quiet(message: str) -> None:
    """Nothing is said where a script reads."""
