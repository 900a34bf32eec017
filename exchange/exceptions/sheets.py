"""The sheets of an exception file: their columns, and the decisions a manager can take."""

from exchange.sheets import Column, Kind, Sheet


def _for_manager(decisions: tuple[str, ...], actions: tuple[str, ...] = ()) -> tuple[Column, ...]:
    return (
        Column("decision", width=20, choices=decisions),
        Column("action taken", width=18, choices=actions),
        Column("decided by", width=20),
        Column("decided on", width=12, kind=Kind.DATE),
        Column("comment", width=40),
    )


_STATE = (
    Column("exception_id", "exception_id", 20),
    # Beside the number, where it stays in sight when the manager scrolls to the decision.
    Column("name", "full_name", 28),
    Column("match_id", "match_id", 20),
    Column("state", "state", 8),
    Column("first found", "first_found_at", 12, Kind.DATE),
    Column("days open", "days_open", 8, Kind.NUMBER),
)
_OWN = (
    Column("our enrolment", "enrolment_id", 18),
    Column("our record", "record_id", 18),
    Column("sex", "sex", 5),
    Column("birth date", "birth_date", 12, Kind.DATE),
    Column("ID number", "national_id_given", 14),
    Column("phone", "phone", 15),
    Column("household", "household_id", 16),
    Column("county", "county", 14),
    Column("area", "area_given", 26),
    Column("village", "village", 16),
    Column("enrolment status", "enrolment_status", 11),
)

DUPLICATES = Sheet(
    "Duplicates",
    "found_duplicate",
    (
        *_STATE,
        *_OWN,
        Column("verdict", "verdict", 12),
        Column("rule", "rule", 34),
        Column("other program", "other_program", 12),
        Column("other side's status", "other_status", 12),
        Column("other enrolment (own program only)", "other_enrolment_id", 18),
        Column("other record (own program only)", "other_record_id", 18),
        Column("other name (own program only)", "other_full_name", 28),
        Column("evidence, as first found", "evidence_text", 60),
        Column("certainty", "certainty", 10, Kind.SHARE),
        Column("amount at stake", "amount_at_stake", 14, Kind.MONEY),
        Column("suggested action", "suggested_action", 40),
        *_for_manager(
            ("same person", "different people", "need more time"),
            ("exit here", "exit there", "keep both", "none"),
        ),
    ),
)

VERIFICATION = Sheet(
    "Verification",
    "found_verification",
    (
        *_STATE,
        *_OWN,
        Column("finding", "finding", 24),
        Column("fields that differ", "fields", 22),
        Column("evidence, as first found", "evidence_text", 60),
        Column("certainty", "certainty", 10, Kind.SHARE),
        Column("amount at stake", "amount_at_stake", 14, Kind.MONEY),
        Column("suggested action", "suggested_action", 40),
        *_for_manager(("record corrected", "register wrong", "deceased confirmed", "need more time")),
    ),
)

PAYROLL = Sheet(
    "Payroll",
    "found_payroll",
    (
        *_STATE,
        *_OWN,
        Column("check", "check_name", 26),
        Column("gravity", "severity", 9),
        Column("from", "first_date", 12, Kind.DATE),
        Column("to", "last_date", 12, Kind.DATE),
        Column("evidence, as first found", "evidence_text", 60),
        Column("amount at stake", "amount_at_stake", 14, Kind.MONEY),
        Column("suggested action", "suggested_action", 40),
        *_for_manager(("payment stopped", "justified", "corrected", "need more time")),
    ),
    first_by="list_position(['high', 'medium', 'low'], found.severity), ",
)

SHEETS = (DUPLICATES, VERIFICATION, PAYROLL)
