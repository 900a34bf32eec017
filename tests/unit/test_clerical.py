"""`ibr review`: the queue, blinded samples, and estimates from what clerks answer."""

import csv
import json
import math
import stat
from pathlib import Path

import duckdb
import numpy as np
import pytest
from click.testing import CliRunner

from ibr.cli.main import cli
from ibr.errors import UsageProblem
from ibr.workspace import Workspace
from linkage.clerical import allocate, band
from linkage.clerical_estimates import Judged, estimates, recall_of_matches, share_of_same, wilson
from linkage.clerical_files import read_answers


def test_a_single_stratum_has_wilsons_interval():
    # Of a million pairs, 10 judged: the finite population correction is nothing.
    found = share_of_same([Judged("match", "", 1_000_000, same=8, different=2)])
    assert found.share == pytest.approx(0.8)
    assert (found.low, found.high) == pytest.approx(wilson(8, 10), abs=1e-4)
    assert found.standard_error == pytest.approx(math.sqrt(0.8 * 0.2 / 9), rel=1e-4)


def test_two_strata_by_hand():
    # Weights .9 and .1; p .95 and .4; Cochran 5.10: sum of W^2 (1 - f) p q / (n - 1).
    strata = [Judged("match", "a", 900, same=19, different=1), Judged("match", "b", 100, same=4, different=6)]
    found = share_of_same(strata)
    assert found.share == pytest.approx(0.9 * 0.95 + 0.1 * 0.4)
    variance = 0.81 * (1 - 20 / 900) * 0.95 * 0.05 / 19 + 0.01 * (1 - 10 / 100) * 0.4 * 0.6 / 9
    assert found.standard_error == pytest.approx(math.sqrt(variance))
    assert found.low < found.share < found.high


def test_all_alike_is_not_certain_unless_all_were_judged():
    some = share_of_same([Judged("match", "", 1000, same=20, different=0)])
    assert some.high == 1.0
    assert some.low == pytest.approx(1 - math.sqrt(1 - 20 / 1000) * (1 - wilson(20, 20)[0]))
    every = share_of_same([Judged("match", "", 20, same=20, different=0)])
    assert (every.low, every.high) == (1.0, 1.0)


def test_recall_of_listed_pairs_by_hand():
    strata = [Judged("match", "", 1000, 9, 1), Judged("review", "", 200, 5, 5)]
    found = recall_of_matches(strata)
    assert found.share == pytest.approx(900 / (900 + 100))
    m, r = (share_of_same([s]) for s in strata)
    slopes = (1000 * 100 / 1000**2, 200 * 900 / 1000**2)
    assert found.standard_error == pytest.approx(math.hypot(slopes[0] * m.standard_error, slopes[1] * r.standard_error))
    assert found.low == pytest.approx(0.9 - math.hypot(slopes[0] * (m.share - m.low), slopes[1] * (r.high - r.share)))


def test_estimates_tell_matches_from_review_and_leave_unsure_out():
    strata = [Judged("match", "", 300, 10, 0, unsure=5), Judged("review", "", 100, 4, 4, unsure=2)]
    found = estimates(strata)
    assert found["precision of automatic matches"].share == 1.0
    assert found["precision with all of review"].share == pytest.approx(0.75 + 0.25 * 0.5)
    assert found["review pairs that are one person"].share == pytest.approx(0.5)


def test_intervals_hold_the_truth_as_often_as_they_claim():
    """A good linkage: where all answers of a stratum agree, Cochran's standard error alone is far too narrow."""
    strata = [("match", 90_000, 0.999), ("match", 6_000, 0.995), ("match", 3_000, 0.98),
              ("review", 900, 0.9), ("review", 600, 0.75), ("review", 500, 0.55)]  # fmt: skip
    right = {verdict: sum(n * share for v, n, share in strata if v == verdict) for verdict in ("match", "review")}
    precision, recall = right["match"] / 99_000, right["match"] / sum(right.values())
    draw, held = np.random.default_rng(1), np.zeros(2)
    for _ in range(400):
        same = [int(draw.hypergeometric(round(n * share), n - round(n * share), 33)) for _, n, share in strata]
        judged = [Judged(v, "", n, yes, 33 - yes) for (v, n, _), yes in zip(strata, same, strict=True)]
        found = (share_of_same([s for s in judged if s.verdict == "match"]), recall_of_matches(judged))
        held += [e.low <= truth <= e.high for e, truth in zip(found, (precision, recall), strict=True)]
    assert (held / 400 >= 0.92).all()


