"""Runs that are killed, that meet, or that do not hold their contract: what was good stays, the next run completes."""

import re
import signal
import subprocess
import sys

import pytest

from benchmarks.pipeline.stages import stage_of
from tests.acceptance.conftest import IBR, Country, version

# As in test_trouble.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

# `ibr`, which ends itself as SIGKILL ends it: when it says something, or in place of calling a function (module:name).
# A kill from outside would come sooner or later than meant, as the machine is busy.
DYING = """
import os, signal, sys
from importlib import import_module

import pipelines.runner
from ibr.cli.main import main

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

moment = sys.argv.pop(1)
module, is_function, name = moment.rpartition("::")
if is_function:
    assert callable(getattr(import_module(module), name))
    setattr(import_module(module), name, die)
run = pipelines.runner.run
pipelines.runner.run = lambda workspace, *, progress, **rest: run(
    workspace, progress=lambda message: die() if moment in message else progress(message), **rest
)
main()
"""


def kill_at(country: Country, moment: str, *stages: str) -> None:
    """Run until the command says `moment`, or is about to call it; then it is gone, with everything it started."""
    command = [sys.executable, "-c", DYING, moment, "run", "--home", str(country.home), *stages]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == -signal.SIGKILL, f"it never came to {moment}: {done.stderr[-2000:]}"


def test_a_run_killed_anywhere_is_completed_by_the_next(spoilt):
    before = version(spoilt)
    subprocess.run(
        [IBR, "sample-country", str(spoilt.home), "--advance", "1"], check=True, capture_output=True
    )
    with (spoilt.home / "registry.yml").open("a", encoding="utf-8") as registry:
        registry.write("\nservice: {enabled: true}\n")
    # Once what came is copied, from the last stage back to the first: one run is then enough to come to each of them.
    for moment, *stages in (
        ("PaymentLine", "replicate"),
        ("pipelines.replication.merge::write_watermarks", "replicate"),
        ("warehouse.publication::point_current_at",),
        ("building marts: 10 tables", "marts"),
        ("replacing the last run's tables", "link"),
        ("building staging and registry: 20 tables", "replicate", "registry", "link", "marts"),
    ):
        kill_at(spoilt, moment, *stages)
        assert version(spoilt) == before, moment
        with spoilt.published() as con:
            assert con.execute("SELECT count(*) FROM marts.dim_person").fetchone()[0] > 1000
    resumed = spoilt.ibr("run", "--resume")
    said = {stage_of(line) for line in resumed.stderr.splitlines()}
    assert {"registry", "link", "verify", "marts", "checks"} <= said, "by which the benchmark tells stages apart"
    assert re.search(r"going on with run \S+ from registry", resumed.stderr)
    with spoilt.warehouse() as con:
        done = con.execute("SELECT stage FROM ops.runs WHERE run_id = (SELECT max(run_id) FROM ops.runs)").fetchall()
    assert {stage for (stage,) in done} == {"registry", "decisions", "link", "marts", "audit"}
    assert "left nothing undone" in spoilt.ibr("run", "--resume", expect=2).stderr
    assert version(spoilt) == before
    # All is ready but the name `current`; killed once more, when it has been given and is not yet recorded.
    kill_at(spoilt, "warehouse.publication::_record", "publish")
    assert version(spoilt) != before
    spoilt.ibr("run", "publish")
    assert [(spoilt.home / "published" / one / "lookup" / "people.arrow").is_file() for one in (before, "current")] == [
        False, True]  # fmt: skip
    with spoilt.warehouse() as con:
        assert con.execute("SELECT count(*) FROM ops.reconciliation WHERE NOT is_equal").fetchone() == (0,)
        recorded = con.execute("SELECT version FROM ops.publications WHERE is_current").fetchall()
        found = con.execute(f"""
            SELECT (SELECT sum(amount_paid) FROM marts.fct_payments)
                 = (SELECT sum(amount_paid) FROM {spoilt.truth("payments")})
        """).fetchone()
    assert recorded == [(version(spoilt),)]
    assert found == (True,)


def test_two_runs_at_once_and_a_reader_between_them(spoilt):
    process = subprocess.Popen(
        [IBR, "run", "--home", str(spoilt.home)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    for line in process.stderr:
        if "rows" in line:
            break
    # Held where it is, so that it cannot be done before the second has begun.
    process.send_signal(signal.SIGSTOP)
    try:
        second = spoilt.ibr("run", expect=6)
        assert "ibr run" in second.stderr
        with spoilt.published() as con:
            assert con.execute("SELECT count(*) FROM marts.dim_person").fetchone()[0] > 1000
    finally:
        process.send_signal(signal.SIGCONT)
    process.stderr.read()
    assert process.wait() == 0


def test_what_did_not_hold_its_contract_is_neither_published_nor_sent(spoilt):
    """Not even by asking for that stage alone."""
    before = version(spoilt)
    kill_at(spoilt, "building marts: 10 tables", "marts")
    for command in (["run", "--select", "publish"], ["exceptions", "export"]):
        done = spoilt.ibr(*command, expect=4)
        assert "marts has not held its contract" in done.stderr
    assert version(spoilt) == before
