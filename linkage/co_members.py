"""Household co-members: whether other people of two records' households are one person too.

A misspelt name and a wrong year leave a pair in doubt; that two more members of the one household are surely two of the
other removes it, and that one of the two records is surely somebody else of that household says the opposite. Judged by
fields alone, such pairs went to review: on the sample country automatic recall rose from .976 to .991, on ten times as
many records, with finer match keys beside, from .975 to .993, at the same precision.

The shares are learned as those of fields are, in one step: by the probabilities that the fields alone give each pair.
Records of one household of one source are not asked, nor those of a household with one record, or with more than a
family has: missing is not disagreeing.

Households that have a member in common are also where to look for more: whoever of their other members no match key
brought together is compared too. As a match key it is the cheapest there is: of 4.3 million records it brought 206,000
pairs, which made up for 12 million pairs of other keys (recall with review .997).
"""

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np

from ibr.errors import ConfigurationProblem
from linkage.prior import TELLING, Prior, log_odds, odds_sql
from linkage.sql import render
from linkage.standardise import Standardised

NAME, TITLE = "co_members", "household co-members"
LABELS = (
    "no other member in common", "one other member in common", "two or more other members in common",
    "one of the two is somebody else of that household",
)  # fmt: skip
# A family is not enrolled a second time by the program that pays it as it is by another.
CONTEXTS = ("listed by one source", "listed by different sources")
# Nobody else in common, in one source: who collects for several households stands in each of them alone.
SAYS_NOTHING = 0
# From this probability, by the fields alone, two records are a member in common, if they also share a birth date or a
# number that few have. Namesakes are none: of 43,216 records, a fifth of them born on one day, a filler, they tied so
# many families that this evidence took minutes; now 6 s.
SURE = 0.99
MOST_HOLDERS, LEAST_HOLDERS = 0.001, 20  # share of the records that hold the value; always so many records
MOST_TIED = 20  # households that one is tied to; more is a filler or an institution, and no pairs are looked for
# SQL: whether two records a and b can be borne out, and the level of a pair that nobody bears out.
CAN_BE = "a.hh <> b.hh and a.is_accompanied and b.is_accompanied"
NOBODY = f"({len(LABELS)} * (a.source is distinct from b.source)::int)::tinyint"
# Where learning starts: shares of the levels among pairs of one person, of one household, and unrelated ones.
START = ((0.45, 0.15, 0.35, 0.05), (0.60, 0.10, 0.15, 0.15), (0.94, 0.02, 0.01, 0.03))
BELIEF = 20.0  # pairs' worth of belief in them


@dataclass
class CoMembers:
    """Shares per level, one context after the other: m same person, h same household, u unrelated; shape (8,) each."""

    m: np.ndarray
    h: np.ndarray
    u: np.ndarray

    @property
    def bits(self) -> tuple[np.ndarray, np.ndarray]:
        """Weights of the levels in bits: person and household against unrelated."""
        told = np.arange(len(self.m)) != SAYS_NOTHING
        return np.where(told, np.log2(self.m / self.u), 0.0), np.where(told, np.log2(self.h / self.u), 0.0)

    @property
    def adding(self) -> tuple[str, str]:
        """SQL: what the column co_members adds to w_m and to w_h."""
        person, household = (
            "case co_members " + " ".join(f"when {i} then {float(b)!r}" for i, b in enumerate(bits)) + " else 0 end"
            for bits in self.bits
        )
        return person, household

    @property
    def most_without(self) -> float:
        """The most bits that having no other member in common can add to the odds of a pair."""
        person, household = self.bits
        return max(0.0, *(float(max(person[i], person[i] - household[i])) for i in (0, len(LABELS))))

    def as_mapping(self) -> dict[str, Any]:
        """As models tell a field."""
        person, household = self.bits
        levels = [
            {"label": label(i), "m": float(self.m[i]), "h": float(self.h[i]), "u": float(self.u[i]),
             "u_namesakes": float(self.u[i]), "weight": round(float(person[i]), 3),
             "household_weight": round(float(household[i]), 3)}
            for i in range(len(self.m))
        ]  # fmt: skip
        return {"kind": NAME, "title": TITLE, "parent": None, "levels": levels}

    @classmethod
    def from_mapping(cls, told: dict[str, Any]) -> "CoMembers":
        """From `as_mapping`. ConfigurationProblem where its levels are others."""
        if len(told["levels"]) != len(LABELS) * len(CONTEXTS):
            raise ConfigurationProblem(f"The model has other levels for {NAME}; train again with model: auto")
        m, h, u = (np.array([level[name] for level in told["levels"]]) for name in ("m", "h", "u"))
        return cls(m, h, u)


