"""What an incremental run is held against: a run over all records on the basis of a state, without learning."""

from linkage import model as models
from linkage.basis import Basis
from linkage.blocking import Blocks
from linkage.candidates import PlannedSearch
from linkage.clerical.frame import keep_candidates
from linkage.co_members import TITLE
from linkage.comparison import Patterns, compare
from linkage.engine import PAIR_THRESHOLDS, cluster_records, decided_pairs, drop_temporary, thresholds, write_results
from linkage.match_keys import possible_keys
from linkage.prior import odds_sql
from linkage.results import KeyYield, Stopwatch
from linkage.scoring import add_co_members, score, weigh
from linkage.sql import render, single
from linkage.standardise import MOST_COPIES, find_households, signature, standardise_more
from linkage.state import find_areas, keep_state, see_records
from linkage.term_frequency import COMPARED, frequency_table, make_compared


def deduplicate_again(con, specification, records, output, *, state, keep_in, decisions=None, join_probability=0.5):
    """{output}.pairs, clusters and the pairs for clerks of all records, and the state of this run in `keep_in`."""
    try:
        basis = Basis.load(con, state)
        keys, patterns = possible_keys(basis.standardised(0)), Patterns.of(basis.fields)
        model = models.from_mapping(basis.model, basis.fields, keys, specification)
        data = _standardised(con, basis, specification, records)
        limits = thresholds(specification, PAIR_THRESHOLDS, data.tells_apart)
        yields = _paired(con, basis, data, keys)
        compare(con, data, patterns, "lk_candidates", "lk_pairs")
        weigh(con, patterns, model.learned)
        add_co_members(con, data, patterns, model, learning=False)
        yields.append(KeyYield(TITLE))
        score(con, model)
        same, different = decided_pairs(con, decisions)
        cluster_records(con, data, same, different, join_probability)
        con.execute(f"create schema if not exists {output}")
        write_results(con, yields, limits, f"{output}.pairs", f"{output}.clusters")
        keep_candidates(con, yields, limits, output)
        see_records(con, specification, records)
        find_areas(con, data.records, same, limits["review"])
        keep_state(con, keep_in, data, basis, odds_sql(model.prior), decisions)
    finally:
        drop_temporary(con)


def _standardised(con, basis, specification, records):
    find_households(con, specification, records)
    standardise_more(con, specification, records, basis.schema)
    con.execute(render("shadows.sql", most=MOST_COPIES, signature=signature(basis.filled), register=None))
    for column in basis.once:
        kept = frequency_table(column, basis.schema)
        con.execute(f"create or replace temp table {frequency_table(column)} as from {kept}")
    data = basis.standardised(
        single(con, "select count(*) from lk_plain"), single(con, "select count(*) from lk_shadow")
    )
    con.execute(make_compared(data, "lk_rec", COMPARED))
    return data


def _paired(con, basis, data, keys):
    """lk_candidates by the plan of the basis, each key up to its limit; the keys' yields."""
    search = PlannedSearch(con, data, keys, Stopwatch())
    search.begin()
    for number, limit in basis.plan:
        blocks = search.survey(number, allowed=2**62)
        search.join(number, Blocks(blocks.pairs, limit, blocks.skipped))
    search.end()
    con.execute("insert into lk_candidates select distinct stands_for, stands_for, 0 from lk_shadow")
    return search.yields
