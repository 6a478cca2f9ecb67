"""The roster tells of every patient one cares for what their own pages tell, whatever their number."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from backend.storage.events import EventRow
from tests.api.reading import reads
from tests.factories.base import CareFactory
from tests.factories.chains import chain
from tests.factories.cohorts import Shape, cohort
from tests.factories.entries import EntryUpload
from tests.factories.people import PatientBody
from tests.house import House, Staff

SHAPES = (
    Shape(),
    Shape(weeks=(4, 5, 6, 8), answers=0.9, dateless=0.4),
    Shape(weeks=(4,), writes=0.05, answers=0.1),
    Shape(weeks=(4, 4, 13, 4), late=0.5),
)


@pytest.fixture
def els(house: House) -> Staff:
    """A coordinator, who may not see a patient's trend."""
    return house.login("coordinator")


def roster(house: House, who: Staff) -> dict[str, dict[str, Any]]:
    answer = house.get("/roster", headers=who.headers)
    assert answer.status_code == 200, answer.text
    return {row["patient_id"]: row for row in answer.json["items"]}


def one_by_one(house: House, who: Staff, patient_id: UUID) -> dict[str, Any]:
    """Return a patient's row as their own pages tell it."""
    page = house.get(f"/patients/{patient_id}/overview", headers=who.headers).json
    entries = house.get(f"/patients/{patient_id}/diary-entries?limit=1", headers=who.headers).json["items"]
    (course,) = page["treatments"]
    given = [dose["given"]["on"] for dose in page["doses"] if dose["status"] == "given"]
    passed = (date.fromisoformat(page["today"]) - date.fromisoformat(given[-1])).days
    expected, eid = course["expected"], page["eid"]
    return {
        **{name: page["patient"][name] for name in ("name", "birth_on", "hospital_number")},
        "drug": course["drug"],
        "route": course["plans"][-1]["route"],
        "interval_weeks": course["plans"][-1]["interval_weeks"],
        "stopped_on": course["stopped_on"],
        "last_dose_on": given[-1],
        "days_since_dose": max(passed, 0),
        "next_dose": expected and {name: expected[name] for name in ("on", "at", "sure")},
        "last_entry_on": entries[0]["occurred"]["on"] if entries else None,
        "adherence": [{"interval": one["interval"], "state": one["adherence"]} for one in page["intervals"][-6:]],
        "eid": {name: eid[name]["extended"] for name in ("by_infusions", "by_mean", "by_delay")}
        | {name: eid[name] for name in ("infusions_18m", "mean_weeks")},
    }


def test_each_row_is_what_the_patients_own_pages_tell(house: House, carla: Staff) -> None:
    made = [one for seed, shape in enumerate(SHAPES) for one in cohort(house, carla, 3, seed=seed + 20, shape=shape)]
    told = roster(house, carla)
    assert told.keys() == {str(patient_id) for patient_id in made}
    for patient_id in made:
        assert told[str(patient_id)] == one_by_one(house, carla, patient_id) | {"patient_id": str(patient_id)}


def test_a_coordinator_sees_it_too(house: House, els: Staff) -> None:
    body: dict[str, Any] = PatientBody.build()
    made = house.post("/patients", headers=els.headers, json=body).json
    (row,) = roster(house, els).values()
    assert (row["patient_id"], row["name"], row["hospital_number"]) == (
        made["id"],
        "Anna de Vries",
        body["hospital_number"],
    )


@pytest.mark.promise("P18")
def test_a_coordinator_reads_nothing_of_diary_and_forms_in_it(house: House, carla: Staff, els: Staff) -> None:
    made = cohort(house, carla, 2, seed=31, shape=SHAPES[0])
    for patient_id in made:
        house.add(CareFactory.build(patient_id=patient_id, staff_id=els.id, starts_at=house.clock.now))
    seen = roster(house, carla)
    assert all(seen[str(one)]["last_entry_on"] and seen[str(one)]["adherence"] for one in made)
    assert [(row["last_entry_on"], row["adherence"]) for row in roster(house, els).values()] == [(None, [])] * 2
    assert all(row["last_dose_on"] for row in roster(house, els).values())


def test_a_patient_without_a_treatment_has_nothing_to_tell(house: House, els: Staff) -> None:
    anna = house.patient(cares_for=[els])
    row = roster(house, els)[str(anna.id)]
    empty = ("drug", "route", "interval_weeks", "stopped_on", "last_dose_on", "days_since_dose", "next_dose")
    assert [row[name] for name in (*empty, "last_entry_on")] == [None] * 8
    assert row["adherence"] == []


