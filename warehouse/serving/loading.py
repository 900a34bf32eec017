"""Loading a publication into PostgreSQL: all of it in one transaction, or none.

Rows are deleted and written anew, and not exchanged table by table under other names: names are looked up as each
statement, and each table in it, comes to be read, also within a transaction. So a reader could join a table of
yesterday with one of today. Of rows PostgreSQL gives every statement, and every transaction at repeatable read, one
moment of all tables, makes no reader wait, and leaves all as it was where the load breaks off.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb

from ibr.config import Serving
from ibr.errors import ConfigurationProblem
from warehouse import audit
from warehouse.audiences.policy import NumberAudience, Policy, RowAudience
from warehouse.connection import attach, connect, literal, load_extension, quoted
from warehouse.publication import Publication
from warehouse.serving.failures import told
from warehouse.serving.tables import Keys, ServedTable, served_tables

_SERVER = "server"
_PREFIX = "ibr_"  # of schemas and roles: those of an audience have one name


@dataclass(frozen=True)
class Served:
    """What was loaded: the publication's version, its audiences, tables and rows; and what a superuser has not set.

    `are_statements_logged`: those of readers; `takes_large_objects`: whether any login may leave some in the database.
    """

    version: str
    audiences: tuple[str, ...]
    tables: int
    rows: int
    are_statements_logged: bool
    takes_large_objects: bool

    @property
    def note(self) -> str | None:
        """What somebody has to see to, if anything."""
        open_ends = [
            *([] if self.are_statements_logged else ["readers' statements are not logged"]),
            *(["readers may leave large objects in the database"] if self.takes_large_objects else []),
        ]
        if not open_ends:
            return None
        return f"{'; '.join(open_ends)}: docs/serving-postgresql.md says what a superuser has to set"

    @property
    def told(self) -> str:
        """What `ibr status` says of it."""
        return f"publication {self.version}" + (f"; {self.note}" if self.note else "")


def check(policy: Policy, settings: Serving | None) -> None:
    """Raise ConfigurationProblem where audiences are to be served that are not published. A slip must not pass for
    the wish to serve one no longer: that takes its tables away."""
    if unknown := [name for name in (settings and settings.audiences) or () if name not in policy]:
        raise ConfigurationProblem(
            f"serving.audiences names {', '.join(unknown)}; expected of those that are published: {', '.join(policy)}"
        )


def load(
    home: Path,
    publication: Publication,
    policy: Policy,
    settings: Serving,
    keys: Keys,
    memory_limit: str | None = None,
    progress: Callable[[str], None] = lambda message: None,
) -> Served:
    """Make a publication the one that is read in PostgreSQL.

    `policy`: the audiences, of which those of `settings` are served; `keys`: the columns that tell rows of each mart
    apart. What a server held of another publication, or for another audience of ours, is gone then.
    Raises ConfigurationProblem as `check`, and if the server refuses, SourceUnreachable if it does not answer or breaks
    off; each time readers there keep what they had.
    """
    check(policy, settings)
    wanted = {name: policy[name] for name in policy if settings.audiences is None or name in settings.audiences}
    with connect(":memory:", memory_limit=memory_limit, temp_directory=home / "tmp") as con:
        load_extension(con, "postgres")
        tables = {
            _PREFIX + name: served_tables(con, attached, {} if isinstance(audience, NumberAudience) else keys)
            for name, audience in wanted.items() if (attached := _attached(con, publication, name, audience))
        }  # fmt: skip
        url = settings.url.get_secret_value()
        try:
            con.execute(f"ATTACH {literal(url)} AS {_SERVER} (TYPE postgres)")
            con.begin()
            _prepare(con, settings, list(tables))
            changed = _make_tables(con, tables)
            rows = 0
            for schema, held in tables.items():
                progress(f"PostgreSQL: loading {schema}, {len(held)} tables")
                rows += sum(_fill(con, schema, table, changed) for table in held)
            logged, takes_large_objects = _ask(con, _script("left_open"))[0]
            con.commit()
        except duckdb.Error as error:
            _leave(con)
            raise told(error, url, publication.version) from None
        progress("PostgreSQL: tidying up")
        _tidy(con, tables)
    held_tables = sum(map(len, tables.values()))
    served = Served(
        publication.version, tuple(wanted), held_tables, rows, bool(logged), bool(takes_large_objects)
    )
    audit.record(home, "publication_served", details={
        "version": served.version, "audiences": list(served.audiences), "rows": served.rows,
    })
    return served


def _attached(
    con: duckdb.DuckDBPyConnection, publication: Publication, name: str, audience: RowAudience | NumberAudience
) -> dict[str | None, str]:
    """Attach an audience's files of a publication; under which name, by county where it has one a county."""
    if isinstance(audience, RowAudience) and audience.each:
        start = f"{name}_"
        named = [file for file in publication.files if file.startswith(start)]
        of: dict[str | None, str] = {file.removeprefix(start): file for file in named}
    else:
        of = {None: name} if name in publication.files else {}
    for file in of.values():
        attach(con, publication.path(file), file)
    return of


