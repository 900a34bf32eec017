"""The whole of registry.yml, and what its parts have to agree on."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from ibr.config.alerts import Alerts
from ibr.config.exchanging import Decisions, Retention, Sharing
from ibr.config.operation import Audit, Backup, Health, Logs, Schedule, Spark, Warehouse
from ibr.config.programs import Program, ProgramCode
from ibr.config.publishing import Encryption, Portal, Publish, Service, Serving, unknown_to_service
from ibr.config.section import Section
from ibr.config.sources import Source, SourceKind
from ibr.errors import ConfigurationProblem

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Registry(Section):
    """The whole of registry.yml."""

    country: str
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    reporting_date: dt.date
    language: str = Field(default="en", description="of exception files, where a program does not say another")
    programs: dict[ProgramCode, Program] = {}
    sources: dict[Identifier, Source] = {}
    warehouse: Warehouse = Warehouse()
    engine: Literal["duckdb", "spark"] = Field(default="duckdb", description="what links all persons and builds facts")
    spark: Spark = Spark()
    publish: Publish = Publish()
    serving: Serving | None = None
    encryption: Encryption | None = None
    portal: Portal = Portal()
    linkage: dict[str, Any] = Field(default={}, description="linkage/registry/settings.py says what belongs here")
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
            from linkage.registry.settings import RegistrySettings  # heavy, and only needed where something is set

            try:
                RegistrySettings.of(block)
            except ConfigurationProblem as problem:
                raise ValueError(str(problem).removeprefix("registry.yml, linkage: ")) from None
        return block

    @model_validator(mode="after")
    def _programs_and_sources_agree(self, info: ValidationInfo) -> "Registry":
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
        if not (info.context and info.context["programs_may_wait"]):
            faults += [
                f"no source carries program {program}: add its source by `ibr sources add --program {program}`, or "
                "name it in a source's programs"
                for program in self.programs if program not in carriers
            ]  # fmt: skip
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @model_validator(mode="after")
    def _nothing_lies_in_the_clear(self) -> "Registry":
        if self.encryption and self.publish.parquet:
            raise ValueError("publish.parquet writes files in the clear beside encrypted ones; set one of the two")
        if self.encryption and self.engine == "spark":
            raise ValueError("engine: spark hands over files in the clear beside encrypted ones; set one of the two")
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
        """The source that carries a program. Raises ConfigurationProblem."""
        for code, source in self.sources.items():
            if program in source.programs:
                return code
        raise ConfigurationProblem(f"no source carries program {program}; name it in sources.<source>.programs")
