"""Time passes: one two-month cycle after another, changed in place in the sources, with the truth kept up to date.

Works on a copy of the folder's `sources` and `truth` and swaps it in at the end, so that a kill leaves either the old
country or the new one. Cursors rise on changed rows only; a few rows are deleted for real.
"""

import datetime as dt
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl

from ibr.errors import UsageProblem
from sample_country import events, recheck
from sample_country.calendar import date_of, two_monthly
from sample_country.randomness import stream
from sample_country.source_update import Source

_PARTIAL, _READY = ".sample-country.partial", ".sample-country.ready"
TABLES = ("persons", "records", "enrolments", "payments", "verification", "faults")


def advance(directory: Path, cycles: int, say: Callable[[str], None]) -> None:
    """Let cycles pass; moves `reporting_date` in registry.yml if it is there.

    Raises UsageProblem if the folder holds no sample country or `cycles` is not a whole number from 1 to 60.
    """
    finish(directory)
    if isinstance(cycles, bool) or not isinstance(cycles, int) or not 1 <= cycles <= 60:
        raise UsageProblem(f"cycles is {cycles}; expected a whole number from 1 to 60")
    if not (directory / "sources" / "nsnp.db").is_file() or not (directory / "truth" / "state.json").is_file():
        raise UsageProblem(f"no sample country in {directory}; `ibr sample-country {directory}` makes one")
    partial = directory / _PARTIAL
    shutil.rmtree(partial, ignore_errors=True)
    for part in ("sources", "truth"):
        shutil.copytree(directory / part, partial / part)
    state = json.loads((partial / "truth" / "state.json").read_text(encoding="utf-8"))
    truth = {name: pl.read_parquet(partial / "truth" / f"{name}.parquet") for name in TABLES}
    as_at = dt.date.fromisoformat(state["as_at"])
    for _ in range(cycles):
        as_at = _one_cycle(partial / "sources", truth, state, as_at)
        say(f"cycle to {as_at} passed: {truth['payments'].height:,} payment lines, {truth['records'].height:,} records")
    truth["verification"] = recheck.verification(partial / "sources", truth["records"], truth["persons"])
    for name, table in truth.items():
        table.write_parquet(partial / "truth" / f"{name}.parquet")
    (partial / "truth" / "state.json").write_text(json.dumps(state, indent=1) + "\n", encoding="utf-8")
    partial.rename(directory / _READY)
    finish(directory)


def finish(directory: Path) -> None:
    """Swap in a finished advance, also one that was killed while being swapped in."""
    ready = directory / _READY
    if not ready.is_dir():
        return
    state = ready / "truth" / "state.json"
    if not state.is_file():  # the truth is swapped in last: all done but the clearing away
        shutil.rmtree(ready)
        return
    as_at = json.loads(state.read_text(encoding="utf-8"))["as_at"]
    registry = directory / "registry.yml"
    if registry.is_file():
        text = registry.read_text(encoding="utf-8")
        text = re.sub(r"(?m)^(reporting_date: *)\d{4}-\d\d-\d\d", rf"\g<1>{as_at}", text)
        (ready / "registry.yml").write_text(text, encoding="utf-8")
        (ready / "registry.yml").replace(registry)
    for part in ("sources", "truth"):
        if (ready / part).is_dir():
            shutil.rmtree(directory / part, ignore_errors=True)
            (ready / part).rename(directory / part)
    shutil.rmtree(ready)


def _one_cycle(sources: Path, truth: dict[str, pl.DataFrame], state: dict, as_at: dt.date) -> dt.date:
    start = as_at + dt.timedelta(1)
    cycle = two_monthly(start, start + dt.timedelta(70))[0]
    end = date_of(cycle.end)
    state["cycles_passed"] += 1
    state["as_at"] = end.isoformat()
    stamp = f"{end - dt.timedelta(2)}T21:30:00"
    open_sources = {name: Source(sources, name, stamp) for name in ("nsnp", "ctovc", "hsnp", "cfa", "iprs")}
    moment = events.Moment(
        open_sources, truth, state, stream(state["seed"], "advance", end.isoformat()), start, end, state["scale"]
    )
    for event in events.ALL:
        event(moment)
    for source in open_sources.values():
        source.close()
    events.write_files(moment, sources / "files")
    truth["faults"] = recheck.faults(truth, recheck.absentees(sources), end)
    return end
