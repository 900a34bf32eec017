"""What the report shows of a run beside its parameters: threshold curve, sample pairs, rates by group.

Read off the engine's temporary tables while they exist, as counts: one pass over the scored pairs, one over the
records, and a handful of pairs by name. No value of a record leaves, but the names of groups of SMALLEST_GROUP records
or more.

Rates by group follow GUILD (Gilbert, Lafferty, Hagger-Johnson, Harron, Zhang, Smith, Dibben and Goldstein, "GUILD:
GUidance for Information about Linking Data sets", Journal of Public Health 40, 2018): who is linked less often shows
where a linkage is biased.
"""

import math
from dataclasses import dataclass

import duckdb

from linkage.comparison import Patterns
from linkage.pair_evidence import FieldEvidence, pair_evidence
from linkage.prior import log_odds
from linkage.scoring import Model
from linkage.sql import render, single
from linkage.standardise import Standardised

THRESHOLDS = (
    0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999,
)  # fmt: skip
SMALLEST_GROUP = 20  # records; a smaller group tells of chance, and perhaps of somebody
MOST_GROUPS = 12  # groups shown of one kind, the largest
SURE = 0.9999
FAMILY = 6.0  # bits by which a pair of relatives is rather two people of one household than one person


@dataclass
class CurvePoint:
    """Pairs at or above a threshold, and how many of them the model expects to be one person."""

    threshold: float
    pairs: int
    expected_matches: float


@dataclass
class Curve:
    """What each threshold would take in. `expected_matches`: of all pairs compared, by the sum of probabilities."""

    points: list[CurvePoint]
    expected_matches: float

    def at(self, threshold: float) -> CurvePoint:
        """The point of a threshold that is among them."""
        return next(point for point in self.points if point.threshold == threshold)

    def precision(self, point: CurvePoint) -> float:
        """Expected share of one person among the pairs taken in; 1 where there are none."""
        return point.expected_matches / point.pairs if point.pairs else 1.0

    def recall(self, point: CurvePoint) -> float:
        """Expected share of all matches among compared pairs that are taken in; 1 where there are none."""
        return point.expected_matches / self.expected_matches if self.expected_matches else 1.0


@dataclass
class SamplePair:
    """A pair to look at. Bits: `prior` + fields with their adjustments + `household` + `rivals` = `odds`.

    `household`: what two people of one household would agree on as well. `rivals`: other candidates of the record in
    a register; None without one.
    """

    band: str
    record_id_l: str
    record_id_r: str
    probability: float
    odds: float
    prior: float
    fields: list[FieldEvidence]
    household: float
    rivals: float | None = None


@dataclass
class GroupRate:
    """Records of a group, and how many are linked (else in a pair for review). `group` None: the smaller groups."""

    kind: str
    group: str | None
    records: int
    matched: int
    review: int


@dataclass
class Joined:
    """Pairs of records that clusters hold: how many are matches or in review by themselves, how many of those in review
    the model expects to be one person, and how many are not listed as pairs: together through other records, or copies
    of one record."""

    matches: int
    review: int
    expected_review: float
    not_listed: int

    @property
    def pairs(self) -> int:
        return self.matches + self.review + self.not_listed


@dataclass
class Evidence:
    """Everything the report shows beside the model and its keys. `joined`: None against a register."""

    curve: Curve
    joined: Joined | None
    pairs: list[SamplePair]
    groups: list[GroupRate]


def gather(
    con: duckdb.DuckDBPyConnection,
    data: Standardised,
    patterns: Patterns,
    model: Model,
    limits: dict[str, float],
    output_schema: str,
) -> Evidence:
    """The evidence of a run, once its results are written and before its temporary tables go.

    `limits`: the thresholds match and review; `model`: as in the scores.
    """
    return Evidence(
        curve=_curve(con, data, limits),
        joined=None if data.registered else _joined(con, output_schema),
        pairs=_sample_pairs(con, data, patterns, model, limits),
        groups=_groups(con, data, limits),
    )


def _curve(con: duckdb.DuckDBPyConnection, data: Standardised, limits: dict[str, float]) -> Curve:
    steps = sorted({*THRESHOLDS, *limits.values()})
    # Most pairs are far below: the first test is the one that answers.
    reached = "case " + " ".join(f"when probability < {t!r} then {i}" for i, t in enumerate(steps))
    # Probabilities are summed as whole numbers: exact in any order, and so the same on any number of threads.
    expected = "sum(n * round(expected * (1::bigint << 40))::bigint)::double / (1::bigint << 40)"
    rows = con.execute(
        f"select {reached} else {len(steps)} end as reached, sum(n)::bigint, {expected} "
        f"from ({_taken(data)}) group by 1 order by 1"
    ).fetchall()
    points = [
        CurvePoint(t, sum(n for step, n, _ in rows if step > i), math.fsum(e for step, _, e in rows if step > i))
        for i, t in enumerate(steps)
    ]
    return Curve(points, math.fsum(expected for *_, expected in rows))


