"""Dagster's event log in SQLite, with connections that stay open.

Dagster's own opens a new engine and connection for each statement, two to four an event: 37 s of a run of 115 s.
The files, their tables and their places are Dagster's own, so any Dagster reads them.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dagster import StringSource, __version__
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData

_KEPT_OPEN = 4  # the index, the run under way, and those that a page looks at


class EventLog(SqliteEventLogStorage):
    """The event log of the instance at `home` (DAGSTER_HOME); `dagster.yaml` names it."""

    def __init__(self, home: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, sa.Engine] = {}
        super().__init__(str(Path(home) / "history" / "runs"), inst_data)

    @classmethod
    def config_type(cls) -> Any:
        return {"home": StringSource}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "EventLog":
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    def _engine(self, shard: str) -> sa.Engine:
        engine = self._engines.pop(shard, None) or self._opened(shard)
        self._engines[shard] = engine  # last used, last in the dictionary
        while len(self._engines) > _KEPT_OPEN:
            self._engines.pop(next(iter(self._engines))).dispose()
        return engine

    def _opened(self, shard: str) -> sa.Engine:
        place, waiting = self.conn_string_for_shard(shard), {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
        path = Path(self.path_for_shard(shard))
        if not path.exists():
            self._begin(path)
        # Threads take turns behind a lock, so one connection does for all of them.
        engine = sa.create_engine(
            place, poolclass=sa.StaticPool, connect_args={**waiting, "check_same_thread": False}
        )
        sa.event.listen(engine, "connect", _do_not_sync_each_commit)
        return engine

    def _begin(self, path: Path) -> None:
        """A run's file, copied from an empty one: to make its tables anew takes 0.3 s, with every run."""
        empty = Path(self._base_dir).parent / f"empty-run-{__version__}.db"
        with tempfile.TemporaryDirectory(dir=empty.parent) as folder:
            made = Path(folder) / "made.db"
            if empty.exists():
                shutil.copyfile(empty, made)
            else:
                self._initdb(sa.create_engine(f"sqlite:///{made}", poolclass=sa.NullPool))
                shutil.copyfile(made, Path(folder) / empty.name)
                (Path(folder) / empty.name).replace(empty)
            try:
                os.link(made, path)
            except FileExistsError:
                pass  # another process was first
            except OSError:  # a file system without links
                if not path.exists():
                    made.replace(path)

    def delete_events(self, run_id: str) -> None:
        """Dagster's own empties a run's file and leaves it there."""
        super().delete_events(run_id)
        if engine := self._engines.pop(run_id, None):
            engine.dispose()
        path = Path(self.path_for_shard(run_id))
        for ending in ("", "-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)

    def wipe(self) -> None:
        self._let_go()
        super().wipe()

    def dispose(self) -> None:
        super().dispose()
        self._let_go()

    def _let_go(self) -> None:
        while self._engines:
            self._engines.popitem()[1].dispose()


def _do_not_sync_each_commit(connection: Any, _record: Any) -> None:
    # In WAL mode nothing is lost when a process is killed; when the power goes, the last events of a log may be.
    connection.execute("PRAGMA synchronous = NORMAL")
