"""Statements on a few rows, joined by nested loops.

DuckDB joins by hashes whatever is asked to be equal, however few the rows, and a hash join sets aside vectors of 2,048
rows for each column that goes through it: with the engine's tables a millisecond a join before the first row. What it
cannot hash it joins pair by pair, without. A question for one to four persons takes two thirds of the processor time
so, for 16 as much, for 64 a third more (43,161 records, 81 joins).
"""

import json
import re
from typing import Any

import duckdb

FEW = 12  # asked persons, up to whom nested loops take less

_JOINS = re.compile(r"\bjoin\b", re.I)
_INSERTS = re.compile(r"\Ainsert into [\w.]+\s+", re.I)


def with_nested_loops(con: duckdb.DuckDBPyConnection, statement: str) -> str:
    """The same query, or insertion of a query's rows, with its joins by nested loops. DuckDB's own parser reads it."""
    if not _JOINS.search(statement):
        return statement
    inserts = _INSERTS.match(statement)
    head = inserts.group() if inserts else ""
    tree = _tree(con, statement[len(head):])
    _unhash(tree, _tree(con, "SELECT (1 = 1) = true")["statements"][0]["node"]["select_list"][0])
    return head + con.execute("SELECT json_deserialize_sql(?::JSON)", [json.dumps(tree)]).fetchall()[0][0]


def _tree(con: duckdb.DuckDBPyConnection, query: str) -> Any:
    return json.loads(con.execute("SELECT json_serialize_sql(?)", [query]).fetchall()[0][0])


def _unhash(node: Any, is_true: dict[str, Any]) -> None:
    """Every join's condition becomes one side of `is_true`, a comparison with true."""
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _unhash(part, is_true)
    if isinstance(node, dict) and node.get("type") == "JOIN" and node.get("condition"):
        node["condition"] = is_true | {"left": node["condition"]}
