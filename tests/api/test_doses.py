"""Doses over HTTP: what is planned, given, moved and undone, and what each answer says moved with it."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.factories.chains import chain
from tests.factories.entries import EntryUpload
from tests.house import House, Patient, Staff

ZONE = "Europe/Amsterdam"


class Ward:
    """Anna, treated by Bram since Monday 4 May 2026; today is 1 June."""

    def __init__(self, house: House) -> None:
        self.house = house
        house.clock.now = datetime(2026, 4, 1, 10, tzinfo=UTC)
        self.bram: Staff = house.login("nurse")
        self.anna: Patient = house.patient(cares_for=[self.bram], email_sealed=b"sealed")
        house.clock.now = datetime(2026, 6, 1, 10, tzinfo=UTC)
        self.treatment_id = chain(house, self.anna, ["2026-05-04 09:00"])
        self.path = f"/patients/{self.anna.id}/doses"

    def add(self, at: str, status: str = "planned", **told: Any) -> Any:
        return self.post({"status": status, "planned" if status == "planned" else "occurred": moment(at), **told})

    def post(self, told: dict[str, Any]) -> Any:
        body = {"treatment_id": str(self.treatment_id), **told}
        return self.house.post(self.path, headers=self.bram.headers, json=body)

    def act(self, dose: dict[str, Any], act: str, version: int | None = None, **told: Any) -> Any:
        headers = {**self.bram.headers, "If-Match": f'"{version or dose["version"]}"'}
        return self.house.post(f"{self.path}/{dose['id']}/{act}", headers=headers, json={"reason": "why", **told})

    def entry(self, at: str) -> None:
        told = EntryUpload.build(at=at)
        assert self.house.post("/me/diary-entries", headers=self.house.phone(self.anna), json=told).status_code == 201


def moment(at: str) -> dict[str, str]:
    return {"at" if "T" in at else "on": at, "zone": ZONE}


@pytest.fixture
def ward(house: House) -> Ward:
    return Ward(house)


def test_a_planned_dose_is_recorded_and_every_version_stays_with_who_and_why(ward: Ward) -> None:
    dose = ward.add("2026-06-01T09:00:00+02:00", reason="day ward").get_json()["dose"]
    done = ward.act(dose, "record", occurred=moment("2026-06-01T09:20:00+02:00"), route="sc", reason="")
    assert (done.status_code, done.headers["ETag"]) == (200, '"2"')
    told = done.get_json()["dose"]
    shown = told["status"], told["route"], told["given"]["on"], told["source"]
    assert shown == (
        "given",
        "sc",
        "2026-06-01",
        "clinic",
    )
    assert told["planned"]["at"] == "2026-06-01T09:00:00+02:00"
    versions = ward.house.get(f"{ward.path}/{dose['id']}/history", headers=ward.bram.headers).get_json()["items"]
    assert [(one["version"], one["act"], one["reason"]) for one in versions] == [
        (1, "plan", "day ward"),
        (2, "record", ""),
    ]
    assert {one["recorded_by"] for one in versions} == {str(ward.bram.id)}
    one = ward.house.get(f"{ward.path}/{dose['id']}", headers=ward.bram.headers)
    assert (one.headers["ETag"], one.json) == ('"2"', told)


def test_a_dose_recorded_late_needs_a_reason_and_relinks_only_what_it_touches(ward: Ward) -> None:
    for at in (
        "2026-05-10T08:00:00+02:00",
        "2026-05-28T08:00:00+02:00",
        "2026-05-28T12:00:00+02:00",
        "2026-05-30T08:00:00+02:00",
    ):
        ward.entry(at)
    refused = ward.add("2026-05-28T09:00:00+02:00", "given")
    assert (refused.status_code, refused.get_json()["pointers"][0]["pointer"]) == (422, "/reason")
    late = ward.add("2026-05-28T09:00:00+02:00", "given", reason="paper list").get_json()
    assert late["relinked"] == 2
    corrected = ward.act(late["dose"], "correct", occurred=moment("2026-05-28T07:30:00+02:00")).get_json()
    assert corrected["relinked"] == 1
    undone = ward.act(corrected["dose"], "undo").get_json()
    assert (undone["relinked"], undone["dose"]["given"]["at"]) == (1, "2026-05-28T09:00:00+02:00")
    gone = ward.act(undone["dose"], "undo").get_json()
    assert (gone["relinked"], gone["dose"]["status"]) == (2, "undone")
    assert ward.act(gone["dose"], "undo").get_json()["code"] == "nothing-to-undo"


def test_moving_a_dose_says_which_reminders_moved(ward: Ward) -> None:
    planned = ward.add("2026-06-15T09:00:00+02:00").get_json()
    move: dict[str, Any] = {"planned": moment("2026-06-22T09:00:00+02:00")}
    moved = ward.act(planned["dose"], "move", **move).get_json()
    assert moved["dose"]["planned"]["on"] == "2026-06-22"
    due = {act: {told["due_on"] for told in moved["moved"][act] if told["kind"] == "dose"} for act in moved["moved"]}
    assert due == {"cancelled": {"2026-06-15"}, "created": {"2026-06-22"}, "in_flight": set()}


def test_acts_name_the_version_they_saw(ward: Ward) -> None:
    dose = ward.add("2026-06-15T09:00:00+02:00").get_json()["dose"]
    assert ward.act(dose, "cancel", version=2).get_json()["code"] == "stale-version"
    bare = ward.house.post(f"{ward.path}/{dose['id']}/cancel", headers=ward.bram.headers, json={"reason": "why"})
    assert bare.status_code == 428
    assert ward.act(dose, "cancel").get_json()["dose"]["status"] == "cancelled"
    assert ward.act(dose, "miss", version=2).get_json()["code"] == "wrong-state"
    assert ward.act({"id": uuid4(), "version": 1}, "miss").status_code == 404


def test_a_split_dose_is_one_event_and_its_second_part_comes_later(ward: Ward) -> None:
    parts = [{"occurred": moment("2026-06-01T09:00:00+02:00"), "mg": 150, "body_site": "thigh_left"}]
    body = {"treatment_id": str(ward.treatment_id), "status": "given", "parts": parts, "route": "sc"}
    dose = ward.house.post(ward.path, headers=ward.bram.headers, json=body).get_json()["dose"]
    parts.append({"occurred": moment("2026-06-01T09:20:00+02:00"), "mg": 150, "body_site": "thigh_right"})
    both = ward.act(dose, "correct", parts=parts).get_json()["dose"]
    assert [part["mg"] for part in both["parts"]] == [150.0, 150.0]
    items = ward.house.get(f"/patients/{ward.anna.id}/intervals", headers=ward.bram.headers).get_json()["items"]
    assert [one["number"] for one in items] == [1, 2]


def test_a_planned_dose_too_soon_is_refused_unless_overridden_and_a_given_one_flagged(ward: Ward) -> None:
    anna = ward.anna = ward.house.patient(cares_for=[ward.bram])
    ward.path = f"/patients/{anna.id}/doses"
    ward.treatment_id = chain(ward.house, anna, ["2026-05-04 09:00"], weeks=24, drug="ocrelizumab_iv")
    refused = ward.add("2026-09-01T09:00:00+02:00")
    assert (refused.status_code, refused.get_json()["code"]) == (422, "too-soon")
    planned = ward.add("2026-09-01T09:00:00+02:00", override_reason="neurologist agreed")
    assert (planned.status_code, planned.get_json()["flags"]) == (201, ["too-soon"])
    assert planned.get_json()["dose"]["reason"] == "neurologist agreed"
    given = ward.add("2026-06-01T09:00:00+02:00", "given")
    assert (given.status_code, given.get_json()["flags"]) == (201, ["too-soon"])


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"route": "oral"}, "wrong-route"),
        ({"occurred": {"on": "2026-06-02", "zone": ZONE}}, "out-of-time"),
        ({"occurred": {"at": "1999-06-01T09:00:00+02:00", "zone": ZONE}}, "out-of-time"),
        ({"occurred": {"on": "2026-06-01", "zone": "Mars/Base"}}, "invalid"),
        ({"parts": []}, "invalid"),
        ({"status": "missed"}, "invalid"),
        ({"status": "planned"}, "invalid"),
        ({"planned": {"on": "2026-06-02", "zone": ZONE}}, "invalid"),
    ],
)
def test_a_dose_that_cannot_be_is_refused_and_not_stored(ward: Ward, told: dict[str, Any], code: str) -> None:
    answer = ward.post({"status": "given", "occurred": moment("2026-06-01T09:00:00+02:00"), **told})
    assert (answer.status_code, answer.get_json()["code"]) == (422, code)
    assert len(ward.house.get(ward.path, headers=ward.bram.headers).get_json()["items"]) == 1


def test_a_dose_is_not_planned_years_ahead(ward: Ward) -> None:
    answer = ward.post({"status": "planned", "planned": {"on": "2029-06-02", "zone": ZONE}})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "out-of-time")
    assert answer.get_json()["pointers"][0]["pointer"] == "/planned"


def test_a_retry_is_answered_with_what_is_stored_and_other_content_refused(ward: Ward) -> None:
    told = {"id": str(uuid4()), "at": "2026-06-15T09:00:00+02:00"}
    first = ward.add(**told)
    again = ward.add(**told)
    assert (first.status_code, again.status_code, again.get_json()["duplicate"]) == (201, 200, True)
    assert again.get_json()["dose"] == first.get_json()["dose"]
    other = ward.add(told["at"], id=told["id"], reason="another")
    assert (other.status_code, other.get_json()["code"]) == (409, "id-in-use")
    assert ward.add(told["at"], treatment_id=str(uuid4())).status_code == 404


def test_a_patient_logs_a_dose_at_home_once_and_only_what_is_self_administered(ward: Ward) -> None:
    home = chain(ward.house, ward.house.patient(cares_for=[ward.bram]), ["2026-05-04 09:00"])
    phone = ward.house.phone(ward.anna)
    told = {
        "id": str(uuid4()),
        "treatment_id": str(ward.treatment_id),
        "occurred": moment("2026-06-01T09:00:00+02:00"),
        "recorded_at": "2026-06-01T09:05:00+02:00",
        "body_site": "abdomen",
    }
    assert ward.house.post("/me/doses", headers=phone, json=told).get_json()["code"] == "wrong-route"
    assert ward.house.post("/me/doses", headers=phone, json={**told, "treatment_id": str(home)}).status_code == 404
    begun = {"drug": "ofatumumab", "started_on": "2026-06-01", "slot": "09:00", "reason": "start"}
    started = ward.house.post(f"/patients/{ward.anna.id}/treatments", headers=ward.bram.headers, json=begun).get_json()
    told["treatment_id"] = started["treatment"]["id"]
    first = ward.house.post("/me/doses", headers=phone, json=told)
    again = ward.house.post("/me/doses", headers=phone, json=told)
    assert (first.status_code, first.get_json()["dose"]["source"], again.status_code) == (201, "patient", 200)
    dose = first.get_json()["dose"]
    assert dose["parts"][0]["body_site"] == "abdomen"
    assert (dose["recorded_at"], dose["received_at"]) == (told["recorded_at"], "2026-06-01T10:00:00+00:00")
    assert len(ward.house.get("/me/doses", headers=phone).get_json()["items"]) == 2
    ahead = {**told, "id": str(uuid4()), "occurred": moment("2026-06-01T12:00:00+02:00")}
    assert ward.house.post("/me/doses", headers=phone, json=ahead).get_json()["code"] == "out-of-time"


def test_a_patient_sees_their_doses_without_who_decided_and_why(ward: Ward) -> None:
    ward.add("2026-06-08T09:00:00+02:00", reason="the ward is full")
    mine = ward.house.get("/me/doses", headers=ward.house.phone(ward.anna)).get_json()["items"]
    assert mine[-1]["source"] == "clinic"
    assert not {"reason", "recorded_by", "act"} & set(mine[-1])


def test_a_stopped_treatment_takes_no_new_plans_but_what_was_given_before(ward: Ward) -> None:
    stop = {"stopped_on": "2026-06-01", "reason": "why"}
    headers = {**ward.bram.headers, "If-Match": '"1"'}
    path = f"/patients/{ward.anna.id}/treatments/{ward.treatment_id}/stop"
    assert ward.house.post(path, headers=headers, json=stop).status_code == 200
    assert ward.add("2026-06-15T09:00:00+02:00").get_json()["code"] == "wrong-state"
    assert ward.add("2026-06-01T09:00:00+02:00", "given").status_code == 201
