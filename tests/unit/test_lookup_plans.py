"""Statements that a look-up prepares: what they give, and by which joins."""

import duckdb
import pyarrow as pa
import pytest

from linkage.lookup.nested_loops import FEW, with_nested_loops
from linkage.lookup.planned import PlannedConnection

ROWS = """
create table a as from (values (1, 'x'), (2, null), (null, 'y'), (2, 'z')) t(k, v);
create table b as from (values (1, 'p'), (2, 'q'), (2, null), (null, 'r')) t(k, w);
create table c as from range(0) t(k)
"""


@pytest.fixture
def con():
    with duckdb.connect() as con:
        con.execute(ROWS)
        yield con


@pytest.mark.parametrize("query", [
    "select a.v, b.w from a left join b on b.k = a.k",
    "select a.v, b.w from a join b on b.k = a.k and a.v is not null",
    "select a.v, b.w from a left join b on b.k is not distinct from a.k left join c on c.k = a.k",
    "select a.v from a semi join b on b.k = a.k",
    "from a anti join b on b.k = a.k",
    "with d as (select k, list(w order by w) as ws from b group by k) "
    "select v, list_filter(ws, lambda w: w <> 'q') as ws from a left join d on d.k = a.k",
    "select v from a union all select w from (select b.w from b join a on a.k = b.k)",
])  # fmt: skip
def test_nested_loops_give_the_same_without_a_hash_join(con, query):
    nested = with_nested_loops(con, query)
    assert sorted(con.execute(nested).fetchall(), key=str) == sorted(con.execute(query).fetchall(), key=str)
    assert "HASH_JOIN" in _plan(con, query), "else this proves nothing"
    assert "HASH_JOIN" not in _plan(con, nested)


def test_what_inserts_still_inserts(con):
    con.execute("create table d (v varchar, w varchar)")
    nested = with_nested_loops(con, "INSERT INTO d select v, w from a join b on b.k = a.k")
    assert "HASH_JOIN" not in _plan(con, nested)
    con.execute(nested)
    expected = [(None, "q"), (None, None), ("x", "p"), ("z", "q"), ("z", None)]
    assert sorted(con.execute("from d").fetchall(), key=str) == sorted(expected, key=str)


def test_what_joins_nothing_stays(con):
    assert with_nested_loops(con, "INSERT INTO d BY NAME FROM slot") == "INSERT INTO d BY NAME FROM slot"


@pytest.mark.parametrize("rows", [1, FEW, FEW + 1, 3 * FEW])
def test_few_rows_and_many_are_answered_alike(rows):
    asked = pa.table({"k": list(range(rows))})
    assert _Settled().answer(asked) == [(k, f"v{k}" if k < 20 else None) for k in range(rows)]


def test_nothing_of_an_earlier_question_is_left():
    settled = _Settled()
    assert len(settled.answer(pa.table({"k": [1, 2]}))) == 2
    assert settled.answer(pa.table({"k": pa.array([], pa.int64())})) == []
    with settled.planned.once(2):
        settled.planned.register("asked", pa.table({"k": [1, 2]}))
        settled.planned.register("asked", pa.table({"k": pa.array([], pa.int64())}))
        assert settled.planned.execute(_Settled.SCRIPT).fetchall() == []


class _Settled:
    """A connection that has learned one script, which joins what is asked with twenty values."""

    SCRIPT = (
        "create or replace temp table found as select asked.k, v from asked left join twenty on twenty.k = asked.k; "
        "select * from found order by k"
    )

    def __init__(self) -> None:
        con = duckdb.connect()
        con.execute("SET disabled_optimizers = 'statistics_propagation'")  # plans outlive what they were made from
        con.execute("create table twenty as select range as k, 'v' || range as v from range(20)")
        self.planned = PlannedConnection(con, "work")
        con.execute("set search_path = 'work,main'")
        self.answer(pa.table({"k": [1]}))
        self.planned.settle()

    def answer(self, asked: pa.Table) -> list[tuple]:
        with self.planned.once(len(asked)):
            self.planned.register("asked", asked)
            return self.planned.execute(self.SCRIPT).fetchall()


def _plan(con, statement: str) -> str:
    return con.execute(f"EXPLAIN {statement}").fetchall()[0][1]
