"""A provider of our own that takes SMS over HTTP: it counts copies, asks to come later, and hangs up half-way."""

import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOOPBACK, PATH = "127.0.0.1", "/messages"
_NEVER = threading.Event()


class Says(StrEnum):
    """What the provider does with one call: takes it, asks to come later, or takes it and hangs up unanswered."""

    TAKEN = "taken"
    LATER = "later"
    HUNG_UP = "hung-up"


Mood = Callable[[str, int], Says]
"""What is said to a message id for the n-th time, counted from 0."""
Hold = Callable[[int], object]
"""Comes back when a call is to be answered, given its place among all calls."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One message as it arrived: `message_id` as the gateway was told, `to` the number, and what was said to it."""

    message_id: str
    to: str
    text: str
    said: Says


@dataclass
class Sink:
    """Everything that arrived, in the order in which it did."""

    mood: Mood
    hold: Hold
    port: int = 0
    calls: list[Copy] = field(default_factory=list)
    lock: threading.Condition = field(default_factory=threading.Condition)
    calling: Counter[str] = field(default_factory=Counter)
    kept: set[str] = field(default_factory=set)

    @property
    def environ(self) -> dict[str, str]:
        """How a dispatcher is told to send SMS here."""
        url = f"http://{LOOPBACK}:{self.port}{PATH}"
        return {"UITWERK_SMS_URL": url, "UITWERK_SMS_TOKEN": "token"}

    def arrived(self) -> int:
        """Return how many calls have arrived; whatever arrives later has at least this place in `calls`."""
        with self.lock:
            return len(self.calls)

    def taken(self) -> list[Copy]:
        """Return the copies a phone would show, also those whose answer was lost."""
        with self.lock:
            return [one for one in self.calls if one.said is not Says.LATER]

    def held(self) -> list[str]:
        """Return the numbers for which a call is being answered at this moment."""
        with self.lock:
            return sorted(+self.calling)

    def take(self, told: dict[str, Any]) -> tuple[int, Copy]:
        """Keep a call, and decide what is said to it; return its place too."""
        key = str(told["reference"])
        with self.lock:
            nth = sum(one.message_id == key for one in self.calls)
            copy = Copy(key, told["to"], told["text"], self.mood(key, nth))
            self.calls.append(copy)
            self.calling[copy.to] += 1
            return len(self.calls) - 1, copy

    @contextmanager
    def keeping(self, number: str) -> Iterator[None]:
        """Answer no call for a number while the block lasts; one whose answer has begun is too late to keep."""
        with self.lock:
            self.kept.add(number)
        try:
            yield
        finally:
            with self.lock:
                self.kept.discard(number)
                self.lock.notify_all()

    def over(self, copy: Copy) -> None:
        """Forget that a call is being answered, once nobody keeps it."""
        with self.lock:
            self.lock.wait_for(lambda: copy.to not in self.kept)
            self.calling[copy.to] -= 1


def kind(_message_id: str, _nth: int) -> Says:
    """Take everything."""
    return Says.TAKEN


def moody(chance: random.Random, part: float, most: int = 2) -> Mood:
    """Ask a part of all calls to come later and hang up on another; no message is put off more than `most` times.

    Without that bound a provider that is only ill-tempered could outlast every try that a reminder has.
    """
    put_off: Counter[str] = Counter()

    def says(message_id: str, _nth: int) -> Says:
        drawn = chance.random()
        if drawn < part and put_off[message_id] < most:
            put_off[message_id] += 1
            return Says.LATER
        return Says.HUNG_UP if 1 - part < drawn else Says.TAKEN

    return says


def held_for(seconds: float) -> Hold:
    """Answer every call after so long."""
    return lambda _place: _NEVER.wait(seconds)


@contextmanager
def open_sink(mood: Mood = kind, hold: Hold = bool) -> Iterator[Sink]:
    """Run the provider while the block lasts."""
    server = _Server((LOOPBACK, 0), _Handler)
    server.sink = sink = Sink(mood, hold, server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads, block_on_close, request_queue_size = True, False, 128
    sink: Sink


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        sink = self.server.sink
        place, copy = sink.take(json.loads(body))
        try:
            sink.hold(place)
        finally:
            sink.over(copy)
        self.close_connection = True
        if copy.said is not Says.HUNG_UP:
            self._answer(503 if copy.said is Says.LATER else 200, json.dumps({"id": copy.message_id}).encode())

    def _answer(self, status: int, content: bytes) -> None:
        head = f"HTTP/1.1 {status} So\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
        self.wfile.write(head.encode() + content)

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            return  # whoever called was killed

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
