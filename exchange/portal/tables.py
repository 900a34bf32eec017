"""Tables for people: labels and numbers of a cube by one or two variables, as a page and a CSV file show them."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from exchange.portal.cubes import TOTAL, Cell, Cube, Measure
from exchange.portal.labels import Speaker, slug
from ibr.spreadsheets import FORMULA_START

WITHHELD = "[c]"  # confidential, as official statistics write it


@dataclass(frozen=True)
class Shown:
    """A number as it is shown. `kind`: number, zero, withheld, or none, where there are no such people.

    `plain`: as a spreadsheet takes it, a share in per cent.
    """

    text: str
    kind: str
    value: float | None = None
    plain: str = ""


@dataclass(frozen=True)
class Row:
    """A row of a table; the last may be its total."""

    label: str
    cells: list[Shown]
    is_total: bool = False


@dataclass(frozen=True)
class Table:
    """A table of one page. `id`: part of its file's name."""

    id: str
    caption: str
    row_heading: str
    columns: list[str]
    rows: list[Row]
    total_column: bool = False

    @property
    def has_withheld(self) -> bool:
        return any(cell.kind == "withheld" for row in self.rows for cell in row.cells)


def shown(cell: Cell | None, measure: int, kinds: Sequence[Measure], speaker: Speaker) -> Shown:
    """One measure of a cell; `kinds`: the measures of its subject."""
    value = cell.values[measure] if cell else None
    if value is not None:
        plain = f"{100 * value:.2f}" if kinds[measure].is_share else f"{value:.0f}"
        return Shown(speaker.number(value, kinds[measure]), "number" if value else "zero", value, plain)
    return Shown(WITHHELD, "withheld", plain=WITHHELD) if cell and cell.is_withheld else Shown("–", "none")


def crossed(
    cube: Cube, speaker: Speaker, row: str, column: str, measure: str, fixed: dict[str, str], name: str
) -> Table:
    """A measure by two variables; the others are fixed, or added up over."""
    subject, texts = cube.subject, speaker.words.texts
    number = subject.measure(measure)
    rows, columns = (_codes(cube, variable, fixed) for variable in (row, column))
    body = [
        Row(
            speaker.label(row, code),
            [shown(cube.cell(**{**fixed, row: code, column: other}), number, subject.measures, speaker)
             for other in columns],
            code == TOTAL,
        ) for code in rows
    ]  # fmt: skip
    caption = speaker.words.say(
        "table.by_two", measure=speaker.measure(subject.measures[number]), row=texts[f"variable.{row}"].lower(),
        column=texts[f"variable.{column}"].lower(),
    ) + _told(fixed, speaker)
    headings = [speaker.label(column, code) for code in columns]
    return Table(name, caption, texts[f"variable.{row}"], headings, body, TOTAL in columns)


def by_measures(cube: Cube, speaker: Speaker, row: str, fixed: dict[str, str], name: str) -> Table:
    """All measures by one variable; the others are fixed, or added up over."""
    subject, texts = cube.subject, speaker.words.texts
    body = []
    for code in _codes(cube, row, fixed):
        cell = cube.cell(**{**fixed, row: code})
        cells = [shown(cell, number, subject.measures, speaker) for number in range(len(subject.measures))]
        body.append(Row(speaker.label(row, code), cells, code == TOTAL))
    caption = speaker.words.say(
        "table.by_one", subject=texts[f"subject.{subject.name}"], row=texts[f"variable.{row}"].lower()
    ) + _told(fixed, speaker)
    headings = [speaker.measure(one) for one in subject.measures]
    return Table(name, caption, texts[f"variable.{row}"], headings, body)


def as_csv(table: Table) -> str:
    """The table as text for a spreadsheet: numbers plain, what is withheld as [c], what is not there empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_safe(cell) for cell in (table.row_heading, *table.columns)])
    for row in table.rows:
        writer.writerow([_safe(row.label), *(cell.plain for cell in row.cells)])
    return text.getvalue()


def _safe(text: str) -> str:
    return f"'{text}" if re.match(FORMULA_START, text) else text


def _codes(cube: Cube, variable: str, fixed: dict[str, str]) -> list[str]:
    """The codes of a variable that there are numbers of, and the total, where there is one."""
    subject = cube.subject
    places = {subject.place(name): code for name, code in fixed.items()}
    here = {
        key[subject.place(variable)] for key in cube.cells if all(key[place] == code for place, code in places.items())
    }
    codes = [code for code in cube.of(variable) if code in here]
    return [*codes, TOTAL] if TOTAL in here else codes


def _told(fixed: dict[str, str], speaker: Speaker) -> str:
    told = [speaker.label(variable, code) for variable, code in fixed.items()]
    return f" – {', '.join(told)}" if told else ""


def prebuilt(cube: Cube, speaker: Speaker, code: str | None) -> list[Table]:
    """The tables of a page of a subject: of one value of its variable `each`, where it has one."""
    subject = cube.subject
    fixed = {subject.each: code} if subject.each and code is not None else {}
    stem = "-".join([subject.name, *([slug(code)] if code else [])])
    free = [variable.name for variable in subject.variables if variable.name not in fixed]
    tables = []
    for row in _alone(cube, free, fixed):
        tables.append(by_measures(cube, speaker, row, fixed, f"{stem}-by-{row}"))
    if len(free) == 2:
        row, column = sorted(free, key=lambda name: (name != "county", name != "reason"))
        for measure in subject.measures:
            name = f"{stem}-{measure.name}-by-{row}-{column}".replace("_", "-")
            tables.append(crossed(cube, speaker, row, column, measure.name, fixed, name))
    return tables


def _alone(cube: Cube, free: Iterable[str], fixed: dict[str, str]) -> Iterable[str]:
    """The variables by which a subject can be told alone: all others are fixed, or have totals."""
    for row in free:
        place = cube.subject.place(row)
        wanted = cube.key(**fixed)
        if any(
            key[place] != TOTAL and key[:place] == wanted[:place] and key[place + 1:] == wanted[place + 1:]
            for key in cube.cells
        ):
            yield row
