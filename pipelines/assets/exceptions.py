"""Exception files: what each program manager has to decide."""

import dagster as dg

from exchange.exceptions import export_exceptions
from pipelines.context import OWNER, POOL, Run, Session, user_errors

REPORTS = ("rpt_multiple_receipt", "rpt_household_multiple_receipt", "rpt_verification", "rpt_payroll_pre")


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
    session.progress("writing exception files")
    with user_errors(), run.warehouse() as con:
        files = export_exceptions(
            con, run.workspace.home, run.run_id, run.reporting_date, list(run.workspace.registry.programs)
        )
    return dg.MaterializeResult(
        metadata={"files": {file.program: {"folder": str(file.folder), **file.rows} for file in files}}
    )
