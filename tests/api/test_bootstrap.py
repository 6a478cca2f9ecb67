"""The beginning of a phone: one answer holds what the single addresses give, so that it works without the network."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from backend.api.bootstrap import BootstrapOut
from backend.api.documents import documents
from backend.services.feed import DOCUMENTS, Kind
from backend.storage.beats import BeatRow
from backend.storage.events import EventRow
from backend.storage.people import SiteRow
from tests.api.test_checklists import Home
from tests.factories.reminders import ReminderRowFactory
from tests.house import House, Patient

NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)


@pytest.fixture
def home(house: House) -> Home:
    return Home(house)


def begun(house: House, phone: dict[str, str]) -> Any:
    answer = house.get("/me/bootstrap", headers=phone)
    assert answer.status_code == 200, answer.json
    return answer.json


def waiting(house: House, patient: Patient, days: float, **told: Any) -> str:
    """Store a reminder that is told so many days from now; return its id."""
    at = NOW + timedelta(days=days)
    columns = {"send_at": at, "due_on": (at + timedelta(days=1)).date(), "due_at": at + timedelta(days=1)}
    until = {"expires_at": at + timedelta(days=1)}
    key = f"dose:dose:1:{uuid4()}:day-before"
    row = ReminderRowFactory.build(patient_id=patient.id, key=key, **{**columns, **until, **told})
    found = str(row.id)
    house.add(row)
    return found


def test_it_holds_what_the_single_addresses_give(home: Home) -> None:
    home.write()
    waiting(home.house, home.anna, 1)
    told = begun(home.house, home.phone)
    assert BootstrapOut().validate(told) == {}
    singles = {"profile", "plan", "forms", "checklists", "consents"}
    assert {part: told[part] for part in singles} == {part: home.mine(part) for part in singles}
    assert told["plan"]["treatments"][0]["at_home"] is True
    assert (told["server_time"], told["min_client"], told["language"]) == ("2026-06-01T10:00:00+00:00", "0", "nl")


def test_reading_it_is_noted_once(home: Home) -> None:
    begun(home.house, home.phone)
    with home.house.unit(writes=False) as ctx:
        mine = EventRow.patient_id == home.anna.id, EventRow.actor_role == "patient"
        acts = list(ctx.session.scalars(select(EventRow.act).where(*mine)))
    assert acts == ["own-record:sync"]


def test_words_and_safety_are_in_ones_own_language_with_ones_own_clinics_number(house: House) -> None:
    with house.unit() as ctx:
        ctx.session.get_one(SiteRow, house.site.id).phone = "+31 20 123 4567"
    for language, word in (("nl", "Vermoeidheid"), ("en", "Fatigue")):
        told = begun(house, house.phone(house.patient(language=language)))
        assert told["language"] == language
        assert told["vocabulary"]["symptoms"][0] == {"key": "fatigue", "text": word}
        assert {len(told["vocabulary"][part]) for part in ("causes", "wearing_off")} == {9, 3}
        assert any("+31 20 123 4567" in line for line in told["safety"]["lines"])
        assert any("112" in line for line in told["safety"]["lines"])
        assert told["site"] == {"name": house.site.name, "phone": "+31 20 123 4567"}


def test_reminders_are_the_open_ones_of_four_weeks_under_the_servers_ids(house: House) -> None:
    anna = house.patient()
    late = waiting(house, anna, -0.5)
    soon, last = waiting(house, anna, 1), waiting(house, anna, 28)
    claimed = waiting(house, anna, 2, status="claimed")
    for ended in ("sent", "failed", "expired", "cancelled"):
        waiting(house, anna, 3, status=ended)
    waiting(house, anna, 28.01)
    waiting(house, anna, -2)
    waiting(house, house.patient(), 1)
    told = begun(house, house.phone(anna))["reminders"]["items"]
    assert [one["id"] for one in told] == [late, soon, claimed, last]


def test_no_more_than_thirty_reminders_the_first_ones(house: House) -> None:
    anna = house.patient()
    ids = [waiting(house, anna, days / 2) for days in range(1, 35)]
    assert [one["id"] for one in begun(house, house.phone(anna))["reminders"]["items"]] == ids[:30]


@pytest.mark.promise("P17")
def test_a_reminder_reads_as_it_would_when_it_is_told_and_names_nothing(house: House) -> None:
    anna = house.patient(language="en")
    waiting(house, anna, 5)
    (told,) = begun(house, house.phone(anna))["reminders"]["items"]
    assert told["text"]["title"] == "Reminder: task tomorrow"
    assert told["text"]["body"].startswith("Tomorrow, Sunday 7 June, there is a task for you.")
    assert set(told) == {"id", "kind", "step", "due_on", "due_at", "send_at", "expires_at", "text"}


@pytest.mark.promise("P14")
def test_a_reminder_that_was_not_told_in_time_says_so(house: House) -> None:
    anna = house.patient(language="en")
    at = NOW - timedelta(hours=1)
    waiting(house, anna, -0.5, due_on=at.date(), due_at=at, expires_at=NOW + timedelta(hours=1))
    (told,) = begun(house, house.phone(anna))["reminders"]["items"]
    assert told["text"]["title"].startswith("Late message")


@pytest.mark.promise("P13")
@pytest.mark.parametrize(("on", "sent"), [(date(2026, 3, 29), "06:00"), (date(2026, 10, 25), "07:00")])
def test_days_are_counted_on_the_patients_own_calendar_when_the_clocks_change(
    house: House, on: date, sent: str
) -> None:
    house.clock.now = datetime.combine(on - timedelta(days=3), datetime.min.time(), UTC)
    anna = house.patient(language="en")
    send_at = datetime.fromisoformat(f"{on.isoformat()}T{sent}:00+00:00")
    due_at = send_at + timedelta(hours=1)
    waiting(house, anna, 0, send_at=send_at, due_on=on, due_at=due_at, expires_at=due_at, step="same-day")
    (told,) = begun(house, house.phone(anna))["reminders"]["items"]
    assert (told["text"]["title"], told["send_at"]) == ("Reminder: task today", f"{on.isoformat()}T{sent}:00+00:00")


@pytest.mark.promise("P16")
def test_a_phone_is_told_that_reminders_are_delayed_and_since_when_also_when_it_syncs(house: House) -> None:
    phone = house.phone(house.patient())

    def told() -> set[str | None]:
        synced = house.post("/me/sync", headers=phone, json={})
        assert synced.status_code == 200, synced.json
        return {synced.json["reminders_delayed_since"], begun(house, phone)["reminders_delayed_since"]}

    assert told() == {None}
    house.add(BeatRow(worker="here:1", beat_at=house.clock.now - timedelta(seconds=121)))
    assert told() == {"2026-06-01T09:57:59+00:00"}
    house.add(BeatRow(worker="here:2", beat_at=house.clock.now - timedelta(seconds=120)))
    assert told() == {None}
    waiting(house, house.patient(), -0.5, status="planned", expires_at=house.clock.now + timedelta(hours=1))
    assert told() == {"2026-05-31T22:00:00+00:00"}


def test_single_documents_are_the_same_as_in_the_beginning(home: Home) -> None:
    told = begun(home.house, home.phone)
    with home.house.unit(home.anna) as ctx:
        assert set(documents(ctx, DOCUMENTS)) == set(DOCUMENTS)
        assert set(documents(ctx, {Kind.PLAN})) == {Kind.PLAN}
        profile = documents(ctx, [Kind.PROFILE])[Kind.PROFILE]
    assert (str(profile["id"]), profile["version"]) == (told["profile"]["id"], told["profile"]["version"])
