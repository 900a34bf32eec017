"""Where answers are kept as they come, so that a run that is killed loses only the calls under way.

    landing/<register>/answers.parquet        what earlier runs were answered: for each ID what stands, its last try
    landing/<register>/answers-<run>.ndjson   what a run was answered, a line a call, until it has been judged
    landing/<register>/asked_for.parquet      the IDs that the registry holds

Answers are judged when asking ends, and then move into `answers.parquet`, or into quarantine. What a killed run left is
judged with the next one's.
"""

import datetime as dt
import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ibr.errors import WarehouseBusy
from pipelines.replication.lookup.service import Reply
from warehouse.connection import literal

_COLUMNS = (
    "{national_id: 'VARCHAR', asked_at: 'TIMESTAMPTZ', outcome: 'VARCHAR', reason: 'VARCHAR', "
    "fields: 'MAP(VARCHAR, VARCHAR)', original: 'VARCHAR'}"
)
_NOTHING = (
    "SELECT NULL::VARCHAR AS national_id, NULL::TIMESTAMPTZ AS asked_at, NULL::VARCHAR AS outcome, "
    "NULL::VARCHAR AS reason, NULL::MAP(VARCHAR, VARCHAR) AS fields, NULL::VARCHAR AS original WHERE false"
)


class Answers:
    """The answers of one register."""

    def __init__(self, home: Path, code: str, run_id: str) -> None:
        self._folder = home / "landing" / code
        self._quarantine = home / "quarantine" / code / "answers"
        self._run_id = run_id

    @property
    def kept(self) -> Path:
        return self._folder / "answers.parquet"

    @property
    def asked_for(self) -> Path:
        return self._folder / "asked_for.parquet"

    @property
    def new(self) -> list[Path]:
        """What has not been judged yet, of this run and of runs that were killed."""
        return sorted(self._folder.glob("answers-*.ndjson"))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the answers while the block runs: two at once would ask twice as fast. Raises WarehouseBusy."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folder / "answers.lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise WarehouseBusy(
                    f"another run is asking {self._folder.name}; wait for it to end, then try again"
                ) from None
            yield

    @contextmanager
    def writing(self, asked_at: dt.datetime) -> Iterator["Segment"]:
        """This run's file of answers."""
        path = self._folder / f"answers-{self._run_id}.ndjson"
        path.touch(mode=0o600)
        with path.open("a", encoding="utf-8") as file:
            yield Segment(file, asked_at)

    def relations(self) -> dict[str, str | None]:
        """SQL for what is `kept`, and for what is `new`, None where nothing is. A line that was cut off is no line."""
        files = ", ".join(literal(str(path)) for path in self.new)
        return {
            "kept": f"read_parquet({literal(str(self.kept))})" if self.kept.exists() else f"({_NOTHING})",
            "new": f"(SELECT * FROM read_json([{files}], format = 'newline_delimited', ignore_errors = true, "
            f"columns = {_COLUMNS}) WHERE national_id IS NOT NULL)"
            if files
            else None,
        }

    def accept(self, compacted: Path) -> None:
        """Take `compacted`, made of all there is, for what is kept."""
        compacted.replace(self.kept)
        for path in self.new:
            path.unlink()

    def set_aside(self) -> Path:
        """Move what is new into quarantine, where the register's owner can see it; returns the folder."""
        self._quarantine.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in self.new:
            path.replace(self._quarantine / path.name)
        return self._quarantine


class Segment:
    """A file of answers, open for writing."""

    def __init__(self, file: IO[str], asked_at: dt.datetime) -> None:
        self._file, self._asked_at = file, asked_at.isoformat()

    def keep(self, national_id: str, reply: Reply) -> None:
        """Write an answer out of this process, so that killing it does not lose it."""
        line = {
            "national_id": national_id, "asked_at": self._asked_at, "outcome": reply.outcome.value,
            "reason": reply.reason, "fields": reply.fields, "original": reply.original,
        }  # fmt: skip
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._file.flush()
