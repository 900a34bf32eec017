"""Why a load failed, in our own words: the server's may hold rows, or the password of the url."""

import re

import duckdb

from ibr.errors import ConfigurationProblem, ContractBroken, IbrError, SourceUnreachable

_REFUSED = re.compile(
    r"authentication failed|no password supplied|no pg_hba\.conf entry|role .* does not exist|not permitted to log in"
    r"|database .* does not exist"
)
_NO_ROOM_FOR_IT = re.compile(r"violates|duplicate key|out of range|invalid (input|byte)")
_DENIED = re.compile(
    r"permission denied[\w ]*|must be owner of [\w ]*|must be (able|superuser)[\w ]*"
    r"|cannot execute [A-Z ]+ in a read-only transaction"
)


def told(error: duckdb.Error, url: str, version: str) -> IbrError:
    """A failed load in one line; exit code 3 where the server refuses, 4 where rows do not fit, 5 where it is away."""
    words = str(error).replace(url, "")
    place = f"serving: the PostgreSQL server at {_host(url)}"
    again = f"`ibr publish --version {version}`"
    kept = f"publication {version} is not in it, and readers there keep what they had; {again}"
    if _REFUSED.search(words):
        return ConfigurationProblem(
            f"{place} refuses the login; check serving.url and the account, then load again: {kept}"
        )
    if denied := _DENIED.search(words):
        return ConfigurationProblem(
            f"{place} says {denied[0].strip()}; the account has to own the database and may make roles "
            f"(docs/serving-postgresql.md), then load again: {kept}"
        )
    if _NO_ROOM_FOR_IT.search(words):
        return ContractBroken(
            f"{place} does not take the rows as they are (its log names the table); they are not what the descriptions "
            f"of the marts say: {kept}, once that is mended"
        )
    return SourceUnreachable(
        f"{place} does not answer, or broke the load off; look at its log, then load again: {kept}"
    )


def _host(url: str) -> str:
    return re.sub(r"^[a-z]+:/*([^/@]*@)?", "", url).split("/")[0].split("?")[0] or "its socket"
