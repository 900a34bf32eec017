"""Text tables (CSV and the like), read by their header and not by guessing: one odd line must not change how the others
are read, or make a row of values pass for the header."""

import codecs
import csv
import gzip
import shutil
from pathlib import Path

from warehouse.connection import literal

SEPARATORS = ",;\t|"


_BYTE_ORDER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


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
    columns = ", ".join(f"{literal(column.strip())}: 'VARCHAR'" for column in header)
    return (
        f"read_csv({literal(str(path))}, auto_detect = false, header = true, delim = {literal(delimiter)}, "
        f"""quote = '"', escape = '"', columns = {{{columns}}}{options})"""
    )


def in_utf8(path: Path, encoding: str | None, folder: Path) -> Path:
    """The file itself where it is in UTF-8, else a copy of it in UTF-8 in `folder`.

    UTF-16 is told by its first two bytes; any other encoding has to be named. Raises UnicodeError where the file's
    bytes are none of its encoding's.
    """
    with path.open("rb") as file:
        if file.read(2) in _BYTE_ORDER_MARKS:
            encoding = "utf-16"
    if encoding is None or codecs.lookup(encoding).name == "utf-8":
        return path
    copied = folder / path.name
    with path.open(encoding=encoding, newline="") as given, copied.open("w", encoding="utf-8", newline="") as written:
        shutil.copyfileobj(given, written, 1 << 20)
    return copied

