"""Running a contract: each table becomes a temporary view, its checks an expectation suite, its results plain data."""

import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from expectations.contract import Check, Kind, TableContract
from expectations.duckdb_dialect import creator, keep_connections_for_duckdb
from expectations.importing import without_spark_connect
from expectations.quarantine import write_broken_rows
from expectations.results import CheckResult, ContractResult
from warehouse import connection

if TYPE_CHECKING:
    from great_expectations.data_context import EphemeralDataContext
    from great_expectations.datasource.fluent import SQLDatasource
    from great_expectations.expectations.expectation import Expectation

# Great Expectations keeps its context in a global of the process, and sources are checked in threads.
_ONE_AT_A_TIME = threading.Lock()
_VIEW = "ibr_contract_{}"
_RULE = "ibr_rule_{}"


def run_contract(
    con: duckdb.DuckDBPyConnection,
    contract: str,
    tables: Sequence[TableContract],
    quarantine: Path | None = None,
) -> ContractResult:
    """Check tables on a connection that can read them.

    `quarantine`: a folder for the broken rows, one CSV file a table, replacing those of the last run.
    Never raises for what it finds: a table that cannot be read is a failed check.
    """
    cursor = connection.cursor(con)
    with _ONE_AT_A_TIME:
        datasource = _datasource(cursor)
        results: list[CheckResult] = []
        for number, table in enumerate(tables):
            results += _check_table(cursor, datasource, number, table)
    result = ContractResult(contract, results)
    if quarantine is not None:
        write_broken_rows(cursor, tables, result, quarantine)
    cursor.close()
    return result


def load() -> None:
    """Import Great Expectations now, as in a thread while something else is waited for."""
    with _ONE_AT_A_TIME:
        _context()


@cache
def _context() -> "EphemeralDataContext":
    """One a process: Great Expectations keeps it in a global anyway."""
    # Before the import, which reads it: nothing may be sent anywhere.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with without_spark_connect():
        import great_expectations as gx

    keep_connections_for_duckdb()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}  # type: ignore[assignment]
    return context


def _datasource(cursor: duckdb.DuckDBPyConnection) -> "SQLDatasource":
    return _context().data_sources.add_or_update_sql(
        name="warehouse",
        connection_string="duckdb:///:memory:",
        kwargs={"creator": creator(cursor)},  # type: ignore[call-arg]
    )


def _check_table(
    cursor: duckdb.DuckDBPyConnection, datasource: "SQLDatasource", number: int, table: TableContract
) -> list[CheckResult]:
    import great_expectations as gx

    view = _VIEW.format(number)
    try:
        present = _make_view(cursor, view, table)
    except duckdb.Error as error:
        return [_unreadable(table, error)]
    checks = [check for check in table.checks if check.kind is Kind.COLUMNS or present.issuperset(check.columns)]
    asset = datasource.add_table_asset(name=view, table_name=view)
    batch = asset.add_batch_definition_whole_table("all").get_batch()
    suite = gx.ExpectationSuite(name=view, expectations=[_expectation(c, n) for n, c in enumerate(checks)])
    outcome = batch.validate(suite, result_format={"result_format": "BASIC", "partial_unexpected_count": 0})
    by_number = {result.expectation_config.meta["number"]: result for result in outcome.results}  # type: ignore
    return [_result(table, check, by_number[n], present) for n, check in enumerate(checks)]


def _make_view(cursor: duckdb.DuckDBPyConnection, view: str, table: TableContract) -> set[str]:
    """Make the view that the expectations see: the table, and a column for each rule, null in rows that break it.

    Plain names and rules as columns, because Great Expectations can read neither schemas nor regular
    expressions on DuckDB, and because only column expectations know a tolerated share.
    """
    # The rules' columns start from a table with every column the checks name, so they are looked up first.
    columns = {row[0] for row in cursor.execute(f"DESCRIBE SELECT * FROM {table.relation}").fetchall()}
    rules = [
        f"CASE WHEN ({check.must}) IS NOT FALSE THEN true END AS {_RULE.format(number)}"
        for number, check in enumerate(
            check for check in table.checks if check.kind is Kind.COLUMNS or columns.issuperset(check.columns)
        )
        if check.kind is Kind.MUST
    ]
    cursor.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT {', '.join(['*', *rules])} FROM {table.relation}")
    return columns


def _expectation(check: Check, number: int) -> "Expectation":
    import great_expectations.expectations as gxe

    common: dict[str, Any] = {"meta": {"number": number}}
    mostly: dict[str, Any] = {"mostly": 1 - check.at_most}
    if check.kind is Kind.COLUMNS:
        return gxe.ExpectTableColumnsToMatchSet(column_set=list(check.columns), exact_match=False, **common)
    if check.kind is Kind.HAS_ROWS:
        return gxe.ExpectTableRowCountToBeBetween(min_value=1, **common)
    if check.kind is Kind.NOT_NULL:
        return gxe.ExpectColumnValuesToNotBeNull(column=check.columns[0], **mostly, **common)
    if check.kind is Kind.UNIQUE and len(check.columns) == 1:
        return gxe.ExpectColumnValuesToBeUnique(column=check.columns[0], **mostly, **common)
    if check.kind is Kind.UNIQUE:
        return gxe.ExpectCompoundColumnsToBeUnique(
            column_list=list(check.columns), ignore_row_if="any_value_is_missing", **mostly, **common
        )
    if check.kind is Kind.ACCEPTED:
        return gxe.ExpectColumnValuesToBeInSet(
            column=check.columns[0], value_set=list(check.values), **mostly, **common
        )
    if check.kind is Kind.BETWEEN:
        return gxe.ExpectColumnValuesToBeBetween(
            column=check.columns[0], min_value=check.minimum, max_value=check.maximum, **mostly, **common
        )
    return gxe.ExpectColumnValuesToNotBeNull(column=_RULE.format(number), **mostly, **common)


def _result(table: TableContract, check: Check, outcome: Any, present: set[str]) -> CheckResult:
    found = outcome.result or {}
    broken = int(found.get("unexpected_count") or 0)
    if check.kind is Kind.COLUMNS:
        gone = [column for column in check.columns if column not in present]
        observed = f"{', '.join(gone)} missing" if gone else "all of them"
    elif check.kind is Kind.HAS_ROWS:
        observed = f"{int(found.get('observed_value') or 0):,} rows"
    elif "unexpected_count" in found:
        observed = f"{broken:,} of {int(found.get('element_count') or 0):,} rows that break it"
    else:
        observed = f"that it could not be checked ({_reason(outcome)})"
    return CheckResult(
        check.name, table.name, check.column, bool(outcome.success), check.severity, observed, check.expected, broken
    )


def _unreadable(table: TableContract, error: duckdb.Error) -> CheckResult:
    severity = min((check.severity for check in table.checks), default=Check(Kind.HAS_ROWS, "").severity)
    observed = f"that it could not be read ({_first_line(error)})"
    return CheckResult("readable", table.name, None, False, severity, observed, "a table that can be read")


def _reason(outcome: Any) -> str:
    """The kind of error only: its text may quote a row."""
    with suppress(AttributeError, StopIteration, TypeError):
        details = next(iter(outcome.exception_info.values()))
        return str(details["exception_message"]).split(")")[0].lstrip("(").split(":")[0]
    return "unknown error"


def _first_line(error: duckdb.Error) -> str:
    # Errors about names quote names; a conversion error would quote a value, so only its kind is told.
    if isinstance(error, duckdb.CatalogException | duckdb.BinderException):
        return str(error).splitlines()[0]
    return type(error).__name__
