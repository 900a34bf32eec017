"""A mail server and a webhook that keep what they are sent."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Mail(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs."""

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline().decode().strip():
            command = line.split()[0].upper()
            if command == "DATA":
                self._say("354 go on")
                content = []
                while (row := self.rfile.readline().decode()) != ".\r\n":
                    content.append(row)
                self.server.messages.append("".join(content))
            self._say("550 not you" if "refused@" in line else "221 bye" if command == "QUIT" else "250 ok")
            if command == "QUIT":
                return

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.messages.append((self.headers["Authorization"], json.loads(content)))
        self.send_response(500 if self.path == "/broken" else 204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Be silent."""


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[tuple[int, list]]:
    server.messages = []
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server.server_address[1], server.messages
    finally:
        server.shutdown()
        server.server_close()


def mail() -> socketserver.ThreadingTCPServer:
    return socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail)


def hook() -> ThreadingHTTPServer:
    return ThreadingHTTPServer(("127.0.0.1", 0), Hook)
