"""Candidate pairs, by a plan: sure keys first, and of the others those that are worth their pairs.

Every key is a hash join of the records on a few values. Blocks above a limit are skipped (a common name, or a
placeholder), and the limit falls further where a key would still bring more pairs than its share, so no key explodes.

1. The sure keys run first. Their pairs teach the model, and are scored with it.
2. Every further key is tried on some of its blocks, chosen by hash. The matches among those pairs that no sure key had
   caught tell what the whole key would add; keys are then taken greedily, each for the matches that none before it
   catches, as long as these are worth its pairs (known from the sizes of its blocks).
3. Against a register, a record whose person is found beyond doubt looks no further.

On the sample country (43,372 records) 104,000 pairs are compared where all keys bring 2.15 million, and recall with
review pairs is not lower for it (.995, .992 before).
"""

from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import numpy as np

from linkage.match_keys import MatchKey, key_values_sql
from linkage.results import KeyYield, Stopwatch
from linkage.scoring import each_for_itself
from linkage.standardise import Standardised

BLOCK_LIMIT = 200  # records; 50 and 1000 found the same people on the development sets
# A key may bring at most this many pairs a record, and always the least number.
MOST_PAIRS, LEAST_PAIRS = 60, 2_000_000
# A sure key that brings more than this is no sure key: it is judged with the others.
SURE_PAIRS, LEAST_SURE_PAIRS = 4, 100_000
# Against a register most records find their person by the surest keys: the dear ones wait for those that did not.
SURE_LINKED_PAIRS, LEAST_SURE_LINKED_PAIRS = 2, 20_000
# Common names are what costs against a register: 5 pairs a record found 42,471 persons of 43,372 records among
# 300,000, 60 found 42,469 in twice the time. Those not found then are few and may look further.
LINKED_PAIRS, LEAST_LINKED_PAIRS = 5, 200_000
OPEN_PAIRS, LEAST_OPEN_PAIRS = 25, 10_000
# Pairs that one more match may cost, and pairs a record that are spent without asking.
PAIRS_A_MATCH = 2_000
FREE_PAIRS, LEAST_FREE_PAIRS = 1, 100_000
FEWEST_MATCHES = 0.5  # a key that may be hoped to bring fewer need not be asked for
UNSEEN = 0.25  # matches that may be hoped for where none was seen among the pairs tried
TRIED_PAIRS = 10_000  # a key is tried on about so many of its pairs
# Bits of odds from which a record has found its person in the register, and by which a second one must be behind.
FOUND, BEHIND = 10.0, 10.0

Judge = Callable[[], None]


@dataclass
class Blocks:
    """What a key would bring: pairs within the size limit, and the blocks left out above it."""

    pairs: int
    limit: int
    skipped: int


