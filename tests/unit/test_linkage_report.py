"""The report of `ibr link`: right figures, readable words, and nothing of anybody's record."""

import random
import re
from types import SimpleNamespace

import duckdb
import pytest

from linkage import Specification, deduplicate, explain, match_register
from linkage.charts import waterfall
from linkage.clerical.estimates import wilson
from linkage.evidence import SMALLEST_GROUP, _curve
from linkage.report import percent, write_report

SPECIFICATION = Specification.from_mapping(
    {
        "record_id": "id",
        "source": "list",
        "columns": {
            "given_name": "g",
            "family_name": "f",
            "birth_date": "d",
            "sex": "x",
            "national_id": "n",
            "places": ["county"],
        },
    }
)
GIVEN = ["Amina", "Brian", "Carolyne", "Davide", "Esther", "Fatuma", "Georgy", "Halima", "Isaack", "Joyceline"]
FAMILY = [
    "Abdiwahab", "Barasa", "Chebet", "Didamo", "Ekalale", "Farahani",
    "Gitau", "Hassani", "Ireri", "Jumanne", "Kamaukoi", "Langat",
]  # fmt: skip


def village(con: duckdb.DuckDBPyConnection, people: int = 240) -> list[tuple]:
    """A table of two lists; 90 people are on both, some with a slip of the pen. Three records come from a small list,
    seven from a small county."""
    dice, rows = random.Random(3), []
    for i in range(people):
        date = f"{dice.randint(1940, 2009)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
        given, family, sex, number = dice.choice(GIVEN), dice.choice(FAMILY), dice.choice("MF"), str(31000000 + i)
        county = "Tinyplace" if i < 7 else ("Turkana", "Wajir")[i % 2]
        rows.append((f"one:{i:03}", "rare" if i < 3 else "one", given, family, date, sex, number, county))
        if i % 8 < 3:
            slip = family[:-1] + "x" if i % 3 == 0 else family
            rows.append((f"two:{i:03}", "two", given, slip, date, sex, number if i % 2 else None, county))
    columns = ", ".join(f"{column} text" for column in ("id", "list", "g", "f", "d", "x", "n", "county"))
    con.execute(f"create or replace table people ({columns})")
    con.executemany("insert into people values (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    return rows


@pytest.fixture(scope="module")
def linked():
    con = duckdb.connect()
    rows = village(con)
    return con, rows, deduplicate(con, SPECIFICATION, "people", "o", with_evidence=True)


def written(result, tmp_path) -> str:
    write_report(result, tmp_path / "report.html")
    return (tmp_path / "report.html").read_text()


def test_no_value_of_a_record_is_in_the_report(linked, tmp_path):
    _, rows, result = linked
    words = set(re.findall(r"[\w-]+", written(result, tmp_path).lower()))
    values = {value.lower() for row in rows for value in (*row[2:5], row[6]) if value}
    assert not words & values


def test_the_report_needs_no_script_and_no_network(linked, tmp_path):
    html = written(linked[2], tmp_path)
    assert "<script" not in html
    assert not re.search(r"(src|href)=|@import|url\(", html)


def test_the_first_paragraph_says_what_was_found_and_how_sure_it_is(linked, tmp_path):
    result = linked[2]
    lead = re.search(r'<p class="lead">(.*?)</p>', written(result, tmp_path), re.S)[1]
    assert f"take the 330 records for {result.counts['entities']} different people" in lead
    assert f"of the {result.counts['match']} matches should be wrong" in lead


def test_clusters_are_told_apart_from_matches(linked, tmp_path):
    con, _, result = linked
    together = con.execute(
        "select count(*), count(*) filter (where p.verdict = 'match') from o.clusters a join o.clusters b "
        "on a.entity_id = b.entity_id and a.record_id < b.record_id left join o.pairs p "
        "on a.record_id = least(p.record_id_l, p.record_id_r) and b.record_id = greatest(p.record_id_l, p.record_id_r)"
    ).fetchone()
    joined = result.evidence.joined
    assert (joined.pairs, joined.matches) == together
    assert joined.review + joined.not_listed == joined.pairs - joined.matches
    html = written(result, tmp_path)
    assert f"The clusters hold {joined.pairs} pairs of records. {joined.matches} of them are matches" in html


def curve_of(pairs: list[tuple], shadows: list[tuple], registered: int, match: float, review: float):
    con = duckdb.connect()
    con.execute("create temp table lk_scored (l int, r int, probability double, place int)")
    con.executemany("insert into lk_scored values (?, ?, ?, ?)", pairs)
    con.execute("create temp table lk_shadow (shadow int, stands_for int)")
    con.executemany("insert into lk_shadow values (?, ?)", shadows)
    return _curve(con, SimpleNamespace(registered=registered), {"match": match, "review": review})


def test_the_threshold_curve_by_hand():
    # Pair (1, 1) scores record 1 beside its copies, records 8 and 9: two pairs of .96.
    pairs = [(1, 2, 0.99, 1), (1, 3, 0.75, 1), (2, 3, 0.3, 1), (1, 1, 0.96, 1)]
    curve = curve_of(pairs, [(8, 1), (9, 1)], 0, 0.9, 0.7)
    assert curve.expected_matches == pytest.approx(0.99 + 0.75 + 0.3 + 2 * 0.96)
    match, review = curve.at(0.9), curve.at(0.7)
    assert (match.pairs, review.pairs) == (3, 4)
    assert curve.precision(match) == pytest.approx((0.99 + 2 * 0.96) / 3)
    assert curve.recall(review) == pytest.approx((0.99 + 0.75 + 2 * 0.96) / (0.99 + 0.75 + 0.3 + 2 * 0.96))
    assert curve.at(0.99).pairs == 1  # at a threshold is above it
    assert curve.precision(curve.at(0.999)) == 1.0  # nothing taken in, nothing wrong


def test_the_threshold_curve_of_a_register_takes_the_best_candidate_by_hand():
    # Record 1 has a copy: both find the same person. The second candidate is never taken, so what it expects is missed.
    curve = curve_of([(1, 5, 0.8, 1), (1, 6, 0.15, 2), (2, 5, 0.6, 1)], [(9, 1)], 10, 0.9, 0.5)
    assert curve.at(0.5).pairs == 3
    assert curve.recall(curve.at(0.5)) == pytest.approx((2 * 0.8 + 0.6) / (2 * 0.8 + 2 * 0.15 + 0.6))
    assert curve.at(0.7).pairs == 2


def total(pair) -> float:
    fields = sum(f.weight + f.frequency_adjustment for f in pair.fields)
    return pair.prior + fields + pair.household


def test_a_waterfall_ends_where_the_score_and_explain_do(linked):
    con, _, result = linked
    assert len(result.evidence.pairs) >= 3
    for pair in result.evidence.pairs:
        told = explain(con, SPECIFICATION, "people", pair.record_id_l, pair.record_id_r, result.model)
        assert total(pair) == pytest.approx(pair.odds, abs=0.01)
        assert sum(f.weight + f.frequency_adjustment for f in pair.fields) == pytest.approx(told.total_weight, abs=0.01)
        assert [(f.name, f.level) for f in pair.fields] == [(f.name, f.level) for f in told.fields]
        assert pair.probability == pytest.approx(told.match_probability, abs=1e-3)


def test_a_waterfall_shows_level_bits_and_running_total(linked):
    pair = linked[2].evidence.pairs[0]
    svg = str(waterfall(pair))
    assert pair.fields[0].level in svg
    assert f">{pair.fields[0].weight:+.1f}<" in svg
    assert f">{pair.odds:+.1f}<" in svg


def test_sample_pairs_are_one_of_a_band_and_the_same_each_time(linked):
    con, _, result = linked
    again = deduplicate(con, SPECIFICATION, "people", "o", with_evidence=True)
    assert again.evidence == result.evidence
    bands = [pair.band for pair in result.evidence.pairs]
    assert "a sure match" in bands
    assert len(bands) == len(set(bands))


def test_groups_below_the_smallest_are_pooled_and_unnamed(linked, tmp_path):
    con, _, result = linked
    groups = {(g.kind, g.group): g for g in result.evidence.groups}
    assert all(g.records >= SMALLEST_GROUP for (_, name), g in groups.items() if name is not None)
    assert ("source", "rare") not in groups
    assert groups["source", None].records == 3
    small = groups["county", None]
    assert small.records == con.execute("select count(*) from people where county = 'Tinyplace'").fetchone()[0]
    html = written(result, tmp_path)
    assert "tinyplace" not in html.lower()
    assert "too few" in html  # the pooled three have no rate


def test_the_rate_of_a_group_is_its_share_of_records_in_an_entity_of_two_or_more(linked):
    con, _, result = linked
    [women] = [g for g in result.evidence.groups if (g.kind, g.group) == ("sex", "female")]
    records, matched = con.execute(
        "select count(*), count(*) filter (where size > 1) from people join "
        "(select record_id, count(*) over (partition by entity_id) as size from o.clusters) on record_id = id "
        "where x = 'F'"
    ).fetchone()
    assert (women.records, women.matched) == (records, matched)


def test_the_report_of_a_match_to_a_register(tmp_path):
    con = duckdb.connect()
    village(con)
    con.execute(
        "create table records as from people where list = 'two';"
        "create table register as from people where list <> 'two'"
    )
    result = match_register(con, SPECIFICATION, "records", "register", None, "o", with_evidence=True)
    html = written(result, tmp_path)
    assert "Of 90 records" in html
    assert "people of the register" in html
    assert all(total(pair) == pytest.approx(pair.odds, abs=0.01) for pair in result.evidence.pairs)
    [women, men] = [g for g in result.evidence.groups if g.kind == "sex"]
    assert women.records + men.records == 90
    assert women.matched + men.matched == result.counts["match"]
    found = dict(con.execute("select verdict, count(*) from o.matches group by 1").fetchall())
    curve = result.evidence.curve
    assert curve.at(result.thresholds["match"]).pairs == found["match"]
    assert curve.at(result.thresholds["review"]).pairs == sum(found.values())


def test_the_curve_counts_the_pairs_written_and_sums_their_probabilities(linked):
    con, _, result = linked
    curve, limits = result.evidence.curve, result.thresholds
    for name in ("match", "review"):
        pairs, expected = con.execute(
            "select count(*), sum(match_probability) from o.pairs where match_probability >= ?", [limits[name]]
        ).fetchone()
        assert curve.at(limits[name]).pairs == pairs
        assert curve.at(limits[name]).expected_matches == pytest.approx(expected)
    assert 0 < curve.recall(curve.at(limits["match"])) <= curve.recall(curve.at(limits["review"])) <= 1


def test_the_evidence_is_the_same_whatever_the_order_of_the_rows(linked):
    con = duckdb.connect()
    village(con)
    con.execute("create or replace table people as select * from people order by hash(id)")
    assert deduplicate(con, SPECIFICATION, "people", "o", with_evidence=True).evidence == linked[2].evidence


def test_a_place_name_cannot_write_html(tmp_path):
    con = duckdb.connect()
    village(con)
    result = deduplicate(con, SPECIFICATION, "people", "o", with_evidence=True)
    result.evidence.groups[0].group = "<b>bold</b>"
    result.keys[0].name = "<i>key</i>"
    html = written(result, tmp_path)
    assert "<b>bold" not in html
    assert "<i>key" not in html


def test_a_run_that_found_nothing_has_a_report(tmp_path):
    con = duckdb.connect()
    village(con, people=1)
    con.execute("delete from people where list = 'two'")
    result = deduplicate(con, SPECIFICATION, "people", "o", with_evidence=True)
    assert "No pairs were compared" in written(result, tmp_path)


def test_no_evidence_is_gathered_where_nobody_asked():
    con = duckdb.connect()
    village(con, people=60)
    assert deduplicate(con, SPECIFICATION, "people", "o").evidence is None


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.5, "50.0%"),
        (1.0, "100.0%"),
        (0.9999, "99.99%"),
        (0.0, "0.0%"),
        (0.00001, "0.001%"),
        (1 - 1e-9, "more than 99.999%"),
    ],
)
def test_a_percentage_never_rounds_to_all_or_nothing(share, said):
    assert percent(share) == said


def test_wilson_by_hand():
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)
