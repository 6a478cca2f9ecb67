"""Monitoring over HTTP: what a drug asks for, when it is due, and that a check done moves it on."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.factories.chains import chain
from tests.factories.checks import CheckBody
from tests.factories.findings import FindingUpload
from tests.house import House, Patient, Staff

GIVEN = ["2026-03-09 09:00", "2026-04-06 09:00", "2026-05-04 09:00"]


@pytest.fixture
def treatment(house: House, anna: Patient) -> UUID:
    return chain(house, anna, GIVEN)


def checks(house: House, anna: Patient, staff: Staff) -> dict[str, Any]:
    answer = house.get(f"/patients/{anna.id}/monitoring", headers=staff.headers)
    assert answer.status_code == 200
    return {one["check"]: one for one in answer.json["items"]}


def done(treatment: UUID, check: str, on: str, **told: Any) -> dict[str, Any]:
    body: dict[str, Any] = CheckBody.build(treatment_id=str(treatment), check=check, done_on=on, **told)
    return body


def test_a_check_every_six_months_is_due_at_the_start_and_moves_on_when_done(
    house: House, anna: Patient, bram: Staff, treatment: UUID
) -> None:
    before = checks(house, anna, bram)["jcv-antibody"]
    assert (before["due_on"], before["last_done_on"], before["overdue"]) == ("2026-03-09", None, True)
    told = done(treatment, "jcv-antibody", "2026-05-20")
    assert house.post(f"/patients/{anna.id}/monitoring", json=told, headers=bram.headers).status_code == 201
    after = checks(house, anna, bram)["jcv-antibody"]
    assert (after["due_on"], after["last_done_on"], after["overdue"]) == ("2026-11-20", "2026-05-20", False)


def test_the_reminder_of_a_check_moves_to_the_next_one(
    house: House, anna: Patient, bram: Staff, treatment: UUID
) -> None:
    path = f"/patients/{anna.id}"
    house.post(f"{path}/monitoring", json=done(treatment, "mri", "2026-03-01"), headers=bram.headers)

    def waiting() -> list[str]:
        found = house.get(f"{path}/reminders", headers=bram.headers).json["items"]
        return [r["due_on"] for r in found if r["kind"] == "monitoring" and r["status"] in {"planned", "suppressed"}]

    assert "2027-03-01" in waiting()
    house.post(f"{path}/monitoring", json=done(treatment, "mri", "2026-05-30"), headers=bram.headers)
    assert "2027-03-01" not in waiting()
    assert "2027-05-30" in waiting()


def test_a_check_before_each_dose_is_due_at_the_coming_dose_until_done_since_the_last(
    house: House, anna: Patient, bram: Staff, treatment: UUID
) -> None:
    path = f"/patients/{anna.id}/monitoring"
    house.post(path, json=done(treatment, "blood-pressure", "2026-05-04"), headers=bram.headers)
    assert checks(house, anna, bram)["blood-pressure"]["due_on"] == "2026-06-01"
    house.post(path, json=done(treatment, "blood-pressure", "2026-06-01"), headers=bram.headers)
    found = checks(house, anna, bram)["blood-pressure"]
    assert (found["due_on"], found["last_done_on"], found["before_each_dose"]) == (None, "2026-06-01", True)


def test_a_retried_check_is_stored_once_and_other_content_is_refused(
    house: House, anna: Patient, bram: Staff, treatment: UUID
) -> None:
    path, told = f"/patients/{anna.id}/monitoring", done(treatment, "mri", "2026-05-20", id=str(uuid4()))
    assert house.post(path, json=told, headers=bram.headers).status_code == 201
    again = house.post(path, json=told, headers=bram.headers)
    assert (again.status_code, again.json["duplicate"]) == (200, True)
    other = house.post(path, json={**told, "done_on": "2026-05-21"}, headers=bram.headers)
    assert (other.status_code, other.json["code"]) == (409, "id-in-use")
    assert checks(house, anna, bram)["mri"]["last_done_on"] == "2026-05-20"
    stranger = house.patient(cares_for=[bram])
    theirs = {**told, "treatment_id": str(chain(house, stranger, GIVEN))}
    taken = house.post(f"/patients/{stranger.id}/monitoring", json=theirs, headers=bram.headers)
    assert (taken.status_code, taken.json["code"]) == (409, "id-in-use")


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"check": "horoscope"}, "/check"),
        ({"treatment_id": str(uuid4())}, "/treatment_id"),
        ({"done_on": "2026-06-02"}, "/done_on"),
        ({"done_on": "1999-12-31"}, "/done_on"),
    ],
)
def test_a_check_that_cannot_be_is_refused_with_its_field(
    house: House, anna: Patient, bram: Staff, treatment: UUID, changed: dict[str, str], pointer: str
) -> None:
    told = done(treatment, "mri", "2026-05-20") | changed
    refused = house.post(f"/patients/{anna.id}/monitoring", json=told, headers=bram.headers)
    assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, pointer)


def test_a_coordinator_sees_what_is_due_but_records_nothing(house: House, treatment: UUID, anna: Patient) -> None:
    els = house.login("coordinator")
    stranger = house.patient(cares_for=[els])
    own = chain(house, stranger, GIVEN)
    assert "mri" in checks(house, stranger, els)
    told = done(own, "mri", "2026-05-20")
    assert house.post(f"/patients/{stranger.id}/monitoring", json=told, headers=els.headers).status_code == 403
    assert house.get(f"/patients/{anna.id}/monitoring", headers=els.headers).status_code == 404


def test_a_blood_value_shows_that_the_check_was_done_until_it_is_taken_back(
    house: House, anna: Patient, bram: Staff, treatment: UUID
) -> None:
    path = f"/patients/{anna.id}/findings"
    index = {"analyte": "jcv_index", "value": 0.4, "unit": "1", "comparator": "=", "status": None}

    def stands() -> tuple[str | None, str | None]:
        found = checks(house, anna, bram)["jcv-antibody"]
        return found["last_done_on"], found["due_on"]

    def reminded() -> set[str]:
        found = house.get(f"/patients/{anna.id}/reminders", headers=bram.headers).json["items"]
        return {r["due_on"] for r in found if r["kind"] == "monitoring" and r["status"] in {"planned", "suppressed"}}

    other = FindingUpload.build(kind="lab", on="2026-05-21")
    assert house.post(path, json=other, headers=bram.headers).status_code == 201
    assert stands() == (None, "2026-03-09")
    told = FindingUpload.build(kind="lab", on="2026-05-20", values=index)
    assert house.post(path, json=told, headers=bram.headers).status_code == 201
    assert stands() == ("2026-05-20", "2026-11-20")
    assert "2026-11-20" in reminded()
    retract = {**bram.headers, "If-Match": '"1"'}
    gone = house.post(f"{path}/{told['id']}/retraction", json={"reason": "another patient's"}, headers=retract)
    assert gone.status_code == 200, gone.text
    assert stands() == (None, "2026-03-09")
    assert "2026-11-20" not in reminded()
