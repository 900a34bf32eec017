"""The sample country that a pipeline is measured on: made once, copied for each measuring, changed by a hundredth."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

from benchmarks.datasets import ROOT, Say, cache
from ibr.errors import UsageProblem

SEED = 42
IBR = str(Path(sys.executable).with_name("ibr"))
MOMENT = "2026-06-30T21:30:00"
# Of each database a hundredth of the people, by a name that is spelt otherwise, and of the payments, by their day; with
# what tells a run that the row has changed.
_CHANGES = {
    "nsnp": (
        f"UPDATE Member SET FirstName = FirstName || 'h', UpdatedAt = '{MOMENT}' WHERE rowid % 100 = 7",
        f"UPDATE PaymentLine SET PaidOn = date(PaidOn, '+1 day'), UpdatedAt = '{MOMENT}' WHERE rowid % 100 = 7",
    ),
    "ctovc": (
        "UPDATE MEMBERS SET SURNAME = SURNAME || 'h', "
        "ROWVER = rowid + (SELECT max(ROWVER) FROM MEMBERS) WHERE rowid % 100 = 7",
        "UPDATE PAYMENTS SET PAY_DATE = '15' || substr(PAY_DATE, 3), "
        "ROWVER = rowid + (SELECT max(ROWVER) FROM PAYMENTS) WHERE rowid % 100 = 7",
    ),
    "hsnp": (
        "UPDATE person SET full_name = full_name || 'h' WHERE rowid % 100 = 7",
        "UPDATE hh_payments SET c1_date = date(c1_date, '+1 day') WHERE rowid % 100 = 7 AND c1_date IS NOT NULL",
    ),
    "cfa": (
        f"UPDATE scope_person SET family_name = family_name || 'h', modified_at = '{MOMENT}' WHERE rowid % 100 = 7",
        "UPDATE distribution SET transferred_at = datetime(transferred_at, '+1 day'), "
        f"modified_at = '{MOMENT}' WHERE rowid % 100 = 7",
    ),
    "iprs": (f"UPDATE person SET surname = surname || 'h', updated_at = '{MOMENT}' WHERE rowid % 100 = 7",),
}


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


def change_a_hundredth(home: Path) -> int:
    """Let a hundredth of the people, their payments and the register be put otherwise by their systems; how many rows
    were."""
    rows = 0
    for name, statements in _CHANGES.items():
        with sqlite3.connect(home / "sources" / f"{name}.db") as db:
            rows += sum(db.execute(statement).rowcount for statement in statements)
    return rows
