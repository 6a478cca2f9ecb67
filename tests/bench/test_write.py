"""W1: logging an entry, durable, audited and placed, beside a bare Flask echo on the same kind of server."""

import http.client
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median
from uuid import uuid4

import orjson

from tests.house import House
from tests.journeys import uploads
from tests.journeys.processes import ROOT, Installation, free_port, until

CLIENTS, EACH, ROUNDS = 8, 60, 5
GOAL, FLOOR = 0.20, 0.05
"""The goal is for a quiet machine; below the floor something is broken."""

Body = Callable[[], bytes]


@contextmanager
def echoing() -> Iterator[int]:
    """Serve the echo with the same server and the same number of workers and threads; yields its port."""
    port = free_port()
    words = ["-m", "gunicorn", "-k", "gthread", "-w", "2", "--threads", "4", "-b", f"127.0.0.1:{port}"]
    process = subprocess.Popen([sys.executable, *words, "--log-level", "error", "tests.bench.echo:app"], cwd=ROOT)
    try:
        until(lambda: _answers(port), "the echo answers")
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _answers(port: int) -> bool:
    try:
        return post(port, "/echo", {}, b"{}", 1) == 1
    except OSError:
        return False


def post(port: int, path: str, headers: dict[str, str], body: bytes | Body, times: int) -> int:
    """Post so many times over one connection; return how often it was taken."""
    connection, taken = http.client.HTTPConnection("127.0.0.1", port, timeout=30), 0
    try:
        for _ in range(times):
            raw = body if isinstance(body, bytes) else body()
            connection.request("POST", path, raw, {**headers, "Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            taken += answer.status in {200, 201}
    finally:
        connection.close()
    return taken


def rate(port: int, path: str, headers: dict[str, str], body: Body) -> float:
    """Return requests a second, in a closed loop with all clients."""
    started = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        taken = sum(pool.map(lambda _: post(port, path, headers, body, EACH), range(CLIENTS)))
    assert taken == CLIENTS * EACH
    return taken / (time.monotonic() - started)


def test_writing_an_entry_beside_a_bare_echo(installation: Installation, seeded: House) -> None:
    ratings = [{"symptom": symptom, "intensity": 5} for symptom in known(seeded)]
    told = uploads.entry(installation.now(), ratings=ratings, note="a note of some words")
    anna = seeded.phone(seeded.patient())
    installation.serve(workers=2)

    def body() -> bytes:
        return orjson.dumps(told | {"id": str(uuid4())})

    pairs = []
    with echoing() as port:
        for _ in range(ROUNDS + 1):
            bare = rate(port, "/echo", {}, body)
            ours = rate(installation.port, "/api/v1/me/diary-entries", anna, body)
            pairs.append((ours, bare))
    ratios = [ours / bare for ours, bare in pairs[1:]]
    said = f"{median(ours for ours, _ in pairs):.0f}/s, {median(ratios):.2f} of bare Flask (goal {GOAL:.2f})"
    print(f"\nW1 {installation.kind}: {said}")
    assert median(ratios) >= FLOOR, ratios


def known(seeded: House) -> list[str]:
    """Return seven symptoms of the vocabulary."""
    answer = seeded.get("/catalogue/symptoms", headers=seeded.phone(seeded.patient()))
    keys = [found["key"] for found in answer.json["items"] if found["key"] != "other"] if answer.json else []
    return keys[:7]
