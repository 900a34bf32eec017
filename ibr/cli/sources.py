"""`ibr sources`: a further source, and whether those there are answer."""

import json
import os
import re
from dataclasses import asdict
from pathlib import Path

import click

from ibr.cli.options import home_option, json_option
from ibr.config import Registry, load
from ibr.console import console, progress, table
from ibr.errors import ConfigurationProblem, UsageProblem
from ibr.workspace import Workspace

_STAGING = Path(__file__).parents[2] / "dbt_project" / "models" / "staging"


def _registry(home: Workspace) -> Registry:
    """The settings, where a program may still wait for its source: it is about to be added."""
    return load(home.registry_file, programs_may_wait=True)


@click.group(epilog="Example: ibr sources add welfare postgresql://reader:secret@db.example.org/welfare")
def sources() -> None:
    """Databases and streams of files that are mirrored."""


def _can_be_written(folder: Path) -> bool:
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return there.is_dir() and os.access(there, os.W_OK)


@sources.command(epilog="Example: ibr sources add welfare postgresql://reader:secret@host/db --tables persons payments")
@click.argument("code")
@click.argument("url")
@click.argument("more", nargs=-1, metavar="")
@click.option("--tables", multiple=True, help="Only these tables; separate several by spaces or commas.")
@click.option(
    "--kind", type=click.Choice(["mis", "register", "reference"]), default=None,
    help="A program's system (the default with --program), the population register, or a list to cross-check.",
)  # fmt: skip
@click.option("--program", "programs", multiple=True, help="A program of registry.yml that the source carries.")
@click.option(
    "--staging", type=click.Path(path_type=Path, file_okay=False), default=_STAGING,
    help="Folder of dbt's staging models.",
)  # fmt: skip
@home_option
@json_option
def add(
    home: Workspace, code: str, url: str, more: tuple[str, ...], tables: tuple[str, ...], kind: str | None,
    programs: tuple[str, ...], staging: Path, as_json: bool,
) -> None:  # fmt: skip
    """Look at a database and write what the registry needs to know of it.

    Its tables, keys and cursors go into registry.yml, a password into a key file that later runs read, and the
    beginning of its staging models into the dbt project. Then: ibr run --select replicate.
    """
    from pipelines.replication import onboarding
    from warehouse.audit import record

    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", code):
        raise UsageProblem(f"code {code!r}: small letters, digits and _ were expected, a letter first")
    if more and not tables:
        raise UsageProblem(f"unexpected {' '.join(more)}; name tables with --tables")
    if not home.registry_file.exists():
        raise ConfigurationProblem(f"no registry.yml in {home.home}; `ibr init {home.home}` writes one to start from")
    registry = _registry(home)
    if code in registry.sources:
        raise UsageProblem(f"registry.yml has a source {code} already; choose another code, or edit it there")
    if unknown := [program for program in programs if program not in registry.programs]:
        raise UsageProblem(f"registry.yml has no program {', '.join(unknown)}; write it there first, under programs")
    if not _can_be_written(staging):
        raise UsageProblem(f"{staging} cannot be written to; name another folder for the models with --staging")
    wanted = [name.strip() for given in (*tables, *more) for name in given.split(",") if name.strip()]
    shown, password = onboarding.without_password(code, url)
    with progress("sources add") as say:
        say(f"looking at {code}")
        there = onboarding.inspect(code, onboarding.with_password(code, shown, password), home.home, wanted)
    found = there.tables
    kind = kind or ("mis" if programs else "reference")
    record(home.home, "source_added", details={"source": code, "tables": len(found), "keeps_password": bool(password)})
    key_file = onboarding.keep_password(home.home, code, password) if password else None
    onboarding.add_block(
        home.registry_file, code, onboarding.block(code, shown, kind, list(programs), found)
    )
    written = onboarding.write_skeleton(staging, code, found)
    if as_json:
        told = [{"table": t.name, **t.configuration(), "columns_found": len(t.columns)} for t in found]
        click.echo(json.dumps({
            "source": code, "tables": told, "left_out": there.left_out, "key_file": key_file and str(key_file),
            "models": [str(path) for path in written],
        }, indent=1))  # fmt: skip
        return
    no_key = "none: rows are told apart by content"
    rows = [(t.name, ", ".join(t.key) or no_key, t.cursor or "", len(t.columns)) for t in found]
    console.print(table(f"Source {code}", ["table", "key", "cursor", "columns"], rows))
    said = [f"Left out: {name}: {why}." for name, why in there.left_out.items()]
    said += [f"Written to {home.registry_file}: look it over, there may be tables that nobody needs."]
    if key_file:
        said.append(f"The password is in {key_file}, readable by you alone; registry.yml only names it.")
    said.append(f"{len(written)} files of staging models in {staging / code}.")
    said.append(f"Next: ibr run --select replicate --home {home.home}")
    for line in said:
        console.print(line, markup=False, soft_wrap=True)


@sources.command("list", epilog="Example: ibr sources list --json")
@home_option
@json_option
def list_sources(home: Workspace, as_json: bool) -> None:
    """The sources of registry.yml, without their passwords."""
    rows = [
        {
            "source": code,
            "kind": source.kind.value,
            "url": re.sub(r"(://[^:/@?]*):[^@]*@", r"\1:***@", source.url),
            "programs": ", ".join(source.programs),
            "tables": len(source.tables),
        }
        for code, source in _registry(home).sources.items()
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    console.print(table("Sources", ["source", "kind", "url", "programs", "tables"], [tuple(r.values()) for r in rows]))


@sources.command(epilog="Example: ibr sources check welfare")
@click.argument("codes", nargs=-1)
@home_option
@json_option
def check(home: Workspace, codes: tuple[str, ...], as_json: bool) -> None:
    """Whether sources answer, and have the tables and columns that registry.yml names. Copies nothing."""
    from pipelines.replication import onboarding

    configured = _registry(home).sources
    if unknown := [code for code in codes if code not in configured]:
        raise UsageProblem(f"registry.yml has no source {', '.join(unknown)}; it has {', '.join(configured)}")
    findings = [
        finding for code in codes or configured for finding in onboarding.check(code, configured[code], home.home)
    ]
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        rows = [(f.source, f.table or "", f.problem or f.seen) for f in findings]
        console.print(table("Sources", ["source", "table", "found"], rows))
    worst = max((finding.exit_code for finding in findings), default=0)
    if worst:
        raise SystemExit(worst)
