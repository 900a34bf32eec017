"""Replication: for each source of registry.yml its landing, the contract on it, and the mirror with its proof."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import dagster as dg

from expectations import ContractResult, run_mirror_contract
from ibr.config import Source
from ibr.errors import ContractBroken
from pipelines import checks, journal, staleness
from pipelines.context import OWNER, POOL, Run, Session, plain_failures
from pipelines.quarantine import write_quarantine
from pipelines.replication.adapters import REASON
from pipelines.replication.inbox import intake
from pipelines.replication.landed import LandedTable, Landing
from pipelines.replication.landing import land
from pipelines.replication.merge import NOT_ITS_FAULT, MergeOutcome, merge
from pipelines.replication.names import asset_name
from pipelines.replication.reconciliation import CopyDisagrees


def landing_key(code: str) -> dg.AssetKey:
    """The asset that a source's landing is."""
    return dg.AssetKey(["landing", code])


def mirror_key(code: str, table: str) -> dg.AssetKey:
    """The asset that a mirror table is."""
    return dg.AssetKey([f"mirror_{code}", asset_name(table)])


def asset_keys(code: str, source: Source) -> list[dg.AssetKey]:
    """A source's landing and every table of its mirror."""
    return [landing_key(code), *(mirror_key(code, name) for name in source.as_mirrored.tables)]


def failures_noted(run: Run, code: str) -> AbstractContextManager[None]:
    """What goes wrong in a step of a source fails the step in plain words, and is remembered of the source."""
    return plain_failures(lambda error: staleness.note_failure(run.workspace.home, code, run.run_id, error))


def build_assets(code: str, source: Source) -> list[dg.AssetsDefinition]:
    """A source's landing and its mirror."""
    return [_landing(code, source), _mirror(code, source)]


def _landing(code: str, source: Source) -> dg.AssetsDefinition:
    @dg.asset(
        key=landing_key(code),
        group_name="replicate",
        owners=[OWNER],
        kinds={"parquet"},
        description=f"One consistent snapshot of {source.name}, outside the warehouse.",
    )
    def landed(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]) -> dg.MaterializeResult:
        run = Run.of(context, session)
        home = run.workspace.home
        with failures_noted(run, code):
            landing = (
                session.landings[code].result()
                if code in session.landings
                else land(
                    code, source, home, run.run_id, at=run.started_at, full=run.full_refresh, progress=session.progress
                )
            )
        return dg.MaterializeResult(
            metadata={
                "rows": sum(table.rows for table in landing.tables.values()),
                "tables": {name: {"mode": t.mode, "rows": t.rows} for name, t in landing.tables.items()},
            }
        )

    return landed


def build_contract(code: str, source: Source) -> dg.AssetChecksDefinition:
    """The blocking check between landing and mirror."""

    @dg.asset_check(
        asset=landing_key(code),
        name="contract",
        blocking=True,
        description=f"Great Expectations contract on what {source.name} sent.",
    )
    def contract(context: dg.AssetCheckExecutionContext, session: dg.ResourceParam[Session]) -> dg.AssetCheckResult:
        run = Run.of(context, session)
        home = run.workspace.home
        with failures_noted(run, code):
            result = check(run)
            checks.keep(home, code, run.run_id, journal.now(), result)
        problem: ContractBroken | None = None
        if not result.passed:
            problem = ContractBroken(result.summary_line())
            if source.is_inbox:
                problem = intake.refused(home, code, problem)
            staleness.note_failure(home, code, run.run_id, problem)
        return dg.AssetCheckResult(
            passed=result.passed,
            description=str(problem or result.summary_line()),
            metadata={"exit_code": ContractBroken.exit_code, "checks": len(result.checks)},
        )

    def check(run: Run) -> ContractResult:
        landing = Landing.read(run.workspace.landing / code / run.run_id)
        # Only what was landed whole can be judged as a whole; changed rows are judged as they come.
        tables = {
            name: table
            if landing.tables[name].mode == "full"
            else table.model_copy(update={"may_be_empty": True})
            for name, table in source.tables.items()
        }
        return run_mirror_contract(
            code,
            tables,
            {name: landing.rows_file(name) for name in landing.copied},
            source.limits,
            refused=REASON,
            tolerated={name: _tolerated(landed, source) for name, landed in landing.tables.items()},
            quarantine=run.workspace.quarantine,
            memory_limit=run.workspace.registry.warehouse.budget.merging,
            temporary=run.workspace.temporary,
        )

    return contract


