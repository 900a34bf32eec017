"""The sample country that a pipeline is measured on: made once, copied for each measuring."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.datasets import ROOT, Say, cache
from ibr.errors import UsageProblem

SEED = 42
IBR = str(Path(sys.executable).with_name("ibr"))


def made(scale: float, say: Say) -> Path:
    """A sample country of a scale with its registry.yml, in the cache; made in a process of its own, for its memory."""
    folder = cache() / "pipeline" / f"{scale:g}"
    if (folder / "registry.yml").is_file():
        return folder
    say(f"making the sample country at scale {scale:g} (half an hour at scale 1)")
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [IBR, "sample-country", str(partial), "--scale", str(scale), "--seed", str(SEED)],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "IBR_HOME": str(partial)},
    )  # fmt: skip
    if done.returncode != 0:
        why = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
        raise UsageProblem(f"the sample country at scale {scale:g} could not be made: {why[:200]}")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return folder


def workspace(country: Path, folder: Path) -> Path:
    """An empty workspace in `folder` with a copy of the country's sources, which lie beside it and not in it."""
    home = folder / "workspace"
    home.mkdir(parents=True)
    shutil.copytree(country / "sources", folder / "sources")
    (home / "sources").symlink_to(folder / "sources")
    shutil.copyfile(country / "registry.yml", home / "registry.yml")
    return home