def _prepare(con: duckdb.DuckDBPyConnection, settings: Serving, schemas: Sequence[str]) -> None:
    """The database, roles and schemas; those of audiences that are not served any more go."""
    database = quoted(_ask(con, "SELECT current_database()")[0][0])
    timeout = settings.statement_timeout_seconds * 1000
    _run(con, _script("setup").format(database=database, timeout=timeout))
    for schema in schemas:
        named = {"role": quoted(schema), "role_name": literal(schema), "database": database}
        _run(con, _script("audience").format(**named))


def _make_tables(con: duckdb.DuckDBPyConnection, tables: Mapping[str, Sequence[ServedTable]]) -> set[str]:
    """Make what is not there as it should be, and drop what should not be there; the places of tables made now."""
    made = {(schema, name): by for schema, name, by in _ask(con, "SELECT * FROM ibr_serving.tables")}
    wanted = {(schema, table.table.name): table for schema, held in tables.items() for table in held}
    for schema, name in made.keys() - wanted.keys():
        _run(con, f"DROP TABLE IF EXISTS {quoted(schema)}.{quoted(name)}")
        _forget(con, schema, name)
    changed = set()
    for (schema, name), table in wanted.items():
        definition, place = table.definition(schema), table.place(schema)
        if made.get((schema, name)) == definition:
            continue
        _run(con, f"DROP TABLE IF EXISTS {place}; {definition}; GRANT SELECT ON {place} TO {quoted(schema)}")
        _forget(con, schema, name)
        _run(con, "INSERT INTO ibr_serving.tables VALUES "
                  f"({literal(schema)}, {literal(name)}, {literal(definition)})")  # fmt: skip
        changed.add(place)
    for schema, held in tables.items():
        if any(table.of_county for table in held):
            _run(con, _script("county").format(role=quoted(schema)))
    con.execute("CALL pg_clear_cache()")  # so that DuckDB sees what was made
    return changed


def _fill(con: duckdb.DuckDBPyConnection, schema: str, table: ServedTable, made_now: set[str]) -> int:
    """Write a table's rows in the place of those that are there; how many."""
    place = table.place(schema)
    if place not in made_now:
        _run(con, f"DELETE FROM {place}")
    row = con.execute(f"INSERT INTO {_SERVER}.{place} {table.rows()}").fetchone()
    assert row is not None
    return int(row[0])


def _tidy(con: duckdb.DuckDBPyConnection, tables: Mapping[str, Sequence[ServedTable]]) -> None:
    """Give back the room of the rows that went, and let the planner know those that came. What is loaded is loaded,
    also where this fails: the server does it by itself later."""
    try:
        for schema, held in tables.items():
            places = ", ".join(table.place(schema) for table in held)
            con.execute(f"CALL postgres_execute('{_SERVER}', ?, use_transaction=false)", [f"VACUUM (ANALYZE) {places}"])
    except duckdb.Error:
        _leave(con)


def _leave(con: duckdb.DuckDBPyConnection) -> None:
    """Take back what was done, before the connection is closed: DuckDB's own end of a load whose server is gone ends
    the process with it."""
    for statement in ("ROLLBACK", f"DETACH {_SERVER}"):
        with suppress(duckdb.Error):
            con.execute(statement)


def _forget(con: duckdb.DuckDBPyConnection, schema: str, name: str) -> None:
    _run(con, f"DELETE FROM ibr_serving.tables WHERE (schema_name, table_name) = ({literal(schema)}, {literal(name)})")


def _run(con: duckdb.DuckDBPyConnection, statements: str) -> None:
    con.execute(f"CALL postgres_execute('{_SERVER}', ?)", [statements])


def _ask(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return con.execute(f"FROM postgres_query('{_SERVER}', ?)", [query]).fetchall()


def _script(name: str) -> str:
    return files("warehouse.serving").joinpath(f"{name}.sql").read_text(encoding="utf-8")
