"""What of a table is withheld, and which of its numbers are told as they were, where it was told before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from warehouse.disclosure.lines import Codes, Counts, Lines, all_lines
from warehouse.disclosure.suppression import Suppression, suppress
from warehouse.disclosure.together import Version, together


@dataclass(frozen=True)
class Retold:
    """A table as it is told. `counts`: where a change is not told, those of the last version."""

    counts: Counts
    suppression: Suppression


def retell(within: Codes, across: Codes, counts: Counts, smallest: int, earlier: Sequence[Version]) -> Retold:
    """What is told of a table after earlier versions of it, the last one last.

    Arguments as `suppress`; rows are those of all versions. Where the last version is of the same numbers,

    - a row is told as it was, unless every kind of number that has changed has changed by `smallest` or more;
    - a part of which nothing has changed is told as it was, with the same numbers withheld;
    - so is a part in which the versions together would tell a small number.

    So each part is either what is known already, or withstands an attack on all versions.
    """
    following = [*earlier[1:], None]
    earlier = [version for version, after in zip(earlier, following, strict=bool(earlier)) if version.tells_more(after)]
    if not (earlier and earlier[-1].is_same):
        return Retold(counts, suppress(within, across, counts, smallest, earlier))
    last = earlier[-1]
    change = np.abs(counts - last.counts)
    is_told = ((change == 0) | (change >= smallest)).all(axis=1)
    counts = np.where(is_told[:, None], counts, last.counts)
    if not across.shape[1]:  # no totals, so no row tells of another
        return Retold(counts, suppress(within, across, counts, smallest, earlier))
    lines = list(all_lines(within, across))
    changed = np.unique(within[(counts != last.counts).any(axis=1)])
    made = Suppression(last.withheld.copy(), lines, [known.copy() for known in last.known])
    rows = np.flatnonzero(np.isin(within, changed))
    if not len(rows):
        return Retold(counts, made)
    part = suppress(
        within[rows], across[rows], counts[rows], smallest, [_of(version, rows, lines) for version in earlier]
    )
    _put(made, part, rows)
    exposed: set[int] = set()
    for kind in range(counts.shape[1]):
        exposed |= together(made, within, counts, kind, earlier, is_strict=True).exposed_parts(smallest)
    as_before = np.isin(within, list(exposed & set(changed.tolist())))
    counts = np.where(as_before[:, None], last.counts, counts)
    withheld = np.where(as_before, last.withheld, made.withheld)
    known = [
        np.where(as_before[way.first_rows][:, None], old, new)
        for way, old, new in zip(lines, last.known, made.known, strict=True)
    ]
    return Retold(counts, replace(made, withheld=withheld, known=known))


def _of(version: Version, rows: Codes, lines: Sequence[Lines]) -> Version:
    """The version, of some rows alone: of whole parts, so that no line is cut."""
    known = [is_known[np.unique(way.of[rows])] for way, is_known in zip(lines, version.known, strict=True)]
    return replace(version, counts=version.counts[rows], withheld=version.withheld[rows], known=known)


def _put(made: Suppression, part: Suppression, rows: Codes) -> None:
    made.withheld[rows] = part.withheld
    for way, known, own in zip(made.lines, made.known, part.known, strict=True):
        known[np.unique(way.of[rows])] = own
