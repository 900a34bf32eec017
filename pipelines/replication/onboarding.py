"""A further source: a database is looked at, and what registry.yml and dbt need to know of it is proposed.

Nothing is guessed that the database does not say: keys are those it declares, a cursor only a column that it moves
itself.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import duckdb
import jinja2
import yaml

from ibr import secrets
from ibr.config import SCHEMES, Source, Table, has_known_scheme
from ibr.errors import ConfigurationProblem, ContractBroken, SourceUnreachable, UsageProblem
from ibr.yaml_files import read
from pipelines.replication.adapters import Adapter, Column, open_source
from pipelines.replication.landing import check_columns
from pipelines.replication.lookup.check import try_service
from pipelines.replication.names import asset_name
from warehouse.connection import connect, quoted

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "skeleton"), trim_blocks=True, lstrip_blocks=True,
    keep_trailing_newline=True, variable_start_string="[[", variable_end_string="]]", block_start_string="[%",
    block_end_string="%]",
)  # fmt: skip
_LOOKED_AT = 10_000  # rows by which it is told what a text column holds


@dataclass
class FoundTable:
    """A table as it was found. `types`: what the contract may check of its text columns."""

    name: str
    rows: int
    columns: list[Column]
    key: list[str]
    cursor: str | None
    types: dict[str, str] = field(default_factory=dict)

    def configuration(self) -> dict[str, Any]:
        """The table as registry.yml writes it."""
        found: dict[str, Any] = {}
        if self.key:
            found["key"] = self.key
        if self.cursor:
            found["cursor"] = self.cursor
        if self.types:
            found["columns"] = self.types
        if not self.rows:
            found["may_be_empty"] = True
        return found


@dataclass
class Inspection:
    """What a database has: tables that can be mirrored, and, by table, why others cannot."""

    tables: list[FoundTable] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def inspect(code: str, url: str, home: Path, tables: list[str]) -> Inspection:
    """Look at a database: its tables, or those named, with their columns, keys and cursors.

    Raises SourceUnreachable, and UsageProblem for a kind of url that is not known, a table that is not there, or a
    database without one that can be mirrored.
    """
    if re.match(r"https?:", url):
        raise UsageProblem(
            f"source {code}: a web service has no tables to look at; write its entry by hand, as in "
            "docs/adding-a-source.md, then `ibr sources check` tries it"
        )
    if re.match(r"(files|inbox)\b", url):
        raise UsageProblem(
            f"source {code}: files do not say their keys and types; write its entry by hand, as in "
            "docs/adding-a-source.md"
        )
    if not has_known_scheme(url):
        expected = ", ".join(f"{scheme}:" for scheme in SCHEMES if scheme not in ("files", "inbox"))
        raise UsageProblem(f"source {code}: its url begins with none of {expected}")
    source = Source.model_construct(name=code, url=url, tables={})
    with connect(":memory:", memory_limit="1GB") as con, open_source(con, code, source, home) as adapter:
        there = adapter.tables()
        if not there:
            raise UsageProblem(f"source {code}: there is no table that this account can see")
        if faults := _faults_of_names(adapter, source, [name for name in tables if name not in there]):
            raise UsageProblem(" | ".join(faults))
        found = Inspection()
        for name in tables or there:
            try:
                if alike := [other.name for other in found.tables if other.name.lower() == name.lower()]:
                    raise ContractBroken(f"differs by capitals alone from {alike[0]}; mirrors do not tell these apart")
                found.tables.append(_found(con, adapter, source, name))
            except ContractBroken as problem:
                found.left_out[name] = str(problem).removeprefix(f"source {code}, table {name}: ").removeprefix(
                    f"source {code}: "
                )
        if not found.tables:
            told = "; ".join(f"{name}: {why}" for name, why in found.left_out.items())
            raise UsageProblem(f"source {code}: no table can be mirrored ({told})")
        return found


def _faults_of_names(adapter: Adapter, source: Source, names: list[str]) -> list[str]:
    """What is wrong with names that are not listed. Those of views are right: they are taken where they are named."""
    faults = []
    for name in names:
        source.tables[name] = Table()
        try:
            adapter.columns(name)
        except ContractBroken as problem:
            faults.append(str(problem))
    return faults


def _found(con: duckdb.DuckDBPyConnection, adapter: Adapter, source: Source, name: str) -> FoundTable:
    source.tables[name] = Table()
    columns = adapter.columns(name)
    check_columns(source.name, name, source.tables[name], columns)
    rows = adapter.rows(name, columns, None)
    counted = con.execute(f"SELECT count(*) FROM (SELECT 1 FROM {rows} LIMIT {_LOOKED_AT})").fetchone()
    types = _types(con, rows, columns) if all(c.is_text or c.type in ("BIGINT", "DOUBLE") for c in columns) else {}
    return FoundTable(
        name, counted[0] if counted else 0, columns, adapter.proposed_key(name), adapter.proposed_cursor(name), types
    )


def _types(con: duckdb.DuckDBPyConnection, rows: str, columns: list[Column]) -> dict[str, str]:
    """What columns hold whose database has no types for dates: date where every text looked at is one."""
    found = {column.name: "number" for column in columns if column.type == "DOUBLE"}
    found |= {column.name: "integer" for column in columns if column.type == "BIGINT"}
    texts = [column.name for column in columns if column.is_text]
    if texts:
        is_dated = "count({0}) > 0 AND count({0}) = count(try_strptime({0}, '%Y-%m-%d'))"
        dated = ", ".join(is_dated.format(quoted(name)) for name in texts)
        answers = con.execute(f"SELECT {dated} FROM (FROM {rows} LIMIT {_LOOKED_AT})").fetchone() or ()
        found |= {name: "date" for name, is_date in zip(texts, answers, strict=True) if is_date}
    return {column.name: found[column.name] for column in columns if column.name in found}


def without_password(code: str, url: str) -> tuple[str, str | None]:
    """The URL with `${CODE_PASSWORD}` in the place of its password, and the password as it is; None where it has none.

    People write passwords into URLs as they are: up to the last @ it is password, and it is taken to be encoded only
    where it holds no sign that would have to be.
    """
    url = with_known_scheme(url)
    found = re.match(r"(\w+://[^:/@?]*):(.+)@", url)
    if not found or found[2].startswith("${"):
        return url, None
    password = found[2] if re.search(r"[@/:?#'\s]", found[2]) else unquote(found[2])
    return f"{found[1]}:${{{password_name(code)}}}@{url[found.end():]}", password


def with_password(code: str, url: str, password: str | None) -> str:
    """A URL of `without_password` with its password again, encoded."""
    return url.replace(f"${{{password_name(code)}}}", quote(password, safe="")) if password else url


def with_known_scheme(url: str) -> str:
    """The URL as registry.yml writes it: `postgres:` is also said for `postgresql:`."""
    return re.sub(r"^postgres:", "postgresql:", url)


def password_name(code: str) -> str:
    """The name by which registry.yml calls a source's password."""
    return f"{code.upper()}_PASSWORD"


