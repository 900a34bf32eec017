"""Formulas in a workbook's cells: readers of spreadsheets give their last result and hide that there is one."""

import re
import zipfile
from collections.abc import Iterator
from typing import IO
from xml.etree import ElementTree

_RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_FORMULA = re.compile(rb'<(?:\w+:)?c\b[^>]*\br="([A-Z]+)(\d+)"[^>]*>\s*<(?:\w+:)?f\b')
_CHUNK, _LONGEST_CELL = 1 << 24, 1 << 12  # bytes: read at a time, and kept for a cell that begins in one piece


def formulas(workbook: IO[bytes], sheet: str) -> Iterator[tuple[str, int]]:
    """(column letters, row) of each cell of a sheet that holds a formula. Raises KeyError if there is no such sheet."""
    with zipfile.ZipFile(workbook) as book, book.open(_part(book, sheet)) as xml:
        rest = b""
        while chunk := xml.read(_CHUNK):
            text = rest + chunk
            end = 0
            for found in _FORMULA.finditer(text):
                end = found.end()
                yield found[1].decode(), int(found[2])
            rest = text[max(end, len(text) - _LONGEST_CELL):]


def _part(book: zipfile.ZipFile, sheet: str) -> str:
    """The file in the workbook that holds a sheet."""
    relations = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
    targets = {item.get("Id"): item.get("Target", "") for item in relations.iter(f"{_RELATIONS}Relationship")}
    for item in ElementTree.fromstring(book.read("xl/workbook.xml")).iter():
        if item.tag.endswith("}sheet") and item.get("name") == sheet:
            target = targets[item.get(_ID)]
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise KeyError(sheet)
