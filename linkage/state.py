"""The state of a registry's linkage: what the next run needs so as to look only at what changed.

A schema of its own with records as standardised, their weighed pairs, and areas. An area is a set of records of which
none bears on the outcome of another area's: what clustering may join, what decisions join, copies with the record that
stands for them, and the members of households that have one in common. Clusters never reach beyond an area
(average_linkage looks inside components only), so an area that nothing touched stays as it was.
"""

import duckdb
import numpy as np

from linkage.basis import Basis
from linkage.clustering import components
from linkage.prior import TELLING, log_odds
from linkage.scoring import as_table
from linkage.specification import Specification
from linkage.sql import literal, quote, render
from linkage.standardise import Standardised, household, signature
from linkage.term_frequency import SHADOWS, frequency_table, make_compared

NO_DECISIONS = "select ''::varchar as record_id_l, ''::varchar as record_id_r, ''::varchar as decision where false"


def see_records(con: duckdb.DuckDBPyConnection, specification: Specification, records: str) -> None:
    """lk_seen (record_id, fingerprint): what each record says in the columns that play a role, and whether its source
    lists others with it (lk_household), as one number."""
    named = [column for _, column in specification.columns.columns_by_role()]
    source = [specification.source] if specification.source else []
    values = ", ".join(f"cast({quote(column)} as varchar)" for column in dict.fromkeys([*source, *named]))
    record_id = f"cast({quote(specification.record_id)} as varchar)"
    con.execute(
        f"create or replace temp table lk_seen as select {record_id} as record_id, "
        f"hash({values}, coalesce({household(specification)} in (select hh from lk_household), false)) as fingerprint "
        f"from {records}"
    )


def keep_state(
    con: duckdb.DuckDBPyConnection, state: str, data: Standardised, basis: Basis, odds: str, decisions: str | None
) -> None:
    """Write the state of a run over all records, whose tables (lk_...) are still there, into the schema `state`.

    Reads lk_seen and lk_area. `odds`: SQL of a pair's odds in bits by the fields alone, which co-members are found by.
    An earlier state in the schema is replaced.
    """
    con.execute(f"drop schema if exists {state} cascade; create schema {state}")
    if data.shadows:
        con.execute(make_compared(data, "lk_shadow_rec", SHADOWS))
    con.execute(
        render(
            "state_keep.sql", state=state, signature=signature(data.filled), shadows=data.shadows, odds=odds,
            telling=TELLING, decisions=decisions_sql(decisions), learned=literal(basis.as_json()),
            frequencies=[(column, frequency_table(column)) for column in data.once],
        )
    )  # fmt: skip


def apply_changes(con: duckdb.DuckDBPyConnection, state: str, target: str) -> None:
    """Bring the state up to date with what `deduplicate_changes` left in the schema `target`."""
    con.execute(render("state_apply.sql", state=state, target=target))


def decisions_sql(decisions: str | None) -> str:
    """SQL: the decided pairs (record_id_l, record_id_r, decision)."""
    if decisions is None:
        return NO_DECISIONS
    columns = "record_id_l::varchar as record_id_l, record_id_r::varchar as record_id_r, decision::varchar as decision"
    return f"select {columns} from {decisions}"


def near_odds(review: float) -> float:
    """Bits from which a pair may join clusters or be written; a hair lower, for weights are rounded."""
    return min(0.0, log_odds(review)) - 0.01


def find_areas(con: duckdb.DuckDBPyConnection, records: int, same: np.ndarray, review: float) -> None:
    """lk_area (r, area: its smallest record, entity: its cluster's) of the records that are not alone in theirs.

    Reads lk_scored, lk_shadow, lk_tie and lk_cluster. Households with a member in common stand or fall together.
    """
    pairs = con.execute(
        f"select l, r from lk_scored where odds > {near_odds(review)!r} and l <> r "
        "union all select stands_for, shadow from lk_shadow union all select l, r from lk_tie "
        "union all select min(r) over (partition by hh), r from lk_rec "
        "where hh in (select hh_l from lk_tie union select hh_r from lk_tie)"
    ).fetchnumpy()
    left = np.concatenate([pairs["l"], same[:, 0]]).astype(np.int64)
    right = np.concatenate([pairs["r"], same[:, 1]]).astype(np.int64)
    area = components(left, right, records)
    shared = np.bincount(area, minlength=records)[area] > 1
    rows = {"r": np.flatnonzero(shared).astype(np.int32), "area": area[shared].astype(np.int32)}
    con.register("lk_numbers", as_table(rows))
    con.execute(
        "create or replace temp table lk_area as select a.r, a.area, c.first as entity "
        "from lk_numbers a join lk_cluster c using (r)"
    )
    con.unregister("lk_numbers")

