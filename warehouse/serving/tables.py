"""The tables of an audience as they are to be in PostgreSQL: out of its files, and nothing but these."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from warehouse.catalogue import Table, tables_of
from warehouse.connection import literal, quoted
from warehouse.serving.types import expression, postgres_type

OF_COUNTY = "of_county"
_SCHEMAS = ("marts", "reference", "main")
_WITHOUT = "sensitivity"  # what a file says of its columns is for programs that read files
# What officers look rows up by, where a table has it.
_LOOKED_UP = ("person_uid", "household_uid", "enrolment_id", "county_code")
Keys = Mapping[str, Sequence[str]]  # by table, the columns that tell its rows apart


@dataclass(frozen=True)
class ServedTable:
    """A table, its types, its key (none: ()), and the files that its rows come from: by county, or under None."""

    table: Table
    types: tuple[str, ...]
    key: tuple[str, ...]
    files: Mapping[str | None, str]

    @property
    def of_county(self) -> bool:
        """Whether a row belongs to one county's logins."""
        return None not in self.files

    def place(self, schema: str) -> str:
        """Its name in PostgreSQL."""
        return f"{quoted(schema)}.{quoted(self.table.name)}"

    def definition(self, schema: str) -> str:
        """SQL that makes it, empty."""
        place = self.place(schema)
        columns = [f"{quoted(OF_COUNTY)} text NOT NULL"] if self.of_county else []
        columns += [
            f"{quoted(name)} {postgres_type(kind)}"
            for name, kind in zip(self.table.column_names, self.types, strict=True)
        ]
        own = (OF_COUNTY,) if self.of_county else ()
        if self.key:
            columns.append(f"PRIMARY KEY ({', '.join(quoted(name) for name in (*own, *self.key))})")
        statements = [f"CREATE TABLE {place} ({', '.join(columns)})", *self._comments(place)]
        for name in self._indexed(own):
            statements.append(f"CREATE INDEX ON {place} ({quoted(name)})")
        if self.of_county:
            statements.append(f"ALTER TABLE {place} ENABLE ROW LEVEL SECURITY")
            statements.append(
                f"CREATE POLICY own_county ON {place} FOR SELECT USING "
                f"({quoted(OF_COUNTY)} = (SELECT ibr_serving.county()))"
            )
        return ";\n".join(statements)

    def rows(self) -> str:
        """DuckDB's SQL: its rows, out of all its files."""
        columns = ", ".join(
            expression(name, kind) for name, kind in zip(self.table.column_names, self.types, strict=True)
        )
        return " UNION ALL ".join(
            f"SELECT {f'{literal(county)}, ' if county is not None else ''}{columns} "
            f"FROM {self.table.in_database(database)}"
            for county, database in self.files.items()
        )

    def _comments(self, place: str) -> Iterator[str]:
        if self.table.comment:
            yield f"COMMENT ON TABLE {place} IS {literal(self.table.comment)}"
        if self.of_county:
            yield f"COMMENT ON COLUMN {place}.{quoted(OF_COUNTY)} IS 'The county whose logins see the row'"
        for column in self.table.columns:
            if column.comment:
                yield f"COMMENT ON COLUMN {place}.{quoted(column.name)} IS {literal(column.comment)}"

    def _indexed(self, own: tuple[str, ...]) -> list[str]:
        first = self.key[:1] if not own else ()
        wanted = [name for name in _LOOKED_UP if name in self.table.column_names and name not in first]
        return wanted if self.key else [*own, *wanted]


def served_tables(con: duckdb.DuckDBPyConnection, files: Mapping[str | None, str], keys: Keys) -> list[ServedTable]:
    """The tables of an audience. `files`: its attached files, by county, or one under None; `keys`: of the marts.

    County files are alike; the first says what there is.
    """
    first = next(iter(files.values()))
    kinds = _types(con, first)
    return [
        ServedTable(
            table,
            tuple(kinds[table.schema, table.name, name] for name in table.column_names),
            tuple(key) if (key := keys.get(table.name, ())) and set(key) <= set(table.column_names) else (),
            files,
        )
        for table in tables_of(con, first, _SCHEMAS) if table.name != _WITHOUT
    ]  # fmt: skip


def _types(con: duckdb.DuckDBPyConnection, database: str) -> dict[tuple[str, str, str], str]:
    found = con.execute(
        "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = ?",
        [database],
    ).fetchall()
    return {(schema, table, column): kind for schema, table, column, kind in found}
