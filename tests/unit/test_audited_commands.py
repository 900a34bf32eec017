"""Every command leaves an event in the audit trail, or a reason stands here why it leaves none.

`tests/acceptance/test_audited_commands.py` looks for the events of commands themselves.
"""

from pathlib import Path

import click
import pytest

from ibr.cli.main import cli
from tests.unit.test_cli import COMMANDS

ROOT = Path(__file__).parents[2]
LEAVES = {
    "sources add": ["source_added"],
    "demo": ["run_started", "run_ended"],
    "run": ["run_started", "stage_ended", "run_ended", "configuration_changed", "batch_taken", "as_of_rebuilt"],
    "explain": ["pair_explained"],
    "review": ["review_listed", "review_shown", "review_decided", "review_withdrawn"],
    "review sample": ["sample_drawn", "sample_read"],
    "exceptions export": ["exceptions_exported"],
    "decisions import": ["decisions_imported", "decisions_refused"],
    "publish": ["published", "publication_made_current"],
    "keys rotate": ["key_made", "key_rotated"],
    "keys encrypt": ["files_put_under_another_key"],
    "keys show": ["key_shown"],
    "sql": ["sql_asked"],
    "lineage": ["lineage_asked"],
    "simulate": ["simulated"],
    "enquire": ["enquired"],
    "person report": ["person_reported"],
    "person correct": ["correction_requested"],
    "person close-correction": ["correction_closed"],
    "audit who-saw": ["who_saw_asked"],
    "retention apply": ["retention_applied"],
    "backup": ["backup_taken"],
    "backup verify": ["backup_verified"],
    "restore": ["restored"],
    "share request": ["share_"],
    "share assess": ["share_"],
    "share approve": ["share_"],
    "share extract": ["share_"],
    "share dispose": ["share_"],
    "share trace": ["share_traced"],
    "serve": [
        "verification_answered", "job_part_told", "transaction_told", "subscriptions_asked", "subscriptions_ended",
        "subscriber_notified", "staff_signed_in", "staff_sign_in_refused", "staff_password_chosen", "staff_signed_out",
        "tabulated", "review_left", "review_taken_back",
    ],
    "service keys add": ["service_key_added"],
    "service keys revoke": ["service_key_revoked"],
    "service staff add": ["staff_added"],
    "service staff remove": ["staff_removed"],
}
CODE_AND_TABLES = "writes what belongs to no registry, or reads files that are given to it"
COUNTS = "counts, ages and states; nothing about anybody"
LEAVES_NOTHING = {
    "init": "there is no workspace before it",
    "sample-country": CODE_AND_TABLES,
    "link": CODE_AND_TABLES,
    "evaluate": "knows made-up people alone: there is no truth of others",
    "docs": CODE_AND_TABLES,
    "sources list": COUNTS,
    "sources check": COUNTS,
    "status": COUNTS,
    "health": COUNTS,
    "publications": COUNTS,
    "marts": COUNTS,
    "retention report": COUNTS,
    "backup list": COUNTS,
    "service keys list": "names and scopes of keys; not what they are",
    "service staff list": "names and profiles of who may use the pages",
    "share list": "requests and who made them; the data of nobody",
    "person corrections": "keys and states, no values of records",
    "audit verify": "reads the trail, also a copy that may only be read",
    "alert": "holds what the operator writes",
    "logs prune": "logs and Dagster's records, which hold no personal data",
    "ui": "shows runs and checks, which hold no personal data; what runs start from there leave their own",
}


def actions() -> str:
    packages = ("ibr", "pipelines", "warehouse", "exchange")
    return "\n".join(path.read_text(encoding="utf-8") for name in packages for path in (ROOT / name).rglob("*.py"))


def test_every_command_is_known_by_what_it_leaves():
    themselves = {name for name, group in cli.commands.items()
                  if isinstance(group, click.Group) and group.invoke_without_command}  # fmt: skip
    commands = {" ".join(path) for path, _ in COMMANDS} | themselves
    assert commands == set(LEAVES) | set(LEAVES_NOTHING)
    assert not set(LEAVES) & set(LEAVES_NOTHING)


@pytest.mark.parametrize("action", sorted({action for found in LEAVES.values() for action in found}))
def test_an_action_that_a_command_leaves_is_one_that_is_written(action):
    written = actions()
    assert f'"{action}"' in written or f'f"{action}{{' in written
