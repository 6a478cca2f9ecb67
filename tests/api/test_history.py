"""A patient's history tells every change with who made it and why, newest first, and never who they were before."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from backend.storage.events import EventRow
from tests.factories.chains import ZONE
from tests.factories.people import PatientBody
from tests.factories.protocols import clinic
from tests.factories.samples import SampleUpload, happened, level
from tests.house import House, Patient, Staff

PLAN = {"drug": "natalizumab_iv", "started_on": "2026-04-06", "slot": "09:00", "interval_weeks": 4, "reason": "start"}


@pytest.fixture
def carla(house: House) -> Staff:
    return house.login("clinician", "Carla Kok")


@pytest.fixture
def anna(house: House, carla: Staff) -> Patient:
    made = house.post("/patients", headers=carla.headers, json=PatientBody())
    anna_id = UUID((made.json or {})["id"])
    return Patient(anna_id, carla.actor)


def later(house: House, minutes: int = 1) -> None:
    house.clock.now += timedelta(minutes=minutes)


def act(house: House, who: Staff, path: str, body: Any, version: int | None = None, method: str = "post") -> Any:
    later(house)
    headers = who.headers if version is None else who.headers | {"If-Match": f'"{version}"'}
    answer = getattr(house, method)(path, headers=headers, json=body)
    assert answer.status_code in {200, 201}, answer.text
    return answer.json


def history(house: House, who: Staff, patient: Patient, what: str | None = None) -> list[dict[str, Any]]:
    """Return all changes, or those of one sort, oldest first."""
    answer = house.get(f"/patients/{patient.id}/history?limit=500", headers=who.headers)
    assert answer.status_code == 200, answer.text
    return [one for one in reversed((answer.json or {})["items"]) if what in {None, one["what"]}]


def told(changes: list[dict[str, Any]]) -> list[tuple[str, int, str | None]]:
    return [(one["act"], one["version"], one["reason"]) for one in changes]


def started(house: House, who: Staff, anna: Patient) -> str:
    made = act(house, who, f"/patients/{anna.id}/treatments", PLAN)
    return str(made["treatment"]["id"])


def at(text: str) -> dict[str, str]:
    return {"at": text, "zone": ZONE}


def test_every_version_of_a_plan_is_told(house: House, anna: Patient, carla: Staff) -> None:
    treatment_id = started(house, carla, anna)
    path = f"/patients/{anna.id}/treatments/{treatment_id}"
    amended = {"slot": "09:00", "interval_weeks": 6, "reason": "high levels", "valid_from": "2026-06-01"}
    act(house, carla, f"{path}/plans", amended, 1)
    act(house, carla, f"{path}/stop", {"stopped_on": "2026-06-01", "reason": "pregnant"}, 2)
    changes = history(house, carla, anna, "plan")
    assert told(changes) == [("start", 1, "start"), ("amend", 2, "high levels"), ("stop", 3, "pregnant")]
    assert [one["after"]["interval_weeks"] for one in changes] == [4, 6, 6]
    assert [one["after"]["stopped_on"] for one in changes] == [None, None, "2026-06-01"]
    assert [one["before"] for one in changes] == [None, changes[0]["after"], changes[1]["after"]]
    assert {one["by"]["name"] for one in changes} == {"Carla Kok"}
    assert {one["subject"] for one in changes} == {treatment_id}


def test_every_version_of_a_dose_is_told_also_when_undone(house: House, anna: Patient, carla: Staff) -> None:
    bram = house.login("nurse", "Bram Bos")
    act(house, carla, f"/patients/{anna.id}/care-relationships", {"staff_id": str(bram.id)})
    treatment_id = started(house, carla, anna)
    dose_id = str(uuid4())
    slot = {"id": dose_id, "treatment_id": treatment_id, "status": "planned"}
    act(house, carla, f"/patients/{anna.id}/doses", slot | {"planned": at("2026-06-01T09:00:00+02:00")})
    path = f"/patients/{anna.id}/doses/{dose_id}"
    act(house, bram, f"{path}/move", {"planned": at("2026-06-02T09:00:00+02:00"), "reason": "holiday"}, 1)
    act(house, bram, f"{path}/miss", {"reason": "feverish"}, 2)
    act(house, carla, f"{path}/undo", {"reason": "wrong patient"}, 3)
    changes = history(house, carla, anna, "dose")
    assert told(changes) == [
        ("plan", 1, None),
        ("move", 2, "holiday"),
        ("miss", 3, "feverish"),
        ("undo", 4, "wrong patient"),
    ]
    assert [one["after"]["status"] for one in changes] == ["planned", "planned", "missed", "planned"]
    assert [one["by"]["name"] for one in changes] == ["Carla Kok", "Bram Bos", "Bram Bos", "Carla Kok"]
    assert changes[1]["before"]["planned"]["on"] == "2026-06-01"
    assert changes[1]["after"]["planned"]["on"] == "2026-06-02"


def test_steps_and_results_of_a_sample_are_told_with_their_corrections(
    house: House, anna: Patient, carla: Staff
) -> None:
    upload = SampleUpload.build(at="2026-06-01T08:00:00+02:00")
    later(house)
    assert house.post("/me/samples", headers=house.phone(anna), json=upload).status_code == 201
    path = f"/patients/{anna.id}/samples/{upload['id']}"
    received = happened("received", "2026-06-01T12:00:00+02:00")
    house.clock.now = datetime(2026, 6, 2, 10, tzinfo=UTC)
    act(house, carla, f"{path}/steps", received)
    moved = happened("received", "2026-06-02T09:00:00+02:00", corrects=1, reason="typed wrongly")
    act(house, carla, f"{path}/corrections", moved, 2)
    act(house, carla, f"{path}/results", level(12.5))
    corrected = {**level(14), "released": False, "reason": "read wrongly"}
    act(house, carla, f"{path}/results/corrections", corrected, 5)
    act(house, carla, f"{path}/results/release", {"analyte": "level"}, 6)
    steps = history(house, carla, anna, "sample")
    assert told(steps) == [
        ("collected", 1, None),
        ("received", 2, None),
        ("correct", 3, "typed wrongly"),
        ("reported", 4, None),
    ]
    assert steps[0]["by"] == {"id": str(anna.id), "name": None, "role": "patient"}
    assert steps[2]["before"]["occurred"]["on"] == "2026-06-01"
    assert steps[2]["after"]["occurred"]["on"] == "2026-06-02"
    results = history(house, carla, anna, "result")
    assert told(results) == [("report", 1, None), ("correct", 2, "read wrongly"), ("release", 3, "read wrongly")]
    assert [one["after"]["value"] for one in results] == [12.5, 14, 14]
    assert [one["after"]["released"] for one in results] == [False, False, True]


def test_a_change_of_identity_names_its_fields_and_not_what_they_held(
    house: House, anna: Patient, carla: Staff
) -> None:
    body = PatientBody.build(hospital_number="H77", name="Anna Jansen", reason="married", channels=["email"])
    act(house, carla, f"/patients/{anna.id}", body, 1, method="put")
    answer = house.get(f"/patients/{anna.id}/history", headers=carla.headers)
    changes = [one for one in reversed(answer.json["items"]) if one["what"] == "identity"]
    assert told(changes) == [("enrol", 1, None), ("change", 2, "married")]
    assert (changes[1]["before"], changes[1]["after"]) == (None, {"fields": ["hospital_number", "name"]})
    assert "Vries" not in answer.text
    assert "Jansen" not in answer.text


def test_who_may_open_the_record_is_told(house: House, anna: Patient, carla: Staff) -> None:
    bram = house.login("nurse", "Bram Bos")
    care_id = act(house, carla, f"/patients/{anna.id}/care-relationships", {"staff_id": str(bram.id)})["id"]
    act(house, carla, f"/patients/{anna.id}/care-relationships/{care_id}/end", None)
    mine = [one for one in history(house, carla, anna, "care") if one["subject"] == care_id]
    assert [(one["act"], one["by"]["name"], one["after"]["name"]) for one in mine] == [
        ("begin", "Carla Kok", "Bram Bos"), ("end", "Carla Kok", "Bram Bos"),
    ]  # fmt: skip
    assert mine[0]["after"]["ends_at"] is None
    assert mine[1]["after"]["ends_at"] == mine[1]["at"]


def test_an_emergency_is_told_with_its_reason(house: House, anna: Patient, carla: Staff) -> None:
    other = house.login("nurse", "Nora Night")
    body = {"id": str(uuid4()), "hospital_number": "H1", "birth_on": "1988-02-29", "reason": "unconscious"}
    number = house.get(f"/patients/{anna.id}", headers=carla.headers).json["hospital_number"]
    act(house, other, "/emergency-access", body | {"hospital_number": number})
    (told_of,) = [one for one in history(house, carla, anna, "care") if one["act"] == "emergency"]
    assert (told_of["reason"], told_of["by"]["name"]) == ("unconscious", "Nora Night")


def test_a_request_is_told_in_the_patients_words_and_the_clinics_answer(
    house: House, anna: Patient, carla: Staff
) -> None:
    asked = {"id": str(uuid4()), "kind": "contact", "words": "Please call", "recorded_at": "2026-06-01T11:00:00+02:00"}
    later(house)
    assert house.post("/me/requests", headers=house.phone(anna), json=asked).status_code == 201
    path = f"/patients/{anna.id}/requests/{asked['id']}/outcome"
    act(house, carla, path, {"outcome": "later", "answer": "I will call Monday"}, 1)
    act(house, carla, path, {"outcome": "reached"}, 2)
    changes = history(house, carla, anna, "request")
    assert told(changes) == [("ask", 1, "Please call"), ("open", 2, "I will call Monday"), ("closed", 3, None)]
    assert [one["after"]["outcome"] for one in changes] == [None, "later", "reached"]
    assert [one["by"]["role"] for one in changes] == ["patient", "clinician", "clinician"]


def test_every_version_of_a_finding_is_told(house: House, anna: Patient, carla: Staff) -> None:
    body = {"id": str(uuid4()), "kind": "weight", "occurred": {"on": "2026-05-20", "zone": ZONE}, "values": {"kg": 70}}
    act(house, carla, f"/patients/{anna.id}/findings", body)
    path = f"/patients/{anna.id}/findings/{body['id']}"
    told_again = {name: body[name] for name in ("kind", "occurred")}
    act(house, carla, f"{path}/correction", told_again | {"values": {"kg": 71}, "note": "dressed", "reason": "typo"}, 1)
    act(house, carla, f"{path}/retraction", {"reason": "other patient"}, 2)
    changes = history(house, carla, anna, "finding")
    assert told(changes) == [("enter", 1, None), ("correct", 2, "typo"), ("retract", 3, "other patient")]
    assert [one["before"] and one["before"]["values"]["kg"] for one in changes] == [None, 70, 71]
    assert [one["after"] and one["after"]["values"]["kg"] for one in changes] == [70, 71, None]
    assert changes[2]["before"]["note"] == "dressed"


def test_a_decision_is_told_beside_the_plan_it_made(house: House) -> None:
    at_clinic = clinic(house)
    at_clinic.troughs(16, 16)
    assert at_clinic.switch().status_code == 200
    body = at_clinic.body()
    assert at_clinic.decide(body).status_code == 201
    (change,) = history(house, at_clinic.carla, at_clinic.anna, "decision")
    assert (change["subject"], change["act"], change["reason"]) == (body["id"], "change", "two good troughs")
    assert (change["after"]["plan_before"], change["after"]["plan_after"], change["by"]["name"]) == (1, 2, "Carla")
    plans = history(house, at_clinic.carla, at_clinic.anna, "plan")
    assert [(one["act"], one["after"]["interval_weeks"]) for one in plans] == [("start", 4), ("amend", 5)]


def test_pages_hold_each_change_once_also_when_more_come_in(house: House, anna: Patient, carla: Staff) -> None:
    treatment_id = started(house, carla, anna)
    for day in range(1, 8):
        dose = {"treatment_id": treatment_id, "status": "planned", "planned": at(f"2026-06-{day:02}T09:00:00+02:00")}
        answer = house.post(f"/patients/{anna.id}/doses", headers=carla.headers, json=dose)
        assert answer.status_code == 201
    whole = [one["id"] for one in reversed(history(house, carla, anna))]
    assert len(set(whole)) == len(whole)
    found: list[str] = []
    path: str | None = f"/patients/{anna.id}/history?limit=3"
    while path is not None:
        page = house.get(path, headers=carla.headers).json
        found += [one["id"] for one in page["items"]]
        path = page["next"] and page["next"].removeprefix("/api/v1")
        act(house, carla, f"/patients/{anna.id}/samples", {})
    assert found == whole


def test_the_newest_comes_first(house: House, anna: Patient, carla: Staff) -> None:
    started(house, carla, anna)
    moments = [one["at"] for one in house.get(f"/patients/{anna.id}/history", headers=carla.headers).json["items"]]
    assert moments == sorted(moments, reverse=True)
    assert len(moments) > 2


def test_only_who_treats_the_patient_reads_it_and_that_is_written_down(
    house: House, anna: Patient, carla: Staff
) -> None:
    els = house.login("coordinator")
    other = house.login("clinician")
    path = f"/patients/{anna.id}/history"
    assert house.get(path, headers=els.headers).status_code == 403
    assert house.get(path, headers=other.headers).status_code == 404
    assert house.get(f"{path}?cursor=abc", headers=carla.headers).status_code == 422
    strange = "MjAyNi0wNi0wMVQxMDowMDowMCswMDowMHwwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDE"
    assert house.get(f"{path}?cursor={strange}", headers=carla.headers).status_code == 422
    house.get(path, headers=carla.headers)
    with house.unit() as ctx:
        seen = ctx.session.scalars(select(EventRow.actor_id).where(EventRow.act == "history:read")).all()
    assert list(seen) == [carla.id]
