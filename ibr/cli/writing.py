"""The warehouse for commands that change it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ibr.errors import UsageProblem
from ibr.workspace import Workspace

if TYPE_CHECKING:
    import duckdb


@contextmanager
def writing(home: Workspace, holder: str) -> Iterator["duckdb.DuckDBPyConnection"]:
    """The warehouse, open for writing, under its lock; `holder` is what others are told.

    Raises UsageProblem if there is none yet, WarehouseBusy while another process has it.
    """
    from warehouse.connection import connect
    from warehouse.lock import warehouse_lock

    if not home.warehouse_file.exists():
        raise UsageProblem(f"there is no {home.warehouse_file.name} in {home.home} yet; `ibr run` makes it")
    with warehouse_lock(home.home, holder), connect(home.warehouse_file) as con:
        yield con
