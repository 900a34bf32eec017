"""What people see: progress while something long runs, tables, and errors on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

# A pipe or a file has no width of its own: give tables room.
_WIDTH = None if sys.stdout.isatty() else 132
console = Console(highlight=False, width=_WIDTH)
errors = Console(stderr=True, highlight=False)


@contextmanager
def progress(title: str) -> Iterator[Callable[[str], None]]:
    """A spinner with the latest message on a terminal; a line a message, with seconds, everywhere else."""
    begun = time.monotonic()
    if errors.is_terminal:
        with errors.status(title) as shown:
            yield lambda message: shown.update(f"{title}: {message} ({time.monotonic() - begun:.0f} s)")
    else:
        # One write a line: threads report at the same time.
        yield lambda message: print(
            f"[{time.monotonic() - begun:6.1f} s] {message}\n", end="", file=sys.stderr, flush=True
        )


def table(title: str, columns: list[str], rows: list[tuple]) -> Table:
    """A table; numbers to the right, thousands separated."""
    shown = Table(title=title, title_justify="left", title_style="bold")
    for number, column in enumerate(columns):
        there = [row[number] for row in rows if row[number] is not None]
        is_number = bool(there) and all(_is_number(value) for value in there)
        # A number on two lines reads as another number.
        shown.add_column(column, justify="right" if is_number else "left", overflow="fold", no_wrap=is_number)
    for row in rows:
        shown.add_row(*(escape(_shown(value)) for value in row))
    return shown


def plain(value: object) -> object:
    """A value for JSON: amounts as numbers; dates and the rest as text."""
    return float(value) if isinstance(value, Decimal) else str(value)


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Decimal):
        return f"{value:,}"
    if isinstance(value, float):
        if 0 < abs(value) < 0.0005:
            return f"{value:.6f}"
        return f"{value:,.2f}" if abs(value) >= 10 else f"{value:.4f}"
    return str(value)


def _is_number(value: object) -> bool:
    """A number, or a text that shows one."""
    if isinstance(value, int | float | Decimal):
        return True
    return str(value).replace(",", "").rstrip("%").replace(".", "", 1).isdigit()
