"""What is held on one person: every record with its source, and all that was made of it, in tables that can be read."""

from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

import duckdb

from exchange.scripts import run_script
from ibr.errors import UsageProblem
from warehouse.audit import Sighting


@dataclass(frozen=True)
class Section:
    """A table of the report: its name, what it holds in words, and its rows; `is_wide`: a row reads better as a list of
    its values."""

    name: str
    title: str
    words: str
    rows: list[dict[str, Any]]
    is_wide: bool = False


@dataclass(frozen=True)
class PersonReport:
    """All that is held on a person, as at a date; `sections` in the order in which they are read."""

    person_uid: str
    country: str
    reporting_date: str
    run_id: str
    sections: list[Section]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: the rows of each section by its name."""
        told = {key: value for key, value in asdict(self).items() if key != "sections"}
        return told | {section.name: section.rows for section in self.sections}


_TITLES = {
    "records": ("Records in the programs", "One for each time that a program registered the person, in the registry's "
                "form. The values as the program wrote them stand under Rows in the mirrors."),
    "golden_record": ("The values that stand for the person", "Where records differ, a rule says which value counts."),
    "verification": ("What the population register says", "Each record was compared with the register."),
    "register_entries": ("The population register's own entries", "As the register sent them."),
    "links": ("Why the records are taken for one person", "Pairs of these records that were found to agree, and "
              "how likely the two are one person."),
    "households": ("Households", "Of the person's records. Other members are not shown."),
    "enrolments": ("Benefits", "Received, or collected for somebody."),
    "payments": ("Payments", "Of these benefits, whoever collected them."),
    "grievances": ("Complaints", "Of the person's households."),
    "exceptions": ("Findings that went to programs", "Nothing was decided by the registry itself."),
    "decisions": ("What programs decided on these findings", "As they were sent in; a later one corrects an earlier."),
    "corrections": ("Corrections asked for", "Sent to the program until its record changes."),
    "rejected": ("Values that could not be used", "Set aside, with the reason."),
    "numbers": ("The person's number", "When it was given out, joined with another or divided."),
}  # fmt: skip


def person_report(
    con: duckdb.DuckDBPyConnection, person_uid: str, mirrored: list[dict[str, Any]], seen: list[Sighting]
) -> PersonReport:
    """Gather what is held on a person.

    `con` is the warehouse, which may be read-only; `mirrored`: the rows of mirrors behind the person's records;
    `seen`: who looked. Raises UsageProblem where nothing is linked under that number.
    """
    run_script(con, "exchange.enquiries", "report/identifiers", {"person_uid": person_uid})
    if not con.execute("SELECT count(*) FROM held_records").fetchone()[0]:  # type: ignore[index]
        raise UsageProblem(
            f"no record is linked to {person_uid} now; `ibr audit who-saw` and `ibr lineage` tell of its past"
        )
    sections = [
        Section(name, title, words, _rows(con, name, person_uid)) for name, (title, words) in _TITLES.items()
    ]
    sections.insert(1, Section(
        "mirrored", "Rows in the mirrors", "As the programs have them, with the run that brought each, and what it "
        "held before.", mirrored, is_wide=True,
    ))  # fmt: skip
    sections.append(Section(
        "seen_by", "Who looked", "From the audit trail: enquiries, reports, reviews, files sent and shared.",
        [asdict(one) for one in seen],
    ))  # fmt: skip
    parameters = dict(con.execute("SELECT name, value FROM ops.parameters").fetchall())
    country, reporting_date, run_id = (parameters.get(name, "") for name in ("country", "reporting_date", "run_id"))
    return PersonReport(person_uid, country, reporting_date, run_id, sections)


def _rows(con: duckdb.DuckDBPyConnection, name: str, person_uid: str) -> list[dict[str, Any]]:
    query = files("exchange.enquiries").joinpath(f"sql/report/{name}.sql").read_text(encoding="utf-8")
    answer = con.execute(query, {"person_uid": person_uid} if "$person_uid" in query else None)
    names = [column[0] for column in answer.description or []]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
