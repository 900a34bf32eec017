"""The service's own file, `service.sqlite`: each part of it brings its tables, over a connection of its own."""

import os
import sqlite3
from pathlib import Path

FILE = "service.sqlite"
# What is deleted is overwritten: it is about people.
_SETTINGS = "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;"


def open_state(home: Path, schema: str) -> sqlite3.Connection:
    """Open it, readable by its owner alone, with the tables of `schema`, which are made where they are missing.

    The connection may be used by several threads, one at a time.
    """
    path = home / FILE
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    con = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    con.executescript(_SETTINGS + schema)
    return con
