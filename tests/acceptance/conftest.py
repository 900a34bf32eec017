"""A sample country, run once through the whole main job by the command that users type."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from warehouse.connection import connect

DBT_PROJECT = Path(__file__).parents[2] / "dbt_project"
IBR = str(Path(sys.executable).parent / "ibr")
# The demo's own scale: linkage is judged on some 2,600 pairs. Trouble is tried on a country a quarter of its size.
SCALE, SMALL_SCALE, SEED = "0.01", "0.0025", "42"

TRUTHS = ("records", "enrolments", "verification")
# What linkage would hand over if it made no mistake and left nothing open.
RIGHT_LINKAGE = """
    DELETE FROM linkage.pairs;
    DELETE FROM linkage.household_ties;
    DELETE FROM linkage.persons_crosswalk;
    INSERT INTO linkage.persons_crosswalk BY NAME
        SELECT record_id, person_id AS person_uid FROM {records} WHERE is_beneficiary_record;
    DELETE FROM linkage.households_crosswalk;
    INSERT INTO linkage.households_crosswalk BY NAME
        SELECT household_id, any_value(true_household_id) AS household_uid
        FROM registry.enrolments JOIN {enrolments} USING (enrolment_id) GROUP BY household_id;
    DELETE FROM linkage.verification;
    INSERT INTO linkage.verification BY NAME
        SELECT record_id, expected_status AS status, register_id, death_date AS register_death_date,
               emigrated_date AS register_emigrated_date
        FROM {verification} LEFT JOIN registry.population USING (register_id);
"""


@dataclass
class Country:
    """A workspace with a sample country, and the ways to use it."""

    home: Path
    said: str = ""

    def ibr(self, *arguments: str, expect: int | None = 0) -> subprocess.CompletedProcess:
        """Run a command on the workspace; `expect` is its exit code."""
        command = [IBR, *arguments, "--home", str(self.home)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if expect is not None:
            assert done.returncode == expect, f"{' '.join(arguments)}: exit {done.returncode}\n{done.stderr[-3000:]}"
        assert "Traceback" not in done.stderr
        return done

    def published(self) -> duckdb.DuckDBPyConnection:
        """What officers see."""
        return duckdb.connect(str(self.home / "published" / "current" / "secretariat.duckdb"), read_only=True)

    def warehouse(self) -> duckdb.DuckDBPyConnection:
        return connect(self.home / "warehouse.duckdb", read_only=True)

    def truth(self, name: str) -> str:
        """A truth file as a relation."""
        return f"read_parquet('{self.home / 'truth' / f'{name}.parquet'}')"

    def copy(self, to: Path) -> "Country":
        """The same country in another folder, to be spoilt."""
        shutil.copytree(self.home, to, symlinks=True)
        return Country(to)


def made_once(tmp_path_factory, name: str, make: Callable[[Country], None]) -> Country:
    """A country that the processes of a test session share: the first to ask makes it, the others wait for it."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if own.name.startswith("popen-") else own) / f"country-{name}"
    folder.mkdir(exist_ok=True)
    country, told = Country(folder / "workspace"), folder / "said.txt"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            shutil.rmtree(country.home, ignore_errors=True)  # what a process that failed here left
            make(country)
            told.write_text(country.said, encoding="utf-8")
    country.said = told.read_text(encoding="utf-8")
    return country


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Country:
    """The first run of the demo. Read-only for tests."""

    def make(country: Country) -> None:
        country.said = country.ibr("demo", "--scale", SCALE, "--seed", SEED).stdout

    return made_once(tmp_path_factory, "demo", make)


@pytest.fixture(scope="session")
def second_demo(demo, tmp_path_factory) -> Country:
    """The demo, run again: one payment cycle has passed."""

    def make(country: Country) -> None:
        demo.copy(country.home)
        country.said = country.ibr("demo").stdout

    return made_once(tmp_path_factory, "second", make)


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Country:
    """A small country after its first run. Read-only for tests: take `spoilt`."""

    def make(country: Country) -> None:
        country.said = country.ibr("demo", "--scale", SMALL_SCALE, "--seed", SEED).stdout
        # The demo has every audience's file; here many runs follow, and each would build fifty.
        with (country.home / "registry.yml").open("a", encoding="utf-8") as registry:
            registry.write("\npublish: {audiences: [secretariat]}\n")

    return made_once(tmp_path_factory, "small", make)


@pytest.fixture(scope="session")
def rightly_linked(small, tmp_path_factory) -> Country:
    """The small country with the truth in the place of linkage, and marts made from that. Read-only for tests."""

    def make(country: Country) -> None:
        small.copy(country.home)
        with duckdb.connect(str(country.home / "warehouse.duckdb")) as con:
            con.execute(RIGHT_LINKAGE.format(**{name: country.truth(name) for name in TRUTHS}))
        build_marts(country)

    return made_once(tmp_path_factory, "rightly-linked", make)


def build_marts(country: Country) -> None:
    """The marts anew, with their tests, by dbt alone: what a run does besides is tried elsewhere."""
    environment = os.environ | {
        "IBR_WAREHOUSE": str(country.home / "warehouse.duckdb"), "IBR_TEMP_DIR": str(country.home / "tmp"),
        "IBR_MEMORY_LIMIT": "1GB", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    where = ["--project-dir", DBT_PROJECT, "--profiles-dir", DBT_PROJECT, "--target-path", country.home / "dbt"]
    command = [Path(IBR).with_name("dbt"), "--log-level-file", "none", "build", *where]
    command += ["--select", "tag:marts", "--exclude-resource-type", "unit_test"]
    done = subprocess.run(
        [str(part) for part in command], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.fixture
def spoilt(small, tmp_path) -> Country:
    """A copy of the small country that a test may break."""
    return small.copy(tmp_path / "workspace")


def version(country: Country) -> str:
    return (country.home / "published" / "current").resolve().name
