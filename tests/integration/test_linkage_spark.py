"""Linkage on Spark finds what it finds on one machine: the same pairs with the same weights, and the same clusters."""

import duckdb
import numpy as np
import pytest

from linkage import candidates, deduplicate
from tests.integration.spark import needs_java
from tests.property.test_linkage_incremental import COLUMNS, SPECIFICATION, crowd, insert, person

pytestmark = needs_java


@pytest.fixture(scope="module")
def few_pairs():
    """So few that common values are skipped."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "LEAST_PAIRS", 150)
        patch.setattr(candidates, "MOST_PAIRS", 0)
        yield


@pytest.fixture(scope="module")
def both(few_pairs, spark, tmp_path_factory):
    """The records of three lists with families, gaps, slips and 30 copies of one, linked by either engine: the
    connection (schema `o` for one machine, `spark` for Spark), and what either says of itself."""
    from linkage.spark import Trained, link_records

    rng, con = np.random.default_rng(9), duckdb.connect()
    con.execute(f"create table people ({', '.join(c + ' varchar' for c in COLUMNS.split(', '))})")
    con.execute("create table decisions (record_id_l varchar, record_id_r varchar, decision varchar)")
    insert(con, [person(rng, i) for i in range(260)] + [crowd(rng, i) for i in range(30)])
    # Two strangers whom people say are one, two records of one whom they say are not, and one who is gone.
    con.execute(
        "insert into decisions select min(id), max(id), 'same' from people where id not like 'one:x%' "
        "union all select 'one:x00000', 'one:x00001', 'different' union all select 'gone', 'one:x00002', 'same'"
    )
    alone = deduplicate(
        con, SPECIFICATION, "people", "o", compare_clusters=False, keep_in="kept", decisions="decisions"
    )
    folder = tmp_path_factory.mktemp("linked")
    con.execute(f"copy people to '{folder}/people.parquet'")
    shared = link_records(
        spark, Trained.load(con, SPECIFICATION, "kept"), spark.read.parquet(f"{folder}/people.parquet"), folder,
        decisions=con.execute("from decisions").to_arrow_table(),
    )  # fmt: skip
    con.execute("create schema spark")
    for table, frame in (("pairs", shared.pairs), ("clusters", shared.clusters)):
        con.register("lk_found", frame.toArrow())
        con.execute(f"create table spark.{table} as from lk_found")
    return con, alone, shared


@pytest.mark.parametrize("table", ["pairs", "clusters"])
def test_both_engines_find_the_same(both, table):
    con, *_ = both
    assert con.execute(f"select count(*) from o.{table}").fetchone()[0] > 100
    assert con.execute(
        f"(from o.{table} except all from spark.{table}) union all (from spark.{table} except all from o.{table})"
    ).fetchall() == []  # fmt: skip


def test_keys_pair_the_same_blocks(both):
    _, alone, shared = both
    told = [(key.name, key.pairs, key.limit, key.blocks_skipped) for key in alone.keys if key.is_used]
    assert told[:-1] == [(key.name, key.pairs, key.limit, key.blocks_skipped) for key in shared.keys if key.is_used]
    assert any(key.blocks_skipped for key in shared.keys)


def test_the_cases_are_among_them(both):
    """Co-members, copies and decisions: what would go unnoticed if the records held none of it."""
    con, alone, _ = both
    told = {row[0] for row in con.execute("select distinct match_key from spark.pairs").fetchall()}
    assert {"household co-members", "identical records", "decision"} <= told
    assert con.execute("select count(*) from kept.records where stands_for is not null").fetchone()[0] > 20
    assert con.execute("select count(distinct co_members) from kept.pairs").fetchone()[0] > 3
    assert alone.counts["match"] > 50
