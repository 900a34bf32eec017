"""What errors of SQL Server's driver mean. Their own words may hold values of rows: looked at, never repeated."""

import re
from typing import Any

from ibr.errors import ConfigurationProblem, ContractBroken, IbrError, SourceUnreachable

# The driver's words for the SQLSTATEs of a connection that is not there, or was broken off.
_BROKEN_OFF = (
    "Client unable to establish connection", "Server rejected the connection", "Connection not open",
    "Connection failure during transaction", "Communication link failure", "Connection timeout expired",
    "Serialization failure",
)  # fmt: skip


def not_installed() -> ConfigurationProblem:
    """The error where the driver, or a library that it loads, is not on this machine."""
    return ConfigurationProblem(
        "SQL Server's driver cannot be loaded on this machine; install the libraries that it needs, apt-get install "
        "libltdl7 libkrb5-3 libgssapi-krb5-2, and the driver itself, mssql-python, with make setup"
    )


def told(code: str, place: str, error: Any) -> IbrError:
    """A driver's error in our words. `code`: the source; `place`: host and port of its server."""
    server, said, kind = f"source {code}: the SQL Server at {place}", str(error.ddbc_error), str(error.driver_error)
    if "Failed to load the driver" in said:
        return not_installed()
    if kind in _BROKEN_OFF:
        return _not_connected(server, said)
    if "Login failed for user" in said:
        # Not tried again: some servers lock an account after a few wrong passwords.
        return SourceUnreachable(
            f"{server} refuses the login; check the user, and the password in the environment or the key file"
        )
    if "Cannot open database" in said:
        return SourceUnreachable(
            f"{server} does not open the database; check its name in the url, that it is online, and that the account "
            "may enter it",
            may_pass=True,
        )
    if kind == "Timeout expired":
        return SourceUnreachable(
            f"{server} took longer to answer than its timeout; look at its load, or raise timeout_seconds in "
            "registry.yml"
        )
    return _refused(code, server, said, kind)


def _not_connected(server: str, said: str) -> SourceUnreachable:
    if "certificate" in said or "Encryption not supported" in said:
        return SourceUnreachable(
            f"{server} shows no certificate that is trusted here; have its authority's certificate installed, name its "
            "own with ServerCertificate=/path.pem in the url, or, on a network that you trust, say "
            "TrustServerCertificate=yes"
        )
    return SourceUnreachable(
        f"{server} does not answer, or broke off while it was read; check that it runs, the network, and its log",
        may_pass=True,
    )


def _refused(code: str, server: str, said: str, kind: str) -> IbrError:
    if denied := re.search(r"The (.+?) permission was denied on the (?:column '(.+?)' of the )?object '(.+?)'", said):
        column = f"column {denied[2]} of " if denied[2] else ""
        return ContractBroken(
            f"source {code}: the account may not read {column}table {denied[3]} ({denied[1]} is denied); ask for the "
            "right to read every table that registry.yml names, or leave out what it may not have"
        )
    if "modified by a DDL statement" in said:
        return SourceUnreachable(
            f"{server} has a table that was changed while it was read; run again when that is done", may_pass=True
        )
    return ContractBroken(
        f"{server} refuses what it is asked ({kind.lower()}); where registry.yml sets a filter, mend it; else look "
        "whether tables are being changed"
    )
