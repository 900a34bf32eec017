"""Clerical samples of the registry's linkage in the warehouse: drawn, kept, answered, and what the answers estimate.

The arithmetic is in estimates.py; what clerks are shown, and the files, in exchange/clerical/.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from ibr.errors import UsageProblem
from linkage.clerical.estimates import Answers, Estimate, Stratum, Zone, allocate, precision, recall, strata
from linkage.clerical.frame import BEYOND
from linkage.engine import PAIR_THRESHOLDS, thresholds
from linkage.registry.last_run import last_run
from linkage.registry.scripts import run_script
from linkage.sql import table_exists

SAME, DIFFERENT, CANNOT_TELL = "same", "different", "cannot tell"
ANSWERS = (SAME, DIFFERENT, CANNOT_TELL)
# What is counted as found, in the words of `ibr evaluate`.
COUNTED = {"automatic": (Zone.JOINED,), "with review": (Zone.JOINED, Zone.REVIEW)}
GROUPS = ("sex", "has_national_id")
FEWEST_IN_GROUP = 30  # judged pairs of one person by the linkage; fewer say too little of a group
NOT_ALIKE = "unlike"  # pairs whose two records are not of one group


@dataclass(frozen=True)
class DrawnSample:
    """A sample in the temporary table clerical_drawn (pair_id, record_id_l, record_id_r, place).

    `drawn` and `pairs` by stratum: pairs in the sample and in all. `beyond`: pairs that were compared and left apart as
    too unlikely to sample, and the matches that the model expects among them.
    """

    sample_id: str
    run_id: str
    drawn: dict[str, int]
    pairs: dict[str, int]
    beyond: tuple[int, float]


@dataclass(frozen=True)
class GroupEstimate:
    """An estimate: `group_by` all, sex or has_national_id; `counted` automatic or with review; precision or recall."""

    group_by: str
    group_value: str
    counted: str
    measure: str
    estimate: Estimate


@dataclass(frozen=True)
class Result:
    """What the answers to a sample say. `answers`: how many of each."""

    sample_id: str
    run_id: str
    answers: dict[str, int]
    estimates: list[GroupEstimate]


def draw(con: duckdb.DuckDBPyConnection, size: int) -> DrawnSample:
    """Draw about `size` pairs of the last run's linkage into clerical_drawn; the same run and size draw the same pairs.

    Raises UsageProblem where nothing has been linked, or by a version that kept no pairs to draw from.
    """
    last = last_run(con, "there are no pairs to judge")
    levels = strata(**thresholds(last.roles, PAIR_THRESHOLDS))
    run_script(con, "tables")
    run_script(con, "decided_pairs")
    run_script(con, "clerical_frame", strata=[_in_sql(level) for level in levels])
    there = dict(con.execute("SELECT stratum, count(*) FROM clerical_frame GROUP BY ALL").fetchall())
    kept = {name: tuple(rest) for name, *rest in con.execute("FROM linkage.clerical_frame").fetchall()}
    if BEYOND not in kept:
        raise UsageProblem(
            "The last run kept no pairs for clerks below the review threshold; link once more: `ibr run --select link`"
        )
    # What the engine keeps of a stratum is a sample already; how many there are in all it has counted.
    pairs = {level.name: kept.get(level.name, (there.get(level.name, 0),))[0] for level in levels}
    drawn = allocate({level.name: there.get(level.name, 0) for level in levels}, size)
    if not drawn:
        raise UsageProblem("The last run compared no pair that a clerk could judge; there is nothing to draw")
    sample_id = _digest(last.run_id, str(size))[:8].upper()
    con.execute(
        "CREATE OR REPLACE TEMP TABLE clerical_drawn AS SELECT *, 0::BIGINT AS pairs FROM clerical_frame LIMIT 0"
    )
    for name, wanted in drawn.items():
        con.execute(
            "INSERT INTO clerical_drawn SELECT *, $pairs FROM clerical_frame WHERE stratum = $name "
            "ORDER BY md5($sample || record_id_l || '|' || record_id_r), record_id_l, record_id_r LIMIT $wanted",
            {"pairs": pairs[name], "wanted": wanted, "name": name, "sample": sample_id},
        )
    # A number that says nothing of the pair, and an order that says nothing of the stratum.
    con.execute(
        "CREATE OR REPLACE TEMP TABLE clerical_drawn AS SELECT *, row_number() OVER (ORDER BY pair_id) AS place FROM ("
        "SELECT *, $sample || '-' || upper(left(md5('pair' || $sample || record_id_l || '|' || record_id_r), 10)) "
        "AS pair_id FROM clerical_drawn)",
        {"sample": sample_id},
    )
    return DrawnSample(sample_id, last.run_id, drawn, {name: pairs[name] for name in drawn}, kept[BEYOND])


def keep(con: duckdb.DuckDBPyConnection, sample: DrawnSample, cell_sums: Mapping[str, list[str]]) -> None:
    """Keep the drawn sample in linkage.clerical_sample, with a sum of each cell shown by pair_id.

    Drawing it again replaces it, and leaves its answers. The caller holds the transaction.
    """
    con.execute("DELETE FROM linkage.clerical_sample WHERE sample_id = ?", [sample.sample_id])
    con.execute("CREATE OR REPLACE TEMP TABLE clerical_sums (pair_id VARCHAR, sums VARCHAR [])")
    con.executemany("INSERT INTO clerical_sums VALUES (?, ?)", [list(item) for item in cell_sums.items()])
    con.execute(
        f"""
        INSERT INTO linkage.clerical_sample
        SELECT $sample, $run, drawn.pair_id, record_id_l, record_id_r, zone, stratum, pairs,
               pairs / count(*) OVER (PARTITION BY stratum), probability,
               if(l.sex = r.sex, l.sex, '{NOT_ALIKE}'),
               CASE WHEN l.national_id IS NOT NULL AND r.national_id IS NOT NULL THEN 'yes'
                    WHEN l.national_id IS NULL AND r.national_id IS NULL THEN 'no' ELSE '{NOT_ALIKE}' END,
               sums.sums
        FROM clerical_drawn AS drawn
        INNER JOIN clerical_sums AS sums USING (pair_id)
        INNER JOIN registry.persons AS l ON drawn.record_id_l = l.record_id
        INNER JOIN registry.persons AS r ON drawn.record_id_r = r.record_id
        ORDER BY place""",
        {"sample": sample.sample_id, "run": sample.run_id},
    )


def cell_sum(pair_id: str, heading: str, value: str) -> str:
    """What a cell held, in a form that tells a changed one and no value."""
    return _digest(pair_id, heading, value)[:12]


def kept_sums(con: duckdb.DuckDBPyConnection, pair_ids: list[str]) -> tuple[str | None, dict[str, list[str]]]:
    """The sample that the first known of some pairs belongs to: (sample_id, sums of the cells shown by pair_id).

    (None, {}) where none is known.
    """
    if not table_exists(con, "linkage", "clerical_sample"):
        return None, {}
    found = con.execute(
        "SELECT sample_id FROM linkage.clerical_sample WHERE list_contains($ids, pair_id) "
        "ORDER BY list_position($ids, pair_id) LIMIT 1",
        {"ids": pair_ids},
    ).fetchone()
    if found is None:
        return None, {}
    rows = con.execute("SELECT pair_id, cell_sums FROM linkage.clerical_sample WHERE sample_id = ?", found).fetchall()
    return found[0], dict(rows)


def store_answers(con: duckdb.DuckDBPyConnection, sample_id: str, answers: Mapping[str, str]) -> Result:
    """Store the answers (pair_id → one of ANSWERS) to a whole sample in linkage.clerical_reviews, in place of earlier
    ones, and what they estimate in linkage.clerical_estimates; all or nothing."""
    con.begin()
    try:
        con.execute("CREATE OR REPLACE TEMP TABLE clerical_answers (pair_id VARCHAR, answer VARCHAR)")
        con.executemany("INSERT INTO clerical_answers VALUES (?, ?)", [list(item) for item in answers.items()])
        con.execute("DELETE FROM linkage.clerical_reviews WHERE sample_id = ?", [sample_id])
        con.execute(
            "INSERT INTO linkage.clerical_reviews SELECT sample_id, run_id, pair_id, record_id_l, record_id_r, zone, "
            "stratum, weight, answer FROM linkage.clerical_sample JOIN clerical_answers USING (pair_id) "
            "WHERE sample_id = ?",
            [sample_id],
        )
        result = estimates(con, sample_id)
        _keep_estimates(con, result)
        con.commit()
    except BaseException:
        con.rollback()
        raise
    return result


def estimates(con: duckdb.DuckDBPyConnection, sample_id: str) -> Result:
    """Precision and recall from a sample's answers: overall, and by groups with enough judged pairs.

    Enough: FEWEST_IN_GROUP that the linkage takes for one person. `cannot tell` counts as not asked. A
    group's share of a stratum is its share of the pairs drawn.
    """
    rows = con.execute(
        "SELECT s.run_id, s.zone, s.stratum, s.stratum_pairs, s.sex, s.has_national_id, r.answer "
        "FROM linkage.clerical_sample s JOIN linkage.clerical_reviews r USING (sample_id, pair_id) "
        "WHERE sample_id = ? ORDER BY pair_id",
        [sample_id],
    ).fetchall()
    if not rows:
        raise UsageProblem(f"Sample {sample_id} has no answers yet; `ibr review sample --read FILE` reads them")
    told = [_Told(zone, stratum, pairs, {"sex": sex, "has_national_id": has_id}, answer)
            for _, zone, stratum, pairs, sex, has_id, answer in rows]  # fmt: skip
    found = _estimates_of(told, told, "all", "all")
    for group in GROUPS:
        for value in sorted({t.groups[group] or NOT_ALIKE for t in told} - {NOT_ALIKE}):
            inside = [t for t in told if t.groups[group] == value]
            if sum(t.zone == Zone.JOINED and t.answer != CANNOT_TELL for t in inside) >= FEWEST_IN_GROUP:
                found += _estimates_of(told, inside, group, value)
    counts = {answer: sum(t.answer == answer for t in told) for answer in ANSWERS}
    return Result(sample_id, rows[0][0], counts, found)


@dataclass(frozen=True)
class _Told:
    zone: str
    stratum: str
    pairs: int
    groups: dict[str, str | None]
    answer: str


def _estimates_of(told: list[_Told], inside: list[_Told], group_by: str, group_value: str) -> list[GroupEstimate]:
    answers = []
    for stratum in dict.fromkeys(t.stratum for t in told):
        drawn = [t for t in told if t.stratum == stratum]
        here = [t for t in inside if t.stratum == stratum]
        judged = [t for t in here if t.answer != CANNOT_TELL]
        same = sum(t.answer == SAME for t in judged)
        pairs = drawn[0].pairs * len(here) / len(drawn)
        answers.append(Answers(Zone(drawn[0].zone), pairs, len(judged), same))
    return [
        GroupEstimate(group_by, group_value, counted, measure.__name__, found)
        for counted, zones in COUNTED.items()
        for measure in (precision, recall)
        if (found := measure(answers, zones)) is not None
    ]


def _keep_estimates(con: duckdb.DuckDBPyConnection, result: Result) -> None:
    last = con.execute("SELECT coalesce(max(read_number), 0) FROM linkage.clerical_estimates").fetchone()
    assert last is not None
    con.execute("DELETE FROM linkage.clerical_estimates WHERE sample_id = ?", [result.sample_id])
    for e in result.estimates:
        con.execute(
            "INSERT INTO linkage.clerical_estimates VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [last[0] + 1, result.sample_id, result.run_id, e.group_by, e.group_value, e.counted, e.measure,
             e.estimate.value, e.estimate.low, e.estimate.high, e.estimate.judged],
        )  # fmt: skip


def _in_sql(level: Stratum) -> dict[str, object]:
    return {"name": level.name, "zone": str(level.zone), "least": level.least_odds / (1 + level.least_odds)}


def _digest(*parts: str) -> str:
    # No secret: it tells a slip of the pen, not a forger who has the warehouse anyway.
    return hashlib.md5("|".join(parts).encode(), usedforsecurity=False).hexdigest()
