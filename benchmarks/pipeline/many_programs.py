"""A country of many programs, as configuration: a system each, added as `ibr sources add` does, with staging models."""

import shutil
from pathlib import Path

from pipelines.dbt import PROJECT_DIR
from pipelines.replication import onboarding
from sample_country.many_programs import codes, write_staging, write_systems


def project(folder: Path, many: int) -> Path:
    """A copy of the dbt project with the staging models of so many systems more."""
    copy = folder / "dbt_project"
    shutil.copytree(PROJECT_DIR, copy, ignore=shutil.ignore_patterns("target", "logs"))
    write_staging(copy, many)
    return copy


def add(home: Path, many: int) -> None:
    """The systems, and their entries in registry.yml as `ibr sources add` writes them."""
    settings = home / "registry.yml"
    programs = "".join(f"  {code.upper()}: {{name: {code}, benefit_unit: household}}\n" for code in codes(many))
    settings.write_text(settings.read_text().replace("programs:\n", f"programs:\n{programs}", 1))
    (home / "sources").mkdir(exist_ok=True)
    write_systems(home / "sources", many)
    found = None
    for code in codes(many):
        url = f"sqlite:///sources/{code}.db"
        found = found or onboarding.inspect(code, url, home, [])  # all are alike
        onboarding.add_block(settings, code, onboarding.block(code, url, "mis", [code.upper()], found.tables))
