"""What an incremental run must not overlook, one case at a time; the whole is in tests/property."""

import json

import duckdb
import pytest

from ibr.errors import ConfigurationProblem, UsageProblem
from linkage import Specification, deduplicate, explain
from linkage.basis import Basis
from linkage.incremental import deduplicate_changes
from linkage.match_keys import possible_keys
from linkage.state import apply_changes
from tests.linkage_reference import deduplicate_again
from tests.unit.test_linkage_candidates import PEOPLE, SPECIFICATION
from tests.unit.test_linkage_co_members import FAMILIES
from tests.unit.test_linkage_co_members import ROLES as FAMILY_ROLES

ROLES = {"given_name": "g", "family_name": "f", "birth_date": "d", "other_ids": ["c1", "c2"]}
CARDS = Specification.from_mapping({"record_id": "id", "columns": ROLES})


def linked(plan, rows):
    """A state of the rows whose match keys, by name, and largest blocks are set by hand."""
    con = duckdb.connect()
    con.execute("create schema w; create table people (id text, g text, f text, d text, c1 text, c2 text)")
    con.executemany("insert into people values (?, ?, ?, ?, ?, ?)", rows)
    deduplicate(con, CARDS, "people", "o", compare_clusters=False, keep_in="kept")
    basis = json.loads(con.execute("select learned from kept.basis").fetchone()[0])
    names = [key.name for key in possible_keys(Basis.load(con, "kept").standardised(0))]
    basis["plan"] = [(names.index(name), limit) for name, limit in plan.items()]
    con.execute("update kept.basis set learned = ?", [json.dumps(basis)])
    deduplicate_again(con, CARDS, "people", "o", state="kept", keep_in="planned")
    return con


def pairs(con, state="planned"):
    return con.execute(
        f"select a.record_id, b.record_id, keys from {state}.pairs p join {state}.records a on a.r = p.l "
        f"join {state}.records b on b.r = p.r order by all"
    ).fetchall()


def go_on(con):
    """Run on what changed; the pairs of the state as it is then, which must be those of a run over all records."""
    assert deduplicate_changes(con, CARDS, "people", "w", state="planned", earlier="o", most_changed=9) is not None
    apply_changes(con, "planned", "w")
    deduplicate_again(con, CARDS, "people", "again", state="planned", keep_in="whole")
    assert pairs(con) == pairs(con, "whole")
    return pairs(con)


def namesakes(count):
    return [(f"n{i}", "Amina", "Hassan", f"1980-01-{10 + i}", None, None) for i in range(count)]


def test_a_block_that_outgrows_its_limit_gives_up_its_pairs_and_brings_them_back():
    con = linked({"given and family name": 3}, namesakes(3))
    assert len(pairs(con)) == 3
    con.execute("insert into people values ('n9', 'Amina', 'Hassan', '1980-01-25', null, null)")
    assert go_on(con) == []
    for table in ("pairs", "clusters"):
        con.execute(f"create or replace table o.{table} as from w.{table}")
    con.execute("delete from people where id = 'n1'")
    assert [pair[:2] for pair in go_on(con)] == [("n0", "n2"), ("n0", "n9"), ("n2", "n9")]


def test_a_pair_stays_where_another_value_still_holds_it():
    """Two cards in common: the block of one outgrows its limit, that of the other does not."""
    rows = [("a", "Amina", "Hassan", "1980-01-01", "C100", "C200"),
            ("b", "Amena", "Hasan", "1980-01-01", "C100", "C200"),
            ("c", "Otieno", "Oduor", "1970-05-05", "C300", None)]  # fmt: skip
    con = linked({"another identifier": 2}, rows)
    assert [pair[:2] for pair in pairs(con)] == [("a", "b")]
    con.execute("update people set c2 = 'C100' where id = 'c'")
    assert [pair[:2] for pair in go_on(con)] == [("a", "b")]


def test_nothing_changed_costs_nothing_and_changes_nothing():
    con = linked({"given and family name": 3}, namesakes(3))
    before = pairs(con)
    result = deduplicate_changes(con, CARDS, "people", "w", state="planned", earlier="o")
    assert (result.counts["changed"], result.counts["looked_at"], result.counts["candidate_pairs"]) == (0, 0, 0)
    apply_changes(con, "planned", "w")
    assert pairs(con) == before
    assert con.execute("from w.pairs except from o.pairs").fetchall() == []


def registry_of_people():
    con = duckdb.connect()
    con.execute(PEOPLE)
    con.execute("create schema w")
    deduplicate(con, SPECIFICATION, "people", "o", compare_clusters=False, keep_in="kept")
    return con


