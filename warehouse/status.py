"""What an operator asks first: how the last run went, how old each source is, what is open."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from ibr.config import Source
from warehouse.connection import connect

_QUESTIONS = {
    "last_run_per_stage": """
        SELECT stage, source, status, strftime(ended_at, '%Y-%m-%d %H:%M:%S') AS ended_at,
               round(epoch(ended_at - started_at), 1) AS seconds, run_id, message
        FROM ops.runs
        QUALIFY row_number() OVER (PARTITION BY stage, source ORDER BY started_at DESC) = 1
        ORDER BY
            list_position(
                [
                    'replicate', 'registry', 'decisions', 'link', 'marts', 'exceptions', 'shares',
                    'publish', 'serve', 'audit'
                ],
                stage
            ),
            source
    """,
    "sources": """
        SELECT source, name, kind, strftime(last_good_at, '%Y-%m-%d %H:%M:%S') AS last_good_at,
               round(epoch($now - last_good_at) / 86400, 1) AS age_days, promise_days,
               is_stale OR coalesce(last_good_at < oldest, false) AS is_stale,
               coalesce(stale_reason, CASE WHEN last_good_at < oldest THEN 'older than promised' END) AS stale_reason
        FROM ops.sources LEFT JOIN (
            SELECT unnest($sources) AS source, unnest($days) AS promise_days, unnest($oldest) AS oldest
        ) USING (source)
        ORDER BY is_stale DESC, source
    """,
    "open_exceptions": """
        SELECT program, kind, count(*) AS open, count(*) FILTER (WHERE status = 'to_confirm') AS to_confirm,
               count(*) FILTER (WHERE status = 'contested') AS contested,
               count(*) FILTER (WHERE status = 'escalated') AS escalated, min(first_found_at) AS oldest
        FROM ops.exceptions WHERE status NOT IN ('decided', 'closed', 'gone') GROUP BY program, kind ORDER BY ALL
    """,
    "failing_checks": """
        SELECT layer, table_name, check_name, severity, message, run_id FROM ops.checks_now WHERE NOT passed
        ORDER BY ALL
    """,
    "figures_that_do_not_agree": """
        SELECT source, table_name, measure, column_name, source_value, mirror_value, run_id
        FROM (FROM ops.reconciliation QUALIFY checked_at = max(checked_at) OVER (PARTITION BY source))
        WHERE NOT is_equal
        ORDER BY ALL
    """,
    "rows_altered_in_a_mirror": """
        SELECT source, table_name, found, sum(rows) AS rows,
               strftime(max(found_at), '%Y-%m-%d %H:%M:%S') AS last_found_at
        FROM ops.altered_rows GROUP BY ALL ORDER BY ALL
    """,
    "rows_set_aside": """
        SELECT source, stage, reason_code, consequence, count(*) AS rows
        FROM ops.rejected_rows GROUP BY ALL ORDER BY ALL
    """,
}


def read_status(
    warehouse_path: Path, sources: Mapping[str, Source], now: dt.datetime
) -> dict[str, list[dict[str, Any]]]:
    """Answer every question from a warehouse, a list of rows each.

    `sources` are those of registry.yml: what each promises is held against the age of its mirror `now`, whenever the
    last run was. Raises UsageProblem if there is no warehouse yet, WarehouseBusy while a run writes.
    """
    promises = _promises(sources, now)
    with connect(warehouse_path, read_only=True) as con:
        return {title: _answer(con, question, promises) for title, question in _QUESTIONS.items()}


def read_sources(warehouse_path: Path, sources: Mapping[str, Source], now: dt.datetime) -> list[dict[str, Any]]:
    """Of `read_status` what it says of the sources: how old each mirror is, and whether and why it is stale."""
    with connect(warehouse_path, read_only=True) as con:
        return _answer(con, _QUESTIONS["sources"], _promises(sources, now))


def _promises(sources: Mapping[str, Source], now: dt.datetime) -> dict[str, Any]:
    return {
        "now": now,
        "sources": list(sources),
        "days": [source.freshness_days for source in sources.values()],
        "oldest": [now - source.promise for source in sources.values()],
    }


def _answer(con: duckdb.DuckDBPyConnection, question: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    answer = con.execute(question, {name: value for name, value in values.items() if f"${name}" in question})
    names = [column[0] for column in answer.description or []]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
