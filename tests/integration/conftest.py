"""Fixtures that several files share."""

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
