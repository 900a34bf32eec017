"""How the registry is run: its stages and their hour, the bounds of the machine, what is kept and watched."""

import datetime as dt
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from ibr.config.section import Section, Share
from ibr.memory import LEAST, Budget

Stage = Literal["replicate", "registry", "link", "marts", "exceptions", "publish"]
STAGES: tuple[Stage, ...] = ("replicate", "registry", "link", "marts", "exceptions", "publish")


class Warehouse(Section):
    """Bounds of a run: the memory of all that it does, and the cores that DuckDB may take."""

    memory_limit: str = Field(default="8GB", pattern=r"^\d+(\.\d+)? ?(MB|GB|TB)$")
    threads: int | None = Field(default=None, gt=0)

    @field_validator("memory_limit")
    @classmethod
    def _suffices(cls, limit: str) -> str:
        if Budget.of(limit).total < LEAST:
            raise ValueError("is below 400MB, with which no run can be made")
        return limit

    @property
    def budget(self) -> Budget:
        """How its memory is parted."""
        return Budget.of(self.memory_limit)


class Spark(Section):
    """Where Spark runs, with `engine: spark` (docs/spark.md).

    `master` and `settings`: Spark's own. `storage`: a folder that all its machines see by the same path, by default
    `spark/` in the workspace. `learn_from`: on how many records this machine learns the model.
    """

    master: str = "local[*]"
    storage: Path | None = None
    learn_from: int = Field(default=2_000_000, ge=10_000)
    settings: dict[str, str] = {}

    @field_validator("settings", mode="before")
    @classmethod
    def _as_spark_reads_them(cls, settings: Any) -> Any:
        """Numbers, yes and no, as YAML reads them, become Spark's words."""
        if not isinstance(settings, dict):
            return settings
        plain = (bool, int, float)
        return {key: str(value).lower() if isinstance(value, plain) else value for key, value in settings.items()}


class Schedule(Section):
    """When the nightly run starts (cron), and how long it waits for sources that have not answered.

    `follow_calendar`: report as at the day of the run; otherwise always as at `reporting_date`.
    """

    replicate: str = "0 1 * * *"
    patience_minutes: int = Field(default=180, gt=0)
    timezone: str = "UTC"
    follow_calendar: bool = True

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{name!r} is no time zone; one such as Africa/Nairobi was expected") from None
        return name

    def day_of(self, moment: dt.datetime) -> dt.date:
        """The country's day at a moment: what people there write as today's date."""
        return moment.astimezone(ZoneInfo(self.timezone)).date()


class Audit(Section):
    """Where the second copy of the audit log lies; by default `audit-copy/` in the workspace."""

    copy_to: str | None = Field(default=None, min_length=1, description="a folder, best on another disk or machine")


class Backup(Section):
    """Where `ibr backup` writes, best on another disk, and how many backups stay there."""

    to: Path | None = Field(default=None, description="a folder for this workspace alone")
    keep: int = Field(default=30, ge=1)


class Health(Section):
    """When `ibr health` finds fault: hours since the last publication and backup, share of a disk to be free."""

    publication_hours: int = Field(default=36, gt=0)
    backup_hours: int = Field(default=36, gt=0)
    free_share: Share = 0.10


class Logs(Section):
    """How many days logs of runs, and Dagster's own records of them, are kept."""

    keep_days: int = Field(default=90, ge=1)
