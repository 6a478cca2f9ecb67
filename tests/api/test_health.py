"""Health over HTTP: alive without a database, ready only when schema, durability and dispatcher are as they should."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from backend.services import health
from backend.storage import migrate
from backend.storage.reminders import BeatRow
from tests.house import House


@pytest.fixture(autouse=True)
def durable(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the tests' PostgreSQL, which runs with fsync off for speed, for a durable one."""
    if "real_durability" not in request.fixturenames:
        monkeypatch.setattr(health, "weak", lambda _session: [])


@pytest.fixture
def real_durability() -> None:
    """Let the database itself say whether it is durable."""


def _beat(house: House, seconds_ago: int) -> None:
    house.add(BeatRow(worker="here:1", beat_at=house.clock.now - timedelta(seconds=seconds_ago)))


def _ready(house: House) -> tuple[int, list[str]]:
    answer = house.client.get("/readyz")
    assert answer.json is not None
    assert answer.json["ready"] == (answer.status_code == 200)
    return answer.status_code, answer.json["wrong"]


def test_it_is_alive_and_says_its_version_to_anybody(house: House) -> None:
    assert house.client.get("/healthz").json == {"alive": True}
    told = house.client.get("/version")
    assert (told.status_code, told.json) == (200, {"name": "Uitwerk", "version": "0.1.0"})


@pytest.mark.promise("P16")
def test_it_is_ready_while_a_dispatcher_was_seen_within_the_allowed_silence(house: House) -> None:
    _beat(house, seconds_ago=house.settings.dispatcher_silence_s)
    assert _ready(house) == (200, [])


@pytest.mark.promise("P16")
def test_a_silent_dispatcher_makes_it_not_ready(house: House) -> None:
    _beat(house, seconds_ago=house.settings.dispatcher_silence_s + 1)
    assert _ready(house) == (503, ["dispatcher: silent"])


@pytest.mark.promise("P16")
def test_it_is_not_ready_before_any_dispatcher_ran(house: House) -> None:
    assert _ready(house) == (503, ["dispatcher: none has ever run"])


@pytest.mark.promise("P33")
def test_another_schema_makes_it_not_ready(house: House) -> None:
    _beat(house, seconds_ago=0)
    _stand_at(house, "0000")
    try:
        assert _ready(house) == (503, [f"schema: 0000 instead of {migrate.head()}"])
    finally:
        _stand_at(house, migrate.head())


@pytest.mark.promise("P02")
def test_unsafe_settings_of_the_database_make_it_not_ready(house: House, real_durability: None) -> None:
    """SQLite is made durable by the app itself; the PostgreSQL of these tests really is not."""
    _beat(house, seconds_ago=0)
    with house.unit() as ctx:
        safe = ctx.session.get_bind().dialect.name == "sqlite"
    off = [f"durability: {name} is off" for name in ("fsync", "synchronous_commit", "full_page_writes")]
    assert _ready(house) == ((200, []) if safe else (503, off))


def _stand_at(house: House, revision: str) -> None:
    with house.unit() as ctx:
        ctx.session.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})
