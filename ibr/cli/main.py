"""`ibr`: the commands, and how their problems end.

Exit codes: 0 done, 1 a defect of ours, 2 usage, 3 configuration, 4 data broke a contract, 5 a source could not be
reached, 6 the warehouse is busy.
"""

import gc
import os
import traceback
from pathlib import Path
from typing import NoReturn

import click

from ibr.background import leave
from ibr.cli import (
    alerting,
    audit,
    backup,
    decisions,
    docs,
    enquire,
    exceptions,
    health,
    keys,
    lineage,
    linkage,
    logs,
    marts,
    person,
    publications,
    query,
    retention,
    review,
    run,
    sample,
    serve,
    service,
    share,
    simulate,
    sources,
    status,
    ui,
    workspace,
)
from ibr.console import errors
from ibr.disk import damaged_file, full_disk
from ibr.errors import IbrError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="ibr")
def cli() -> None:
    """An integrated beneficiary registry: who receives what, how much, where, when."""


cli.add_command(workspace.init)
cli.add_command(sample.demo)
cli.add_command(sample.sample_country)
cli.add_command(sources.sources)
cli.add_command(run.run)
cli.add_command(status.status)
cli.add_command(health.health)
cli.add_command(alerting.alert_command)
cli.add_command(logs.logs)
cli.add_command(linkage.link)
cli.add_command(linkage.evaluate)
cli.add_command(linkage.explain)
cli.add_command(review.review)
cli.add_command(exceptions.exceptions)
cli.add_command(decisions.decisions)
cli.add_command(publications.publish)
cli.add_command(publications.publications)
cli.add_command(keys.keys)
cli.add_command(query.sql)
cli.add_command(marts.marts)
cli.add_command(lineage.lineage)
cli.add_command(simulate.simulate)
cli.add_command(enquire.enquire)
cli.add_command(person.person)
cli.add_command(audit.audit)
cli.add_command(retention.retention)
cli.add_command(backup.backup)
cli.add_command(backup.restore)
cli.add_command(share.share)
cli.add_command(docs.docs)
cli.add_command(serve.serve)
cli.add_command(service.service)
cli.add_command(ui.ui)


def main() -> NoReturn:
    """Run a command; a user's problem is one line on stderr, and its exit code."""
    os.umask(0o077)  # every file a command writes may hold personal data
    # Dagster, dbt and Great Expectations make millions of objects that live as long as the process. To look through
    # them for garbage again and again, and once more at the end, took 2 of the 12 s of `ibr run --select publish`.
    gc.set_threshold(200_000, 20, 100)
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        errors.print("stopped")
        code = 130
    except click.ClickException as error:
        errors.print(f"ibr: {error.format_message()}", markup=False, highlight=False, soft_wrap=True)
        code = error.exit_code
    except IbrError as error:
        code = _tell(error)
    except Exception as error:
        foreseen = full_disk(error) or damaged_file(error)
        code = _tell(foreseen) if foreseen else _defect(error)
    gc.freeze()
    leave(code or 0)


def _tell(error: IbrError) -> int:
    errors.print(f"ibr: {error}", markup=False, highlight=False, soft_wrap=True)
    return error.exit_code


def _defect(error: Exception) -> int:
    """Something we did not foresee: say so, without the values that may be in its message."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    errors.print(
        f"ibr: a defect of ours: {type(error).__name__} in {where.name} ({Path(where.filename).name}:"
        f"{where.lineno}); run again with IBR_DEBUG=1 to see all of it, and report it without personal data",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    if os.environ.get("IBR_DEBUG"):
        traceback.print_exception(error)
    return 1
