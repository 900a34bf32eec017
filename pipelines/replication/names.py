"""What a source's table is called where its own name will not do: tables of sources are named as people like."""

import hashlib
import re


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
