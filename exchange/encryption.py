"""Encryption of files that go out and come back: a password for people's spreadsheet programs, age for systems.

Nothing plain ever lies on a disk: workbooks are made in memory, and what a database writes goes through a pipe.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from exchange.damage import is_damage

AGE_SUFFIX = ".age"
# How an Office file with a password begins, and those of before 2007.
_NO_ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class WrongKey(Exception):
    """A file that none of the passwords or keys given opens."""


def with_password(workbook: BytesIO, password: str, target: Path) -> None:
    """Write a workbook so that Excel and LibreOffice ask for the password (ECMA-376 agile: AES-256, SHA-512)."""
    from msoffcrypto.format.ooxml import OOXMLFile

    with target.open("wb") as file:
        OOXMLFile(workbook).encrypt(password, file)


def has_password(content: bytes) -> bool:
    """Whether the content is an Office file that opens with a password."""
    from olefile import OleFileIO

    if not content.startswith(_NO_ZIP):
        return False
    try:
        return OleFileIO(BytesIO(content)).exists("EncryptionInfo")
    except BaseException as error:
        if not is_damage(error):
            raise
        return False


def without_password(content: bytes, passwords: list[str]) -> bytes:
    """The workbook itself, by the first password that opens it. Raises WrongKey where none does, or it is damaged."""
    import msoffcrypto
    from msoffcrypto.exceptions import InvalidKeyError

    for password in passwords:
        plain = BytesIO()
        try:
            file = msoffcrypto.OfficeFile(BytesIO(content))
            file.load_key(password=password, verify_password=True)
            file.decrypt(plain)
        except InvalidKeyError:
            continue
        except BaseException as error:
            if not is_damage(error):
                raise
            raise WrongKey from None  # cut off, altered, or encrypted in a way of long ago
        return plain.getvalue()
    raise WrongKey


def for_recipient(content: bytes, recipient: str, target: Path) -> None:
    """Write content encrypted for an age recipient (`age1...`)."""
    import pyrage

    target.write_bytes(pyrage.encrypt(content, [pyrage.x25519.Recipient.from_str(recipient)]))


@contextmanager
def pipe_for_recipient(recipient: str, target: Path) -> Iterator[Path]:
    """A pipe to write to: what goes in lies in `target`, encrypted for an age recipient, when the block ends."""
    reader, writer = os.pipe()
    with ThreadPoolExecutor(1) as pool, target.open("wb") as file:
        encrypted = pool.submit(_encrypt, reader, recipient, file)
        try:
            yield Path(f"/dev/fd/{writer}")
        except BaseException:
            # Where the disk is full, who writes hears of a broken pipe only.
            if encrypted.done() and (cause := encrypted.exception()):
                raise cause from None
            raise
        finally:
            os.close(writer)
        encrypted.result()


def decrypted(content: bytes, identity: str | None) -> bytes:
    """What was encrypted for the age recipient of this identity. Raises WrongKey where it was not, or none is given."""
    import pyrage

    if not identity:
        raise WrongKey
    key = pyrage.x25519.Identity.from_str(identity)
    try:
        return pyrage.decrypt(content, [key])
    except BaseException as error:
        if not is_damage(error):
            raise
        raise WrongKey from None


def public_key(identity: str) -> str:
    """The recipient that files are encrypted for, to be opened with the identity."""
    import pyrage

    return str(pyrage.x25519.Identity.from_str(identity).to_public())


def is_recipient(text: str) -> bool:
    """Whether a text is an age recipient."""
    import pyrage

    try:
        pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        return False
    return True


def is_identity(text: str) -> bool:
    """Whether a text is an age identity, the secret that belongs to a recipient."""
    import pyrage

    try:
        pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError:
        return False
    return True


def _encrypt(reader: int, recipient: str, file: BinaryIO) -> None:
    import pyrage

    with os.fdopen(reader, "rb") as plain:
        pyrage.encrypt_io(plain, file, [pyrage.x25519.Recipient.from_str(recipient)])
