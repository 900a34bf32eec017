"""Everything about one generated country that the writers of its sources and truth need."""

from dataclasses import dataclass

import numpy as np

from sample_country import names
from sample_country.payments import Lines
from sample_country.population import Population
from sample_country.programs import Records, Registrations
from sample_country.recording import Written
from sample_country.settings import PROGRAMS, SOURCE_OF, Settings


@dataclass
class World:
    """The true country, and what programs wrote down of it."""

    settings: Settings
    today: int
    population: Population
    registrations: Registrations
    records: Records
    written: Written
    lines: Lines

    def part(self, source: str) -> "Part":
        """The rows of one source."""
        programs = [i for i, carrier in enumerate(SOURCE_OF) if carrier == source]
        mine = np.isin(self.registrations.program, programs)
        return Part(
            self,
            np.flatnonzero(mine),
            np.flatnonzero(mine[self.records.registration]),
            np.flatnonzero(np.isin(self.lines.program, programs)),
        )


@dataclass
class Part:
    """Row numbers of one source's registrations, records and payment lines."""

    world: World
    registrations: np.ndarray
    records: np.ndarray
    lines: np.ndarray

    def registration(self, name: str) -> np.ndarray:
        """A registration array, for this source's rows."""
        return getattr(self.world.registrations, name)[self.registrations]

    def record(self, name: str) -> np.ndarray:
        """A record array, as written."""
        return getattr(self.world.written, name)[self.records]

    def line(self, name: str) -> np.ndarray:
        """A payment line array."""
        return getattr(self.world.lines, name)[self.lines]

    def person(self, name: str) -> np.ndarray:
        """An array of the true persons behind the records."""
        return getattr(self.world.population.people, name)[self.world.records.person[self.records]]

    def record_of(self, person: np.ndarray) -> np.ndarray:
        """For each registration of this source, the record row (in the world) of a person in it; -1 for nobody."""
        records, width = self.world.records, len(self.world.population.people) + 1
        own = records.registration[self.records].astype(np.int64) * width + records.person[self.records]
        order = np.argsort(own, kind="stable")
        wanted = self.registrations.astype(np.int64) * width + person
        found = np.minimum(np.searchsorted(own[order], wanted), len(own) - 1)
        row = self.records[order[found]]
        return np.where((person >= 0) & (own[order[found]] == wanted), row, -1)

    def name(self, which: str) -> np.ndarray:
        """A written name as text."""
        return names.load().text(self.record(which))


__all__ = ["PROGRAMS", "Part", "World"]
