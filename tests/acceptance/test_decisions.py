"""Exception files go out, come back filled in as a manager does it, and the next run honours them."""

import csv
import datetime as dt
import json
import re
import shutil
from pathlib import Path

import fastexcel
import openpyxl
import pytest
import yaml

from exchange.exceptions.sheets import SHEETS
from exchange.exceptions.words import define, languages, speak
from exchange.sheets import PHRASE
from tests.acceptance.conftest import Country

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

# A pair of each kind that a decision turns: one that linkage is sure of and that is still paid, and a suspected one.
# Where the households have more members in common, the case goes on as theirs.
PAIRS = """
    SELECT
        persons.match_verdict, persons.program_a, persons.program_b, persons.match_id, persons.record_id_a,
        persons.record_id_b
    FROM marts.rpt_multiple_receipt AS persons
    LEFT JOIN marts.rpt_household_multiple_receipt AS households USING (enrolment_id_a, enrolment_id_b)
    WHERE persons.verdict = 'prohibited' AND persons.record_id_a <> persons.record_id_b
        AND (persons.match_verdict = 'review' OR (
            persons.both_still_paid AND persons.program_a <> persons.program_b
            AND coalesce(households.shared_persons, 1) = 1
        ))
    QUALIFY row_number() OVER (
        PARTITION BY persons.match_verdict ORDER BY persons.money_at_stake DESC, persons.match_id
    ) = 1
    ORDER BY persons.match_verdict
"""
SAME_NUMBER = "SELECT count(DISTINCT person_uid) = 1 FROM linkage.persons_crosswalk WHERE record_id IN (?, ?)"


class Manager:
    """One program's workbook, and the hand that fills it in."""

    def __init__(self, country: Country, program: str, to: Path) -> None:
        (self.sent,) = (country.home / "exceptions" / program).glob("*/duplicates.xlsx")
        self.path = to / f"{program}.xlsx"
        shutil.copyfile(self.sent, self.path)

    def decide(self, sheet: str, decision: str, *, match_id: str | None = None, **cells) -> str:
        """Fill in the row of a match, or the sheet's first row; returns its exception_id."""
        book = openpyxl.load_workbook(self.path)
        page = book[sheet]
        headings = {cell.value: cell.column for cell in page[1]}
        row = 2
        while match_id and page.cell(row, headings["match_id"]).value != match_id:
            row += 1
        day = dt.datetime.strptime(self.sent.parent.name, "%Y-%m-%d") + dt.timedelta(days=1)
        filled = {"decision": decision, "decided by": "A. Manager", "decided on": day} | cells
        for heading, value in filled.items():
            page.cell(row, headings[heading]).value = value
        book.save(self.path)
        return page.cell(row, headings["exception_id"]).value


def test_decisions_are_refused_corrected_honoured_and_closed(spoilt, tmp_path):
    with spoilt.warehouse() as con:
        sure, suspected = con.execute(PAIRS).fetchall()
        assert con.execute(SAME_NUMBER, sure[4:]).fetchone() == (True,)
        assert con.execute(SAME_NUMBER, suspected[4:]).fetchone() == (False,)
    manager, other = Manager(spoilt, sure[2], tmp_path), Manager(spoilt, suspected[1], tmp_path)
    assert manager.path != other.path
    import_ = ("decisions", "import", str(manager.path), "--as-at", "2026-07-05")

    manager.decide("Duplicates", "different persons", match_id=sure[3], **{"decided by": None})
    manager.decide("Verification", "record corrected", **{"name": "Somebody Else", "decided on": "next week"})
    manager.decide("Payroll", "justified", **{"decided on": dt.datetime(2027, 1, 1)})
    done = spoilt.ibr(*import_, expect=4)
    for place in (
        "Duplicates, row", "decision: is none of", "decided by: is empty", "Verification, row 2, name: was changed",
        "Verification, row 2, decided on: is no date", "Payroll, row 2, decided on: is after 2026-07-05",
    ):
        assert place in done.stderr
    assert "5 faults" in done.stderr.splitlines()[-1]
    assert "Somebody Else" not in done.stderr
    with spoilt.warehouse() as con:
        assert con.execute("SELECT count(*) FROM ops.decisions").fetchone() == (0,)

    shutil.copyfile(manager.sent, manager.path)
    decided = {
        manager.decide("Duplicates", "Different people ", match_id=sure[3]),
        manager.decide("Verification", "record corrected", **{"decided on": "2 July 2026"}),
        manager.decide("Payroll", "justified", comment="a lump sum"),
    }
    assert "Recorded: 3" in spoilt.ibr(*import_).stdout
    assert "On record already: 3" in spoilt.ibr(*import_).stdout
    # The other program's file is left where a run finds it.
    decided.add(other.decide("Duplicates", "same person", match_id=suspected[3], **{"action taken": "exit here"}))
    shutil.copyfile(other.path, spoilt.home / "inbox" / "decisions" / "back.xlsx")

    registry = yaml.safe_load((spoilt.home / "registry.yml").read_text(encoding="utf-8"))
    registry["programs"][sure[2]]["language"] = "fr"
    (spoilt.home / "registry.yml").write_text(yaml.safe_dump(registry), encoding="utf-8")
    spoilt.ibr("run", "link", "marts", "exceptions", "--as-at", "2026-07-06")
    _is_all_french(spoilt, sure[2])
    assert not list((spoilt.home / "inbox" / "decisions").iterdir())
    with spoilt.warehouse() as con:
        assert con.execute(SAME_NUMBER, sure[4:]).fetchone() == (False,)
        assert con.execute(SAME_NUMBER, suspected[4:]).fetchone() == (True,)
        states = dict(con.execute(
            "SELECT exception_id, status FROM ops.exceptions WHERE list_contains(?, exception_id)", [list(decided)]
        ).fetchall())
        confirmed = con.execute(
            "SELECT is_confirmed FROM marts.rpt_multiple_receipt WHERE list_contains([record_id_a, record_id_b], ?) "
            "AND list_contains([record_id_a, record_id_b], ?)", suspected[4:]
        ).fetchall()
        savings = con.execute("SELECT count(*), sum(money_saved) FROM marts.rpt_savings").fetchone()
    assert set(states) == decided
    assert sorted(states.values()) == ["closed", "decided", "decided", "decided"]
    assert confirmed == [(True,)]
    assert savings == (1, 0), "no cycle has begun since"
    for program in {*sure[1:3], *suspected[1:3]}:
        folder = spoilt.home / "exceptions" / program / "2026-07-06"
        sent = {row["exception_id"] for path in folder.glob("*.csv") for row in csv.DictReader(path.open())}
        assert sent
        assert not sent & decided


