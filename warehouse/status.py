"""What an operator asks first: how the last run went, how old each source is, what is open."""

from pathlib import Path
from typing import Any

from warehouse.connection import connect

_QUESTIONS = {
    "last_run_per_stage": """
        SELECT stage, source, status, strftime(ended_at, '%Y-%m-%d %H:%M:%S') AS ended_at,
               round(epoch(ended_at - started_at), 1) AS seconds, run_id, message
        FROM ops.runs
        QUALIFY row_number() OVER (PARTITION BY stage, source ORDER BY started_at DESC) = 1
        ORDER BY
            list_position(['replicate', 'registry', 'decisions', 'link', 'marts', 'exceptions', 'publish'], stage),
            source
    """,
    "sources": """
        SELECT source, name, kind, strftime(last_good_at, '%Y-%m-%d %H:%M:%S') AS last_good_at, is_stale, stale_reason
        FROM ops.sources ORDER BY is_stale DESC, source
    """,
    "open_exceptions": """
        SELECT program, kind, count(*) AS open, count(*) FILTER (WHERE status = 'to_confirm') AS to_confirm,
               count(*) FILTER (WHERE status = 'contested') AS contested,
               count(*) FILTER (WHERE status = 'escalated') AS escalated, min(first_found_at) AS oldest
        FROM ops.exceptions WHERE status NOT IN ('decided', 'closed', 'gone') GROUP BY program, kind ORDER BY ALL
    """,
    "failing_checks": """
        SELECT layer, table_name, check_name, severity, message, run_id FROM ops.checks WHERE NOT passed ORDER BY ALL
    """,
    "figures_that_do_not_agree": """
        SELECT source, table_name, measure, column_name, source_value, mirror_value, run_id
        FROM ops.reconciliation
        WHERE NOT is_equal
        QUALIFY run_id = max(run_id) OVER (PARTITION BY source)
        ORDER BY ALL
    """,
    "rows_set_aside": """
        SELECT source, stage, reason_code, consequence, count(*) AS rows
        FROM ops.rejected_rows GROUP BY ALL ORDER BY ALL
    """,
}


def read_status(warehouse_path: Path, promises: dict[str, int]) -> dict[str, list[dict[str, Any]]]:
    """Answer every question from a warehouse, a list of rows each.

    `promises` are the days that each source's mirror may be old. Raises UsageProblem if there is no warehouse yet,
    WarehouseBusy while a run writes.
    """
    con = connect(warehouse_path, read_only=True)
    try:
        report = {}
        for title, question in _QUESTIONS.items():
            answer = con.execute(question)
            names = [column[0] for column in answer.description or []]
            report[title] = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    finally:
        con.close()
    for row in report["sources"]:
        row["promise_days"] = promises.get(row["source"])
    return report
