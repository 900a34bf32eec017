"""registry.yml: what a country configures, checked whole before anything runs.

All mistakes are reported at once, each with its place in the file. Secrets are named as
`${NAME}` and come from the environment or a key file, never from this one.
"""

import codecs
import datetime as dt
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import quote

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from ibr import secrets
from ibr.alerts.settings import Alerts
from ibr.config_serving import Encryption, Service, Serving, unknown_to_service
from ibr.errors import ConfigurationProblem
from ibr.lookup import ANSWERS, Lookup, faults_of
from ibr.naming import NameRule
from ibr.yaml_files import place_of

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
ProgramCode = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_-]{0,29}$")]
Block = TypeVar("Block", bound=BaseModel)
Share = Annotated[float, Field(ge=0, le=1)]
SCHEMES = ("sqlite", "postgresql", "mysql", "mssql", "files", "https", "http")
_LOOK_BACK = re.compile(r"\d+( (minute|hour|day|week)s?)?")
_TYPE_PATTERN = re.compile(
    r"(text|boolean)|(integer)( 1[,. ']234)?|(number)( 1([, ']?234[.]56|[. ']?234,56))?|(date|timestamp)( .+)?"
)
# What a row of sums begins with, in languages of forms and spreadsheets; capitals do not matter.
TOTALS = (
    "total", "totals", "grand total", "subtotal", "sub-total", "sub total", "sum", "jumla", "totaux", "somme", "suma",
    "soma",
)  # fmt: skip


class _Section(BaseModel):
    """A part of the file: an unknown key is a mistake, not something to ignore."""

    model_config = ConfigDict(extra="forbid")


class BenefitUnit(StrEnum):
    """Whom a program pays: one person, or a household as a whole."""

    PERSON = "person"
    HOUSEHOLD = "household"


class SourceKind(StrEnum):
    """What a source is for: a program's system, the population register, or a list to cross-check."""

    MIS = "mis"
    REGISTER = "register"
    REFERENCE = "reference"


class Recipient(_Section):
    """For whom a program's exception files are encrypted: people with a password, systems with an age key."""

    workbook_password: SecretStr | None = Field(default=None, min_length=1, max_length=255)
    age: str | None = None

    @field_validator("age")
    @classmethod
    def _is_a_recipient(cls, age: str | None) -> str | None:
        from exchange.encryption import is_recipient  # only needed where something is set

        if age is not None and not is_recipient(age):
            raise ValueError("is no age recipient; expected a public key as age-keygen prints it, age1...")
        return age

    @model_validator(mode="after")
    def _is_somebody(self) -> "Recipient":
        if not (self.workbook_password or self.age):
            raise ValueError("names nobody; expected workbook_password, age, or both")
        return self


class Program(_Section):
    """One cash-transfer program. `language`: of its exception files, where it is not the registry's."""

    name: str
    benefit_unit: BenefitUnit
    manager: str | None = None
    language: str | None = None
    recipient: Recipient | None = None


class Table(_Section):
    """One table to mirror.

    `key` names the columns that identify a row (none: rows are told apart by their content);
    `cursor` a column that rises whenever a row changes; `look_back` how far behind the largest value seen it is read
    again, for rows that arrive late: a number, or a time as in `2 days`; `columns` the types that the contract checks;
    `without` the columns that are not copied: what nobody needs, or nobody may have.
    """

    key: list[str] = []
    cursor: str | None = None
    look_back: str | None = Field(default=None, description="how far behind its largest value the cursor is read again")
    columns: dict[str, str] = {}
    without: list[str] = Field(default=[], description="columns that are not copied")
    filter: str | None = None
    may_be_empty: bool = False
    path: str | None = Field(default=None, description="for file sources: a file or a glob")
    encoding: str | None = Field(default=None, description="for CSV files that are neither UTF-8 nor UTF-16")
    sheet: str | None = Field(default=None, description="of a workbook with several")
    sends: Literal["full", "changes"] = Field(default="full", description="for inbox sources: what a batch brings")
    deleted: dict[str, str] = Field(default={}, description="for changes: the column and value that mark a deletion")
    in_every_batch: bool = Field(default=True, description="for inbox sources: whether a batch waits for it")

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, encoding: str | None) -> str | None:
        try:
            codecs.lookup(encoding or "utf-8")
        except LookupError:
            raise ValueError(f"encoding {encoding!r} is not known; expected one as latin-1 or cp1252") from None
        return encoding

    @field_validator("look_back")
    @classmethod
    def _is_a_distance(cls, look_back: str | None) -> str | None:
        if look_back and not _LOOK_BACK.fullmatch(look_back):
            raise ValueError(f"look_back is {look_back!r}; expected a number, or a time as in 2 days or 12 hours")
        return look_back

    @model_validator(mode="after")
    def _fits_together(self) -> "Table":
        if self.sends == "changes" and not self.key:
            raise ValueError("sends: changes needs a key, by which the rows are told apart")
        if self.look_back and not self.cursor:
            raise ValueError("look_back needs a cursor")
        needed = [name for name in (*self.key, self.cursor, *self.columns) if name in self.without]
        if needed:
            raise ValueError(f"without leaves out {', '.join(needed)}, which key, cursor or columns need")
        return self

    @field_validator("columns")
    @classmethod
    def _known_types(cls, columns: dict[str, str]) -> dict[str, str]:
        for name, kind in columns.items():
            if not _TYPE_PATTERN.fullmatch(kind):
                raise ValueError(
                    f"column {name} has type {kind!r}; expected text, integer, number, boolean, "
                    "date [FORMAT] or timestamp [FORMAT]; in files also number 1.234,56 and the like"
                )
        return columns


