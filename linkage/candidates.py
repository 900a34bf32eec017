"""Candidate pairs of a deduplication, by a plan: every key is tried on a part of its blocks before any is run.

1. Each key is surveyed on a part of its blocks, chosen by hash: whole blocks, so that their sizes are true. That tells
   what it would bring, and some of these pairs are compared. Those of the sure keys teach the model.
2. The matches among the tried pairs tell what each key would find, and that which are worth running (key_plan.py).
3. The keys taken are run on all records.

So a key costs next to nothing until it is known to be worth it, however many records there are.
"""

from collections.abc import Iterable

import numpy as np

from linkage.blocking import Blocking, Blocks, Judge
from linkage.key_plan import Trial, worthwhile
from linkage.match_keys import hash_values, key_values_sql
from linkage.prior import each_for_itself

# A key may bring at most this many pairs a record, and always the least number.
MOST_PAIRS, LEAST_PAIRS = 60, 2_000_000
# Records in the blocks that a key is surveyed on, and pairs that it is tried on; more of those that teach.
SURVEYED_RECORDS = 200_000
TRIED_PAIRS, TAUGHT_PAIRS = 10_000, 50_000
PAIRS_A_MATCH = 1_000  # what one more match may cost, in pairs compared
# Reading the records for a key costs as much as comparing a pair for each ten of them (.7 and 7 microseconds).
RECORDS_A_PAIR = 10
# Pairs a record that are spent without asking, and always the least number.
FREE_PAIRS, LEAST_FREE_PAIRS = 1, 100_000


def most_pairs(records: int) -> int:
    """Pairs that one key may bring among so many records."""
    return max(LEAST_PAIRS, MOST_PAIRS * records)


class PlannedSearch(Blocking):
    """First tries every key on a part of its blocks (`keys`: the bits under which a pair was tried), then runs those
    that are worth it; the tried pairs are at most TAUGHT_PAIRS a key, and are found and compared again."""

    first_weighed = "lk_tried_weighed"
    keeps_first = False

    def first(self) -> None:
        self._unhashed, self._keys = self._keys, hash_values(self._con, self._keys)
        self.begin()
        self._tried = [self._try(number) for number in range(len(self._keys))]
        self.end()
        self._add_copies()

    def second(self, odds: str, judge: Judge) -> None:
        self._con.execute(
            f"create or replace temp table lk_judged as select l, r, {odds} as odds from {self.first_weighed}"
        )
        self._chosen = self._worthwhile()
        self.begin()
        # Few values first: whatever they bring, keys with one value more need not bring again.
        for number in sorted(self._chosen, key=lambda n: len(self._keys[n].values)):
            if not self._is_contained(number):
                self.join(number, self.survey(number, self._allowed()))
        self._con.execute("drop table lk_hashed")
        self.end()
        self.count_new()
        self._add_copies()

    def _is_contained(self, number: int) -> bool:
        """Whether a key that was run has brought all pairs of this one.

        Runs on what changed then go on with that key alone, and lose pairs of this one where a block outgrows the limit
        before the keys are planned anew.
        """
        return any(
            found.is_used and not found.blocks_skipped and key.contains(self._unhashed[number])
            for found, key in zip(self.yields, self._unhashed, strict=True)
        )

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
        # Worked out once for all pairs tried under the same keys.
        return (
            f"(select w.*, stands_for from {self.first_weighed} w join (select keys, "
            f"least(null::double{', ' if parts else ''}{parts}) as stands_for from (select distinct keys from "
            f"{self.first_weighed})) using (keys) where stands_for is not null)"
        )

    def _allowed(self) -> int:
        return most_pairs(self._data.compared)

    def _add_copies(self) -> None:
        if self._data.shadows:
            self._con.execute("insert into lk_candidates select distinct stands_for, stands_for, 0 from lk_shadow")

    def _try(self, number: int) -> tuple[Blocks, float]:
        """What a key would bring, and how many of its pairs each tried one stands for."""
        parts = max(1, self._data.compared // SURVEYED_RECORDS)
        blocks = self.survey(number, self._allowed(), parts)
        wanted = TAUGHT_PAIRS if self._keys[number].teaches else TRIED_PAIRS
        further = max(1, round(blocks.pairs / parts / wanted))
        self.pair(number, f"greatest(n0, n1) <= {blocks.limit} and h % {further} = 0")
        self.yields[number].pairs, self.yields[number].expected_matches = blocks.pairs, 0.0
        return blocks, float(parts * further)

    def _worthwhile(self) -> list[int]:
        """The keys that find more than they cost, in the order of the list."""
        pairs = np.array([blocks.pairs for blocks, _ in self._tried])
        trial = Trial(
            *self._catches(),
            stands_for=np.array([part for _, part in self._tried]),
            pairs=pairs,
            cost=pairs + self._data.compared / RECORDS_A_PAIR,
        )
        chosen, adds = worthwhile(trial, PAIRS_A_MATCH, free=max(LEAST_FREE_PAIRS, FREE_PAIRS * self._data.compared))
        for found, matches in zip(self.yields, adds, strict=True):
            found.expected_matches = round(float(matches), 1)
        return chosen

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
        for table in ("rec", "hashed"):
            con.execute(
                f"create or replace temp table lk_caught_{table} as select * from lk_{table} "
                "where r in (select l from lk_caught union select r from lk_caught)"
            )
        would = tried.copy()
        for number, key in enumerate(self._keys):
            records = "lk_caught_hashed" if key.is_hashed else "lk_caught_rec"
            caught = con.execute(
                f"with v as ({key_values_sql(key, records)}) select distinct i "
                "from lk_caught p join v a on a.r = p.l join v b on b.r = p.r and b.h = a.h"
            ).fetchnumpy()["i"]
            would[caught, number] = True
        return tried, would