def test_what_was_not_answered_is_not_estimated():
    strata = [Judged("match", "a", 300, 10, 0), Judged("match", "b", 100, 0, 0, unsure=3)]
    assert share_of_same(strata) is None
    assert share_of_same([]) is None
    assert recall_of_matches(strata) is None
    assert recall_of_matches([Judged("match", "", 30, 10, 0)]).share == 1.0  # nothing is in review


def test_a_sample_is_shared_out_evenly_and_no_further_than_pairs_go():
    sizes = {("match", 3): 1000, ("match", 4): 50, ("review", 0): 3}
    assert allocate(sizes, 63) == {("match", 3): 30, ("match", 4): 30, ("review", 0): 3}
    assert sum(allocate(sizes, 200).values()) == 200
    assert allocate(sizes, 10**6) == sizes
    assert allocate(sizes, 2) == {("match", 3): 1, ("match", 4): 0, ("review", 0): 1}
    assert allocate({}, 5) == {}


def test_bands_in_words():
    assert [band(step, (0.7, 0.9)) for step in (0, 1, 2)] == ["below 0.7", "0.7 to 0.9", "0.9 and above"]


@pytest.fixture
def home(tmp_path) -> Path:
    """A warehouse with 60 matches, 40 pairs for review, and one more that is decided."""
    workspace = Workspace.at(tmp_path / "home")
    workspace.ensure()
    con = duckdb.connect(str(workspace.warehouse_file))
    con.execute("""
        create schema linkage; create schema registry;
        create table registry.persons as
            select 's' || i % 2 || ':' || i as record_id, 's' || i % 2 as source, '=Given' || i as given_name,
                'Family' || i as family_name, date '1990-01-01' + i::int as birth_date from range(202) t(i);
        create table linkage.pairs as
            select 's' || (2 * i) % 2 || ':' || 2 * i as record_id_l, 's1:' || 2 * i + 1 as record_id_r,
                'names' as match_key, 10.0::double as match_weight,
                case when i < 30 then .99999 when i < 60 then .995 when i < 80 then .95 else .6 end::double
                    as match_probability,
                case when i < 60 then 'match' else 'review' end as verdict
            from range(101) t(i);
        create table linkage.decisions as select 's1:201' as record_id_l, 's0:200' as record_id_r, 'same' as decision
    """)
    con.close()
    return workspace.home


def run(*arguments: object):
    return CliRunner().invoke(cli, ["review", *map(str, arguments)])


def sampled(home: Path, file: Path, size: int = 40) -> list[dict[str, str]]:
    done = run("sample", "--home", home, "--size", size, "--output", file)
    assert done.exit_code == 0, done.output
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def judge(rows: list[dict[str, str]], file: Path, divider: str = ",") -> None:
    """Whoever is for review and even is different; row 3 is not sure."""
    with file.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]), delimiter=divider)
        writer.writeheader()
        for row in rows:
            number = int(row["record_id_l"].split(":")[1]) // 2
            writer.writerow(row | {"decision": "Different" if number >= 60 and number % 2 == 0 else "same "})


def test_the_queue_is_told_without_what_is_decided(home):
    done = run("--home", home, "--first", 3, "--json")
    told = json.loads(done.output)
    assert told["total"] == 40
    assert {(row["sources"], row["probability"], row["pairs"]) for row in told["counts"]} == {
        ("s0 and s1", "0.95 to 0.99", 20), ("s0 and s1", "0.6 to 0.7", 20),
    }  # fmt: skip
    assert [row["match_probability"] for row in told["pairs"]] == [0.95] * 3
    assert "40 pairs wait for review" in run("--home", home).output


