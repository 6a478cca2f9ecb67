"""Assignments over HTTP: made from templates or free, answered in time or late, moved with the dose, changed, ended."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from backend.storage.reminders import ReminderRow
from tests.factories.assignments import FIRST_WEEK, assignment, body
from tests.factories.chains import chain, dose, local
from tests.factories.responses import ResponseUpload
from tests.factories.studies import study
from tests.house import House, Patient, Staff

GIVEN = ["2026-03-09 09:00", "2026-04-06 09:00", "2026-05-04 09:00"]  # the next is expected on 1 June


@pytest.fixture
def anna(house: House, carla: Staff) -> Patient:
    house.clock.now = local("2026-05-04 12:00")
    return house.patient(cares_for=[carla], email_sealed=b"somewhere")


def assign(house: House, carla: Staff, anna: Patient, told: dict[str, Any] | None = None, **more: Any) -> Any:
    made = house.post(f"/patients/{anna.id}/assignments", json=body(told, **more), headers=carla.headers)
    assert made.status_code == 201, made.json
    return made.json


def answer(house: House, phone: dict[str, str], at: str, **told: Any) -> Any:
    upload = ResponseUpload.build(form="vas-100", answers={"trouble": 40}, at=local(at).isoformat(), **told)
    return house.post("/me/responses", json=upload, headers=phone)


def own(house: House, phone: dict[str, str]) -> dict[str, list[tuple[str, str, str]]]:
    found = house.get("/me/assignments", headers=phone)
    assert found.status_code == 200, found.json
    parts = found.json.items()
    return {name: [(one["opens_on"], one["closes_on"], one["state"]) for one in part] for name, part in parts}


def told(house: House, subject: str) -> list[tuple[str, str]]:
    with house.unit(writes=False) as ctx:
        rows = ctx.session.scalars(select(ReminderRow).order_by(ReminderRow.send_at)).all()
        return [(row.step, row.status) for row in rows if row.subject.startswith(subject)]


def test_a_round_is_open_answered_and_reminded_of_and_the_next_one_comes(
    house: House, carla: Staff, anna: Patient
) -> None:
    treatment, phone = chain(house, anna, GIVEN), house.phone(anna)
    made = assign(house, carla, anna)
    assert own(house, phone) == {"now": [], "next": [("2026-05-25", "2026-06-01", "not_open")], "done": []}
    subject = f"assignment:{made['id']}"
    assert {status for _, status in told(house, subject)} == {"planned"}
    house.clock.now = local("2026-05-26 12:00")
    assert own(house, phone)["now"] == [("2026-05-25", "2026-06-01", "open")]
    done = answer(house, phone, "2026-05-26 11:00")
    assert done.status_code == 201
    (round_,) = house.get("/me/assignments", headers=phone).json["done"]
    assert (round_["state"], round_["completed_by"], round_["interval"]) == ("in_time", done.json["id"], 3)
    assert (round_["form"], round_["form_version"], round_["late"]) == ("vas-100", "1", False)
    assert {status for _, status in told(house, subject)} == {"cancelled"}
    dose(house, anna, treatment, "2026-06-01 09:00")
    house.clock.now = local("2026-06-02 12:00")
    assert own(house, phone)["next"] == [("2026-06-22", "2026-06-29", "not_open")]
    (followed,) = house.get(f"/patients/{anna.id}/assignments", headers=carla.headers).json["items"]
    assert [one["state"] for one in followed["rounds"]] == ["in_time", "not_open"]
    gone = {"base_version": 1, "recorded_at": "2026-06-02T10:00:00+02:00", "reason": "not mine"}
    house.post(f"/me/responses/{done.json['id']}/retraction", json=gone, headers=phone)
    assert [state for *_, state in own(house, phone)["done"]] == ["missed"]


def test_a_late_answer_counts_within_grace_and_after_it_and_is_late(house: House, carla: Staff, anna: Patient) -> None:
    dates = [
        {"opens_on": "2026-05-10", "closes_on": "2026-05-11"},
        {"opens_on": "2026-05-20", "closes_on": "2026-05-21"},
    ]
    assign(house, carla, anna, assignment(anchor="dates", dates=dates, grace_days=2))
    phone = house.phone(anna)
    house.clock.now = local("2026-05-13 12:00")
    assert own(house, phone)["now"] == [("2026-05-10", "2026-05-11", "open")]
    answer(house, phone, "2026-05-13 11:00")
    house.clock.now = local("2026-05-30 12:00")
    assert [state for *_, state in own(house, phone)["done"]] == ["late", "missed"]
    answer(house, phone, "2026-05-30 11:00")
    assert [state for *_, state in own(house, phone)["done"]] == ["late", "late"]


@pytest.mark.promise("P12")
def test_a_moved_dose_moves_what_is_asked_and_its_reminders_and_what_had_opened_is_told(
    house: House, carla: Staff, anna: Patient
) -> None:
    course, phone = chain(house, anna, GIVEN), house.phone(anna)
    slot = {"at": "2026-06-01T09:00:00+02:00", "zone": "Europe/Amsterdam"}
    planned = {"id": str(uuid4()), "treatment_id": str(course), "status": "planned", "planned": slot}
    assert house.post(f"/patients/{anna.id}/doses", json=planned, headers=carla.headers).status_code == 201
    made = assign(house, carla, anna)
    assert len(own(house, phone)["next"]) == 1
    house.clock.now = local("2026-05-26 12:00")
    moved = {"planned": slot | {"at": "2026-06-15T09:00:00+02:00"}, "reason": "holiday"}
    path = f"/patients/{anna.id}/doses/{planned['id']}/move"
    assert house.post(path, json=moved, headers={**carla.headers, "If-Match": '"1"'}).status_code == 200
    assert own(house, phone) == {"now": [], "next": [("2026-06-08", "2026-06-15", "not_open")], "done": []}
    seen = house.get(f"/patients/{anna.id}/assignments/{made['id']}", headers=carla.headers)
    (overtaken,) = seen.json["overtaken"]
    assert (overtaken["opens_on"], overtaken["closes_on"], overtaken["interval"]) == ("2026-05-25", "2026-06-01", 3)
    days = {status for _, status in told(house, f"assignment:{made['id']}")}
    assert days == {"cancelled", "planned"}


def test_a_study_asks_all_who_consented_from_then_on_until_they_withdraw(
    house: House, carla: Staff, anna: Patient
) -> None:
    chain(house, anna, GIVEN)
    joined, phone = study(house), house.phone(anna)
    made = house.post(
        f"/studies/{joined.id}/assignments",
        json=body({"questionnaire": "vas-100", "grace_days": 1}, template="RATCHFORD", window="last_week_of_cycle"),
        headers=carla.headers,
    )
    assert (made.status_code, made.json["versions"][0]["template"]) == (201, "RATCHFORD/last_week_of_cycle")
    assert (made.json["assignment"]["window"]["opens"], made.json["assignment"]["grace_days"]) == (
        {"from": "before-next", "n": 7}, 1,
    )  # fmt: skip
    assert own(house, phone)["next"] == []
    assert joined.join(anna, carla).status_code == 200
    assert own(house, phone)["next"] == [("2026-05-25", "2026-06-01", "not_open")]
    (followed,) = house.get(f"/patients/{anna.id}/assignments", headers=carla.headers).json["items"]
    assert (followed["study_id"], followed["versions"][0]["reason"]) == (joined.id, None)
    path = f"/studies/{joined.id}/assignments/{made.json['id']}"
    house.clock.now = local("2026-05-26 12:00")
    counts = house.get(f"{path}/adherence", headers=carla.headers).json
    assert (counts["patients"], counts["states"]["open"], sum(counts["states"].values())) == (1, 1, 1)
    assert [(one["interval"], one["states"]["open"]) for one in counts["intervals"]] == [(3, 1)]
    assert house.get(f"{path}/adherence", headers=house.login("nurse").headers).json["patients"] == 0
    assert joined.leave(anna, carla).status_code == 200
    assert [state for *_, state in own(house, phone)["done"]] == ["not_asked"]
    assert {status for _, status in told(house, f"assignment:{made.json['id']}")} == {"cancelled"}


def test_a_change_keeps_what_was_and_what_ended_asks_nothing(house: House, carla: Staff, anna: Patient) -> None:
    chain(house, anna, GIVEN)
    made, phone = assign(house, carla, anna), house.phone(anna)
    path = f"/patients/{anna.id}/assignments/{made['id']}"
    house.clock.now = local("2026-05-10 12:00")
    newer = {"assignment": assignment(window=FIRST_WEEK), "reason": "shorter"}
    changed = house.put(path, json=newer, headers={**carla.headers, "If-Match": '"1"'})
    assert (changed.status_code, changed.headers["ETag"], changed.json["version"]) == (200, '"2"', 2)
    assert [one["reason"] for one in changed.json["versions"]] == ["protocol", "shorter"]
    stale = house.put(path, json=newer, headers={**carla.headers, "If-Match": '"1"'})
    assert (stale.status_code, stale.json["code"]) == (409, "stale-version")
    other = {"assignment": assignment("nrs-11-fatigue"), "reason": "other"}
    refused = house.put(path, json=other, headers={**carla.headers, "If-Match": '"2"'})
    assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, "/assignment/questionnaire")
    assert own(house, phone)["now"] == [("2026-05-05", "2026-05-11", "open")]
    at = {**carla.headers, "If-Match": '"2"'}
    ended = house.post(f"{path}/ending", json={"reason": "enough"}, headers=at)
    assert (ended.status_code, ended.json["ended_on"]) == (200, "2026-05-10")
    assert own(house, phone) == {"now": [], "next": [], "done": [("2026-05-05", "2026-05-11", "not_asked")]}
    again = house.post(f"{path}/ending", json={"reason": "enough"}, headers={**at, "If-Match": '"3"'})
    assert (again.status_code, again.json["code"]) == (409, "wrong-state")


def test_a_retry_is_stored_once_and_other_content_under_the_id_is_refused(
    house: House, carla: Staff, anna: Patient
) -> None:
    path, new = f"/patients/{anna.id}/assignments", body()
    assert house.post(path, json=new, headers=carla.headers).status_code == 201
    again = house.post(path, json=new, headers=carla.headers)
    assert (again.status_code, again.json["duplicate"]) == (200, True)
    for other, where in ((new | {"assignment": assignment("nrs-11-fatigue")}, path), (new, _of(house, carla))):
        refused = house.post(where, json=other, headers=carla.headers)
        assert (refused.status_code, refused.json["code"]) == (409, "id-in-use")


@pytest.mark.parametrize(
    ("new", "pointer"),
    [
        (body(assignment("nothing")), "/assignment/questionnaire"),
        (body(assignment(version=2)), "/assignment/version"),
        (body({"questionnaire": "vas-100"}), "/assignment/anchor"),
        (body({"questionnaire": "vas-100"}, template="RATCHFORD"), "/window"),
        (body({"questionnaire": "vas-100"}, template="NOBODY", window="pre"), "/template"),
        (body(template="RATCHFORD", window="first_week"), "/assignment/window"),
        (body(starts_on="1999-01-01"), "/starts_on"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_field(
    house: House, carla: Staff, anna: Patient, new: dict[str, Any], pointer: str
) -> None:
    refused = house.post(f"/patients/{anna.id}/assignments", json=new, headers=carla.headers)
    assert (refused.status_code, [one["pointer"] for one in refused.json["pointers"]]) == (422, [pointer])


def test_another_sites_study_and_another_patients_assignment_are_not_found(
    house: House, carla: Staff, anna: Patient
) -> None:
    made = assign(house, carla, anna)
    bea = house.patient(cares_for=[carla])
    assert house.get(f"/patients/{bea.id}/assignments/{made['id']}", headers=carla.headers).status_code == 404
    far = house.login("clinician", site=house.new_site())
    joined = study(house)
    for answered in (
        house.get(f"/studies/{joined.id}/assignments", headers=far.headers),
        house.post(f"/studies/{joined.id}/assignments", json=body(), headers=far.headers),
        house.get(f"/studies/{joined.id}/assignments/{made['id']}/adherence", headers=carla.headers),
    ):
        assert answered.status_code == 404


def test_every_template_can_be_used_and_says_what_its_source_does_not(
    house: House, carla: Staff, anna: Patient
) -> None:
    listed = house.get("/assignment-templates", headers=carla.headers).json["items"]
    assert {one["key"] for one in listed if one["assumed"]} == {"SYMBOLS", "MAGRO", "SUPERNEXT-CONTROL", "BIOGEN-NIS"}
    chain(house, anna, GIVEN)
    for one in listed:
        for window in one["windows"]:
            made = assign(house, carla, anna, {"questionnaire": "vas-100"}, template=one["key"], window=window["name"])
            assert {name: made["assignment"][name] for name in window["days"]} == window["days"]
    found = house.get(f"/patients/{anna.id}/assignments", headers=carla.headers).json["items"]
    assert all(one["rounds"] for one in found)


def _of(house: House, carla: Staff) -> str:
    return f"/patients/{house.patient(cares_for=[carla]).id}/assignments"
