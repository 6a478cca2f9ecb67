"""A batch whose web processes die half-way arrives once, however often and in whatever order it is sent again (P05)."""

import os
import random
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from time import monotonic
from typing import Any

import httpx2
import pytest

from tests.house import House
from tests.journeys import uploads
from tests.journeys.processes import Installation, Running, until

GOOD, BAD = 195, 5
NEVER = Event()

pytestmark = pytest.mark.journey


def batch(installation: Installation) -> list[dict[str, Any]]:
    """Return 200 changes, five of which say what cannot be."""
    changes = []
    for number in range(GOOD + BAD):
        told = uploads.entry(installation.now(), 4 if number < GOOD else 11)
        changes.append({"op": "put", "type": "diary-entry", "id": told.pop("id"), "data": told})
    return changes


def send(installation: Installation, headers: dict[str, str], changes: list[dict[str, Any]]) -> list[str] | None:
    """Send a batch once; return what became of each change, None where the answer was lost."""
    try:
        with installation.client(headers, timeout=20) as client:
            answer = client.post("/me/sync", json={"changes": changes, "limit": 1})
    except httpx2.TransportError:
        return None
    assert answer.status_code in {200, 503}, answer.text
    return [one["result"] for one in answer.json()["results"]] if answer.status_code == 200 else None


def answered(installation: Installation, headers: dict[str, str], changes: list[dict[str, Any]]) -> None:
    """Send a batch as an app does, again until it is answered; each change has the answer it ought to have."""
    results = until(lambda: send(installation, headers, changes), "the batch is answered")
    assert set(results) <= {"created", "duplicate", "invalid"}
    for change, result in zip(changes, results, strict=True):
        assert (change["data"]["ratings"][0]["intensity"] == 11) == (result == "invalid")


def kill_workers(running: Running) -> None:
    """Kill -9 every web process; their parent starts new ones."""
    for pid in running.workers():
        if pid != running.process.pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _seconds(installation: Installation, seeded: House) -> float:
    """Return how long a batch takes when nothing happens to it."""
    phone, changes, began = seeded.phone(seeded.patient()), batch(installation), monotonic()
    answered(installation, phone, changes)
    return monotonic() - began


@pytest.mark.promise("P05")
def test_a_batch_of_two_hundred_arrives_once_though_all_workers_die_half_way(
    installation: Installation, seeded: House, kills: int
) -> None:
    running, chance, lost = installation.serve(workers=2), random.Random(20261121), 0
    with ThreadPoolExecutor(2) as pool:
        whole_s = min(_seconds(installation, seeded) for _ in range(4))
        for _ in range(kills):
            headers, changes = seeded.phone(seeded.patient()), batch(installation)
            first = pool.submit(send, installation, headers, changes)
            NEVER.wait(whole_s * chance.uniform(0.1, 0.8))
            kill_workers(running)
            lost += first.result() is None
            copies = [changes + chance.sample(changes, len(changes) // 10) for _ in range(2)]
            for copy in copies:
                chance.shuffle(copy)
            both = [pool.submit(answered, installation, headers, copy) for copy in copies]
            for sent in both:
                sent.result()
            with installation.client(headers) as client:
                stored = [one["id"] for one in uploads.all_entries(client)]
            assert sorted(stored) == sorted(change["id"] for change in changes[:GOOD])
    assert lost >= max(1, kills // 8), f"only {lost} of {kills} batches were cut off: nothing was tested"
