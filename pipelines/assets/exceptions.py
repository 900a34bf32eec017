"""Exception files: what each program manager has to decide."""

import dagster as dg

from exchange.exceptions import deliveries, export_exceptions
from pipelines import journal
from pipelines.context import OWNER, POOL, Run, Session, plain_failures

REPORTS = (
    "rpt_multiple_receipt", "rpt_household_multiple_receipt", "rpt_verification", "rpt_payroll_pre", "rpt_savings",
)


@dg.asset(
    key=["exchange", "exceptions"],
    deps=[dg.AssetKey(["marts", report]) for report in REPORTS],
    group_name="exceptions",
    owners=[OWNER],
    kinds={"excel", "csv"},
    pool=POOL,
)
def exception_files(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]) -> dg.MaterializeResult:
    """A workbook, CSVs and a manifest for every program, every run, even when there is nothing to decide."""
    run = Run.of(context, session)
    session.begin("exceptions")
    begun = journal.now()
    with plain_failures(), run.warehouse() as con:
        journal.require_good(con, "marts")
        files = export_exceptions(
            con, run.workspace.home, run.run_id, run.reporting_date,
            deliveries(run.workspace.home, run.workspace.registry),
        )
        journal.stage(con, run, "exceptions", begun, rows=sum(sum(file.rows.values()) for file in files))
    return dg.MaterializeResult(
        metadata={"files": {file.program: {"folder": str(file.folder), **file.rows} for file in files}}
    )
