"""Opening what came back: plain, with a program's password, or encrypted with age for the secretariat's own key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from exchange.encryption import AGE_SUFFIX, WrongKey, decrypted, has_password, public_key, without_password
from exchange.exceptions.words import Words, languages
from ibr.config import Registry
from ibr.errors import UsageProblem

_KINDS = (".xlsx", ".csv")


class Locked(Exception):
    """A file that cannot be opened: what it is, and what to do."""


@dataclass(frozen=True)
class Reading:
    """What it takes to read files that come back: the languages, each program's password, the secretariat's age key."""

    languages: Mapping[str, Words] = field(default_factory=languages)
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    age_identity: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, home: Path, registry: Registry) -> "Reading":
        """As a workspace is configured. Raises ConfigurationProblem for words that are wrong."""
        passwords = {
            code: program.recipient.workbook_password.get_secret_value()
            for code, program in registry.programs.items()
            if program.recipient and program.recipient.workbook_password
        }
        identity = registry.decisions.age_identity
        return cls(languages(home), passwords, identity.get_secret_value().strip() if identity else None)


def kind_of(path: Path) -> str:
    """`.xlsx` or `.csv`, also of a file encrypted with age.

    Raises UsageProblem where there is no such file, or it is neither.
    """
    if not path.is_file():
        raise UsageProblem(f"{path}: no such file")
    inner = path.with_suffix("") if path.suffix.lower() == AGE_SUFFIX else path
    if inner.suffix.lower() not in _KINDS:
        raise UsageProblem(
            f"{path}: an .xlsx or .csv file was expected, or one of these encrypted with age; save it as one of these"
        )
    return inner.suffix.lower()


def opened(path: Path, content: bytes, reading: Reading) -> bytes:
    """The content of a file as it was before it was encrypted. Raises Locked where that needs another key."""
    if path.suffix.lower() == AGE_SUFFIX:
        content = _without_age(content, reading.age_identity)
    if kind_of(path) == ".xlsx" and has_password(content):
        return _without_password(content, reading.passwords)
    return content


def _without_age(content: bytes, identity: str | None) -> bytes:
    if not identity:
        raise Locked(
            "is encrypted with age, and registry.yml names no key to open it; put the secretariat's own under "
            "decisions.age_identity, as ${NAME}"
        )
    try:
        return decrypted(content, identity)
    except WrongKey:
        raise Locked(
            "does not open with the key under decisions.age_identity in registry.yml: it is damaged, or encrypted for "
            f"somebody else; have it sent again, encrypted for {public_key(identity)}"
        ) from None


def _without_password(content: bytes, passwords: Mapping[str, str]) -> bytes:
    if not passwords:
        raise Locked(
            "has a password, and registry.yml names none; put it under programs.CODE.recipient.workbook_password, as "
            "${NAME}, or save the workbook without a password"
        )
    try:
        return without_password(content, list(dict.fromkeys(passwords.values())))
    except WrongKey:
        raise Locked(
            f"opens with no password that registry.yml has (of {', '.join(passwords)}); ask the program for the "
            "password it was saved with and put that under programs.CODE.recipient.workbook_password, or have it "
            "saved with the old one; a damaged file opens with none either: have it sent again"
        ) from None
