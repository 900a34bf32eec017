"""Telling people that something failed, by e-mail or to a webhook: those whom `alerts:` of registry.yml names.

What belongs here: where alerts go and how. What does not: what is worth one, which `ibr run`, `ibr health` and
Dagster's sensor say.
"""

from ibr.alerts.message import Alert
from ibr.alerts.sending import send

__all__ = ["Alert", "send"]
