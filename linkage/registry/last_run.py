"""The run whose linkage the warehouse holds, with what its engine was told and had learned."""

from dataclasses import dataclass
from typing import Any

import duckdb
import yaml

from ibr.errors import UsageProblem
from linkage.specification import Specification
from linkage.sql import table_exists


@dataclass(frozen=True)
class LastRun:
    """A run: the roles of registry.persons in it, and the model that its deduplication learned."""

    run_id: str
    roles: Specification
    model: dict[str, Any]


def last_run(con: duckdb.DuckDBPyConnection, wanted: str) -> LastRun:
    """The last run that linked; the connection may be read-only.

    Raises UsageProblem where there is none: "Nothing has been linked yet, so `wanted`".
    """
    stored = None
    if table_exists(con, "linkage", "model"):
        stored = con.execute(
            "SELECT run_id, specification, model FROM linkage.model WHERE purpose = 'persons' "
            "ORDER BY rowid DESC LIMIT 1"
        ).fetchone()
    if stored is None:
        raise UsageProblem(f"Nothing has been linked yet, so {wanted}; `ibr run` links")
    run_id, roles, model = stored
    return LastRun(
        run_id,
        Specification.from_mapping(yaml.safe_load(roles), name="the last run's specification"),
        yaml.safe_load(model),
    )
