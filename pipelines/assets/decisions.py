"""Decisions that came back while a run was writing: imported before linkage, which they bind."""

import datetime as dt
from collections.abc import Iterator

import dagster as dg

from exchange.decisions import Reading, import_inbox, last_day
from exchange.review.inbox import take_up
from ibr.errors import ContractBroken
from pipelines import journal
from pipelines.context import OWNER, POOL, Run, Session, plain_failures

KEY = dg.AssetKey(["linkage", "decisions"])


@dg.asset(
    key=KEY,
    group_name="link",
    owners=[OWNER],
    kinds={"duckdb"},
    pool=POOL,
    description="What people decided: which records are one person, and which are not.",
    check_specs=[
        dg.AssetCheckSpec("inbox", asset=KEY, description="Every file in inbox/decisions could be imported as it is.")
    ],
)
def decisions(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]) -> Iterator:
    """Take up what was decided at the pages, and import what lies in inbox/decisions.

    A refused file is set aside, told, and holds up nothing.
    """
    run = Run.of(context, session)
    begun = journal.now()
    registry = run.workspace.registry
    settings = registry.decisions
    with plain_failures(), run.warehouse() as con:
        decided = take_up(con, run.workspace.home, settings.two_people)
        taken = import_inbox(
            con,
            run.workspace.home,
            today=last_day(con, max(registry.schedule.day_of(run.started_at), run.reporting_date)),
            imported_at=run.started_at,
            two_people=settings.two_people,
            reading=Reading.of(run.workspace.home, registry),
            settle=dt.timedelta(seconds=settings.settle_seconds),
        )
        refused = [f"{file.name}: {file.problem}" for file in taken if file.problem]
        left = [f"{file.name} was left for the next run: {file.left}" for file in taken if file.left]
        recorded = decided + sum(file.outcome.recorded + file.outcome.confirmed for file in taken if file.outcome)
        journal.stage(
            con, run, "decisions", begun, rows=recorded, problem="; ".join(refused + left) if refused else None,
            note="; ".join(left) or None,
        )
    for told in left:
        session.progress(told)
    yield dg.MaterializeResult(
        metadata={"files": len(taken), "left_for_the_next_run": len(left), "dagster/row_count": recorded}
    )
    yield dg.AssetCheckResult(
        asset_key=KEY,
        check_name="inbox",
        passed=not refused,
        description="; ".join(refused + left) or "holds",
        metadata={"exit_code": ContractBroken.exit_code},
    )
