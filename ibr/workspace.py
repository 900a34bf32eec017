"""Where a country's data lies: one folder, nothing of the code in it."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ibr import config
from ibr.errors import UsageProblem


def default_home() -> Path:
    """`$IBR_HOME`, or `./workspace`."""
    return Path(os.environ.get("IBR_HOME", "workspace"))


@dataclass(frozen=True)
class Workspace:
    """Paths of a workspace and its configuration, read once when first asked for."""

    home: Path

    @classmethod
    def at(cls, home: Path | str | None = None) -> "Workspace":
        """The workspace at `home`, made absolute so that subprocesses agree on it."""
        path = Path(home) if home else default_home()
        if path.exists() and not path.is_dir():
            raise UsageProblem(f"{path} is a file; --home expects a folder")
        return cls(path.resolve())

    @cached_property
    def registry(self) -> config.Registry:
        """The checked registry.yml."""
        return config.load(self.registry_file)

    @property
    def registry_file(self) -> Path:
        return self.home / "registry.yml"

    @property
    def warehouse_file(self) -> Path:
        return self.home / "warehouse.duckdb"

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def quarantine(self) -> Path:
        return self.home / "quarantine"

    @property
    def exceptions(self) -> Path:
        return self.home / "exceptions"

    @property
    def published(self) -> Path:
        return self.home / "published"

    @property
    def public(self) -> Path:
        """The public portal; a link to the one that is whole."""
        return self.home / "public"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def checks_page(self) -> Path:
        """What every contract expected and found."""
        return self.logs / "checks.html"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def spark_storage(self) -> Path:
        """What is handed to Spark and back, with engine: spark."""
        return self.home / (self.registry.spark.storage or "spark")

    @property
    def temporary(self) -> Path:
        """Where DuckDB spills."""
        return self.home / "tmp"

    def ensure(self) -> "Workspace":
        """Make the folders a run writes to, readable by their owner alone: they hold personal data."""
        for folder in (
            self.home, self.landing, self.quarantine, self.exceptions, self.published, self.logs,
            self.dagster_home, self.temporary, self.home / "inbox" / "decisions", self.home / "audit",
        ):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.home.chmod(0o700)  # a folder that was there already keeps the rights it had
        return self
