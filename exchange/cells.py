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
    fields = {column: quoted(column.field or "") for column in sheet.frozen}
    forms = ((column, f"{column.kind.value}_form({field})") for column, field in fields.items())
    sums = ", ".join(_sum("exception_id", column, form) for column, form in forms)
    written = {column: f"CAST({field} AS VARCHAR)" for column, field in fields.items()}
    return f"{_row_sum('exception_id', written)} AS row_sum, [{sums}] AS cell_sums"


def sum_back(sheet: Sheet) -> str:
    """SQL: the `row_sum` of a row that came back, its cells as text under their headings.

    It is the one that went out where every cell is as it was written; where not, `changed` looks at the cells.
    """
    return f"{_row_sum(_ID_BACK, {column: quoted(column.heading) for column in sheet.frozen})} AS row_sum"


def changed(sheet: Sheet, kept: str) -> str:
    """SQL: the headings of the cells of a row that came back of which no reading has the sum in the list `kept`."""
    checks = ", ".join(
        f"CASE WHEN NOT list_contains(list_transform({column.kind.value}_readings({quoted(column.heading)}), "
        f"lambda form: {_sum(_ID_BACK, column, 'form')}), {kept}[{place}]) THEN {literal(column.heading)} END"
        for place, column in enumerate(sheet.frozen, start=1)
    )
    return f"list_filter([{checks}], lambda heading: heading IS NOT NULL)"


def _sum(exception_id: str, column: Column, form: str) -> str:
    return f"cell_sum({exception_id}, {literal(column.heading)}, {form})"


def _row_sum(exception_id: str, values: dict[Column, str]) -> str:
    cells = ", ".join(f"coalesce({column.kind.value}_written({value}), '')" for column, value in values.items())
    return f"md5_number_lower(concat_ws(chr(31), {exception_id}, {cells}))"
