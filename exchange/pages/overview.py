"""What the first page tells: key figures, what waits, and the payments of the last cycles."""

from collections.abc import Iterable
from dataclasses import dataclass

from exchange.catalogues import Words
from exchange.pages import tabulating
from exchange.pages.reading import Reading
from exchange.pages.subjects import Counted
from exchange.pages.tabulating import Choice
from exchange.portal import charts
from exchange.portal.charts import Choropleth, Line
from exchange.portal.cubes import Cube
from exchange.portal.labels import Speaker, slug
from exchange.portal.maps import Map
from exchange.portal.tables import Shown, shown
from warehouse.connection import quoted

_MOST_CYCLES = 12  # of a chart: at two months each, two years
# Of all programs, those that the secretariat looks at first; the others stand below.
_FIRST = (
    "persons", "households", "active_enrolments", "amount_paid_12_months", "verified_rate", "coverage_rate",
    "payment_delivery_rate", "grievances_in_time_rate", "management_index",
)  # fmt: skip
# Of one program or county: name, mart, and what is counted of it.
_OF_ONE = (
    ("fct_enrolments", Counted("active_enrolments", "count(*) FILTER (WHERE status = 'active')", ("status",))),
    ("fct_enrolments", Counted(
        "households", "count(DISTINCT household_uid) FILTER (WHERE status IN ('active', 'suspended'))",
        ("status", "household_uid"),
    )),
    ("fct_enrolments", Counted("suspended", "count(*) FILTER (WHERE status = 'suspended')", ("status",))),
    ("fct_grievances", Counted(
        "grievances_open", "count(*) FILTER (WHERE resolved_date IS NULL)", ("resolved_date",),
    )),
)  # fmt: skip
# What waits for somebody, and the subject that tells more of it.
_WAITING = (
    ("rpt_multiple_receipt", "duplicates", Counted(
        "prohibited", "count(*) FILTER (WHERE verdict = 'prohibited' AND match_verdict = 'automatic')",
        ("verdict", "match_verdict"),
    )),
    ("rpt_multiple_receipt", "duplicates", Counted(
        "for_review", "count(*) FILTER (WHERE verdict = 'for_review' AND match_verdict = 'automatic')",
        ("verdict", "match_verdict"),
    )),
    ("rpt_payroll_pre", "payroll", Counted("payroll", "count(*)")),
    ("rpt_exits_due", "exits", Counted("exits", "count(*) FILTER (WHERE verdict = 'due')", ("verdict",))),
    ("rpt_updates_due", "updates", Counted("updates", "count(DISTINCT household_uid)", ("household_uid",))),
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """A figure as it is shown; `subject` tells more of it, where there is one."""

    name: str
    definition: str
    value: str
    target: str | None = None
    is_met: bool | None = None
    before: str | None = None
    subject: str | None = None


@dataclass(frozen=True)
class Payments:
    """What a program paid: a chart a measure, and the same numbers; `query` chooses the table that has them all."""

    id: str
    name: str
    charts: list[tuple[str, Line | None]]
    rows: list[tuple[str, list[Shown]]]
    query: dict[str, str]


@dataclass(frozen=True)
class Covered:
    """The map of coverage, as the portal's template draws it."""

    id: str
    caption: str
    areas: Choropleth


def of_all(reading: Reading, speaker: Speaker) -> tuple[list[Figure], list[Figure]]:
    """The figures across programs, the first ones and the others; none where they are not published to the visitor."""
    if not {"kpi", "previous_value"} <= reading.tables.get("rpt_kpis", set()):
        return [], []
    rows = reading.con.execute(
        "SELECT kpi, definition, unit, value, target, is_target_met, previous_value FROM marts.rpt_kpis "
        "WHERE value IS NOT NULL ORDER BY place"
    ).fetchall()
    told = {kpi: _figure(speaker, kpi, *more) for kpi, *more in rows}
    first = [told[kpi] for kpi in _FIRST if kpi in told]
    return first, [figure for kpi, figure in told.items() if kpi not in _FIRST]


def of_one(reading: Reading, words: Words) -> list[Figure]:
    """The figures of one program or county."""
    texts, told = words.texts, _counted(reading, _OF_ONE)
    return [
        Figure(texts[f"own.{name}"], texts[f"own_about.{name}"], words.number(value)) for name, value in told.items()
    ]


def waiting(reading: Reading, words: Words) -> list[Figure]:
    """What waits for somebody to look into it."""
    texts, told = words.texts, _counted(reading, [(table, one) for table, _, one in _WAITING])
    subjects = {one.name: subject for _, subject, one in _WAITING}
    return [
        Figure(texts[f"waiting.{name}"], texts[f"waiting_about.{name}"], words.number(value), subject=subjects[name])
        for name, value in told.items()
    ]


def payments(reading: Reading, speaker: Speaker) -> list[Payments]:
    """What each program paid in its last cycles."""
    asked = {"subject": "receipt", "row": "program", "column": "cycle"}
    cubes = {
        name: cube for name in ("recipients", "amount_paid")
        if (choice := _choice(reading, asked | {"measure": name})) and (cube := tabulating.cube_of(reading, choice))
    }
    return [_paid(cubes, program, speaker) for cube in list(cubes.values())[:1] for program in cube.of("program")]


def _paid(cubes: dict[str, Cube], program: str, speaker: Speaker) -> Payments:
    some = next(iter(cubes.values()))
    cycles = [cycle for cycle in some.of("cycle") if some.cell(program=program, cycle=cycle)][-_MOST_CYCLES:]
    labels = [speaker.period(cycle) for cycle in cycles]
    cells = {name: [cube.cell(program=program, cycle=cycle) for cycle in cycles] for name, cube in cubes.items()}
    drawn = [(name, charts.line(labels, [cell.values[0] if cell else None for cell in row], speaker))
             for name, row in cells.items()]  # fmt: skip
    rows = [
        (label, [shown(cells[name][n], 0, cube.subject.measures, speaker) for name, cube in cubes.items()])
        for n, label in enumerate(labels)
    ]
    return Payments(
        slug(program), speaker.names.programs.get(program, program), drawn, rows,
        {"subject": "receipt", "row": "cycle", "program": program},
    )  # fmt: skip


def coverage(reading: Reading, speaker: Speaker, placed: Map, program: str | None) -> Covered | None:
    """The share of those whom a rule names that is covered, by county: of any program, or of one's own."""
    asked = {"subject": "coverage", "row": "county", "column": "program", "measure": "coverage"}
    choice = _choice(reading, asked)
    if choice is None or choice.column is None:
        return None
    cube, wanted = tabulating.cube_of(reading, choice), program or "all"
    if wanted not in cube.of("program") or not placed.shapes:
        return None
    values = {
        code: shown(cube.cell(county=code, program=wanted), 0, cube.subject.measures, speaker)
        for code in speaker.names.counties
    }
    caption = speaker.words.say("start.map", program=speaker.label("program", wanted))
    return Covered("coverage", caption, charts.choropleth(placed, values, speaker, is_share=True))


def _choice(reading: Reading, asked: dict[str, str]) -> Choice | None:
    held = tabulating.subjects(reading)
    return tabulating.chosen(held, asked) if asked["subject"] in held else None


def _counted(reading: Reading, wanted: Iterable[tuple[str, Counted]]) -> dict[str, float]:
    """Each number that the publication can tell, by name."""
    there = [
        (table, one) for table, one in wanted if table in reading.tables and set(one.needs) <= reading.tables[table]
    ]
    if not there:
        return {}
    parts = ", ".join(f"(SELECT {one.sql} FROM marts.{quoted(table)})::DOUBLE" for table, one in there)
    row = reading.con.execute(f"SELECT {parts}").fetchall()[0]
    return {one.name: value or 0.0 for (_, one), value in zip(there, row, strict=True)}


def _figure(
    speaker: Speaker, kpi: str, definition: str, unit: str, value: float, target: float | None, is_met: bool | None,
    before: float | None,
) -> Figure:  # fmt: skip
    texts = speaker.words.texts
    return Figure(
        texts.get(f"kpi.{kpi}", kpi.replace("_", " ").capitalize()), texts.get(f"definition.{kpi}", definition),
        speaker.figure(value, unit), None if target is None else speaker.figure(target, unit), is_met,
        None if before is None else speaker.figure(before, unit),
    )  # fmt: skip
