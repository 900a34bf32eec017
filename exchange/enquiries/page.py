"""A person's report as a page: one HTML file that needs no network and no script, to be read or printed."""

import datetime as dt
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import jinja2

from exchange.enquiries.report import PersonReport

_WIDEST = 10  # columns that stand beside each other; a row of more is shown as a list of its values
_PAGE = "page.html.j2"


def write_page(report: PersonReport, file: Path) -> None:
    """Write the report; a reader sees a whole page or none, and the owner alone may read it (mode 600)."""
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    templates.filters |= {"shown": _shown, "filled": _filled, "words": lambda name: name.replace("_", " ")}
    html = templates.get_template(_PAGE).render(report=report, widest=_WIDEST)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = file.with_suffix(".part")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as page:
        page.write(html)
    partial.replace(file)


def _filled(rows: list[dict[str, Any]]) -> list[str]:
    """The columns that hold something in any row."""
    return [name for name in (rows[0] if rows else {}) if any(row[name] not in (None, "", [], {}) for row in rows)]


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_shown(inner)}" for name, inner in value.items() if inner not in (None, "", [], {}))
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
