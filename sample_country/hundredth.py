"""A small change that its systems make, of which a run has to find every row: a hundredth of people and payments."""

import sqlite3
from pathlib import Path

# No row is marked later: half an hour earlier some were, and a run overlooked what had changed behind them.
MOMENT = "2026-06-30T23:59:59"
# Of each database a hundredth of the people, by a name that is spelt otherwise, and of the payments, by their day; with
# what tells a run that the row has changed.
_CHANGES = {
    "nsnp": (
        f"UPDATE Member SET FirstName = FirstName || 'h', UpdatedAt = '{MOMENT}' WHERE rowid % 100 = 7",
        f"UPDATE PaymentLine SET PaidOn = date(PaidOn, '+1 day'), UpdatedAt = '{MOMENT}' WHERE rowid % 100 = 7",
    ),
    "ctovc": (
        "UPDATE MEMBERS SET SURNAME = SURNAME || 'h', "
        "ROWVER = rowid + (SELECT max(ROWVER) FROM MEMBERS) WHERE rowid % 100 = 7",
        "UPDATE PAYMENTS SET PAY_DATE = '15' || substr(PAY_DATE, 3), "
        "ROWVER = rowid + (SELECT max(ROWVER) FROM PAYMENTS) WHERE rowid % 100 = 7",
    ),
    "hsnp": (
        "UPDATE person SET full_name = full_name || 'h' WHERE rowid % 100 = 7",
        "UPDATE hh_payments SET c1_date = date(c1_date, '+1 day') WHERE rowid % 100 = 7 AND c1_date IS NOT NULL",
    ),
    "cfa": (
        f"UPDATE scope_person SET family_name = family_name || 'h', modified_at = '{MOMENT}' WHERE rowid % 100 = 7",
        "UPDATE distribution SET transferred_at = datetime(transferred_at, '+1 day'), "
        f"modified_at = '{MOMENT}' WHERE rowid % 100 = 7",
    ),
    "iprs": (f"UPDATE person SET surname = surname || 'h', updated_at = '{MOMENT}' WHERE rowid % 100 = 7",),
}


def change_a_hundredth(sources: Path) -> int:
    """Let a hundredth of the people, their payments and the register be put otherwise by their systems; how many rows
    were."""
    rows = 0
    for name, statements in _CHANGES.items():
        with sqlite3.connect(sources / f"{name}.db") as db:
            rows += sum(db.execute(statement).rowcount for statement in statements)
    return rows