def test_too_much_changed_or_another_specification_calls_for_learning_anew():
    con = registry_of_people()
    names = {"state": "kept", "earlier": "o"}
    other = SPECIFICATION.model_copy(update={"source": "county"})
    assert deduplicate_changes(con, other, "people", "w", **names) is None
    assert deduplicate_changes(con, SPECIFICATION, "people", "w", state="none", earlier="o") is None
    assert deduplicate_changes(con, SPECIFICATION, "people", "w", join_probability=0.9, **names) is None
    con.execute("update people set g = g || 'x' where hash(id) % 5 = 0")
    assert deduplicate_changes(con, SPECIFICATION, "people", "w", **names) is None
    assert con.execute("select count(*) from duckdb_tables() where schema_name = 'w'").fetchone() == (0,)


def test_other_name_variants_call_for_learning_anew(tmp_path):
    variants = tmp_path / "variants.csv"
    variants.write_text("name,canonical\nnamea,nameb\n", encoding="utf-8")
    con = duckdb.connect()
    con.execute(PEOPLE)
    con.execute("create schema w")
    specification = SPECIFICATION.model_copy(update={"name_variants": str(variants)})
    deduplicate(con, specification, "people", "o", compare_clusters=False, keep_in="kept")
    names = {"state": "kept", "earlier": "o"}
    assert deduplicate_changes(con, specification, "people", "w", **names) is not None
    variants.write_text("name,canonical\nnamea,namec\n", encoding="utf-8")
    assert deduplicate_changes(con, specification, "people", "w", **names) is None
    variants.unlink()
    with pytest.raises(ConfigurationProblem, match="cannot be read"):
        deduplicate_changes(con, specification, "people", "w", **names)


def test_changes_add_up_until_the_model_is_learned_anew():
    con = registry_of_people()
    for step in range(2):
        con.execute("update people set g = g || 'x' where hash(id) % 16 = ?", [step])
        result = deduplicate_changes(con, SPECIFICATION, "people", "w", state="kept", earlier="o", most_changed=0.1)
        if step == 0:
            apply_changes(con, "kept", "w")
    assert result is None


def test_repeated_identifiers_are_refused_as_in_a_full_run():
    con = registry_of_people()
    con.execute("insert into people from people limit 1")
    with pytest.raises(UsageProblem, match="not unique"):
        deduplicate_changes(con, SPECIFICATION, "people", "w", state="kept", earlier="o")


def test_explanations_are_of_the_run_and_not_of_today():
    """Tonight's score stands on the frequencies learned then; the explanation must not count anew."""
    con = registry_of_people()
    con.execute("delete from people where id like 'a%5' or (id like 'a%' and hash(id) % 50 = 3)")
    result = deduplicate_changes(con, SPECIFICATION, "people", "w", state="kept", earlier="o", most_changed=1)
    apply_changes(con, "kept", "w")
    for one, other, weight, probability in con.execute(
        "select record_id_l, record_id_r, match_weight, match_probability from w.pairs order by all limit 5"
    ).fetchall():
        told = explain(con, SPECIFICATION, "people", one, other, result.model, "kept")
        assert told.match_probability == pytest.approx(probability, abs=1e-6)
        assert told.match_weight == pytest.approx(weight, abs=0.002)


def test_who_bears_a_pair_out_may_come_and_go():
    """Two families of three, of whom the mother, then nobody, is surely in both: the children's pair is judged anew."""
    con = duckdb.connect()
    con.execute(FAMILIES)
    con.execute("create schema w")
    roles = {"record_id": "id", "source": "source", "columns": {**FAMILY_ROLES, "household_id": "hh"}}
    specification = Specification.from_mapping(roles)
    deduplicate(con, specification, "people", "o", compare_clusters=False, keep_in="kept")
    child = (
        "select co_members from {}.pairs p join {}.records a on a.r = p.l join {}.records b on b.r = p.r "
        "where a.record_id = 'one:5.2' and b.record_id = 'two:5.2'"
    )
    levels, earlier = [], "o"
    for gone in ("two:5.0", "two:5.1"):
        con.execute("delete from people where id = ?", [gone])
        names = {"state": "kept", "decisions": None}
        assert deduplicate_changes(con, specification, "people", "w", earlier=earlier, most_changed=1, **names)
        apply_changes(con, "kept", "w")
        deduplicate_again(con, specification, "people", "again", keep_in="whole", **names)
        found, expected = (con.execute(child.format(*[s] * 3)).fetchall() for s in ("kept", "whole"))
        assert found == expected
        levels.append(found[0][0])
        con.execute("drop schema if exists last cascade; create schema last; create table last.pairs as from w.pairs")
        con.execute("create table last.clusters as from w.clusters")
        earlier = "last"
    assert levels == [5, None]  # one other member in common; then she is listed alone
