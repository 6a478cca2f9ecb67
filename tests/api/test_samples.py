"""Samples over HTTP: retries, the chain of states, corrections, and where a prick stands in the interval."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from backend.domain import dosing
from backend.domain.moments import at_moment
from backend.domain.regimens import Route
from backend.storage import doses
from backend.storage.events import EventRow
from tests.api.syncing import SyncingPhone, put
from tests.factories.chains import ZONE, chain, dose, local
from tests.factories.samples import SampleUpload, happened
from tests.house import House, Patient, Staff

GIVEN = ["2026-03-09 09:00", "2026-04-06 09:00", "2026-05-04 09:00"]


def own(house: House, anna: Patient) -> list[Any]:
    answer = house.get("/me/samples", headers=house.phone(anna))
    assert answer.status_code == 200
    items: list[Any] = answer.json["items"]
    return items


def test_a_prick_is_told_its_place_and_is_provisional_until_the_dose_is_given(house: House, anna: Patient) -> None:
    treatment = chain(house, anna, GIVEN)
    upload = SampleUpload.build(at="2026-06-01T08:00:00+02:00")
    made = house.post("/me/samples", json=upload, headers=house.phone(anna))
    assert made.status_code == 201
    assert (made.json["state"], made.json["to_do"], made.json["matrix"]) == ("collected", "post", "capillary_wet")
    assert (made.json["place"]["interval"], made.json["place"]["day_since_dose"]) == (3, 28)
    assert made.json["place"]["days_before_planned"] == 0
    assert (made.json["trough_class"], made.json["provisional"]) == ("trough", True)

    house.clock.now = local("2026-06-03 12:00")
    dose(house, anna, treatment, "2026-06-03 09:00")
    (later,) = own(house, anna)
    assert (later["trough_class"], later["provisional"]) == ("near_trough", False)
    assert (later["place"]["days_before_actual"], later["place"]["days_before_planned"]) == (2, 0)


@pytest.mark.parametrize(
    ("given", "pricked", "expected"),
    [
        ("2026-03-29 09:00", "2026-03-28T09:00:00+01:00", "trough"),  # 23 hours: the night has one hour less
        ("2026-03-29 09:00", "2026-03-28T08:00:00+01:00", "trough"),
        ("2026-03-29 09:00", "2026-03-28T07:59:00+01:00", "near_trough"),
        ("2026-10-25 09:00", "2026-10-24T10:00:00+02:00", "trough"),
        ("2026-10-25 09:00", "2026-10-24T09:30:00+02:00", "near_trough"),  # 24.5 hours: one hour more
    ],
)
def test_hours_before_a_dose_are_real_hours_over_a_change_of_the_clocks(
    house: House, anna: Patient, given: str, pricked: str, expected: str
) -> None:
    house.clock.now = local(given)
    chain(house, anna, [given.replace("-29", "-01").replace("10-25", "10-01"), given])
    made = house.post("/me/samples", json=SampleUpload.build(at=pricked), headers=house.phone(anna))
    assert (made.json["trough_class"], made.json["provisional"]) == (expected, False)


def test_a_prick_after_the_start_of_the_dose_is_no_trough(house: House, anna: Patient) -> None:
    chain(house, anna, GIVEN)
    made = house.post("/me/samples", json=SampleUpload.build(at="2026-05-04T09:30:00+02:00"), headers=house.phone(anna))
    assert (made.json["trough_class"], made.json["provisional"]) == ("not_a_trough", False)


def test_a_retried_prick_is_stored_once_and_other_content_is_refused(house: House, anna: Patient) -> None:
    phone, upload = house.phone(anna), SampleUpload.build()
    assert house.post("/me/samples", json=upload, headers=phone).status_code == 201
    again = house.post("/me/samples", json=upload, headers=phone)
    assert (again.status_code, again.json["duplicate"]) == (200, True)
    other = house.post("/me/samples", json={**upload, "drops": 4}, headers=phone)
    assert (other.status_code, other.json["code"]) == (409, "id-in-use")
    assert len(own(house, anna)) == 1
    stranger = house.patient()
    assert house.post("/me/samples", json=upload, headers=house.phone(stranger)).status_code == 201


def test_an_ordered_sample_is_logged_step_by_step_by_clinic_and_phone(house: House, anna: Patient, bram: Staff) -> None:
    chain(house, anna, GIVEN)
    house.clock.now = local("2026-05-18 10:00")
    path = f"/patients/{anna.id}/samples"
    order = {"id": str(uuid4())}
    made = house.post(path, json=order, headers=bram.headers)
    assert (made.status_code, made.json["state"], made.json["ordered_for"]) == (201, "ordered", "2026-06-01")
    house.clock.now = local("2026-05-18 10:05")
    assert house.post(path, json=order, headers=bram.headers).status_code == 200
    steps = f"{path}/{order['id']}/steps"
    sent = happened("kit_sent", "2026-05-18T10:02:00+02:00")
    assert [house.post(steps, json=sent, headers=bram.headers).status_code for _ in range(2)] == [201, 200]
    (seen,) = own(house, anna)
    assert (seen["to_do"], [step["state"] for step in seen["steps"]]) == ("confirm_kit", ["ordered", "kit_sent"])
    assert set(seen["steps"][1]) == {"state", "occurred"}

    house.clock.now = local("2026-06-01 08:30")
    phone, mine = house.phone(anna), f"/me/samples/{order['id']}/steps"
    prick = happened("collected", "2026-06-01T08:00:00+02:00", drops=9, problems=["clotted"])
    prick["recorded_at"] = "2026-06-01T08:05:00+02:00"
    taken = house.post(mine, json=prick, headers=phone)
    assert (taken.status_code, taken.json["to_do"], taken.json["trough_class"]) == (201, "post", "trough")
    assert house.post(mine, json=prick, headers=phone).status_code == 200
    other = house.post(mine, json={**prick, "drops": 3}, headers=phone)
    assert (other.status_code, other.json["code"]) == (409, "wrong-state")
    (seen,) = house.get(path, headers=bram.headers).json["items"]
    assert [step["state"] for step in seen["steps"]] == ["ordered", "kit_sent", "collected"]
    assert (seen["steps"][2]["drops"], seen["steps"][2]["problems"]) == (9, ["clotted"])
    written = (seen["steps"][2]["recorded_at"], seen["steps"][2]["received_at"])
    assert written == ("2026-06-01T08:05:00+02:00", "2026-06-01T06:30:00+00:00")


def test_a_prick_counts_to_the_plan_as_it_stood_then_not_when_it_was_ordered(
    house: House, anna: Patient, bram: Staff
) -> None:
    treatment = chain(house, anna, GIVEN)
    house.clock.now = local("2026-05-18 10:00")
    made = house.post(f"/patients/{anna.id}/samples", json={}, headers=bram.headers).json
    slot = at_moment(local("2026-06-08 09:00"), ZONE)
    with house.unit() as ctx:
        later = dosing.plan(uuid4(), treatment, slot, Route.IV, local("2026-05-20 10:00"))
        doses.add(ctx.session, anna.id, [later], None)
    house.clock.now = local("2026-06-01 10:00")
    prick = happened("collected", "2026-06-01T08:00:00+02:00", recorded_at="2026-06-01T08:00:00+02:00")
    taken = house.post(f"/me/samples/{made['id']}/steps", json=prick, headers=house.phone(anna)).json
    assert (taken["ordered_for"], taken["place"]["days_before_planned"]) == ("2026-06-01", 7)


@pytest.mark.parametrize("clock", ["2026-06-01 10:00", "2026-05-01 10:00", "1970-01-02 00:00", "2031-06-01 10:00"])
def test_a_wrong_clock_does_not_take_a_prick_back_to_an_older_plan(house: House, clock: str) -> None:
    anna = house.patient()
    chain(house, anna, GIVEN)
    house.clock.now, says = local("2026-06-01 10:00"), local(clock).isoformat()
    phone = SyncingPhone(house, anna)
    prick = put("sample", {"occurred": {"at": says, "zone": ZONE}, "recorded_at": says})
    phone.sync(prick, sent_at=says)
    place = phone.of("sample")[prick["id"]]["place"]
    assert (place["interval"], place["day_since_dose"], place["days_before_planned"]) == (3, 28, 0)


def test_the_prick_reminder_stops_once_the_sample_is_collected(house: House, anna: Patient, bram: Staff) -> None:
    chain(house, anna, GIVEN)
    house.clock.now = local("2026-05-18 10:00")
    made = house.post(f"/patients/{anna.id}/samples", json={}, headers=bram.headers).json

    def waiting() -> set[str]:
        found = house.get(f"/patients/{anna.id}/reminders", headers=bram.headers).json["items"]
        return {r["kind"] for r in found if r["status"] in {"planned", "suppressed"}}

    assert {"sample", "sample-kit"} <= waiting()
    prick = happened("collected", "2026-05-18T09:00:00+02:00", recorded_at="2026-05-18T09:00:00+02:00")
    house.post(f"/me/samples/{made['id']}/steps", json=prick, headers=house.phone(anna))
    assert waiting().isdisjoint({"sample", "sample-kit"})


def test_a_rejection_needs_a_reason_and_a_phone_may_not_reject(house: House, anna: Patient, bram: Staff) -> None:
    upload = SampleUpload.build()
    phone = house.phone(anna)
    house.post("/me/samples", json=upload, headers=phone)
    path = f"/patients/{anna.id}/samples/{upload['id']}/steps"
    refused = house.post(path, json=happened("rejected", "2026-06-01T11:00:00+02:00"), headers=bram.headers)
    assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, "/reason")
    step = happened("rejected", "2026-06-01T11:00:00+02:00", recorded_at="2026-06-01T11:00:00+02:00")
    assert house.post(f"/me/samples/{upload['id']}/steps", json=step, headers=phone).status_code == 422
    told = happened("rejected", "2026-06-01T11:00:00+02:00", reason="clotted")
    done = house.post(path, json=told, headers=bram.headers)
    assert (done.status_code, done.json["state"], done.json["unusable"]) == (201, "rejected", ["rejected"])
    late = house.post(path, json=happened("analysed", "2026-06-01T11:30:00+02:00"), headers=bram.headers)
    assert (late.status_code, late.json["code"]) == (409, "wrong-state")


def test_a_corrected_step_moves_the_prick_and_stays_on_record(house: House, anna: Patient, bram: Staff) -> None:
    chain(house, anna, GIVEN)
    upload = SampleUpload.build(at="2026-05-04T08:00:00+02:00", drops=5)
    made = house.post("/me/samples", json=upload, headers=house.phone(anna)).json
    assert (made["trough_class"], made["unusable"]) == ("trough", ["too-few-drops"])
    path = f"/patients/{anna.id}/samples/{upload['id']}/corrections"
    told = happened("collected", "2026-05-02T08:00:00+02:00", corrects=0, reason="wrong day", drops=10)
    assert house.post(path, json=told, headers=bram.headers).status_code == 428
    stale = house.post(path, json=told, headers={**bram.headers, "If-Match": '"7"'})
    assert (stale.status_code, stale.json["code"]) == (409, "stale-version")
    done = house.post(path, json=told, headers={**bram.headers, "If-Match": f'"{made["version"]}"'})
    assert (done.status_code, done.json["trough_class"], done.json["unusable"]) == (201, "near_trough", [])
    assert [step["corrects"] for step in done.json["steps"]] == [None, 0]
    assert done.json["steps"][0]["drops"] == 5

    gone = happened("withdrawn", "2026-05-04T08:00:00+02:00", corrects=1, reason="another patient")
    out = house.post(path, json=gone, headers={**bram.headers, "If-Match": f'"{done.json["version"]}"'})
    assert (out.json["state"], out.json["collected"], out.json["place"]) == ("withdrawn", None, None)


def test_a_sample_out_of_reach_looks_like_one_that_does_not_exist(house: House, anna: Patient, bram: Staff) -> None:
    upload = SampleUpload.build()
    house.post("/me/samples", json=upload, headers=house.phone(anna))
    stranger = house.patient(cares_for=[bram])
    step = happened("received", "2026-06-01T11:00:00+02:00")
    foreign = house.post(f"/patients/{stranger.id}/samples/{upload['id']}/steps", json=step, headers=bram.headers)
    unknown = house.post(f"/patients/{stranger.id}/samples/{uuid4()}/steps", json=step, headers=bram.headers)
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.data == unknown.data


def test_a_prick_of_the_future_is_refused(house: House, anna: Patient, bram: Staff) -> None:
    upload = {**SampleUpload.build(at="2026-06-01T13:00:00+02:00"), "recorded_at": "2026-06-01T08:00:00+02:00"}
    refused = house.post("/me/samples", json=upload, headers=house.phone(anna))
    assert (refused.status_code, refused.json["code"]) == (422, "out-of-time")
    assert own(house, anna) == []


def test_reading_and_writing_samples_is_noted(house: House, anna: Patient, bram: Staff) -> None:
    house.post("/me/samples", json=SampleUpload.build(), headers=house.phone(anna))
    house.get(f"/patients/{anna.id}/samples", headers=bram.headers)
    with house.unit(writes=False) as ctx:
        acts = set(ctx.session.scalars(select(EventRow.act).where(EventRow.patient_id == anna.id)))
    assert {"own-samples:write", "samples:read"} <= acts
