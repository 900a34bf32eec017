"""Exception files in French and Swahili: nothing left in English, and read back in any language."""

import csv
import datetime as dt
import json

import openpyxl
import pytest

from exchange.exceptions import Delivery
from exchange.exceptions.sheets import SHEETS
from exchange.exceptions.words import languages, localised
from tests.integration.managers import bring_back, fill, refused
from tests.integration.test_exceptions_export import export

WORDS = languages()
NEXT_DAY = dt.date(2026, 7, 4)
FRENCH = {
    "Doublons": {2: {"décision": "Meme  personne", "action prise": "sortie ici", "décidé par": "Amina",
                     "décidé le": dt.date(2026, 7, 1)}},
    "Vérification": {2: {"décision": "décès confirmé", "décidé par": "Amina", "décidé le": dt.date(2026, 7, 2)}},
}
SWAHILI = {
    "Marudio": {2: {"uamuzi": "mtu yule yule", "hatua iliyochukuliwa": "aondolewe hapa", "aliyeamua": "Amina",
                    "tarehe ya uamuzi": dt.date(2026, 7, 1)}},
    "Uhakiki": {2: {"uamuzi": "Kifo kimethibitishwa", "aliyeamua": "Amina", "tarehe ya uamuzi": dt.date(2026, 7, 2)}},
}


def told(con) -> list[tuple]:
    return con.execute(
        "SELECT kind, decision, action, decided_by, decided_on FROM ops.decisions ORDER BY kind"
    ).fetchall()


DECIDED = [
    ("duplicate", "same person", "exit here", "Amina", dt.date(2026, 7, 1)),
    ("verification", "deceased confirmed", None, "Amina", dt.date(2026, 7, 2)),
]


@pytest.fixture
def con(exported):
    return exported.con


def test_nothing_of_ours_is_left_in_english_in_a_french_file(con, tmp_path):
    """Word by word against the same file in English: what is alike are codes, data, and words alike in both."""
    english = export(con, tmp_path / "en", "r5")["X"]
    french = export(con, tmp_path / "fr", "r5", X=Delivery(WORDS["fr"]))["X"]
    both = [openpyxl.load_workbook(file.workbook) for file in (english, french)]
    assert both[1].sheetnames == ["Lisez-moi", "Doublons", "Vérification", "Paie"]
    read_me = [{row[0] for row in book.worksheets[0].values} for book in both]
    assert read_me[0] & read_me[1] == set()
    for sheet, pages in zip(SHEETS, zip(*(book.worksheets[1:] for book in both), strict=True), strict=True):
        texts = [list(page.iter_rows(values_only=True)) for page in pages]
        assert len(texts[0]) == len(texts[1])
        assert {a for a, b in zip(texts[0][0], texts[1][0], strict=True) if a == b} == {"exception_id", "match_id"}
        for row, rang in zip(texts[0][1:], texts[1][1:], strict=True):
            for column, cell, french_cell in zip(sheet.columns, row, rang, strict=True):
                is_translated = bool(column.vocabulary) and column.vocabulary != "sex" and cell is not None
                # A check of a country's own that tells its evidence in words alone.
                assert (french_cell != cell) == (is_translated and cell != "1 payments"), (sheet.name, column.heading)
        first = pages[1].cell(2, [column.heading for column in sheet.columns].index("decision") + 1).coordinate
        (choices,) = [
            rule for rule in pages[1].data_validations.dataValidation if str(rule.sqref).startswith(first)
        ]
        assert tuple(choices.formula1.strip('"').split(",")) == localised(sheet, WORDS["fr"]).choices("décision")
        assert choices.errorTitle == "Choisir dans la liste"
        assert pages[1].oddFooter.right.text == "Page &P sur &N"


def test_evidence_that_was_found_before_is_said_in_the_language_of_today(con, tmp_path):
    """The first export was in English: what is kept of it are codes."""
    file = export(con, tmp_path, "r2", NEXT_DAY, X=Delivery(WORDS["sw"]))["X"]
    page = openpyxl.load_workbook(file.workbook)["Uhakiki"]
    rows = [dict(zip([cell.value for cell in page[1]], [cell.value for cell in row], strict=True)) for row in page]
    (row,) = [row for row in rows if row["kilichobainika"] == "amefariki"]
    assert row["ushahidi ulioonekana mara ya kwanza"] == (
        "Daftari la watu linasema kuwa mtu huyu alifariki tarehe 2026-03-01."
    )
    assert (row["kilichobadilika tangu hapo"], row["hali"], row["jinsia"]) == (None, "bado wazi", "Ke")
    kept = con.execute(
        "SELECT evidence ->> 'text', latest_evidence ->> 'text', evidence ->> 'reason' FROM ops.exceptions "
        "WHERE kind = 'verification' AND program = 'X' AND (evidence ->> 'reason') = 'deceased'"
    ).fetchall()
    assert kept == [(*["The population register says that this person died on 2026-03-01."] * 2, "deceased")]


def test_evidence_kept_before_there_were_codes_stands_as_it_was_written_and_is_no_news(con, tmp_path):
    con.execute("""
        UPDATE ops.exceptions SET evidence = json_merge_patch(evidence, '{"said": null}');
        UPDATE ops.exceptions SET evidence = json_merge_patch(evidence, '{"text": "Was told otherwise."}')
        WHERE (evidence ->> 'reason') = 'could not check'""")
    page = openpyxl.load_workbook(
        export(con, tmp_path, "r2", NEXT_DAY, X=Delivery(WORDS["fr"]))["X"].workbook
    )["Vérification"]
    headings = [cell.value for cell in page[1]]
    found, since = (headings.index(h) for h in ("éléments trouvés la première fois", "ce qui a changé depuis"))
    rows = {(row[found], row[since]) for row in page.iter_rows(min_row=2, values_only=True)}
    assert ("Selon le registre de la population, cette personne est décédée le 2026-03-01.", None) in rows
    ((now,),) = [row[1:] for row in rows if row[0] == "Was told otherwise."]
    assert now.startswith("Nous n'avons pas pu chercher")


