"""While storage is away writes are answered 503 with Retry-After, soon; it heals by itself, without a restart (P09)."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import httpx2
import pytest

from tests.databases import Server, start_server
from tests.house import House
from tests.journeys import uploads
from tests.journeys.processes import Installation, until

pytestmark = pytest.mark.journey

WITHIN_S, HEALS_S = 6.0, 10.0


@pytest.fixture(scope="module")
def durable_postgres() -> Iterator[Server]:
    """A server of this module's own, since it is stopped here."""
    server = start_server(durable=True)
    yield server
    server.close()


@dataclass
class Storage:
    """How storage goes away and comes back."""

    leave: Callable[[], None]
    come_back: Callable[[], None]


@contextmanager
def locked(installation: Installation) -> Iterator[Storage]:
    """Another program holds the SQLite file."""
    with closing(sqlite3.connect(installation.folder / "uitwerk.db", isolation_level=None)) as other:
        yield Storage(lambda: _do(other, "BEGIN IMMEDIATE"), lambda: _do(other, "ROLLBACK"))


def _do(other: sqlite3.Connection, statement: str) -> None:
    other.execute(statement)


@pytest.fixture
def storage(installation: Installation, request: pytest.FixtureRequest) -> Iterator[Storage]:
    """The storage of the installation, on each database."""
    if installation.kind == "postgresql":
        server: Server = request.getfixturevalue("durable_postgres")
        yield Storage(server.halt, server.resume)
    else:
        with locked(installation) as held:
            yield held


@pytest.mark.promise("P09")
def test_storage_that_is_away_says_so_soon_and_heals_by_itself(
    installation: Installation, seeded: House, storage: Storage
) -> None:
    headers = seeded.phone(seeded.patient())
    installation.serve(workers=2)
    before, during = uploads.entry(installation.now()), uploads.entry(installation.now())
    with installation.client(headers) as phone:
        assert phone.post("/me/diary-entries", json=before).status_code == 201
        storage.leave()
        try:
            for _ in range(2):
                refused, took_s = timed(phone, during)
                assert (refused.status_code, refused.json()["code"]) == (503, "storage-unavailable")
                assert int(refused.headers["Retry-After"]) > 0
                assert took_s < WITHIN_S
            assert phone.get(f"{installation.base_url}/healthz").status_code == 200
        finally:
            storage.come_back()
        until(lambda: phone.post("/me/diary-entries", json=during).is_success, "storage heals", HEALS_S)
        assert {item["id"] for item in uploads.all_entries(phone)} == {before["id"], during["id"]}


def timed(phone: httpx2.Client, body: dict[str, object]) -> tuple[httpx2.Response, float]:
    """Return the answer to an upload and how many seconds it took."""
    started = time.monotonic()
    answer = phone.post("/me/diary-entries", json=body)
    return answer, time.monotonic() - started
