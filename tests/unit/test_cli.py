"""The command line's promises: help with an example, exit codes, one line and no traceback."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from ibr.cli.main import cli

IBR = [str(Path(sys.executable).parent / "ibr")]


def commands(group: click.Group, prefix: tuple[str, ...] = ()):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*prefix, name))
        else:
            yield (*prefix, name), command


COMMANDS = list(commands(cli))


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(path) for path, _ in COMMANDS])
def test_every_command_has_help_and_an_example(path, command):
    assert command.help
    assert command.epilog.startswith(f"Example: ibr {' '.join(path)}")


def ibr(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([*IBR, *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nonsense"], 2, "No such command"),
        (["sample-country", "{tmp}/country", "--scale", "-1"], 2, "scale"),
        (["run", "--home", "{tmp}/nothing"], 3, "ibr init"),
        (["run", "--as-at", "yesterday"], 2, "yesterday"),
        (["sql", "select 1", "--home", "{tmp}"], 2, "ibr run"),
        (["sql", "--home", "{tmp}"], 2, "no query given"),
        (["simulate", "--home", "{tmp}"], 2, "--program CODE"),
        (["simulate", "--home", "{tmp}", "--program", "A", "--rules", "b.yml"], 2, "without --program"),
        (["simulate", "--home", "{tmp}", "--program", "A", "--min-age", "65"], 2, "ibr run"),
        (["enquire", "--purpose", "desk", "--home", "{tmp}"], 2, "nobody was asked for"),
        (["person", "report", "--home", "{tmp}"], 2, "PERSON_UID"),
        (["audit", "verify", "--anchor", "12", "--home", "{tmp}"], 2, "SEQUENCE:HASH"),
        (["evaluate", "--clusters", "a.parquet"], 2, "--truth"),
        (["link", "none.yml", "--input", "none.csv", "--output", "{tmp}/out"], (2, 3), "none.yml"),
    ],
)
def test_a_mistake_is_one_line_with_its_exit_code(tmp_path, arguments, code, said):
    done = ibr(*(argument.format(tmp=tmp_path) for argument in arguments))
    assert done.returncode in (code if isinstance(code, tuple) else (code,)), done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_init_writes_a_registry_and_never_over_one(tmp_path):
    home = tmp_path / "registry"
    assert ibr("init", str(home)).returncode == 0
    assert (home / "registry.yml").is_file()
    again = ibr("init", str(home))
    assert again.returncode == 2
    assert "there already" in again.stderr