ENGLISH = re.compile(r"\b(the|and|of|record|paid|payments|registration|person)\b")


def _is_all_french(country: Country, program: str) -> None:
    """No code, no English word of ours and no English sentence is left in a file of a real run."""
    french, english = (languages()[language].texts for language in ("fr", "en"))
    book = openpyxl.load_workbook(country.home / "exceptions" / program / "2026-07-06" / "duplicates.xlsx")
    with country.warehouse() as con:
        sentences = {
            text for row in con.execute("SELECT evidence ->> 'text', latest_evidence ->> 'text' FROM ops.exceptions")
            .fetchall() for text in row
        }
    said = 0
    for sheet in SHEETS:
        page = book[french[f"sheet.{sheet.name}"]]
        for row in page.iter_rows(min_row=2, values_only=True):
            for column, cell in zip(sheet.columns, row, strict=True):
                if cell is None or not column.vocabulary:
                    continue
                said += 1
                if column.vocabulary == PHRASE:
                    assert cell not in sentences
                    assert not ENGLISH.search(_without_basis(cell)), cell
                else:
                    words = {text for key, text in french.items() if key.startswith(f"{column.vocabulary}.")}
                    assert set(cell.split(", ")) <= words, (column.heading, cell)
    assert said > 100
    assert not {row[0] for row in book["Lisez-moi"].values} & set(english.values())


def _without_basis(cell: str) -> str:
    """A rule's legal basis is the country's own text."""
    return re.sub(r"^\w+ : .*", "", cell)


def test_evidence_in_codes_says_in_english_what_the_mart_says(small):
    """Two places tell it: the mart for those who query, the catalogue for files in any language."""
    with small.warehouse() as con:
        define(con)
        speak(con, languages()["en"])
        differing = con.execute(
            "SELECT evidence, say(phrases_of(evidence_said)) FROM marts.rpt_payroll_pre "
            "WHERE decided_under = 'payroll' AND evidence IS DISTINCT FROM say(phrases_of(evidence_said))"
        ).fetchall()
        told = con.execute(
            "SELECT count(DISTINCT reason_code) FROM marts.rpt_payroll_pre WHERE evidence_said IS NOT NULL"
        ).fetchone()
    assert differing == []
    assert told >= (12,)


IDENTIFYING = """
    SELECT unnest([record_id, household_id, full_name, national_id_given, phone]) FROM registry.persons WHERE {side}
    UNION SELECT unnest([enrolment_id, account_no]) FROM registry.enrolments WHERE {side}
"""


def test_no_file_of_a_program_holds_a_detail_of_another_s_record(small):
    """Every cell of every file, whole and word by word: its own records' details stand there, others' do not."""
    for folder in (small.home / "exceptions").glob("*/*"):
        program = folder.parent.name
        with small.warehouse() as con:
            own, others = (
                {value for (value,) in con.execute(IDENTIFYING.format(side=f"program {sign} '{program}'")).fetchall()}
                for sign in ("=", "<>")
            )
        cells = {value for path in folder.glob("*.csv") for row in csv.reader(path.open()) for value in row}
        book = fastexcel.read_excel(str(folder / "duplicates.xlsx"))
        for name in book.sheet_names:
            cells |= set(book.load_sheet(name, header_row=None, dtypes="string").to_polars().unpivot()["value"])
        manifest = (folder / "manifest.json").read_text()
        assert json.loads(manifest)["program"] == program
        words = {word for cell in cells if cell for word in re.split(r"[\s,;()']+", cell)} | set(manifest.split('"'))
        assert cells & own
        # A clerk's "0" for a number identifies nobody.
        assert not {value for value in (cells | words) & (others - own) if value and len(value) > 4}, program