def block(code: str, url: str, kind: str, programs: list[str], tables: list[FoundTable]) -> str:
    """A source as registry.yml writes it, below `sources:`."""
    source: dict[str, Any] = {"name": code, "kind": kind, "url": url}
    if programs:
        source["programs"] = programs
    lines = [f"{code}:", *(f"  {name}: {_on_one_line(value)}" for name, value in source.items()), "  tables:"]
    for table in tables:
        name = _on_one_line(table.name)
        lines.append(f"    {name}: {_on_one_line(table.configuration())}")
    return "".join(f"  {line}\n" for line in lines)


def _on_one_line(value: Any) -> str:
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=float("inf"), default_flow_style=True)
    return text.removesuffix("...\n").strip()


def add_block(registry_file: Path, code: str, text: str) -> None:
    """Put a source at the end of `sources:` in registry.yml, and leave every other line as it is.

    Raises UsageProblem where there is a source of that name, ConfigurationProblem where there is no such place.
    """
    lines = registry_file.read_text(encoding="utf-8").splitlines(keepends=True)
    content = read("".join(lines)) or {}
    if code in (content.get("sources") or {}):
        raise UsageProblem(f"registry.yml has a source {code} already; choose another code, or edit it there")
    start = next((i for i, line in enumerate(lines) if re.match(r"sources:\s*(\{\s*\})?\s*(#.*)?$", line)), None)
    if start is None:
        raise ConfigurationProblem(f"{registry_file} has no line `sources:` to write the source under")
    lines[start] = re.sub(r"\{\s*\}", "", lines[start]).rstrip() + "\n"
    end = next((i for i in range(start + 1, len(lines)) if re.match(r"[^\s#]", lines[i])), len(lines))
    while end > start + 1 and re.match(r"\s*(#.*)?$", lines[end - 1]) and not lines[end - 1].startswith("  "):
        end -= 1
    if not lines[end - 1].endswith("\n"):
        lines[end - 1] += "\n"
    partial = registry_file.with_suffix(".yml.part")
    partial.write_text("".join([*lines[:end], text, *lines[end:]]), encoding="utf-8")
    partial.replace(registry_file)


