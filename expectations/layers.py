"""The contracts on the registry and on the marts: what `contracts/*.yml` say, for whatever programs there are."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import yaml

from expectations.contract import Check, Kind, TableContract
from expectations.results import ContractResult, Severity
from expectations.runner import run_contract
from warehouse.connection import connect, quoted


def run_registry_contract(
    warehouse: duckdb.DuckDBPyConnection | Path, quarantine: Path | None = None
) -> ContractResult:
    """Check `registry.*`, by a connection or a warehouse file. Raises WarehouseBusy if the file is being written."""
    return _run("registry", warehouse, quarantine)


def run_marts_contract(
    warehouse: duckdb.DuckDBPyConnection | Path, quarantine: Path | None = None
) -> ContractResult:
    """Check `marts.*` before they are published, by a connection or a warehouse file."""
    return _run("marts", warehouse, quarantine)


@cache
def read_contract(name: str) -> tuple[TableContract, ...]:
    """The tables and checks of `contracts/<name>.yml`, whose first lines explain its words."""
    text = files("expectations").joinpath(f"contracts/{name}.yml").read_text(encoding="utf-8")
    return tuple(_table(entry) for entry in yaml.safe_load(text)["tables"])


def _run(name: str, warehouse: duckdb.DuckDBPyConnection | Path, quarantine: Path | None) -> ContractResult:
    folder = quarantine / name if quarantine else None
    if isinstance(warehouse, duckdb.DuckDBPyConnection):
        return run_contract(warehouse, name, read_contract(name), folder)
    with connect(warehouse, read_only=True) as con:
        return run_contract(con, name, read_contract(name), folder)


def _table(entry: dict[str, Any]) -> TableContract:
    name = entry["table"]
    relation = f"({entry['query']})" if "query" in entry else ".".join(quoted(part) for part in name.split("."))
    return TableContract(name, relation, [*_structure(entry), *_values(entry), *_rows(entry)])


def _structure(entry: dict[str, Any]) -> list[Check]:
    checks = []
    if "columns" in entry:
        checks.append(Check(Kind.COLUMNS, "columns exist", columns=tuple(entry["columns"])))
    if entry.get("has_rows"):
        checks.append(Check(Kind.HAS_ROWS, "has rows"))
    if "key" in entry:
        checks += [Check(Kind.NOT_NULL, f"key {column} is filled", columns=(column,)) for column in entry["key"]]
        checks.append(Check(Kind.UNIQUE, "key is unique", columns=tuple(entry["key"])))
    return checks


def _values(entry: dict[str, Any]) -> list[Check]:
    filled = [
        Check(Kind.NOT_NULL, f"{column} is filled", columns=(column,)) for column in entry.get("not_null", [])
    ]
    accepted = [
        Check(Kind.ACCEPTED, f"{column} is a known code", columns=(column,), values=tuple(values))
        for column, values in entry.get("accepted", {}).items()
    ]
    between = [
        Check(
            Kind.BETWEEN, f"{column} is plausible", columns=(column,),
            minimum=bounds.get("min"), maximum=bounds.get("max"),
        )
        for column, bounds in entry.get("between", {}).items()
    ]
    return filled + accepted + between


def _rows(entry: dict[str, Any]) -> list[Check]:
    return [
        Check(
            Kind.MUST, rule["name"], columns=tuple(rule.get("columns", ())), must=rule["must"],
            at_most=rule.get("at_most", 0.0), severity=Severity(rule.get("severity", "blocking")),
        )
        for rule in entry.get("rows", [])
    ]
