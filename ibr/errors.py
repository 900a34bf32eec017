"""Everything a user can cause, each with its own exit code.

A message names what was found, what was expected and what to do next, on one line,
and holds no personal data. Anything else that escapes is a defect of ours (exit 1).
"""


class IbrError(Exception):
    """Base of all problems that are told in one line; never raised itself."""

    exit_code = 1


class Defect(IbrError):
    """Something that we did not foresee, told without the values that its own words may hold."""


class UsageProblem(IbrError):
    """An argument or an input file that cannot be used."""

    exit_code = 2


class ConfigurationProblem(IbrError):
    """registry.yml, a specification or the environment is wrong."""

    exit_code = 3


class DiskFull(ConfigurationProblem):
    """No room is left where a workspace lies; nothing of it is half-written."""


class ContractBroken(IbrError):
    """Data broke a contract: a source was held back, or nothing was published."""

    exit_code = 4


class SourceUnreachable(IbrError):
    """A source's file is missing or its server does not answer. `may_pass`: whether trying again may help."""

    exit_code = 5

    def __init__(self, message: str, *, may_pass: bool = False) -> None:
        super().__init__(message)
        self.may_pass = may_pass


class WarehouseBusy(IbrError):
    """Another process is writing to the warehouse."""

    exit_code = 6