def label(level: int) -> str:
    """A level in words."""
    context, plain = divmod(level, len(LABELS))
    return f"{LABELS[plain]} ({CONTEXTS[context]})"


def is_tie(data: Standardised) -> str:
    """SQL: whether records a and b, surely one person, are so by something of their own."""
    shared = []
    for column in ("dob", "nid"):
        if column in data.once:
            rare = max(float(np.log2(MOST_HOLDERS)), data.once[column] + float(np.log2(LEAST_HOLDERS)))
            shared.append(f"(a.{column} = b.{column} and a.tf_{column} <= {rare!r})")
    if data.filled["oid"]:
        shared.append("list_has_any(a.oid, b.oid)")
    return f"({CAN_BE} and ({' or '.join(shared) or 'false'}))"


def find_ties(con: duckdb.DuckDBPyConnection, data: Standardised, prior: Prior, key: int) -> None:
    """lk_tie (l, r, hh_l, hh_r): members that two households have in common, by the fields alone; lk_candidates: their
    other members, as pairs that are not in lk_weighed, under the match key of number `key`. Reads lk_rec."""
    con.execute(
        render("co_member_ties.sql", odds=odds_sql(prior), sure=log_odds(SURE), most=MOST_TIED, key=key,
               is_tie=is_tie(data))
    )


def find_co_members(con: duckdb.DuckDBPyConnection, prior: Prior) -> None:
    """Give lk_weighed the column co_members: a level, null where it says nothing. Reads lk_tie and lk_rec."""
    con.execute(render("co_members.sql", odds=odds_sql(prior), sure=log_odds(SURE), telling=TELLING, can_be=CAN_BE,
                       nobody=NOBODY))  # fmt: skip


def no_co_members(con: duckdb.DuckDBPyConnection) -> None:
    """As `find_ties` and `find_co_members` where no record names a household."""
    con.execute("create or replace temp table lk_tie (l integer, r integer, hh_l ubigint, hh_r ubigint)")
    con.execute("create or replace temp table lk_candidates (l integer, r integer, keys bigint)")
    con.execute("alter table lk_weighed add column co_members tinyint")


def learn_co_members(con: duckdb.DuckDBPyConnection, prior: Prior) -> CoMembers:
    """The shares, from lk_weighed. Weights are counted in quarter bits: sums are then the same on any threads."""
    rows = con.execute(
        "select co_members as level, (round(least(w_m, 60) * 4))::int as m, (round(least(w_h, 60) * 4))::int as h, "
        "count(*)::double as n from lk_weighed where co_members is not null group by 1, 2, 3 order by 1, 2, 3"
    ).fetchnumpy()
    person = prior.person * np.exp2(rows["m"] / 4)
    household = prior.household * np.exp2(rows["h"] / 4)
    whole = person + household + prior.unrelated
    levels = np.asarray(rows["level"], dtype=np.int64)
    shares = []
    for start, part in zip(START, (person / whole, household / whole, prior.unrelated / whole), strict=True):
        believed = BELIEF * np.tile(np.asarray(start), len(CONTEXTS))
        seen = np.bincount(levels, weights=part * rows["n"], minlength=len(believed)) + believed
        by_context = seen.reshape(len(CONTEXTS), -1)
        shares.append((by_context / by_context.sum(axis=1, keepdims=True)).ravel())
    return CoMembers(*shares)
