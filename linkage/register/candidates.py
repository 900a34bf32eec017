"""Candidate pairs against a register: sure keys first, and whoever is found beyond doubt looks no further.

Two rounds: the sure keys, as far as they are cheap, whose pairs teach the model; then the others, for the records that
have not found their person, as far as they find more than they cost where they are tried first.
"""

import numpy as np

from linkage.blocking import Blocking, Judge
from linkage.key_plan import Trial, worthwhile
from linkage.match_keys import hash_values
from linkage.prior import each_for_itself
from linkage.register.people import people_for

# Most records find their person by the surest keys: the dear ones wait for those that did not.
SURE_PAIRS, LEAST_SURE_PAIRS = 2, 20_000
# Common names are what costs against a register: 5 pairs a record found 42,471 persons of 43,372 records among
# 300,000, 60 found 42,469 in twice the time. Those not found then are few and may look further.
MOST_PAIRS, LEAST_PAIRS = 5, 200_000
OPEN_PAIRS, LEAST_OPEN_PAIRS = 25, 10_000
OPEN = "r in (select r from lk_open)"
# Where twice as many are still looking, the later keys are tried on so many of them first. Reading the register for a
# key costs as much as comparing a pair for each fifty of its people: only the few values asked for are kept.
TRIED_RECORDS = 2_000
PAIRS_A_MATCH = 10_000  # of 432,188 records 1,000 found .002 less, in four fifths of the processor time
RECORDS_A_PAIR = 50
# Bits of odds from which a record has found its person in the register, and by which a second one must be behind.
FOUND, BEHIND = 10.0, 10.0


def beyond_doubt(weighed: str, odds: str) -> str:
    """SQL: the records (l) that have found their person among weighed pairs and need look no further."""
    return (
        f"select l from (select l, max({odds}, 2) as best from {weighed} group by l) "
        f"where best[1] >= {FOUND} and (len(best) = 1 or best[2] <= best[1] - {BEHIND})"
    )


class RegisterSearch(Blocking):
    """First the keys that teach the model, as far as they are cheap; then the others, for who is still looking."""

    first_weighed = "lk_weighed"
    keeps_first = True

    def first(self) -> None:
        self._keys = hash_values(self._con, self._keys, more=lambda values: people_for(self._con, values))
        self.begin()
        self._later: list[int] = []
        dear = max(LEAST_SURE_PAIRS, SURE_PAIRS * self._data.records)
        teaching = [i for i, key in enumerate(self._keys) if key.teaches] or list(range(len(self._keys)))
        for number in teaching:
            # Without the namesakes nothing would teach how birth dates of one person differ: the rarer names do.
            is_needed = self._keys[number].finds_namesakes
            allowed = dear if is_needed else max(LEAST_PAIRS, MOST_PAIRS * self._data.records)
            blocks = self.survey(number, allowed)
            if blocks.pairs > dear or (is_needed and blocks.skipped):
                self._later.append(number)
            if blocks.pairs <= dear:
                self.join(number, blocks)
        self.joined_first, self.joined = self.joined, []
        self._later += [i for i in range(len(self._keys)) if i not in teaching]
        self.end()
        self.count_new()

    def second(self, odds: str, judge: Judge) -> None:
        self.first_odds = odds
        self._looking = self._still_looking(odds)
        self._parts = max(1, self._looking // TRIED_RECORDS)
        self._con.execute("create or replace temp table lk_tried_weighed as from lk_weighed limit 0")
        chosen = self._worthwhile(odds, judge) if self._parts > 1 else self._later
        allowed = max(LEAST_OPEN_PAIRS, OPEN_PAIRS * self._looking)
        self.begin()
        for number in chosen if self._looking else []:
            self.join(number, self.survey(number, allowed, looking=OPEN))
        self._con.execute("drop table lk_hashed")
        self.end(new=True)
        self.count_new()

    def _worthwhile(self, odds: str, judge: Judge) -> list[int]:
        """The later keys that find more than they cost, by what they find for TRIED_RECORDS of those still looking."""
        parts = self._parts
        allowed = max(LEAST_OPEN_PAIRS, OPEN_PAIRS * TRIED_RECORDS)
        pairs = np.zeros(len(self._keys))
        self.begin()
        for number in self._later:
            blocks = self.survey(number, allowed, looking=f"{OPEN} and hash(r) % {parts} = 0")
            # A block holds only the records tried: the register's side, much the larger, says what will be skipped.
            self.pair(number, f"greatest(n0, n1) <= {blocks.limit}")
            pairs[number] = blocks.pairs * parts
            self.yields[number].pairs = self.yields[number].pairs or blocks.pairs * parts
        self.end(new=True)
        judge("lk_candidates", "lk_tried_weighed")
        matches = self._con.execute(f"select keys from lk_tried_weighed where {odds} >= 0 order by l, r")
        bits = matches.fetchnumpy()["keys"]
        found = (bits[:, None] >> np.arange(len(self._keys), dtype=np.int64)) & 1 == 1
        reading = self._data.registered / RECORDS_A_PAIR
        trial = Trial(found, found, np.full(len(pairs), float(parts)), pairs, pairs + reading)
        chosen, adds = worthwhile(trial, PAIRS_A_MATCH)
        for number in self._later:
            self.yields[number].expected_matches = round(float(adds[number]), 1)
        return chosen

    def first_counted(self) -> str:
        return each_for_itself(self.first_weighed)

    def counted(self) -> str:
        """A pair of the second round (lk_more) stands for those that all records would have had, and a pair tried under
        keys that were not run (lk_tried_weighed) for those that they would have brought."""
        row = self._con.execute("select count(*) from lk_rec where side = 0").fetchone()
        weight = (row[0] if row else 0) / max(self._looking, 1)
        return (
            f"(select w.l, w.r, w_m, w_h, 1 as counted, if(m.l is null, 1, {weight!r}) as stands_for "
            "from lk_weighed w left join lk_more m on m.l = w.l and m.r = w.r "
            f"union all select t.l, t.r, w_m, w_h, 0, {weight * self._parts!r} from lk_tried_weighed t "
            "anti join lk_weighed w on w.l = t.l and w.r = t.r)"
        )

    def _still_looking(self, odds: str) -> int:
        """lk_open (r): records that have not found their person in the register beyond doubt."""
        self._con.execute(
            "create or replace temp table lk_open as select r from lk_rec where side = 0 "
            f"except {beyond_doubt('lk_weighed', odds)}"
        )
        row = self._con.execute("select count(*) from lk_open").fetchone()
        return int(row[0]) if row else 0
