"""What is published, how it lies on the disk, and what serves it: pages, a database, the service."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator

from ibr.config.section import Section

_SHORTEST_KEY = 32  # characters: half of the hexadecimal digits of a key of 128 bits would be too few


class Publish(Section):
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


class Encryption(Section):
    """The key that the warehouse and its publications are encrypted with."""

    key: SecretStr

    @field_validator("key")
    @classmethod
    def _is_long_enough(cls, key: SecretStr) -> SecretStr:
        if len(key.get_secret_value().strip()) < _SHORTEST_KEY:
            raise ValueError(f"is shorter than {_SHORTEST_KEY} characters; `openssl rand -hex 32` makes a good one")
        return key


class Boundaries(Section):
    """A GeoJSON file with the counties' outlines, and the property of a feature that holds the county's code."""

    file: Path
    code_property: str


class Portal(Section):
    """The public pages. `languages`: the first is the default; `boundaries`: without, counties are tiles of a grid."""

    enabled: bool = True
    title: str | None = Field(default=None, min_length=1, description="of the pages; by default of the country's name")
    languages: list[str] = Field(default=["en", "fr", "sw"], min_length=1)
    boundaries: Boundaries | None = None


class Serving(Section):
    """A PostgreSQL database that every publication is loaded into.

    `audiences`: those of the policy that are served, by default all that are published; `statement_timeout_seconds`:
    after which a reader's statement is broken off.
    """

    url: SecretStr
    audiences: list[str] | None = Field(default=None, min_length=1)
    statement_timeout_seconds: int = Field(default=300, gt=0)

    @field_validator("url")
    @classmethod
    def _is_of_postgresql(cls, url: SecretStr) -> SecretStr:
        if not url.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("is no url of a PostgreSQL database; expected postgresql://user@host/database")
        return url


class Standard(Section):
    """How messages of the DCI standard are taken (docs/standard.md).

    `id`: this registry's, which its messages bear as their sender and others have to name as the receiver; by default
    messages for any receiver are taken. `signatures`: of whom a signature is asked beside the key: of callers with a
    public key, or of everybody. `message_minutes`: how old a message may be. `plain_http_hosts`: hosts of callbacks
    that may be without TLS. `delivery_attempts`: how often a callback is tried before it is given up.
    """

    id: str | None = Field(default=None, min_length=1, max_length=99)
    signatures: Literal["where_registered", "always"] = "where_registered"
    message_minutes: int = Field(default=15, ge=1)
    plain_http_hosts: list[str] = []
    delivery_attempts: int = Field(default=8, ge=1)


class Service(Section):
    """Whether programs' systems may ask (`ibr serve`), and how they are answered.

    `enabled`: each publication gets the index that answers come from; `max_age_hours`: how old such a publication may
    be; `calls_per_second` and `burst`: how much one key may ask on average, and at once; `keep_jobs_days`: how long
    answers of jobs and of the standard's transactions stay; `lookups`: how many questions are looked up beside each
    other, each by a core; `session_minutes`: after which somebody who does nothing at the pages is signed out.
    """

    enabled: bool = False
    max_age_hours: int = Field(default=72, ge=1)
    calls_per_second: float = Field(default=50, gt=0)
    burst: int = Field(default=200, ge=1)
    keep_jobs_days: int = Field(default=7, ge=1)
    session_minutes: int = Field(default=20, ge=1, le=480)
    lookups: int = Field(default=1, ge=1, le=64)
    standard: Standard = Standard()


def unknown_to_service(linkage: Mapping[str, Any]) -> list[str]:
    """The settings of the `linkage:` block that are not carried into the service's index."""
    beside = ("name_variants", "columns", "attributes")
    own = [name for name in beside if linkage.get(name)]
    if linkage.get("model", "auto") != "auto":
        own.append("model")
    return [f"linkage.{name}" for name in own]
