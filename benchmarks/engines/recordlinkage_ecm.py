"""recordlinkage as its own guide uses it: blocks on each name and the birth date, Jaro-Winkler, the ECM classifier.

Its pairs become persons by connected components. Everything is in memory and in pandas: for small sets only.
"""

from importlib.metadata import version
from typing import Any

import pandas as pd

from benchmarks.engines.ours import Clock, say
from benchmarks.jobs import Job


def name() -> str:
    """What results call it."""
    return f"recordlinkage {version('recordlinkage')}"


def deduplicate(job: Job, clock: Clock) -> dict[str, Any]:
    """Writes clusters.parquet."""
    import recordlinkage

    frame = pd.read_parquet(job.records).set_index(job.record_id).sort_index()
    roles = job.columns
    names = [roles["given_name"], roles["family_name"]]
    places = roles.get("places", [])
    # The finest two places are codes or nearly so; the others are free text.
    exact = [roles["birth_date"], *places[-2:], *roles.get("attributes", [])]
    exact += [roles["national_id"]] if "national_id" in roles else []
    with clock():
        index = recordlinkage.Index()
        for column in (*names, roles["birth_date"]):
            index.block(column)
        pairs = index.index(frame)
        say(f"comparing {len(pairs)} pairs")
        compare = recordlinkage.Compare()
        for column in (*names, *places[:-2]):
            compare.string(column, column, method="jarowinkler", threshold=0.85, label=column)
        for column in exact:
            compare.exact(column, column, label=column)
        matches = recordlinkage.ECMClassifier(binarize=0.5).fit_predict(compare.compute(pairs, frame))
        entity = _components(frame.index, matches)
    pd.DataFrame({"record_id": frame.index, "entity_id": entity}).to_parquet("clusters.parquet")
    return {"candidate_pairs": len(pairs)}


def _components(records: pd.Index, matches: pd.MultiIndex) -> Any:
    """The component of each record."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    left, right = (records.get_indexer(matches.get_level_values(side)) for side in (0, 1))
    graph = coo_array(([1] * len(left), (left, right)), shape=(len(records), len(records)))
    return connected_components(graph, directed=False)[1]
