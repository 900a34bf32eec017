"""Charts as shapes that a template draws: lines over payment cycles, and the classes of a map's colours."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exchange.portal.labels import Speaker
from exchange.portal.maps import Map
from exchange.portal.tables import Shown

LEFT, RIGHT, TOP, BOTTOM = 84.0, 60.0, 16.0, 34.0
CHART_WIDTH, CHART_HEIGHT = 640.0, 220.0
CLASSES = 5
_MILLION = 1_000_000  # from here up the axis counts in millions: a telephone has no room for longer numbers


@dataclass(frozen=True)
class Point:
    """A value on a chart: where it stands, and what it says."""

    x: float
    y: float
    label: str


@dataclass(frozen=True)
class Line:
    """A line chart. `pieces`: runs of values that follow each other; between them numbers are withheld.

    `is_in_millions`: what the axis counts in.
    """

    pieces: list[list[Point]]
    ticks: list[tuple[float, str]]
    marks: list[tuple[float, str]]
    is_in_millions: bool
    left: float = LEFT
    width: float = CHART_WIDTH
    height: float = CHART_HEIGHT


def line(labels: Sequence[str], values: Sequence[float | None], speaker: Speaker) -> Line | None:
    """The chart of values in their order, from zero up; None where fewer than two are told."""
    told = [value for value in values if value is not None]
    if len(told) < 2:
        return None
    top, step = _scale(max(told))
    wide, high = CHART_WIDTH - LEFT - RIGHT, CHART_HEIGHT - TOP - BOTTOM
    where = [LEFT + wide * place / (len(values) - 1) for place in range(len(values))]
    pieces: list[list[Point]] = [[]]
    for x, label, value in zip(where, labels, values, strict=True):
        if value is None:
            pieces.append([])
        else:
            y = TOP + high * (1 - value / top)
            pieces[-1].append(Point(x, y, f"{label}: {speaker.words.number(value)}"))
    unit = _MILLION if top >= _MILLION else 1
    ticks = [
        (TOP + high * (1 - number * step / top), _short(number * step / unit, speaker))
        for number in range(round(top / step) + 1)
    ]
    every = max(1, math.ceil(len(labels) / 4))
    # The last is always marked: counted from the end.
    marks = [(where[n], labels[n]) for n in range(len(labels)) if (len(labels) - 1 - n) % every == 0]
    return Line([piece for piece in pieces if piece], ticks, marks, unit == _MILLION)


def _scale(most: float) -> tuple[float, float]:
    """The top of an axis and its step: a round number, three to five times."""
    if most <= 0:
        return 1.0, 1.0
    power = 10.0 ** math.floor(math.log10(most))
    step = next(factor * power / 10 for factor in (2, 2.5, 5, 10, 20, 25, 50) if most <= 5 * factor * power / 10)
    return math.ceil(most / step) * step, step


def _short(value: float, speaker: Speaker) -> str:
    if value == int(value):
        return speaker.words.number(value)
    return f"{value:g}".replace(".", speaker.words.texts["number.decimal"])


@dataclass(frozen=True)
class Area:
    """A county as it is drawn. `level`: the class of its value from 1 up; 0 withheld, -1 none."""

    name: str
    short: str
    path: str
    x: float
    y: float
    level: int
    text: str


@dataclass(frozen=True)
class Choropleth:
    """A map with its legend: of each class from what to what, in words."""

    areas: list[Area]
    legend: list[tuple[int, str]]
    height: float
    tile: float


def choropleth(placed: Map, values: Mapping[str, Shown], speaker: Speaker, is_share: bool) -> Choropleth:
    """The map of a value a county, in classes of as many counties each."""
    numbers = sorted(
        shown.value for code, shown in values.items() if shown.value is not None and code in placed.shapes
    )
    bounds = sorted({numbers[len(numbers) * place // CLASSES] for place in range(CLASSES)}) if numbers else []
    names = speaker.names.counties
    short = _abbreviations({code: names.get(code, code) for code in placed.shapes})
    areas = []
    for code, shape in placed.shapes.items():
        shown = values.get(code, Shown("–", "none"))
        level = {"withheld": 0, "none": -1}.get(shown.kind, sum(shown.value >= bound for bound in bounds)
                                                if shown.value is not None else -1)  # fmt: skip
        areas.append(Area(names.get(code, code), short[code], shape.path, shape.x, shape.y, level, shown.text))
    say = speaker.share if is_share else speaker.words.number
    ends = [*bounds[1:], None] if bounds else []  # where every number is withheld there are no classes
    legend = []
    for level, (low, high) in enumerate(zip(bounds, ends, strict=True), start=1):
        highest = max(number for number in numbers if number >= low and (high is None or number < high))
        legend.append((level, say(low) if low == highest else f"{say(low)} – {say(highest)}"))
    present = {area.level for area in areas}
    legend += [(0, speaker.words.texts["state.withheld"])] if 0 in present else []
    legend += [(-1, speaker.words.texts["state.none"])] if -1 in present else []
    return Choropleth(areas, legend, placed.height, placed.tile)


def _abbreviations(names: Mapping[str, str]) -> dict[str, str]:
    """Three letters a county, no two alike: the first three, else the first two and a later one, else its code."""
    taken: set[str] = set()
    short = {}
    for code, name in names.items():
        letters = [letter for letter in name if letter.isalpha()]
        tries = ["".join(letters[:3]), *("".join([*letters[:2], letter]) for letter in letters[3:]), code]
        short[code] = next(one for one in tries if one.lower() not in taken or one == code)
        taken.add(short[code].lower())
    return short
