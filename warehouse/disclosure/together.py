"""All that is told of one kind of number in several versions of a table, as one table to attack.

A row's number is one unknown in all versions in which it is the same. So who lays versions beside each other, and even
knows which numbers changed, is reckoned with.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack

from warehouse.disclosure.attack import Attack
from warehouse.disclosure.lines import Codes, Counts, Lines, Rows


@dataclass(frozen=True)
class Version:
    """One version of a table, over the rows of all versions; what it does not have is nothing, and told.

    `counts`: a column each kind of number; `withheld`: its rows that are; `known`: for each way of adding up (as
    `all_lines`), of which lines the total counts as known, a column each kind of number. `is_same`: its rows are the
    same numbers as the newest version's, of one payment cycle or one day, and not such as at another day.
    """

    counts: Counts
    withheld: Rows
    known: list[Rows]
    is_same: bool = True

    def tells_more(self, following: "Version | None") -> bool:
        """Whether it tells anything that the version after it does not tell again."""
        return following is None or not (
            (self.counts == following.counts).all()
            and (self.withheld == following.withheld).all()
            and all((own == other).all() for own, other in zip(self.known, following.known, strict=True))
        )


class Told(Protocol):
    """The newest version, as it may be told."""

    @property
    def withheld(self) -> Rows: ...

    @property
    def lines(self) -> list[Lines]: ...

    @property
    def known(self) -> list[Rows]: ...


@dataclass(frozen=True)
class Together:
    """The unknowns of all versions: first the newest version's rows, then rows of earlier ones that have changed since.

    `equations`: the totals that are known, of any version; `rows`: whose number an unknown is; `within`: the part of
    the table that it is in.
    """

    equations: csr_matrix
    counts: Counts
    withheld: Rows
    rows: Codes
    within: Codes

    def exposed(self, smallest: int, but: Set[int] = frozenset()) -> Codes:
        """Unknowns that are small, and that are told to be more than nothing or less than `smallest`.

        The first that are found, not all; `but`: parts that are not looked at.
        """
        small = np.flatnonzero((self.counts > 0) & (self.counts < smallest) & ~np.isin(self.within, list(but)))
        if (open_to_see := small[~self.withheld[small]]).size:
            return open_to_see
        attack = Attack(self.equations, self.counts, self.withheld, self.within)
        for target in (smallest, 0):
            _, exposed = attack.press(small, target)
            if len(exposed):
                return exposed
        return small[:0]

    def exposed_parts(self, smallest: int) -> set[int]:
        """The parts with such an unknown."""
        found: set[int] = set()
        while len(exposed := self.exposed(smallest, found)):
            found |= set(self.within[exposed].tolist())
        return found


def together(
    newest: Told, within: Codes, counts: Counts, kind: int, earlier: Sequence[Version], is_strict: bool = False
) -> Together:
    """The attack on one kind of number of the newest version, with all earlier ones.

    `is_strict`: of versions that are of the same numbers, everybody knows that a number is the same: not only is a
    withheld one that has not changed one unknown, but one that was told once is known.
    """
    values, withheld = counts[:, kind], newest.withheld.copy()
    told = [known[:, kind].copy() for known in newest.known]
    own = [np.flatnonzero(version.withheld & (version.counts[:, kind] != values)) for version in earlier]
    # A row and its number, as often as it had another one.
    changed = [np.column_stack([rows, version.counts[rows, kind]]) for version, rows in zip(earlier, own, strict=True)]
    unknowns, of = np.unique(np.concatenate([np.zeros((0, 2)), *changed]), axis=0, return_inverse=True)
    places = np.split(of.ravel(), np.cumsum([len(rows) for rows in own]))
    blocks = []
    for version, rows, at in zip(earlier, own, places, strict=False):
        old = version.counts[:, kind]
        same = version.withheld & (old == values)
        lines = []
        for place, way in enumerate(newest.lines):
            is_known = version.known[place][:, kind]
            unchanged = way.totals(old) == way.totals(values)
            lines.append(way.equations(is_known | (unchanged & told[place])))
            if is_strict and version.is_same:
                told[place] |= is_known & unchanged
        if is_strict and version.is_same:
            withheld &= version.withheld | (old != values)
        equations = vstack(lines, format="csr")
        moved = csr_matrix((np.ones(len(rows)), (np.arange(len(rows)), at)), shape=(len(rows), len(unknowns)))
        blocks.append(hstack([equations.multiply(same.astype(float)).tocsr(), equations[:, rows] @ moved]))
    now = vstack([way.equations(is_known) for way, is_known in zip(newest.lines, told, strict=True)])
    blocks.insert(0, hstack([now, csr_matrix((now.shape[0], len(unknowns)))]))
    rows_of = np.concatenate([np.arange(len(values)), unknowns[:, 0].astype(np.int64)])
    return Together(
        vstack(blocks, format="csr"), np.concatenate([values, unknowns[:, 1]]),
        np.concatenate([withheld, np.ones(len(unknowns), dtype=bool)]),
        rows_of, within[rows_of],
    )  # fmt: skip
