"""A program's SQL Server as a test sees it: its real driver, a server that answers by the words of a question, and a
DuckDB in which the answers lie.

`sqlserver_recording.sql` holds every question of the adapter, word for word, and what it means in DuckDB's SQL. So a
question that changes fails the tests until it is looked at and recorded anew.
"""

import ctypes
import re
from functools import partial
from pathlib import Path

import duckdb
import pytest

from tests.integration.tds import Tds

_RECORDING = Path(__file__).with_name("sqlserver_recording.sql")
_CONTENT = Path(__file__).with_name("sqlserver_content.sql")
_STATEMENTS = (
    "SET LANGUAGE us_english; SET DATEFORMAT ymd; SET DEADLOCK_PRIORITY LOW",
    "SET TRANSACTION ISOLATION LEVEL SNAPSHOT",
    "BEGIN TRANSACTION",
)


def _loads(*libraries: str) -> bool:
    try:
        return all(ctypes.CDLL(library) for library in libraries)
    except OSError:
        return False


needs_odbc = [
    pytest.mark.needs_odbc,
    pytest.mark.skipif(
        not _loads("libltdl.so.7", "libkrb5.so.3", "libgssapi_krb5.so.2"),
        reason="SQL Server's driver cannot load here: apt-get install libltdl7 libkrb5-3 libgssapi-krb5-2",
    ),
]


class SqlServer:
    """The server, and `sql` to change what it holds."""

    def __init__(self) -> None:
        self._con = duckdb.connect()
        self._con.execute(_CONTENT.read_text(encoding="utf-8"))
        questions = re.findall(
            r"^-- asked\n(.*?)\n-- means\n(.*?)\n\n", _RECORDING.read_text(encoding="utf-8") + "\n", re.M | re.S
        )
        numbers = [str(number) for (number,) in self._con.execute("SELECT DISTINCT id FROM columns").fetchall()]
        self.tds = Tds(
            {
                asked.replace("{id}", number): partial(self._answer, means.replace("{id}", number))
                for asked, means in questions
                for number in numbers
            }
        )
        for statement in _STATEMENTS:
            self.tds.answers[statement] = lambda: None

    def _answer(self, query: str) -> duckdb.DuckDBPyRelation:
        return self._con.cursor().sql(query)

    def sql(self, statements: str) -> None:
        self._con.execute(statements)

    def relation(self, query: str) -> duckdb.DuckDBPyRelation:
        return self._con.sql(query)

    def raises(self, question: str, error: Exception, *, once: bool = False) -> None:
        """Answer a question, told by a regular expression, with an error."""
        [asked] = [asked for asked in self.tds.answers if re.fullmatch(question, asked)]
        usual = self.tds.answers[asked]

        def raising() -> duckdb.DuckDBPyRelation | None:
            if once:
                self.tds.answers[asked] = usual
            raise error

        self.tds.answers[asked] = raising

    def close(self) -> None:
        self.tds.close()
        self._con.close()
