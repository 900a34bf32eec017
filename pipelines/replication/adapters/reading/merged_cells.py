"""Cells that are merged over several rows: only the first of the rows has their value, the others look blank."""

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_FIRST_FILLED = re.compile(rb'<(?:\w+:)?c\s[^>]*?r="[A-Z]+(\d+)"[^>]*[^/]>\s*<(?:\w+:)?(?:v|is|f)\b')


def merged_over_rows(path: Path, sheet: str, below: int) -> list[str]:
    """The ranges of a sheet of an .xlsx (A5:A9) that span several rows below its header; none for other formats.

    `below`: the header's place, counted from the first row that holds anything.
    """
    if path.suffix.lower() not in (".xlsx", ".xlsm"):
        return []
    try:
        with zipfile.ZipFile(path) as book:
            content = book.read(_part(book, sheet))
    except (KeyError, StopIteration, ElementTree.ParseError):  # a package that is laid out in another way
        return []
    first = _FIRST_FILLED.search(content)
    header = (int(first[1]) if first else 1) + below
    ranges = [(m[1].decode(), int(m[2]), m[3].decode(), int(m[4])) for m in _MERGED.finditer(content)]
    return [f"{left}{top}:{right}{bottom}" for left, top, right, bottom in ranges if bottom > max(top, header)]


def _part(book: zipfile.ZipFile, sheet: str) -> str:
    """Where in the workbook's package a sheet lies."""
    sheets = ElementTree.fromstring(book.read("xl/workbook.xml")).iterfind(".//{*}sheet")
    relation = next(found.get(_RELATION) for found in sheets if found.get("name") == sheet)
    relations = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
    target = next(str(found.get("Target")) for found in relations if found.get("Id") == relation)
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