class Limits(_Section):
    """When a source is held back: shares of a table's rows, from 0 to 1."""

    rejected_share: Share = 0.02
    vanished_share: Share = 0.20

    def tolerated_rows(self, rows: int) -> int:
        """How many of a table's rows may be unusable: the share, and always one."""
        return max(1, int(self.rejected_share * rows))

    def tolerated_losses(self, rows: int) -> int:
        """How many rows a table may lose between two runs: the share, and always ten."""
        return max(10, int(self.vanished_share * rows))


def has_known_scheme(url: str) -> bool:
    """Whether a URL is of a kind of source that there is an adapter for."""
    return bool(re.match(rf"^({'|'.join(SCHEMES)}):", url))


class Source(_Section):
    """A database or a stream of files that is mirrored."""

    name: str
    kind: SourceKind
    url: str
    programs: list[ProgramCode] = []
    freshness_days: int = Field(default=1, ge=0)
    timeout_seconds: int = Field(default=3600, gt=0)
    retries: int = Field(default=2, ge=0, description="further tries, each after a longer wait, where it may help")
    compare_days: int = Field(default=7, gt=0, description="after so many days tables are copied and compared whole")
    limits: Limits = Limits()
    settle_minutes: float = Field(default=5, ge=0, description="for inbox sources: how long files must lie unchanged")
    totals: list[str] = Field(default=list(TOTALS), description="words that begin a row of sums in files")
    tables: dict[str, Table]
    lookup: Lookup | None = Field(default=None, description="for a register behind a web service: how it is asked")

    @property
    def promise(self) -> dt.timedelta:
        """How old its mirror may be: `freshness_days` and half a day, for a night that starts later than the last."""
        return dt.timedelta(days=self.freshness_days, hours=12)

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, url: str) -> str:
        if url.startswith("inbox") and url != "inbox":
            raise ValueError(f"url {url!r}; expected inbox alone: batches are dropped into inbox/SOURCE/")
        if url != "inbox" and not has_known_scheme(url):
            expected = ", ".join(f"{scheme}:" for scheme in SCHEMES)
            raise ValueError(f"url starts with {url.split(':')[0]!r}; expected {expected} or inbox")
        return url

    @property
    def is_inbox(self) -> bool:
        """Whether its files arrive as batches in `inbox/<source>/`."""
        return self.url == "inbox"

    @model_validator(mode="after")
    def _tables_fit_kind(self) -> "Source":
        if not self.tables:
            raise ValueError("no tables named; list at least one")
        names = [name.lower() for name in self.tables]
        if alike := [name for name in self.tables if names.count(name.lower()) > 1]:
            raise ValueError(
                f"tables {', '.join(alike)} differ by capitals alone, which mirrors cannot tell apart; leave one out"
            )
        without_path = [name for name, table in self.tables.items() if not table.path]
        if self.url.startswith("files:") and without_path:
            raise ValueError(f"table(s) {', '.join(without_path)} of a files: source need a path")
        if faults := faults_of(self.url, self.kind.value, self.tables, self.lookup):
            raise ValueError("; ".join(faults))
        for table in self.tables.values():
            if self.is_inbox and table.path:
                NameRule(table.path).check()
        return self

    @model_validator(mode="after")
    def _batches_are_of_inboxes(self) -> "Source":
        asked = ("sends", "deleted", "in_every_batch")
        misplaced = [
            f"{name}.{key}" for name, table in self.tables.items() for key in asked if key in table.model_fields_set
        ]
        if misplaced and not self.is_inbox:
            raise ValueError(f"{', '.join(misplaced)}: only a source with url inbox has batches")
        return self

    @property
    def as_mirrored(self) -> "Source":
        """The source with all tables of its mirror: a service has one more, of who was asked for."""
        if self.lookup is None:
            return self
        return self.model_copy(update={"tables": {ANSWERS: Table(key=["national_id"]), **self.tables}})


