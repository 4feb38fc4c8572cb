"""A webhook on loopback: takes what is posted to it over TLS and keeps it."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"


class Receiver:
    """Where messages are sent to; `certificate` is what a sender has to trust."""

    def __init__(self, folder: Path) -> None:
        self.certificate, self._key = folder / "receiver.crt", folder / "receiver.key"
        self.messages: list[dict[str, Any]] = []
        self._certify()
        self._server = ThreadingHTTPServer((HOST, 0), _handler(self.messages))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self._key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    @classmethod
    @contextmanager
    def started(cls, folder: Path) -> Iterator[Receiver]:
        """A receiver that ends with the block."""
        receiver = cls(folder)
        thread = threading.Thread(target=receiver._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver._server.shutdown()
            thread.join()
            receiver._server.server_close()

    @property
    def url(self) -> str:
        """Where to post."""
        return f"https://{HOST}:{self._server.server_address[1]}/hook"

    def about(self, application: str) -> list[dict[str, Any]]:
        """What was said of an Application."""
        return [message for message in self.messages if message["application"] == application]

    def _certify(self) -> None:
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
                *("-subj", "/CN=receiver", "-addext", f"subjectAltName=IP:{HOST}"),
                *("-keyout", str(self._key), "-out", str(self.certificate)),
            ],
            check=True,
            capture_output=True,
        )


def _handler(messages: list[dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
