"""Values as spreadsheets leave them, brought to what registry.yml declares of their column.

Only what is certain: an Excel serial number in a column of dates is its date; a number written as declared
(`number 1.234,56`) is that number. Everything else stays as it was given, and the contract names it.
"""

import re

from warehouse.connection import literal, quoted

# Serial numbers from 1906 to 2100. Four digits up to 2199 may be a year.
_EARLIEST, _LATEST = 2200, 73415
_ISO = r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2}([.]\d+)?)?"


def as_declared(column: str, kind: str | None) -> str:
    """SQL: a column's value as text, in the form that its declared type (None: none) asks for."""
    text = f"{quoted(column)}::VARCHAR"
    base, _, form = (kind or "").partition(" ")
    if base in ("date", "timestamp"):
        return _moment(text, base, form)
    if base in ("integer", "number") and form:
        return _number(text, form)
    return text


def _moment(text: str, base: str, formats: str) -> str:
    """Serial numbers, and what cells of dates come as, in the first format that is declared, else ISO 8601."""
    listed = [one.strip() for one in formats.split("|")] if formats else []
    written = literal(listed[0] if listed else "%Y-%m-%d" if base == "date" else "%Y-%m-%d %H:%M:%S")
    known = f"try_strptime({text}, [{', '.join(literal(one) for one in listed)}]) IS NOT NULL" if listed else "false"
    serial = f"TRY_CAST({text} AS DOUBLE)"
    days = f"(TIMESTAMP '1899-12-30' + to_seconds(round({serial} * 86400)))"
    return (
        f"CASE WHEN {known} THEN {text} "
        rf"WHEN regexp_full_match({text}, '\d{{4,5}}([.]\d+)?') AND {serial} BETWEEN {_EARLIEST} AND {_LATEST} "
        f"THEN strftime({days}, {written}) "
        + (
            f"WHEN regexp_full_match({text}, '{_ISO}') AND TRY_CAST({text} AS TIMESTAMP) IS NOT NULL "
            f"THEN strftime({text}::TIMESTAMP, {written}) "
            if listed
            else ""
        )
        + f"ELSE {text} END"
    )


def _number(text: str, form: str) -> str:
    """A number in the form declared, with a point and without signs between thousands."""
    parts = re.fullmatch(r"1(?P<thousands>[,. ']?)234((?P<decimal>[,.])56)?", form)
    assert parts, f"ibr.config lets no other form through than 1,234.56: {form}"
    # A space that does not break the line, a narrow one and the curved apostrophe look the same to people.
    alike = "\u00a0\u202f\u2019" if parts["thousands"] in (" ", "'") else ""
    apart = f"[{parts['thousands']}{alike}]"
    grouped = rf"\d{{1,3}}({apart}\d{{3}})*" if parts["thousands"] else r"\d+"
    fraction = rf"([{parts['decimal']}]\d+)?" if parts["decimal"] else ""
    plain = f"regexp_replace(trim({text}), {literal(apart)}, '', 'g')" if parts["thousands"] else f"trim({text})"
    if parts["decimal"] == ",":
        plain = f"replace({plain}, ',', '.')"
    is_written_so = f"regexp_full_match(trim({text}), {literal('[+-]?' + grouped + fraction)})"
    return f"CASE WHEN {is_written_so} THEN {plain} ELSE {text} END"