class Warehouse(_Section):
    """Bounds of the one process that writes."""

    memory_limit: str = Field(default="8GB", pattern=r"^\d+(\.\d+)? ?(MB|GB|TB)$")
    threads: int | None = Field(default=None, gt=0)


class Publish(_Section):
    """What is published: `keep` versions stay, `audiences` of the policy (audiences.yml; all, where none are named).

    `parquet`: every published table also as a Parquet file.
    """

    keep: int = Field(default=5, ge=1)
    parquet: bool = False
    audiences: list[str] | None = Field(default=None, min_length=1)

    @field_validator("audiences")
    @classmethod
    def _secretariat_is_there(cls, audiences: list[str] | None) -> list[str] | None:
        if audiences is not None and "secretariat" not in audiences:
            raise ValueError("leaves out secretariat, whose file commands read; name it too")
        return audiences


class Boundaries(_Section):
    """A GeoJSON file with the counties' outlines, and the property of a feature that holds the county's code."""

    file: Path
    code_property: str


class Portal(_Section):
    """The public pages. `languages`: the first is the default; `boundaries`: without, counties are tiles of a grid."""

    enabled: bool = True
    title: str | None = Field(default=None, min_length=1, description="of the pages; by default of the country's name")
    languages: list[str] = Field(default=["en", "fr", "sw"], min_length=1)
    boundaries: Boundaries | None = None


class Decisions(_Section):
    """Which decisions of programs take effect only when a second person has taken them too.

    `age_identity`: the secretariat's own key, for decisions that come back encrypted for it.
    """

    two_people: list[str] = []
    age_identity: SecretStr | None = None

    @field_validator("age_identity")
    @classmethod
    def _is_an_identity(cls, identity: SecretStr | None) -> SecretStr | None:
        from exchange.encryption import is_identity  # only needed where something is set

        if identity is not None and not is_identity(identity.get_secret_value().strip()):
            raise ValueError("is no age identity; expected a secret key as age-keygen prints it, AGE-SECRET-KEY-1...")
        return identity

    @field_validator("two_people")
    @classmethod
    def _known_decisions(cls, decisions: list[str]) -> list[str]:
        if decisions:
            from exchange.exceptions.sheets import DECISION, SHEETS  # heavy, and only needed where something is set

            known = [word for sheet in SHEETS for word in sheet.choices(DECISION)]
            if unknown := [word for word in decisions if word not in known]:
                raise ValueError(f"{', '.join(unknown)} is no decision; expected {', '.join(dict.fromkeys(known))}")
        return decisions


class Audit(_Section):
    """Where the second copy of the audit log lies; by default `audit-copy/` in the workspace."""

    copy_to: str | None = Field(default=None, min_length=1, description="a folder, best on another disk or machine")


class Backup(_Section):
    """Where `ibr backup` writes, best on another disk, and how many backups stay there."""

    to: Path | None = Field(default=None, description="a folder for this workspace alone")
    keep: int = Field(default=30, ge=1)


class Health(_Section):
    """When `ibr health` finds fault: hours since the last publication and backup, share of a disk to be free."""

    publication_hours: int = Field(default=36, gt=0)
    backup_hours: int = Field(default=36, gt=0)
    free_share: Share = 0.10


class Logs(_Section):
    """How many days logs of runs, and Dagster's own records of them, are kept."""

    keep_days: int = Field(default=90, ge=1)


class Retention(_Section):
    """How long people are known by name: years after their last benefit ended, and years that earlier versions of rows
    are kept. Without a number nothing is ever past its time."""

    left_years: int | None = Field(default=None, ge=1)
    history_years: int | None = Field(default=None, ge=1)


