"""The fields that pairs are compared on, their agreement levels, and where learning starts.

A level's number is its place in `labels`: 0 is full agreement. A missing value on either side is no level at all.
The starting values are round guesses that hold for any list of people; EM moves them (see weights.py).
"""

from dataclasses import dataclass

import numpy as np

NAME_LABELS = ("same", "very alike", "alike or initial", "somewhat alike", "different")
PLACE_LABELS = ("same", "one edit or very alike", "same start or part", "different")
# A place is judged by whether the next finer place agrees: ward and county are not two independent facts.
PLACE_CONTEXTS = ("finer place unknown", "finer place same", "finer place different")


@dataclass(frozen=True)
class Kind:
    """Levels of a kind of field and the starting shares of each level among three classes of pairs.

    `household` says whether people of one household share the field. `m`: same person; `h`: same household,
    different person; `u`: unrelated. `h_limit` caps full agreement in the household class where the field belongs
    to a person, yet relatives may share it (twins; a guardian's ID on a child's record).
    """

    labels: tuple[str, ...]
    m: tuple[float, ...]
    u: tuple[float, ...]
    household: bool = False
    h: tuple[float, ...] | None = None
    h_limit: float | None = None
    has_frequency: bool = True
    learned: bool = True
    ordered: bool = True


KINDS: dict[str, Kind] = {
    "given": Kind(NAME_LABELS, (0.72, 0.12, 0.07, 0.03, 0.06), (0.01, 0.01, 0.04, 0.04, 0.90)),
    "family": Kind(
        NAME_LABELS, (0.74, 0.11, 0.06, 0.03, 0.06), (0.004, 0.006, 0.04, 0.04, 0.91), True,
        (0.75, 0.06, 0.05, 0.03, 0.11),
    ),
    # Crossed names (given against family) cost a fixed 1.5 bits: too rare to learn, too common to ignore.
    "order": Kind(("as given", "crossed"), (1.0, 0.3536), (1.0, 1.0), has_frequency=False, learned=False),
    "extra": Kind(
        ("two or more shared", "one shared", "one alike or initial", "none shared"),
        (0.10, 0.50, 0.20, 0.20), (0.001, 0.02, 0.08, 0.899), True, (0.02, 0.35, 0.10, 0.53), has_frequency=False,
    ),
    "date": Kind(
        ("same", "one digit, or day and month exchanged", "same year, the rest not known or 1 January or 1 July",
         "same day and month", "two digits", "same year", "a year apart", "different"),
        (0.80, 0.06, 0.04, 0.01, 0.02, 0.03, 0.01, 0.03), (0.0001, 0.002, 0.003, 0.003, 0.008, 0.014, 0.032, 0.938),
        h_limit=0.02,
    ),
    "sex": Kind(("same", "different"), (0.97, 0.03), (0.5, 0.5), has_frequency=False),
    "identifier": Kind(
        ("same", "one edit", "two edits", "different"),
        (0.92, 0.04, 0.01, 0.03), (0.00001, 0.0001, 0.001, 0.99889), h_limit=0.2,
    ),
    "other_ids": Kind(
        ("one shared", "none shared"), (0.90, 0.10), (0.00001, 0.99999), h_limit=0.2, has_frequency=False
    ),
    "phone": Kind(
        ("same", "one edit", "different"), (0.55, 0.03, 0.42), (0.0001, 0.001, 0.9989), True, (0.75, 0.02, 0.23)
    ),
    "mother": Kind(
        ("same", "very alike or two parts shared", "alike or one part shared", "different"),
        (0.60, 0.15, 0.15, 0.10), (0.001, 0.003, 0.03, 0.966), True, (0.45, 0.08, 0.12, 0.35),
    ),
    "household": Kind(
        ("same", "different", "listed by different sources"), (0.05, 0.35, 0.60), (0.0001, 0.4999, 0.5), True,
        (0.80, 0.02, 0.18), has_frequency=False, ordered=False,
    ),
    "household in one source": Kind(
        ("same", "different"), (0.12, 0.88), (0.0001, 0.9999), True, (0.98, 0.02), has_frequency=False
    ),
    "place": Kind(
        PLACE_LABELS, (0.75, 0.05, 0.05, 0.15), (0.01, 0.01, 0.03, 0.95), True, (0.90, 0.03, 0.03, 0.04)
    ),
    "attribute": Kind(("same", "alike", "different"), (0.70, 0.08, 0.22), (0.05, 0.05, 0.90)),
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """One compared field: its name for people, its kind, and the columns of the standardised table behind it."""

    name: str
    kind_name: str
    column: str
    title: str
    parent: str | None = None

    @property
    def kind(self) -> Kind:
        return KINDS[self.kind_name]

    @property
    def contexts(self) -> int:
        return len(PLACE_CONTEXTS) if self.parent else 1

    @property
    def levels(self) -> int:
        """Number of levels, contexts counted: a field with a parent has its levels once per context."""
        return len(self.kind.labels) * self.contexts

    def label(self, level: int) -> str:
        """The level in words."""
        context, plain = divmod(level, len(self.kind.labels))
        suffix = f" ({PLACE_CONTEXTS[context]})" if self.parent else ""
        return self.kind.labels[plain] + suffix

    def start(self, shares: tuple[float, ...]) -> np.ndarray:
        """Starting shares for all levels; each context sums to one."""
        plain = np.asarray(shares, dtype=float)
        plain = plain if not self.kind.learned else plain / plain.sum()
        if not self.parent:
            return plain
        same = np.array([0.95, 0.01, 0.02, 0.02])
        differing = plain * np.array([0.5, 1, 1, 1])
        return np.concatenate([plain, same, differing / differing.sum()])
