"""Asking a register for whom the registry holds, judging what it answered, and landing it for the merge.

The warehouse is not open meanwhile: whom to ask for was written beside the answers before (`write_asked_for`).
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import jinja2

from expectations.mirror import readable
from ibr.config import Source
from ibr.errors import ContractBroken, IbrError
from ibr.lookup import ANSWERS, ASKED
from pipelines.replication.adapters.base import DUCKDB, ORIGINAL, REASON, Column
from pipelines.replication.landed import LandedTable, Landing
from pipelines.replication.lookup.asking import Asked, ask_all
from pipelines.replication.lookup.pace import Clock, Pace
from pipelines.replication.lookup.service import Outcome, Service
from pipelines.replication.lookup.store import Answers
from pipelines.replication.names import mirror_schema
from warehouse.connection import connect, literal, quoted

NOT_ONE_FOUND = 50  # answers of a run after which "not found" for everybody is a fault of the service or of its path
_SQL = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "sql"), undefined=jinja2.StrictUndefined
)
_ANSWER_COLUMNS = [
    *(Column(name, "VARCHAR") for name in ("national_id", "outcome", "reason", "detail")),
    *(Column(name, "TIMESTAMP WITH TIME ZONE") for name in ("asked_at", "good_until")),
]


@dataclass(frozen=True)
class LookupOutcome:
    """What a run's asking came to. `landing`: None where there is nothing new to merge; `trouble`: why the register
    counts as stale, or None."""

    landing: Landing | None
    asked: Asked
    trouble: IbrError | None


def write_asked_for(con: duckdb.DuckDBPyConnection, home: Path, code: str) -> None:
    """Write the distinct national IDs that registry.persons holds to where asking reads them."""
    path = Answers(home, code, "").asked_for
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_suffix(".part")
    con.execute(f"COPY ({_people(con)}) TO {literal(str(partial))} (FORMAT parquet)")
    partial.replace(path)


def _people(con: duckdb.DuckDBPyConnection) -> str:
    """SQL: the distinct IDs of the registry; nobody is known before it was first built."""
    there = con.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'registry' "
        "AND table_name = 'persons'"
    ).fetchone()
    if there == (0,):
        return "SELECT NULL::VARCHAR AS national_id WHERE false"
    return "SELECT DISTINCT national_id FROM registry.persons WHERE national_id IS NOT NULL"


def ask_and_land(
    code: str,
    source: Source,
    home: Path,
    run_id: str,
    *,
    at: dt.datetime,
    full: bool = False,
    progress: Callable[[str], None] = lambda message: None,
    clock: Clock | None = None,
) -> LookupOutcome:
    """Ask for whom an answer is missing or too old, within the limits of registry.yml, and land all answers.

    `at`: when the run began; `full` asks again for those whose answer is still good. Trouble of the service is told in
    the outcome, for what was answered before counts all the same. Raises WarehouseBusy while another run asks.
    """
    answers = Answers(home, code, run_id)
    with answers.alone(), connect(":memory:", memory_limit="1GB", temp_directory=home / "tmp") as con:
        register = _Register(con, code, source, answers, at)
        asked = register.ask(home, full, progress, clock or Clock())
        doubt = register.take_in()
        trouble = asked.trouble or doubt
        # A run that heard nothing brings the mirror nothing: it stays as good, and as old, as it is.
        is_news = trouble is None or (doubt is None and asked.done > asked.outcomes[Outcome.SILENT])
        return LookupOutcome(register.land(home, run_id) if is_news else None, asked, trouble)


class _Register:
    """One register's answers, open in DuckDB."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, code: str, source: Source, answers: Answers, at: dt.datetime
    ) -> None:
        assert source.lookup is not None
        self._con, self._code, self._source, self._answers, self._at = con, code, source, answers, at
        self._lookup = source.lookup
        ((self._table_name, self._table),) = source.tables.items()
        self._names = {
            "asked_for": literal(str(answers.asked_for)),
            "cache_days": self._lookup.cache_days,
            "columns": [self._column(name, place) for name, place in self._lookup.answer.items()],
            "keys": [quoted(name) for name in self._table.key],
            "places": [literal(place) for place in self._lookup.places.values()],
            "reason": REASON,
            "original": ORIGINAL,
        }

    def _column(self, name: str, place: str) -> dict[str, Any]:
        """A column of the mirror: its value in an answer, and what must hold of it."""
        kind = self._table.columns.get(name)
        return {
            "name": quoted(name),
            "value": "national_id" if place == ASKED else f"fields[{literal(place)}]",
            "is_key": name in self._table.key,
            "missing": literal(f"KEY_MISSING:{name}"),
            "readable": readable(name, kind) if kind else None,
            "unreadable": literal(f"FIELD_UNREADABLE:{name}"),
        }

    def _render(self, name: str, **more: Any) -> str:
        return _SQL.get_template(f"{name}.sql.j2").render(**self._names, **more)

    def ask(self, home: Path, full: bool, progress: Callable[[str], None], clock: Clock) -> Asked:
        """Ask for those who are due, within the run's limits."""
        self._hear()
        lookup = self._lookup
        due = self._con.execute(
            self._render("due", most=lookup.max_calls_per_run), {"at": self._at, "full": full}
        ).fetchall()
        if not due:
            return Asked(0)
        progress(f"{self._code}: {len(due):,} people to ask for")
        pace = Pace(lookup.calls_per_second, lookup.max_calls_per_run, self._source.timeout_seconds, clock)
        service = Service(self._code, self._source, home)
        try:
            with self._answers.writing(self._at) as segment:
                return ask_all(
                    self._code, service, [national_id for (national_id,) in due], pace, clock,
                    parallel=lookup.parallel, retries=self._source.retries, keep=segment.keep, progress=progress,
                )  # fmt: skip
        finally:
            service.close()

    def take_in(self) -> ContractBroken | None:
        """Put what is new to what is kept, or into quarantine, and then say why."""
        if not self._answers.new:
            return None
        self._hear()
        if doubt := self._doubt():
            self._answers.set_aside()
        else:
            self._keep()
        self._hear()
        return doubt

    def _hear(self) -> None:
        """Read all answers there are."""
        self._con.execute(self._render("heard", **self._answers.relations()))

    def _doubt(self) -> ContractBroken | None:
        """Why what is new cannot be believed, or None."""
        answered, found, malformed, known, lost, fault = self._con.execute(self._render("judge")).fetchone() or (0,) * 6
        limits, before = self._source.limits, f"source {self._code}: "
        after = f"; the last good answers stay, and the new ones are in quarantine/{self._code}/answers"
        if malformed > limits.tolerated_rows(answered):
            return ContractBroken(
                f"{before}{malformed:,} of {answered:,} answers do not fit lookup in registry.yml (mostly {fault}), "
                f"more than the {limits.rejected_share:.0%} that limits.rejected_share allows{after}. "
                "Ask the register what changed, and mend the block"
            )
        if lost > limits.tolerated_losses(known):
            return ContractBroken(
                f"{before}{lost:,} of {known:,} people found before are not found now, more than the "
                f"{limits.vanished_share:.0%} that limits.vanished_share allows{after}. "
                "If it is right, raise the limit for one run"
            )
        if answered >= NOT_ONE_FOUND and not found:
            return ContractBroken(
                f"{before}not one of {answered:,} people was found; look at path and not_found under lookup in "
                f"registry.yml{after}"
            )
        return None

    def _keep(self) -> None:
        """Write what later runs need of what is kept and what is new."""
        compacted = self._answers.kept.with_suffix(".part")
        self._con.execute(
            f"COPY ({self._render('keep')}) TO {literal(str(compacted))} (FORMAT parquet, COMPRESSION zstd)",
            {"at": self._at},
        )
        self._answers.accept(compacted)

    def land(self, home: Path, run_id: str) -> Landing:
        """The answers, and the persons found, as a landing of two tables."""
        folder = home / "landing" / self._code / run_id
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        landing = Landing(self._code, run_id, folder, self._at.isoformat())
        self._con.execute(self._render("landed"))
        columns = [Column(name, "VARCHAR") for name in self._lookup.answer]
        self._land_table(landing, ANSWERS, "landed_answers", _ANSWER_COLUMNS, ["national_id"])
        self._land_table(landing, self._table_name, "landed_rows", columns, self._table.key)
        landing.write_manifest()
        return landing

    def _land_table(self, landing: Landing, name: str, rows: str, columns: list[Column], key: list[str]) -> None:
        self._con.execute(f"COPY {rows} TO {literal(str(landing.rows_file(name)))} (FORMAT parquet, COMPRESSION zstd)")
        measured = self._con.execute(f"SELECT {DUCKDB.measures(columns)} FROM {rows}").fetchone()
        figures = DUCKDB.named_figures(columns, measured)
        keys = ", ".join(quoted(column) for column in key)
        counted = self._con.execute(f"SELECT count(*) FROM (SELECT DISTINCT {keys} FROM {rows})").fetchone()
        figures.keys = counted[0] if counted else 0
        landing.tables[name] = LandedTable(name, "full", figures.rows, columns, figures, is_compared=True)


def share_answered(con: duckdb.DuckDBPyConnection, code: str) -> str:
    """In words, for how many of the people in the registry an answer stands in the mirror."""
    answered, people = con.execute(
        "SELECT count(*) FILTER (answers.outcome <> 'unanswered'), count(*) "
        f"FROM ({_people(con)}) AS asked_for LEFT JOIN {mirror_schema(code)}.{ANSWERS} AS answers "
        "ON answers.national_id = asked_for.national_id AND answers._ibr_deleted_at IS NULL"
    ).fetchone() or (0, 0)
    return f"answered for {answered:,} of {people:,} people"
