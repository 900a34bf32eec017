"""What goes into the files of a publication: each audience's tables out of the warehouse, by the policy."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ibr.errors import ConfigurationProblem, UsageProblem
from warehouse.audiences.cuts import cuts
from warehouse.audiences.numbers import number_tables
from warehouse.audiences.policy import SECRETARIAT, NumberAudience, Policy, RowAudience
from warehouse.audiences.pseudonyms import key_of
from warehouse.audiences.sensitivity import Declarations
from warehouse.catalogue import Table, tables_of
from warehouse.connection import attach, connect
from warehouse.snapshot import WRITERS, About, Builder, PublishedFile

SCHEMAS = ("marts", "reference")
_PLAIN_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True)
class Built:
    """The files of a publication, and what the warehouse says of itself: its reporting date, sources out of date."""

    files: list[PublishedFile]
    reporting_date: str | None
    stale_sources: tuple[str, ...]


def build(
    warehouse_path: Path, home: Path, folder: Path, about: About, policy: Policy, declared: Declarations, parquet: bool
) -> Built:
    """Write the files of every audience of a policy into a folder; `about`: what each says of itself.

    Raises as `publication.publish`.
    """
    con = _open_warehouse(warehouse_path, home)
    try:
        source = warehouse_path.stem
        tables = tables_of(con, source, SCHEMAS)
        if not tables:
            raise UsageProblem(f"nothing to publish: no tables in {', '.join(SCHEMAS)}; run the stage marts first")
        reporting_date, stale = _known_of_itself(con, source)
        about = about | {"reporting_date": reporting_date, "stale_sources": list(stale)}
        builder = Builder(con, source, folder, about, folder / "parquet" if parquet else None)

        def written(name: str) -> list[PublishedFile]:
            return _audience(builder, home, name, policy, tables, declared)

        # County files are written beside each other themselves.
        alone = [name for name, audience in policy.items() if isinstance(audience, RowAudience) and audience.each]
        others = [name for name in policy if name not in alone]
        with ThreadPoolExecutor(WRITERS) as pool:
            made = dict(zip(others, pool.map(written, others), strict=True))
        made |= {name: written(name) for name in alone}
        return Built([file for name in policy for file in made[name]], reporting_date, stale)
    finally:
        con.close()


def _audience(
    builder: Builder, home: Path, name: str, policy: Policy, tables: Sequence[Table], declared: Declarations
) -> list[PublishedFile]:
    """The file of an audience, or its files, one a county."""
    audience = policy[name]
    if isinstance(audience, NumberAudience):
        wanted = number_tables(name, audience, tables, declared)
        rules = RowAudience(who=audience.who, marts=[], reference=audience.reference, columns={})
        return [builder.numbers_file(name, wanted, cuts(name, rules, tables, declared))]
    chosen = cuts(name, audience, tables, declared)
    if audience.each:
        counties = {f"{name}_{code}": code for code in _counties(builder.con, builder.source, tables)}
        return builder.county_files({county: key_of(home, county) for county in counties}, counties, chosen)
    key = key_of(home, name) if any(cut.pseudonyms for cut in chosen) else None
    return [builder.rows_file(name, chosen, key, declared if name == SECRETARIAT else None)]


def _counties(con: duckdb.DuckDBPyConnection, source: str, tables: Sequence[Table]) -> list[str]:
    """The codes of all counties; ConfigurationProblem if one cannot be part of a file's name."""
    areas = [table for table in tables if (table.schema, table.name) == ("marts", "dim_area")]
    if not areas:
        return []
    found = con.execute(
        f"SELECT DISTINCT county_code FROM {areas[0].in_database(source)} WHERE county_code IS NOT NULL ORDER BY ALL"
    ).fetchall()
    if odd := [code for (code,) in found if not _PLAIN_CODE.fullmatch(code)]:
        raise ConfigurationProblem(
            f"counties {', '.join(odd)} cannot name a file; expected letters, digits, - and _ in dim_area.county_code"
        )
    return [code for (code,) in found]


def _open_warehouse(warehouse_path: Path, home: Path) -> duckdb.DuckDBPyConnection:
    """One in-memory connection with the warehouse attached to read.

    The warehouse keeps the name dbt knew it by (its file's stem), since views name it.
    """
    if not warehouse_path.exists():
        raise UsageProblem(f"there is no {warehouse_path.name} to publish from; `ibr run` makes it")
    # Opened once by itself, so that a busy warehouse is reported as such.
    connect(warehouse_path, read_only=True).close()
    con = connect(":memory:", temp_directory=home / "tmp")
    attach(con, warehouse_path, warehouse_path.stem)
    # What is written goes straight into its file, not into a log first.
    con.execute("SET checkpoint_threshold = '1KB'")
    return con


def _known_of_itself(con: duckdb.DuckDBPyConnection, source: str) -> tuple[str | None, tuple[str, ...]]:
    """The date reported on, and the sources that are out of date."""
    held = {table.name: table.in_database(source) for table in tables_of(con, source, ("ops",))}
    reporting_date, stale = None, []
    if "parameters" in held:
        row = con.execute(f"SELECT value FROM {held['parameters']} WHERE name = 'reporting_date'").fetchone()
        reporting_date = row[0] if row else None
    if "sources" in held:
        stale = con.execute(f"SELECT source FROM {held['sources']} WHERE is_stale ORDER BY source").fetchall()
    return reporting_date, tuple(code for (code,) in stale)
