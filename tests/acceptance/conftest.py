"""A sample country, run once through the whole main job by the command that users type."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

IBR = str(Path(sys.executable).parent / "ibr")
# The demo's own scale: linkage is judged on some 2,600 pairs. Trouble is tried on a country a quarter of its size.
SCALE, SMALL_SCALE, SEED = "0.01", "0.0025", "42"


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
        return duckdb.connect(str(self.home / "warehouse.duckdb"), read_only=True)

    def truth(self, name: str) -> str:
        """A truth file as a relation."""
        return f"read_parquet('{self.home / 'truth' / f'{name}.parquet'}')"

    def copy(self, to: Path) -> "Country":
        """The same country in another folder, to be spoilt."""
        shutil.copytree(self.home, to, symlinks=True)
        return Country(to)


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Country:
    """The first run of the demo. Read-only for tests."""
    country = Country(tmp_path_factory.mktemp("demo") / "workspace")
    country.said = country.ibr("demo", "--scale", SCALE, "--seed", SEED).stdout
    return country


@pytest.fixture(scope="session")
def second_demo(demo, tmp_path_factory) -> Country:
    """The demo, run again: one payment cycle has passed."""
    country = demo.copy(tmp_path_factory.mktemp("second") / "workspace")
    country.said = country.ibr("demo").stdout
    return country


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Country:
    """A small country after its first run. Read-only for tests: take `spoilt`."""
    country = Country(tmp_path_factory.mktemp("small") / "workspace")
    country.ibr("demo", "--scale", SMALL_SCALE, "--seed", SEED)
    return country


@pytest.fixture
def spoilt(small, tmp_path) -> Country:
    """A copy of the small country that a test may break."""
    return small.copy(tmp_path / "workspace")


def version(country: Country) -> str:
    return (country.home / "published" / "current").resolve().name
