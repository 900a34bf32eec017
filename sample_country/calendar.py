"""Dates as whole days since 1970-01-01 (int32 arrays), and the payment cycles."""

import datetime as dt
from dataclasses import dataclass

import numpy as np

NEVER = -1_000_000
"""Stands for "no date" in a day array; written as null."""

HISTORY_START = dt.date(2024, 9, 1)
FIRST_REPORTING_DATE = dt.date(2026, 6, 30)


def day(date: dt.date | str) -> int:
    """Days since 1970-01-01."""
    date = dt.date.fromisoformat(date) if isinstance(date, str) else date
    return date.toordinal() - 719163


def date_of(days: int) -> dt.date:
    """The date of a day number."""
    return dt.date.fromordinal(int(days) + 719163)


def parts(days: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Year, month and day of the month of each day number."""
    dates = np.asarray(days, dtype="datetime64[D]")
    months = dates.astype("datetime64[M]")
    years = dates.astype("datetime64[Y]").astype(np.int64) + 1970
    return years, months.astype(np.int64) % 12 + 1, (dates - months).astype(np.int64) + 1


def from_parts(year: np.ndarray, month: np.ndarray, day_of_month: np.ndarray) -> np.ndarray:
    """Day numbers; a day beyond the month's end runs into the next month."""
    months = (np.asarray(year, np.int64) - 1970) * 12 + np.asarray(month, np.int64) - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return (first + np.asarray(day_of_month, np.int64) - 1).astype(np.int32)


def month_end(days: np.ndarray) -> np.ndarray:
    """The last day of each day's month."""
    months = np.asarray(days, dtype="datetime64[D]").astype("datetime64[M]")
    return (months + 1).astype("datetime64[D]").astype(np.int32) - 1


@dataclass(frozen=True)
class Cycle:
    """What one payment line pays for: a period, two months long or (Cash for Assets) one month of a season."""

    start: int
    end: int
    year: int
    number: int  # two-month cycle of the year (1..6); the month for Cash for Assets
    season: str = ""

    @property
    def months_text(self) -> str:
        """As CT-OVC writes it: `MAY-JUN 2026`."""
        first, last = date_of(self.start), date_of(self.end)
        return f"{first:%b}-{last:%b} {last.year}".upper()


def two_monthly(after: dt.date, until: dt.date) -> list[Cycle]:
    """Cycles (Jan-Feb, Mar-Apr, ...) that start on or after `after` and end by `until`."""
    cycles = []
    for year in range(after.year, until.year + 1):
        for number in range(1, 7):
            start = dt.date(year, number * 2 - 1, 1)
            end = (dt.date(year, number * 2 + 1, 1) if number < 6 else dt.date(year + 1, 1, 1)) - dt.timedelta(1)
            if after <= start and end <= until:
                cycles.append(Cycle(day(start), day(end), year, number))
    return cycles


def seasonal(after: dt.date, until: dt.date) -> list[Cycle]:
    """Months of the two rainy seasons' work, March to May and October to December."""
    cycles = []
    for year in range(after.year, until.year + 1):
        for month in (3, 4, 5, 10, 11, 12):
            start = dt.date(year, month, 1)
            end = dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(1)
            if after <= start and end <= until:
                season = f"{'MAM' if month < 6 else 'OND'}-{year}"
                cycles.append(Cycle(day(start), day(end), year, month, season))
    return cycles
