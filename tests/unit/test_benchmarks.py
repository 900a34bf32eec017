"""The benchmark's harness on tiny inputs, our engine alone; what it says of the engine is for `make bench`."""

import json

import pytest

from benchmarks import bench as harness
from benchmarks import country, linkage, page, results, spark
from benchmarks.bench import OURS, RECORDLINKAGE, SPLINK, Bench
from benchmarks.growth import growth_of
from benchmarks.measure import Limits
from benchmarks.targets import at_least, at_most, no_lower_than_peer, share_of_peers_time
from benchmarks.works import WORKS, sample_country
from ibr.errors import UsageProblem

TINY = 0.001
STAMP = {
    "date": "2026-01-31",
    "commit": "abc1234",
    "machine": {
        "cpu": "a processor",
        "cores_allowed": 2,
        "memory_gb": 8.0,
        "load_at_start": 0.1,
        "python": "3.11",
        "duckdb": "1.5.5",
    },
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    country.make(folder, TINY)
    return folder


@pytest.fixture
def bench(cache, monkeypatch):
    monkeypatch.setenv("IBR_BENCH_CACHE", str(cache))
    monkeypatch.setenv("IBR_BENCH_DATA", str(cache / "nothing here"))
    monkeypatch.setattr(sample_country, "DEMO_SCALE", TINY)
    told: list[str] = []
    made = Bench(False, Limits(memory_gb=8, minutes=5), tell=told.append, engines=[OURS], times=1, country_scale=TINY)
    made.told = told
    return made


def row(work: str, peer: str | None = "Splink 5.0.0", name: str = "dedupe", seconds: float = 2.0, **changed):
    ours = {"engine": "ibr linkage", "records": 100, "seconds": seconds, "cpu_seconds": 2.0, "peak_gb": 0.5,
            "other_cores": 0.0, "runs": 3, "pair_f1": 0.99}  # fmt: skip
    theirs = {**ours, "engine": peer, "seconds": 4.0, "pair_f1": 0.9} if peer else {}
    targets = [t.judge(ours, theirs) for t in (at_least("pair_f1", "F1 of pairs", 0.98), share_of_peers_time(0.25, ""))]
    return {**results.Row(name, work, "small", ours, theirs, targets).as_dict(STAMP), **changed}


@pytest.mark.slow
def test_rows_of_our_engine_are_measured_merged_and_shown(bench, cache, tmp_path):
    files = tmp_path / "linkage.json", tmp_path / "benchmarks.md"
    earlier = row("dedupe 4,324,496 records")
    results.write([earlier], files[0])
    linkage.run(bench, ["families", "dedupe", "verify", "historical"], *files)
    rows = json.loads(files[0].read_text())
    by_name = {found["row"]: found for found in rows if found["work"] != earlier["work"]}
    assert list(by_name) == ["historical", "families", "dedupe", "verify"]
    assert earlier in rows
    ours = by_name["dedupe"]["ours"]
    assert {
        "seconds",
        "cpu_seconds",
        "wall_seconds",
        "peak_gb",
        "spilled_gb",
        "other_cores",
        "pair_f1",
        "records",
        "runs",
    } <= set(ours)
    assert ours["wall_seconds"] > ours["seconds"] > 0
    assert 0.05 < ours["peak_gb"] < 4
    assert by_name["families"]["ours"] == ours, "the same work is measured once"
    assert ours["pair_f1"] > 0.9
    assert by_name["verify"]["ours"]["pair_precision"] > 0.9
    assert [by_name["dedupe"][key] for key in ("peer", "ratio", "scale")] == [{}, None, "small"]
    assert by_name["dedupe"]["targets"][0]["met"] is None, "there is no peer to be faster than"
    assert "historical_figures_50k.parquet is not there" in by_name["historical"]["ours"]["left_out"]
    assert {"date", "commit", "machine"} <= set(by_name["dedupe"])
    text = files[1].read_text()
    assert f"dedupe {ours['records']:,} records" in text
    assert "historical_figures_50k.parquet is not there" in text
    assert not list((cache / "scratch").glob("*")), "measured processes leave nothing behind"


def test_a_run_that_takes_too_much_is_ended_and_the_row_says_so(bench):
    bench.limits = Limits(memory_gb=0.01, minutes=5)
    (found,) = WORKS["dedupe"](bench)
    assert found.ours["failed"].startswith("ended after")
    assert "0.0 GB allowed" in found.ours["failed"]
    assert [target["met"] for target in found.targets] == [False, False]


def test_a_peer_that_is_not_installed_is_left_out(bench, monkeypatch):
    bench.engines = [OURS, SPLINK]
    monkeypatch.setattr(harness, "find_spec", lambda _: None)
    monkeypatch.setattr(bench, "_once", lambda *_: row("")["ours"] | {"wall_seconds": 60})
    (found,) = WORKS["dedupe"](bench)
    assert found.peer["left_out"] == "not installed (uv sync --group bench)"
    assert found.ours["seconds"] == 2.0
    assert any("Splink: not installed" in line for line in bench.told)


def test_a_short_work_is_told_by_its_median(bench, monkeypatch):
    bench.times = 3
    runs = iter([(3.0, 0.5), (1.0, 0.7), (2.0, 0.6)])

    def once(*_):
        seconds, peak = next(runs)
        return {"seconds": seconds, "cpu_seconds": 1, "peak_gb": peak, "wall_seconds": 4, "pair_f1": peak, "engine": ""}

    monkeypatch.setattr(bench, "_once", once)
    (found,) = WORKS["dedupe"](bench)
    assert (found.ours["seconds"], found.ours["peak_gb"], found.ours["runs"]) == (2.0, 0.7, 3)
    assert found.ours["note"] == "pair F1 differs from run to run: 0.5 to 0.7"


@pytest.mark.parametrize(
    ("name", "limit", "work"),
    [
        ("memory", "400MB", "dedupe 4,330 records with memory_limit 400MB"),
        ("register_memory", "600MB", "verify 4,330 records against 30,000 with memory_limit 600MB"),
    ],
)
def test_with_little_memory_the_same_is_to_be_found(bench, monkeypatch, name, limit, work):
    limited = []

    def once(job, *_):
        limited.append(job.memory_limit)
        return row("")["ours"] | {"wall_seconds": 60, "pair_f1": 0.8 if job.memory_limit else 0.9, "peak_gb": 1.3}

    monkeypatch.setattr(bench, "_once", once)
    (found,) = WORKS[name](bench)
    assert limited == [None, limit]
    assert found.work == work
    assert [target["met"] for target in found.targets] == [False, True]


@pytest.mark.parametrize(
    ("target", "ours", "peer", "met"),
    [
        (at_least("f1", "", 0.9), {"f1": 0.9}, {}, True),
        (at_least("f1", "", 0.9), {"f1": 0.8999}, {}, False),
        (at_least("f1", "", 0.9), {}, {}, None),
        (at_least("f1", "", 0.9), {"failed": "killed"}, {}, False),
        (at_most("peak_gb", "", 6, "GB"), {"peak_gb": 6.1}, {}, False),
        (no_lower_than_peer("f1", ""), {"f1": 0.9}, {"f1": 0.8}, True),
        (no_lower_than_peer("f1", ""), {"f1": 0.9}, {"failed": "killed"}, None),
        (share_of_peers_time(0.25, ""), {"seconds": 1}, {"seconds": 4}, True),
        (share_of_peers_time(0.25, ""), {"seconds": 2}, {"seconds": 4}, False),
        (share_of_peers_time(0.25, ""), {"seconds": 2}, {"left_out": "not installed"}, None),
    ],
)
def test_targets(target, ours, peer, met):
    assert target.judge(ours, peer)["met"] is met


def test_merging_keeps_what_was_not_measured_again():
    order = ["febrl3", "dedupe"]
    kept = [row("dedupe 1,000"), row("dedupe 1,000", "recordlinkage 0.16"), row("gone", name="gone")]
    new = [row("dedupe 1,000", "Splink 5.0.1", seconds=1.0), row("FEBRL 3", name="febrl3"), row("dedupe 50")]
    merged = results.merge(kept, new, order)
    assert [(r["work"], r["peer"]["engine"]) for r in merged] == [
        ("FEBRL 3", "Splink 5.0.0"),
        ("dedupe 1,000", "Splink 5.0.1"),
        ("dedupe 1,000", "recordlinkage 0.16"),
        ("dedupe 50", "Splink 5.0.0"),
    ]
    assert merged[1]["ours"]["seconds"] == 1.0


def test_what_was_left_out_pushes_nothing_out_and_does_not_stay():
    left_out = row("dedupe 1,000", peer=None, ours={"left_out": "no data"})
    beside = row("dedupe 1,000")
    assert results.merge(
        [beside], [left_out | {"peer": {"engine": "Splink", "left_out": "not installed"}}], ["dedupe"]
    ) == [beside]
    assert results.merge([], [left_out], ["dedupe"]) == [left_out]
    assert results.merge([left_out], [beside], ["dedupe"]) == [beside]


def test_growth_is_the_worst_step():
    steps = [
        {"records": n, "seconds": s, "cpu_seconds": s, "peak_gb": 1.0, "pair_f1": 0.9}
        for n, s in ((10, 1.0), (100, 10.0), (200, 40.0))
    ]
    assert growth_of(steps)["exponent"] == 2.0
    assert growth_of([*steps[:2], {"records": 200, "failed": "killed"}])["exponent"] == 1.0
    assert "failed" in growth_of(steps[:1])


def test_what_one_machine_would_take_follows_from_the_largest_size_that_was_linked(tmp_path, monkeypatch):
    def row(work, records, seconds, exponent):
        return {"row": "growth", "work": work, "ours": {
            "exponent": exponent, "steps": [{"records": 1, "seconds": 1}, {"records": records, "seconds": seconds}],
        }}  # fmt: skip

    (tmp_path / "linkage.json").write_text(json.dumps([row("to 3x", 30, 3600, 2), row("to 1x", 10, 60, 1)]))
    monkeypatch.setattr(spark, "LINKAGE", tmp_path / "linkage.json")
    assert spark.on_one_machine(90, 1e7) == {"records": 90, "hours": 9, "cluster_gb": 0.9}


def test_the_page_says_what_was_missed_and_what_failed():
    killed = {"engine": "Splink 5.0.0", "failed": "killed by the system after 133 s"}
    text = page.render(
        [row("dedupe 1,000"), row("dedupe 1,000", "recordlinkage 0.16"), row("verify", peer=None) | {"peer": killed}]
    )
    assert (
        "**2 of 4 targets are met, 1 missed, 1 not known.** Measured 2026-01-31 on a processor, 2 cores, 8 GB" in text
    )
    assert "| dedupe 1,000 | F1 of pairs | at least 0.98 | 0.9900 | Splink 0.9000, recordlinkage 0.9000 | met |" in text
    assert "- dedupe 1,000: time, as a share of the peer's: at most 25% was asked, 50% was measured." in text
    assert "- verify: Splink 5.0.0: killed by the system after 133 s" in text


def test_the_page_in_the_repository_is_of_the_results_in_the_repository():
    assert page.FILE.read_text(encoding="utf-8") == page.render(results.read()), "make bench writes both"


def test_rows_can_be_named():
    assert linkage.named("") == list(WORKS)
    assert linkage.named("dedupe, febrl4") == ["febrl4", "dedupe"]
    with pytest.raises(UsageProblem, match="no row is called febrl5"):
        linkage.named("febrl5")


def test_peers_are_known_by_name():
    assert set(harness.NAMES) == {OURS, SPLINK, RECORDLINKAGE}
