"""What of the dependencies cannot change by itself: all are locked with sums, from the registry alone, under licences
that we accept, and needed. Advisories do change: `make audit` asks for them."""

import re
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
ACCEPTED = re.compile(
    r"apache|\bmit\b|\bbsd|isc\b|iscl|python software foundation|\bpsf|mozilla public license|\bmpl|lgpl|"
    r"lesser general|unlicense|0bsd|public domain|zlib|hpnd|boost|bsl-1\.0|blueoak",
    re.IGNORECASE,
)  # fmt: skip
# Their files say it, their metadata does not.
LICENCES_READ = {
    "mssql-python": "MIT", "pyrage": "MIT", "text-unidecode": "Artistic, or GPL: ours is the choice",
    # Not free software: Microsoft's driver, which its terms let be passed on unchanged. Loaded only for a SQL Server.
    "mssql-python-odbc": "Microsoft ODBC Driver 18 for SQL Server, license terms",
}
# Needed without an import of ours: who needs it.
USED_BY_OTHERS = {
    "dagster-webserver": "`ibr ui` starts it",
    "duckdb-extension-sqlite": "duckdb_extensions finds it", "duckdb-extension-postgres": "duckdb_extensions finds it",
    "duckdb-extension-mysql": "duckdb_extensions finds it", "duckdb-extension-httpfs": "duckdb_extensions finds it",
    "recordlinkage": "what linkage is measured against: docs/decisions/0005", "pandas": "recordlinkage's tables",
}  # fmt: skip


def requirements() -> list[str]:
    return [canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]]


def installed() -> dict[str, Distribution]:
    """What of the lock is needed to run the project, and is installed here."""
    by_name = {package["name"]: package for package in LOCK}
    wanted, found = ["ibr"], {}
    while wanted:
        package = by_name[name := wanted.pop()]
        for one in package.get("dependencies", ()):
            if one["name"] not in found:
                found[one["name"]] = None
                wanted.append(one["name"])
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            found[name] = None  # of another operating system
    return {name: one for name, one in found.items() if one and name != "ibr"}


def test_every_package_is_locked_with_sums_and_comes_from_the_registry():
    assert len(LOCK) > 150
    for package in LOCK:
        if package["name"] == PROJECT["name"]:
            continue
        assert "registry" in package["source"], package["name"]
        files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else ())]
        assert files, package["name"]
        assert all(file["hash"].startswith("sha256:") for file in files), package["name"]


def test_every_package_has_a_wheel_so_that_nothing_of_it_runs_when_it_is_installed():
    """But for Spark, which Apache publishes as source alone: it is in no installation that did not ask for it."""
    without = {package["name"] for package in LOCK if not package.get("wheels")} - {"ibr"}
    assert without == {"pyspark"}
    assert not without & set(requirements())


def test_what_is_installed_is_what_is_locked():
    locked = {}
    for package in LOCK:
        locked.setdefault(package["name"], set()).add(package["version"])
    assert not {name: one.version for name, one in installed().items() if one.version not in locked[name]}


@pytest.mark.parametrize("name", sorted(installed()))
def test_its_licence_is_one_that_we_accept(name):
    metadata = distribution(name).metadata
    told = [metadata.get("License-Expression") or "", metadata.get("License") or "",
            *(value for value in metadata.get_all("Classifier") or () if value.startswith("License"))]  # fmt: skip
    assert name in LICENCES_READ or ACCEPTED.search(" ".join(told)), told


def test_every_direct_dependency_is_imported_somewhere_or_stands_here_with_its_reason():
    code = "\n".join(
        path.read_text(encoding="utf-8") for package in
        ("ibr", "pipelines", "linkage", "expectations", "warehouse", "exchange", "sample_country", "simulation")
        for path in (ROOT / package).rglob("*.py")
    )  # fmt: skip
    unused = []
    for name in requirements():
        files = {path.parts[0].removesuffix(".py") for path in distribution(name).files or ()}
        modules = [part for part in files if part.isidentifier()]
        if not any(re.search(rf"^\s*(import|from) {module}\b", code, re.MULTILINE) for module in modules):
            unused.append(name)
    assert sorted(unused) == sorted(USED_BY_OTHERS)


def test_an_advisory_that_is_passed_over_has_a_day_and_a_reason():
    lines = (ROOT / ".ci" / "accepted-advisories.txt").read_text().splitlines()
    rows = [line for line in lines if line and not line.startswith("#")]
    assert not [row for row in rows if not re.fullmatch(r"[A-Z]+-[\w-]+ \d{4}-\d\d-\d\d \w.{20,}", row)]
