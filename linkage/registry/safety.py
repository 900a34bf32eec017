"""The safety stop: nothing is replaced when a run suddenly finds far too much."""

import duckdb

from ibr.errors import ContractBroken
from linkage.registry.scripts import run_script
from linkage.registry.settings import PERSONS, RegistrySettings
from linkage.sql import render, single

# Below this many merged records a jump is chance, not a fault.
SMALLEST_JUMP = 100


def figures_of(con: duckdb.DuckDBPyConnection, work: str) -> dict[str, int]:
    """What a run found, in numbers, out of the schema it works in."""
    run_script(con, "figures", work=work)
    cursor = con.execute(f"FROM {work}.figures")
    names = [column[0] for column in cursor.description]
    row = cursor.fetchone()
    assert row is not None
    return dict(zip(names, row, strict=True))


def safety_stop(con: duckdb.DuckDBPyConnection, work: str, now: dict[str, int], settings: RegistrySettings) -> None:
    """Nothing is replaced when a run suddenly finds far too much: a wrong match can take food from a family."""
    _stop_where_families_are_one(con, work, now["records"], settings)
    if now["largest_cluster"] > settings.max_cluster_size:
        raise ContractBroken(
            f"Linkage stopped, the last run's results stay: one person was made of {now['largest_cluster']} "
            f"records, at most {settings.max_cluster_size} were expected; look for an ID, a phone or a name used as "
            "a filler in what changed since the last run, or raise linkage.max_cluster_size in registry.yml if "
            "it is right"
        )
    last = con.execute(
        "SELECT records, records - persons, match_pairs FROM linkage.run_figures ORDER BY run_number DESC LIMIT 1"
    ).fetchone()
    if last is None or not last[0]:
        return
    for what, count, before in (
        ("merged records", now["records"] - now["persons"], last[1]),
        ("matching pairs", now["match_pairs"], last[2]),
    ):
        share, share_before = count / now["records"], before / last[0]
        if share > settings.max_jump * share_before and count - before > SMALLEST_JUMP:
            raise ContractBroken(
                f"Linkage stopped, the last run's results stay: {count} {what} among {now['records']} records, after "
                f"{before} among {last[0]} in the last run, more than {settings.max_jump:g} "
                "times the share; look at what changed in the sources (`ibr status`), or raise "
                "linkage.max_jump in registry.yml for one run if it is right"
            )


def _stop_where_families_are_one(
    con: duckdb.DuckDBPyConnection, work: str, records: int, settings: RegistrySettings
) -> None:
    """Also on the first run, which has none before it: a model that was learned wrongly takes relatives for one person.

    Of 4.3 million records 3.6 in 100 were so once; rightly learned, none of 432,000.
    """
    as_one = single(con, render("registry_members_as_one.sql", work=work, persons=PERSONS))
    if as_one > SMALLEST_JUMP and as_one > settings.max_members_as_one * records:
        raise ContractBroken(
            f"Linkage stopped, the last run's results stay: {as_one} of {records} records are of members of one "
            "household, listed with other given names and birth dates, who were taken for one person; the weights were "
            "learned wrongly, or names and dates are mixed up in a source: look at what changed in the sources "
            "(`ibr status`), have them learned anew (linkage.relearn_after: 0), give a model that was learned on fewer "
            "records (linkage.model), or raise linkage.max_members_as_one in registry.yml if it is right"
        )
