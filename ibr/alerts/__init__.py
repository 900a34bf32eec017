"""Telling people that something failed, by e-mail or to a webhook: the `alerts:` block of registry.yml, and sending.

What belongs here: where alerts go and how. What does not: what is worth one, which `ibr run`, `ibr health` and
Dagster's sensor say.
"""

from ibr.alerts.message import Alert
from ibr.alerts.sending import send
from ibr.alerts.settings import Alerts

__all__ = ["Alert", "Alerts", "send"]
