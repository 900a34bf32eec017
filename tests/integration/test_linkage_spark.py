"""Linkage on Spark finds what it finds on one machine: the same pairs with the same weights, and the same clusters."""

import duckdb
import numpy as np
import pytest

from linkage import Specification, candidates, deduplicate
from linkage.basis import Basis
from linkage.incremental import deduplicate_changes
from linkage.spark.session import open_session
from tests.integration.spark import QUICK, needs_java, spark_cluster
from tests.property.test_linkage_incremental import COLUMNS, RESULTS, SPECIFICATION, STATES, crowd, insert, person
from tests.unit.test_linkage_co_members import FAMILIES, ROLES

pytestmark = needs_java


@pytest.fixture(scope="module")
def few_pairs():
    """So few that common values are skipped."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "LEAST_PAIRS", 150)
        patch.setattr(candidates, "MOST_PAIRS", 0)
        yield


@pytest.fixture(scope="module")
def storage(tmp_path_factory):
    return tmp_path_factory.mktemp("storage")


@pytest.fixture(scope="module")
def both(few_pairs, storage):
    """The records of three lists with families, gaps, slips and 30 copies of one, linked by either engine: the
    connection (results and state in the schemas o and kept for one machine, s and shared for Spark), and what either
    says of itself."""
    rng, con = np.random.default_rng(9), duckdb.connect()
    con.execute(f"create table people ({', '.join(c + ' varchar' for c in COLUMNS.split(', '))})")
    con.execute("create table decisions (record_id_l varchar, record_id_r varchar, decision varchar)")
    insert(con, [person(rng, i) for i in range(260)] + [crowd(rng, i) for i in range(30)])
    # Two strangers whom people say are one, two records of one whom they say are not, and one who is gone.
    con.execute(
        "insert into decisions select min(id), max(id), 'same' from people where id not like 'one:x%' "
        "union all select 'one:x00000', 'one:x00001', 'different' union all select 'gone', 'one:x00002', 'same'"
    )
    asked = {"decisions": "decisions", "join_probability": 0.99}
    alone = deduplicate(
        con, SPECIFICATION, "people", "o", compare_clusters=False, with_candidates=True, keep_in="kept", **asked
    )
    cluster = spark_cluster(storage)
    return con, alone, cluster.deduplicate(con, SPECIFICATION, "people", "s", keep_in="shared", **asked)


def differences(con, query):
    """Rows of a query that the two engines do not share; {0} stands for the schema of results, {1} for the state's."""
    one, other = query.format("o", "kept"), query.format("s", "shared")
    return con.execute(f"(({one}) except all ({other})) union all (({other}) except all ({one}))").fetchall()


@pytest.mark.parametrize("query", [*RESULTS, *STATES], ids=lambda query: query[:60])
def test_both_engines_find_and_keep_the_same(both, query):
    assert differences(both[0], query) == []


def test_both_states_are_of_one_kind(both):
    """The next run, the service and explanations read either."""
    con, *_ = both
    columns = "select table_name, column_name, data_type from duckdb_columns() where schema_name = '{1}'"
    assert differences(con, columns) == []
    assert differences(con, "from {1}.frequency_given union all from {1}.frequency_nid") == []
    one, other = (Basis.load(con, state) for state in ("kept", "shared"))
    assert (one.settings, one.records, one.plan, one.once) == (other.settings, other.records, other.plan, other.once)
    assert one.chance == pytest.approx(other.chance)


def test_keys_pair_the_same_blocks(both):
    _, alone, shared = both
    told = [(key.name, key.pairs, key.limit, key.blocks_skipped) for key in alone.keys if key.is_used]
    found = [(key.name, key.pairs, key.limit, key.blocks_skipped) for key in shared.keys if key.is_used]
    assert told[:-1] == found[:-1]
    assert any(key.blocks_skipped for key in shared.keys)


def test_the_cases_are_among_them(both):
    """Co-members, copies and decisions: what would go unnoticed if the records held none of it."""
    con, alone, _ = both
    told = {row[0] for row in con.execute("select distinct match_key from s.pairs").fetchall()}
    assert {"household co-members", "identical records", "decision"} <= told
    assert con.execute("select count(*) from shared.records where stands_for is not null").fetchone()[0] > 20
    assert con.execute("select count(distinct co_members) from shared.pairs").fetchone()[0] > 3
    assert con.execute("select count(*) from s.clerical_candidates").fetchone()[0] > 10
    assert alone.counts["match"] > 50


def test_the_next_night_goes_on_from_either(both):
    """What changed, on this machine: a family moved away and came back with slips, one of the copies is gone."""
    con, *_ = both
    con.execute("delete from people where id = 'one:x00007'")
    con.execute("update people set g = 'Amena', d = '1951-03-14', h = 'h1' where id like '%7' and id not like 'one:x%'")
    for state, earlier, target in (("kept", "o", "o_next"), ("shared", "s", "s_next")):
        con.execute(f"create schema {target}")
        result = deduplicate_changes(
            con, SPECIFICATION, "people", target, state=state, earlier=earlier, decisions="decisions",
            join_probability=0.99, most_changed=1,
        )  # fmt: skip
        assert result is not None
        assert result.counts["changed"] > 20
    for table in ("pairs", "clusters", "clerical_candidates"):
        one, other = f"from o_next.{table}", f"from s_next.{table}"
        assert con.execute(f"(({one}) except all ({other})) union all (({other}) except all ({one}))").fetchall() == []


def test_nothing_of_anybody_stays_in_the_storage(both, storage):
    assert list(storage.iterdir()) == []


def test_a_model_of_a_part_finds_the_shares_of_all(monkeypatch, tmp_path):
    """Learned on half of the families: twice as many relatives among its pairs as among all, which is put right."""
    monkeypatch.setattr(candidates, "LEAST_PAIRS", 2_000_000)
    con = duckdb.connect()
    con.execute(FAMILIES)
    con.execute("create table decisions (record_id_l varchar, record_id_r varchar, decision varchar)")
    columns = {**ROLES, "household_id": "hh"}
    families = Specification.from_mapping({"record_id": "id", "source": "source", "columns": columns})
    asked = {"join_probability": 0.99}
    alone = deduplicate(con, families, "people", "o", compare_clusters=False, **asked)
    cluster = spark_cluster(tmp_path, learn_from=600)
    shared = cluster.deduplicate(con, families, "people", "s", decisions="decisions", keep_in="shared", **asked)
    assert shared.counts["records"] == alone.counts["records"] == 1140
    assert shared.counts["match"] == pytest.approx(alone.counts["match"], rel=0.05)
    for share in ("same_person", "same_household"):
        assert shared.model["prior"][share] == pytest.approx(alone.model["prior"][share], rel=0.2), share


def test_a_failure_tells_nothing_of_a_row_but_to_who_asked(capfd):
    session = open_session("local[1]", QUICK)
    try:
        with pytest.raises(Exception, match="Wanjiru"):
            session.sql("select raise_error('Wanjiru Kamau')").collect()
    finally:
        session.stop()
    assert "Wanjiru" not in "".join(capfd.readouterr())
