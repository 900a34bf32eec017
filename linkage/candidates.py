"""Candidate pairs of a deduplication, by a plan: every key is tried on a part of its blocks before any is run.

1. Each key is surveyed on a part of its blocks, chosen by hash: whole blocks, so that their sizes are true. That tells
   what it would bring, and some of these pairs are compared. Those of the sure keys teach the model.
2. The matches among the tried pairs tell what each key would find. Keys are taken greedily, always the one that finds
   most for its cost: matches that no key taken before finds, by pairs to compare and records to read (the greedy
   approximation of the cheapest cover; Chvatal 1979). A key that costs more than its matches are worth is left out.
3. The keys taken are run on all records.

So a key costs next to nothing until it is known to be worth it, however many records there are.
"""

from collections.abc import Iterable

import numpy as np

from linkage.blocking import Blocking, Blocks
from linkage.match_keys import key_values_sql
from linkage.prior import each_for_itself

# A key may bring at most this many pairs a record, and always the least number.
MOST_PAIRS, LEAST_PAIRS = 60, 2_000_000
# Records in the blocks that a key is surveyed on, and pairs that it is tried on; more of those that teach.
SURVEYED_RECORDS = 200_000
TRIED_PAIRS, TAUGHT_PAIRS = 10_000, 50_000
# What one more match may cost, in pairs compared. Reading the records for a key costs as much as comparing a pair for
# each twenty of them.
PAIRS_A_MATCH = 1_000
RECORDS_A_PAIR = 20
# Pairs a record that are spent without asking, and always the least number.
FREE_PAIRS, LEAST_FREE_PAIRS = 1, 100_000
FEWEST_MATCHES = 0.5  # a key that may be hoped to bring fewer need not be asked for
UNSEEN = 0.25  # matches that may be hoped for where none was seen among the pairs tried


class PlannedSearch(Blocking):
    """First tries every key on a part of its blocks (`keys`: the bits under which a pair was tried), then runs those
    that are worth it; the tried pairs are at most TAUGHT_PAIRS a key, and are found and compared again."""

    first_weighed = "lk_tried_weighed"
    keeps_first = False

    def first(self) -> None:
        self.begin()
        self._tried = [self._try(number) for number in range(len(self._keys))]
        self.end()
        self._add_copies()

    def second(self, odds: str) -> None:
        self._con.execute(
            f"create or replace temp table lk_judged as select l, r, {odds} as odds from {self.first_weighed}"
        )
        self._chosen = self._worthwhile()
        self.begin()
        for number in self._chosen:
            self.join(number, self.survey(number, "lk_rec", self._allowed()))
        self.end()
        self.count_new()
        self._add_copies()

    def first_counted(self) -> str:
        tried = self._tried_stand_for(range(len(self._keys)))
        return f"(select l, r, w_m, w_h, stands_for as counted, stands_for from {tried})"

    def counted(self) -> str:
        """The compared pairs, and beside them what was tried of keys that were not run."""
        not_run = [number for number in range(len(self._keys)) if number not in self._chosen]
        return (
            f"(from {each_for_itself('lk_weighed')} union all "
            f"select l, r, w_m, w_h, 0, stands_for from {self._tried_stand_for(not_run)} t "
            "anti join lk_weighed w on w.l = t.l and w.r = t.r)"
        )

    def _tried_stand_for(self, numbers: Iterable[int]) -> str:
        """SQL: the pairs tried under the keys of these numbers, each with how many such pairs it stands for."""
        parts = ", ".join(f"if((keys >> {n}) & 1 = 1, {self._tried[n][1]!r}, null)" for n in numbers)
        return (
            f"(select *, least(null::double{', ' if parts else ''}{parts}) as stands_for from {self.first_weighed} "
            "where stands_for is not null)"
        )

    def _allowed(self) -> int:
        return max(LEAST_PAIRS, MOST_PAIRS * self._data.compared)

    def _add_copies(self) -> None:
        if self._data.shadows:
            self._con.execute("insert into lk_candidates select distinct stands_for, stands_for, 0 from lk_shadow")

    def _try(self, number: int) -> tuple[Blocks, float]:
        """What a key would bring, and how many of its pairs each tried one stands for."""
        parts = max(1, self._data.compared // SURVEYED_RECORDS)
        blocks = self.survey(number, "lk_rec", self._allowed(), parts)
        wanted = TAUGHT_PAIRS if self._keys[number].teaches else TRIED_PAIRS
        further = max(1, round(blocks.pairs / parts / wanted))
        self.pair(number, f"greatest(n0, n1) <= {blocks.limit} and h // {parts} % {further} = 0")
        self.yields[number].pairs, self.yields[number].expected_matches = blocks.pairs, 0.0
        return blocks, float(parts * further)

    def _worthwhile(self) -> list[int]:
        """The keys that find more than they cost, in the order of the list."""
        tried, would = self._catches()
        stands_for = np.array([part for _, part in self._tried])
        pairs = np.array([blocks.pairs for blocks, _ in self._tried])
        cost = pairs + self._data.compared / RECORDS_A_PAIR
        free = max(LEAST_FREE_PAIRS, FREE_PAIRS * self._data.compared)
        chosen: list[int] = []
        left = np.flatnonzero(pairs > 0)
        while len(left):
            expected = tried[:, left].sum(axis=0) * stands_for[left]
            # None seen among half of the pairs is not none at all.
            hoped = expected + UNSEEN * stands_for[left]
            best = int(np.argmax(hoped / cost[left]))
            number, matches = int(left[best]), float(expected[best])
            left = np.delete(left, best)
            self.yields[number].expected_matches = round(matches, 1)
            is_free = hoped[best] >= FEWEST_MATCHES and pairs[number] <= free
            if not is_free and cost[number] > PAIRS_A_MATCH * matches:
                continue
            free -= min(int(pairs[number]), free)
            chosen.append(number)
            open_matches = ~would[:, number]
            tried, would = tried[open_matches], would[open_matches]
        return sorted(chosen)

    def _catches(self) -> tuple[np.ndarray, np.ndarray]:
        """Matches among the tried pairs: which keys were tried on them, and which would catch them.

        Two arrays of bool, shape (matches, keys).
        """
        con = self._con
        con.execute(
            "create or replace temp table lk_caught as select row_number() over (order by l, r) - 1 as i, l, r, keys "
            "from lk_candidates join lk_judged using (l, r) where odds >= 0 and l <> r"
        )
        bits = con.execute("select keys from lk_caught order by i").fetchnumpy()["keys"]
        tried = (bits[:, None] >> np.arange(len(self._keys), dtype=np.int64)) & 1 == 1
        con.execute(
            "create or replace temp table lk_caught_rec as select * from lk_rec "
            "where r in (select l from lk_caught union select r from lk_caught)"
        )
        would = tried.copy()
        for number in range(len(self._keys)):
            caught = con.execute(
                f"with v as ({key_values_sql(self._keys[number], 'lk_caught_rec')}) select distinct i "
                "from lk_caught p join v a on a.r = p.l join v b on b.r = p.r and b.h = a.h"
            ).fetchnumpy()["i"]
            would[caught, number] = True
        return tried, would
