"""Published snapshots: what people query while the next run is going on.

DuckDB gives a file to one writer or to many readers, never both, so readers get a copy in a folder of
its own, `published/<version>/`. Until `published/current` is pointed at it, nobody sees it; a reader who
has the last one open keeps it. A process killed at any point leaves the last publication as it was.
"""

import datetime as dt
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import duckdb

from ibr.errors import ContractBroken, UsageProblem
from warehouse import audit
from warehouse.connection import connect, literal, quoted

_BUILDING = ".building-"
_NEXT_LINK = ".current-next"
_MANIFEST = "publication.json"
_ABOUT = {
    "version": "Name of the publication: when its run began, UTC",
    "audience": "Who may have this file",
    "reporting_date": "The date that all figures are as at",
    "run_id": "The run that made it",
    "published_at": "When that run began",
    "stale_sources": "Sources that could not be refreshed, or are older than promised",
}
# Readers may sit in the owner's group; nobody else may open a file full of personal data.
_FILE_MODE, _FOLDER_MODE = 0o440, 0o750


@dataclass(frozen=True)
class Publication:
    """One published file: what it holds and where it lies. `audit_head`: the audit log's last event before it."""

    version: str
    audience: str
    path: Path
    tables: int
    rows: int
    run_id: str
    reporting_date: str | None
    published_at: dt.datetime
    stale_sources: tuple[str, ...] = ()
    audit_head: str | None = None
    is_current: bool = False


def publish(
    warehouse_path: Path,
    home: Path,
    run_id: str,
    published_at: dt.datetime,
    audience: str = "secretariat",
    schemas: Sequence[str] = ("marts", "reference"),
    keep: int = 5,
) -> Publication:
    """Copy `schemas` of the warehouse into `published/<version>/<audience>.duckdb` and make it current.

    Views become tables, comments go along, and a table `about` says what the file is. `keep` versions
    stay, the current one among them. Close every connection to the warehouse first.
    Raises UsageProblem if there is nothing to publish, ContractBroken if the copy is not complete (the
    last publication then stays), WarehouseBusy if another process has the warehouse open.
    """
    root = home / "published"
    root.mkdir(parents=True, exist_ok=True)
    _clear_leftovers(root)
    version = _free_version(root, published_at)
    building = root / f"{_BUILDING}{version}"
    building.mkdir(mode=_FOLDER_MODE)
    try:
        draft = Publication(
            version, audience, root / version / f"{audience}.duckdb", 0, 0, run_id, None, published_at,
            audit_head=str(audit.head(home)),
        )
        publication = _fill(warehouse_path, building, draft, schemas)
        building.rename(root / version)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    audit.record(home, "published", details={
        "version": version, "audience": audience, "run_id": run_id, "tables": publication.tables,
        "rows": publication.rows,
    })
    point_current_at(root, version)
    _prune(root, keep)
    _record(warehouse_path, home)
    return replace(publication, is_current=True)


def publications(home: Path) -> list[Publication]:
    """Every publication on disk, newest first."""
    root = home / "published"
    current = (root / "current").resolve().name
    found = []
    for manifest in sorted(root.glob(f"[!.]*/{_MANIFEST}"), reverse=True):
        if manifest.parent.is_symlink():
            continue
        content = json.loads(manifest.read_text(encoding="utf-8"))
        content["path"] = manifest.parent / f"{content['audience']}.duckdb"
        content["published_at"] = dt.datetime.fromisoformat(content["published_at"])
        content["stale_sources"] = tuple(content["stale_sources"])
        found.append(Publication(**content, is_current=content["version"] == current))
    return found


