"""A country of many programs, as configuration: a system each, added as `ibr sources add` does, with staging models."""

import re
import shutil
import sqlite3
from pathlib import Path

from pipelines.dbt import PROJECT_DIR
from pipelines.replication import onboarding

MODEL = "cfa"  # the system of the sample country that they are made like
_TABLES = """
CREATE TABLE scope_household (household_ref TEXT PRIMARY KEY, pcode TEXT, village TEXT, registered_at TEXT,
    status TEXT, closed_at TEXT, close_reason TEXT, alternate_ref TEXT, wallet_no TEXT, wallet_provider TEXT,
    msisdn TEXT, shelter_wall TEXT, shelter_roof TEXT, livestock INTEGER, income_month INTEGER, spend_month INTEGER,
    meals INTEGER, surveyed_at TEXT, modified_at TEXT);
CREATE TABLE scope_person (person_ref TEXT PRIMARY KEY, household_ref TEXT, given_name TEXT, middle_name TEXT,
    family_name TEXT, gender TEXT, birth_date TEXT, id_document TEXT, id_type TEXT, relation TEXT, disability TEXT,
    chronic TEXT, orphan TEXT, schooling TEXT, msisdn TEXT, modified_at TEXT);
CREATE TABLE distribution (distribution_ref TEXT PRIMARY KEY, household_ref TEXT, season TEXT, work_from TEXT,
    work_to TEXT, entitlement REAL, transferred REAL, state TEXT, transferred_at TEXT, modified_at TEXT);
CREATE TABLE feedback (feedback_ref TEXT PRIMARY KEY, household_ref TEXT, opened_at TEXT, topic TEXT, stage TEXT,
    stage_at TEXT, response TEXT, closed_at TEXT, modified_at TEXT);
"""
_ROWS = """
INSERT INTO scope_household (household_ref, pcode, registered_at, status, modified_at)
    VALUES ('H{n}', 'KE001001', '2025-01-01T08:00:00', 'active', '2026-01-01T08:00:00');
INSERT INTO scope_person (person_ref, household_ref, given_name, family_name, gender, birth_date, relation, modified_at)
    VALUES ('P{n}', 'H{n}', 'Achieng{n}', 'Otieno', 'female', '1980-01-01T00:00:00', 'head', '2026-01-01T08:00:00');
INSERT INTO distribution VALUES ('D{n}', 'H{n}', '2026-1', '2026-05-01', '2026-05-31', 3000, 3000, 'transferred',
    '2026-06-05T08:00:00', '2026-06-05T08:00:00');
INSERT INTO feedback VALUES ('F{n}', 'H{n}', '2026-02-01T08:00:00', 'payment', 'received', '2026-02-01T08:00:00', NULL,
    NULL, '2026-02-01T08:00:00');
"""


def codes(many: int) -> list[str]:
    """The systems' names."""
    return [f"prog{number:02}" for number in range(many)]


def project(folder: Path, many: int) -> Path:
    """A copy of the dbt project with the staging models of so many systems more."""
    copy = folder / "dbt_project"
    shutil.copytree(PROJECT_DIR, copy, ignore=shutil.ignore_patterns("target", "logs"))
    settings = copy / "dbt_project.yml"
    named = ", ".join(codes(many))
    settings.write_text(re.sub(r"(mis_sources: \[.*)\]", rf"\1, {named}]", settings.read_text()))
    staging = copy / "models" / "staging"
    for code in codes(many):
        (staging / code).mkdir()
        for file in (staging / MODEL).iterdir():
            text = file.read_text().replace("'CFA'", f"'{code.upper()}'")
            text = re.sub(rf"\b{MODEL}\b|(?<=stg_){MODEL}(?=__)|(?<=mirror_){MODEL}\b", code, text)
            # It writes areas as its model does.
            text = text.replace(f"'{code}' as area_system", f"'{MODEL}' as area_system")
            (staging / code / file.name.replace(MODEL, code)).write_text(text)
    return copy


def add(home: Path, many: int) -> None:
    """The systems, a household each, and their entries in registry.yml as `ibr sources add` writes them."""
    settings = home / "registry.yml"
    programs = "".join(f"  {code.upper()}: {{name: {code}, benefit_unit: household}}\n" for code in codes(many))
    settings.write_text(settings.read_text().replace("programs:\n", f"programs:\n{programs}", 1))
    (home / "sources").mkdir(exist_ok=True)
    found = None
    for number, code in enumerate(codes(many)):
        with sqlite3.connect(home / "sources" / f"{code}.db") as db:
            db.executescript(_TABLES + _ROWS.format(n=number))
        url = f"sqlite:///sources/{code}.db"
        found = found or onboarding.inspect(code, url, home, [])  # all are alike
        onboarding.add_block(settings, code, onboarding.block(code, url, "mis", [code.upper()], found.tables))
