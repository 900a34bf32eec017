"""A small linked warehouse for tests of the service: people of a register, and some of them in two programs."""

import datetime as dt
import json
from pathlib import Path

import duckdb

from exchange.service.index import FOLDER, build_index
from linkage.registry.run import link_registry

TODAY = dt.date(2026, 6, 30)
CONTENT = (Path(__file__).parent / "service_warehouse.sql").read_text(encoding="utf-8")
REGISTRY = """
country: Testland
currency: XTS
reporting_date: 2026-06-30
programs:
  PENSION: {name: Pension, benefit_unit: person}
  GRANT: {name: Grant, benefit_unit: household}
service: {enabled: true}
sources:
  one: {name: One, kind: mis, url: "sqlite:///one.db", programs: [PENSION], tables: {persons: {key: [id]}}}
  two: {name: Two, kind: mis, url: "sqlite:///two.db", programs: [GRANT], tables: {persons: {key: [id]}}}
"""


def make_warehouse(file: Path, register: bool = True) -> None:
    """The warehouse, linked; `register`: whether the register could be asked."""
    with duckdb.connect(str(file)) as con:
        con.execute(CONTENT)
        if not register:
            con.execute("UPDATE ops.sources SET is_stale = true WHERE kind = 'register'")
        link_registry(con, None, "run-1", TODAY, keeps_register=True)
        con.execute(
            "UPDATE marts.fct_enrolments e SET household_uid = h.household_uid "
            "FROM linkage.households_crosswalk h WHERE h.household_id = e.household_id"
        )


def publish(home: Path, warehouse: Path, version: str, published_at: dt.datetime) -> None:
    """A publication that holds nothing but the service's index."""
    folder = home / "published" / version
    folder.mkdir(parents=True)
    build_index(warehouse, home / "tmp", folder)
    about = {
        "version": version, "reporting_date": TODAY.isoformat(), "published_at": published_at.isoformat(),
        "stale_sources": ["two"],
    }  # fmt: skip
    (folder / "publication.json").write_text(json.dumps(about), encoding="utf-8")
    point_at(home, version)
    assert (folder / FOLDER).is_dir()


def point_at(home: Path, version: str) -> None:
    """Make a version the current one."""
    link = home / "published" / ".next"
    link.symlink_to(version, target_is_directory=True)
    link.replace(home / "published" / "current")


def make_home(home: Path, now: dt.datetime) -> Path:
    """A workspace with the warehouse and its first publication."""
    home.mkdir()
    (home / "registry.yml").write_text(REGISTRY)
    make_warehouse(home / "warehouse.duckdb")
    publish(home, home / "warehouse.duckdb", "20260701T010000Z", now)
    return home
