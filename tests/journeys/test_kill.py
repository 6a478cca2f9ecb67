"""Web processes that are killed under load lose nothing they acknowledged (P01)."""

import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

import httpx2
import pytest

from tests.house import House
from tests.journeys import uploads
from tests.journeys.processes import Installation, Running, until

WRITERS, BETWEEN = 4, 12

pytestmark = pytest.mark.journey


@dataclass
class Writer:
    """A phone that uploads one entry after the other, and repeats each until it is acknowledged."""

    installation: Installation
    headers: dict[str, str]
    acknowledged: dict[str, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def write(self, stop: Event) -> None:
        """Upload until told to stop."""
        number = 0
        while not stop.is_set():
            number += 1
            self.upload(uploads.entry(self.installation.now(), number % 11), stop)

    def upload(self, body: dict[str, Any], stop: Event) -> None:
        """Upload one entry, again and again; what was never acknowledged does not count."""
        while not stop.is_set():
            try:
                with self.installation.client(self.headers, timeout=10) as client:
                    answer = client.post("/me/diary-entries", json=body)
            except httpx2.TransportError:
                stop.wait(0.02)
                continue
            if answer.status_code in {200, 201}:
                self.acknowledged[body["id"]] = body["ratings"][0]["intensity"]
                return
            if answer.status_code != 503:
                self.refused.append(answer.text)
                return


@contextmanager
def writing(writers: list[Writer]) -> Iterator[None]:
    """Let all writers write."""
    stop = Event()
    threads = [Thread(target=writer.write, args=(stop,)) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.promise("P01")
def test_nothing_acknowledged_is_missing_after_kill_9(installation: Installation, seeded: House, kills: int) -> None:
    writers = [Writer(installation, seeded.phone(seeded.patient())) for _ in range(WRITERS)]
    running = installation.serve(workers=2)
    chance = random.Random(20260601)
    with writing(writers):
        for number in range(kills):
            _go_on(writers, BETWEEN, f"writing goes on after {number} kills")
            running = _kill(installation, running, number, chance)
        _go_on(writers, 1, "writing goes on after the last kill")
    assert [writer.refused for writer in writers] == [[]] * WRITERS
    for writer in writers:
        with installation.client(writer.headers) as client:
            stored = {item["id"]: item["ratings"][0]["intensity"] for item in uploads.all_entries(client)}
        missing = {name: value for name, value in writer.acknowledged.items() if stored.get(name) != value}
        assert not missing
    assert _count(writers) > kills * BETWEEN


def _kill(installation: Installation, running: Running, number: int, chance: random.Random) -> Running:
    """Kill one web process, which its parent replaces; every third time everything, and start it anew."""
    if number % 3 == 2:
        running.kill()
        return installation.serve(workers=2)
    workers = until(lambda: running.workers() if len(running.workers()) >= 2 else None, "two web processes")
    os.kill(chance.choice(workers), signal.SIGKILL)
    return running


def _go_on(writers: list[Writer], more: int, said: str) -> None:
    """Wait until so many more uploads are acknowledged."""
    enough = _count(writers) + more
    until(lambda: _count(writers) >= enough, said)


def _count(writers: list[Writer]) -> int:
    return sum(len(writer.acknowledged) for writer in writers)
