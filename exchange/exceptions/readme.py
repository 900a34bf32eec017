"""The words on the first sheet: plain, for a program manager who has never seen this file."""

import datetime as dt
from dataclasses import dataclass

from exchange.exceptions.words import Words

_STEPS = ("step_1", "step_2", "step_3", "step_4")
_MEANINGS = (
    "prohibited", "for_review", "about", "same_person", "exit_here", "same_on_both_sides", "deceased", "mismatch",
    "id_shared", "not_found", "could_not_check", "state", "evidence", "amount_at_stake", "certainty",
)
_RULES = ("nobody_is_removed", "personal_data")


@dataclass(frozen=True)
class Facts:
    """What the first sheet says about this file.

    `not_shown`: rows that do not fit on a sheet. `corrections`: rows of the sheet of that name, which is there for them
    alone. `has_csv`: whether the same rows go out as CSV too. `has_password`: whether the workbook opens with one.
    """

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
    corrections: int = 0
    has_csv: bool = True
    has_password: bool = False


def lines(facts: Facts, words: Words) -> list[tuple[str, str]]:
    """The text as (style, line), style one of `title`, `heading`, `text`."""

    def part(heading: str, *texts: str) -> list[tuple[str, str]]:
        return [("heading", words.say(f"first_sheet.{heading}")), *(("text", text) for text in texts)] if texts else []

    def said(*codes: str) -> list[str]:
        return [words.say(f"first_sheet.{code}") for code in codes]

    title = words.say(
        "first_sheet.title", program_name=facts.program_name, program=facts.program, date=words.day(facts.run_date)
    )
    return [
        ("title", title),
        ("text", words.say("first_sheet.from", run=facts.run_id)),
        *part("contents", *_counts(facts, words)),
        *part("please_note", *_warnings(facts, words)),
        *part("what_to_do", *said(*_STEPS, *(("step_password",) if facts.has_password else ()))),
        *part("meanings", *said(*_MEANINGS)),
        *part("two_rules", *said(*_RULES)),
    ]


def _counts(facts: Facts, words: Words) -> list[str]:
    counted = [
        words.say(
            "first_sheet.count", sheet=words.texts[f"sheet.{sheet}"], rows=words.number(count),
            currency=facts.currency, amount=words.number(facts.amount_at_stake[sheet]),
        )
        for sheet, count in facts.rows.items()
    ]
    return counted if any(facts.rows.values()) else [*counted, words.say("first_sheet.nothing")]


def _warnings(facts: Facts, words: Words) -> list[str]:
    notes = []
    if facts.corrections:
        notes.append(words.say(
            "first_sheet.corrections", sheet=words.texts["sheet.Corrections"], rows=words.number(facts.corrections)
        ))
    if facts.stale_sources:
        notes.append(words.say("first_sheet.stale", sources=", ".join(facts.stale_sources)))
    if not facts.is_register_asked:
        notes.append(words.say("first_sheet.register_not_asked"))
    for sheet, count in facts.not_shown.items():
        shown = {"sheet": words.texts[f"sheet.{sheet}"], "rows": words.number(count)}
        if facts.has_csv:
            notes.append(words.say("first_sheet.more_in_csv", **shown, file=f"{sheet.lower()}.csv"))
        else:
            notes.append(words.say("first_sheet.more_later", **shown))
    return notes
