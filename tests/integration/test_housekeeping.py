"""Logs and Dagster's records go when they are older than they are kept; what is younger, or not ended, stays."""

import datetime as dt
import os

import dagster as dg

from ibr.workspace import Workspace
from pipelines.housekeeping import Removed, prune
from pipelines.instance import open_instance


@dg.job
def nothing():
    @dg.op
    def one():
        return 1

    one()


def test_old_logs_and_records_of_runs_go_with_their_files(tmp_path):
    home = Workspace(tmp_path).ensure()
    old, new = home.logs / "dbt-old.log", home.logs / "dbt-new.log"
    for log in (old, new, home.checks_page):
        log.touch()
    now = dt.datetime.now(dt.UTC)
    for path in (old, home.checks_page):
        os.utime(path, (0, 0))
    with open_instance(home) as instance:
        run_id = nothing.execute_in_process(instance=instance).run_id
        files = home.dagster_home / "history" / "runs"
        assert (files / f"{run_id}.db").exists()
        assert prune(home, instance, now - dt.timedelta(days=1)) == Removed(logs=1, runs=0)
        assert (old.exists(), new.exists(), home.checks_page.exists()) == (False, True, True)
        unfinished = instance.create_run_for_job(nothing)
        assert prune(home, instance, now + dt.timedelta(days=1)) == Removed(logs=1, runs=1)
        assert [run.run_id for run in instance.get_runs()] == [unfinished.run_id]
    assert not list(home.dagster_home.rglob(f"{run_id}*"))
    assert home.checks_page.exists()