class Search:
    """Finds candidate pairs in two rounds; `lk_candidates` (l, r, keys: one bit a key) holds a round's new pairs.

    Dedupe: l < r. With a register: l is the record, r the register's person.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, data: Standardised, keys: list[MatchKey], watch: Stopwatch
    ) -> None:
        self._con, self._data, self._keys, self._watch = con, data, keys, watch
        self.yields = [KeyYield(key.name) for key in keys]
        self._later: list[int] = []
        # SQL for the pairs compared, as `scoring.consistent_prior` reads them.
        self.compared = each_for_itself("lk_weighed")

    def sure(self) -> None:
        """The first round: the keys that teach the model, as far as they are cheap."""
        self._begin()
        dear = max(LEAST_SURE_PAIRS, SURE_PAIRS * self._data.records)
        if self._data.registered:
            dear = max(LEAST_SURE_LINKED_PAIRS, SURE_LINKED_PAIRS * self._data.records)
        teaching = [i for i, key in enumerate(self._keys) if key.teaches] or list(range(len(self._keys)))
        for number in teaching:
            # Without the namesakes nothing would teach how birth dates of one person differ: the rarer names do.
            is_needed = self._keys[number].finds_namesakes
            blocks = self._survey(number, "lk_rec", dear if is_needed else self._allowed())
            if blocks.pairs > dear or (is_needed and blocks.skipped):
                self._later.append(number)
            if blocks.pairs <= dear:
                self._join(number, blocks)
        self._later += [i for i in range(len(self._keys)) if i not in teaching]
        self._end(new=False)
        self._count_new()
        if self._data.shadows and not self._data.registered:
            self._con.execute("insert into lk_candidates select distinct stands_for, stands_for, 0 from lk_shadow")

    def further(self, odds: str, judge: Judge) -> None:
        """The second round. `odds`: SQL over lk_weighed for the binary logarithm of the odds of the same person;
        `judge` compares lk_candidates and fills lk_judged (l, r, odds)."""
        records = "lk_rec"
        if self._data.registered:
            looking = self._still_looking(odds)
            allowed = max(LEAST_OPEN_PAIRS, OPEN_PAIRS * looking)
            records = "(select * from lk_rec where side = 1 or r in (select r from lk_open))"
            chosen = self._later if looking else []
            self.compared = self._some_looked_further(looking)
        else:
            allowed = self._allowed()
            pairs, rates = self._try()
            judge()
            chosen = self._worthwhile(pairs, rates)
            self.compared = self._some_were_tried(chosen, rates)
        self._begin()
        for number in chosen:
            self._join(number, self._survey(number, records, allowed))
        self._end(new=True)
        self._count_new()

    def _allowed(self) -> int:
        if self._data.registered:
            return max(LEAST_LINKED_PAIRS, LINKED_PAIRS * self._data.records)
        return max(LEAST_PAIRS, MOST_PAIRS * self._data.compared)

    def _begin(self) -> None:
        self._con.execute("create or replace temp table lk_found (l integer, r integer, key tinyint)")

    def _end(self, new: bool) -> None:
        known = "anti join lk_weighed w on w.l = f.l and w.r = f.r" if new else ""
        self._con.execute(
            "create or replace temp table lk_candidates as "
            f"select f.l, f.r, bit_or(1::bigint << key) as keys from lk_found f {known} group by f.l, f.r"
        )
        self._con.execute("drop table lk_found")

    def _count_new(self) -> None:
        """Of a round that is kept: under which key each pair was found first."""
        firsts = self._con.execute(
            "select bit_count((keys & -keys) - 1), count(*) from lk_candidates where keys > 0 group by 1"
        ).fetchall()
        for number, pairs in firsts:
            self.yields[number].new_pairs += pairs

    def _survey(self, number: int, records: str, allowed: int) -> Blocks:
        """Fill lk_key and lk_block for a key, and say what it would bring."""
        con, linking = self._con, self._data.registered > 0
        with self._watch.measure() as seconds:
            con.execute(f"create or replace temp table lk_key as {key_values_sql(self._keys[number], records)}")
            product = "n0 * n1" if linking else "n0 * (n0 - 1) // 2"
            con.execute(
                "create or replace temp table lk_block as select h, n0, n1, "
                f"{product} as pairs from (select h, count(*) filter (where side = 0) as n0, "
                f"count(*) filter (where side = 1) as n1 from lk_key group by h) where {product} > 0"
            )
            sizes = con.execute(
                "select greatest(n0, n1) as size, sum(pairs)::bigint, count(*) from lk_block group by 1 order by 1"
            ).fetchall()
        self.yields[number].seconds += seconds.value
        limit, total, skipped = 0, 0, 0
        for size, pairs, blocks in sizes:
            if size <= BLOCK_LIMIT and total + pairs <= allowed and not skipped:
                limit, total = size, total + pairs
            else:
                skipped += blocks
        return Blocks(total, limit, skipped)

    def _join(self, number: int, blocks: Blocks) -> None:
        """Add the pairs of the key that was surveyed last to lk_found."""
        found = self.yields[number]
        # The namesakes can run in both rounds.
        found.pairs = blocks.pairs + (found.pairs if found.is_used else 0)
        found.blocks_skipped, found.is_used = blocks.skipped, True
        with self._watch.measure() as seconds:
            self._pair(number, f"greatest(n0, n1) <= {blocks.limit}")
        found.seconds = round(found.seconds + seconds.value, 3)

    def _pair(self, number: int, blocks: str) -> None:
        sides = "l.side = 0 and r.side = 1" if self._data.registered else "l.r < r.r"
        self._con.execute(
            "insert into lk_found with kept as (select k.* from lk_key k "
            f"semi join (select h from lk_block where {blocks}) b using (h)) "
            f"select l.r, r.r, {number}::tinyint from kept l join kept r on l.h = r.h and {sides}"
        )

    def _still_looking(self, odds: str) -> int:
        """lk_open (r): records that have not found their person in the register beyond doubt."""
        self._con.execute(
            "create or replace temp table lk_open as select r from lk_rec where side = 0 except select l from ("
            f"select l, max({odds}, 2) as best from lk_weighed group by l) "
            f"where best[1] >= {FOUND} and (len(best) = 1 or best[2] <= best[1] - {BEHIND})"
        )
        row = self._con.execute("select count(*) from lk_open").fetchone()
        return int(row[0]) if row else 0

    def _worthwhile(self, pairs: np.ndarray, rates: np.ndarray) -> list[int]:
        """The further keys that bring more matches than their pairs are dear, the greatest yield first."""
        tried, would = self._catches()
        chosen: list[int] = []
        free = max(LEAST_FREE_PAIRS, FREE_PAIRS * self._data.compared)
        left = list(range(len(self._later)))
        while left:
            expected = tried[:, left].sum(axis=0) / rates[left]
            best = int(np.argmax(expected))
            column, matches = left.pop(best), float(expected[best])
            found = self.yields[self._later[column]]
            found.expected_matches = round(matches, 1)
            # None seen among half of the pairs is not none at all.
            hoped = matches + UNSEEN / rates[column]
            if pairs[column] > (free if hoped >= FEWEST_MATCHES else 0) and pairs[column] > PAIRS_A_MATCH * matches:
                continue
            free -= min(pairs[column], free)
            chosen.append(self._later[column])
            open_matches = ~would[:, column]
            tried, would = tried[open_matches], would[open_matches]
        return sorted(chosen)

    def _some_looked_further(self, looking: int) -> str:
        """A pair of the second round (lk_more) stands for those that all records would have had."""
        row = self._con.execute("select count(*) from lk_rec where side = 0").fetchone()
        weight = (row[0] if row else 0) / max(looking, 1)
        return (
            f"(select w.l, w.r, w_m, w_h, 1 as counted, if(m.l is null, 1, {weight!r}) as stands_for "
            "from lk_weighed w left join lk_more m on m.l = w.l and m.r = w.r)"
        )

    def _some_were_tried(self, chosen: list[int], rates: np.ndarray) -> str:
        """Of a key that was not worth running, a tried pair stands for the others."""
        parts = [
            f"if((t.keys >> {number}) & 1 = 1, {1 / rate!r}, null)"
            for number, rate in zip(self._later, rates.tolist(), strict=True)
            if number not in chosen
        ]
        if not parts:
            return each_for_itself("lk_weighed")
        return (
            f"({each_for_itself('lk_weighed')[1:-1]} union all "
            f"select t.l, t.r, t.w_m, t.w_h, 0, least({', '.join(parts)}) from lk_tried_weighed t "
            f"anti join lk_weighed w on w.l = t.l and w.r = t.r where coalesce({', '.join(parts)}) is not null)"
        )

    def _try(self) -> tuple[np.ndarray, np.ndarray]:
        """Some pairs of every further key into lk_candidates; returns each key's pairs, and the share of them tried."""
        self._begin()
        pairs, rates = np.zeros(len(self._later), dtype=np.int64), np.ones(len(self._later))
        for column, number in enumerate(self._later):
            blocks = self._survey(number, "lk_rec", self._allowed())
            parts = max(1, round(blocks.pairs / TRIED_PAIRS))
            self._pair(number, f"greatest(n0, n1) <= {blocks.limit} and h % {parts} = 0")
            pairs[column], rates[column] = blocks.pairs, 1 / parts
            if not self.yields[number].is_used:
                self.yields[number].pairs = blocks.pairs
        self._end(new=True)
        return pairs, rates

    def _catches(self) -> tuple[np.ndarray, np.ndarray]:
        """Matches among the tried pairs: which further keys were tried on them, and which would catch them.

        Two arrays of bool, shape (matches, further keys).
        """
        con = self._con
        con.execute(
            "create or replace temp table lk_caught as select row_number() over (order by l, r) - 1 as i, l, r, keys "
            "from lk_candidates join lk_judged using (l, r) where odds >= 0"
        )
        bits = con.execute("select keys from lk_caught order by i").fetchnumpy()["keys"]
        tried = (bits[:, None] >> np.array(self._later, dtype=np.int64)) & 1 == 1
        con.execute(
            "create or replace temp table lk_caught_rec as select * from lk_rec "
            "where r in (select l from lk_caught union select r from lk_caught)"
        )
        would = tried.copy()
        for column, number in enumerate(self._later):
            caught = con.execute(
                f"with v as ({key_values_sql(self._keys[number], 'lk_caught_rec')}) select distinct i "
                "from lk_caught p join v a on a.r = p.l join v b on b.r = p.r and b.h = a.h"
            ).fetchnumpy()["i"]
            would[caught, column] = True
        return tried, would
