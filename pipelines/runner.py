"""One run from the command line: the same jobs that the schedule starts, in this process.

Sources are replicated beside each other, each in a Dagster run of its own; then one run builds the rest. What went
wrong is collected, and decides the exit code: a source that could not be brought up to date is marked stale and the
rest is published; a source that never had a good mirror stops everything.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager

import dagster as dg
import duckdb

import expectations
from exchange import portal
from ibr.config import STAGES, Source, Stage
from ibr.disk import telling_of_a_full_disk
from ibr.errors import ConfigurationProblem, ContractBroken, UsageProblem
from ibr.workspace import Workspace
from pipelines import audited, checks, dbt, housekeeping, spark, staleness
from pipelines.assets.publication import KEY as PUBLICATION
from pipelines.context import AS_AT_TAG, FULL_TAG, RUN_ID_TAG, STARTED_TAG, Session
from pipelines.definitions import build_definitions
from pipelines.instance import open_instance
from pipelines.jobs import BUILD_JOB, replication_job_name
from pipelines.outcome import RunOutcome, StageOutcome, Trouble
from pipelines.replication.inbox.intake import next_ready
from pipelines.replication.landed import Landing
from pipelines.replication.landing import land
from pipelines.replication.places import Places
from pipelines.resuming import Request, left_of_last_run, note, settings_of
from pipelines.time_left import TimeLeft, Took, past_durations
from pipelines.troubles import troubles_of
from warehouse import serving
from warehouse.audiences.policy import load_policy
from warehouse.connection import connect
from warehouse.lock import warehouse_lock
from warehouse.schemas import prepare


def run(
    workspace: Workspace,
    *,
    stages: Sequence[Stage] = STAGES,
    full_refresh: bool = False,
    as_at: dt.date | None = None,
    started: dt.datetime | None = None,
    sources: Sequence[str] | None = None,
    progress: Callable[[str], None] = lambda message: None,
) -> RunOutcome:
    """Materialise stages of a workspace; one run at a time.

    `started`: the moment at which the age of sources and answers is judged, by default now; `sources`: those that are
    copied, by default all; registers that are asked by ID are asked all the same. Raises WarehouseBusy if another run
    is under way, ConfigurationProblem if registry.yml, audiences.yml or a table of rules is wrong.
    """
    started = started or dt.datetime.now(dt.UTC)
    registry = workspace.registry
    if not registry.sources:
        raise ConfigurationProblem(
            f"{workspace.registry_file} names no source; `ibr sources add CODE URL` looks at a database and writes one"
        )
    if "registry" in stages:  # which asks again: here it is told before sources are copied
        expectations.check_rules(dbt.RULES_DIR, registry.programs, registry.sources)
    if registry.engine == "spark":
        spark.require()
    if "publish" in stages:
        serving.check(load_policy(workspace.home, registry.publish.audiences), registry.serving)
        portal.check(workspace.home, registry)
    workspace.ensure()
    run_id = f"{started:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
    outcome = RunOutcome(run_id, as_at or registry.reporting_date)
    tags = {
        RUN_ID_TAG: run_id,
        STARTED_TAG: started.isoformat(),
        FULL_TAG: str(full_refresh).lower(),
        AS_AT_TAG: outcome.reporting_date.isoformat(),
    }
    with telling_of_a_full_disk(workspace.home), warehouse_lock(workspace.home, f"ibr run {run_id}"):
        if registry.encryption and workspace.warehouse_file.exists():
            connect(workspace.warehouse_file).close()  # a wrong key is told before sources are copied
        audited.settings(workspace.home, workspace.registry_file)
        audited.started(workspace.home, run_id, stages, outcome.reporting_date, full_refresh)
        copies = "replicate" in stages
        chosen = [code for code in registry.sources if copies and (sources is None or code in sources)]
        set_now = settings_of(workspace)
        request = Request(run_id, tuple(stages), tuple(chosen), outcome.reporting_date, full_refresh, set_now)
        past = _note(workspace, request, started)
        progress("loading definitions")
        runner = _Runner(workspace, tags, outcome, progress, chosen, TimeLeft(stages, past))
        if "replicate" in stages:
            runner.replicate()
        if set(stages) == {"replicate"}:
            runner.ask()
        elif _can_build(workspace, outcome, asks="replicate" in stages):
            runner.build(stages)
        _record_failures(workspace, outcome)
        runner.tidy()
    return outcome


def resume(workspace: Workspace, *, progress: Callable[[str], None] = lambda message: None) -> RunOutcome:
    """Go on where the last run failed or was ended: with its reporting date, keeping what it had done.

    Raises UsageProblem where it left nothing, and as `run`.
    """
    if not workspace.warehouse_file.exists():
        raise UsageProblem(f"{workspace.home} has seen no run that could be resumed; `ibr run` begins one")
    with warehouse_lock(workspace.home, "ibr run --resume"), _opened(workspace) as con:
        left = left_of_last_run(con, workspace.registry, settings_of(workspace))
    if left is None:
        raise UsageProblem("the last run left nothing undone; `ibr run` begins another")
    progress(f"going on with run {left.run_id} from {left.place}")
    return run(
        workspace, stages=left.stages, full_refresh=left.full_refresh, as_at=left.reporting_date, sources=left.sources,
        progress=progress,
    )  # fmt: skip


class _Runner:
    """The definitions, the instance and the tags that all Dagster runs of one `ibr run` share."""

    def __init__(
        self, workspace: Workspace, tags: dict[str, str], outcome: RunOutcome, progress: Callable[[str], None],
        sources: Sequence[str], time_left: TimeLeft,
    ) -> None:  # fmt: skip
        self._workspace, self._tags, self._outcome = workspace, tags, outcome
        self._progress = time_left.telling(progress)
        registry = workspace.registry
        self._copied = {code: source for code, source in registry.copied.items() if code in sources}
        self._started = dt.datetime.fromisoformat(tags[STARTED_TAG])
        self._instance = open_instance(workspace)
        log_file = workspace.logs / f"dbt-{outcome.run_id}.log"
        self._session = Session(
            workspace, self._progress, log_file=log_file, holds_lock=True, time_left=time_left
        )
        self._definitions = build_definitions(self._session)

    def replicate(self) -> None:
        """Extraction of all sources beside each other; each is checked and merged as soon as it has landed.

        Only the copying is threaded: Dagster's logging set-up deadlocks when two runs start in one process.
        """
        sources = self._copied
        self._session.begin("replicate")
        places = Places(self._workspace.registry.warehouse.budget.landings_at_once)
        with ThreadPoolExecutor(max_workers=len(sources) + 1) as pool:
            pool.submit(expectations.load)  # before the first landing asks for it
            under_way = {pool.submit(self._land, code, source, places): code for code, source in sources.items()}
            self._session.landings = {code: future for future, code in under_way.items()}
            for future in as_completed(under_way):
                self._replicate(under_way[future])
            for code, source in sources.items():
                if source.is_inbox:
                    self._replicate_further_batches(code, source)

    def _land(self, code: str, source: Source, places: Places) -> Landing:
        with places.one():
            return land(
                code, source, self._workspace.home, self._outcome.run_id,
                at=self._started, full=self._tags[FULL_TAG] == "true", progress=self._progress,
            )  # fmt: skip

    def _replicate(self, code: str) -> None:
        self._execute(replication_job_name(code), f"replicate {code}")

    def _replicate_further_batches(self, code: str, source: Source) -> None:
        """One batch a Dagster run: what a broken one had waiting behind it is not held up by it."""
        tried: set[str] = set()
        while (batch := next_ready(code, source, self._workspace.home, self._started)) and batch.signature not in tried:
            tried.add(batch.signature)
            self._session.landings.pop(code, None)
            self._replicate(code)

    def ask(self) -> None:
        """Services, for the persons of the registry as it was last built."""
        for code in self._workspace.registry.services:
            self._replicate(code)
        self._tell_of_services()

    def build(self, stages: Sequence[str]) -> None:
        """The stages after replication, in one run: a blocking check stops what depends on it. With `replicate` among
        them services are asked, for the persons of this run."""
        job = self._definitions.resolve_job_def(BUILD_JOB)
        graph = self._definitions.resolve_asset_graph()
        keys = [
            key for key in job.asset_layer.selected_asset_keys if graph.get(key).group_name in stages
        ]
        self._execute(BUILD_JOB, ", ".join(stage for stage in stages if stage != "replicate"), keys)
        self._tell_of_services()

    def tidy(self) -> None:
        """Logs and Dagster's records of runs that are older than registry.yml keeps them."""
        kept = dt.timedelta(days=self._workspace.registry.logs.keep_days)
        housekeeping.prune(self._workspace, self._instance, self._started - kept)

    def _tell_of_services(self) -> None:
        """A service in trouble fails no step where an earlier mirror stands in; it is told all the same."""
        told = {trouble.message for trouble in self._outcome.troubles}
        failures = staleness.failures(self._workspace.home, self._workspace.registry.services)
        self._outcome.troubles += [
            Trouble(code, failure["message"], failure["exit_code"])
            for code, failure in failures.items()
            if failure["run_id"] == self._outcome.run_id and failure["message"] not in told
        ]

    def _execute(self, job_name: str, stage: str, keys: list[dg.AssetKey] | None = None) -> None:
        """Run a job, and add to the outcome what became of it."""
        begun = dt.datetime.now(dt.UTC)
        job = self._definitions.resolve_job_def(job_name)
        result = job.execute_in_process(
            instance=self._instance,
            tags=self._tags,
            asset_selection=keys,
            raise_on_error=False,
            run_config={"loggers": {"file": {}}},
        )
        seconds = (dt.datetime.now(dt.UTC) - begun).total_seconds()
        self._outcome.published |= any(
            event.is_step_materialization and event.asset_key == PUBLICATION for event in result.all_events
        )
        self._outcome.stages.append(StageOutcome(stage, seconds, result.success))
        self._outcome.troubles += troubles_of(result, job_name)


