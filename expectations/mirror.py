"""The contract on one landed source, built from its configuration: nothing here knows a source by name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from expectations.contract import Check, Kind, TableContract
from expectations.results import ContractResult
from expectations.runner import run_contract
from warehouse.connection import connect, literal, quoted


class TableConfig(Protocol):
    """What is read of a table's configuration (`ibr.config.Table` has it)."""

    key: list[str]
    cursor: str | None
    columns: dict[str, str]
    may_be_empty: bool


class LimitsConfig(Protocol):
    """What is read of a source's limits (`ibr.config.Limits` has it)."""

    rejected_share: float


class SourceConfig(Protocol):
    """What is read of a source's configuration (`ibr.config.Source` has it)."""

    @property
    def tables(self) -> Mapping[str, TableConfig]: ...

    @property
    def limits(self) -> LimitsConfig: ...


_TRUE_OR_FALSE = "'0', '1', 'true', 'false', 't', 'f', 'yes', 'no', 'y', 'n'"


def mirror_contract(
    source: SourceConfig,
    parquet: Mapping[str, Path],
    tolerated: Mapping[str, float] | None = None,
    refused: str | None = None,
) -> list[TableContract]:
    """The checks on each landed table: columns there, rows there, key whole and unique, types readable.

    Up to `tolerated`, by default `limits.rejected_share`, of a file's rows may break a check on rows. Rows that have a
    reason in the column `refused` go to quarantine whatever is in them: they are not judged again.
    """
    stored = f" WHERE {quoted(refused)} IS NULL" if refused else ""
    return [
        TableContract(
            name,
            f"(FROM read_parquet({literal(str(parquet[name]))}){stored})",
            _checks(table, (tolerated or {}).get(name, source.limits.rejected_share)),
        )
        for name, table in source.tables.items()
        if name in parquet
    ]


def run_mirror_contract(
    source: str,
    tables: Mapping[str, TableConfig],
    parquet: Mapping[str, Path],
    limits: LimitsConfig,
    *,
    tolerated: Mapping[str, float] | None = None,
    refused: str | None = None,
    quarantine: Path | None = None,
    memory_limit: str | None = None,
    temporary: Path | None = None,
) -> ContractResult:
    """Check one landed source before it is merged. May be called from threads; needs no warehouse.

    `parquet` is the landed file of each table; `tolerated` the share of a file's rows that may break a check on rows,
    where that differs from `limits.rejected_share` (a file may hold only what changed); `refused` the column that has
    the reason of rows which are quarantined already; `quarantine` the workspace's folder, under which broken rows go
    to `<source>/contract/<table>.csv`; `temporary` where DuckDB spills what `memory_limit` does not hold.
    """
    contract = mirror_contract(_Source(tables, limits), parquet, tolerated, refused)
    with connect(":memory:", memory_limit=memory_limit, temp_directory=temporary) as con:
        # A folder of its own: the quarantine of a source also holds rows that later stages refused.
        folder = quarantine / source / "contract" if quarantine else None
        return run_contract(con, f"mirror of {source}", contract, folder)


class _Source:
    def __init__(self, tables: Mapping[str, TableConfig], limits: LimitsConfig) -> None:
        self.tables, self.limits = tables, limits


def _checks(table: TableConfig, tolerated: float) -> list[Check]:
    named = dict.fromkeys([*table.key, *([table.cursor] if table.cursor else []), *table.columns])
    checks = [Check(Kind.COLUMNS, "columns exist", columns=tuple(named))] if named else []
    if not table.may_be_empty:
        checks.append(Check(Kind.HAS_ROWS, "has rows"))
    checks += [
        Check(Kind.NOT_NULL, f"key {column} is filled", columns=(column,), at_most=tolerated) for column in table.key
    ]
    if table.key:
        checks.append(Check(Kind.UNIQUE, "key is unique", columns=tuple(table.key), at_most=tolerated))
    for column, kind in table.columns.items():
        condition = readable(column, kind)
        if condition:
            checks.append(
                Check(Kind.MUST, f"readable as {kind}", columns=(column,), must=condition, at_most=tolerated)
            )
    return checks


def readable(column: str, kind: str) -> str | None:
    """The SQL condition that a value can be read as its declared type; None where any value can.

    Blank text is a missing value, not an unreadable one. A format may list several, parted by `|`
    (`date %Y-%m-%d|%Y`); where the source's own type is a date already, its format does not matter.
    """
    name = quoted(column)
    text = f"nullif(trim(CAST({name} AS VARCHAR)), '')"
    base, _, formats = kind.partition(" ")
    if base == "integer":
        # Not TRY_CAST, which takes 1.5 for 2. A whole number kept as a float (12.0) is one.
        return f"regexp_full_match({text}, '[+-]?[0-9]+([.]0*)?')"
    if base == "number":
        return f"{text} IS NULL OR TRY_CAST({text} AS DOUBLE) IS NOT NULL"
    if base == "boolean":
        return f"lower({text}) IN ({_TRUE_OR_FALSE})"
    if base in ("date", "timestamp"):
        listed = ", ".join(literal(one.strip()) for one in formats.split("|")) if formats else ""
        parsed = f"try_strptime({text}, [{listed}])" if listed else f"TRY_CAST({text} AS TIMESTAMP)"
        is_dated = f"typeof({name}) IN ('DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE')"
        return f"{text} IS NULL OR {is_dated} OR {parsed} IS NOT NULL"
    return None
