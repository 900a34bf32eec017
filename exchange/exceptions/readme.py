"""The words on the first sheet: plain, for a program manager who has never seen this file."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """What the first sheet says about this file."""

    program: str
    program_name: str
    run_id: str
    run_date: dt.date
    currency: str
    rows: dict[str, int]
    amount_at_stake: dict[str, float]
    stale_sources: tuple[str, ...]
    not_shown: dict[str, int]
    is_register_asked: bool = True


def lines(facts: Facts) -> list[tuple[str, str]]:
    """The text as (style, line), style one of `title`, `heading`, `text`."""
    return [
        ("title", f"{facts.program_name} ({facts.program}): exceptions of {facts.run_date:%d %B %Y}"),
        ("text", f"From the integrated beneficiary registry. Run {facts.run_id}."),
        *_counts(facts),
        *_warnings(facts),
        *_STEPS,
        *_MEANINGS,
        *_RULES,
    ]


def _counts(facts: Facts) -> list[tuple[str, str]]:
    counted = [
        ("text", f"{sheet}: {count:,} rows, {facts.currency} {facts.amount_at_stake[sheet]:,.0f} at stake")
        for sheet, count in facts.rows.items()
    ]
    if not any(facts.rows.values()):
        counted.append(("text", "There is nothing to decide this time. Nothing needs to be sent back."))
    return [("heading", "What is in this file"), *counted]


def _warnings(facts: Facts) -> list[tuple[str, str]]:
    notes = []
    if facts.stale_sources:
        notes.append(
            ("text", f"Some systems could not be read this time ({', '.join(facts.stale_sources)}); "
                     "what stands here about them is from their last good copy.")
        )
    if not facts.is_register_asked:
        notes.append(
            ("text", "The population register could not be asked this time, so nobody was checked anew. That says "
                     "nothing about anybody; what it told before stands here still, until it can be asked again.")
        )
    notes += [
        ("text", f"{sheet}: {count:,} more rows do not fit on the sheet; they are in {sheet.lower()}.csv.")
        for sheet, count in facts.not_shown.items()
    ]
    return [("heading", "Please note"), *notes] if notes else []


_STEPS = [
    ("heading", "What to do"),
    ("text", "1. Go through the sheets Duplicates, Verification and Payroll. The rows with the most money come "
             "first; on the sheet Payroll, the gravest."),
    ("text", "2. Look into each case: files, home visit, chief's office, the other program where you know it."),
    ("text", "3. Choose your decision in the yellow columns, and write who decided and when (as 2026-07-15). "
             "Action and comment are optional in every sheet."),
    ("text", "4. Send the workbook back to the secretariat. Rows left empty stay open and come again next time; rows "
             "may be missing or in another order, and every other cell has to stay as it is. Answer in the "
             "newest file: an older one is refused once a newer one has come back."),
]

_MEANINGS = [
    ("heading", "What the words mean"),
    ("text", "prohibited: the rules do not let this person or household receive both benefits."),
    ("text", "for review: no rule settles it; you and the other program decide. It may well be in order."),
    ("text", "about: whether one person, or one household, seems to receive twice. For a household, the members of"
             " yours who seem to be in both are named, and the question is whether they are the same people."),
    ("text", "same person / different people: your answer binds later runs. To change your mind, answer again in "
             "the last file in which the row stood."),
    ("text", "exit here / exit there / keep both / none: what is done about a true duplicate; \"here\" is your "
             "program. Where the rules prohibit it, a duplicate that is still paid on both sides two payment "
             "cycles later comes back."),
    ("text", "same on both sides / different: your record and the other side's, detail by detail. What one of the "
             "two does not have stands in neither. Where both records are yours, cells that differ are coloured."),
    ("text", "deceased: the population register says that this person has died."),
    ("text", "mismatch: the ID number is in the register, and other details there differ; or the register has the "
             "person under another ID number."),
    ("text", "ID shared: more than one person in the programs carries this one ID number, or it belongs in the "
             "register to somebody else."),
    ("text", "not found: we looked in the register and found nobody. Not a proof that the person does not exist."),
    ("text", "could not check: we could not look, because the record has neither a usable ID number nor a name "
             "with a birth date. It says nothing about the person."),
    ("text", "state: new, found for the first time on this date; open, found before and not decided yet; need more"
             " time, as you asked; to be confirmed, a second person has to decide the same; contested, the other "
             "program decided otherwise, so talk to it; escalated, decided, and both sides are still paid."),
    ("text", "evidence: as it was when the case was first found, so that what you decide on does not move; what is"
             " otherwise now stands beside it."),
    ("text", "amount at stake: Duplicates, the smaller of the two benefits while both were paid; Verification, "
             "what is due in the latest cycle (for the deceased: paid since); Payroll, the payments concerned, or "
             "where it is about the person, the ID number or the account, what one cycle pays."),
    ("text", "certainty: how sure the comparison is that two records are one person."),
]

_RULES = [
    ("heading", "Two rules"),
    ("text", "Nobody is removed automatically. A wrong match can take food from a family: when in doubt, "
             "choose \"need more time\"."),
    ("text", "This file holds personal data. Keep it where only those who decide can read it, and delete it "
             "when you have sent it back."),
]
