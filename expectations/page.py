"""The checks in words: one HTML file that needs no network and no script, and holds no value of any row."""

import os
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import jinja2

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
_PARAMETERS = "SELECT name, value FROM ops.parameters WHERE name IN ('country', 'reporting_date')"


def write_checks_page(con: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Write what every contract expected and found last, and how it ended before, from `ops.checks`.

    A reader sees the old page or the new one, never a part; it is for its owner alone (mode 600).
    """
    html = _TEMPLATES.get_template("page.html.j2").render(
        suites=_suites(con), **dict(con.execute(_PARAMETERS).fetchall())
    )
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = file.with_suffix(".part")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as page:
        page.write(html)
    partial.replace(file)


def _suites(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    answer = con.execute(files("expectations").joinpath("sql/checks_page.sql").read_text(encoding="utf-8"))
    names = [column[0] for column in answer.description or []]
    checks = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    return [_suite(layer, list(group)) for layer, group in groupby(checks, key=lambda check: check["layer"])]


def _suite(layer: str, checks: list[dict[str, Any]]) -> dict[str, Any]:
    failed = [check for check in checks if not check["passed"]]
    title = {"registry": "Registry", "marts": "Marts, before they are published"}.get(layer)
    return {
        "id": layer,
        "title": title or f"What {checks[0]['source_name'] or layer} sent",
        "checked_at": max(check["checked_at"] for check in checks),
        "failed": failed,
        "tables": [
            (table, list(group))
            for table, group in groupby(
                sorted((c for c in checks if c["passed"]), key=lambda check: check["table_name"]),
                key=lambda check: check["table_name"],
            )
        ],
        "passed": len(checks) - len(failed),
        "warned": sum(not check["is_blocking"] for check in failed),
        "blocked": sum(check["is_blocking"] for check in failed),
    }
