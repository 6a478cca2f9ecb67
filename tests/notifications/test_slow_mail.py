"""A mail server that never comes to an end: it answers line by line, each in time, and is cut off all the same."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from socket import create_server, socket

import pytest

from notifications.channels.email import Email
from notifications.reminder import Accepted, Failed
from tests.notifications.making import MessageFactory
from tests.notifications.pushing import LOOPBACK, certified

ANSWERS = {"EHLO": "250-x\r\n250 STARTTLS\r\n", "DATA": "354 go\r\n", "QUIT": "221 bye\r\n", "STARTTLS": "220 go\r\n"}
SLOW_LINES = 100
"""So many lines, one every 20 ms, before an answer comes to its end after all."""


@contextmanager
def dripping(at: str, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Run a server for one session, slow at the greeting or after the content; with `tls` it knows STARTTLS."""
    over = threading.Event()
    with create_server((LOOPBACK, 0)) as server:
        thread = threading.Thread(target=_serve, args=(server, at, tls, over), daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
            thread.join()


def _serve(server: socket, at: str, tls: ssl.SSLContext | None, over: threading.Event) -> None:
    with suppress(OSError), ExitStack() as held:
        _talk(held.enter_context(server.accept()[0]), at, tls, over, held)


def _talk(line: socket, at: str, tls: ssl.SSLContext | None, over: threading.Event, held: ExitStack) -> None:
    def say(text: str, *, slow: bool = False) -> None:
        for _ in range(SLOW_LINES if slow and not over.is_set() else 0):
            line.sendall(f"{text[:3]}-x\r\n".encode())
            over.wait(0.02)
        line.sendall(text.encode())

    say("220 x\r\n", slow=at == "greeting")
    words = held.enter_context(line.makefile("rb"))
    while told := words.readline():
        word = told.split()[0].decode().upper()
        say(ANSWERS.get(word, "250 ok\r\n"))
        if word == "STARTTLS" and tls is not None:
            line = held.enter_context(tls.wrap_socket(line, server_side=True))
            words = held.enter_context(line.makefile("rb"))
        if word == "DATA":
            while words.readline() not in (b".\r\n", b""):
                pass
            say("250 ok\r\n", slow=at == "content")


@pytest.mark.promise("P15")
@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        ("greeting", Failed(permanent=False, why="smtp-unreachable")),
        ("content", Failed(permanent=False, why="smtp-broken-off", unsure=True)),
    ],
)
def test_a_server_that_answers_without_end_is_cut_off(at: str, outcome: Failed) -> None:
    with dripping(at) as port:
        mail = Email(LOOPBACK, port, "post@clinic.example", timeout_s=5, whole_s=0.3)
        assert mail.send(MessageFactory.build(), "anna@example.org") == outcome


@pytest.mark.promise("P15")
def test_it_is_cut_off_behind_its_encryption_too(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified(tmp_path))
    trust = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    with dripping("content", context) as port:
        mail = Email(LOOPBACK, port, "post@clinic.example", timeout_s=5, whole_s=0.5, starttls=True, tls=trust)
        outcome = mail.send(MessageFactory.build(), "anna@example.org")
    assert outcome == Failed(permanent=False, why="smtp-broken-off", unsure=True)


def test_one_that_is_slow_and_comes_to_its_end_has_taken_the_mail() -> None:
    with dripping("nowhere") as port:
        mail = Email(LOOPBACK, port, "post@clinic.example", timeout_s=5, whole_s=5)
        assert isinstance(mail.send(MessageFactory.build(), "anna@example.org"), Accepted)