def point_current_at(root: Path, version: str) -> None:
    """Make `version` the one that readers get; they see the old one or the new one, never neither."""
    link = root / _NEXT_LINK
    link.unlink(missing_ok=True)
    link.symlink_to(version, target_is_directory=True)
    link.replace(root / "current")
    # Without it a power cut could leave the link pointing at a folder that is not on disk.
    descriptor = os.open(root, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _free_version(root: Path, published_at: dt.datetime) -> str:
    stem = published_at.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    taken = [folder.name for folder in root.iterdir() if folder.name.split("-")[0] == stem]
    if not taken:
        return stem
    # Counted on from the highest, not the first free one: versions must sort by age, also after pruning.
    # Two digits, so that they sort as text.
    highest = max(int(name.partition("-")[2] or 1) for name in taken)
    return f"{stem}-{highest + 1:02d}"


def _fill(warehouse_path: Path, building: Path, draft: Publication, schemas: Sequence[str]) -> Publication:
    file = building / f"{draft.audience}.duckdb"
    con = _open_both(warehouse_path, file)
    try:
        source = warehouse_path.stem
        tables = _tables(con, source, schemas)
        if not tables:
            raise UsageProblem(f"nothing to publish: no tables in {', '.join(schemas)}; run the stage marts first")
        rows = sum(_copy_table(con, source, schema, table) for schema, table in tables)
        publication = _describe(con, source, replace(draft, tables=len(tables), rows=rows))
        _write_about(con, publication)
        con.execute("USE memory")
        con.execute("DETACH publication")
    finally:
        con.close()
    manifest = {key: value for key, value in asdict(publication).items() if key not in ("path", "is_current")}
    (building / _MANIFEST).write_text(json.dumps(manifest, default=str, indent=1) + "\n", encoding="utf-8")
    for written in building.iterdir():
        written.chmod(_FILE_MODE)
    return publication


def _open_both(warehouse_path: Path, file: Path) -> duckdb.DuckDBPyConnection:
    """One in-memory connection with the warehouse attached to read and the new file to write.

    The warehouse keeps the name dbt knew it by (its file's stem), since views name it.
    """
    if not warehouse_path.exists():
        raise UsageProblem(f"there is no {warehouse_path.name} to publish from; `ibr run` makes it")
    # Opened once by itself, so that a busy warehouse is reported as such.
    connect(warehouse_path, read_only=True).close()
    con = connect(":memory:", temp_directory=file.parent.parent.parent / "tmp")
    con.execute(f"ATTACH {literal(str(warehouse_path))} AS {quoted(warehouse_path.stem)} (READ_ONLY)")
    con.execute(f"ATTACH {literal(str(file))} AS publication")
    con.execute(f"USE {quoted(warehouse_path.stem)}")
    return con


def _tables(con: duckdb.DuckDBPyConnection, source: str, schemas: Sequence[str]) -> list[tuple[str, str]]:
    return con.execute(
        "SELECT table_schema, table_name FROM information_schema.tables "
        "WHERE table_catalog = ? AND list_contains(?::VARCHAR[], table_schema) ORDER BY ALL",
        [source, list(schemas)],
    ).fetchall()


def _copy_table(con: duckdb.DuckDBPyConnection, source: str, schema: str, table: str) -> int:
    """Copy one table with its comments; returns its rows, having counted them on both sides."""
    original = f"{quoted(source)}.{quoted(schema)}.{quoted(table)}"
    copy = f"publication.{quoted(schema)}.{quoted(table)}"
    con.execute(f"CREATE SCHEMA IF NOT EXISTS publication.{quoted(schema)}")
    con.execute(f"CREATE TABLE {copy} AS SELECT * FROM {original}")
    for statement in _comments(con, source, schema, table, copy):
        con.execute(statement)
    counts = con.execute(f"SELECT (SELECT count(*) FROM {original}), (SELECT count(*) FROM {copy})").fetchone()
    assert counts is not None
    if counts[0] != counts[1]:
        raise ContractBroken(
            f"{schema}.{table} has {counts[0]} rows in the warehouse and {counts[1]} in the copy; "
            "not published, run the stage publish again"
        )
    return int(counts[0])


def _comments(
    con: duckdb.DuckDBPyConnection, source: str, schema: str, table: str, copy: str
) -> list[str]:
    place = [source, schema, table]
    of_table = con.execute(
        "SELECT comment FROM duckdb_tables() WHERE (database_name, schema_name, table_name) = (?, ?, ?) "
        "UNION ALL "
        "SELECT comment FROM duckdb_views() WHERE (database_name, schema_name, view_name) = (?, ?, ?)",
        place + place,
    ).fetchone()
    of_columns = con.execute(
        "SELECT column_name, comment FROM duckdb_columns() "
        "WHERE (database_name, schema_name, table_name) = (?, ?, ?) AND comment IS NOT NULL",
        place,
    ).fetchall()
    statements = [f"COMMENT ON COLUMN {copy}.{quoted(name)} IS {literal(text)}" for name, text in of_columns]
    if of_table and of_table[0]:
        statements.append(f"COMMENT ON TABLE {copy} IS {literal(of_table[0])}")
    return statements


def _describe(con: duckdb.DuckDBPyConnection, source: str, draft: Publication) -> Publication:
    """Add what the warehouse knows of itself: the date reported on, and sources that are out of date."""
    held = {f"{schema}.{table}" for schema, table in _tables(con, source, ("ops",))}
    reporting_date, stale = None, []
    if "ops.parameters" in held:
        row = con.execute("SELECT value FROM ops.parameters WHERE name = 'reporting_date'").fetchone()
        reporting_date = row[0] if row else None
    if "ops.sources" in held:
        stale = con.execute("SELECT source FROM ops.sources WHERE is_stale ORDER BY source").fetchall()
    return replace(draft, reporting_date=reporting_date, stale_sources=tuple(source for (source,) in stale))


def _write_about(con: duckdb.DuckDBPyConnection, publication: Publication) -> None:
    con.execute(
        "CREATE TABLE publication.main.about AS SELECT $1 AS version, $2 AS audience, "
        "$3::DATE AS reporting_date, $4 AS run_id, $5::TIMESTAMPTZ AS published_at, "
        "$6::VARCHAR[] AS stale_sources",
        [publication.version, publication.audience, publication.reporting_date, publication.run_id,
         publication.published_at, list(publication.stale_sources)],
    )
    con.execute("COMMENT ON TABLE publication.main.about IS 'What this file is: one row'")
    for column, comment in _ABOUT.items():
        con.execute(f"COMMENT ON COLUMN publication.main.about.{column} IS {literal(comment)}")


def _clear_leftovers(root: Path) -> None:
    """Remove what a killed run left: half-built folders and a link that was never swapped in."""
    for folder in root.glob(f"{_BUILDING}*"):
        shutil.rmtree(folder)
    (root / _NEXT_LINK).unlink(missing_ok=True)


def _prune(root: Path, keep: int) -> None:
    current = (root / "current").resolve()
    versions = sorted(
        (manifest.parent for manifest in root.glob(f"[!.]*/{_MANIFEST}") if not manifest.parent.is_symlink()),
        reverse=True,
    )
    others = [folder for folder in versions if folder.resolve() != current]
    for folder in others[max(keep - 1, 0):]:
        # Renamed first: a kill while deleting leaves a leftover, not a version with files missing.
        doomed = folder.rename(root / f"{_BUILDING}{folder.name}")
        shutil.rmtree(doomed)


def _record(warehouse_path: Path, home: Path) -> None:
    """Bring `ops.publications` in line with the disk, which is the truth: a kill may come before this."""
    con = connect(warehouse_path)
    try:
        con.execute("UPDATE ops.publications SET is_current = false")
        con.executemany(
            "INSERT OR REPLACE INTO ops.publications VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                [found.version, found.audience, str(found.path.relative_to(home)), found.rows, found.tables,
                 found.published_at, found.run_id, found.is_current]
                for found in publications(home)
            ],
        )
    finally:
        con.close()
