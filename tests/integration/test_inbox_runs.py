"""Batches through Dagster: the sensor that starts a source's run, and `ibr run`, which takes all that wait."""

import json

import dagster as dg
import pytest
import yaml

from ibr.workspace import Workspace
from pipelines import runner
from pipelines.sensors import inbox_sensors
from tests.integration.batches import MEMBERS
from tests.integration.replication import connect


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))  # a run sets it
    source = {
        "name": "MIS", "kind": "mis", "url": "inbox", "programs": ["AID"], "settle_minutes": 0,
        "limits": {"vanished_share": 1.0}, "tables": {"members": MEMBERS},
    }  # fmt: skip
    (tmp_path / "registry.yml").write_text(yaml.safe_dump({
        "country": "Somewhere", "currency": "XAF", "reporting_date": "2024-01-31",
        "programs": {"AID": {"name": "Aid", "benefit_unit": "person"}}, "sources": {"mis": source},
    }))  # fmt: skip
    (tmp_path / "inbox" / "mis").mkdir(parents=True)
    return Workspace.at(tmp_path)


def drop(home: Workspace, date: str, content: str) -> None:
    (home.home / "inbox" / "mis" / f"members_{date}.csv").write_text(content)


def tick(home: Workspace, instance: dg.DagsterInstance, cursor: str | None = None):
    (sensor,) = inbox_sensors(home)
    context = dg.build_sensor_context(instance=instance, cursor=cursor)
    found = sensor(context)
    return found, context.cursor


def test_the_sensor_starts_one_run_for_each_whole_batch(home):
    (sensor,) = inbox_sensors(home)
    assert sensor.job_name == "replicate_mis"
    with dg.DagsterInstance.ephemeral() as instance:
        found, cursor = tick(home, instance)
        assert found.skip_message == "nothing lies in the inbox"
        drop(home, "20240630", "no,name\n1,Jane\n")
        found, cursor = tick(home, instance, cursor)
        assert isinstance(found, dg.RunRequest)
        again, cursor = tick(home, instance, cursor)  # its run failed, and it lies there still
        assert "was tried already" in again.skip_message
        drop(home, "20240630", "no,name\n1,Jane\n2,John\n")  # sent anew
        anew, cursor = tick(home, instance, cursor)
        assert isinstance(anew, dg.RunRequest)
        assert anew.run_key != found.run_key
        assert json.loads(cursor) == [found.run_key, anew.run_key]


def test_the_sensor_waits_for_a_run_that_is_under_way_and_for_files_that_are_not_whole(home):
    with dg.DagsterInstance.ephemeral() as instance:
        (home.home / "inbox" / "mis" / "manifest.json").write_text(
            '{"date": "2024-06-30", "files": [{"file": "m.csv", "table": "members"}]}'
        )
        assert tick(home, instance)[0].skip_message == "manifest.json waits for m.csv of its manifest"
        drop(home, "20240630", "no,name\n1,Jane\n")
        job = dg.GraphDefinition(name="replicate_mis").to_job()
        instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
        assert tick(home, instance)[0].skip_message == "replicate_mis is under way"


@pytest.mark.slow
def test_ibr_run_takes_all_that_wait_and_a_broken_one_holds_up_nothing(home):
    drop(home, "20240630", "no,name\n1,Jane\n2,John\n")
    drop(home, "20240701", "name\nJane\n")
    drop(home, "20240702", "no,name\n1,Janet\n" + ",nobody\n" * 9)  # the contract refuses it
    drop(home, "20240703", "no,name\n1,Janet\n3,Jo\n")
    done = runner.run(home, stages=["replicate"])
    assert done.exit_code == 4
    no_key, bad_rows = [trouble.message for trouble in done.troubles]
    assert no_key.startswith("source mis: batch of 2024-07-01 refused: table members: column(s) no are gone")
    assert bad_rows.startswith("source mis: batch of 2024-07-02 refused: contract mirror of mis")
    with connect(home.warehouse_file) as con:
        live = "SELECT no, name FROM mirror_mis.members WHERE _ibr_deleted_at IS NULL ORDER BY 1"
        rows = con.execute(live).fetchall()
        told = con.execute("SELECT batch_date::VARCHAR, status FROM ops.batches ORDER BY 1").fetchall()
        source = con.execute("SELECT last_good_at::DATE::VARCHAR, is_stale FROM ops.sources").fetchall()
    assert rows == [("1", "Janet"), ("3", "Jo")]
    assert told == [
        ("2024-06-30", "applied"), ("2024-07-01", "refused"), ("2024-07-02", "refused"), ("2024-07-03", "applied"),
    ]  # fmt: skip
    assert source == [("2024-07-03", True)]  # older than the day that is promised
    assert runner.run(home, stages=["replicate"]).exit_code == 0  # nothing new is no trouble
