"""What match keys and comparisons read of a register's people, made as it is needed (columns.py).

Memory is bounded by the numbers that are kept of everybody: 30 million people as texts and lists, with sound codes and
frequencies, took more than 20 GB.
"""

import math
import re
from collections.abc import Iterable, Iterator

import duckdb

from linkage.match_keys import MatchKey
from linkage.register.columns import CODE, HAS_INITIAL, NAMES, REGISTER, of_register
from linkage.sql import single
from linkage.standardise import Standardised, columns_of

AT_A_TIME = 1_000_000  # people of the register compared together; each part reads all records again


def people_for(con: duckdb.DuckDBPyConnection, expressions: Iterable[str]) -> str:
    """SQL: everybody in the register, with the columns of lk_rec that these SQL expressions name."""
    words = {word for expression in expressions for word in re.findall(r"\w+", expression)}
    known = [*columns_of(con, REGISTER), *(f"{name}{CODE}" for name in NAMES), "initials"]
    return of_register(column for column in known if column in words and column not in ("r", "side"))


def people_of(con: duckdb.DuckDBPyConnection, key: MatchKey) -> str:
    """SQL: everybody in the register, with what a match key reads."""
    if key.is_hashed:
        return f"(from {key.records} where side = 1)"
    return people_for(con, [*key.values, key.each or ""])


def taken_apart(con: duckdb.DuckDBPyConnection, data: Standardised, pairs: str) -> Iterator[tuple[str, str]]:
    """The pairs of a table (l, r, keys), a part at a time, and the relation shaped as lk_rec with their right sides.

    That is lk_rec itself without a register, and for pairs of two records.
    """
    if not data.registered:
        yield pairs, "lk_rec"
        return
    yield f"(from {pairs} where r < {data.records})", "lk_rec"
    con.execute(f"create or replace temp table lk_brought as select distinct r from {pairs} where r >= {data.records}")
    brought = single(con, "select count(*) from lk_brought")
    columns = [column for column in columns_of(con, REGISTER) if column not in ("r", "side")]
    width = math.ceil(data.registered / max(1, math.ceil(brought / AT_A_TIME)))
    for first in range(data.records, data.records + data.registered, width) if brought else ():
        within = f"where r >= {first} and r < {first + width}"
        people = f"(from {REGISTER} semi join (from lk_brought {within}) using (r) {within})"
        apart = f"(select *, {HAS_INITIAL} as has_initial from {of_register(columns, people, data.once)} p)"
        yield f"(from {pairs} {within})", apart
    con.execute("drop table temp.lk_brought")
