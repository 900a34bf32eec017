"""Many program systems more, all alike: made like one of the sample country's, a household in each."""

import re
import sqlite3
from pathlib import Path

from sample_country import sqlite
from sample_country.mis import cfa

MODEL = "cfa"  # the system that they are made like
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


def write_systems(folder: Path, many: int) -> None:
    """A database each."""
    for number, code in enumerate(codes(many)):
        sqlite.create(folder / f"{code}.db", cfa.DDL)
        with sqlite3.connect(folder / f"{code}.db") as db:
            db.executescript(_ROWS.format(n=number))


def write_staging(project: Path, many: int) -> None:
    """Their staging models, in a copy of the dbt project."""
    settings = project / "dbt_project.yml"
    named = ", ".join(codes(many))
    settings.write_text(re.sub(r"(mis_sources: \[.*)\]", rf"\1, {named}]", settings.read_text()))
    staging = project / "models" / "staging"
    for code in codes(many):
        (staging / code).mkdir()
        for file in (staging / MODEL).iterdir():
            text = file.read_text().replace("'CFA'", f"'{code.upper()}'")
            text = re.sub(rf"\b{MODEL}\b|(?<=stg_){MODEL}(?=__)|(?<=mirror_){MODEL}\b", code, text)
            # It writes areas as its model does.
            text = text.replace(f"'{code}' as area_system", f"'{MODEL}' as area_system")
            (staging / code / file.name.replace(MODEL, code)).write_text(text)
