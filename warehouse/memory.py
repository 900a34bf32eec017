"""What a connection may take of the machine: by the place of its file, as its key, so that nobody forgets to say it."""

from functools import lru_cache
from pathlib import Path

from ibr.config import Warehouse, load_warehouse
from ibr.errors import ConfigurationProblem
from ibr.memory import Budget


def budget_of(place: Path | None) -> Budget:
    """The budget of the workspace that a file or folder lies in; the usual one where it lies in none, or nowhere."""
    for folder in (place.absolute(), *place.absolute().parents) if place else ():
        settings = folder / "registry.yml"
        if settings.is_file():
            return _said_in(settings, settings.stat().st_mtime_ns)
    return Warehouse().budget


@lru_cache
def _said_in(settings: Path, _changed: int) -> Budget:
    """Read once as long as the file stays as it is: connections are opened often."""
    try:
        return load_warehouse(settings, settings.parent).budget
    except ConfigurationProblem:  # told by who reads the whole file: a backup is made all the same
        return Warehouse().budget
