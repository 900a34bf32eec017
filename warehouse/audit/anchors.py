"""What others kept of the log: heads that it has to have had."""

from pathlib import Path

from ibr.errors import WarehouseBusy
from warehouse.audit.event import Head
from warehouse.connection import connect
from warehouse.publication import publications

STAGE = "audit"  # of the rows of ops.runs that keep a head


def kept_anchors(home: Path, warehouse_file: Path) -> tuple[dict[str, Head], list[str]]:
    """The heads in the manifests of publications and in `ops.runs`, by where each was kept; and what could not be
    looked at, in words."""
    heads = {
        f"publication {one.version}": one.audit_head for one in publications(home) if one.audit_head
    }
    missed = []
    try:
        heads |= _in_runs(warehouse_file)
    except WarehouseBusy:
        missed.append("the heads that ops.runs kept: the warehouse is in use; try again after the run")
    anchors = {}
    for name, text in heads.items():
        try:
            anchors[name] = Head.parse(text)
        except ValueError:
            missed.append(f"{name}: what it kept is no head, so it was altered")
    return anchors, missed


def _in_runs(warehouse_file: Path) -> dict[str, str]:
    if not warehouse_file.exists():
        return {}
    with connect(warehouse_file, read_only=True) as con:
        rows = con.execute("SELECT run_id, message FROM ops.runs WHERE stage = ? ORDER BY ended_at", [STAGE]).fetchall()
    return {f"ops.runs of run {run_id}": text for run_id, text in rows}