class Sharing(_Section):
    """What data may look like that leaves by `ibr share`.

    `smallest_cell`: about how many people a number of a table has to be; `smallest_class`: how many have to be alike in
    what may tell a person (k); `distinct_sensitive`: how many values a sensitive field has to have among those (l).
    """

    smallest_cell: int = Field(default=10, ge=2)
    smallest_class: int = Field(default=5, ge=2)
    distinct_sensitive: int = Field(default=2, ge=2)


class Schedule(_Section):
    """When the nightly run starts (cron), and how long it waits for sources that have not answered.

    `follow_calendar`: report as at the day of the run; otherwise always as at `reporting_date`.
    """

    replicate: str = "0 1 * * *"
    patience_minutes: int = Field(default=180, gt=0)
    timezone: str = "UTC"
    follow_calendar: bool = True


class Registry(_Section):
    """The whole of registry.yml."""

    country: str
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    reporting_date: dt.date
    language: str = Field(default="en", description="of exception files, where a program does not say another")
    programs: dict[ProgramCode, Program] = {}
    sources: dict[Identifier, Source] = {}
    warehouse: Warehouse = Warehouse()
    publish: Publish = Publish()
    serving: Serving | None = None
    encryption: Encryption | None = None
    portal: Portal = Portal()
    linkage: dict[str, Any] = Field(default={}, description="linkage.registry.RegistrySettings says what belongs here")
    decisions: Decisions = Decisions()
    audit: Audit = Audit()
    backup: Backup = Backup()
    health: Health = Health()
    alerts: Alerts = Alerts()
    logs: Logs = Logs()
    retention: Retention = Retention()
    sharing: Sharing = Sharing()
    service: Service = Service()
    schedule: Schedule = Schedule()

    @field_validator("linkage")
    @classmethod
    def _linkage_knows_its_settings(cls, block: dict[str, Any]) -> dict[str, Any]:
        if block:
            from linkage.registry import RegistrySettings  # heavy, and only needed where something is set

            try:
                RegistrySettings.of(block)
            except ConfigurationProblem as problem:
                raise ValueError(str(problem).removeprefix("registry.yml, linkage: ")) from None
        return block

    @model_validator(mode="after")
    def _programs_and_sources_agree(self) -> "Registry":
        faults = []
        carriers: dict[str, str] = {}
        for code, source in self.sources.items():
            for program in source.programs:
                if program not in self.programs:
                    faults.append(f"sources.{code}.programs names {program}, which is not under programs")
                if program in carriers:
                    faults.append(f"program {program} is carried by both {carriers[program]} and {code}")
                carriers[program] = code
            if source.is_inbox and code == "decisions":
                faults.append("sources.decisions: decisions come in by inbox/decisions; choose another name")
            if source.kind is SourceKind.MIS and not source.programs:
                faults.append(f"sources.{code} is a mis and carries no program")
        faults += [f"no source carries program {p}" for p in self.programs if p not in carriers]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @model_validator(mode="after")
    def _nothing_lies_in_the_clear(self) -> "Registry":
        if self.encryption and self.publish.parquet:
            raise ValueError("publish.parquet writes files in the clear beside encrypted ones; set one of the two")
        if self.encryption and self.service.enabled:
            raise ValueError("service.enabled builds an index in the clear beside encrypted files; set one of the two")
        return self

    @model_validator(mode="after")
    def _service_judges_as_the_night(self) -> "Registry":
        if self.service.enabled and (unknown := unknown_to_service(self.linkage)):
            raise ValueError(
                f"service.enabled: the service does not know {', '.join(unknown)} and would judge otherwise than the "
                "night; leave that out, or leave the service off"
            )
        return self

    @property
    def copied(self) -> dict[str, Source]:
        """The sources that are copied whole: all but the services."""
        return {code: source for code, source in self.sources.items() if source.lookup is None}

    @property
    def services(self) -> dict[str, Source]:
        """The registers behind a web service, which are asked for one person a call."""
        return {code: source for code, source in self.sources.items() if source.lookup is not None}

    def carrier(self, program: str) -> str:
        """The source that carries a program."""
        return next(code for code, source in self.sources.items() if program in source.programs)


