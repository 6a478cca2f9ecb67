"""An Apple of our own: HTTP/2 over TLS, with a certificate of our own, that answers what it is told to."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, RequestReceived, StreamEnded
from h2.exceptions import ProtocolError

from tests.notifications.answering import Asked, Provider, Says
from tests.notifications.pushing import LOOPBACK, certified


@dataclass
class Apple(Provider):
    """As a Provider, with the number of lines that were opened; `talks` answers with pings alone, `breaks` hangs up."""

    lines: int = 0
    talks: threading.Event = field(default_factory=threading.Event)
    breaks: threading.Event = field(default_factory=threading.Event)
    raw: bytes = b""

    def forget(self) -> None:
        super().forget()
        self.talks.clear()
        self.breaks.clear()
        self.lines, self.raw = 0, b""


@contextmanager
def apple(folder: Path) -> Iterator[Apple]:
    """Run it; its certificate and the authority behind it are made in `folder`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified(folder))
    context.set_alpn_protocols(["h2"])
    with socket.create_server((LOOPBACK, 0)) as server:
        made = Apple(server.getsockname()[1], folder / "ca.pem")
        held: list[socket.socket] = []
        thread = threading.Thread(target=_accepting, args=(server, context, made, held), daemon=True)
        thread.start()
        try:
            yield made
        finally:
            made.talks.clear()
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            for line in held:
                with suppress(OSError):
                    socket.socket.shutdown(line, socket.SHUT_RDWR)
            thread.join()


def _accepting(server: socket.socket, context: ssl.SSLContext, made: Apple, held: list[socket.socket]) -> None:
    talking = []
    while True:
        try:
            plain, _ = server.accept()
        except OSError:
            break
        line = context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        held.append(line)
        talking.append(threading.Thread(target=_serving, args=(line, made), daemon=True))
        talking[-1].start()
    for thread in talking:
        thread.join()


def _serving(line: ssl.SSLSocket, made: Apple) -> None:
    with line, suppress(OSError, ProtocolError):
        line.do_handshake()
        made.lines += 1
        spoken = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        spoken.initiate_connection()
        line.sendall(spoken.data_to_send())
        asked: dict[int, tuple[dict[str, str], list[bytes]]] = {}
        while content := line.recv(65536):
            for event in spoken.receive_data(content):
                _happened(event, spoken, asked, made)
            if made.raw:
                line.sendall(made.raw)
                return
            line.sendall(spoken.data_to_send())
            while made.talks.is_set() and made.got:
                spoken.ping(b"12345678")
                line.sendall(spoken.data_to_send())
                threading.Event().wait(0.02)
            if made.breaks.is_set() and made.got:
                return


def _happened(
    event: Event, spoken: H2Connection, asked: dict[int, tuple[dict[str, str], list[bytes]]], made: Apple
) -> None:
    if isinstance(event, RequestReceived):
        asked[event.stream_id] = ({_text(name): _text(text) for name, text in event.headers}, [])
    elif isinstance(event, DataReceived):
        asked[event.stream_id][1].append(event.data)
    elif isinstance(event, StreamEnded):
        headers, parts = asked.pop(event.stream_id)
        said = made.answer(Asked(headers[":path"], headers, b"".join(parts)))
        if made.hangs.is_set() or made.talks.is_set() or made.breaks.is_set():
            return
        _answer(spoken, event.stream_id, said)


def _answer(spoken: H2Connection, stream_id: int, said: Says) -> None:
    headers = [(":status", str(said.status)), *((name.lower(), text) for name, text in said.headers.items())]
    spoken.send_headers(stream_id, headers, end_stream=not said.content)
    if said.content:
        spoken.send_data(stream_id, said.content, end_stream="X-Ends" not in said.headers)


def _text(told: Any) -> str:
    return told.decode() if isinstance(told, bytes) else str(told)
