"""What was known then: the registry as a run of that day would have built it from its mirrors, in its own snapshot.

A mirror keeps each row as it is, its history each row as it was and until when: a mirror of any past moment is a query.
From such mirrors, in a workspace beside the real one, the later stages run as they do every night. Nothing of the real
warehouse, publication or exception files is touched.
"""

import datetime as dt
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import yaml

from exchange.decisions import bind
from ibr.config import Stage
from ibr.errors import UsageProblem
from ibr.workspace import Workspace
from ibr.yaml_files import read
from linkage.registry.scripts import run_script
from pipelines import runner
from pipelines.outcome import RunOutcome
from warehouse import audit
from warehouse.connection import attach, connect, literal, quoted
from warehouse.lock import warehouse_lock
from warehouse.query import as_of_name
from warehouse.schemas import prepare

STAGES: tuple[Stage, ...] = ("registry", "link", "marts", "publish")
# Numbers of persons and households are taken over, so that a person of then has the number of now.
_KEPT = ("persons_crosswalk", "households_crosswalk", "uid_high_water", "uid_retired")


def rebuild(
    workspace: Workspace, moment: dt.datetime, *, as_at: dt.date | None = None, progress: Callable[[str], None]
) -> tuple[RunOutcome, Path | None]:
    """Build what was known at a moment (UTC; midnight: at the end of that day) into published/as_of/<moment>/, reported
    as at `as_at` or that day.

    Returns the run's outcome, and the snapshot's file unless nothing was published. Raises UsageProblem where a source
    had no mirror yet.
    """
    audit.record(workspace.home, "as_of_rebuilt", details={"moment": moment.isoformat(), "as_at": as_at})
    until = moment.replace(tzinfo=dt.UTC)
    if until.time() == dt.time():
        until += dt.timedelta(days=1)
    name = as_of_name(moment)
    with tempfile.TemporaryDirectory(prefix="as-of-", dir=workspace.ensure().temporary) as folder:
        then = Workspace.at(Path(folder))
        handed_over = _write_settings(workspace, then)
        progress(f"mirrors as they were on {name}")
        with warehouse_lock(workspace.home, f"ibr run --as-of {name}"):
            _make_warehouse(workspace, then, until)
        # By the clock of today every source would be older than promised, and the register could not be asked.
        started = min(until, dt.datetime.now(dt.UTC))
        try:
            outcome = runner.run(then, stages=STAGES, as_at=as_at or moment.date(), started=started, progress=progress)
        finally:
            shutil.rmtree(handed_over, ignore_errors=True)
        file = _keep(workspace, then, name) if outcome.published else None
    return outcome, file


def _write_settings(now: Workspace, then: Workspace) -> Path:
    """The real settings, without the ways to the sources: nothing is asked of them, and no password is needed. Returns
    the folder of what is handed to Spark, which tonight's is not to be mixed with."""
    settings = read(now.registry_file.read_text(encoding="utf-8"))
    for source in settings["sources"].values():
        if source["url"] != "inbox":
            source["url"] = "sqlite:///not-asked.db"
        if lookup := source.get("lookup"):
            source["url"], lookup["headers"] = "https://not-asked.invalid", {}
    settings["publish"] = {"audiences": ["secretariat"]}  # a question to the past is the secretariat's
    settings.pop("serving", None)
    settings.pop("service", None)  # nobody looks anybody up in the past: the index would hold the register for nothing
    settings.pop("encryption", None)  # files go by the settings above them: those of the workspace that it lies in
    settings["portal"] = {"enabled": False}
    linkage = settings.get("linkage") or {}
    if variants := linkage.get("name_variants"):
        linkage["name_variants"] = str(now.home / variants)
    spark = settings["spark"] = settings.get("spark") or {}
    handed_over = now.home / (spark.get("storage") or then.home) / f"spark-{then.home.name}"
    spark["storage"] = str(handed_over)
    then.registry_file.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    return handed_over


def _make_warehouse(now: Workspace, then: Workspace, until: dt.datetime) -> None:
    """The warehouse of then, as it was before the stages after replication."""
    then.ensure()
    with connect(then.warehouse_file) as con:
        prepare(con)
        attach(con, now.warehouse_file, "now")
        _make_sources(con, now, until)
        for schema, table in _mirrors(con):
            con.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
            rows = image("now", schema, table, until)
            con.execute(f"CREATE TABLE {quoted(schema)}.{quoted(table)} AS {rows}")
        run_script(con, "tables")
        for table in _KEPT:
            con.execute(f"INSERT INTO linkage.{table} BY NAME FROM now.linkage.{table}")
        _take_decisions(con, until)


