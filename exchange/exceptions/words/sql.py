"""Codes and phrases in the language that a connection speaks."""

from importlib.resources import files

import duckdb

from exchange.exceptions.words.words import Words


def define(con: duckdb.DuckDBPyConnection) -> None:
    """Make the SQL functions `phrase`, `say`, `word_of` and their like; see words.sql."""
    con.execute(files("exchange.exceptions.words").joinpath("words.sql").read_text(encoding="utf-8"))


def speak(con: duckdb.DuckDBPyConnection, words: Words) -> None:
    """From now on `say` and `word_of` give these words."""
    con.execute(
        "SET VARIABLE words = (SELECT map_from_entries(list((key, text))) "
        "FROM (SELECT unnest($keys::VARCHAR[]) AS key, unnest($texts::VARCHAR[]) AS text))",
        {"keys": list(words.texts), "texts": list(words.texts.values())},
    )