@pytest.mark.parametrize(("language", "answers"), [("fr", FRENCH), ("sw", SWAHILI)])
def test_decisions_come_back_in_the_language_of_the_file(con, tmp_path, language, answers):
    file = export(con, tmp_path, "r2", X=Delivery(WORDS[language]))["X"]
    back = fill(file, tmp_path / "back.xlsx", answers)
    # Meanwhile the program reads English.
    export(con, tmp_path, "r3")
    assert bring_back(con, back).recorded == 2
    assert told(con) == DECIDED
    again = export(con, tmp_path, "r4", NEXT_DAY, X=Delivery(WORDS[language]), Y=Delivery(WORDS[language]))
    page = openpyxl.load_workbook(again["Y"].workbook).worksheets[1]
    column = [cell.value for cell in page[1]].index(WORDS[language].texts["heading.other program's answer"]) + 1
    assert page.cell(2, column).value is None, "the row that X decided is about X alone"


def test_an_english_file_takes_answers_in_any_language_and_each_side_reads_the_other_s_in_its_own(
    exported, con, tmp_path
):
    answers = {"decision": "mtu yule yule", "action taken": "sortie là-bas", "decided by": "Amina",
               "decided on": dt.date(2026, 7, 1)}
    assert bring_back(con, fill(exported.files["X"], tmp_path / "b.xlsx", {"Duplicates": {3: answers}})).recorded == 1
    file = export(con, tmp_path, "r2", NEXT_DAY, Y=Delivery(WORDS["sw"]))["Y"]
    page = openpyxl.load_workbook(file.workbook)["Marudio"]
    row = dict(zip([cell.value for cell in page[1]], [cell.value for cell in page[2]], strict=True))
    assert row["jibu la mpango mwingine"] == "mtu yule yule, aondolewe hapa"


def test_a_french_csv_file_comes_back_as_a_french_spreadsheet_saves_it(con, tmp_path):
    file = export(con, tmp_path, "r2", X=Delivery(WORDS["fr"]))["X"]
    assert json.loads((file.folder / "manifest.json").read_text())["language"] == "fr"
    with (file.folder / "duplicates.csv").open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    for row in rows:
        amount = float(row["montant en jeu"])
        row["montant en jeu"] = f"{amount:,.2f}".replace(",", "\u202f").replace(".", ",")
        row["degré de certitude"] = row["degré de certitude"].replace(".", ",")
    rows[0] |= {"décision": "personnes différentes", "décidé par": "Amina", "décidé le": "01/07/2026"}
    with (tmp_path / "b.csv").open("w", newline="", encoding="cp1252", errors="replace") as handle:
        writer = csv.DictWriter(handle, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    (tmp_path / "b.csv").write_bytes((tmp_path / "b.csv").read_bytes().replace(b"?000,00", b"\xa0000,00"))
    assert bring_back(con, tmp_path / "b.csv").recorded == 1


def test_a_changed_cell_is_told_in_any_language(con, tmp_path):
    file = export(con, tmp_path, "r2", X=Delivery(WORDS["fr"]))["X"]
    cells = {"appréciation": "for review", "décision": "peut-être"}
    changed = fill(file, tmp_path / "b.xlsx", {"Doublons": {2: cells}})
    assert {(fault.sheet, fault.row, fault.column) for fault in refused(con, changed).faults} == {
        ("Duplicates", 2, "verdict"), ("Duplicates", 2, "decision"), ("Duplicates", 2, "decided by"),
        ("Duplicates", 2, "decided on"),
    }


def test_faults_lie_beside_the_file_in_its_language_and_are_told_to_the_secretariat_in_english(con, tmp_path):
    file = export(con, tmp_path, X=Delivery(WORDS["fr"]))["X"]
    back = fill(file, tmp_path / "retour.xlsx", {"Doublons": {2: {"décision": "peut-être", "décidé par": "Amina"}}})
    english = {(fault.sheet, fault.column): fault.fault for fault in refused(con, back).faults}
    assert english["Duplicates", "decision"] == "is none of same person, different people, need more time"
    assert "is empty; write the day, as 2026-07-05" in english["Duplicates", "decided on"]
    with (tmp_path / "retour.xlsx.faults.csv").open(newline="") as handle:
        french = {(row["sheet"], row["column"]): row["fault"] for row in csv.DictReader(handle)}
    assert french["Doublons", "décision"].endswith(
        "décisions possibles : même personne, personnes différentes, plus de temps"
    )
    assert french["Doublons", "décidé le"] == "est vide ; écrivez le jour, comme 2026-07-05"
    assert len(french) == len(english)


def test_of_a_file_that_lost_a_column_the_language_is_still_known(con, tmp_path):
    file = export(con, tmp_path, X=Delivery(WORDS["sw"]))["X"]
    back = fill(file, tmp_path / "rudi.xlsx", {}, lambda book: book["Malipo"].delete_cols(1))
    (fault,) = refused(con, back).faults
    assert (fault.sheet, fault.fault[:30]) == ("Payroll", "column exception_id is missing")
    beside = (tmp_path / "rudi.xlsx.faults.csv").read_text()
    assert "Malipo,1,," in beside
    assert "safu exception_id haipo" in beside
