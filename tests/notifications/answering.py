"""A provider of our own that speaks HTTP, with or without TLS, and answers what it is told to."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.notifications.pushing import LOOPBACK, certified

HTML = b"<!doctype html><title>Please log in</title>"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived; the names of headers are lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Says:
    """One answer: a status, a body (JSON unless it is bytes), and further headers."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Provider:
    """Answers by path: with what `answers` says, one after the other, the last one for ever; while `hangs`, not."""

    port: int
    ca: Path | None
    got: list[Asked] = field(default_factory=list)
    answers: dict[str, list[Says | Callable[[Asked], Says]]] = field(default_factory=dict)
    hangs: threading.Event = field(default_factory=threading.Event)

    @property
    def seam(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def origin(self) -> str:
        return ("https://" if self.ca else "http://") + self.seam

    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca)

    def says(self, path: str, *answers: Says | Callable[[Asked], Says]) -> None:
        self.answers[path] = list(answers)

    def at(self, path: str) -> list[Asked]:
        return [asked for asked in self.got if asked.path == path]

    def forget(self) -> None:
        self.got.clear()
        self.answers.clear()
        self.hangs.clear()

    def answer(self, asked: Asked) -> Says:
        self.got.append(asked)
        found = self.answers.get(asked.path, [Says(404, HTML)])
        said = found.pop(0) if len(found) > 1 else found[0]
        return said if isinstance(said, Says) else said(asked)


@contextmanager
def provider(folder: Path | None) -> Iterator[Provider]:
    """Run a provider; its certificate is made in `folder`, without one it speaks in the clear."""
    server = ThreadingHTTPServer((LOOPBACK, 0), _Handler)
    server.daemon_threads, server.block_on_close = True, False
    if folder is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certified(folder))
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    made = Provider(server.server_port, folder / "ca.pem" if folder else None)
    server.provider = made  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.hangs.clear()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        made: Provider = self.server.provider  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        said = made.answer(Asked(self.path, {name.lower(): text for name, text in self.headers.items()}, body))
        while made.hangs.is_set():
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            threading.Event().wait(0.02)
        told = "".join(f"{name}: {text}\r\n" for name, text in said.headers.items())
        head = f"HTTP/1.1 {said.status} So\r\n{told}Content-Length: {len(said.content)}\r\nConnection: close\r\n\r\n"
        self.wfile.write(head.encode() + said.content)
        self.close_connection = True

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            return  # the other side hung up

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
