"""Clustering against references that do it one step at a time, and results that row order and threads leave alone."""

import duckdb
import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import average, fcluster
from scipy.spatial.distance import squareform

from linkage import Specification, deduplicate
from linkage.clustering import HIGHEST, LOWEST, NEVER_COMPARED, average_linkage, components
from linkage.engine import LONE_MARGIN, UNSURE, cluster_records
from linkage.standardise import Standardised
from tests.unit.test_linkage_trouble import COLUMNS, people, village


@st.composite
def graphs(draw):
    size = draw(st.integers(2, 14))
    seed = draw(st.integers(0, 2**32 - 1))
    share = draw(st.floats(0.1, 1.0))
    rng = np.random.default_rng(seed)
    left, right = np.triu_indices(size, 1)
    kept = rng.random(len(left)) < share
    return size, left[kept], right[kept], rng.uniform(-14.9, 11.9, kept.sum())


def partition(labels):
    groups = {}
    for i, label in enumerate(labels):
        groups.setdefault(int(label), set()).add(i)
    return {frozenset(group) for group in groups.values()}


@given(graphs())
@settings(max_examples=200, deadline=None)
def test_components_are_networkx_components(graph):
    size, left, right, _ = graph
    reference = nx.Graph()
    reference.add_nodes_from(range(size))
    reference.add_edges_from(zip(left.tolist(), right.tolist(), strict=True))
    assert partition(components(left, right, size)) == {frozenset(c) for c in nx.connected_components(reference)}


@given(graphs())
@settings(max_examples=200, deadline=None)
def test_average_linkage_is_scipys(graph):
    size, left, right, odds = graph
    odds = np.rint(np.clip(odds, LOWEST, HIGHEST) * 1024) / 1024
    similarity = np.full((size, size), NEVER_COMPARED)
    similarity[left, right] = similarity[right, left] = odds
    distance = 100 - similarity
    np.fill_diagonal(distance, 0)
    expected = fcluster(average(squareform(distance)), 100, criterion="distance")
    assert partition(average_linkage(left, right, odds, size)) == partition(expected)


@given(graphs(), st.sampled_from([0.5, 0.9, 0.99]), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_pairs_of_records_that_cannot_join_make_no_difference(graph, joins_from, decided):
    size, left, right, odds = graph
    decisions = [(k, size - 1 - k, "same") for k in range(decided) if k < size - 1 - k]
    with duckdb.connect(":memory:", config={"threads": 1}) as con:
        con.register("drawn", pa.table({"l": left, "r": right, "odds": odds}))
        con.execute(f"create temp table lk_plain as select r, r::varchar as record_id from range({size}) t(r)")
        con.execute("create temp table lk_scored as from drawn")
        con.execute("create temp table lk_decided (l integer, r integer, decision varchar)")
        if decisions:
            con.executemany("insert into lk_decided values (?, ?, ?)", decisions)
        same = np.array([pair[:2] for pair in decisions], dtype=np.int64).reshape(-1, 2)
        different = np.empty((0, 2), dtype=np.int64)
        found, _ = cluster_records(con, Standardised(size, 0, size, [], [], {}), same, different, joins_from)
        marks = con.execute("select hash(record_id) as mark from lk_plain order by r").fetchnumpy()["mark"]
    sure = np.where((odds > UNSURE) & (odds < np.log2(joins_from / (1 - joins_from))), UNSURE, odds)
    expected = average_linkage(left, right, sure, size, same, different, LONE_MARGIN, marks)
    assert found.tolist() == expected.tolist()


@given(graphs(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_order_of_pairs_does_not_matter(graph, random):
    size, left, right, odds = graph
    order = list(range(len(left)))
    random.shuffle(order)
    order = np.array(order, dtype=int)
    first = average_linkage(left, right, odds, size)
    assert (average_linkage(right[order], left[order], odds[order], size) == first).all()


@given(graphs(), st.integers(0, 1000))
@settings(max_examples=100, deadline=None)
def test_decisions_always_win(graph, seed):
    size, left, right, odds = graph
    rng = np.random.default_rng(seed)
    same = rng.integers(0, size, (1, 2))
    different = rng.integers(0, size, (1, 2))
    found = average_linkage(left, right, odds, size, same, different)
    assert found[same[0, 0]] == found[same[0, 1]]
    if different[0, 0] != different[0, 1] and set(different[0]) != set(same[0]):
        assert found[different[0, 0]] != found[different[0, 1]]


def test_a_big_clique_of_equals_takes_few_rounds():
    left, right = np.triu_indices(1500, 1)
    assert len(set(average_linkage(left, right, np.full(len(left), 9.0), 1500))) == 1


def test_a_chain_held_by_weak_links_is_not_one_person():
    left = np.arange(99)
    assert len(set(average_linkage(left, left + 1, np.full(99, 0.5), 100))) > 10


@pytest.mark.parametrize(("order", "threads"), [("id desc", 1), ("hash(id)", 2)])
def test_row_order_and_threads_do_not_matter(order, threads):
    specification = Specification.from_mapping({"record_id": "id", "columns": COLUMNS})
    con = duckdb.connect()
    people(con, village())
    first = deduplicate(con, specification, "people", "o")
    con.execute(f"set threads = {threads}")
    con.execute(f"create table shuffled as from people order by {order}")
    second = deduplicate(con, specification, "shuffled", "p")
    assert first.model == second.model
    for table in ("pairs", "clusters"):
        assert (
            con.execute(f"from o.{table} order by all").fetchall()
            == con.execute(f"from p.{table} order by all").fetchall()
        )
