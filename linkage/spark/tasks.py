"""What a task does with its rows, in a DuckDB of its own, by the SQL of one machine.

Each takes a batch of rows and gives the rows it makes of them. A batch is a part of the records, or of the pairs with
both their records; only `Settle` needs whole areas (state.py).
"""

from dataclasses import dataclass

import duckdb
import pyarrow as pa

from linkage.co_members import CAN_BE, NOBODY, TITLE, is_tie
from linkage.comparison import compared_sql
from linkage.engine import write_results
from linkage.match_keys import hash_values, key_values_sql
from linkage.prior import TELLING, odds_sql
from linkage.results import KeyYield
from linkage.scoring import weigh
from linkage.settle import settle
from linkage.spark.frames import connect, signed, unsigned
from linkage.spark.trained import STATE, Trained
from linkage.sql import render, single
from linkage.standardise import Standardised, signature, standardise_more
from linkage.state import find_areas
from linkage.term_frequency import frequency_table, make_compared, share_sql

NO_VALUES = "select 0::tinyint as key, 0::bigint as h, 0::bigint as r where false"  # of a plan that runs no key
# The rows that `Settle` makes, of several tables: of `pairs` and `clusters` (record_id_r is the entity_id), and of a
# state's pairs, ties and areas (r, l: area, keys: entity).
SETTLED = (
    "kind string, record_id_l string, record_id_r string, match_key string, match_weight double, "
    "match_probability double, verdict string, l bigint, r bigint, keys bigint, w_m double, w_h double, "
    "co_members byte, hh_l bigint, hh_r bigint"
)


@dataclass(frozen=True)
class Standardise:
    """Records as they were given → one row a record, every role in its comparable form (records.sql)."""

    trained: Trained

    def prepare(self, con: duckdb.DuckDBPyConnection) -> None:
        self.trained.unpack(con)

    def __call__(self, con: duckdb.DuckDBPyConnection, records: pa.Table) -> pa.Table:
        con.register("lk_given", records)
        standardise_more(con, self.trained.specification, "lk_given", STATE)
        con.unregister("lk_given")
        return con.execute(
            f"select * exclude (r) replace ({signed('hh')} as hh), "
            f"{signed(signature(self.trained.basis.filled))} as signature from lk_plain"
        ).to_arrow_table()


@dataclass(frozen=True)
class AddFrequencies:
    """Standardised records with how many hold each value (n_<column>) and whether their household lists others → the
    table that keys and comparisons read (compared.sql), with signature and stands_for. `totals`: records with any
    value, by column."""

    data: Standardised
    totals: dict[str, int]

    def prepare(self, con: duckdb.DuckDBPyConnection) -> None:
        """Nothing is needed beside the rows."""

    def __call__(self, con: duckdb.DuckDBPyConnection, records: pa.Table) -> pa.Table:
        con.register("lk_given", records)
        counted = ", ".join(f"n_{column}" for column in self.totals)
        con.execute(
            "create or replace temp table lk_plain as "
            f"select * exclude (signature, stands_for, is_accompanied, {counted}) "
            f"replace ({unsigned('hh')} as hh) from lk_given;"
            f"create or replace temp table lk_household as "
            f"select distinct {unsigned('hh')} as hh from lk_given where is_accompanied;"
            # Where the sound codes look for names.
            "create or replace temp view lk_text as select given as first_token, given as first_core, "
            "family as joined, null::varchar as last_core, mother as whole from lk_plain"
        )
        for known in self.data.frequent:
            column, holders = known.column, f"n_{known.column}"
            con.execute(
                f"create or replace temp table {frequency_table(column)} as select distinct {column} as value, "
                f"{share_sql(known, self.totals[column], holders)} as share from lk_given where {holders} > 1"
            )
        con.execute(render("sounds.sql", mothers=True))
        con.execute(make_compared(self.data, "lk_rec", "lk_plain"))
        made = con.execute(
            f"select c.* replace ({signed('c.hh')} as hh), g.signature, g.stands_for "
            "from lk_rec c join lk_given g using (r)"
        ).to_arrow_table()
        con.unregister("lk_given")
        return made


