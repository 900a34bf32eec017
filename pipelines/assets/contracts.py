"""Great Expectations contracts on the registry layer and on the marts, as blocking checks, one result a table."""

from collections import defaultdict
from collections.abc import Callable, Iterator

import dagster as dg
import duckdb

from expectations import ContractResult
from ibr.errors import ContractBroken
from pipelines import journal
from pipelines.context import POOL, Run, Session, plain_failures

Runner = Callable[[duckdb.DuckDBPyConnection], ContractResult]


def build(layer: str, tables: list[dg.AssetKey], runner: Runner) -> dg.AssetChecksDefinition:
    """A blocking check named `contract` on every table of a layer; all are evaluated in one pass."""

    @dg.multi_asset_check(
        name=f"{layer}_contract",
        specs=[
            dg.AssetCheckSpec(
                "contract", asset=key, blocking=True, description=f"Great Expectations contract on {layer}."
            )
            for key in tables
        ],
        can_subset=True,  # one table can be made anew by itself; the whole layer is checked all the same
        pool=POOL,
    )
    def contract(context: dg.AssetCheckExecutionContext, session: dg.ResourceParam[Session]) -> Iterator:
        run = Run.of(context, session)
        session.progress(f"checking the contract on {layer}")
        begun = journal.now()
        with plain_failures(), run.warehouse() as con:
            result = runner(con)
            journal.checked(con, run, layer, result)
            rows = journal.rows_of(con, layer)
            if layer == "registry":
                session.time_left.built(rows)
            journal.stage(
                con, run, layer, journal.since(con, run, layer) or begun, rows=rows,
                problem=None if result.passed else result.summary_line(),
            )  # fmt: skip
        selected = {check.asset_key for check in context.selected_asset_check_keys}
        asked = [key for key in tables if key in selected]
        names = {key.path[-1]: key for key in asked}
        broken = defaultdict(list)
        for check in result.failures():
            # What belongs to no table that was asked for stands on the first: a failure is never without a place.
            broken[names.get(check.table.split(".")[-1], asked[0])].append(check)
        for key in asked:
            failures = broken[key]
            yield dg.AssetCheckResult(
                asset_key=key,
                check_name="contract",
                passed=not any(check.severity == "blocking" for check in failures),
                description="; ".join(check.message for check in failures) or "holds",
                metadata={"exit_code": ContractBroken.exit_code, "checks": len(result.checks)},
            )

    return contract