def test_a_sample_is_blinded_private_and_the_same_each_time(home, tmp_path):
    rows = sampled(home, tmp_path / "a.csv")
    assert len(rows) == 40
    assert rows == sampled(home, tmp_path / "b.csv")
    assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == 0o600
    assert not [name for name in rows[0] if any(word in name for word in ("probability", "verdict", "weight", "key"))]
    assert list(rows[0])[3:5] == ["source_l", "source_r"]
    assert rows[0]["given_name_l"].startswith("'=Given")  # no formula for a spreadsheet
    numbers = [int(row["record_id_l"].split(":")[1]) // 2 for row in rows]
    assert 100 not in numbers
    assert [sum(low <= n < high for n in numbers) for low, high in ((0, 30), (30, 60), (60, 80), (80, 100))] == [10] * 4
    assert numbers != sorted(numbers)


@pytest.mark.parametrize("divider", [",", ";"])
def test_answers_are_read_back(home, tmp_path, divider):
    rows = sampled(home, tmp_path / "a.csv", size=100)
    judge(rows, tmp_path / "judged.csv", divider)
    done = run("sample", "--home", home, "--read", tmp_path / "judged.csv", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    found = told["estimates"]
    # Every pair was judged, so these are no estimates any more.
    assert found["precision of automatic matches"] == {"share": 1.0, "standard_error": 0.0, "low": 1.0, "high": 1.0}
    assert found["review pairs that are one person"]["share"] == pytest.approx(0.5)
    assert found["recall of automatic matches, of pairs listed"]["share"] == pytest.approx(60 / 80)
    assert "not seen" in told["note"]


def test_answers_are_told_in_words(home, tmp_path):
    judge(sampled(home, tmp_path / "a.csv"), tmp_path / "judged.csv")
    said = run("sample", "--home", home, "--read", tmp_path / "judged.csv").output
    assert "precision of automatic matches" in said
    assert "no match key brought together" in said


def test_reading_writes_nothing(home, tmp_path):
    before = Workspace.at(home).warehouse_file.read_bytes()
    judge(sampled(home, tmp_path / "a.csv"), tmp_path / "judged.csv")
    run("sample", "--home", home, "--read", tmp_path / "judged.csv")
    assert Workspace.at(home).warehouse_file.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "row 1: has no column decision"),
        ("record_id_l,record_id_r\na,b\n", "row 1: has no column decision"),
        ("decision,record_id_l,record_id_r\n", "no rows"),
        ("decision,record_id_l,record_id_r\nmaybe,a,b\n", "row 2, decision: is not a decision"),
        ("decision,record_id_l,record_id_r\nsame,a,b\n,a,c\n", "row 3, decision: is empty"),
        ("decision,record_id_l,record_id_r\nsame,a,b\n\nsame,a,b\n", "row 4, record_id_r: the pair stands in row 2"),
    ],
)
def test_a_bad_file_is_one_line_that_names_row_and_column(tmp_path, text, said):
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(UsageProblem, match=said) as told:
        read_answers(tmp_path / "bad.csv")
    assert "\n" not in str(told.value)


def test_many_mistakes_are_counted(tmp_path):
    (tmp_path / "bad.csv").write_text("decision,record_id_l,record_id_r\n" + "?,a,b\n" * 9)
    with pytest.raises(UsageProblem, match="and 4 more"):
        read_answers(tmp_path / "bad.csv")


def test_a_file_that_is_not_text(tmp_path):
    (tmp_path / "bad.csv").write_bytes(b"PK\x03\x04\xff\xfe")
    for file in ("bad.csv", "absent.csv"):
        with pytest.raises(UsageProblem, match="cannot be read"):
            read_answers(tmp_path / file)


def test_rows_taken_out_of_a_sample_are_noticed(home, tmp_path):
    rows = sampled(home, tmp_path / "a.csv")
    judge(rows[:-7], tmp_path / "judged.csv")
    done = run("sample", "--home", home, "--read", tmp_path / "judged.csv")
    assert isinstance(done.exception, UsageProblem)
    assert "record_id_r: this pair is not in the sample of 33" in str(done.exception)


def test_a_file_with_answers_is_never_written_over(home, tmp_path):
    sampled(home, tmp_path / "a.csv")
    done = run("sample", "--home", home, "--output", tmp_path / "a.csv")
    assert isinstance(done.exception, UsageProblem)
    assert "is there already" in str(done.exception)


def test_one_of_output_and_read_is_needed(home):
    assert "--output" in str(run("sample", "--home", home).exception)


def test_an_empty_warehouse_says_what_to_run(tmp_path):
    workspace = Workspace.at(tmp_path / "new")
    workspace.ensure()
    duckdb.connect(str(workspace.warehouse_file)).close()
    assert "Nothing has been linked yet" in str(run("--home", workspace.home).exception)
