"""The sheets of an exception file: their columns, and the decisions a manager can take.

The names here are English, and the codes by which a sheet, column or decision is known; words/ says them in other
languages.
"""

from exchange.sheets import PHRASE, Column, Kind, Sheet

FIRST_SHEET = "Read me"
DECISION, ACTION, DECIDED_BY, DECIDED_ON, COMMENT = "decision", "action taken", "decided by", "decided on", "comment"


def _for_manager(decisions: tuple[str, ...], actions: tuple[str, ...] = ()) -> tuple[Column, ...]:
    return (
        Column(DECISION, width=20, choices=decisions),
        Column(ACTION, width=18, choices=actions),
        Column(DECIDED_BY, width=20),
        Column(DECIDED_ON, width=12, kind=Kind.DATE),
        Column(COMMENT, width=40),
    )


_STATE = (
    Column("exception_id", "exception_id", 20),
    # Beside the number, where it stays in sight when the manager scrolls to the decision.
    Column("name", "full_name", 28),
    Column("match_id", "match_id", 20),
    Column("state", "state", 12, vocabulary="state"),
    Column("first found", "first_found_at", 12, Kind.DATE),
    Column("days open", "days_open", 8, Kind.NUMBER),
    Column("our answer so far", "own_answer", 30, vocabulary=PHRASE),
)
_OWN = (
    Column("our enrolment", "enrolment_id", 18),
    Column("our record", "record_id", 18),
    Column("sex", "sex", 5, vocabulary="sex"),
    Column("birth date", "birth_date", 12, Kind.DATE),
    Column("ID number", "national_id_given", 14),
    Column("phone", "phone", 15),
    Column("household", "household_id", 16),
    Column("county", "county", 14),
    Column("area", "area_given", 26),
    Column("village", "village", 16),
    Column("enrolment status", "enrolment_status", 11, vocabulary="status"),
)
_EVIDENCE = (
    Column("evidence, as first found", "evidence_when_found", 60, vocabulary=PHRASE),
    Column("what has changed since", "evidence_since", 40, vocabulary=PHRASE),
)
# What a row is worth, what to do, and the run that wrote it: by the run a file that comes back is known.
_LAST = (
    Column("amount at stake", "amount_at_stake", 14, Kind.MONEY),
    Column("suggested action", "suggested_action", 40, vocabulary=PHRASE),
    Column("run", "run_id", 16),
)
_LOOSE = ("exception_id", "run_id", "days_open")

DUPLICATES = Sheet(
    "Duplicates",
    "found_duplicate",
    (
        *_STATE,
        *_OWN,
        Column("about", "about", 14, vocabulary="level"),
        Column("our members in both", "own_members", 30),
        Column("verdict", "verdict", 12, vocabulary="verdict"),
        Column("rule", "rule", 34, vocabulary=PHRASE),
        Column("other program", "other_program", 12),
        Column("other side's status", "other_status", 12, vocabulary="status"),
        Column("other program's answer", "other_answer", 24, vocabulary=PHRASE),
        Column("same on both sides", "same_when_found", 24, vocabulary="field"),
        Column("different", "different_when_found", 24, vocabulary="field"),
        Column("other enrolment (own program only)", "other_enrolment_shown", 18),
        Column("other record (own program only)", "other_record_id", 18),
        Column("other name (own program only)", "other_full_name", 28),
        Column("other sex (own program only)", "other_sex", 8, vocabulary="sex"),
        Column("other birth date (own program only)", "other_birth_date", 12, Kind.DATE),
        Column("other ID number (own program only)", "other_national_id_given", 14),
        Column("other phone (own program only)", "other_phone", 15),
        *_EVIDENCE,
        Column("certainty", "certainty", 10, Kind.SHARE),
        *_LAST,
        *_for_manager(
            ("same person", "different people", "need more time"),
            ("exit here", "exit there", "keep both", "none"),
        ),
    ),
    loose=_LOOSE,
    compared=tuple(
        (field, f"other_{field}") for field in ("full_name", "sex", "birth_date", "national_id_given", "phone")
    ),
)

VERIFICATION = Sheet(
    "Verification",
    "found_verification",
    (
        *_STATE,
        *_OWN,
        Column("finding", "finding", 24, vocabulary="finding"),
        Column("fields that differ", "fields", 22, vocabulary="field"),
        *_EVIDENCE,
        Column("certainty", "certainty", 10, Kind.SHARE),
        *_LAST,
        *_for_manager(("record corrected", "register wrong", "deceased confirmed", "need more time")),
    ),
    loose=_LOOSE,
)

PAYROLL = Sheet(
    "Payroll",
    "found_payroll",
    (
        *_STATE,
        *_OWN,
        Column("check", "check_name", 26, vocabulary="check"),
        Column("gravity", "severity", 9, vocabulary="severity"),
        Column("from", "first_date", 12, Kind.DATE),
        Column("to", "last_date", 12, Kind.DATE),
        *_EVIDENCE,
        *_LAST,
        *_for_manager(("payment stopped", "justified", "corrected", "need more time")),
    ),
    first_by="list_position(['high', 'medium', 'low'], found.severity), ",
    loose=_LOOSE,
)

SHEETS = (DUPLICATES, VERIFICATION, PAYROLL)
