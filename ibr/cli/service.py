"""`ibr service`: who may ask the service, and use its pages."""

import datetime as dt
import json
from pathlib import Path

import click

from ibr.cli.options import as_option, home_option, json_option
from ibr.cli.service_staff import service_staff
from ibr.console import console, table
from ibr.errors import UsageProblem
from ibr.workspace import Workspace


@click.group()
def service() -> None:
    """The service that programs' systems ask, and whose pages staff use (`ibr serve` runs it)."""


service.add_command(service_staff)


@service.group(name="keys")
def service_keys() -> None:
    """Keys that callers show."""


@service_keys.command(epilog="Example: ibr service keys add opct-mis --program OPCT --scope verify --scope enrolments")
@click.argument("name")
@click.option("--program", default=None, help="The program that it asks for. Default: none, the secretariat's own key.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(["verify", "enrolments"]), default=["verify"],
              show_default=True, help="What it may know: the register's word, and what a person receives.")  # fmt: skip
@click.option("--public-key", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None,
              help="Its ed25519 public key (PEM): its messages of the DCI standard have to be signed.")  # fmt: skip
@click.option("--sender-id", default=None, help="The sender_id of its messages. Default with --public-key: NAME.")
@click.option("--callback", default=None, help="The URL to which, or below which, answers to its messages are sent.")
@click.option("--callback-token-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None,
              help="A file with the token that its system wants with each callback, as a bearer's.")  # fmt: skip
@as_option
@home_option
@json_option
def add(
    name: str, program: str | None, scopes: tuple[str, ...], public_key: Path | None, sender_id: str | None,
    callback: str | None, callback_token_file: Path | None, home: Workspace, as_json: bool,
) -> None:  # fmt: skip
    """Make a key and show it, once: only its hash is kept, in a file outside the workspace."""
    from exchange.service.keys import add as add_key
    from exchange.service.keys import keys
    from exchange.spdci.callbacks import checked_callback, keep_token, read_token
    from exchange.spdci.signature import read_public_key
    from warehouse.audit import record

    if program and program not in home.registry.programs:
        raise UsageProblem(f"there is no program {program}; there are {', '.join(home.registry.programs)}")
    public = read_public_key(public_key) if public_key else None
    token = read_token(callback_token_file) if callback_token_file else None
    key = add_key(
        home.home, name, program, scopes, dt.datetime.now(dt.UTC),
        sender_id=sender_id or (name if public else None), public_key=public,
        callback=checked_callback(callback, home.registry.service.standard) if callback else None,
    )  # fmt: skip
    if token:
        keep_token(home.home, next(one for one in keys(home.home) if one.name == name), token)
    record(home.home, "service_key_added", details={
        "name": name, "program": program, "scopes": list(scopes), "signs": public is not None,
    })  # fmt: skip
    if as_json:
        click.echo(json.dumps({"name": name, "program": program, "scopes": list(scopes), "key": key}))
        return
    console.print(f"Key of {name}; it cannot be shown again:", markup=False)
    click.echo(key)


@service_keys.command(epilog="Example: ibr service keys revoke opct-mis")
@click.argument("name")
@as_option
@home_option
def revoke(name: str, home: Workspace) -> None:
    """Remove a key: a running service refuses it at once."""
    from exchange.service.keys import revoke as revoke_key
    from warehouse.audit import record

    revoke_key(home.home, name)
    record(home.home, "service_key_revoked", details={"name": name})
    console.print(f"{name} may not ask any more.", markup=False)


@service_keys.command(name="list", epilog="Example: ibr service keys list")
@home_option
@json_option
def list_keys(home: Workspace, as_json: bool) -> None:
    """List the keys there are, without what they are."""
    from exchange.service.keys import keys

    there = keys(home.home)
    if as_json:
        click.echo(json.dumps([
            {"name": one.name, "program": one.program, "scopes": one.scopes, "made_at": one.made_at,
             "sender_id": one.sender_id, "signs": one.public_key is not None, "callback": one.callback} for one in there
        ], indent=1))  # fmt: skip
        return
    rows = [
        (one.name, one.program or "all", ", ".join(one.scopes), one.made_at, "yes" if one.public_key else "no",
         one.callback or "") for one in there
    ]  # fmt: skip
    console.print(table("", ["name", "program", "scopes", "made at", "signs", "callback"], rows))