def write_skeleton(staging: Path, code: str, tables: list[FoundTable]) -> list[Path]:
    """The start of the source's staging folder: its tables for dbt, and a model for each to be finished by hand.

    A file that is there already is left as it is. Returns the files written.
    """
    folder, written = staging / code, []
    folder.mkdir(parents=True, exist_ok=True)
    names = [plain_name(table.name) for table in tables]
    # Names that differ by case or signs alone would be one file.
    apart = [name if names.count(name) == 1 else f"{name}_{place}" for place, name in enumerate(names, 1)]
    models: list[dict[str, Any]] = [
        {"table": table, "model": f"stg_{code}__{name}"} for table, name in zip(tables, apart, strict=True)
    ]
    files: dict[Path, tuple[str, dict[str, Any]]] = {
        folder / f"_{code}__sources.yml": ("sources.yml.j2", {"models": models})
    }
    for model in models:
        files[folder / f"{model['model']}.sql"] = ("staging.sql.j2", model)
    for path, (template, context) in files.items():
        if not path.exists():
            text = _TEMPLATES.get_template(template).render(
                code=code, plain_name=plain_name, asset_name=asset_name, quoted=quoted, **context
            )
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written


def plain_name(name: str) -> str:
    """A table's or column's name in lower case with underscores."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", apart.lower()).strip("_") or "unnamed"


@dataclass(frozen=True)
class Finding:
    """What is wrong with a table of a source, or with the source itself; None: nothing, and then what was seen."""

    source: str
    table: str | None
    problem: str | None
    exit_code: int = 0
    seen: str = "is as registry.yml says"


def check(code: str, source: Source, home: Path) -> list[Finding]:
    """Whether a source answers, and has the tables and columns that registry.yml names."""
    try:
        if source.lookup:
            return [Finding(code, None, None, seen=try_service(code, source, home))]
        with connect(":memory:", memory_limit="1GB") as con, open_source(con, code, source, home) as adapter:
            return [_checked(adapter, code, name, table) for name, table in source.tables.items()]
    except (SourceUnreachable, ContractBroken) as error:
        return [Finding(code, None, str(error), error.exit_code)]


def _checked(adapter: Adapter, code: str, name: str, table: Table) -> Finding:
    try:
        there = {column.name for column in adapter.columns(name)}
    except ContractBroken as error:
        return Finding(code, name, str(error), error.exit_code)
    wanted = [*table.key, *([table.cursor] if table.cursor else []), *table.columns]
    gone = [column for column in dict.fromkeys(wanted) if column not in there]
    if gone:
        return Finding(code, name, f"column(s) {', '.join(gone)} are not there", ContractBroken.exit_code)
    return Finding(code, name, None)


def keep_password(home: Path, code: str, password: str) -> Path:
    """Put a source's password into its key file."""
    return secrets.keep(home, password_name(code), password)
