"""Shared fixtures and the markers' skips."""

import os
import shutil
import tempfile

import pytest

_KEYS = pytest.StashKey[str]()
NEEDS = {
    "needs_libreoffice": ("soffice", "apt-get install libreoffice-calc"),
    "needs_systemd": ("systemd-analyze", "apt-get install systemd"),
    "needs_chromium": ("chromium", "apt-get install chromium"),
}


def pytest_configure(config: pytest.Config) -> None:
    """Keys that tests make go to a folder of their own, which the processes of a session share."""
    if not hasattr(config, "workerinput"):
        config.stash[_KEYS] = os.environ["IBR_KEYS"] = tempfile.mkdtemp(prefix="ibr-test-keys-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove them."""
    if folder := config.stash.get(_KEYS, None):
        shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a program that is not there, naming the command that installs it; fast folders first."""
    order = ["unit", "spec", "property", "integration", "acceptance"]
    items.sort(key=lambda item: next((n for n, folder in enumerate(order) if f"/{folder}/" in str(item.path)), 9))
    for item in items:
        for marker, (program, install) in NEEDS.items():
            if item.get_closest_marker(marker) and shutil.which(program) is None:
                item.add_marker(pytest.mark.skip(reason=f"{program} is not installed: {install}"))