@contextmanager
def _opened(workspace: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, for the journal's sake."""
    with connect(workspace.warehouse_file) as con:
        prepare(con)
        yield con


def _note(workspace: Workspace, request: Request, started: dt.datetime) -> dict[str, Took]:
    """Write that a run begins; what its stages last took."""
    with _opened(workspace) as con:
        note(con, request, started)
        return past_durations(con, request.sources)


def _can_build(workspace: Workspace, outcome: RunOutcome, *, asks: bool) -> bool:
    """Whether every source has a good mirror, of whatever age; if not, that is one more trouble. `asks`: services get
    theirs in the build itself."""
    with _opened(workspace) as con:
        answer = con.execute("SELECT list(source) FROM ops.sources WHERE last_good_at IS NOT NULL").fetchone()
        good = set((answer and answer[0]) or [])
    needed = workspace.registry.copied if asks else workspace.registry.sources
    never = [code for code in needed if code not in good]
    if never:
        outcome.troubles.append(
            Trouble(
                "run",
                f"nothing was published: {', '.join(never)} never had a good mirror; "
                "an earlier publication, if there is one, stays",
                ContractBroken.exit_code,
            )
        )
    return not never


def _record_failures(workspace: Workspace, outcome: RunOutcome) -> None:
    """Sources that could not be copied have no step that opens the warehouse: their failure is written here, and the
    run's end."""
    with _opened(workspace) as con:
        staleness.record(con, workspace.home, workspace.registry, dt.datetime.now(dt.UTC))
        checks.bring(con, workspace, workspace.registry.sources)
        for code, failure in staleness.failures(workspace.home, workspace.registry.sources).items():
            if failure["run_id"] == outcome.run_id:
                con.execute(
                    "INSERT INTO ops.runs VALUES (?, 'replicate', ?, now(), now(), 'failure', NULL, ?)",
                    [outcome.run_id, code, failure["message"]],
                )
        audited.ended(workspace.home, con, outcome)
        left = left_of_last_run(con, workspace.registry, settings_of(workspace))
        outcome.left = left.place if left else None
