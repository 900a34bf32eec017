"""Names of a source's schemas, and of its tables where their own will not do: people name tables as they like."""

import hashlib
import re

from warehouse.connection import quoted


def mirror_schema(code: str) -> str:
    """The schema of a source's mirrors, quoted for SQL."""
    return quoted(f"mirror_{code}")


def history_schema(code: str) -> str:
    """The schema of the earlier versions of a source's rows, quoted for SQL."""
    return quoted(f"history_{code}")


def asset_name(table: str) -> str:
    """A name for Dagster and dbt, which take letters, digits and underscores: the table's own wherever it is one."""
    return table if re.fullmatch(r"\w+", table, re.ASCII) else _told_apart(table)


def file_name(table: str) -> str:
    """A name for files; some file systems do not tell capitals from small letters."""
    return table if re.fullmatch(r"[a-z0-9_]{1,80}", table) else _told_apart(table)


def _told_apart(table: str) -> str:
    """Letters, digits and underscores, and a digest of the name as it is."""
    plain = re.sub(r"\W+", "_", table, flags=re.ASCII).strip("_")[:60]
    return f"{plain}_{hashlib.blake2b(table.encode(), digest_size=4).hexdigest()}"