def _joined(con: duckdb.DuckDBPyConnection, schema: str) -> Joined:
    held = single(
        con,
        "select sum(n * (n - 1) // 2)::bigint from "
        f"(select count(*)::bigint as n from {schema}.clusters group by entity_id)",
    )
    matches, review, expected = con.execute(
        "select count(*) filter (where verdict = 'match'), count(*) filter (where verdict = 'review'), "
        "coalesce(sum(match_probability) filter (where verdict = 'review'), 0) "
        f"from {schema}.pairs p join {schema}.clusters a on a.record_id = p.record_id_l "
        f"join {schema}.clusters b on b.record_id = p.record_id_r where a.entity_id = b.entity_id"
    ).fetchall()[0]
    return Joined(matches, review, expected, held - matches - review)


def _taken(data: Standardised) -> str:
    """SQL: (probability, n pairs that have it, expected matches in each); copies of a record count as it does.

    Against a register a record's best candidate is what is taken, and whoever else it may be is missed: a candidate
    that is not the best counts no pair, but what it expects counts below every threshold.
    """
    if data.registered:
        best = "if(place = 1, probability, 0)"
        return (
            f"select {best} as probability, 1 + coalesce(copies, 0) as n, probability as expected "
            "from lk_scored left join (select stands_for, count(*) as copies from lk_shadow group by 1) "
            "on stands_for = l"
        )
    return (
        "select probability, 1 as n, probability as expected from lk_scored where l <> r "
        "union all select p.probability, 1, p.probability from lk_scored p join lk_shadow s on s.stands_for = p.l "
        "where p.l = p.r"
    )


def _sample_pairs(
    con: duckdb.DuckDBPyConnection,
    data: Standardised,
    patterns: Patterns,
    model: Model,
    limits: dict[str, float],
) -> list[SamplePair]:
    """One pair of each band, the same one in every run on the same records."""
    prior, co_members = model.prior, "lk_weighed" if model.co_members else None
    con.execute(render("sample_pairs.sql", linking=data.registered > 0, sure=SURE, family=FAMILY, **limits))
    try:
        chosen = {
            (left, right): (band, a, b, odds, probability)
            for band, left, right, a, b, odds, probability in con.execute(
                "select band, s.l, s.r, a.record_id, b.record_id, odds, probability from lk_shown s "
                "join lk_number a on a.r = s.l join lk_number b on b.r = s.r order by place"
            ).fetchall()
        }
        evidence = {(e.l, e.r): e for e in pair_evidence(con, data, patterns, model, "lk_shown", co_members)}
    finally:
        con.execute("drop table if exists temp.lk_shown")
    found = []
    for pair, (band, a, b, odds, probability) in chosen.items():
        said = evidence[pair]
        _, household, _ = prior.steps(said.person, said.relatives)
        rivals = None
        if data.registered:
            rivals = min(_logit(probability) - odds, 0.0)
        found.append(
            SamplePair(band, a, b, probability, odds, odds - said.person - household, said.fields, household, rivals)
        )
    return found


def _logit(probability: float) -> float:
    """Odds in bits; beyond 40 bits a probability in a double says no more, and nothing has spoken against it."""
    return math.inf if probability > 1 - 2.0**-40 else log_odds(max(probability, 2.0**-60))


def _groups(con: duckdb.DuckDBPyConnection, data: Standardised, limits: dict[str, float]) -> list[GroupRate]:
    """Rates by sex, whether there is an identifier, source, first place and decade of birth, where they are known."""
    place = min(data.places, default=None)
    # Of each kind: whether it is known, SQL for the value, and for its name.
    kinds = {
        "sex": (data.filled["sex"], "sex",
                "case {0} when 'M' then 'male' when 'F' then 'female' else 'not recorded' end"),
        "identifier": (data.filled["nid"], "nid is null", "if({0}, 'without identifier', 'with identifier')"),
        "source": (True, "source", "coalesce({0}, 'not recorded')"),
        "decade of birth": (data.filled["y"], "y // 10", "coalesce({0} * 10 || 's', 'not recorded')"),
    }  # fmt: skip
    if place:
        title = next(field.title for field in data.fields if field.name == place)
        kinds[title] = (True, place, "coalesce({0}, 'not recorded')")
    chosen = {kind: {"value": value, "name": name} for kind, (known, value, name) in kinds.items() if known}
    rows = con.execute(
        render(
            "group_rates.sql", kinds=list(chosen.values()), linking=data.registered > 0,
            smallest=SMALLEST_GROUP, most=MOST_GROUPS, **limits,
        )
    ).fetchall()  # fmt: skip
    names = list(chosen)
    found = [GroupRate(names[kind], *row) for kind, *row in rows]
    # A kind with one group compares nothing.
    several = {kind for kind in names if sum(rate.kind == kind for rate in found) > 1}
    return [rate for rate in found if rate.kind in several]
