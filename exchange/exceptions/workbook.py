"""The workbook of an exception file: a first sheet in plain words, and a sheet a kind of finding."""

from pathlib import Path

from exchange.exceptions import readme
from exchange.workbook import LockedWorkbook


class ExceptionWorkbook(LockedWorkbook):
    """One program's workbook of one run."""

    def __init__(self, path: Path, facts: readme.Facts) -> None:
        super().__init__(
            path,
            title=f"Exceptions {facts.program} {facts.run_date}",
            dated=facts.run_date,
            footer=f"{facts.program} {facts.run_date}",
            first_sheet=readme.lines(facts),
        )
