"""A tiny country with many programs: seconds to parse and plan, and of a run, beside the country's own five.

    python -m benchmarks.pipeline.programs HOME PROJECT

is the measured process: a workspace, and the dbt project with its staging models.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.datasets import ROOT, Say, cache
from benchmarks.pipeline import country, many_programs
from benchmarks.results import Figures, Row

OWN, SCALE = 5, 0.0025


def programs(many: int, say: Say) -> list[Row]:
    """The row of so many programs; the peer is the same country with its own five."""
    ours, few = (_measured(wanted, say) for wanted in (many, OWN))
    return [Row("programs", f"{many} programs, a household each beside a tiny country", f"{SCALE:g}", ours, few)]


def _measured(many: int, say: Say) -> Figures:
    made = country.made(SCALE, say)
    say(f"{many} programs: parse, plan, run")
    folder = Path(tempfile.mkdtemp(dir=cache() / "pipeline"))
    try:
        home = country.workspace(made, folder)
        many_programs.add(home, many - OWN)
        project = many_programs.project(folder, many - OWN)
        command = [sys.executable, "-m", "benchmarks.pipeline.programs", str(home), str(project)]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        told = {"engine": f"{many} programs", "programs": many}
        if done.returncode != 0:
            return told | {"failed": f"the run ended with exit {done.returncode}"}
        return told | json.loads(done.stdout.splitlines()[-1])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(home: Path, project: Path) -> None:
    """Measure each step; one line of JSON."""
    from ibr.workspace import Workspace
    from pipelines import dbt, runner
    from pipelines.context import Session
    from pipelines.definitions import build_definitions
    from pipelines.instance import settle

    dbt.PROJECT_DIR = project
    workspace = Workspace.at(home).ensure()
    settle(workspace)
    moments = [(time.perf_counter(), time.process_time())]

    def step() -> None:
        moments.append((time.perf_counter(), time.process_time()))

    dbt.prepare(workspace)
    step()
    build_definitions(Session(workspace))
    step()
    outcome = runner.run(workspace)
    step()
    if outcome.exit_code:
        sys.exit(outcome.exit_code)
    names = ("parse", "definitions", "run")
    spent = {
        f"{name}_{clock}": round(moments[place + 1][kind] - moments[place][kind], 2)
        for place, name in enumerate(names) for kind, clock in enumerate(("seconds", "cpu_seconds"))
    }  # fmt: skip
    print(json.dumps({"seconds": spent["run_seconds"], "cpu_seconds": spent["run_cpu_seconds"], **spent}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
