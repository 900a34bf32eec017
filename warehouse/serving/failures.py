"""Why a load failed, in our own words: the server's may hold rows, or the password of the url."""

import re

import duckdb

from ibr.errors import ConfigurationProblem, IbrError, SourceUnreachable

_REFUSED = re.compile(
    r"authentication failed|no password supplied|no pg_hba\.conf entry|role .* does not exist|not permitted to log in"
    r"|database .* does not exist"
)
_DENIED = re.compile(r"permission denied[\w ]*|must be owner of [\w ]*|must be (able|superuser)[\w ]*")


def told(error: duckdb.Error, url: str, version: str) -> IbrError:
    """A failed load, in one line, with its exit code: 3 where the server refuses, 5 where it broke off."""
    words = str(error).replace(url, "")
    place = f"serving: the PostgreSQL server at {_host(url)}"
    kept = f"publication {version} is not in it, and readers there keep what they had; `ibr publish --version {version}`"
    if _REFUSED.search(words):
        return ConfigurationProblem(
            f"{place} refuses the login; check serving.url and the account, then load again: {kept}"
        )
    if denied := _DENIED.search(words):
        return ConfigurationProblem(
            f"{place} says {denied[0].strip()}; the account has to own the database and may make roles "
            f"(docs/serving-postgresql.md), then load again: {kept}"
        )
    return SourceUnreachable(f"{place} does not answer, or broke the load off; look at its log, then load again: {kept}")


def _host(url: str) -> str:
    return re.sub(r"^[a-z]+:/*([^/@]*@)?", "", url).split("/")[0].split("?")[0] or "its socket"
