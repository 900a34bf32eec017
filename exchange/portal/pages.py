"""The pages of the portal in each language, written into a folder."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from exchange.catalogues import Words
from exchange.portal import charts, tables, tabulator
from exchange.portal.cubes import Cell, Cube
from exchange.portal.figures import Figure, Publication
from exchange.portal.labels import Names, Speaker, slug
from exchange.portal.maps import Map
from exchange.portal.tables import Shown

_HERE = Path(__file__).parent
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)  # fmt: skip
_MOST_FIGURES = 6  # on the first page; the others stand in a table below


@dataclass(frozen=True)
class Content:
    """All that the portal tells, before it is put into words."""

    about: Publication
    figures: Sequence[Figure]
    cubes: Mapping[str, Cube]
    names: Names
    placed: Map


@dataclass(frozen=True)
class Site:
    """How it is told. `languages`: the first is the default; `smallest`: numbers of fewer people are withheld."""

    country: str
    currency: str
    title: str | None
    smallest: int
    languages: Sequence[Words]


def write(folder: Path, content: Content, site: Site) -> None:
    """Write every page, table and file of the portal."""
    for asset in ("style.css", "portal.js"):
        (folder / asset).write_bytes((_HERE / "templates" / asset).read_bytes())
    data = folder / "data"
    data.mkdir()
    for name, cube in content.cubes.items():
        # A script, not a JSON file: browsers do not let a page that is opened from a disk read one.
        text = tabulator.cells(cube)
        (data / f"{name}.js").write_text(f"portalData({json.dumps(name)},{text})\n", encoding="utf-8")
    for words in site.languages:
        _Language(folder, content, site, Speaker(words, content.names, site.currency)).write()


class _Language:
    """The pages of one language."""

    def __init__(self, folder: Path, content: Content, site: Site, speaker: Speaker) -> None:
        self.root, self.content, self.site, self.speaker = folder, content, site, speaker
        self.words = speaker.words
        self.title = site.title or self.words.say("site.title", country=site.country)
        self.subjects = self._subjects()

    def write(self) -> None:
        (self.root / self.words.language / "tables").mkdir(parents=True)
        home = self._home()
        if self.words is self.site.languages[0]:
            self._page("index.html", "home", in_root=True, **home)
        self._page("index.html", "home", **home)
        self._page("trends.html", "trends", programs=self._trends())
        self._page("counties.html", "counties", **self._counties())
        self._page("methods.html", "methods", figures=self._figures())
        self._page("tables/index.html", "tabulator", labels=tabulator.labels(self.content.cubes, self.speaker))
        for pages in self.subjects.values():
            for page in pages:
                self._page(f"tables/{page['id']}.html", "tables", heading=page["title"], tables=page["tables"])
                for table in page["tables"]:
                    self._csv(table)

    def _page(self, path: str, template: str, in_root: bool = False, **values: Any) -> None:
        depth = 0 if in_root else path.count("/") + 1
        up = "../" * depth
        here = "" if in_root else path
        text = _TEMPLATES.get_template(f"{template}.html").render(
            say=self.words.say, texts=self.words.texts, lang=self.words.language, title=self.title, page=template,
            root=up, own=f"{up}{self.words.language}/", about=self.content.about, speaker=self.speaker,
            others=[(words.language, words.texts["language"], f"{up}{words.language}/{here or 'index.html'}")
                    for words in self.site.languages],
            subjects=self.subjects, day=self._day, smallest=self.site.smallest, **values,
        )  # fmt: skip
        target = self.root / path if in_root else self.root / self.words.language / path
        target.write_text(text, encoding="utf-8")

    def _csv(self, table: tables.Table) -> None:
        # The mark in front tells Excel that it is UTF-8.
        path = self.root / self.words.language / "tables" / f"{table.id}.csv"
        path.write_text(tables.as_csv(table), encoding="utf-8-sig")

    def _day(self, day: dt.date) -> str:
        return self.words.day(day)

    def _subjects(self) -> dict[str, list[dict[str, Any]]]:
        """The pages of prebuilt tables, by subject."""
        found: dict[str, list[dict[str, Any]]] = {}
        for name, cube in self.content.cubes.items():
            each = cube.subject.each
            codes: list[str | None] = list(cube.of(each)) if each else [None]
            for code in codes:
                built = tables.prebuilt(cube, self.speaker, code)
                told = f": {self.speaker.label(each, code)}" if each and code else ""
                found.setdefault(name, []).append({
                    "id": "-".join([name, *([slug(code)] if code else [])]), "tables": built,
                    "short": self.speaker.label(each, code) if each and code else self.words.texts[f"subject.{name}"],
                    "title": self.words.texts[f"subject.{name}"] + told,
                })  # fmt: skip
        return found

    def _figures(self) -> list[dict[str, Any]]:
        texts = self.words.texts
        shown = []
        for figure in self.content.figures:
            aim = figure.target
            shown.append({
                "name": texts.get(f"kpi.{figure.kpi}", figure.kpi.replace("_", " ").capitalize()),
                "definition": texts.get(f"definition.{figure.kpi}", figure.definition),
                "value": None if figure.value is None else self.speaker.figure(figure.value, figure.unit),
                "is_withheld": figure.is_withheld, "from": figure.period_from, "to": figure.period_to,
                "target": None if aim is None else self.speaker.figure(aim, figure.unit),
                "is_met": figure.is_target_met,
                "before": None if figure.previous is None else self.speaker.figure(figure.previous, figure.unit),
                "before_on": figure.previous_date,
            })  # fmt: skip
        return shown

    def _home(self) -> dict[str, Any]:
        figures = self._figures()
        receipt = self.content.cubes.get("receipt")
        return {
            "headline": figures[:_MOST_FIGURES], "further": figures[_MOST_FIGURES:], "programs": self._programs(),
            "measures": receipt.subject.measures if receipt else (), "map": next(iter(self._maps()), None),
        }

    def _programs(self) -> list[dict[str, Any]]:
        """What each program paid last."""
        cube = self.content.cubes.get("receipt")
        if cube is None:
            return []
        rows = []
        for program in cube.of("program"):
            cycle = self._cycles(cube, program)[-1]
            cell = cube.cell(program=program, cycle=cycle)
            rows.append({
                "program": program, "name": self.content.names.programs.get(program, program),
                "cycle": self.speaker.period(cycle), "id": f"receipt-{slug(program)}",
                "cells": [self._shown(cube, cell, number) for number in range(len(cube.subject.measures))],
            })  # fmt: skip
        return rows

    def _shown(self, cube: Cube, cell: Cell | None, number: int) -> Shown:
        return tables.shown(cell, number, cube.subject.measures, self.speaker)

    def _cycles(self, cube: Cube, program: str) -> list[str]:
        """A program's payment cycles in their order."""
        place = cube.subject.place("cycle")
        found = {key[place] for key in cube.cells if key[cube.subject.place("program")] == program}
        return [cycle for cycle in cube.of("cycle") if cycle in found]

    def _trends(self) -> list[dict[str, Any]]:
        cube = self.content.cubes.get("receipt")
        if cube is None:
            return []
        programs = []
        for program in cube.of("program"):
            cycles = self._cycles(cube, program)
            labels = [self.speaker.period(cycle) for cycle in cycles]
            cells = [cube.cell(program=program, cycle=cycle) for cycle in cycles]
            drawn = [
                (measure, charts.line(labels, [cell.values[n] if cell else None for cell in cells], self.speaker))
                for n, measure in enumerate(cube.subject.measures)
            ]
            in_millions = self.words.texts["number.in_millions"]
            captions = [self.speaker.measure(measure, *([in_millions] if chart and chart.is_in_millions else []))
                        for measure, chart in drawn]  # fmt: skip
            rows = [(label, [self._shown(cube, cell, n) for n in range(len(cube.subject.measures))])
                    for label, cell in zip(labels, cells, strict=True)]  # fmt: skip
            programs.append({
                "program": program, "name": self.content.names.programs.get(program, program), "id": slug(program),
                "charts": [(*one, caption) for one, caption in zip(drawn, captions, strict=True)], "rows": rows,
            })  # fmt: skip
        return programs

    def _maps(self) -> list[dict[str, Any]]:
        """A map a question: who is covered by any program, then what each program paid last."""
        made = []
        coverage, receipt = (self.content.cubes.get(name) for name in ("coverage", "receipt"))
        if coverage and "all" in coverage.of("program"):
            caption = self.words.texts["map.coverage"]
            made.append(self._map("coverage", caption, coverage, "coverage", {"program": "all"}))
        if receipt:
            for program in receipt.of("program"):
                cycle = self._cycles(receipt, program)[-1]
                name = self.content.names.programs.get(program, program)
                caption = self.words.say("map.recipients", program=name, cycle=self.speaker.period(cycle))
                fixed = {"program": program, "cycle": cycle}
                made.append(self._map(slug(program), caption, receipt, "recipients", fixed))
        return [one for one in made if one["areas"].areas]

    def _map(self, name: str, caption: str, cube: Cube, measure: str, fixed: dict[str, str]) -> dict[str, Any]:
        number = cube.subject.measure(measure)
        values = {
            code: self._shown(cube, cube.cell(**fixed, county=code), number) for code in self.content.names.counties
        }
        drawn = charts.choropleth(self.content.placed, values, self.speaker, cube.subject.measures[number].is_share)
        fixed_to = ", ".join(self.speaker.label(variable, code) for variable, code in fixed.items())
        heading = f"{self.speaker.measure(cube.subject.measures[number])} – {fixed_to}"
        return {"id": name, "caption": caption, "areas": drawn, "values": values, "heading": heading}

    def _counties(self) -> dict[str, Any]:
        maps = self._maps()
        rows = [
            (name, [one["values"][code] for one in maps]) for code, name in self.content.names.counties.items()
        ]
        table = tables.Table(
            "counties", self.words.texts["counties.table"], self.words.texts["variable.county"],
            [one["heading"] for one in maps],
            [tables.Row(name, cells) for name, cells in rows],
        )  # fmt: skip
        self._csv(table)
        return {"maps": maps, "table": table}
