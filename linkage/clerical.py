"""The review queue, and clerical samples: which pairs clerks judge, blinded, and what their answers say.

A sample is drawn from linkage.pairs, matches and review, in strata of verdict and probability. Nothing is kept: strata
and sample are the same whenever they are drawn from the same pairs, so that reading the answers draws them again.
Pairs that people decided already are left out; nothing here decides anything. Connections may be read-only.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from ibr.errors import UsageProblem
from linkage.clerical_estimates import Estimate, Judged, estimates
from linkage.clerical_files import Pair, read_answers, write_sample
from linkage.registry_sql import table_exists
from linkage.sql import render

BANDS = (0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)  # of the queue
STRATA = (0.7, 0.9, 0.99, 0.999, 0.9999)  # of a sample: fewer, so that each has answers enough
# What clerks see of both records, where registry.persons has it.
SHOWN = (
    "source", "given_name", "middle_name", "family_name", "full_name", "sex", "birth_date", "birth_date_precision",
    "national_id_given", "birth_certificate_no", "phone", "household_id", "relationship_to_head", "county_code",
    "area_given",
)  # fmt: skip

Stratum = tuple[str, int]  # verdict, and how many edges of STRATA are at or below the probability


@dataclass
class Queue:
    """The review queue: `counts` (sources, probability band, pairs), and `pairs` (record_id_l, record_id_r, match_key,
    match_probability), the likeliest first."""

    total: int
    counts: list[tuple[str, str, int]]
    pairs: list[tuple[str, str, str, float]]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        names = ("record_id_l", "record_id_r", "match_key", "match_probability")
        return {
            "total": self.total,
            "counts": [dict(zip(("sources", "probability", "pairs"), row, strict=True)) for row in self.counts],
            "pairs": [dict(zip(names, row, strict=True)) for row in self.pairs],
        }


@dataclass
class Answers:
    """What a judged sample says: the answers of each stratum, and the estimates by name (None: no answer to it)."""

    strata: list[Judged]
    estimates: dict[str, Estimate | None]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def queue(con: duckdb.DuckDBPyConnection, first: int = 20) -> Queue:
    """Pairs for review that nobody has decided, by sources and probability, and the `first` of them.

    Raises UsageProblem where nothing was linked yet.
    """
    _open_pairs(con, BANDS)
    rows = con.execute(render("review_counts.sql")).fetchall()
    counts = [(sources, band(step, BANDS), n) for sources, step, n in rows]
    pairs = con.execute(
        "select record_id_l, record_id_r, match_key, match_probability from review_open where verdict = 'review' "
        "order by match_probability desc, record_id_l, record_id_r limit ?",
        [first],
    ).fetchall()
    return Queue(sum(n for *_, n in counts), counts, pairs)


def sample(con: duckdb.DuckDBPyConnection, size: int, path: Path) -> int:
    """Write `size` pairs (or all there are) to a new CSV file for clerks; returns how many.

    Rows stand in an order that tells nothing of their strata. Raises UsageProblem where nothing was linked yet, there
    are no pairs, or the file is there already or cannot be written.
    """
    drawn = _draw(con, size)
    if not drawn:
        raise UsageProblem("There are no pairs to judge: the last run listed none that are not decided already")
    known = {row[0] for row in con.execute("describe registry.persons").fetchall()}
    shown = [column for column in SHOWN if column in known]
    rows = con.execute(render("review_records.sql", shown=shown)).fetchall()
    write_sample(path, shown, rows)
    return len(rows)


def read_sample(con: duckdb.DuckDBPyConnection, path: Path) -> Answers:
    """Check the answers of a judged sample and estimate what they say of all listed pairs.

    Raises UsageProblem, in one line with row and column, for a file that is not a whole sample of this warehouse.
    """
    answers = read_answers(path)
    drawn = _draw(con, len(answers))
    for answer in answers:
        if answer.pair not in drawn:
            raise UsageProblem(
                f"{path}: row {answer.row}, record_id_r: this pair is not in the sample of {len(answers)} pairs that "
                "the warehouse gives now; rows were added or taken out, or records were linked or decided since"
            )
    said = Counter((drawn[answer.pair], answer.decision) for answer in answers)
    strata = [
        Judged(verdict, band(step, STRATA), n, *(said[(verdict, step), d] for d in ("same", "different", "unsure")))
        for (verdict, step), n in sorted(_sizes(con).items())
    ]
    return Answers(strata, estimates(strata))


def band(step: int, edges: Sequence[float]) -> str:
    """A band of probabilities in words, from how many edges it has at or below it."""
    if step == 0:
        return f"below {edges[0]:g}"
    return f"{edges[step - 1]:g} and above" if step == len(edges) else f"{edges[step - 1]:g} to {edges[step]:g}"


def allocate(sizes: dict[Stratum, int], size: int) -> dict[Stratum, int]:
    """How many pairs to judge in each stratum: the same number, and all of a stratum that has fewer.

    Equal numbers, because each stratum answers a question of its own: proportional ones would spend nearly all of the
    sample on the surest matches. What does not divide goes to the least probable strata first.
    """
    given = dict.fromkeys(sizes, 0)
    left = min(size, sum(sizes.values()))
    while left:
        not_full = [s for s in sorted(sizes, key=lambda s: (s[1], s[0])) if given[s] < sizes[s]]
        each = max(left // len(not_full), 1)
        for stratum in not_full:
            more = min(each, sizes[stratum] - given[stratum], left)
            given[stratum] += more
            left -= more
    return given


def _open_pairs(con: duckdb.DuckDBPyConnection, edges: Sequence[float]) -> None:
    """review_open: the pairs that nobody has decided, each with the step of `edges` that its probability reaches."""
    if not all(table_exists(con, *name) for name in (("linkage", "pairs"), ("registry", "persons"))):
        raise UsageProblem("Nothing has been linked yet, so there is nothing to review; `ibr run` links")
    con.execute(render("review_open.sql", edges=edges, has_decisions=table_exists(con, "linkage", "decisions")))


def _sizes(con: duckdb.DuckDBPyConnection) -> dict[Stratum, int]:
    rows = con.execute("select verdict, step, count(*) from review_open group by all").fetchall()
    return {(verdict, step): n for verdict, step, n in rows}


def _draw(con: duckdb.DuckDBPyConnection, size: int) -> dict[Pair, Stratum]:
    """The sample of `size` pairs, each with its stratum; also as review_drawn (record_id_l, record_id_r)."""
    _open_pairs(con, STRATA)
    con.execute("create or replace temp table review_wanted (verdict varchar, step integer, n bigint)")
    wanted = [[verdict, step, n] for (verdict, step), n in allocate(_sizes(con), size).items()]
    if wanted:
        con.executemany("insert into review_wanted values (?, ?, ?)", wanted)
    con.execute(render("review_drawn.sql"))
    rows = con.execute("select record_id_l, record_id_r, verdict, step from review_drawn").fetchall()
    return {(left, right): (verdict, step) for left, right, verdict, step in rows}