def test_a_stopped_treatment_is_told_with_its_day_and_expects_nothing(house: House, carla: Staff) -> None:
    anna = house.patient(cares_for=[carla])
    treatment_id = chain(house, anna, ["2026-03-02 09:00", "2026-03-30 09:00"])
    body, match = {"stopped_on": "2026-05-01", "reason": "pregnant"}, carla.headers | {"If-Match": '"1"'}
    path = f"/patients/{anna.id}/treatments/{treatment_id}/stop"
    assert house.post(path, headers=match, json=body).status_code == 200
    row = roster(house, carla)[str(anna.id)]
    assert (row["drug"], row["stopped_on"], row["next_dose"]) == ("natalizumab_iv", "2026-05-01", None)
    assert row["days_since_dose"] == 63


def test_of_two_treatments_the_one_of_the_running_interval_is_told(house: House, carla: Staff) -> None:
    anna = house.patient(cares_for=[carla])
    chain(house, anna, ["2026-01-05 09:00"], drug="ocrelizumab_iv", weeks=None)
    chain(house, anna, ["2025-10-06 09:00", "2026-05-04 09:00"], weeks=6)
    row = roster(house, carla)[str(anna.id)]
    assert (row["drug"], row["interval_weeks"], row["last_dose_on"]) == ("natalizumab_iv", 6, "2026-05-04")


def test_a_treatment_that_was_begun_after_another_was_stopped_is_told_before_its_first_dose(
    house: House, carla: Staff
) -> None:
    anna = house.patient(cares_for=[carla])
    stopped = chain(house, anna, ["2026-03-02 09:00", "2026-03-30 09:00"])
    body, match = {"stopped_on": "2026-05-01", "reason": "antibodies"}, carla.headers | {"If-Match": '"1"'}
    path = f"/patients/{anna.id}/treatments"
    assert house.post(f"{path}/{stopped}/stop", headers=match, json=body).status_code == 200
    newer = {"drug": "ocrelizumab_iv", "started_on": "2026-06-15", "slot": "10:00", "reason": "switch"}
    assert house.post(path, headers=carla.headers, json=newer).status_code == 201
    row = roster(house, carla)[str(anna.id)]
    assert (row["drug"], row["stopped_on"], row["last_dose_on"]) == ("ocrelizumab_iv", None, "2026-03-30")
    assert row["next_dose"]["on"] == "2026-06-15"


def test_days_are_those_of_the_patients_own_calendar(house: House, carla: Staff) -> None:
    far = house.patient(cares_for=[carla], zone="Pacific/Honolulu")
    near = house.patient(cares_for=[carla], zone="Pacific/Auckland")
    for patient in (far, near):
        chain(house, patient, ["2026-05-04 09:00"])
    house.clock.now = house.clock.now.replace(day=2, hour=9)  # still 1 June in Honolulu
    told = roster(house, carla)
    assert [told[str(one.id)]["days_since_dose"] for one in (far, near)] == [28, 29]


def test_the_newest_entry_is_the_newest_standing_one(house: House, carla: Staff) -> None:
    anna = house.patient(cares_for=[carla])
    phone = house.phone(anna)
    sent = [EntryUpload.build(at=f"2026-05-{day}T08:00:00+02:00") for day in (20, 28, 24)]
    for entry in sent:
        assert house.post("/me/diary-entries", headers=phone, json=entry).status_code == 201
    assert roster(house, carla)[str(anna.id)]["last_entry_on"] == "2026-05-28"
    gone = {"base_version": 1, "recorded_at": "2026-06-01T11:00:00+02:00", "reason": "wrong day"}
    path = f"/me/diary-entries/{sent[1]['id']}/retraction"
    assert house.post(path, headers=phone, json=gone).status_code in {200, 201}
    assert roster(house, carla)[str(anna.id)]["last_entry_on"] == "2026-05-24"


def test_whom_one_does_not_care_for_is_not_in_it_and_each_look_is_written_down(
    house: House, carla: Staff, els: Staff
) -> None:
    mine = [house.patient(cares_for=[carla]) for _ in range(3)]
    other = house.patient(cares_for=[els])
    assert roster(house, carla).keys() == {str(one.id) for one in mine}
    with house.unit() as ctx:
        query = select(EventRow.patient_id).where(EventRow.act == "roster:list", EventRow.actor_id == carla.id)
        seen = list(ctx.session.scalars(query))
    assert sorted(seen, key=str) == sorted((one.id for one in mine), key=str)
    assert other.id not in seen


def test_many_patients_take_no_more_reads_than_few(house: House, carla: Staff) -> None:
    bram = house.login("nurse")
    cohort(house, carla, 2, seed=40)
    cohort(house, bram, 12, seed=41)
    with reads(house) as few:
        roster(house, carla)
    with reads(house) as many:
        roster(house, bram)
    assert len(many) == len(few)


def test_a_researcher_has_no_roster(house: House) -> None:
    assert house.get("/roster", headers=house.login("researcher").headers).status_code == 403
