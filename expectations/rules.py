"""The contract on the tables of rules that a secretariat edits: all mistakes told at once, before anything is built.

What each table holds stands in `contracts/rules.yml`; a country's programs come from registry.yml.
"""

from collections.abc import Collection
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import yaml
from jinja2 import Template

from ibr.errors import ConfigurationProblem
from warehouse.connection import connect, literal, quoted

_Codes = dict[str, Collection[str]]  # of registry.yml, by kind
_DAY = "try_cast({0} AS DATE) IS NOT NULL AND regexp_full_match({0}, '\\d{{4}}-\\d\\d-\\d\\d')"
_KINDS = {
    "text": ("", ""),
    "day": (_DAY, "a day as 2026-06-30"),
    "whole": ("regexp_full_match({0}, '\\d{{1,9}}') AND {0}::BIGINT >= {1}", "a whole number, {1} or more"),
    "amount": ("try_cast({0} AS DECIMAL(18, 2)) >= {1}", "an amount, {1} or more"),
    "share": ("try_cast({0} AS DECIMAL(18, 4)) BETWEEN 0 AND 1", "a share, 0 to 1"),
    "number": ("try_cast({0} AS DOUBLE) IS NOT NULL", "a number"),
    "yes_no": ("{0} IN ('true', 'false')", "true or false"),
}


def check_rules(folder: Path, programs: Collection[str], sources: Collection[str]) -> None:
    """Check the tables of rules in a folder, `<table>.csv` each.

    `programs`, `sources`: the codes that rules may name. Raises ConfigurationProblem that names all mistakes, separated
    by " | ".
    """
    codes = {"program": programs, "source": sources}
    faults = []
    with connect(":memory:", threads=1) as con:
        for table, spec in _contract().items():
            found = _faults(con, table, folder / f"{table}.csv", spec, codes)
            faults += [f"{table}.csv{f' line {line}' if line else ''}: {fault}" for line, fault in found]
    if faults:
        count = f"{len(faults)} mistake{'s' if len(faults) > 1 else ''} in the rules in {folder}"
        raise ConfigurationProblem(f"{count}: " + " | ".join(faults))


@cache
def _contract() -> dict[str, dict[str, Any]]:
    return yaml.safe_load(files("expectations").joinpath("contracts/rules.yml").read_text(encoding="utf-8"))


@cache
def _template() -> Template:
    return Template(files("expectations").joinpath("rules.sql").read_text(encoding="utf-8"))


def _faults(
    con: duckdb.DuckDBPyConnection, table: str, path: Path, spec: dict[str, Any], codes: _Codes
) -> list[tuple[int | None, str]]:
    columns = ", ".join(map(quoted, spec["columns"]))
    # Empty where the file cannot be used, so that other tables can be checked against it.
    con.execute(f"CREATE TABLE {quoted(table)} ({columns.replace(',', ' VARCHAR,')} VARCHAR, line BIGINT)")
    if not path.is_file():
        return [(None, f"is missing; expected a file with columns {', '.join(spec['columns'])}")]
    file = f"read_csv({literal(str(path))}, header = true, skip = 0, all_varchar = true, delim = ',', quote = '\"')"
    try:
        present = con.sql(f"FROM {file}").columns
        if missing := [name for name in spec["columns"] if name not in present]:
            return [(None, f"column(s) {', '.join(missing)} are missing")]
        con.execute(f"INSERT INTO {quoted(table)} SELECT {columns}, 1 + row_number() OVER () FROM {file}")
    except duckdb.Error:
        return [(None, "cannot be read; expected UTF-8, columns divided by commas, as many on each line as the first")]
    return con.execute(_query(table, spec, codes)).fetchall()


def _query(table: str, spec: dict[str, Any], codes: _Codes) -> str:
    key = spec.get("key", [])
    complete, shares, in_order = spec.get("complete"), spec.get("adds_up_to_1"), spec.get("in_order", [])
    return _template().render(
        rules=quoted(table),
        columns=[_column(name, kind, spec, codes) for name, kind in spec["columns"].items()],
        keys=[[quoted(name) for name in one] for one in (key if key and isinstance(key[0], list) else [key]) if one],
        lines=[{"must": line["must"], "expected": literal(line["expected"])} for line in spec.get("lines", [])],
        about=_about(spec.get("in_force", []), spec.get("in_any_order", [])),
        in_order=[(quoted(lesser), quoted(greater)) for lesser, greater in pairwise(in_order)],
        adds_up_to_1={"name": quoted(shares), "text": literal(shares)} if shares else None,
        complete=_complete(complete, spec["columns"]) if complete else None,
    )


def _complete(name: str, columns: dict[str, Any]) -> dict[str, Any]:
    advice = "; write one with is_active false to switch it off" if "is_active" in columns else ""
    return {"name": quoted(name), "codes": [literal(code) for code in columns[name]], "advice": literal(advice)}


def _column(name: str, kind: str | list[str], spec: dict[str, Any], codes: _Codes) -> dict[str, Any]:
    must, expected = _must(name, kind, 1 if name in spec.get("at_least_1", []) else 0, codes)
    needed = spec.get("needed_for", {}).get(name)
    return {
        "name": quoted(name),
        "text": literal(name),
        "must": must,
        "expected": literal(expected),
        "may_be_empty": name in spec.get("may_be_empty", []),
        "needed_where": _one_of(spec["complete"], needed) if needed else None,
    }


def _must(name: str, kind: str | list[str], least: int, codes: _Codes) -> tuple[str, str]:
    """The condition on a value that is there, and what it expects in words."""
    programs, sources = codes["program"], codes["source"]
    if isinstance(kind, list):
        return _one_of(name, kind), f"one of {', '.join(kind)}"
    if kind == "program":
        return _one_of(name, programs), f"a program of registry.yml: {', '.join(programs)}"
    if kind == "program_or_group":
        of_group = f"{quoted(name)} IN (SELECT group_code FROM program_groups)"
        return (
            f"{_one_of(name, programs)} OR {of_group}",
            f"a program of registry.yml or a group of program_groups.csv: {', '.join(programs)}",
        )
    if kind == "sources":
        known = ", ".join(literal(source) for source in sources)
        condition = f"list_has_all([{known}], string_split({quoted(name)}, ' '))"
        return condition, f"sources of registry.yml with a blank between them: {', '.join(sources)}"
    if kind == "area":
        return f"{quoted(name)} IN (SELECT area_code FROM areas)", "an area_code of areas.csv"
    if kind == "group":
        return f"NOT {_one_of(name, programs)}", "a name that no program has"
    condition, expected = _KINDS[kind]
    return condition.format(quoted(name), least), expected.format(quoted(name), least)


def _one_of(name: str, values: Collection[str]) -> str:
    return f"{quoted(name)} IN ({', '.join(literal(value) for value in values)})" if values else "false"


def _about(columns: list[str], in_any_order: list[str]) -> list[str]:
    """What two lines about the same thing share; of columns whose order does not matter the sorted values."""
    about = [quoted(name) for name in columns if name not in in_any_order]
    return [*about, f"list_sort([{', '.join(map(quoted, in_any_order))}])"] if in_any_order else about