def _tolerated(landed: LandedTable, source: Source) -> float:
    """The share of a landed file's rows that may be unusable, so that the whole table keeps its limit."""
    return min(1.0, source.limits.tolerated_rows(landed.figures.rows) / max(landed.rows, 1))


def as_mirror(code: str, source: Source) -> Callable[..., dg.AssetsDefinition]:
    """Makes a step the one that brings a source's mirror: an asset and a proof a table, in the writer's place."""
    keys = {name: mirror_key(code, name) for name in source.tables}
    return dg.multi_asset(
        name=f"mirror_{code}",
        specs=[
            dg.AssetSpec(
                key,
                deps=[landing_key(code)],
                group_name="replicate",
                owners=[OWNER],
                kinds={"duckdb"},
                description=f"Mirror of {name} in {source.name}.",
            )
            for name, key in keys.items()
        ],
        check_specs=[dg.AssetCheckSpec("reconciled", asset=key) for key in keys.values()],
        pool=POOL,
    )


def _mirror(code: str, source: Source) -> dg.AssetsDefinition:
    @as_mirror(code, source)
    def mirrored(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]) -> Iterator:
        run = Run.of(context, session)
        home = run.workspace.home

        def merged(landing: Landing) -> MergeOutcome:
            with run.warehouse(run.workspace.registry.warehouse.budget.merging) as con:
                outcome = merge(con, code, source, landing, home, run_id=run.run_id, loaded_at=run.started_at)
                journal.stage(con, run, "replicate", begun, source=code, rows=outcome.changed)
                write_quarantine(con, run.workspace, code)
                return outcome

        begun = journal.now()
        with failures_noted(run, code):
            landing = Landing.read(home / "landing" / code / run.run_id)
            try:
                outcome = merged(landing)
            except NOT_ITS_FAULT as error:
                if isinstance(error, CopyDisagrees) and all(t.is_compared for t in landing.tables.values()):
                    raise
                # What changed without moving its cursor, or in the mirror itself, is only seen by copying the whole.
                session.progress(f"{code}: does not agree with its source, copying it whole")
                whole = land(
                    code, source, home, run.run_id, at=run.started_at, full=True, progress=session.progress
                )
                outcome = merged(whole)
        staleness.clear(home, code)
        session.progress(f"{code}: {outcome.changed:,} rows changed")
        if refused := sum(table.quarantined for table in outcome.tables.values()):
            session.progress(f"{code}: {refused:,} rows could not be stored: quarantine/{code}/rejected_rows.csv")
        if outcome.altered:
            session.progress(f"{code}: {outcome.altered:,} rows had been altered in the mirror itself: put right")
        yield from report(code, outcome)

    return mirrored


def report(code: str, outcome: MergeOutcome) -> Iterator:
    """What a merge did, as Dagster's materialisations and check results."""
    for name, table in outcome.tables.items():
        key = mirror_key(code, name)
        figures = [c for c in outcome.comparisons if c.table == name]
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                "dagster/row_count": table.live,
                "inserted": table.inserted,
                "updated": table.updated,
                "deleted": table.deleted,
                "quarantined": table.quarantined,
                "altered": table.altered,
                "mode": table.mode,
            },
            check_results=[
                dg.AssetCheckResult(
                    asset_key=key,
                    check_name="reconciled",
                    passed=all(c.is_equal for c in figures),
                    metadata={"figures": len(figures)},
                )
            ],
        )