def _take_decisions(con: duckdb.DuckDBPyConnection, until: dt.datetime) -> None:
    """What people had decided by then: entered by hand by its day, the rest by when it was recorded."""
    con.execute(
        "INSERT INTO linkage.decisions FROM now.linkage.decisions "
        f"WHERE coalesce(kind, '') NOT IN ('exception', 'review') AND decided_on < {literal(str(until.date()))}"
    )
    kept = con.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = 'now' AND schema_name = 'ops'"
    ).fetchall()
    if ("decision_files",) not in kept:
        return  # written by an earlier release, and not by a run since
    con.execute("INSERT INTO ops.exceptions BY NAME FROM now.ops.exceptions")
    con.execute("INSERT INTO ops.exception_pairs BY NAME FROM now.ops.exception_pairs")
    con.execute(
        "INSERT INTO ops.decisions BY NAME FROM now.ops.decisions WHERE import_number IN "
        f"(SELECT import_number FROM now.ops.decision_files WHERE imported_at < {_timestamp(until)})"
    )
    if ("review_decisions",) in kept:
        con.execute(
            "INSERT INTO ops.review_decisions BY NAME FROM now.ops.review_decisions "
            f"WHERE decided_at < {_timestamp(until)}"
        )
    bind(con)


def _make_sources(con: duckdb.DuckDBPyConnection, now: Workspace, until: dt.datetime) -> None:
    """ops.sources as of then: when each source's mirror was last proved; UsageProblem where one had none.

    By the time at which its run began, as rows of mirrors have it.
    """
    con.execute(
        "INSERT INTO ops.sources BY NAME SELECT source, name, kind, false AS is_stale, last_good_at, freshness_days "
        "FROM (SELECT * EXCLUDE (last_good_at) FROM now.ops.sources) "
        "JOIN (SELECT source, max(checked_at) AS last_good_at "
        "FROM (SELECT source, run_id, checked_at FROM now.ops.reconciliation "
        "GROUP BY source, run_id, checked_at HAVING bool_and(is_equal)) "
        f"WHERE checked_at < {_timestamp(until)} GROUP BY source) USING (source)"
    )
    known = {source for (source,) in con.execute("SELECT source FROM ops.sources").fetchall()}
    if missing := [code for code in now.registry.sources if code not in known]:
        raise UsageProblem(
            f"before {until:%Y-%m-%d %H:%M} UTC there was no mirror yet of {', '.join(missing)}; name a later day "
            "(ops.reconciliation has every copy)"
        )


def _mirrors(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return con.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'now' "
        "AND starts_with(schema_name, 'mirror_') ORDER BY ALL"
    ).fetchall()


def image(database: str, schema: str, table: str, until: dt.datetime) -> str:
    """SQL: the rows of a mirror, and its history, that were live just before a moment.

    A row that is live now and was written before; or one that was live then, and replaced or gone since. History also
    keeps tombstones of rows that came back: they were not live.
    """
    mirror = f"{quoted(database)}.{quoted(schema)}.{quoted(table)}"
    history = f"{quoted(database)}.{quoted('history_' + schema.removeprefix('mirror_'))}.{quoted(table)}"
    moment = _timestamp(until)
    then = f"_ibr_deleted_at IS NULL AND _ibr_loaded_at < {moment}"
    return (
        f"FROM {mirror} WHERE {then} UNION ALL BY NAME "
        f"SELECT * EXCLUDE (_ibr_replaced_at) FROM {history} WHERE {then} AND _ibr_replaced_at >= {moment}"
    )


def _timestamp(moment: dt.datetime) -> str:
    return f"TIMESTAMPTZ {literal(moment.isoformat())}"


def _keep(now: Workspace, then: Workspace, name: str) -> Path:
    """The snapshot out of the workspace that is thrown away, in the place of an earlier one of that moment."""
    target = now.published / "as_of" / name
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    building = target.with_name(f".building-{name}")
    shutil.rmtree(building, ignore_errors=True)
    shutil.copytree((then.published / "current").resolve(), building)
    shutil.rmtree(target, ignore_errors=True)
    building.rename(target)
    return target / "secretariat.duckdb"
