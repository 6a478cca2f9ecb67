"""Intervals over HTTP: their lengths, classes and entries, and the plan as it stood when an entry was made."""

from datetime import UTC, datetime
from typing import Any

from tests.factories.chains import chain
from tests.factories.entries import EntryUpload
from tests.house import House


def test_intervals_are_listed_with_their_lengths_and_entries(house: House) -> None:
    house.clock.now = datetime(2026, 1, 1, tzinfo=UTC)
    bram = house.login("nurse")
    anna = house.patient(cares_for=[bram])
    house.clock.now = datetime(2026, 6, 1, 10, tzinfo=UTC)
    treatment_id = chain(house, anna, ["2026-03-09 09:00", "2026-04-06 09:00", "2026-05-04 09:00"])
    phone = house.phone(anna)
    for at in ("2026-03-08T08:00:00+01:00", "2026-04-06T08:00:00+02:00", "2026-04-06T10:00:00+02:00"):
        assert house.post("/me/diary-entries", headers=phone, json=EntryUpload.build(at=at)).status_code == 201
    found = house.get(f"/patients/{anna.id}/intervals", headers=bram.headers).get_json()["items"]
    assert [(one["length_days"], one["entries"], one["planned_weeks"]) for one in found] == [
        (28, 1, 4),
        (28, 1, 4),
        (None, 0, 4),
    ]
    assert (found[0]["drug"], found[0]["treatment_id"]) == ("natalizumab_iv", str(treatment_id))
    assert found[2]["planned_end_on"] == "2026-06-01"
    own = house.get("/me/intervals", headers=phone).get_json()["items"]
    assert [one["entries"] for one in own] == [1, 1, 0]
    assert not {"drug", "treatment_id"} & own[0].keys()


def test_an_entry_keeps_the_plan_of_its_moment_when_the_interval_is_stretched_later(house: House) -> None:
    house.clock.now = datetime(2026, 5, 1, tzinfo=UTC)
    bram = house.login("nurse")
    anna = house.patient(cares_for=[bram])
    treatment_id = chain(house, anna, ["2026-05-04 09:00"])
    phone = house.phone(anna)

    def log(at: str, now: datetime) -> dict[str, Any]:
        house.clock.now = now
        answer = house.post("/me/diary-entries", headers=phone, json=EntryUpload.build(at=at))
        assert answer.status_code == 201, answer.get_json()
        told: dict[str, Any] = answer.get_json()
        return told

    prompt = log("2026-05-20T08:00:00+02:00", datetime(2026, 5, 20, 7, tzinfo=UTC))
    assert prompt["place"]["days_before_planned"] == 12
    house.clock.now = datetime(2026, 5, 25, 10, tzinfo=UTC)
    change = {"slot": "09:00", "interval_weeks": 6, "reason": "level 24"}
    path = f"/patients/{anna.id}/treatments/{treatment_id}/plans"
    amended = house.post(path, headers={**bram.headers, "If-Match": '"1"'}, json=change)
    assert amended.get_json()["treatment"]["expected"]["on"] == "2026-06-15"
    again = house.get(f"/me/diary-entries/{prompt['id']}", headers=phone).get_json()
    assert again["place"]["days_before_planned"] == 12
    late = log("2026-05-21T08:00:00+02:00", datetime(2026, 5, 26, 7, tzinfo=UTC))
    assert late["place"]["days_before_planned"] == 11
    newer = log("2026-05-26T08:00:00+02:00", datetime(2026, 5, 26, 7, tzinfo=UTC))
    assert newer["place"]["days_before_planned"] == 20
    dose = {
        "treatment_id": str(treatment_id),
        "status": "given",
        "occurred": {"at": "2026-05-26T08:30:00+02:00", "zone": "Europe/Amsterdam"},
    }
    given = house.post(f"/patients/{anna.id}/doses", headers=bram.headers, json=dose)
    assert given.status_code == 201, given.get_json()
    place = house.get(f"/me/diary-entries/{prompt['id']}", headers=phone).get_json()["place"]
    assert (place["days_before_planned"], place["days_before_actual"], place["cycle_fraction"]) == (12, 6, 0.7273)
