"""A simulation: its figures by county, their sums, and what has to be said beside them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import duckdb

from ibr.errors import UsageProblem
from simulation.changes import EVERYWHERE, Change, checked

SUMMED = (
    "eligible_today", "simulated_eligible", "cases_today", "simulated_leaving", "simulated_entering", "simulated_cases",
    "monthly_cost_today", "simulated_monthly_cost", "simulated_monthly_difference", "yearly_cost_today",
    "simulated_yearly_cost", "simulated_yearly_difference",
)  # fmt: skip


@dataclass(frozen=True)
class Simulation:
    """What changed rules would mean. `rows` are a program and county each; amounts in `currency`."""

    changes: dict[str, Change]
    reporting_date: str
    stale_sources: list[str]
    rows: list[dict[str, Any]]

    @property
    def scenario(self) -> str:
        """What is changed, in words."""
        return "; ".join(f"{program}: {_words(change)}" for program, change in self.changes.items())

    def totals(self) -> list[dict[str, Any]]:
        """The counties of each program, summed; empty where a figure is not known in some county."""
        return [
            {"program": program, "county_code": None, "county_name": "all"}
            | {name: _sum(row[name] for row in self.rows if row["program"] == program) for name in SUMMED}
            for program in self.changes
        ]

    def assumptions(self) -> list[str]:
        """What the figures rest on, and do not say."""
        bases = {row["basis"] for row in self.rows}
        said = [
            "Nothing of this has happened: no rule, enrolment or payment is changed, and nobody is found eligible.",
            "Cases are enrolments, active or suspended. Cost is cases times the transfer value in force, as if every "
            "case were paid in full; it is not what was paid. A year is twelve such months; nobody dies, is born or "
            "moves.",
            "Who leaves are enrolled people who meet today's rule and not the simulated one, by what programs know of "
            "them; whose age or area is not known stays.",
        ]
        if "register" in bases:
            said.append(
                "Eligible is not enrolled. The eligible are living residents of the population register, as it has "
                "them: who is not in it is not counted. Of those who become eligible, as many come in as the take-up "
                "rate says: today's rate of the county, or of the program where the county has none, unless another "
                "is given."
            )
        if "enrolments" in bases:
            without = ", ".join(sorted({row["program"] for row in self.rows if row["basis"] == "enrolments"}))
            said.append(
                f"{without}: the register cannot tell whom it is for (no eligibility rule is in force, or it is asked "
                "by ID and cannot be counted), so who would come in is not known and not counted; the simulated cases "
                "are a lower bound."
            )
        if self.stale_sources:
            said.append(f"Out of date: {', '.join(self.stale_sources)}; the figures are those of the last good copy.")
        return said


def simulate(con: duckdb.DuckDBPyConnection, asked: dict[str, Any]) -> Simulation:
    """Simulate changes by program (`Change`, as plain values), reading a publication that is open on `con`.

    Raises UsageProblem that names every fault in `asked`, or that the publication is of an earlier version.
    """
    try:
        return _simulate(con, asked)
    except duckdb.CatalogException:
        raise UsageProblem(
            "the publication lacks a table that simulations read; `ibr run --select marts publish` makes it"
        ) from None


def _simulate(con: duckdb.DuckDBPyConnection, asked: dict[str, Any]) -> Simulation:
    changes = checked(con, asked)
    about = con.execute("SELECT reporting_date::VARCHAR, stale_sources FROM main.about").fetchone()
    assert about is not None
    query = files("simulation").joinpath("sql/simulation.sql").read_text(encoding="utf-8")
    answer = con.execute(query, {"changes": json.dumps([_plain(p, change) for p, change in changes.items()])})
    names = [column[0] for column in answer.description or []]
    return Simulation(changes, about[0], about[1], [dict(zip(names, row, strict=True)) for row in answer.fetchall()])


def _plain(program: str, change: Change) -> dict[str, Any]:
    plain = {"program": program, **change.model_dump(mode="json")}
    if plain["counties"] and plain["counties"][0].lower() == EVERYWHERE:
        plain["counties"] = [None]  # a rule without an area
    return plain


def _words(change: Change) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {' '.join(value) if isinstance(value, list) else value}"
        for name, value in change.named.items()
    )


def _sum(values: Iterable[Any]) -> Any:
    listed = list(values)
    return None if any(value is None for value in listed) else sum(listed)
