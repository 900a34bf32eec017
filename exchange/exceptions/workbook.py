"""The workbook of an exception file: a first sheet in plain words, and a sheet a kind of finding."""

from io import BytesIO
from pathlib import Path

from exchange.exceptions import readme
from exchange.exceptions.sheets import FIRST_SHEET
from exchange.exceptions.words import Words
from exchange.workbook import Labels, LockedWorkbook


class ExceptionWorkbook(LockedWorkbook):
    """One program's workbook of one run, in its language."""

    def __init__(self, target: Path | BytesIO, facts: readme.Facts, words: Words) -> None:
        super().__init__(
            target,
            title=words.say(
                "first_sheet.title", program_name=facts.program_name, program=facts.program,
                date=words.day(facts.run_date),
            ),
            dated=facts.run_date,
            footer=f"{facts.program} {facts.run_date}",
            first_sheet=readme.lines(facts, words),
            labels=Labels(
                first_sheet=words.texts[f"sheet.{FIRST_SHEET}"],
                page=words.say("workbook.page", page="&P", pages="&N"),
                choose=words.say("workbook.choose"),
                one_of=words.texts["workbook.one_of"],
                a_date=words.say("workbook.a_date"),
                for_example=words.say("workbook.for_example"),
            ),
        )
