"""The review queue, case by case: in which order, what is shown, deciding, taking back, two people, the terminal."""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from exchange.decisions import bind
from exchange.review import case_of, decide, next_case, review_queue, undo
from ibr.errors import UsageProblem
from tests.integration.test_clerical_sample import home, linked  # noqa: F401
from tests.unit.test_config import SMALL
from warehouse.connection import connect
from warehouse.lock import warehouse_lock

IBR = str(Path(sys.executable).parent / "ibr")
NOON = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)
DAY = NOON.date()


@pytest.fixture
def con(home):  # noqa: F811
    with connect(home / "warehouse.duckdb") as con:
        yield con


def said(con, case, decision: str, by: str = "Amina", **options):
    return decide(con, case.pair, decision, by=by, on=DAY, at=NOON, **options)


def bound(con) -> set[tuple]:
    return set(con.execute("SELECT kind, record_id_l, record_id_r, decision FROM linkage.decisions").fetchall())


def asked_of_a_program(con, pair, amount: int, number: str = "E1") -> None:
    """An exception file asks about the pair too."""
    con.execute(
        "INSERT INTO ops.exceptions (exception_id, program, kind, first_found_run, first_found_at, last_found_run, "
        "last_found_at, status, latest_evidence, basis, is_found) VALUES ($id, 'A', 'duplicate', 'r', '2026-06-30', "
        "'r', '2026-06-30', 'new', $evidence, $id, true)",
        {"id": number, "evidence": json.dumps({"amount_at_stake": amount})},
    )
    con.execute("INSERT INTO ops.exception_pairs VALUES (?, ?, ?)", [number, *sorted(pair)])


def test_cases_come_by_money_and_then_by_certainty(con):
    waiting = review_queue(con, 10_000).pairs
    chances = [case.match_probability for case in waiting]
    assert chances == sorted(chances, reverse=True)
    last, before_last = waiting[-1], waiting[-2]
    asked_of_a_program(con, last.pair, 4000)
    asked_of_a_program(con, before_last.pair, 9000, "E2")
    first, second, third = review_queue(con, 3).pairs
    assert [first.pair, second.pair, third.pair] == [before_last.pair, last.pair, waiting[0].pair]
    assert (first.amount_at_stake, [one.exception_id for one in first.asked]) == (9000, ["E2"])
    assert third.amount_at_stake is None


def test_a_case_shows_both_records_side_by_side_and_the_evidence(con):
    case = next_case(con, "Amina")
    details = {one.name: one for one in case.details}
    left, right = (
        con.execute(
            "SELECT full_name, birth_date::VARCHAR, program FROM registry.persons WHERE record_id = ?", [record]
        ).fetchone()
        for record in case.pair
    )
    assert [(details[name].left, details[name].right) for name in ("name", "birth date", "program")] == [
        *zip(left, right, strict=True)
    ]
    assert details["name"].is_different == (left[0].lower() != right[0].lower())
    assert not any(one.is_different for one in case.details if one.left is None or one.right is None)
    assert "together" in case.evidence[-1]
    # A list that anybody may keep holds no value.
    assert review_queue(con, 1).pairs[0].details == []


def test_a_decision_binds_and_the_next_case_follows(con):
    first = next_case(con, "Amina")
    total = review_queue(con, 0).total
    assert said(con, first, "different people", comment="  two  cards ").state == "in_force"
    assert bound(con) == {("review", *sorted(first.pair), "different")}
    assert review_queue(con, 0).total == total - 1
    assert next_case(con, "Amina").pair != first.pair
    assert con.execute("SELECT comment, decided_by FROM ops.review_decisions").fetchall() == [("two cards", "Amina")]


def test_a_case_is_passed_over_and_more_time_puts_it_last(con):
    first, second = (case.pair for case in review_queue(con, 2).pairs)
    assert next_case(con, "Amina", [first]).pair == second
    assert said(con, next_case(con, "Amina"), "need more time").state == "more_time"
    assert bound(con) == set()
    order = [case.pair for case in review_queue(con, 10_000).pairs]
    assert (order[0], order[-1]) == (second, first)
    assert [(one.decision, one.decided_by) for one in case_of(con, first).said] == [("need more time", "Amina")]


def test_the_last_decision_is_taken_back_and_both_stay_on_record(con):
    first = next_case(con, "Amina")
    said(con, first, "need more time", "Baraka")
    said(con, first, "same person")
    other = next_case(con, "Amina")
    said(con, other, "same person", "Baraka")
    assert undo(con, " A. MINA ", NOON) == tuple(sorted(first.pair))
    assert bound(con) == {("review", *sorted(other.pair), "same")}
    again = case_of(con, first.pair)
    assert [one.decision for one in again.said] == ["need more time"], "what stood before stands again"
    assert undo(con, "Amina", NOON) is None
    assert con.execute(
        "SELECT decision, withdraws IS NOT NULL FROM ops.review_decisions ORDER BY decision_id"
    ).fetchall() == [("need more time", False), ("same person", False), ("same person", False), (None, True)]


