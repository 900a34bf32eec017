"""Payment providers' returns: what banks say became of a cycle's payment lines, and where the payroll differs."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import xlsxwriter

from sample_country.calendar import NEVER, date_of
from sample_country.columns import iso, keys, pick
from sample_country.payments import FAILED, PAID, SCHEDULED, STATUS_NAMES
from sample_country.programs import source_number
from sample_country.randomness import stream
from sample_country.truth import Identifiers
from sample_country.world import World

_STRANGE_FROM = 900_000_000
"""Above the numbers of any payroll's lines."""


def write(world: World, identifiers: Identifiers, folder: Path, start: int) -> pl.DataFrame:
    """One cycle's returns: nsnp and ctovc as CSV, hsnp as a workbook.

    The MIS and the bank disagree on a few lines: the bank says failed where the MIS says paid, the amount differs, the
    bank does not name a line, or it names one that no payroll has. Returns these: fault, source, key, detail.
    """
    lines, rates = world.lines, world.settings.faults
    month = f"{date_of(start):%Y-%m}"
    faults = []
    for number, name in enumerate(("nsnp", "ctovc", "hsnp")):
        rng = stream(world.settings.seed, "returns", name, month)
        rows = np.flatnonzero((source_number(lines.program) == number) & (lines.start == start))
        rows = rows[lines.status[rows] != SCHEDULED]
        paid = lines.status[rows] == PAID
        contradicts = (rng.random(len(rows)) < rates.other_result) & paid
        lower = (rng.random(len(rows)) < rates.other_amount) & paid & ~contradicts
        unnamed = (rng.random(len(rows)) < rates.not_returned) & paid & ~contradicts & ~lower
        table = _table(world, identifiers, name, rows).with_columns(
            result=pick(STATUS_NAMES, np.where(contradicts, FAILED, lines.status[rows])),
            amount=pl.Series(lines.paid[rows] - 50 * lower),
        )
        strange = _strange(table, name, rates.not_on_payroll, start)
        _save(pl.concat([table.filter(pl.Series(~unnamed)), strange]), folder / f"{name}_{month}", name == "hsnp")
        for fault, part in (
            ("provider_result_differs", table.filter(pl.Series(contradicts))),
            ("provider_amount_differs", table.filter(pl.Series(lower))),
            ("not_in_provider_return", table.filter(pl.Series(unnamed))),
            ("paid_not_on_payroll", strange),
        ):
            faults.append(
                part.select(
                    fault=pl.lit(fault),
                    source=pl.lit(name),
                    key=pl.lit(f"{name}:") + pl.col("reference"),
                    detail=pl.lit(f"return of {month}"),
                )
            )
    return pl.concat(faults)


def _table(world: World, identifiers: Identifiers, name: str, rows: np.ndarray) -> pl.DataFrame:
    """The return of these lines as a provider that agrees with the MIS would write it."""
    lines = world.lines
    value_day = np.where(lines.paid_on[rows] != NEVER, lines.paid_on[rows], lines.end[rows])
    return pl.DataFrame(
        {
            "reference": identifiers.payment.gather(rows).str.strip_prefix(f"{name}:"),
            "source": pl.Series([name] * len(rows), dtype=pl.String),
            "account_no": pl.Series(world.registrations.account[lines.registration[rows]]).cast(pl.String),
            "amount": lines.paid[rows],
            "result": pick(STATUS_NAMES, lines.status[rows]),
            "value_date": iso(value_day),
        }
    )


def _strange(table: pl.DataFrame, name: str, rate: float, start: int) -> pl.DataFrame:
    """Payments under numbers that no payroll has; HSNP's references are no numbers."""
    if name == "hsnp":
        return table.head(0)
    strange = table.filter(pl.col("result") == "paid").head(max(1, round(table.height * rate)))
    number = _STRANGE_FROM + start * 1000 + np.arange(strange.height)
    return strange.with_columns(reference=keys({"nsnp": "P", "ctovc": "PV"}[name], number, 9))


def _save(table: pl.DataFrame, path: Path, as_workbook: bool) -> None:
    if not as_workbook or table.height >= 1_000_000:  # a worksheet ends at 1,048,576 rows
        table.write_csv(path.with_suffix(".csv"))
        return
    book = xlsxwriter.Workbook(path.with_suffix(".xlsx"), {"constant_memory": True, "strings_to_formulas": False})
    book.set_properties({"created": dt.datetime(2026, 1, 1)})  # the same bytes whenever it is written
    sheet = book.add_worksheet("returns")
    sheet.write_row(0, 0, table.columns)
    for place, row in enumerate(table.iter_rows(), 1):
        sheet.write_row(place, 0, row)
    book.close()
