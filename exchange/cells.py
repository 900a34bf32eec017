"""What stood in a cell that goes out and comes back: read alike in every file, told by a sum that holds no value."""

from importlib.resources import files

import duckdb

from exchange.sheets import Column, Sheet
from warehouse.connection import literal, quoted

_ID_BACK = "cell_text(exception_id)"


def define(con: duckdb.DuckDBPyConnection) -> None:
    """Make the SQL functions that the expressions below call."""
    con.execute(files("exchange").joinpath("sql/cells.sql").read_text(encoding="utf-8"))


def sums_out(sheet: Sheet) -> str:
    """SQL: `row_sum` and `cell_sums` of a row that goes out, its values under their fields and in their types."""
    forms = [f"{column.kind.value}_form({quoted(column.field or '')})" for column in sheet.frozen]
    sums = ", ".join(_sum("exception_id", column, form) for column, form in zip(sheet.frozen, forms, strict=True))
    return f"{_row_sum('exception_id', forms)} AS row_sum, [{sums}] AS cell_sums"


def sum_back(sheet: Sheet) -> str:
    """SQL: `row_sum` of a row that came back, its cells as text under their headings, each by its likeliest reading."""
    return f"{_row_sum(_ID_BACK, [f'{_readings(column)}[1]' for column in sheet.frozen])} AS row_sum"


def changed(sheet: Sheet, kept: str) -> str:
    """SQL: the headings of the cells of a row that came back of which no reading has the sum in the list `kept`."""
    checks = ", ".join(
        f"CASE WHEN NOT list_contains(list_transform({_readings(column)}, lambda form: "
        f"{_sum(_ID_BACK, column, 'form')}), {kept}[{place}]) THEN {literal(column.heading)} END"
        for place, column in enumerate(sheet.frozen, start=1)
    )
    return f"list_filter([{checks}], lambda heading: heading IS NOT NULL)"


def _readings(column: Column) -> str:
    return f"{column.kind.value}_readings({quoted(column.heading)})"


def _sum(exception_id: str, column: Column, form: str) -> str:
    return f"cell_sum({exception_id}, {literal(column.heading)}, {form})"


def _row_sum(exception_id: str, forms: list[str]) -> str:
    cells = ", ".join(f"coalesce({form}, '')" for form in forms)
    return f"md5_number_lower(concat_ws(chr(31), {exception_id}, {cells}))"
