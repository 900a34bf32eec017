"""`ibr simulate`: what a changed rule would mean in people and money."""

import csv
import json
import sys
from pathlib import Path
from typing import Any

import click

from ibr.cli.options import as_option, home_option, json_option
from ibr.console import console, plain, table
from ibr.errors import UsageProblem
from ibr.workspace import Workspace

_SHOWN = {
    "county": "county_name",
    "cases today": "cases_today",
    "leave": "simulated_leaving",
    "eligible today": "eligible_today",
    "simulated eligible": "simulated_eligible",
    "take-up": "simulated_take_up",
    "come in": "simulated_entering",
    "simulated cases": "simulated_cases",
    "cost today": "monthly_cost_today",
    "simulated cost": "simulated_monthly_cost",
    "difference": "simulated_monthly_difference",
}


@click.command(epilog="Example: ibr simulate --program CODE --min-age 65 --amount 2500")
@home_option
@click.option("--program", help="The program whose rule is changed, by its code.")
@click.option("--min-age", help="Least age in years.")
@click.option("--max-age", help="Highest age in years.")
@click.option("--counties", help="Only these counties, codes or names with commas between; all lifts the limit.")
@click.option("--amount", help="Amount a month, in the country's currency.")
@click.option("--take-up", help="Share of the eligible that is enrolled, above 0 to 1. Default: today's rate.")
@click.option("--rules", type=click.Path(path_type=Path, dir_okay=False), help="YAML: changes for several programs.")
@as_option
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="CSV on standard output.")
def simulate(
    home: Workspace, program: str | None, rules: Path | None, as_json: bool, as_csv: bool, **options: Any
) -> None:
    """Simulate changed rules: caseload and cost by county, today and simulated. Changes nothing anywhere."""
    from simulation import simulate as run
    from warehouse.audit import record
    from warehouse.query import open_publication

    asked = _asked(program, rules, {name: value for name, value in options.items() if value is not None})
    con = open_publication(home.home)
    try:
        result = run(con, asked)
    finally:
        con.close()
    record(home.home, "simulated", details={"scenario": result.scenario, "reporting_date": result.reporting_date})
    if as_json:
        click.echo(json.dumps(_as_dict(result, home.registry.currency), default=plain, indent=1))
    elif as_csv:
        _write_csv(result)
    else:
        _show(result, home.registry.currency)


def _asked(program: str | None, rules: Path | None, options: dict[str, Any]) -> dict[str, Any]:
    from simulation import as_counties, read_file

    if rules and (program or options):
        raise UsageProblem("--rules holds everything that is changed; it goes without --program and its options")
    if rules:
        return read_file(rules)
    if not program:
        raise UsageProblem("nothing to simulate: expected --program CODE with what is changed, or --rules FILE")
    if "counties" in options:
        options["counties"] = as_counties(options["counties"])
    return {program: options}


def _as_dict(result, currency: str) -> dict[str, Any]:
    return {
        "is_simulation": True,
        "scenario": result.scenario,
        "reporting_date": result.reporting_date,
        "currency": currency,
        "assumptions": result.assumptions(),
        "totals": result.totals(),
        "counties": result.rows,
    }


def _write_csv(result) -> None:
    """A row a program and county; each says that it is simulated, and what."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["simulation", "reporting_date", *(result.rows[0] if result.rows else {})])
    writer.writerows([result.scenario, result.reporting_date, *row.values()] for row in result.rows)


def _show(result, currency: str) -> None:
    console.print(f"SIMULATION, as at {result.reporting_date}. {result.scenario}", style="bold", markup=False)
    for total in result.totals():
        rows = [row for row in result.rows if row["program"] == total["program"]]
        lines = [tuple(_cell(row.get(name)) for name in _SHOWN.values()) for row in [*rows, total]]
        console.print(table(f"{total['program']}: simulated; cost a month in {currency}", list(_SHOWN), lines))
        if total["simulated_yearly_difference"] is not None:
            console.print(f"Simulated difference a year: {total['simulated_yearly_difference']:+,.0f} {currency}")
    for said in result.assumptions():
        console.print(f"- {said}", markup=False)


def _cell(value: Any) -> str:
    """Counts and amounts in whole numbers, rates as shares; what is not known stays empty."""
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:.1%}" if isinstance(value, float) else f"{value:,.0f}"
