"""Where a test's PostgreSQL keeps its data."""

import tempfile
from pathlib import Path


def data_folder() -> Path:
    """A new folder, not in pytest's own.

    As root the server runs under another account, and every pytest that starts closes the folder that all share.
    """
    return Path(tempfile.mkdtemp(prefix="pg-"))
