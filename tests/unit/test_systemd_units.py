"""The service manager's units: every command is one of ours, every timer has its service, every service its sandbox."""

import os
import shlex
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import click
import pytest

from ibr.cli.main import cli

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
SHARED = UNITS / "ibr-.service.d" / "50-account-and-sandbox.conf"
SERVICES = sorted(UNITS.glob("*.service"))
TIMERS = sorted(UNITS.glob("*.timer"))
PROGRAM = "/opt/ibr/current/.venv/bin/ibr"


def settings(unit: Path) -> dict[str, list[str]]:
    """Every value of a unit by its name: names may stand several times."""
    found = defaultdict(list)
    for line in unit.read_text().splitlines():
        if "=" in line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            found[name].append(value)
    return found


def command_of(words: list[str]) -> click.Context:
    """What `ibr` would do with these words; UsageError for what it does not know."""
    context = click.Context(cli)
    command: click.Command = cli
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found, words
        command, words = found, words[1:]
    return command.make_context(command.name, list(words), parent=context)


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.stem)
def test_a_service_starts_a_command_of_ours(unit):
    (line,) = settings(unit)["ExecStart"]
    program, *words = shlex.split(line)
    assert program == PROGRAM
    assert command_of(words)
    assert unit.name.startswith("ibr-")  # or it would not have the account and the sandbox of all


def test_a_command_that_there_is_not_would_be_found():
    with pytest.raises(click.UsageError):
        command_of(["health", "--nonsense"])
    with pytest.raises(AssertionError):
        command_of(["nonsense"])


def test_every_timer_has_its_service_and_every_failure_its_alert():
    for timer in TIMERS:
        assert timer.with_suffix(".service") in SERVICES
    for unit in SERVICES:
        for name in settings(unit)["OnFailure"]:
            assert (UNITS / f"{name.split('@')[0]}@.service") in SERVICES
    silent = [unit.name for unit in SERVICES if "OnFailure" not in settings(unit)]
    assert silent == ["ibr-alert@.service"]


def test_all_run_as_an_account_of_their_own_that_may_write_nowhere_else():
    shared = settings(SHARED)
    assert (shared["User"], shared["UMask"], shared["ProtectSystem"]) == (["ibr"], ["0077"], ["strict"])
    assert shared["NoNewPrivileges"] == ["yes"]
    assert shared["CapabilityBoundingSet"] == [""]
    weaker = set(shared) - {"Documentation", "RequiresMountsFor", "ReadWritePaths"}
    assert not [(unit.name, name) for unit in SERVICES for name in settings(unit) if name in weaker]


@pytest.mark.needs_systemd
def test_systemd_accepts_every_unit(tmp_path):
    shutil.copytree(UNITS, tmp_path, dirs_exist_ok=True)
    for unit in tmp_path.glob("*.service"):
        unit.write_text(unit.read_text().replace(PROGRAM, str(Path(sys.executable).parent / "ibr")))
    (tmp_path / "ibr-alert@.service").rename(tmp_path / "ibr-alert@trial.service")
    done = subprocess.run(
        ["systemd-analyze", "verify", *(str(path) for path in tmp_path.glob("ibr-*.*") if path.is_file())],
        env=os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "SYSTEMD_LOG_LEVEL": "warning"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
