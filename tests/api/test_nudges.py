"""Evenings on which the diary is asked for: only for who wants it, and not once it was written."""

from datetime import timedelta
from typing import Any

import pytest

from tests.factories.chains import chain, local
from tests.factories.entries import EntryUpload
from tests.house import House, Patient

GIVEN = ["2026-03-09 09:00", "2026-04-06 09:00", "2026-05-04 09:00"]  # the next is expected on 1 June
WISHES: dict[str, Any] = {"paused_from": None, "paused_until": None, "stopped": [], "nudges": True}

Phone = dict[str, str]


@pytest.fixture
def anna(house: House) -> Patient:
    """Somebody on an infusion every four weeks, four days before the next."""
    house.clock.now = local("2026-05-28 12:00")
    patient = house.patient()
    chain(house, patient, GIVEN)
    return patient


def evenings(house: House, phone: Phone) -> dict[str, str]:
    """Return the state of each evening's nudge, by its day."""
    items: list[dict[str, str]] = house.get("/me/reminders", headers=phone).json["items"]
    return {item["due_on"]: item["status"] for item in items if item["kind"] == "diary"}


def entry(house: House) -> Any:
    return EntryUpload.build(at=house.clock.now.isoformat())


def test_writing_the_diary_takes_back_this_evenings_nudge_in_the_same_act(house: House, anna: Patient) -> None:
    phone = house.phone(anna)
    assert evenings(house, phone) == {}
    assert house.put("/me/reminder-wishes", json=WISHES, headers=phone).status_code == 200
    assert evenings(house, phone)["2026-05-28"] == "planned"
    told = entry(house)
    assert house.post("/me/diary-entries", json=told, headers=phone).status_code == 201
    found = evenings(house, phone)
    assert found.pop("2026-05-28") == "cancelled"
    assert found == dict.fromkeys(["2026-05-29", "2026-05-30", "2026-05-31"], "planned")


def test_a_retracted_entry_brings_the_nudge_back(house: House, anna: Patient) -> None:
    phone = house.phone(anna)
    house.put("/me/reminder-wishes", json=WISHES, headers=phone)
    told = entry(house)
    house.post("/me/diary-entries", json=told, headers=phone)
    gone = {"base_version": 1, "recorded_at": house.clock.now.isoformat(), "reason": "by mistake"}
    assert house.post(f"/me/diary-entries/{told['id']}/retraction", json=gone, headers=phone).status_code == 200
    assert evenings(house, phone)["2026-05-28"] == "planned"


def test_a_batch_takes_back_the_nudges_of_all_its_days(house: House, anna: Patient) -> None:
    phone = house.phone(anna)
    house.put("/me/reminder-wishes", json=WISHES, headers=phone)
    house.clock.now += timedelta(days=1)
    days = [house.clock.now - timedelta(days=back) for back in (0, 1)]
    told = [EntryUpload.build(at=at.isoformat()) for at in days]
    changes = [{"op": "put", "type": "diary-entry", "id": one.pop("id"), "data": one} for one in told]
    answer = house.post("/me/sync", json={"changes": changes, "limit": 1}, headers=phone)
    assert [one["result"] for one in answer.json["results"]] == ["created", "created"]
    found = evenings(house, phone)
    assert (found["2026-05-28"], found["2026-05-29"]) == ("cancelled", "cancelled")


def test_who_no_longer_wants_nudges_has_none(house: House, anna: Patient) -> None:
    phone = house.phone(anna)
    house.put("/me/reminder-wishes", json=WISHES, headers=phone)
    house.put("/me/reminder-wishes", json=WISHES | {"nudges": False}, headers=phone)
    assert set(evenings(house, phone).values()) == {"cancelled"}
