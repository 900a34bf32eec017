"""Fixtures that several files share."""

import datetime as dt
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.managers import Exported, opened, warehouse
from tests.integration.test_exceptions_export import export


@pytest.fixture(scope="session")
def first_export(tmp_path_factory) -> Path:
    """The folder of a workspace after its first export: made once, copied by who changes it."""
    home = tmp_path_factory.mktemp("exported")
    with warehouse(home / "warehouse.duckdb") as con:
        export(con, home)
    return home


@pytest.fixture
def exported(first_export, tmp_path) -> Iterator[Exported]:
    shutil.copytree(first_export, tmp_path / "home")
    with opened(tmp_path / "home") as it:
        yield it


@pytest.fixture(scope="session")
def service_home(tmp_path_factory) -> Path:
    """A workspace with a small linked publication for the service: made once for all processes of the tests, copied by
    who changes it."""
    from tests.integration.service_warehouse import make_home  # seconds, which the other files need not wait for

    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "service-home"
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return shared if shared.exists() else make_home(shared, dt.datetime.now(dt.UTC))