def test_where_two_people_are_needed_the_first_alone_binds_nothing(con):
    rule = {"two_people": ["same person"]}
    case = next_case(con, "Amina")
    assert said(con, case, "same person", **rule).state == "to_confirm"
    for again in ("amina", "A. Mina"):
        assert said(con, case, "same person", again, **rule).state == "to_confirm", "twice the same person is one"
    assert bound(con) == set()
    assert next_case(con, "Am-ina").pair != case.pair, "it waits for somebody else"
    second = next_case(con, "Baraka")
    assert (second.pair, second.said[0].decided_by) == (case.pair, "Amina")
    assert said(con, second, "same person", "Baraka", **rule).state == "in_force"
    assert bound(con) == {("review", *sorted(case.pair), "same")}


def test_who_says_otherwise_starts_anew(con):
    rule = {"two_people": ["same person", "different people"]}
    case = next_case(con, "Amina")
    for by, decision in (("Amina", "same person"), ("Baraka", "different people"), ("Amina", "same person")):
        assert said(con, case, decision, by, **rule).state == "to_confirm"
    assert said(con, case, "same person", "Chebet", **rule).state == "in_force"


def test_what_programs_answer_goes_before(con):
    case = next_case(con, "Amina")
    said(con, case, "same person")
    asked_of_a_program(con, case.pair, 4000)
    con.execute(
        "INSERT INTO ops.decisions VALUES ('D1', 1, 'f', 'Duplicates', 2, 'E1', 'A', 'duplicate', 'E1', "
        "'different people', NULL, NULL, 'M', '2026-07-02', false)"
    )
    bind(con)
    assert bound(con) == {("exception", *sorted(case.pair), "different")}


@pytest.mark.parametrize(
    ("pair", "decision", "by", "words"),
    [
        (None, "maybe", "Amina", "expected same person, different people, need more time"),
        (None, "same person", "  ", "a name was expected"),
        (("a:0000", "nowhere"), "same person", "Amina", "no longer in the registry"),
    ],
)
def test_what_cannot_be_decided_is_told_and_records_nothing(con, pair, decision, by, words):
    with pytest.raises(UsageProblem, match=words):
        decide(con, pair or next_case(con, "Amina").pair, decision, by=by, on=DAY, at=NOON)
    assert con.execute("SELECT count(*) FROM ops.review_decisions").fetchone() == (0,)


def test_what_was_said_by_then_is_what_an_earlier_moment_knows(home):  # noqa: F811
    from pipelines.as_of import _take_decisions
    from warehouse.connection import literal
    from warehouse.schemas import prepare

    with connect(home / "warehouse.duckdb") as con:
        case = next_case(con, "Amina")
        said(con, case, "same person")
        undo(con, "Amina", NOON + dt.timedelta(days=2))
    for day, expected in ((1, set()), (2, {("review", *sorted(case.pair), "same")}), (4, set())):
        with connect(":memory:") as then:
            prepare(then)
            then.execute(f"ATTACH {literal(str(home / 'warehouse.duckdb'))} AS now (READ_ONLY)")
            _take_decisions(then, dt.datetime(2026, 7, day, tzinfo=dt.UTC))
            assert bound(then) == expected, day


def ibr(home, keys: str, *arguments: str) -> subprocess.CompletedProcess:  # noqa: F811
    (home / "registry.yml").write_text(yaml.safe_dump(SMALL | {"decisions": {"two_people": ["same person"]}}))
    command = [IBR, "review", "--home", str(home), "--as-at", "2026-07-05", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, input=keys)
    assert "Traceback" not in done.stderr
    return done


def test_in_a_terminal_one_decides_passes_over_takes_back_leaves_and_goes_on(home):  # noqa: F811
    with connect(home / "warehouse.duckdb", read_only=True) as con:
        first, second, third = (case.pair for case in review_queue(con, 3).pairs)
    done = ibr(home, "d not alike\nskip\nn\nu\ns\nn\nq\n", "--by", "Amina")
    assert done.returncode == 0, done.stderr
    told = done.stdout
    places = [told.index(text) for text in (
        "Recorded: different people", "Expected one of s, d, m, n, u, q", "Taken back",
        "Recorded: same person; a second", "1 decided", "2 passed over; they come again",
    )]
    assert places == sorted(places)
    assert all(record in told for record in (*first, *second, *third))
    # Left by the end of the input, and gone on with by somebody else: the first case waits for a second person.
    done = ibr(home, "s\n", "--by", "Baraka")
    assert "Amina said on 2026-07-05: same person" in done.stdout
    assert "Recorded: same person\n" in done.stdout
    with connect(home / "warehouse.duckdb", read_only=True) as con:
        assert bound(con) == {("review", *sorted(first), "same")}


def test_while_a_run_is_writing_a_decision_is_not_lost_but_asked_for_again(home):  # noqa: F811
    with warehouse_lock(home, "ibr run nightly"):
        done = ibr(home, "s\nq\n", "--by", "Amina")
    assert done.returncode == 0
    assert "ibr run nightly" in done.stdout
    assert "nothing was recorded: say it again in a while" in done.stdout
    assert ibr(home, "", "--by", " ").returncode == 2
