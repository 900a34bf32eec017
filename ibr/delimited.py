"""Text tables (CSV and the like), read by their header and not by guessing: one odd line must not change how the others
are read, or make a row of values pass for the header."""

import csv
import gzip
from pathlib import Path

SEPARATORS = ",;\t|"


class NoHeader(Exception):
    """The first line cannot be read as UTF-8, or holds nothing."""


class RepeatedColumn(Exception):
    """A column stands in the header more than once; its name is the message."""


def read_csv_sql(path: Path, options: str = "") -> str:
    """SQL: DuckDB's read_csv on a file with every column as text, by the names of its first line.

    `options`: more of read_csv's, each with a comma before it. Raises NoHeader and RepeatedColumn.
    """
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    with opened(path, "rb") as file:
        line = file.readline()
    try:
        first = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NoHeader from None
    if not first.strip():
        raise NoHeader
    delimiter = max(SEPARATORS, key=first.count)
    header = next(csv.reader([first], delimiter=delimiter))
    small = [column.strip().lower() for column in header]
    if repeated := [column.strip() for column in header if small.count(column.strip().lower()) > 1]:
        raise RepeatedColumn(", ".join(dict.fromkeys(repeated)))
    columns = ", ".join(f"{_literal(column.strip())}: 'VARCHAR'" for column in header)
    return (
        f"read_csv({_literal(str(path))}, auto_detect = false, header = true, delim = {_literal(delimiter)}, "
        f"""quote = '"', escape = '"', columns = {{{columns}}}{options})"""
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
