"""A way to a server that can break: cut after so many bytes, stall, or speak TLS as PostgreSQL does."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_SSL_REQUEST = 8  # bytes


class Proxy:
    """Listens on 127.0.0.1 and passes everything on. `cut_after`, `stall_after`: bytes of the server's answers; each
    does so once, the next connection is whole again. `certificate`: what to show, if asked for TLS."""

    def __init__(
        self,
        connect: Callable[[], socket.socket],
        *,
        cut_after: int | None = None,
        stall_after: int | None = None,
        certificate: ssl.SSLContext | None = None,
    ) -> None:
        self._connect, self._certificate = connect, certificate
        self.cut_after, self.stall_after = cut_after, stall_after
        self.connections = 0
        self._released = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._released.set()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self._certificate:
                client.recv(_SSL_REQUEST)
                client.sendall(b"S")
                client = self._certificate.wrap_socket(client, server_side=True)
            server = self._connect()
            threading.Thread(target=self._pass_on, args=(client, server, False), daemon=True).start()
            self._pass_on(server, client, True)

    def _pass_on(self, giver: socket.socket, taker: socket.socket, is_answer: bool) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := giver.recv(65536):
                taker.sendall(data)
                passed += len(data)
                if is_answer and self.cut_after is not None and passed > self.cut_after:
                    self.cut_after = None
                    break
                if is_answer and self.stall_after is not None and passed > self.stall_after:
                    self.stall_after = None
                    self._released.wait()
        for end in (giver, taker):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy(connect: Callable[[], socket.socket], **settings) -> Iterator[Proxy]:
    """A proxy that ends with the block."""
    found = Proxy(connect, **settings)
    try:
        yield found
    finally:
        found.close()
