"""Rows that look like rows of the table and are none: sums below it, and keys that a spreadsheet has damaged."""

import re
from collections.abc import Sequence

import duckdb

from pipelines.replication.adapters.base import ORIGINAL, REASON
from warehouse.connection import literal, quoted

TOTALS_ROW, KEY_DAMAGED = "TOTALS_ROW", "KEY_DAMAGED"
_NUMERIC = r"[+-]?[0-9][0-9.,'' ]*%?"
# 1.23457E+11: the digits are gone. #N/A: there never were any.
_DAMAGED = r"[+-]?\d([.,]\d+)?[eE][+]\d+|#(N/A|REF!|VALUE!|NAME[?]|DIV/0!|NUM!|NULL!)"


def mark_totals(con: duckdb.DuckDBPyConnection, name: str, key: list[str], words: Sequence[str]) -> None:
    """Give rows that sum up others the reason TOTALS_ROW.

    With a key: each of its cells is blank or one of `words`, and some cell of the row begins with such a word, or a
    number of the row is the sum of its column. Without one: a cell is such a word, and all others are numbers.
    """
    columns = _columns(con, name)
    if not words or not set(key) <= set(columns):
        return
    is_label = {c: _matches(c, rf"({_any_of(words)})\s*[:.]?") for c in columns}
    begins = {c: _matches(c, rf"({_any_of(words)})\b.*") for c in columns}
    if not key:
        others = " AND ".join(
            f"({quoted(c)} IS NULL OR {is_label[c]} OR regexp_full_match({quoted(c)}, '{_NUMERIC}'))" for c in columns
        )
        _mark(con, name, TOTALS_ROW, f"({' OR '.join(is_label.values())}) AND {others}")
        return
    no_key = " AND ".join(f"({quoted(k)} IS NULL OR {is_label[k]})" for k in key)
    _mark(con, name, TOTALS_ROW, f"{no_key} AND ({' OR '.join(begins.values())})")
    _mark_sums(con, name, key, [c for c in columns if c not in key])


def _mark_sums(con: duckdb.DuckDBPyConnection, name: str, key: list[str], columns: list[str]) -> None:
    """A row without a key and of nothing but numbers, one of which is the sum of what stands in its column."""
    has_no_key = " AND ".join(f"{quoted(k)} IS NULL" for k in key)
    only_numbers = " AND ".join(f"({quoted(c)} IS NULL OR {_as_number(c)} IS NOT NULL)" for c in columns)
    candidate = f"{REASON} IS NULL AND {has_no_key} AND {only_numbers or 'false'}"
    if con.execute(f"SELECT 1 FROM {name} WHERE {candidate} LIMIT 1").fetchone() is None:
        return
    sums = ", ".join(f"sum({_as_number(c)})" for c in columns)
    whole = con.execute(f"SELECT {sums} FROM {name} WHERE {REASON} IS NULL AND NOT ({has_no_key})").fetchone() or ()
    is_sum = [f"abs({_as_number(c)} - {total}) <= 0.01" for c, total in zip(columns, whole, strict=True) if total]
    if is_sum:
        _mark(con, name, TOTALS_ROW, f"{candidate} AND ({' OR '.join(is_sum)})")


def _as_number(column: str) -> str:
    return f"TRY_CAST({quoted(column)} AS DOUBLE)"


def mark_damaged_keys(con: duckdb.DuckDBPyConnection, name: str, key: list[str]) -> None:
    """Give rows whose key a spreadsheet has rounded, or shows as an error, the reason KEY_DAMAGED."""
    if key and set(key) <= set(_columns(con, name)):
        _mark(con, name, KEY_DAMAGED, " OR ".join(_matches(k, _DAMAGED) for k in key))


def _mark(con: duckdb.DuckDBPyConnection, name: str, reason: str, condition: str) -> None:
    con.execute(f"UPDATE {name} SET {REASON} = {literal(reason)} WHERE {REASON} IS NULL AND ({condition})")


def _columns(con: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    return [row[0] for row in con.execute(f"DESCRIBE {name}").fetchall() if row[0] not in (REASON, ORIGINAL)]


def _any_of(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in words)


def _matches(column: str, pattern: str) -> str:
    return f"coalesce(regexp_full_match(trim({quoted(column)}), {literal(pattern)}, 'is'), false)"
