"""The pipeline's benchmark: how a run is cut into stages, what is judged, what is told."""

import pytest

from benchmarks import results
from benchmarks.pipeline import __main__ as command
from benchmarks.pipeline import page, works
from benchmarks.pipeline.stages import by_stage, stage_of
from benchmarks.pipeline.watching import Sample, Watched
from benchmarks.pipeline.works import Size
from ibr.config import STAGES
from ibr.errors import UsageProblem
from ibr.workspace import Workspace
from pipelines.context import Session
from pipelines.time_left import TimeLeft, Took

MACHINE = {"cpu": "a processor", "cores_allowed": 2, "memory_gb": 8.0, "python": "3.11", "duckdb": "1.5.5"}
STAMP = {"date": "2026-01-31", "commit": "abc1234", "machine": MACHINE}


def sample(at: float, cpu: float, gb: float = 1.0) -> Sample:
    return Sample(at, cpu, gb, gb / 10, at / 10)


@pytest.fixture
def watched() -> Watched:
    lines = [
        (2.0, "[   1.0 s] loading definitions"), (4.0, "[   3.0 s] replicate"), (5.0, "[   4.0 s] a.t: 7 rows"),
        (10.0, "[   9.0 s] link … about 4 min left"), (12.0, "[  11.0 s] verifying … about 3 min left"),
        (13.0, "[  12.0 s] replacing the last run's tables"), (15.0, "[  14.0 s] publish"),
    ]  # fmt: skip
    samples = [sample(float(at), 2.0 * at, 3.0 if at == 11 else 1.0) for at in range(21)]
    return Watched(lines, samples, seconds=20.0, other_cores=0.1)


def test_a_run_is_cut_where_it_says_that_a_stage_begins(watched):
    found = by_stage(watched, {"link": 50})
    assert {stage: figures["seconds"] for stage, figures in found.items()} == {
        "start": 4.0, "replicate": 6.0, "link": 4.0, "verify": 1.0, "publish": 5.0,
    }  # fmt: skip
    assert sum(figures["cpu_seconds"] for figures in found.values()) == 40.0
    assert (found["link"]["peak_gb"], found["verify"]["peak_gb"], found["link"]["disk_gb"]) == (3.0, 1.0, 1.5)
    assert (found["link"]["rows"], found["link"]["rows_per_second"]) == (50, 12)
    assert "rows" not in found["publish"]


def test_every_stage_of_a_run_is_known_by_what_the_run_says(tmp_path):
    said = []
    left = TimeLeft(STAGES, {stage: Took(60, None) for stage in STAGES})
    for progress in (said.append, left.telling(said.append)):
        session = Session(Workspace.at(tmp_path), progress, time_left=left)
        for stage in STAGES:
            session.begin(stage)
    assert said[-1] == "publish … less than a minute left"
    assert [stage_of(f"[  99.0 s] {line}") for line in said] == [*STAGES, *STAGES]
    assert stage_of("[  99.0 s] linking persons: link …") is None


def row(name: str, scale: str, rows: int, seconds: float, **more):
    figures = {"engine": "ibr run", "seconds": seconds, "cpu_seconds": seconds, "peak_gb": 1.0, "spilled_gb": 0.0,
               "disk_gb": 0.5, "rows": rows, "rows_per_second": 10, "other_cores": 0.0}  # fmt: skip
    ours = {**figures, "minutes": seconds / 60, "stages": {"link": dict(figures), "start": figures | {"seconds": 1.0}}}
    return results.Row(name, f"scale {scale}: x", scale, ours | more).as_dict(STAMP)


def test_growth_is_told_of_the_whole_and_of_stages_that_take_some_time():
    runs = [row("run", "0.1", 100, 10.0), row("run", "1", 1000, 200.0)]
    (grown,) = works.growth(runs)
    assert grown.ours["exponent"] == 1.301
    assert grown.ours["stages"] == {"link": 1.301}
    assert grown.targets[0]["met"] is False
    assert works.growth([runs[0] | {"commit": "another"}, runs[1]]) == [], "another commit is no smaller size"
    assert works.growth([runs[1]]) == []


def test_time_and_the_night_are_judged_at_a_nations_size_and_memory_at_any(tmp_path):
    (tmp_path / "registry.yml").write_text("warehouse: {memory_limit: 4GB}\n")
    first = {**row("run", "1", 1000, 700.0)["ours"], "peak_gb": 4.1}
    night = {**row("night", "1", 1000, 69.0)["ours"]}
    nation = works.judged(Size(1.0), first, night, 10, tmp_path)
    assert [t["met"] for found in nation for t in found.targets] == [True, False, True]
    assert nation[1].ours["share"] == 0.099
    small = works.judged(Size(0.1), first, night, 10, tmp_path)
    assert [t["what"] for found in small for t in found.targets] == ["peak memory of all processes, memory_limit 4GB"]
    failed = works.judged(Size(1.0), {"engine": "ibr run", "failed": "ended after 3 s"}, None, 0, tmp_path)
    assert [t["met"] for t in failed[0].targets] == [False, False]


def test_the_page_tells_stages_nights_and_failures():
    night = row("night", "1", 1000, 30.0, share=0.15, changed=12)
    text = page.render([row("run", "1", 1000, 200.0), night, row("run", "3", 3000, 1.0, failed="was ended")])
    assert "A night after 12 rows had changed took 30 s and 1.00 GB: 15% of the first run" in text
    assert "| link | 200.0 | 200.0 | 1.00 GB | 0.00 GB | 0.50 GB | 1,000 | 10 | 30.0 |" in text
    assert "## Scale 3\n\nMeasured 2026-01-31, abc1234. It was ended." in text
    beside = page.render([row("run", "1", 1000, 200.0, other_cores=0.7)])
    assert "Measured 2026-01-31, abc1234. Other work took 0.7 cores beside it: its seconds are rough.\n" in beside


def test_the_page_in_the_repository_is_of_the_results_in_the_repository():
    told = page.render(results.read(command.FILE))
    assert page.FILE.read_text(encoding="utf-8") == told, "make bench-pipeline writes both"


def test_sizes_can_be_named(tmp_path):
    assert [size.scale for size in command.sizes("1, .1", None)] == [0.1, 1.0]
    for wrong in ("", "small", "0"):
        with pytest.raises(UsageProblem, match="expected numbers"):
            command.sizes(wrong, None)
    with pytest.raises(UsageProblem, match="holds no sample country"):
        command.sizes("1", tmp_path)
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "state.json").write_text('{"scale": 0.5}')
    assert command.sizes("1", tmp_path) == [Size(0.5, tmp_path)]
