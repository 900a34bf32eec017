"""Primary and complementary suppression of whole rows of a table.

First a quick rule, line by line: where what is withheld of a total could be told to be under the threshold, the
smallest number left goes too. Lines cross, and several together may still tell more than each alone; so the result is
attacked by linear programming, and where that succeeds the cheapest further rows are withheld (J. Kelly, B. Golden,
A. Assad 1992, Networks 22(4); M. Fischetti, J. Salazar 1999, Mathematical Programming 84).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from warehouse.disclosure.attack import Attack
from warehouse.disclosure.change import change, price
from warehouse.disclosure.lines import Codes, Counts, Lines, Rows, all_lines
from warehouse.disclosure.together import Version, together


@dataclass(frozen=True)
class Suppression:
    """What of a table is withheld, and of which of its totals it was taken that everybody knows them.

    `lines`: each way of adding up; `known`: for each, of which lines the total is, a column each kind of number.
    """

    withheld: Rows
    lines: list[Lines]
    known: list[Rows]

    def totals_withheld(self, counts: Counts) -> list[Rows]:
        """For each way of adding up, of which lines the total is withheld: in one kind of number, and so in all."""
        return [
            np.asarray(((_totals(way, counts) > 0) & ~is_known).any(axis=1))
            for way, is_known in zip(self.lines, self.known, strict=True)
        ]


def rows_to_withhold(within: Codes, across: Codes, counts: Counts, smallest: int) -> Rows:
    """The rows of a table whose numbers are withheld.

    `within`, `across`: as `lines.all_lines`. `counts`: a column each kind of number of people, at least 0. A row is
    small if any of its counts is above 0 and under `smallest`. Somebody who knows every total that may be told
    (`known`), and all that is not withheld, cannot rule out of any small number that it is 0, nor that it is `smallest`
    or more. Where totals alone tell that it is nearer, no withholding helps, and they tell nothing more than that.
    """
    return suppress(within, across, counts, smallest).withheld


def suppress(
    within: Codes, across: Codes, counts: Counts, smallest: int, earlier: Sequence[Version] = ()
) -> Suppression:
    """The rows and the totals of a table that are withheld; arguments and guarantee as `rows_to_withhold`.

    `earlier`: versions of the table that were told before, the last one last. What it withheld stays withheld while
    no number of the row has changed, and all versions are attacked together.
    """
    small = (counts > 0) & (counts < smallest)
    withheld: Rows = np.asarray(small.any(axis=1))
    if earlier:
        withheld |= earlier[-1].withheld & (earlier[-1].counts == counts).all(axis=1)
    lines = list(all_lines(within, across))
    if not lines or not (withheld.any() or any(version.withheld.any() for version in earlier)):
        # Where no number is small no total is.
        return Suppression(withheld, lines, [_totals(way, counts) > 0 for way in lines])
    told = [
        np.column_stack([known(way, within, across, values, smallest) for values in counts.T]) for way in lines
    ]
    while True:
        before = withheld.copy()
        for kind, values in enumerate(counts.T):
            for way, is_known in zip(lines, told, strict=True):
                _cover(way, is_known[:, kind], values, small[:, kind], withheld, smallest)
        if (before == withheld).all():
            break
    for kind in range(counts.shape[1]):
        attacked = together(Suppression(withheld, lines, told), within, counts, kind, earlier)
        hidden = attacked.withheld.copy()
        is_small = hidden & (attacked.counts > 0) & (attacked.counts < smallest)
        _protect(attacked.equations, attacked.within, attacked.counts, is_small, hidden, smallest)
        withheld |= hidden[:len(withheld)]
    made = Suppression(withheld, lines, told)
    if earlier:
        for kind in range(counts.shape[1]):
            _tell_less(made, within, counts, kind, smallest, earlier)
    return made


def _tell_less(
    made: Suppression, within: Codes, counts: Counts, kind: int, smallest: int, earlier: Sequence[Version]
) -> None:
    """Where rows alone cannot hide a small number from who knows earlier versions: totals are not told, at last no row.

    What earlier versions tell by themselves nothing can take back.
    """
    beyond: set[int] = set()  # parts of which nothing more can be kept back
    while True:
        attacked = together(made, within, counts, kind, earlier)
        rows = attacked.rows[attacked.exposed(smallest, beyond)]
        if not len(rows):
            return
        part = np.flatnonzero(np.isin(within, within[rows]))
        if _untell(made, rows) or _untell(made, part):
            continue
        hidden = (counts[part] > 0).any(axis=1)
        if made.withheld[part[hidden]].all():
            beyond |= set(within[rows].tolist())
        made.withheld[part] |= hidden


def _untell(made: Suppression, rows: Codes) -> bool:
    """Tell no total of which these rows are part; whether any was told."""
    was_told = False
    for way, is_known in zip(made.lines, made.known, strict=True):
        lines = np.unique(way.of[rows])
        was_told |= bool(is_known[lines].any())
        is_known[lines] = False
    return was_told


def _totals(way: Lines, counts: Counts) -> Counts:
    """What each line adds up to, a column each kind of number."""
    return np.column_stack([way.totals(values) for values in counts.T])


def known(way: Lines, within: Codes, across: Codes, counts: Counts, smallest: int) -> Rows:
    """Of which lines the total may be told: all but those that would be withheld in a table of these totals.

    A small total is told to nobody, and neither are others with it, so that their own totals do not give it back.
    """
    totals = way.totals(counts)
    first = way.first_rows
    return (totals > 0) & ~rows_to_withhold(within[first], across[first][:, way.kept], totals[:, None], smallest)


def _cover(way: Lines, is_known: Rows, counts: Counts, small: Rows, withheld: Rows, smallest: int) -> None:
    """Withhold more, until no line alone tells a small number: one each line and turn, the smallest left."""
    line = way.of
    concerned = is_known & (np.bincount(line, weights=small & withheld) > 0)
    while True:
        hidden = np.bincount(line, weights=np.where(withheld, counts, 0.0))
        hidden_rows = np.bincount(line, weights=withheld & (counts > 0))
        told = concerned & ((hidden < smallest) | (hidden_rows < 2))
        left = np.flatnonzero(told[line] & ~withheld & (counts > 0))
        if not len(left):
            return
        by_size = left[np.lexsort((counts[left], line[left]))]
        withheld[by_size[np.unique(line[by_size], return_index=True)[1]]] = True


def _protect(
    equations: csr_matrix, within: Codes, counts: Counts, small: Rows, withheld: Rows, smallest: int
) -> None:
    """Withhold more, until the small numbers of one column stand the attack: each may be `smallest`, and nothing."""
    for target in (smallest, 0):
        left = np.flatnonzero(small)
        while True:
            left, exposed = Attack(equations, counts, withheld, within).press(left, target)
            if not len(exposed):
                break
            for cell in exposed:
                part = np.flatnonzero(within == within[cell])
                moved, is_enough = _cheapest(equations[:, part], counts[part], withheld[part], part == cell, target)
                withheld[part] |= moved
                if not is_enough:
                    left = left[left != cell]


def _cheapest(
    equations: csr_matrix, counts: Counts, withheld: Rows, cell: Rows, target: int
) -> tuple[Rows, bool]:
    """The rows that move in the cheapest change of a part of the table that makes a cell `target`.

    Or as near to it as the totals let it come; then the second value is false.
    """
    equations = equations[np.diff(equations.indptr) > 0]
    number = int(np.flatnonzero(cell)[0])
    by = target - float(counts[number])
    cost = price(counts, withheld)
    moved = change(equations, counts, number, (by, by), (cost, cost))
    if moved is not None:
        return moved != 0, True
    aim = np.sign(by) * cell
    furthest = change(equations, counts, number, (min(by, 0.0), max(by, 0.0)), (-aim, aim))
    by = 0.0 if furthest is None else float(furthest[number])
    moved = change(equations, counts, number, (by, by), (cost, cost))
    return (np.zeros(len(counts), dtype=bool) if moved is None else moved != 0), False
