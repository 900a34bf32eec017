"""How common each value is: agreeing on a rare name says more than agreeing on a common one.

Source: Winkler, "Frequency-based matching in Fellegi-Sunter model of record linkage" (1989). Frequencies come from
the records (with a register: from both sides, which the register dominates).
"""

import duckdb
import numpy as np

from linkage.fields import KINDS, Field
from linkage.register.columns import HAS_INITIAL, INITIALS, is_word
from linkage.sql import render
from linkage.standardise import Standardised, everybody

# Pairs' worth of belief in the starting value, so that ten records do not decide how common a name is.
PRIOR_PAIRS = 200.0
PRIOR_RECORDS = 20.0  # likewise for one value's share
FUZZY_SHARE = 0.5  # agreement on a rare name spelled otherwise counts half of its rarity
FUZZY_LIMIT = 4.0  # bits


def add_frequencies(con: duckdb.DuckDBPyConnection, data: Standardised) -> None:
    """Count the values of each field into lk_frequency_<column>, set `data.chance` and `data.once`, build lk_rec."""
    shadowed = "where not exists (select 1 from lk_shadow s where s.shadow = p.r)" if data.shadows else "where true"
    for field in data.frequent:
        column = field.column
        people = everybody([column], data.registered > 0)
        total = int(con.execute(f"select count({column}) from {people} p {shadowed}").fetchall()[0][0])
        con.execute(
            f"create or replace temp table {frequency_table(column)} as "
            f"select {column} as value, {share_sql(field, total)} as share, count(*) as n "
            f"from {people} p {shadowed} and {column} is not null group by 1 having count(*) > 1"
        )
        if data.registered and is_word(column):
            con.execute(
                f"create or replace temp table {frequency_table(column)} as "
                f"select f.*, w.word from {frequency_table(column)} f left join lk_word w using (value)"
            )
        row = con.execute(f"select sum(n * (n - 1)) from {frequency_table(column)}").fetchone()
        note_counts(data, field, total, float(row[0] or 0) if row else 0.0)
    con.execute(make_compared(data, "lk_rec", "lk_plain" if not data.shadows else COMPARED))


def share_sql(field: Field, total: int, holders: str = "count(*)") -> str:
    """SQL: the binary logarithm of a value's share of `total` records, where `holders` (SQL) of them hold it.

    The person whom two records may be counts once: what is asked is how many others have the value. On a list of 1,093
    records, 236 of them twins of others, 220 pairs instead of none reach .99.
    """
    return f"log2(({holders} - 1 + {_belief(field)!r}) / {total + PRIOR_RECORDS!r})"


def note_counts(data: Standardised, field: Field, total: int, agreeing: float) -> None:
    """Set `data.once` and `data.chance` of a field: `total` records hold a value, `agreeing` ordered pairs the same."""
    start = KINDS[field.kind_name].u[0]
    data.once[field.column] = float(np.log2((1 + _belief(field)) / (total + PRIOR_RECORDS)))
    pairs = float(total) * max(total - 1, 0)
    data.chance[field.name] = (agreeing + PRIOR_PAIRS * start) / (pairs + PRIOR_PAIRS)


def _belief(field: Field) -> float:
    return PRIOR_RECORDS * KINDS[field.kind_name].u[0]


COMPARED = "(from lk_plain p where not exists (select 1 from lk_shadow s where s.shadow = p.r))"
SHADOWS = "(from lk_plain p where exists (select 1 from lk_shadow s where s.shadow = p.r))"


def frequency_table(column: str, schema: str = "temp") -> str:
    """Where the frequencies of a column are: value, share (binary logarithm), n (records)."""
    return f"{schema}.{'lk_' if schema == 'temp' else ''}frequency_{column}"


def make_compared(data: Standardised, target: str, records: str, schema: str = "temp") -> str:
    """SQL: the table `target`, shaped as lk_rec, from records shaped as lk_plain; frequencies from the schema."""
    return render(
        "compared.sql",
        target=target,
        records=records,
        frequent=[(column, frequency_table(column, schema), once) for column, once in data.once.items()],
        extra=any(f.kind_name == "extra" for f in data.fields),
        initials=INITIALS,
        has_initial=HAS_INITIAL,
    )
