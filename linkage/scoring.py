"""What a model makes of candidate pairs: weights, odds and probabilities."""

from dataclasses import dataclass

import duckdb
import numpy as np

from linkage.co_members import CoMembers, find_co_members, find_ties, learn_co_members, no_co_members
from linkage.comparison import Patterns, compare
from linkage.prior import Prior, odds_sql
from linkage.standardise import Standardised
from linkage.weights import Learned


@dataclass
class Model:
    """Everything that pairs are judged by. `co_members`: None where records name no household, against a register, and
    where a saved model knows nothing of it."""

    learned: Learned
    prior: Prior
    co_members: CoMembers | None = None

    @property
    def co_members_key(self) -> int:
        """The number of the match key that stands for household co-members, after all others."""
        return len(self.learned.classes)

    @property
    def odds(self) -> str:
        """SQL over pairs with w_m, w_h and co_members: bits for the same person against both other classes."""
        return odds_sql(self.prior, self.co_members.adding if self.co_members else None)


def weigh(
    con: duckdb.DuckDBPyConnection,
    patterns: Patterns,
    learned: Learned,
    pairs: str = "lk_pairs",
    target: str = "lk_weighed",
) -> None:
    """`target` (l, r, keys, w_m, w_h): `pairs` with summed weights in bits; one look-up per distinct pattern."""
    found = con.execute(f"select distinct pattern from {pairs} order by pattern").fetchnumpy()["pattern"]
    person, household = learned.bits(patterns.unpack(np.asarray(found, dtype=np.int64)))
    weights = {"pattern": np.asarray(found, dtype=np.int64), "b_m": person, "b_h": household}
    con.register("lk_weights", as_table(weights))
    # A record beside itself stands for its copies, which were not counted: how rare its values are is not known.
    con.execute(
        f"create or replace temp table {target} as "
        "select l, r, keys, (b_m + if(l = r, 0, tf_own + tf_shared))::double as w_m, "
        f"(b_h + if(l = r, 0, tf_shared))::double as w_h from {pairs} join lk_weights using (pattern)"
    )
    con.unregister("lk_weights")


def as_table(columns: dict[str, np.ndarray]) -> object:
    """Arrays as a table that DuckDB reads."""
    import pyarrow as pa

    return pa.table(columns)


def add_co_members(
    con: duckdb.DuckDBPyConnection, data: Standardised, patterns: Patterns, model: Model, learning: bool
) -> None:
    """To lk_weighed the pairs that household co-members bring (lk_candidates), and the column co_members; where
    `learning`, also what it says to the model. Without households the column is empty."""
    if not data.filled["hh"]:
        no_co_members(con)
        return
    find_ties(con, data, model.prior, model.co_members_key)
    compare(con, data, patterns, "lk_candidates", "lk_more")
    weigh(con, patterns, model.learned, "lk_more", "lk_more_weighed")
    con.execute("insert into lk_weighed from lk_more_weighed")
    find_co_members(con, model.prior)
    if learning:
        model.co_members = learn_co_members(con, model.prior)


def score(con: duckdb.DuckDBPyConnection, model: Model) -> None:
    """lk_scored (l, r, keys, key, match_weight, odds, probability); `key`: number of the first key, -1 identical."""
    con.execute(f"create or replace temp table lk_scored as {scored_sql(model, 'lk_weighed')}")


def scored_sql(model: Model, weighed: str) -> str:
    """SQL: the columns of lk_scored for pairs shaped as lk_weighed, with their co-members."""
    prior = model.prior
    shift = float(np.log2(prior.person / (1 - prior.person)))
    return (
        "select l, r, keys, case when keys = 0 then -1 else bit_count((keys & -keys) - 1) end::int as key, "
        f"odds, odds - {shift!r} as match_weight, 1 / (1 + pow(2, -greatest(least(odds, 60), -60))) as probability "
        f"from (select *, {model.odds} as odds from {weighed})"
    )
