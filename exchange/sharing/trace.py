"""Where a file that turned up came from: by its sum, its row marks and its pseudonyms."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from exchange.sharing.record import Step, cases
from ibr.delimited import NoHeader, RepeatedColumn, read_csv_sql
from ibr.durable import sha256_of
from ibr.errors import UsageProblem
from warehouse.connection import connect, literal, quoted

_FOUND = """
    SELECT count(*) FROM (
        SELECT DISTINCT mark FROM read_parquet($marks) INNER JOIN sharing_given USING (mark)
    )
"""


@dataclass(frozen=True)
class Traced:
    """An extract that a file is of. `tokens`: how many of the file's marks and pseudonyms are the extract's."""

    request_id: str
    extract: int
    organisation: str
    person: str
    is_whole_file: bool
    tokens: int


def trace(home: Path, path: Path) -> list[Traced]:
    """The extracts that a CSV or Parquet file comes from, most likely first; none if there is no sign of any.

    Rows and columns may be missing and in another order, as long as a column of marks or pseudonyms is left. Raises
    UsageProblem for a file that cannot be read.
    """
    sha256 = sha256_of(path)
    con = connect(":memory:")
    try:
        _read(con, path)
        found = []
        for case in cases(home):
            for event in case.of(Step.EXTRACTED):
                number = event.content["number"]
                marks = case.folder / "marks" / f"{number}.parquet"
                row = con.execute(_FOUND, {"marks": str(marks)}).fetchone() if marks.is_file() else (0,)
                tokens = int(row[0]) if row else 0
                is_whole = sha256 in event.content["sha256"].values()
                if tokens or is_whole:
                    found.append(Traced(
                        case.request_id, number, case.request["organisation"], case.request["person"], is_whole, tokens
                    ))
    finally:
        con.close()
    # A request's extracts share their pseudonyms; the one with the most marks is the one it is of.
    return sorted(found, key=lambda one: (one.is_whole_file, one.tokens), reverse=True)


def _read(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Make the temporary table `sharing_given` of whatever looks like a token in any cell of a file."""
    try:
        relation = f"read_parquet({literal(str(path))})" if path.suffix.lower() == ".parquet" else read_csv_sql(path)
        con.execute(f"CREATE TEMP TABLE sharing_file AS SELECT * FROM {relation}")
    except (duckdb.Error, NoHeader, RepeatedColumn):
        raise UsageProblem(f"{path.name} cannot be read as a table; expected CSV with a header, or Parquet") from None
    con.execute("CREATE TEMP TABLE sharing_given (mark UBIGINT)")
    for (name,) in con.execute("SELECT column_name FROM duckdb_columns() WHERE table_name = 'sharing_file'").fetchall():
        text = f"trim(CAST({quoted(name)} AS VARCHAR))"
        con.execute(
            f"INSERT INTO sharing_given SELECT DISTINCT md5_number_lower({text}) FROM sharing_file "
            f"WHERE regexp_full_match({text}, '[0-9a-f]{{32}}')"
        )
