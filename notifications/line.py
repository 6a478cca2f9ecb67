"""A line to another machine: one request to an address that was looked at, never followed, cut when time is up."""

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from ssl import SSLContext, SSLSocket
from typing import Any

from notifications.endpoint import Endpoint

LONGEST_ANSWER = 65536
"""Bytes read of an answer; what providers say is far shorter, and the rest of a longer one is not waited for."""


class NotReached(OSError):
    """The line never stood: nothing of the message was said."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said: its status, its Retry-After as written, and the beginning of its body."""

    status: int
    wait: str | None
    body: bytes = b""

    def told(self) -> dict[str, Any] | None:
        """Return the body as a JSON object, None for anything else, as for the page of a proxy."""
        try:
            told = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return told if isinstance(told, dict) else None


def post(
    endpoint: Endpoint,
    found: list[str],
    content: bytes,
    headers: Mapping[str, str],
    timeout_s: float,
    tls: SSLContext | None,
    most: int = LONGEST_ANSWER,
) -> Answer:
    """Post to one of the addresses in `found` and nowhere else; what comes back is read (`most` bytes), not followed.

    Reaching the other side may take `timeout_s`, and so may all that is said then. Without `tls` it is spoken in the
    clear. Raises NotReached where nothing was said, OSError or HTTPException where there is no whole answer.
    """
    with line(found, endpoint, timeout_s, tls) as held:
        connection = HTTPConnection(endpoint.host, endpoint.port)
        if tls is not None:
            connection = HTTPSConnection(endpoint.host, endpoint.port, context=tls)
        connection.sock, connection.auto_open = held, 0
        connection.request("POST", endpoint.path, content, dict(headers))
        with connection.getresponse() as answer:
            return Answer(answer.status, answer.headers.get("Retry-After"), answer.read(most))


def cut(held: socket.socket) -> None:
    """End a line under whoever reads or writes it, from another thread."""
    with suppress(OSError):
        socket.socket.shutdown(held, socket.SHUT_RDWR)  # the line below the encryption: its own lock may be held


@contextmanager
def line(
    found: list[str], endpoint: Endpoint, timeout_s: float, tls: SSLContext | None, whole_s: float | None = None
) -> Iterator[socket.socket]:
    """Open a line to the first address that answers; it is cut when time is up, however slowly the other side talks.

    Reaching it may take `timeout_s`, and so may each single read or write; all that is said then may take `whole_s`, as
    much again where it is not given. Raises NotReached where it does not stand.
    """
    with _before_a_word():
        held = _reached(found, endpoint.port, timeout_s)
    try:
        # A second handle on the same line: whoever encrypts it later takes the first one away.
        with held.dup() as spare, _watched(spare, timeout_s if whole_s is None else whole_s):
            if tls is not None:
                held = tls.wrap_socket(held, server_hostname=endpoint.host, do_handshake_on_connect=False)
            held.settimeout(timeout_s)
            if isinstance(held, SSLSocket):
                with _before_a_word():
                    held.do_handshake()
            yield held
    finally:
        held.close()


@contextmanager
def _before_a_word() -> Iterator[None]:
    try:
        yield
    except OSError as trouble:
        raise NotReached from trouble


@contextmanager
def _watched(held: socket.socket, timeout_s: float) -> Iterator[None]:
    watch = threading.Timer(timeout_s, cut, (held,))
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _reached(found: list[str], port: int, timeout_s: float) -> socket.socket:
    for address in found[:-1]:
        with suppress(OSError):
            return socket.create_connection((address, port), timeout_s / len(found))
    return socket.create_connection((found[-1], port), timeout_s / len(found))
