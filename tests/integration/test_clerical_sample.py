"""A clerical sample from the warehouse to the clerks and back: what they see, what is refused, what is estimated."""

import csv
import datetime as dt
import itertools
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import openpyxl
import pytest
import yaml

from exchange.clerical import read_answers, write_sample
from exchange.clerical.sheet import PAIRS
from exchange.review import review_queue
from ibr.errors import UsageProblem
from linkage.clerical.samples import draw, estimates, store_answers
from linkage.registry.run import link_registry
from tests.unit.test_config import SMALL
from tests.unit.test_linkage_trouble import FAMILY, GIVEN
from warehouse.connection import connect
from warehouse.lock import warehouse_lock
from warehouse.schemas import prepare

TODAY = dt.date(2026, 6, 30)
IBR = [str(Path(sys.executable).parent / "ibr")]


def country(con):
    """People of two programs: listed twice with slips of different size, and families with one name and one place."""
    rows = []
    for i in range(400):
        given, family = GIVEN[i % 16], FAMILY[(i // 16 + i) % 16]
        date = dt.date(1950 + i % 60, 1 + i % 12, 1 + (i * 7) % 28)
        number = str(20000000 + i * 7919) if i % 4 else None
        sex, ward, phone = "FM"[i % 2], f"ward {i // 8}", f"+2547{i:08}"
        rows.append((f"a:{i:04}", "A", f"h{i // 4}", given, family, date, sex, number, ward, phone))
        if i % 2:
            # From a slip of the pen to nearly nothing in common.
            slips = (i // 2) % 5
            rows.append((
                f"b:{i:04}", "B", f"g{i // 4}", given if slips < 3 else given[:2] + "ah",
                family[:-1] + "i" if slips else family, date.replace(year=date.year + (slips > 1)), sex,
                number if slips < 2 else None, ward if slips < 4 else "ward 99", "=1+1" if i == 1 else None,
            ))  # fmt: skip
    con.execute(
        "CREATE TABLE registry.persons AS SELECT v[1] AS record_id, lower(v[2]) AS source, v[2] AS program, v[3] AS "
        "household_id, v[4] AS given_name, NULL::VARCHAR AS middle_name, v[5] AS family_name, v[4] || ' ' || v[5] AS "
        "full_name, v[6]::DATE AS birth_date, 'day' AS birth_date_precision, v[6] AS birth_date_given, v[7] AS sex, "
        "v[8] AS national_id, v[8] AS national_id_given, NULL::VARCHAR AS birth_certificate_no, v[9] AS area_given, "
        "v[9] AS area_code, 'county' AS county_code, v[10] AS phone, NULL::VARCHAR AS relationship_to_head, "
        "false AS is_head, true AS is_beneficiary, false AS is_caregiver "
        "FROM (SELECT unnest($rows) AS v)",
        {"rows": [[str(v) if v is not None else None for v in row] for row in rows]},
    )
    con.execute(
        "CREATE TABLE registry.households AS FROM (SELECT DISTINCT household_id, 'B' AS village FROM registry.persons)"
    )


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    """A workspace whose warehouse was linked once."""
    home = tmp_path_factory.mktemp("linked")
    (home / "registry.yml").write_text(yaml.safe_dump(SMALL))
    with connect(home / "warehouse.duckdb") as con:
        prepare(con)
        country(con)
        link_registry(con, {}, "run-1", TODAY)
    return home


@pytest.fixture
def home(linked, tmp_path):
    shutil.copytree(linked, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def con(home):
    with connect(home / "warehouse.duckdb") as con:
        yield con


@pytest.fixture
def written(con, tmp_path):
    return write_sample(con, draw(con, 100), tmp_path / "clerks", TODAY)


def truth(row):
    return "same" if row["record 1"][2:] == row["record 2"][2:] else "different"


def fill(path, target, decide=truth, change=None):
    """Fill the workbook as a clerk would; `change` spoils the sheet first."""
    book = openpyxl.load_workbook(path)
    sheet = book["Pairs"]
    headings = {cell.value: cell.column for cell in sheet[1]}
    for number in range(2, sheet.max_row + 1):
        row = {heading: sheet.cell(number, place).value or "" for heading, place in headings.items()}
        sheet.cell(number, headings["decision"]).value = decide(row)
    if change:
        change(sheet, headings)
    book.save(target)
    return target


def test_clerks_see_values_and_nothing_of_the_verdict(written):
    book = openpyxl.load_workbook(written.workbook)
    assert book.sheetnames == ["Read me", "Pairs"]
    first = " ".join(str(row[0].value) for row in book["Read me"].iter_rows() if row[0].value)
    assert "personal data" in first
    assert "decide nothing" in first
    sheet = book["Pairs"]
    headings = [cell.value for cell in sheet[1]]
    assert headings == [column.heading for column in PAIRS.columns]
    assert sheet.max_row == 101
    assert not re.search("probab|weight|verdict|stratum|match|review|joined|apart", " ".join(headings))
    assert sheet.protection.sheet
    assert [cell.protection.locked for cell in sheet[2]] == [h != "decision" for h in headings]
    [choices] = sheet.data_validations.dataValidation
    assert choices.formula1 == '"same,different,cannot tell"'
    for path in (written.workbook, written.csv):
        assert path.stat().st_mode & 0o777 == 0o600


def test_the_order_says_nothing_of_the_stratum(con, written):
    zones = [zone for (zone,) in con.execute("SELECT zone FROM linkage.clerical_sample ORDER BY pair_id").fetchall()]
    with written.csv.open() as file:
        pairs = [row["pair"] for row in csv.DictReader(file)]
    assert pairs == sorted(pairs)
    changes = sum(a != b for a, b in itertools.pairwise(zones))
    assert changes > len(zones) / 4


def test_the_same_run_draws_the_same_sample_with_weights_that_add_up(con, written, tmp_path):
    again = write_sample(con, draw(con, 100), tmp_path / "again", TODAY)
    assert again.csv.read_bytes() == written.csv.read_bytes()
    assert con.execute("SELECT count(*) FROM linkage.clerical_sample").fetchone() == (100,)
    for stratum, pairs, weights, drawn in con.execute(
        "SELECT stratum, any_value(stratum_pairs), sum(weight), count(*) FROM linkage.clerical_sample GROUP BY 1"
    ).fetchall():
        assert weights == pytest.approx(pairs), stratum
        assert drawn <= pairs
    joined = con.execute(
        "SELECT sum(n * (n - 1) // 2) FROM (SELECT count(*) AS n FROM linkage.clusters GROUP BY entity_id)"
    ).fetchone()[0]
    weighed = con.execute("SELECT sum(weight) FROM linkage.clerical_sample WHERE zone = 'joined'").fetchone()[0]
    assert weighed == pytest.approx(joined)
    zones = {zone for (zone,) in con.execute("SELECT DISTINCT zone FROM linkage.clerical_sample").fetchall()}
    assert zones == {"joined", "review", "apart"}


def test_the_frame_counts_what_the_engine_left_apart(con):
    kept = dict(con.execute("SELECT stratum, count(*) FROM linkage.clerical_candidates GROUP BY 1").fetchall())
    for stratum, pairs, expected in con.execute("FROM linkage.clerical_frame").fetchall():
        assert 0 <= expected <= pairs
        if "beyond" not in stratum:
            assert kept.get(stratum, 0) == min(pairs, 250)
    assert con.execute(
        "SELECT count(*) FROM linkage.clerical_candidates c JOIN linkage.clusters a ON a.record_id = c.record_id_l "
        "JOIN linkage.clusters b ON b.record_id = c.record_id_r WHERE a.entity_id = b.entity_id"
    ).fetchone() == (0,)


def test_a_filled_sample_is_read_and_holds_the_truth(con, written, tmp_path):
    sample_id, answers = read_answers(con, fill(written.workbook, tmp_path / "filled.xlsx"))
    result = store_answers(con, sample_id, answers)
    assert result.answers["same"] + result.answers["different"] == 100
    # Few pairs were left apart, so that the frame drawn from holds every pair the linkage compared and gave a chance.
    true, joined, right, offered = con.execute("""
        SELECT
            count(*) FILTER (is_same), count(*) FILTER (zone = 'joined'), count(*) FILTER (zone = 'joined' AND is_same),
            count(*) FILTER (zone <> 'apart' AND is_same)
        FROM (SELECT zone, record_id_l[3:] = record_id_r[3:] AS is_same FROM clerical_frame)""").fetchone()
    assert right < offered <= true
    found = {(e.counted, e.measure): e.estimate for e in result.estimates if e.group_by == "all"}
    for (counted, measure), correct in {
        ("automatic", "precision"): right / joined,
        ("automatic", "recall"): right / true,
        ("with review", "recall"): offered / true,
    }.items():
        estimate = found[counted, measure]
        assert estimate.low <= correct <= estimate.high, (counted, measure)
        assert estimate.value == pytest.approx(correct, abs=0.06)
    stored = con.execute("SELECT DISTINCT run_id, count(*) OVER () FROM linkage.clerical_reviews").fetchall()
    assert stored == [("run-1", 100)]
    assert {e.group_by for e in result.estimates} <= {"all", "sex", "has_national_id"}


def test_answers_read_again_take_the_place_of_the_first(con, written, tmp_path):
    for decide in (truth, lambda _: "cannot tell", truth):
        sample_id, answers = read_answers(con, fill(written.workbook, tmp_path / "filled.xlsx", decide))
        result = store_answers(con, sample_id, answers)
        assert bool(result.estimates) == (decide is truth)
    assert con.execute("SELECT count(*) FROM linkage.clerical_reviews").fetchone() == (100,)
    assert con.execute("SELECT count(DISTINCT read_number) FROM linkage.clerical_estimates").fetchone() == (1,)


@pytest.mark.parametrize("divider", [",", ";", "\t"])
def test_the_csv_comes_back_as_well(con, written, tmp_path, divider):
    with written.csv.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert any(cell.startswith("'") for row in rows for cell in row.values())  # a phone number is no formula
    filled = tmp_path / "filled.csv"
    with filled.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=divider)
        writer.writeheader()
        writer.writerows({**row, "decision": truth(row).upper()} for row in reversed(rows))
    _, answers = read_answers(con, filled)
    _, from_workbook = read_answers(con, fill(written.workbook, tmp_path / "filled.xlsx"))
    assert answers == from_workbook


def spoil(column, value, row=5):
    def change(sheet, headings):
        sheet.cell(row, headings[column]).value = value

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (spoil("decision", "Amina Abdi"), "row 5, column decision: is none of same, different or cannot tell"),
        (spoil("decision", None), "column decision: is empty in 1 rows, first row 5"),
        (spoil("name 2", "Amina Abdi"), "row 5, column name 2: was changed"),
        (spoil("ID number 1", "12345678"), "row 5, column ID number 1: was changed"),
        (spoil("pair", "00000000-1234"), "row 5, column pair: not a pair of sample"),
        (lambda sheet, _: sheet.delete_rows(5), "1 of 100 pairs are missing"),
        (lambda sheet, _: [setattr(sheet.cell(6, c), "value", sheet.cell(5, c).value) for c in range(1, 30)],
         "row 6, column pair: the pair stands in an earlier row already"),
        (lambda sheet, headings: sheet.delete_cols(headings["sex 2"]), "has no column sex 2"),
        (lambda sheet, _: setattr(sheet, "title", "Sheet1"), "a sheet Pairs"),
        (lambda sheet, _: sheet.delete_rows(2, 200), "none of its 0 pairs was drawn"),
    ],
)  # fmt: skip
def test_what_is_not_as_it_went_out_is_refused_whole(con, written, tmp_path, change, said):
    filled = fill(written.workbook, tmp_path / "filled.xlsx", change=change)
    with pytest.raises(UsageProblem) as refused:
        read_answers(con, filled)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "Amina" not in str(refused.value)
    assert "12345678" not in str(refused.value)


def test_a_file_of_another_workspace_is_refused(written, tmp_path):
    with duckdb.connect() as other, pytest.raises(UsageProblem, match="drawn in this workspace"):
        read_answers(other, fill(written.workbook, tmp_path / "filled.xlsx"))


def test_a_sample_is_never_written_over_answers(con, written, tmp_path):
    with pytest.raises(UsageProblem, match="may hold answers"):
        write_sample(con, draw(con, 100), written.workbook.parent, TODAY)
    assert sorted(path.name for path in written.workbook.parent.iterdir()) == [written.csv.name, written.workbook.name]


def test_nothing_half_written_stays(con, tmp_path, monkeypatch):
    def fails(*_):
        raise OSError("no space")

    monkeypatch.setattr("exchange.clerical.write.write_csv", fails)
    with pytest.raises(OSError, match="no space"):
        write_sample(con, draw(con, 100), tmp_path / "clerks", TODAY)
    assert list((tmp_path / "clerks").iterdir()) == []
    assert con.execute("SELECT count(*) FROM linkage.clerical_sample").fetchone() == (0,)


def test_what_people_decided_is_not_sampled_and_answers_do_not_bind(con, written, tmp_path):
    left, right = con.execute(
        "SELECT record_id_l, record_id_r FROM linkage.clerical_sample ORDER BY pair_id LIMIT 1"
    ).fetchone()
    con.execute("INSERT INTO linkage.decisions VALUES ('D1', 'person', ?, ?, 'different', 'x', NULL)", [right, left])
    draw(con, 100)
    assert con.execute(
        "SELECT count(*) FROM clerical_frame WHERE record_id_l = ? AND record_id_r = ?", [left, right]
    ).fetchone() == (0,)
    con.execute("DELETE FROM linkage.decisions")
    before = con.execute("FROM linkage.clusters ORDER BY ALL").fetchall()
    sample_id, answers = read_answers(con, fill(written.workbook, tmp_path / "filled.xlsx", lambda _: "different"))
    store_answers(con, sample_id, answers)
    link_registry(con, {}, "run-2", TODAY)
    assert con.execute("FROM linkage.clusters ORDER BY ALL").fetchall() == before
    assert estimates(con, sample_id).run_id == "run-1"  # the run that was measured


def test_the_queue_counts_every_pair_and_tells_no_value(con):
    queue = review_queue(con, 3)
    waiting = con.execute("SELECT count(*) FROM linkage.pairs WHERE verdict = 'review'").fetchone()[0]
    assert queue.total == waiting == sum(c.pairs for c in queue.counts)
    assert len(queue.pairs) == min(3, waiting) > 0
    chances = [pair.match_probability for pair in queue.pairs]
    assert chances == sorted(chances, reverse=True)
    told = json.dumps(queue.as_dict())
    assert "birth date" in told
    assert not set(re.findall(r"[a-z]+", told)) & {*GIVEN, *FAMILY}
    assert review_queue(con, 0).pairs == []


def test_the_queue_leaves_out_what_people_decided(con):
    [first] = review_queue(con, 1).pairs
    before = review_queue(con, 0).total
    con.execute(
        "INSERT INTO linkage.decisions VALUES ('D1', 'person', ?, ?, 'different', 'x', NULL)",
        [first.record_id_r, first.record_id_l],
    )
    after = review_queue(con, 1)
    assert after.total == before - 1
    assert (after.pairs[0].record_id_l, after.pairs[0].record_id_r) != (first.record_id_l, first.record_id_r)
    con.execute("UPDATE linkage.decisions SET decision = 'undecided'")  # no answer, so it still waits
    assert review_queue(con, 0).total == before


def test_the_queue_is_counted_by_programs_and_band_by_hand(con):
    con.execute("DELETE FROM linkage.pairs WHERE verdict = 'review'")
    con.execute(
        "INSERT INTO linkage.pairs VALUES ('a:0000', 'a:0002', 'k', 1, 0.9, 'review'), "
        "('b:0001', 'a:0004', 'k', 1, 0.899, 'review'), ('a:0006', 'b:0003', 'k', 1, 0.8, 'review')"
    )
    counts = {(c.programs, c.band): c.pairs for c in review_queue(con, 0).counts}
    assert counts == {("within A", "0.9 to 0.95"): 1, ("A and B", "0.8 to 0.9"): 2}


def ibr(*arguments):
    return subprocess.run([*IBR, *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def test_on_the_command_line(home, tmp_path):
    done = ibr("review", "sample", "--size", "100", "--output", str(tmp_path / "out"), "--home", str(home), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["pairs"] == 100
    filled = fill(told["workbook"], tmp_path / "filled.xlsx")
    read = ibr("review", "sample", "--read", str(filled), "--home", str(home))
    assert read.returncode == 0, read.stderr
    assert "decide nothing" in read.stdout
    assert "automatic" in read.stdout
    assert not set(re.findall(r"[a-z]+", (done.stderr + read.stdout + read.stderr).lower())) & {*GIVEN, *FAMILY}
    queue = ibr("review", "--first", "1", "--home", str(home))
    assert queue.returncode == 0, queue.stderr
    assert "wait for review" in queue.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["sample"], 2, "--output"),
        (["sample", "--output", "{tmp}/out", "--read", "{tmp}/x.xlsx"], 2, "--read"),
        (["sample", "--read", "{tmp}/none.xlsx"], 2, "no such file"),
        (["sample", "--read", "{home}/registry.yml"], 2, ".xlsx or .csv"),
        (["sample", "--output", "{home}/registry.yml"], 2, "a folder was expected"),
        (["sample", "--output", "{tmp}/out", "--size", "3"], 2, "--size"),
        (["sample", "--read", "{tmp}/x.csv", "--home", "{tmp}/nowhere"], 2, "ibr run"),
        (["--home", "{tmp}/nowhere"], 2, "ibr run"),
    ],
)
def test_a_mistake_is_one_line_with_its_exit_code(home, tmp_path, arguments, code, said):
    place = [] if "--home" in arguments else ["--home", str(home)]
    done = ibr("review", *(a.format(tmp=tmp_path, home=home) for a in arguments), *place)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_warehouse_in_use_is_waited_for_by_nobody(home, tmp_path):
    with warehouse_lock(home, "ibr run nightly"):
        done = ibr("review", "sample", "--output", str(tmp_path / "out"), "--home", str(home))
    assert done.returncode == 6
    assert "ibr run nightly" in done.stderr
