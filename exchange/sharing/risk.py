"""Re-identification risk of records: k-anonymity over quasi-identifiers, l-diversity of sensitive fields.

k-anonymity: L. Sweeney (2002), International Journal of Uncertainty, Fuzziness and Knowledge-Based Systems 10(5);
l-diversity (distinct): A. Machanavajjhala et al. (2007), ACM TKDD 1(1).
"""

from dataclasses import dataclass
from typing import Any

import duckdb

from exchange.scripts import run_script
from exchange.sharing.catalogue import Mart, Marts
from exchange.sharing.questions import query
from exchange.sharing.request import Item
from warehouse.audiences.sensitivity import Sensitivity
from warehouse.connection import literal, quoted

_SEEN = "CREATE OR REPLACE TEMP TABLE sharing_seen (kind VARCHAR, unit VARCHAR, subject VARCHAR, seen UBIGINT)"
_SENSITIVE = "CREATE OR REPLACE TEMP TABLE sharing_sensitive (kind VARCHAR, unit VARCHAR, field VARCHAR, value VARCHAR)"


@dataclass(frozen=True)
class Risk:
    """`classes`: for each kind of subject, how many are alike; `diversity`: for each sensitive field, its values."""

    classes: list[dict[str, Any]]
    diversity: list[dict[str, Any]]


def measure(
    con: duckdb.DuckDBPyConnection, marts: Marts, staged: dict[str, Item], *, smallest_class: int, distinct_values: int
) -> Risk:
    """The risk of staged rows (`selection.stage`, by table name), all together: whoever has two files joins them.

    `smallest_class`: how many are to be alike (k); `distinct_values`: how many values a sensitive field is to have
    among them (l). Rows without a subject count as nobody else's.
    """
    con.execute(_SEEN)
    con.execute(_SENSITIVE)
    for table, item in staged.items():
        _look_at(con, table, item, marts[item.mart])
    run_script(con, "exchange.sharing", "signatures")
    return Risk(
        query(con, "classes", {"smallest_class": smallest_class}),
        query(con, "diversity", {"distinct_values": distinct_values}),
    )


def _look_at(con: duckdb.DuckDBPyConnection, table: str, item: Item, mart: Mart) -> None:
    kind = literal(mart.columns[mart.subject].pseudonym or mart.subject)
    subject = f"coalesce(CAST(subject AS VARCHAR), {literal(table + '/')} || row_number)"
    is_told = bool(mart.of(item.fields, Sensitivity.IDENTIFIER))
    unit = subject if is_told else f"{literal(table + '/')} || row_number"
    quasi = [quoted(column.name) for column in mart.of(item.fields, Sensitivity.QUASI_IDENTIFIER)]
    seen = f"hash({', '.join([literal(mart.name), *quasi])})"
    con.execute(f"INSERT INTO sharing_seen SELECT {kind}, {unit}, {subject}, {seen} FROM {quoted(table)}")
    for column in mart.of(item.fields, Sensitivity.SENSITIVE):
        con.execute(
            f"INSERT INTO sharing_sensitive SELECT {kind}, {unit}, {literal(f'{mart.name}.{column.name}')}, "
            f"CAST({quoted(column.name)} AS VARCHAR) FROM {quoted(table)}"
        )
