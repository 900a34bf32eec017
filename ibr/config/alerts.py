"""The `alerts:` block of registry.yml: who is told when something failed."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from ibr.config.section import Section

_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")


def _is_address(text: str) -> str:
    # A line break in it would be a further header of the message.
    if not _ADDRESS.fullmatch(text):
        raise ValueError("is no e-mail address; expected one as operator@ministry.example")
    return text


Address = Annotated[str, AfterValidator(_is_address)]


class Email(Section):
    """A mail server that takes messages from here. `encryption: none` only for one on the same machine or network."""

    host: str = Field(min_length=1)
    port: int = Field(default=587, gt=0, lt=65536)
    encryption: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None
    sender: Address = Field(alias="from")  # in the file; here a word of Python's own
    to: list[Address] = Field(min_length=1)

    @model_validator(mode="after")
    def _password_is_not_sent_in_the_clear(self) -> "Email":
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        if self.password and self.encryption == "none":
            raise ValueError("a password would be sent in the clear; set encryption: starttls or tls")
        return self


class Webhook(Section):
    """An address that takes a POST of JSON, as chat services do. `headers`: what it asks for, as Authorization."""

    url: SecretStr
    headers: dict[str, SecretStr] = {}

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: SecretStr) -> SecretStr:
        if not re.match(r"https?://\S+$", url.get_secret_value()):
            raise ValueError("is no web address; expected https://...")
        return url


class Alerts(Section):
    """Who is told when a run failed, a source was held back, or the health check found something."""

    email: Email | None = None
    webhook: Webhook | None = None
