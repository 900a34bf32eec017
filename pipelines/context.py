"""What every step of a run needs to know, read from the run's tags so that a restarted step knows the same."""

import datetime as dt
import os
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from ibr.config import Stage
from ibr.disk import damaged_file, full_disk
from ibr.errors import Defect, IbrError
from ibr.workspace import Workspace
from pipelines.replication.landed import Landing
from pipelines.time_left import TimeLeft
from warehouse.connection import connect
from warehouse.lock import warehouse_lock
from warehouse.schemas import prepare

POOL = "warehouse"
OWNER = "team:secretariat"
LONGEST_WAIT = 3600  # seconds that a step waits for the writer's place before it fails as busy
RUN_ID_TAG, STARTED_TAG, FULL_TAG, AS_AT_TAG = "ibr/run_id", "ibr/started_at", "ibr/full_refresh", "ibr/as_at"

# One process has one writer as well: steps of runs that share it take turns.
_writer = threading.Lock()


@dataclass
class Session:
    """The resource `session`: the workspace, and where progress goes."""

    workspace: Workspace
    progress: Callable[[str], None] = lambda message: None
    # Landings that `ibr run` has under way in threads; Dagster itself starts a process a source instead.
    landings: dict[str, Future[Landing]] = field(default_factory=dict)
    # Where dbt's own words go instead of the console.
    log_file: Path | None = None
    # `ibr run` holds the warehouse from its first step to its last; runs that Dagster starts take it step by step.
    holds_lock: bool = False
    # Of a run of `ibr run`; runs that Dagster starts are watched at its own page.
    time_left: TimeLeft = field(default_factory=lambda: TimeLeft((), {}))

    def begin(self, stage: Stage) -> None:
        """Say that a stage begins."""
        self.time_left.begin(stage)
        self.progress(stage)


@dataclass(frozen=True)
class Run:
    """One night's run, as several Dagster runs share it."""

    session: Session
    run_id: str
    started_at: dt.datetime
    reporting_date: dt.date
    full_refresh: bool

    @classmethod
    def of(cls, context: Any, session: Session) -> "Run":
        """The run that a step belongs to: from the tags of `ibr run`, else from Dagster's own record."""
        tags = context.run.tags
        record = context.instance.get_run_record_by_id(context.run.run_id)
        started = tags.get(STARTED_TAG)
        as_at = tags.get(AS_AT_TAG)
        return cls(
            session=session,
            run_id=tags.get(RUN_ID_TAG, context.run.run_id),
            started_at=dt.datetime.fromisoformat(started)
            if started
            else record.create_timestamp.astimezone(dt.UTC),
            reporting_date=dt.date.fromisoformat(as_at) if as_at else session.workspace.registry.reporting_date,
            full_refresh=tags.get(FULL_TAG) == "true",
        )

    @property
    def workspace(self) -> Workspace:
        return self.session.workspace

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The single writer's place, whichever process asks for it; waits for its turn."""
        with _writer, ExitStack() as stack:
            if not self.session.holds_lock:
                stack.enter_context(
                    warehouse_lock(self.workspace.home, f"run {self.run_id}", wait_seconds=LONGEST_WAIT)
                )
            yield

    @contextmanager
    def warehouse(self, memory_limit: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, open for writing, schemas in place; closed again at the end, since dbt opens it itself.

        `memory_limit`: by default all that the run may take.
        """
        with self.writing():
            con = connect(
                self.workspace.warehouse_file,
                memory_limit=memory_limit,
                threads=self.workspace.registry.warehouse.threads,
                temp_directory=self.workspace.temporary,
            )
            try:
                prepare(con)
                yield con
            finally:
                con.close()


@contextmanager
def plain_failures(on_error: Callable[[IbrError], None] | None = None) -> Iterator[None]:
    """Turn what goes wrong in a step into a Dagster failure of one line that carries its exit code.

    A user's problem keeps its words. Of a defect of ours only the kind and the place are told, because an error's own
    words may hold a row's values, and Dagster keeps them; with IBR_DEBUG set they are let through.
    """
    try:
        yield
    except Exception as error:
        told = error if isinstance(error, IbrError) else full_disk(error) or damaged_file(error) or _defect(error)
        if on_error:
            with suppress(OSError):  # on a full disk there is no room for the note either
                on_error(told)
        if isinstance(told, Defect) and (os.environ.get("IBR_DEBUG") or isinstance(error, dg.Failure)):
            raise
        raise dg.Failure(
            description=str(told), metadata={"exit_code": told.exit_code}, allow_retries=False
        ) from None


def _defect(error: Exception) -> Defect:
    return Defect(
        f"a defect of ours: {type(error).__name__} at {_place(error)}; run again with IBR_DEBUG=1 to see all of it"
    )


def _place(error: Exception) -> str:
    """The innermost place in our own code that an error came through, as file:line."""
    root = Path(__file__).parents[1]
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(root)]
    ours = [f for f in frames if ".venv" not in f.filename]
    return f"{Path(ours[-1].filename).relative_to(root)}:{ours[-1].lineno}" if ours else "a place outside our code"
