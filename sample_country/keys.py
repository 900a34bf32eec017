"""The keys each source gives its rows, and the identifiers the registry makes of them."""

import numpy as np
import polars as pl

from sample_country.columns import keys

_NONE = np.empty(0, np.int64)
SOURCES = ("nsnp", "ctovc", "hsnp", "cfa")


def household(source: str, number: np.ndarray) -> pl.Series:
    """Household keys."""
    if source == "hsnp":
        return pl.Series(10_001 + np.asarray(number, np.int64)).cast(pl.String)
    prefix, digits = {"nsnp": ("N", 7), "ctovc": ("H", 6), "cfa": ("CFA-", 7)}[source]
    return keys(prefix, number, digits)


def enrolment(source: str, number: np.ndarray) -> pl.Series:
    """Enrolment keys; where there is no enrolment table, the household's."""
    return keys("E", number, 7) if source == "nsnp" else household(source, number)


def person(
    source: str, number: np.ndarray, household_number: np.ndarray = _NONE, line: np.ndarray = _NONE
) -> pl.Series:
    """Person keys; CT-OVC numbers members within the household."""
    if source == "ctovc":
        return household(source, household_number) + "/" + pl.Series(np.asarray(line, np.int64)).cast(pl.String)
    if source == "hsnp":
        return pl.Series(500_001 + np.asarray(number, np.int64)).cast(pl.String)
    return keys("M" if source == "nsnp" else "CP-", number, 8)


def payment(
    source: str,
    number: np.ndarray,
    household_number: np.ndarray = _NONE,
    year: np.ndarray = _NONE,
    cycle: np.ndarray = _NONE,
) -> pl.Series:
    """Payment line keys; HSNP's wide rows are told apart by year and cycle number."""
    if source == "hsnp":
        return (
            household(source, household_number)
            + "/"
            + pl.Series(year).cast(pl.String)
            + "/"
            + pl.Series(cycle).cast(pl.String)
        )
    return keys({"nsnp": "P", "ctovc": "PV", "cfa": "CD-"}[source], number, 9)
