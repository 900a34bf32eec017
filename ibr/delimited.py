"""Text tables (CSV and the like), read by their header and not by guessing: one odd line must not change how the others
are read, or make a row of values pass for the header."""

import codecs
import csv
import gzip
import itertools
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from warehouse.connection import literal

SEPARATORS = ",;\t|"
HEADER_AMONG = 30  # lines at the top of a file among which its header is looked for
UNNAMED = "_unnamed_"  # and its place: a column whose name in the header is blank

_BYTE_ORDER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_EXCEL_HINT = re.compile(r"sep=(.)\s*", re.IGNORECASE)


class NoHeader(Exception):
    """The first lines cannot be read as UTF-8, or hold nothing."""


class RepeatedColumn(Exception):
    """A column stands in the header more than once; its name is the message."""


@dataclass(frozen=True)
class _Header:
    """Where a file's columns are named: after so many records, parted by this sign."""

    names: list[str]
    above: int
    delimiter: str


def read_csv_sql(path: Path, options: str = "", named: Iterable[str] = ()) -> str:
    """SQL: DuckDB's read_csv on a file with every column as text, by the names of its header.

    The header is the first line or, where `named` columns stand only further below, the line that has them all: people
    put titles above a table. `options`: more of read_csv's, each with a comma before it. Raises NoHeader and
    RepeatedColumn.
    """
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    with opened(path, "rb") as file:
        lines = list(itertools.islice(file, HEADER_AMONG))
    header = _header(_decoded(lines), set(named))
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in column_names(header.names))
    return (
        f"read_csv({literal(str(path))}, auto_detect = false, header = true, skip = {header.above}, "
        f"delim = {literal(header.delimiter)}, "
        f"""quote = '"', escape = '"', columns = {{{columns}}}{options})"""
    )


def column_names(cells: list[str]) -> list[str]:
    """The names in a header's cells, each on one line; a blank one is called by its place. Raises RepeatedColumn."""
    names = [plain(cell) or f"{UNNAMED}{place}" for place, cell in enumerate(cells, 1)]
    small = [name.lower() for name in names]
    if repeated := [name for name in names if small.count(name.lower()) > 1]:
        raise RepeatedColumn(", ".join(dict.fromkeys(repeated)))
    return names


def plain(cell: str | None) -> str:
    """A name as it is meant: without the line breaks and spaces that make it fit its cell."""
    return " ".join((cell or "").split())


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


def _decoded(lines: list[bytes]) -> list[str]:
    """The lines up to the first that is not UTF-8, which has to be a line of values."""
    texts = []
    for place, line in enumerate(lines):
        try:
            texts.append(line.decode("utf-8-sig" if place == 0 else "utf-8"))
        except UnicodeDecodeError:
            break
    return texts


def _header(lines: list[str], named: set[str]) -> _Header:
    """The widest record that has all the named columns; without one the first line that is not blank."""
    found: list[_Header] = []
    for delimiter in SEPARATORS if named else "":
        for place, record in enumerate(_records(lines, delimiter)):
            if named <= {plain(cell) for cell in record}:
                found.append(_Header(record, place, delimiter))
                break
    if found:
        return max(found, key=lambda header: len(header.names))
    hint = _EXCEL_HINT.fullmatch(lines[0]) if lines else None
    filled = [place for place, line in enumerate(lines) if line.strip()][1 if hint else 0 :]
    if not filled:
        raise NoHeader
    above = filled[0]
    delimiter = hint[1] if hint else max(SEPARATORS, key=lines[above].count)
    return _Header(next(_records(lines[above:], delimiter)), above, delimiter)


def _records(lines: list[str], delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(lines, delimiter=delimiter)
    except csv.Error:
        raise NoHeader from None
