"""A workspace with a publication of a few people, and the steps of data sharing on it."""

import datetime as dt
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from exchange.sharing import Agreement, Case, approve, assess, dispose, extract, submit
from ibr.config import Sharing
from tests.marts import DECLARED
from warehouse.audiences.sensitivity import Declarations, keep

PUBLICATION = Path(__file__).with_name("sharing_publication.sql").read_text(encoding="utf-8")
TODAY = dt.date(2026, 7, 1)
AT = dt.datetime(2026, 7, 1, 9, tzinfo=dt.UTC)
SETTINGS = Sharing()
ASKED: dict[str, Any] = {
    "organisation": "University of North", "person": "Dr A. Mwangi", "contact": "a@university.example",
    "purpose_kind": "research", "purpose": "To study who is confirmed by the register, by age and sex.",
    "legal_basis": "Data Protection Act, section 53", "level": "records",
    "data": [{"mart": "dim_person", "fields": ["person_uid", "sex", "birth_five_years", "verification_status"]}],
    "counties": ["North"], "until": "2026-12-31",
}
TABLE: dict[str, Any] = {
    **ASKED, "level": "table", "data": [{"mart": "dim_person", "by": ["county_code", "sex"]}], "counties": "all",
}


@dataclass
class Sharer:
    """Takes the steps on one workspace, in the names of the same people."""

    home: Path

    def ask(self, asked: dict[str, Any] = ASKED, **changes: Any) -> Case:
        return submit(self.home, {**deepcopy(asked), **changes}, today=TODAY, at=AT)

    def assess(self, case: Case, today: dt.date = TODAY) -> Case:
        return assess(self.home, case.request_id, SETTINGS, by="P. Officer", today=today, at=AT)

    def approve(self, case: Case, by: str, **options: Any) -> Case:
        options = {"today": TODAY, "at": AT, "despite": "needed", **options}
        if "agreement" not in options:
            options["agreement"] = self.agreement()
        return approve(self.home, case.request_id, by=by, **options)

    def approved(self, asked: dict[str, Any] = ASKED, **changes: Any) -> Case:
        case = self.assess(self.ask(asked, **changes))
        self.approve(case, "B. Wanjiru")
        return self.approve(case, "C. Otieno")

    def extract(self, case: Case, today: dt.date = TODAY, **options: Any) -> Path:
        return extract(self.home, case.request_id, SETTINGS, by="P. Officer", today=today, at=AT, **options)

    def dispose(self, case: Case, **options: Any) -> Path:
        options = {"by": "Dr A. Mwangi", "how": "disk wiped", "on": TODAY, "today": TODAY, "at": AT, **options}
        return dispose(self.home, case.request_id, **options)

    def agreement(self, text: str = "signed") -> Agreement:
        file = self.home / "agreement.pdf"
        file.write_text(text, encoding="utf-8")
        return Agreement("NDA 14", file)

    def folder(self, case: Case) -> Path:
        return self.home / "sharing" / case.request_id

    def publish(
        self, sql: str = "", version: str = "20260701T000000Z", declared: Declarations | None = DECLARED
    ) -> None:
        """Publish the people, changed by `sql`, with the declarations of the marts."""
        folder = self.home / "published" / version
        folder.mkdir(parents=True)
        with duckdb.connect(str(folder / "secretariat.duckdb")) as con:
            con.execute(PUBLICATION)
            con.execute("UPDATE about SET version = ?", [version])
            if sql:
                con.execute(sql)
            if declared is not None:
                keep(con, "secretariat", declared)
        link = self.home / "published" / "current"
        link.unlink(missing_ok=True)
        link.symlink_to(version, target_is_directory=True)


def read(file: Path) -> list[dict[str, Any]]:
    """The rows of an extract's file, every value as DuckDB reads it."""
    reader = "read_parquet" if file.suffix == ".parquet" else "read_csv"
    cursor = duckdb.execute(f"FROM {reader}(?)", [str(file)])
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
