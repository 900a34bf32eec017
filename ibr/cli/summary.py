"""What a run found, in words a manager understands, read from the snapshot that it published."""

from rich.console import Group
from rich.panel import Panel

from ibr.console import console, table
from ibr.workspace import Workspace

_PROGRAMS = """
    SELECT program, any_value(p.name) AS name, count(*) FILTER (e.status = 'active') AS active,
           count(*) FILTER (e.status = 'standby') AS standby
    FROM marts.fct_enrolments e JOIN marts.dim_program p USING (program) GROUP BY program ORDER BY program
"""
_PAID = "SELECT program, sum(amount_paid) FROM marts.fct_payments GROUP BY program"
_OVERLAPS = """
    SELECT verdict, match_verdict, count(*) AS found, sum(money_at_stake) AS money FROM {report}
    GROUP BY verdict, match_verdict ORDER BY verdict <> 'prohibited', verdict, match_verdict
"""
_VERIFICATION = """
    SELECT status, count(*) AS records, count(*) / sum(count(*)) OVER () AS share
    FROM marts.rpt_verification GROUP BY status ORDER BY records DESC
"""
_STATUS_WORDS = {
    "verified": "confirmed by the register",
    "found_by_match_key": "no usable ID, found by names and birth date",
    "mismatch": "ID is in the register with other particulars",
    "id_shared": "ID belongs to, or is used by, somebody else too",
    "deceased": "dead by the register",
    "not_found": "checked, not in the register",
    "could_not_check": "could not be checked",
}
_VERDICT_WORDS = {
    "prohibited": "not allowed by the rules",
    "for_review": "for review: a person decides",
    "allowed": "allowed: the programs complement each other",
}


def show(home: Workspace, outcome) -> None:
    """Print people, programs, overlaps and their cost, verification, and where everything is."""
    from warehouse.query import query_publication

    def ask(query: str) -> list[tuple]:
        return query_publication(home.home, "secretariat", query)[1]

    currency = home.registry.currency
    (persons,), (households,) = (ask(f"SELECT count(*) FROM marts.{t}")[0] for t in ("dim_person", "dim_household"))
    paid = dict(ask(_PAID))
    programs = [(*row, f"{paid.get(row[0]) or 0:,.0f}") for row in ask(_PROGRAMS)]
    verification = [(_STATUS_WORDS.get(s, s), n, f"{share:.1%}") for s, n, share in ask(_VERIFICATION)]
    seconds = sum(stage.seconds for stage in outcome.stages)
    console.print()
    console.print(
        Panel(
            Group(
                f"[bold]{persons:,} people[/] in {households:,} households, as at {outcome.reporting_date}; "
                f"{sum(paid.values()):,.0f} {currency} paid so far.",
                "",
                table("Programs", ["program", "name", "active", "standby", f"paid ({currency})"], programs),
                "",
                _overlaps("One person paid twice at the same time", ask(_report("rpt_multiple_receipt")), currency),
                "",
                _overlaps(
                    "One household with two enrolments", ask(_report("rpt_household_multiple_receipt")), currency
                ),
                "",
                table("Checked against the population register", ["result", "records", "share"], verification),
                "",
                _where(home),
            ),
            title=f"Run {outcome.run_id}: published after {seconds:.0f} s",
            title_align="left",
        )
    )


def _report(name: str) -> str:
    return _OVERLAPS.format(report=f"marts.{name}")


def _overlaps(title: str, rows: list[tuple], currency: str):
    words = [
        (
            _VERDICT_WORDS.get(verdict, verdict),
            "linked for sure" if match == "automatic" else "suspected, to be looked at",
            found,
            f"{money or 0:,.0f}",
        )
        for verdict, match, found, money in rows
    ]
    return table(title, ["by the rules", "same person?", "pairs", f"at stake ({currency})"], words)


def _where(home: Workspace) -> str:
    latest = max(home.exceptions.glob("*/*"), key=lambda folder: folder.name, default=None)
    return "\n".join(
        [
            f"Marts                  {home.published / 'current' / 'secretariat.duckdb'}   (or: ibr sql)",
            "  for M&E officers, counties and everybody: me, county_<code> and public.duckdb beside it",
            *([f"Public pages           {home.public / 'index.html'}"] if home.public.exists() else []),
            f"Files for managers     {home.exceptions}/<program>/{latest.name if latest else '<date>'}/duplicates.xlsx",
            f"Unusable rows          {home.quarantine}/<source>/rejected_rows.csv",
            f"Checks, in words       {home.checks_page}",
            "Runs, checks, lineage  make ui",
        ]
    )
