"""What codes are called and numbers look like in a language."""

import datetime as dt
from dataclasses import dataclass
from functools import cache

import duckdb

from exchange.catalogues import Words
from exchange.portal.cubes import TOTAL, UNKNOWN, Measure


@dataclass(frozen=True)
class Names:
    """The names that stand in the data, the same in every language."""

    programs: dict[str, str]
    counties: dict[str, str]
    places: dict[str, tuple[float, float]]  # longitude and latitude of each county


def names_of(con: duckdb.DuckDBPyConnection) -> Names:
    """The names of programs and counties."""
    counties = con.execute(
        "SELECT area_code, name, longitude, latitude FROM marts.dim_area WHERE level = 'county' ORDER BY area_code"
    ).fetchall()
    return Names(
        dict(con.execute("SELECT program, name FROM marts.dim_program ORDER BY program").fetchall()),
        {code: name for code, name, *_ in counties},
        {code: (x, y) for code, _, x, y in counties if x is not None and y is not None},
    )


@dataclass(frozen=True)
class Speaker:
    """Codes and numbers in the words of a language."""

    words: Words
    names: Names
    currency: str

    def label(self, variable: str, code: str) -> str:
        """What a code of a variable is called."""
        texts = self.words.texts
        if code == TOTAL:
            return texts["table.total"]
        if code == UNKNOWN:
            return texts["table.unknown"]
        if variable == "program":
            return texts["program.all"] if code == "all" else code
        if variable == "county":
            return self.names.counties.get(code, code)
        if variable == "cycle":
            return self.period(code)
        if variable == "sex_age":
            sex, _, age = code.partition(" ")
            sex, age = (texts.get(f"{group}.{one}", one) for group, one in (("sex", sex), ("age", age)))
            return f"{sex}, {age}"
        return texts.get(f"{variable}.{code}", code[:1].upper() + code[1:])

    def period(self, cycle: str) -> str:
        """A payment cycle by its months, as in Sep–Oct 2025; by its days where it is not of whole months.

        `cycle`: its first and last day; what follows them tells cycles of one period apart, and is not said.
        """
        try:
            start, end = map(dt.date.fromisoformat, cycle.split()[:2])
        except ValueError:  # a cycle that dim_payment_cycle does not have
            return cycle
        if start.day != 1 or (end + dt.timedelta(days=1)).day != 1:
            return f"{self.words.day(start)} – {self.words.day(end)}"
        first, last = (self.words.texts[f"short_month.{day.month}"] for day in (start, end))
        if (start.year, start.month) == (end.year, end.month):
            return f"{first} {start.year}"
        year = f" {start.year}" if start.year != end.year else ""
        return f"{first}{year}–{last} {end.year}"

    def measure(self, measure: Measure, *units: str) -> str:
        """What a measure is called, with its unit, and further ones, in brackets."""
        own = [self.currency] if measure.is_money else [self.words.texts["number.per_cent"].strip()] * measure.is_share
        told = f" ({', '.join([*own, *units])})" if own or units else ""
        return self.words.texts[f"measure.{measure.name}"] + told

    def number(self, value: float, measure: Measure) -> str:
        """A number of a table: people and money whole, shares in per cent."""
        return self.share(value) if measure.is_share else self.words.number(value)

    def share(self, value: float) -> str:
        """A share in per cent with one decimal."""
        return f"{value:.1%}".replace(".", self.words.texts["number.decimal"]).replace(
            "%", self.words.texts["number.per_cent"]
        )

    def figure(self, value: float, unit: str) -> str:
        """A headline figure: large amounts of money in millions."""
        if unit == "share":
            return self.share(value)
        if unit == self.currency and value >= 10_000_000:
            millions = self.words.number(value / 1_000_000)
            return self.words.say("number.millions", currency=unit, number=millions)
        return f"{unit} {self.words.number(value)}" if unit == self.currency else self.words.number(value)


@cache
def slug(code: str) -> str:
    """A code as part of a file's name."""
    return "".join(sign if sign.isalnum() and sign.isascii() else "-" for sign in code.lower()).strip("-") or "x"
