"""W2: one sync call with fifty entries beside fifty single writes of the same, on the same server."""

import time
from statistics import median
from uuid import uuid4

import httpx2

from tests.bench.test_write import known
from tests.house import House
from tests.journeys import uploads
from tests.journeys.processes import Installation

ENTRIES, ROUNDS = 50, 9
GOAL, FLOOR = 10.0, 2.0
"""The goal is for a quiet machine; below the floor something is broken."""


def test_a_batch_of_fifty_beside_fifty_single_writes(installation: Installation, seeded: House) -> None:
    ratings = [{"symptom": symptom, "intensity": 5} for symptom in known(seeded)]
    told = uploads.entry(installation.now(), ratings=ratings, note="a note of some words")
    told.pop("id")
    installation.serve(workers=2)
    ratios, batches = [], []
    with installation.client(seeded.phone(seeded.patient())) as phone:
        for _ in range(ROUNDS + 1):
            single, batch = _singles(phone, told), _batch(phone, told)
            ratios.append(single / batch)
            batches.append(1 / batch)
    said = f"{median(batches[1:]):.1f} batches/s, {median(ratios[1:]):.1f} x fifty single writes (goal {GOAL:.0f})"
    print(f"\nW2 {installation.kind}: {said}")
    assert median(ratios[1:]) >= FLOOR, ratios


def _singles(phone: httpx2.Client, told: dict[str, object]) -> float:
    """Return the seconds that fifty writes take, one after the other."""
    started = time.perf_counter()
    for _ in range(ENTRIES):
        assert phone.post("/me/diary-entries", json=told | {"id": str(uuid4())}).status_code == 201
    return time.perf_counter() - started


def _batch(phone: httpx2.Client, told: dict[str, object]) -> float:
    """Return the seconds that one batch of fifty takes."""
    changes = [{"op": "put", "type": "diary-entry", "id": str(uuid4()), "data": told} for _ in range(ENTRIES)]
    started = time.perf_counter()
    answer = phone.post("/me/sync", json={"changes": changes, "limit": 1})
    taken = time.perf_counter() - started
    assert [one["result"] for one in answer.json()["results"]] == ["created"] * ENTRIES
    return taken
