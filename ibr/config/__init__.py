"""registry.yml: what a country configures, checked whole before anything runs.

All mistakes are reported at once, each with its place in the file. Secrets are named as
`${NAME}` and come from the environment or a key file, never from this one.
"""

from ibr.config.alerts import Alerts
from ibr.config.exchanging import Decisions, Retention, Sharing
from ibr.config.loading import load, load_alerts, load_backup, load_encryption, load_warehouse
from ibr.config.operation import STAGES, Audit, Backup, Health, Logs, Schedule, Stage, Warehouse
from ibr.config.programs import BenefitUnit, Program, Recipient
from ibr.config.publishing import Boundaries, Encryption, Portal, Publish, Service, Serving
from ibr.config.registry import Registry
from ibr.config.sources import SCHEMES, TOTALS, Limits, Source, SourceKind, Table, has_known_scheme

__all__ = [
    "SCHEMES", "STAGES", "TOTALS", "Alerts", "Audit", "Backup", "BenefitUnit", "Boundaries", "Decisions", "Encryption",
    "Health", "Limits", "Logs", "Portal", "Program", "Publish", "Recipient", "Registry", "Retention", "Schedule",
    "Service", "Serving", "Sharing", "Source", "SourceKind", "Stage", "Table", "Warehouse", "has_known_scheme", "load",
    "load_alerts", "load_backup", "load_encryption", "load_warehouse",
]  # fmt: skip
