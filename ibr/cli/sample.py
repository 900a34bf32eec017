"""`ibr sample-country` and `ibr demo`."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import click

from ibr.cli.options import home_option
from ibr.console import console, progress
from ibr.errors import UsageProblem
from ibr.workspace import Workspace

SEED, SCALE = 42, 0.01


@click.command("sample-country", epilog="Example: ibr sample-country /tmp/kenya --scale 0.01 --seed 7")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--scale", type=float, default=SCALE, show_default=True, help="1.0 is Kenya 2016: 883,000 households.")
@click.option("--seed", type=int, default=SEED, show_default=True, help="The same seed gives the same country.")
@click.option("--advance", type=click.IntRange(min=1), default=None, help="Let CYCLES payment cycles pass instead.")
@click.option("--as", "backend", type=click.Choice(["sqlite", "postgres", "mysql"]), default="sqlite",
              show_default=True, help="Files, or databases on the server named by --server as well.")  # fmt: skip
@click.option("--server", default=None, help="The URL of a server and an account that may make databases.")
def sample_country(
    directory: Path, scale: float, seed: int, advance: int | None, backend: str, server: str | None
) -> None:
    """Write a made-up country's program systems, its population register, and the truth about them.

    With --as postgres or mysql the systems are databases of a server, which registry.yml then names; with --advance,
    too, they follow the files.
    """
    import sample_country as country

    if (backend == "sqlite") != (server is None):
        raise UsageProblem("--as postgres or mysql and --server URL go together")
    if advance and not (directory / "truth" / "state.json").is_file():
        raise UsageProblem(f"there is no sample country in {directory} to advance; make one first, without --advance")
    with progress("sample country") as say:
        if advance:
            country.advance(directory, advance, say)
        else:
            _make(directory, scale, seed, say)
        if server:
            _put_on_server(directory, backend, server, say)
    state = json.loads((directory / "truth" / "state.json").read_text())
    console.print(f"{directory}: as at {state['as_at']}, scale {state['scale']}, seed {state['seed']}")


@click.command(epilog="Example: ibr demo --scale 0.01")
@home_option
@click.option("--scale", type=float, default=None, help=f"Default: {SCALE}.")
@click.option("--seed", type=int, default=None, help=f"Default: {SEED}.")
def demo(home: Workspace, scale: float | None, seed: int | None) -> None:
    """The whole main job on the sample country. Run again, it lets one payment cycle pass."""
    import sample_country as country
    from ibr.cli.run import execute

    first = not (home.home / "truth" / "state.json").is_file()
    if not first and (scale is not None or seed is not None):
        raise UsageProblem(
            f"{home.home} holds a sample country already; leave out --scale and --seed to let a cycle pass in it, "
            "or choose another --home"
        )
    with progress("sample country") as say:
        if first:
            _make(home.home, SCALE if scale is None else scale, SEED if seed is None else seed, say)
        else:
            country.advance(home.home, 1, say)
    state = json.loads((home.home / "truth" / "state.json").read_text())
    if first:
        console.print(f"A made-up country at scale {state['scale']}, as at {state['as_at']}: everything is copied.")
    else:
        console.print(f"One payment cycle has passed, it is {state['as_at']}: only what changed is copied.")
    execute(Workspace.at(home.home))


def _make(directory: Path, scale: float, seed: int, say: Callable[[str], None]) -> None:
    """The country, and the registry.yml that describes it unless there is one."""
    import sample_country as country

    country.generate(directory, scale, seed, say)
    settings = directory / "registry.yml"
    if not settings.exists():
        shutil.copyfile(Path(country.__file__).with_name("registry.yml"), settings)


def _put_on_server(directory: Path, backend: str, server: str, say: Callable[[str], None]) -> None:
    """The databases on the server, and their URLs in registry.yml; a password goes to key files."""
    from pipelines.replication.onboarding import keep_password, without_password
    from sample_country.servers import UnusableServer, load

    try:
        urls = load(sorted((directory / "sources").glob("*.db")), backend, server, say)
    except UnusableServer as problem:
        raise UsageProblem(f"--server: {problem}") from None
    settings = directory / "registry.yml"
    text = settings.read_text(encoding="utf-8")
    for code, url in urls.items():
        shown, password = without_password(code, url)
        if password:
            keep_password(directory, code, password)
        text = text.replace(f"url: sqlite:///sources/{code}.db", f"url: {shown}")
    settings.write_text(text, encoding="utf-8")
