"""A register behind a web service: asked for whom the registry holds, once tonight's persons are known, and mirrored.

No step that asks holds the warehouse: whom to ask for is read before, in an instant. A service in trouble stops
nothing: its mirror stays, it counts as stale, and `ibr run` tells it; only where there never was a mirror does the step
fail.
"""

from collections.abc import Iterator

import dagster as dg
import duckdb

from ibr.config import Source
from ibr.errors import IbrError
from pipelines import journal, staleness
from pipelines.assets.sources import as_mirror, failures_noted, landing_key, mirror_key, report
from pipelines.context import OWNER, Run, Session
from pipelines.replication.landed import Landing
from pipelines.replication.lookup import LookupOutcome, ask_and_land, share_answered, write_asked_for
from pipelines.replication.lookup.asking import Asked
from pipelines.replication.merge import MergeOutcome, merge

PERSONS = dg.AssetKey(["registry", "persons"])


def build_assets(code: str, source: Source) -> list[dg.AssetsDefinition]:
    """A service's landing, which asks, and its mirror."""
    return [_landing(code, source), _mirror(code, source.as_mirrored)]


def _landing(code: str, source: Source) -> dg.AssetsDefinition:
    # Not in the warehouse's pool, which it would hold for as long as it asks.
    @dg.asset(
        key=landing_key(code),
        deps=[PERSONS],
        group_name="replicate",
        owners=[OWNER],
        kinds={"parquet"},
        check_specs=[dg.AssetCheckSpec("asked", asset=landing_key(code), description=f"{source.name} answered.")],
        description=f"What {source.name} says of the persons in the registry, asked one by one.",
    )
    def landed(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]) -> dg.MaterializeResult:
        run = Run.of(context, session)
        home = run.workspace.home
        with failures_noted(run, code):
            with run.warehouse() as con:
                write_asked_for(con, home, code)
                has_mirror = _has_mirror(con, code)
            try:
                outcome = ask_and_land(
                    code, source, home, run.run_id, at=run.started_at, full=run.full_refresh, progress=session.progress
                )
            except IbrError as error:
                outcome = LookupOutcome(None, Asked(0), error)
            if outcome.trouble:
                staleness.note_failure(home, code, run.run_id, outcome.trouble)
                if outcome.landing is None and not has_mirror:
                    raise outcome.trouble
        session.progress(f"{code}: {outcome.asked.words}")
        return dg.MaterializeResult(
            metadata={"people": outcome.asked.people, **{str(o): n for o, n in outcome.asked.outcomes.items()}},
            check_results=[
                dg.AssetCheckResult(
                    check_name="asked",
                    passed=outcome.trouble is None,
                    severity=dg.AssetCheckSeverity.WARN,
                    description=str(outcome.trouble or outcome.asked.words),
                )
            ],
        )

    return landed


def _mirror(code: str, source: Source) -> dg.AssetsDefinition:
    @as_mirror(code, source)
    def mirrored(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]) -> Iterator:
        run = Run.of(context, session)
        home = run.workspace.home
        begun = journal.now()
        outcome = None
        with failures_noted(run, code), run.warehouse() as con:
            had_mirror = _has_mirror(con, code)
            try:
                if (home / "landing" / code / run.run_id / "manifest.json").is_file():
                    outcome = merged(con, run)
            except IbrError as error:
                if not had_mirror:
                    raise
                staleness.note_failure(home, code, run.run_id, error)
            if outcome:
                words = share_answered(con, code)
                journal.stage(con, run, "replicate", begun, source=code, rows=outcome.changed, note=words)
                session.progress(f"{code}: {outcome.changed:,} rows changed; {words}")
            if not staleness.failed_in(home, code, run.run_id):
                staleness.clear(home, code)
            staleness.record(con, home, run.workspace.registry, run.started_at)
        yield from report(code, outcome) if outcome else _kept([mirror_key(code, name) for name in source.tables])

    def merged(con: duckdb.DuckDBPyConnection, run: Run) -> MergeOutcome:
        home = run.workspace.home
        landing = Landing.read(home / "landing" / code / run.run_id)
        return merge(con, code, source, landing, home, run_id=run.run_id, loaded_at=run.started_at)

    return mirrored


def _kept(keys: list[dg.AssetKey]) -> Iterator:
    for key in keys:
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={"mode": "kept as it was"},
            check_results=[
                dg.AssetCheckResult(
                    asset_key=key, check_name="reconciled", passed=False, severity=dg.AssetCheckSeverity.WARN
                )
            ],
        )


def _has_mirror(con: duckdb.DuckDBPyConnection, code: str) -> bool:
    row = con.execute("SELECT last_good_at IS NOT NULL FROM ops.sources WHERE source = ?", [code]).fetchone()
    return bool(row and row[0])
