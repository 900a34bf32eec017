"""Blocks of records that share a match key's values, and the pairs they make.

Every key is a hash join of the records on a few values. Blocks above a limit are skipped (a common name, or a
placeholder), and the limit falls further where a key would still bring more pairs than its share, so no key explodes.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import duckdb

from linkage.match_keys import MatchKey, key_values_sql
from linkage.register.people import people_of
from linkage.results import KeyYield, Stopwatch
from linkage.standardise import Standardised

BLOCK_LIMIT = 200  # records; 50 and 1000 found the same people on the development sets
Judge = Callable[[str, str], None]  # compares and weighs the pairs of a table (l, r, keys) into another


@dataclass
class Blocks:
    """What a key would bring: pairs within the size limit, and the blocks left out above it."""

    pairs: int
    limit: int
    skipped: int

    @classmethod
    def within(cls, sizes: Iterable[tuple[int, int, int]], allowed: int, parts: int = 1) -> "Blocks":
        """The blocks up to the largest size at which they bring no more pairs than allowed.

        `sizes`: records in a block, pairs of all such blocks, number of them, in ascending order; one of so many
        `parts` of the blocks was looked at.
        """
        limit, total, skipped = 0, 0, 0
        for size, pairs, blocks in sizes:
            if size <= BLOCK_LIMIT and total + pairs * parts <= allowed and not skipped:
                limit, total = size, total + pairs * parts
            else:
                skipped += blocks * parts
        return cls(total, limit, skipped)


class Blocking(ABC):
    """Pairs of records by key, into lk_found and then lk_candidates (l, r, keys: one bit a key).

    Dedupe: l < r. With a register: l is the record, r the register's person. A search has two rounds: the pairs of
    `first` teach the model and are weighed into the table `first_weighed`; `second` finds the others. `keeps_first`:
    whether the pairs of the first round are among those to score, or were only tried.
    """

    first_weighed: str
    keeps_first: bool

    def __init__(
        self, con: duckdb.DuckDBPyConnection, data: Standardised, keys: list[MatchKey], watch: Stopwatch
    ) -> None:
        self._con, self._data, self._keys, self._watch = con, data, keys, watch
        self._is_linking = data.registered > 0
        self.yields = [KeyYield(key.name) for key in keys]
        self.joined: list[tuple[int, int]] = []  # keys by number, and the largest block that each pairs

    @abstractmethod
    def first(self) -> None:
        """Fill lk_candidates with the pairs that teach the model."""

    @abstractmethod
    def second(self, odds: str, judge: Judge) -> None:
        """Fill lk_candidates with the pairs that are still to compare.

        `odds`: SQL over weighed pairs for the binary logarithm of the odds of the same person.
        """

    @abstractmethod
    def first_counted(self) -> str:
        """SQL: the pairs of the first round as `prior.consistent_prior` reads them."""

    @abstractmethod
    def counted(self) -> str:
        """SQL: the pairs of both rounds (lk_weighed) as `prior.consistent_prior` reads them."""

    def begin(self) -> None:
        """No pair found yet."""
        self._con.execute("create or replace temp table lk_found (l integer, r integer, key tinyint)")

    def end(self, new: bool = False) -> None:
        """lk_candidates from what was found since `begin`; `new`: without the pairs of lk_weighed."""
        known = "anti join lk_weighed w on w.l = f.l and w.r = f.r" if new else ""
        self._con.execute(
            "create or replace temp table lk_candidates as "
            f"select f.l, f.r, bit_or(1::bigint << key) as keys from lk_found f {known} group by f.l, f.r"
        )
        self._con.execute("drop table lk_found")

    def count_new(self) -> None:
        """Of a round that is kept: under which key each pair was found first."""
        firsts = self._con.execute(
            "select bit_count((keys & -keys) - 1), count(*) from lk_candidates where keys > 0 group by 1"
        ).fetchall()
        for number, pairs in firsts:
            self.yields[number].new_pairs += pairs

    def survey(self, number: int, allowed: int, parts: int = 1, looking: str = "true") -> Blocks:
        """Fill lk_key and lk_block for a key, and say what it would bring.

        `looking`: SQL for the records that are still to be found in a register. `parts` > 1: only blocks whose hash
        falls into the lowest of so many parts are looked at, and stand for all; not against a register. (A comparison
        costs a third of a remainder.)
        """
        con = self._con
        with self._watch.measure() as seconds:
            self._fill_key(self._keys[number], parts, looking)
            product = "n0 * n1" if self._is_linking else "n0 * (n0 - 1) // 2"
            sizes_sql = "count(*) as n0, 0 as n1"
            if self._is_linking:
                sizes_sql = "count(*) filter (where side = 0) as n0, count(*) filter (where side = 1) as n1"
            con.execute(
                f"create or replace temp table lk_block as select h, n0, n1, {product} as pairs "
                f"from (select h, {sizes_sql} from lk_key group by h) where {product} > 0"
            )
            sizes = con.execute(
                "select greatest(n0, n1) as size, sum(pairs)::bigint, count(*) from lk_block group by 1 order by 1"
            ).fetchall()
        self.yields[number].seconds = round(self.yields[number].seconds + seconds.value, 3)
        return Blocks.within(sizes, allowed, parts)

    def _fill_key(self, key: MatchKey, parts: int, looking: str) -> None:
        """lk_key (h, r, side): the records' values of a key; of a register, only those that a record shares."""
        if self._is_linking:
            of_records = key_values_sql(key, f"(select * from {key.records} where side = 0 and {looking})")
            of_register = key_values_sql(key, people_of(self._con, key))
            self._con.execute(f"create or replace temp table lk_key as {of_records}")
            self._con.execute(f"insert into lk_key select * from ({of_register}) where h in (select h from lk_key)")
        else:
            part = f" where h < {2**64 // parts}" if parts > 1 else ""
            self._con.execute(f"create or replace temp table lk_key as select * from ({key_values_sql(key)}){part}")

    def pair(self, number: int, blocks: str) -> None:
        """Add the pairs of the blocks (SQL over lk_block) surveyed last to lk_found."""
        sides = "l.side = 0 and r.side = 1" if self._is_linking else "l.r < r.r"
        self._con.execute(
            "insert into lk_found with kept as (select k.* from lk_key k "
            f"semi join (select h from lk_block where {blocks}) b using (h)) "
            f"select l.r, r.r, {number}::tinyint from kept l join kept r on l.h = r.h and {sides}"
        )

    def join(self, number: int, blocks: Blocks) -> None:
        """Add the pairs of the key that was surveyed last, all of them, to lk_found."""
        found = self.yields[number]
        # The namesakes can run in both rounds.
        found.pairs = blocks.pairs + (found.pairs if found.is_used else 0)
        found.blocks_skipped, found.is_used = blocks.skipped, True
        found.limit = blocks.limit if blocks.skipped else BLOCK_LIMIT
        self.joined.append((number, found.limit))
        with self._watch.measure() as seconds:
            self.pair(number, f"greatest(n0, n1) <= {blocks.limit}")
        found.seconds = round(found.seconds + seconds.value, 3)