@dataclass(frozen=True)
class KeyValues:
    """Records → the values of their match keys (key, h, r), of the keys that the plan runs."""

    trained: Trained

    def prepare(self, con: duckdb.DuckDBPyConnection) -> None:
        """Nothing is needed beside the rows."""

    def __call__(self, con: duckdb.DuckDBPyConnection, records: pa.Table) -> pa.Table:
        _records(con, "lk_rec", records)
        numbers = [number for number, _ in self.trained.basis.plan]
        keys = hash_values(con, [self.trained.keys[number] for number in numbers])
        values = " union all ".join(
            f"select {number}::tinyint as key, {signed('h')} as h, r from ({key_values_sql(key)})"
            for number, key in zip(numbers, keys, strict=True)
        )
        return con.execute(values or NO_VALUES).to_arrow_table()


@dataclass(frozen=True)
class Weigh:
    """Pairs with their two records (l, r, keys, a, b) → l, r, keys, w_m, w_h as in lk_weighed; the level of co-members
    where nobody bears the pair out; and, of pairs that tie two households if they are sure, hh_l and hh_r."""

    trained: Trained
    data: Standardised

    def prepare(self, con: duckdb.DuckDBPyConnection) -> None:
        """Nothing is needed beside the rows."""

    def __call__(self, con: duckdb.DuckDBPyConnection, pairs: pa.Table) -> pa.Table:
        con.register("lk_given", pairs)
        # Sides are told apart by the sign: a record beside itself would count as a copy.
        con.execute(
            "create or replace temp table lk_numbered as select *, row_number() over () as i from lk_given;"
            "create or replace temp table lk_left as select i as r, unnest(a) from lk_numbered;"
            "create or replace temp table lk_right as select -i as r, unnest(b) from lk_numbered;"
            "create or replace temp table lk_asked as select i as l, -i as r, keys from lk_numbered"
        )
        con.unregister("lk_given")
        for side, table in (("lk_left", "lk_rec"), ("lk_right", "lk_other")):
            con.execute(
                f"create or replace temp table {table} as select * replace ({unsigned('hh')} as hh) from {side}"
            )
        model, patterns = self.trained.model, self.trained.patterns
        con.execute(
            "create or replace temp table lk_pairs as " + compared_sql(self.data, patterns, "lk_asked", "lk_other")
        )
        weigh(con, patterns, model.learned)
        ties = is_tie(self.data)
        return con.execute(
            f"select n.l, n.r, n.keys, w_m, w_h, case when {CAN_BE} then {NOBODY} end as nobody, "
            f"if({ties}, {signed('a.hh')}, null) as hh_l, if({ties}, {signed('b.hh')}, null) as hh_r "
            "from lk_weighed w join lk_numbered n on n.i = w.l "
            "join lk_rec a on a.r = w.l join lk_other b on b.r = w.r"
        ).to_arrow_table()


@dataclass(frozen=True)
class Settle:
    """The records of whole areas and the telling pairs between them → pairs, clusters, and what a state keeps
    (SETTLED)."""

    trained: Trained
    data: Standardised
    limits: dict[str, float]
    join_probability: float
    decisions: pa.Table | None = None

    def __call__(self, members: pa.Table, pairs: pa.Table) -> pa.Table:
        model = self.trained.model
        with connect() as con:
            con.register("lk_members", members)
            con.register("lk_known", pairs)
            con.execute(render("spark_part.sql", hh=unsigned("hh")))
            decisions = None
            if self.decisions is not None:
                con.register(decisions := "lk_decisions", self.decisions)
            records = single(con, "select count(*) from lk_plain")
            data = self.trained.basis.standardised(records, single(con, "select count(*) from lk_shadow"))
            data.once, data.chance = self.data.once, self.data.chance
            same, _ = settle(con, data, self.trained.patterns, model, decisions, self.join_probability)
            names = [KeyYield(name) for name in [*(key.name for key in self.trained.keys), TITLE]]
            write_results(con, names, self.limits, "part_pairs", "part_clusters")
            find_areas(con, records, same, self.limits["review"])
            beside = 1 << model.co_members_key
            return con.execute(
                render("spark_settled.sql", hh=signed, odds=odds_sql(model.prior), telling=TELLING, beside=beside)
            ).to_arrow_table()


def _records(con: duckdb.DuckDBPyConnection, table: str, records: pa.Table) -> None:
    con.register("lk_given", records)
    con.execute(f"create or replace temp table {table} as select * replace ({unsigned('hh')} as hh) from lk_given")
    con.unregister("lk_given")
