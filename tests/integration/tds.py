"""The other end of SQL Server's wire protocol (TDS 7.4), so that its real driver can be tested without a server.

It knows no SQL: it answers a query by its text with rows that a DuckDB query gives, in the types of SQL Server that
DuckDB's stand for, or with an error. A query that it was not told of is an error, and is kept in `unexpected`.
Written after [MS-TDS], sections 2.2.5 and 2.2.7.
"""

import datetime as dt
import re
import socket
import struct
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

_PRELOGIN, _LOGIN, _BATCH, _ATTENTION, _REPLY = 0x12, 0x10, 0x01, 0x06, 0x04
_COLLATION = bytes.fromhex("0904d00034")  # SQL_Latin1_General_CP1_CI_AS
_LONGEST, _MAX = 8000, 0xFFFF
Answer = Callable[[], duckdb.DuckDBPyRelation | None]


@dataclass
class ServerError(Exception):
    """What SQL Server would say: its number, its severity and its words."""

    number: int
    message: str
    severity: int = 16


@dataclass
class GoesAway(Exception):
    """The connection breaks in the middle of an answer."""

    answer: duckdb.DuckDBPyRelation


class Tds:
    """A server on a port of its own. `answers`: by query text, a DuckDB relation, or None for no rows; ServerError and
    GoesAway may be raised. `login`: raises a ServerError where a login is refused."""

    def __init__(self, answers: dict[str, Answer], login: Callable[[], None] = lambda: None) -> None:
        self.answers, self.login = answers, login
        self.asked: list[str] = []
        self.unexpected: list[str] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, options: str = "") -> str:
        return f"mssql://reader:s3cret@127.0.0.1:{self.port}/welfare?Encrypt=no{options}"

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        self.connections += 1
        with client:
            while (message := _message(client)) is not None:
                kind, body = message
                if kind == _PRELOGIN:
                    _send(client, _prelogin())
                elif kind == _LOGIN:
                    _send(client, self._logged_in())
                elif kind == _BATCH:
                    asked = body[struct.unpack_from("<I", body)[0] :].decode("utf-16-le")
                    try:
                        _send(client, self._answered(asked))
                    except GoesAway as gone:
                        whole = _rows(gone.answer)
                        return _send(client, whole[: len(whole) // 2])
                elif kind == _ATTENTION:
                    _send(client, _done(0x20))

    def _logged_in(self) -> bytes:
        try:
            self.login()
        except ServerError as error:
            return _error(error)
        name, size = _short("welfare"), _short("4096")
        changes = [b"\x01" + name + _short("master"), b"\x07\x05" + _COLLATION + b"\0", b"\x04" + size + size]
        ack = b"\x01" + struct.pack(">I", 0x74000004) + _short("Microsoft SQL Server") + bytes([16, 0, 4, 0])
        tokens = [b"\xe3" + struct.pack("<H", len(change)) + change for change in changes]
        return b"".join(tokens) + b"\xad" + struct.pack("<H", len(ack)) + ack + _done()

    def _answered(self, query: str) -> bytes:
        self.asked.append(query)
        if query not in self.answers:
            self.unexpected.append(query)
            return _error(ServerError(102, "a query that nobody recorded"))
        try:
            found = self.answers[query]()
        except ServerError as error:
            return _error(error)
        return _done() if found is None else _rows(found)


def _rows(found: duckdb.DuckDBPyRelation) -> bytes:
    rows = found.fetchall()
    values = list(zip(*rows, strict=True)) or [()] * len(found.columns)
    types = [_Type(str(kind), column) for kind, column in zip(found.types, values, strict=True)]
    columns = b"".join(
        struct.pack("<IH", 0, 1) + kind.declared + _short(name) for kind, name in zip(types, found.columns, strict=True)
    )
    told = b"".join(
        b"\xd1" + b"".join(kind.value(value) for kind, value in zip(types, row, strict=True)) for row in rows
    )
    return b"\x81" + struct.pack("<H", len(types)) + columns + told + _done(0x10, len(rows))


class _Type:
    """How a DuckDB type goes over the wire; texts and bytes as what has a length, or as (max) where they are longer."""

    def __init__(self, kind: str, values: Sequence[Any]) -> None:
        self._kind = kind
        self._is_large = kind in ("VARCHAR", "BLOB") and any(len(_bytes(v)) > _LONGEST for v in values if v is not None)
        self._whole = {"UTINYINT": "B", "SMALLINT": "h", "INTEGER": "i", "BIGINT": "q"}.get(kind)
        self._digits = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", kind)

    @property
    def declared(self) -> bytes:
        if self._whole:
            return bytes([0x26, struct.calcsize(self._whole)])
        if self._digits:
            precision, scale = int(self._digits[1]), int(self._digits[2])
            return bytes([0x6A, 17, precision, scale])
        return {
            "BOOLEAN": b"\x68\x01",
            "FLOAT": b"\x6d\x04",
            "DOUBLE": b"\x6d\x08",
            "DATE": b"\x28",
            "TIME": b"\x29\x06",
            "TIMESTAMP": b"\x2a\x06",
            "UUID": b"\x24\x10",
            "VARCHAR": b"\xe7" + struct.pack("<H", _MAX if self._is_large else _LONGEST) + _COLLATION,
            "BLOB": b"\xa5" + struct.pack("<H", _MAX if self._is_large else _LONGEST),
        }[self._kind]

    def value(self, value: Any) -> bytes:
        if self._is_large:
            return _pieces(None if value is None else _bytes(value))
        if self._kind in ("VARCHAR", "BLOB"):
            return b"\xff\xff" if value is None else struct.pack("<H", len(_bytes(value))) + _bytes(value)
        content = b"" if value is None else self._content(value)
        return bytes([len(content)]) + content

    def _content(self, value: Any) -> bytes:
        if self._whole:
            return struct.pack(f"<{self._whole}", value)
        if self._digits:
            sign, digits, _ = value.as_tuple()  # DuckDB gives as many after the point as the type has
            return bytes([not sign]) + int("".join(map(str, digits))).to_bytes(16, "little")
        if self._kind == "BOOLEAN":
            return bytes([value])
        if self._kind in ("FLOAT", "DOUBLE"):
            return struct.pack("<f" if self._kind == "FLOAT" else "<d", value)
        if self._kind == "UUID":
            return value.bytes_le
        if self._kind == "DATE":
            return _days(value)
        if self._kind == "TIME":
            return _microseconds(value)
        return _microseconds(value.time()) + _days(value.date())


def _days(value: dt.date) -> bytes:
    return (value.toordinal() - 1).to_bytes(3, "little")


def _microseconds(value: dt.time) -> bytes:
    seconds = (value.hour * 60 + value.minute) * 60 + value.second
    return (seconds * 1_000_000 + value.microsecond).to_bytes(5, "little")


def _bytes(value: str | bytes) -> bytes:
    return value.encode("utf-16-le") if isinstance(value, str) else value


def _pieces(content: bytes | None) -> bytes:
    """A value of a type with (max)."""
    if content is None:
        return b"\xff" * 8
    piece = struct.pack("<I", len(content)) + content if content else b""
    return struct.pack("<Q", len(content)) + piece + struct.pack("<I", 0)


def _prelogin() -> bytes:
    options = [(0, bytes([16, 0, 4, 0, 0, 0])), (1, b"\x02"), (2, b"\0"), (3, b""), (4, b"\0")]
    start, head, tail = 5 * len(options) + 1, b"", b""
    for number, content in options:
        head += struct.pack(">BHH", number, start + len(tail), len(content))
        tail += content
    return head + b"\xff" + tail


def _error(error: ServerError) -> bytes:
    words = struct.pack("<H", len(error.message)) + error.message.encode("utf-16-le")
    body = struct.pack("<iBB", error.number, 1, error.severity) + words + _short("server") + _short("") + b"\1\0\0\0"
    return b"\xaa" + struct.pack("<H", len(body)) + body + _done(0x02)


def _done(status: int = 0, rows: int = 0) -> bytes:
    return b"\xfd" + struct.pack("<HHQ", status, 0xC1, rows)


def _short(text: str) -> bytes:
    return bytes([len(text)]) + text.encode("utf-16-le")


def _message(client: socket.socket) -> tuple[int, bytes] | None:
    """The next whole message: its kind and content; None where the client has gone."""
    content = b""
    while True:
        header = _read(client, 8)
        if header is None:
            return None
        kind, status, length = struct.unpack_from(">BBH", header)
        content += _read(client, length - 8) or b""
        if status & 1:
            return kind, content


def _read(client: socket.socket, length: int) -> bytes | None:
    found = b""
    while len(found) < length:
        try:
            piece = client.recv(length - len(found))
        except OSError:
            return None
        if not piece:
            return None
        found += piece
    return found


def _send(client: socket.socket, content: bytes) -> None:
    """In one piece: the driver reads long values without letting other threads of its process have a turn."""
    packets = [content[start : start + 4088] for start in range(0, len(content), 4088)]
    client.sendall(
        b"".join(
            struct.pack(">BBHHBB", _REPLY, number == len(packets), len(packet) + 8, 0, 1, 0) + packet
            for number, packet in enumerate(packets, 1)
        )
    )
