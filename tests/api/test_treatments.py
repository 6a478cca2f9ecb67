"""Treatments over HTTP: plans with their reason and who decided, and what the patient sees."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.syncing import SyncingPhone, put
from tests.house import House, Patient, Staff

START = {"drug": "natalizumab_iv", "started_on": "2026-06-08", "slot": "09:00", "reason": "start"}


def begin(house: House, nurse: Staff, patient: Patient, **changes: Any) -> Any:
    answer = house.post(f"/patients/{patient.id}/treatments", headers=nurse.headers, json=START | changes)
    assert answer.status_code == 201, answer.get_json()
    return answer.get_json()


@pytest.fixture
def anna(house: House, bram: Staff) -> Patient:
    return house.patient(cares_for=[bram])


def test_a_treatment_starts_with_a_projected_dose_and_its_decider(house: House, bram: Staff, anna: Patient) -> None:
    told = begin(house, bram, anna)["treatment"]
    assert told["expected"] == {
        "on": "2026-06-08",
        "at": "2026-06-08T07:00:00+00:00",
        "sure": "projected",
        "dose_id": None,
    }
    (plan,) = told["plans"]
    assert (plan["recorded_by"], plan["slot"], plan["route"], plan["reason"]) == (str(bram.id), "09:00", "iv", "start")


def test_amending_and_stopping_add_versions_and_keep_what_was(house: House, bram: Staff, anna: Patient) -> None:
    treatment_id = begin(house, bram, anna)["treatment"]["id"]
    path = f"/patients/{anna.id}/treatments/{treatment_id}"
    headers = {**bram.headers, "If-Match": '"1"'}
    change = {"slot": "10:00", "interval_weeks": 6, "valid_from": "2026-06-08", "reason": "level 24"}
    amended = house.post(f"{path}/plans", headers=headers, json=change)
    assert (amended.status_code, amended.headers["ETag"]) == (201, '"2"')
    assert house.post(f"{path}/plans", headers=headers, json=change).status_code == 409
    assert house.post(f"{path}/plans", headers=bram.headers, json=change).status_code == 428
    stop = {"stopped_on": "2026-06-01", "reason": "moved away"}
    refused = house.post(f"{path}/stop", headers={**bram.headers, "If-Match": '"2"'}, json=stop)
    assert refused.status_code == 422
    house.clock.now = house.clock.now.replace(day=20)
    stop["stopped_on"] = "2026-06-20"
    assert house.post(f"{path}/stop", headers={**bram.headers, "If-Match": '"2"'}, json=stop).status_code == 200
    (told,) = house.get(f"/patients/{anna.id}/treatments", headers=bram.headers).get_json()["items"]
    assert [plan["reason"] for plan in told["plans"]] == ["start", "level 24", "moved away"]
    assert (told["stopped_on"], told["expected"], told["version"]) == ("2026-06-20", None, 3)


def test_a_retried_start_is_answered_with_what_is_stored_and_another_content_refused(
    house: House, bram: Staff, anna: Patient
) -> None:
    own_id = str(uuid4())
    begin(house, bram, anna, id=own_id)
    again = house.post(f"/patients/{anna.id}/treatments", headers=bram.headers, json={**START, "id": own_id})
    assert (again.status_code, again.get_json()["duplicate"]) == (200, True)
    other = house.post(
        f"/patients/{anna.id}/treatments", headers=bram.headers, json={**START, "id": own_id, "slot": "10:00"}
    )
    assert (other.status_code, other.get_json()["code"]) == (409, "id-in-use")
    stranger = house.patient(cares_for=[bram])
    taken = house.post(f"/patients/{stranger.id}/treatments", headers=bram.headers, json={**START, "id": own_id})
    assert taken.get_json()["pointers"] == other.get_json()["pointers"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"drug": "aspirin"}, "unknown-drug"),
        ({"regimen": "weekly"}, "unknown-drug"),
        ({"route": "oral"}, "wrong-route"),
        ({"weekdays": [1, 3]}, "invalid"),
        ({"drug": "teriflunomide", "interval_weeks": 4}, "invalid"),
        ({"started_on": "1999-12-31"}, "out-of-time"),
        ({"valid_from": "2099-01-01"}, "out-of-time"),
        ({"reason": " "}, "invalid"),
        ({"slot": "9:00"}, "invalid"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_and_not_stored(
    house: House, bram: Staff, anna: Patient, changes: dict[str, Any], code: str
) -> None:
    answer = house.post(f"/patients/{anna.id}/treatments", headers=bram.headers, json=START | changes)
    assert (answer.status_code, answer.get_json()["code"]) == (422, code)
    assert house.get(f"/patients/{anna.id}/treatments", headers=bram.headers).get_json()["items"] == []


def test_a_coordinator_reads_plans_but_does_not_decide_and_a_stranger_sees_nothing(house: House, bram: Staff) -> None:
    els = house.login("coordinator")
    anna = house.patient(cares_for=[bram, els])
    begin(house, bram, anna)
    assert house.get(f"/patients/{anna.id}/treatments", headers=els.headers).status_code == 200
    assert house.post(f"/patients/{anna.id}/treatments", headers=els.headers, json=START).status_code == 403
    carla = house.login("clinician")
    assert house.get(f"/patients/{anna.id}/treatments", headers=carla.headers).status_code == 404


def test_the_patient_sees_the_plan_and_todays_day_in_the_interval(house: House, bram: Staff, anna: Patient) -> None:
    treatment_id = begin(house, bram, anna, started_on="2026-05-25")["treatment"]["id"]
    phone = house.phone(anna)
    empty = house.get("/me/plan", headers=phone).get_json()
    assert (empty["interval"], empty["treatments"][0]["expected"]["on"]) == (None, "2026-05-25")
    dose = {
        "treatment_id": treatment_id,
        "status": "given",
        "occurred": {"at": "2026-05-25T09:05:00+02:00", "zone": "Europe/Amsterdam"},
        "reason": "entered after the holiday",
    }
    assert house.post(f"/patients/{anna.id}/doses", headers=bram.headers, json=dose).status_code == 201
    told = house.get("/me/plan", headers=phone).get_json()
    assert told["interval"] == {
        "number": 1,
        "opened_on": "2026-05-25",
        "planned_end_on": "2026-06-22",
        "planned_weeks": 4,
        "stopped": False,
        "day": 7,
    }
    assert told["treatments"][0]["expected"]["sure"] == "projected"


def test_a_phone_hears_what_another_plan_makes_of_a_prick(house: House, bram: Staff, anna: Patient) -> None:
    """The day before the coming dose is a trough; with eight weeks between doses it is none."""
    treatment_id = begin(house, bram, anna, started_on="2026-05-04")["treatment"]["id"]
    at = {"occurred": {"at": "2026-05-04T09:00:00+02:00", "zone": "Europe/Amsterdam"}, "reason": "ward"}
    dose = {"treatment_id": treatment_id, "status": "given", **at}
    assert house.post(f"/patients/{anna.id}/doses", headers=bram.headers, json=dose).status_code == 201
    phone, moment = SyncingPhone(house, anna), "2026-05-31T10:00:00+02:00"
    phone.sync(put("sample", {"occurred": {"at": moment, "zone": "Europe/Amsterdam"}, "recorded_at": moment}))
    wider = {"slot": "09:00", "interval_weeks": 8, "valid_from": "2026-05-20", "reason": "level 24"}
    path = f"/patients/{anna.id}/treatments/{treatment_id}/plans"
    assert house.post(path, headers={**bram.headers, "If-Match": '"1"'}, json=wider).status_code == 201
    (before,) = phone.of("sample").values()
    phone.sync()
    (after,) = phone.of("sample").values()
    assert before["trough_class"] == "trough" != after["trough_class"]
    assert house.get("/me/samples", headers=phone.headers).get_json()["items"] == [after]


def test_the_catalogue_is_read_by_everybody(house: House, bram: Staff, anna: Patient) -> None:
    for headers in (bram.headers, house.phone(anna), house.login("researcher").headers):
        drugs = house.get("/catalogue/drugs", headers=headers).get_json()["items"]
        assert len(drugs) == 15
        assert len(house.get("/catalogue/symptoms", headers=headers).get_json()["items"]) > 10
        forms = house.get("/catalogue/forms", headers=headers).get_json()["items"]
        assert "end-of-interval" in {form["key"] for form in forms}
    assert next(drug for drug in drugs if drug["key"] == "ofatumumab")["home_routes"] == ["sc"]
    assert house.get("/catalogue/drugs").status_code == 401