def load(path: Path) -> Registry:
    """Read and check registry.yml.

    Raises ConfigurationProblem listing every mistake, separated by " | ".
    """
    if not path.is_file():
        raise ConfigurationProblem(
            f"no registry.yml in {path.parent}; `ibr init {path.parent}` writes one to start from"
        )
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ConfigurationProblem(
            f"{path} is not readable as YAML{place_of(error)}; mend the indentation or quotes"
        ) from None
    if not isinstance(content, dict):
        raise ConfigurationProblem(f"{path} holds no settings; `ibr init` shows what belongs there")
    missing: list[str] = []
    content = _expand(content, path.parent, missing)
    faults = [_not_set(name, path.parent) for name in dict.fromkeys(missing)]
    try:
        registry = Registry.model_validate(content)
    except ValidationError as error:
        faults += [_say(fault) for fault in error.errors(include_input=False)]
    else:
        faults += _unknown_languages(registry, path.parent)
    if faults:
        count = f"{len(faults)} mistake{'s' if len(faults) > 1 else ''} in {path}"
        raise ConfigurationProblem(f"{count}: " + " | ".join(faults))
    return registry


def load_backup(path: Path) -> Backup:
    """What registry.yml says of backups, and nothing else of it: a workspace is saved also where the rest of the file
    is wrong, or a password that it names is not set. Raises ConfigurationProblem."""
    return _load_block(path, "backup", Backup, path.parent) or Backup()


def load_alerts(path: Path) -> Alerts:
    """What registry.yml says of alerts, and nothing else of it: that the rest is wrong is itself worth one. Raises
    ConfigurationProblem."""
    return _load_block(path, "alerts", Alerts, path.parent) or Alerts()


def load_encryption(path: Path, home: Path) -> Encryption | None:
    """What registry.yml says of encryption, and nothing else of it. `home`: the workspace whose key files are meant.

    Raises ConfigurationProblem where the key is not set, or is none.
    """
    return _load_block(path, "encryption", Encryption, home)


def _load_block(path: Path, name: str, model: type[Block], home: Path) -> Block | None:
    """One block of registry.yml alone; None where it is not there. `home`: the workspace whose key files are meant."""
    missing: list[str] = []
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationProblem(f"no registry.yml in {path.parent}; expected a workspace") from None
    except yaml.YAMLError:
        raise ConfigurationProblem(f"{path} is not readable as YAML; mend it") from None
    block = content.get(name) if isinstance(content, dict) else None
    if block is None:
        return None
    block = _expand(block, home, missing)
    if missing:
        raise ConfigurationProblem(_not_set(missing[0], home))
    try:
        return model.model_validate(block)
    except ValidationError as error:
        faults = " | ".join(f"{name}.{_say(fault)}" for fault in error.errors(include_input=False))
        raise ConfigurationProblem(f"{path}: {faults}") from None


def _not_set(name: str, home: Path) -> str:
    return f"{name} is named but not set; set it in the environment, or put it into {secrets.key_file(home, name)}"


def _unknown_languages(registry: Registry, home: Path) -> list[str]:
    named = {"language": registry.language} | {
        f"programs.{code}.language": program.language for code, program in registry.programs.items() if program.language
    }
    if set(named.values()) == {"en"} and not (home / "words").is_dir():
        return []
    from exchange.exceptions.words import languages  # heavy, and only needed where something is set

    try:
        known = languages(home)
    except ConfigurationProblem as problem:
        return [str(problem)]
    return [
        f"{place}: {language!r} is no language we have; expected {', '.join(sorted(known))}, or put "
        f"words/{language}.yml beside registry.yml" for place, language in named.items() if language not in known
    ]


def _say(fault: Any) -> str:
    place = ".".join(str(part) for part in fault["loc"] if part != "[key]") or "the file"
    message = fault["msg"].removeprefix("Value error, ")
    return f"{place}: {message[0].lower()}{message[1:]}"


_USER = re.compile(r"\w+://[^:/@?]*:")  # what stands before a password in a URL


def _expand(value: Any, home: Path, missing: list[str]) -> Any:
    """Replace `${NAME}` by the secret of that name, in every text of the file; note the names not set.

    A password in a URL is the secret as it is: signs that mean something in a URL are encoded here.
    """
    if isinstance(value, dict):
        return {key: _expand(inner, home, missing) for key, inner in value.items()}
    if isinstance(value, list):
        return [_expand(inner, home, missing) for inner in value]
    if not isinstance(value, str):
        return value

    def fill(match: re.Match[str]) -> str:
        secret = secrets.find(home, match[1])
        if secret is None:
            missing.append(match[1])
            return match[0]
        return quote(secret, safe="") if _USER.fullmatch(match.string, 0, match.start()) else secret

    return re.sub(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", fill, value)


Stage = Literal["replicate", "registry", "link", "marts", "exceptions", "publish"]
STAGES: tuple[Stage, ...] = ("replicate", "registry", "link", "marts", "exceptions", "publish")
