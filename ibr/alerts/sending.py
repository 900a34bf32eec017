"""Sending an alert to everybody who is configured. What cannot be sent is told to the caller, and stops nothing."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

import urllib3

from ibr.alerts.message import Alert
from ibr.config.alerts import Alerts, Email, Webhook

_SECONDS = 20  # that a server may take to answer: a run that ends does not wait longer


def send(alerts: Alerts, alert: Alert) -> list[str]:
    """Send to all that are configured; returns what could not be sent, in words without addresses or secrets."""
    problems = []
    if alerts.email:
        try:
            _by_email(alerts.email, alert)
        except (OSError, smtplib.SMTPException) as error:
            problems.append(f"the alert was not sent by e-mail over {alerts.email.host} ({_kind(error)}); alerts.email")
    if alerts.webhook:
        try:
            _to_webhook(alerts.webhook, alert)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            problems.append(f"the alert was not taken by the webhook ({_kind(error)}); alerts.webhook of registry.yml")
    return problems


def _by_email(settings: Email, alert: Alert) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = alert.one_line, settings.sender, ", ".join(settings.to)
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=settings.sender.partition("@")[2])
    message.set_content(alert.text)
    context = ssl.create_default_context()
    if settings.encryption == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(settings.host, settings.port, timeout=_SECONDS, context=context)
    else:
        server = smtplib.SMTP(settings.host, settings.port, timeout=_SECONDS)
    with server:
        if settings.encryption == "starttls":
            server.starttls(context=context)
        if settings.user and settings.password:
            server.login(settings.user, settings.password.get_secret_value())
        server.send_message(message)


def _to_webhook(settings: Webhook, alert: Alert) -> None:
    headers = {name: value.get_secret_value() for name, value in settings.headers.items()}
    with urllib3.PoolManager(timeout=_SECONDS, retries=False) as pool:
        response = pool.request(
            "POST", settings.url.get_secret_value(), headers=headers,
            json={"text": alert.text, "subject": alert.one_line, "lines": list(alert.lines)},
        )  # fmt: skip
    if response.status >= 300:
        raise urllib3.exceptions.HTTPError(f"status {response.status}")


def _kind(error: Exception) -> str:
    """What went wrong without the error's own words, which may repeat the address, the user or a token."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    if isinstance(error, urllib3.exceptions.HTTPError) and str(error).startswith("status "):
        return str(error)
    return type(error).__name__
