"""Health over HTTP: alive without a database, ready only when schema, durability and dispatcher are as they should."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from backend.services import health
from backend.storage import migrate
from backend.storage.beats import BeatRow
from tests.factories.reminders import ReminderRowFactory
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


def _waiting(house: House, seconds: int, **told: Any) -> None:
    """Store a reminder that has been due for so long."""
    at = house.clock.now - timedelta(seconds=seconds)
    row = {"status": "planned", "send_at": at, "expires_at": at + timedelta(hours=1), **told}
    house.add(ReminderRowFactory.build(patient_id=house.patient().id, **row))


def _asked(house: House) -> tuple[int, dict[str, Any]]:
    answer = house.client.get("/readyz")
    assert answer.json is not None
    assert answer.json["ready"] == (answer.status_code == 200)
    return answer.status_code, answer.json


def _ready(house: House) -> tuple[int, list[str]]:
    status, told = _asked(house)
    return status, told["wrong"]


def test_it_is_alive_and_says_its_version_to_anybody(house: House) -> None:
    assert house.client.get("/healthz").json == {"alive": True}
    told = house.client.get("/version")
    assert (told.status_code, told.json) == (200, {"name": "Uitwerk", "version": "0.1.0"})


@pytest.mark.promise("P16")
def test_it_is_ready_while_a_dispatcher_was_seen_within_the_allowed_silence(house: House) -> None:
    _beat(house, seconds_ago=house.settings.dispatcher_silence_s)
    assert _asked(house) == (200, {"ready": True, "wrong": [], "reminders_delayed_since": None})


@pytest.mark.promise("P16")
def test_a_silent_dispatcher_makes_it_not_ready(house: House) -> None:
    _beat(house, seconds_ago=house.settings.dispatcher_silence_s + 1)
    told = {"wrong": ["dispatcher: silent"], "reminders_delayed_since": "2026-06-01T09:57:59+00:00"}
    assert _asked(house) == (503, {"ready": False, **told})


@pytest.mark.promise("P16")
def test_it_is_not_ready_before_any_dispatcher_ran(house: House) -> None:
    never = {"ready": False, "wrong": ["dispatcher: none has ever run"]}
    assert _asked(house) == (503, never | {"reminders_delayed_since": None})
    _waiting(house, 121)
    assert _asked(house) == (503, never | {"reminders_delayed_since": "2026-06-01T09:57:59+00:00"})


@pytest.mark.promise("P16")
@pytest.mark.parametrize("status", ["planned", "due"])
def test_a_due_reminder_that_nobody_takes_makes_it_not_ready_although_dispatchers_beat(
    house: House, status: str
) -> None:
    _beat(house, seconds_ago=0)
    _waiting(house, 120, status=status)
    assert _ready(house) == (200, [])
    for seconds in (200, 121):
        _waiting(house, seconds, status=status)
    told = {"wrong": ["reminders: due, and nobody takes them"], "reminders_delayed_since": "2026-06-01T09:56:40+00:00"}
    assert _asked(house) == (503, {"ready": False, **told})


@pytest.mark.promise("P16")
def test_what_is_taken_over_or_not_due_again_yet_waits_for_nobody(house: House) -> None:
    _beat(house, seconds_ago=0)
    now = house.clock.now
    for status in ("claimed", "sent", "failed", "expired", "cancelled", "suppressed"):
        _waiting(house, 500, status=status)
    _waiting(house, 500, expires_at=now - timedelta(seconds=300))
    _waiting(house, 500, status="due", next_try_at=now + timedelta(seconds=60))
    _waiting(house, 500, changed_at=now)  # planned a moment ago, about a dose of tomorrow
    assert _ready(house) == (200, [])


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
