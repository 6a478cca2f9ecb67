"""A version that is retired: assigned and begun no more, asked on where it was, with every answer there to be read."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from backend.storage.events import EventRow
from tests.api.test_own_questionnaires import FORM, publish, upload
from tests.api.test_questionnaires import at, path
from tests.factories.assignments import assignment, body
from tests.factories.chains import chain, local
from tests.factories.forms import definition, question
from tests.house import House, Patient, Staff

GIVEN = ["2026-04-06 09:00", "2026-05-04 09:00"]
SECOND = {**FORM, "version": "2"}
THIRD = {**FORM, "version": "3"}


@pytest.fixture
def anna(house: House, carla: Staff) -> Patient:
    house.clock.now = local("2026-05-26 12:00")
    found = house.patient(cares_for=[carla], language="en")
    chain(house, found, GIVEN)
    return found


def retire(house: House, staff: Staff, version: int = 1) -> Any:
    return house.post(f"{path(version)}/retirement", headers=at(staff))


def assign(house: House, carla: Staff, anna: Patient, **told: Any) -> Any:
    new = body(assignment("made", **told))
    return house.post(f"/patients/{anna.id}/assignments", json=new, headers=carla.headers)


def asked(house: House, phone: dict[str, str]) -> list[str]:
    """Return which versions are asked now and next."""
    told = house.get("/me/assignments", headers=phone).json
    return [one["form_version"] for part in ("now", "next") for one in told[part]]


def running(house: House, carla: Staff, anna: Patient) -> Any:
    (one,) = house.get(f"/patients/{anna.id}/assignments", headers=carla.headers).json["items"]
    return one


def test_a_published_version_is_retired_once_and_says_by_whom_and_when(house: House, carla: Staff) -> None:
    publish(house, carla)
    done = retire(house, carla)
    assert (done.status_code, done.json["published"], done.json["status"]) == (200, True, "retired")
    assert (done.json["retired_at"], done.json["retired_by"]) == (done.json["published_at"], str(carla.id))
    house.clock.now += timedelta(hours=1)
    assert retire(house, carla).json == done.json
    listed = house.get("/sites/own/questionnaires", headers=carla.headers).json["items"]
    assert {(one["key"], one["status"]) for one in listed if not one["built_in"]} == {("made", "retired")}
    with house.unit(writes=False) as ctx:
        query = select(EventRow.detail).where(EventRow.act == "questionnaires:publish").order_by(EventRow.id)
        noted = [one.get("retired", False) for one in ctx.session.scalars(query)]
    assert noted == [False, True, True]


def test_a_draft_what_ships_and_another_sites_are_not_retired_and_only_a_clinician_does_it(
    house: House, carla: Staff
) -> None:
    house.post("/sites/own/questionnaires", json={"definition": FORM}, headers=carla.headers)
    drafted = retire(house, carla)
    assert (drafted.status_code, drafted.json["code"]) == (409, "wrong-state")
    assert house.post(f"{path(key='vas-100')}/retirement", headers=at(carla)).status_code == 404
    stranger = house.login("clinician", site=house.new_site())
    assert retire(house, stranger).status_code == 404
    for role in ("nurse", "coordinator", "researcher", "admin"):
        assert retire(house, house.login(role)).status_code == 403
    house.post(f"{path()}/publication", headers=at(carla))
    assert house.post(f"{path()}/retirement", headers=at(carla, 2)).json["code"] == "stale-version"


def test_what_is_retired_is_assigned_no_more_and_no_earlier_version_takes_its_place(
    house: House, carla: Staff, anna: Patient
) -> None:
    publish(house, carla)
    publish(house, carla, SECOND)
    retire(house, carla, 2)
    for told in ({}, {"version": 2}):
        refused = assign(house, carla, anna, **told)
        assert refused.status_code == 422
        (pointer,) = refused.json["pointers"]
        assert (refused.json["code"], pointer["pointer"]) == ("unknown-form", "/assignment/version")
        assert "Version 2 is retired" in pointer["detail"]
    named = assign(house, carla, anna, version=1)
    assert (named.status_code, named.json["retired_version"]) == (201, None)
    retire(house, carla, 1)
    refused = assign(house, carla, anna, version=1)
    assert refused.json["pointers"][0]["pointer"] == "/assignment/questionnaire"


def test_an_assignment_that_asks_it_goes_on_says_so_and_takes_a_newer_version_when_there_is_one(
    house: House, carla: Staff, anna: Patient
) -> None:
    publish(house, carla)
    publish(house, carla, SECOND)
    phone = house.phone(anna)
    dates = [{"opens_on": f"2026-0{month}-26", "closes_on": f"2026-0{month}-28"} for month in (5, 6, 7)]
    made = assign(house, carla, anna, anchor="dates", dates=dates)
    # What opened on the day on which it was published was asked as it stood that morning.
    house.clock.now = local("2026-06-26 12:00")
    assert (asked(house, phone), running(house, carla, anna)["retired_version"]) == (["2", "2"], None)
    retire(house, carla, 2)
    assert (asked(house, phone), running(house, carla, anna)["retired_version"]) == (["2", "2"], 2)
    told = upload(form_version="2", occurred={"at": "2026-06-26T12:10:00+02:00", "zone": "Europe/Amsterdam"},
                  recorded_at="2026-06-26T12:10:00+02:00")  # fmt: skip
    house.clock.now = local("2026-06-26 12:30")
    assert house.post("/me/responses", json=told, headers=phone).status_code == 201
    publish(house, carla, THIRD)
    assert (asked(house, phone), running(house, carla, anna)["retired_version"]) == (["3"], None)
    (past,) = [one for one in running(house, carla, anna)["rounds"] if one["opens_on"] == "2026-06-26"]
    assert (past["form_version"], past["state"]) == ("2", "in_time")
    again = {"assignment": assignment("made", anchor="dates", dates=dates, version=2), "reason": "longer"}
    changed = house.put(f"/patients/{anna.id}/assignments/{made.json['id']}", json=again, headers=at(carla))
    assert (changed.status_code, changed.json["pointers"][0]["pointer"]) == (422, "/assignment/version")


def test_one_that_is_pinned_goes_on_until_it_ends(house: House, carla: Staff, anna: Patient) -> None:
    publish(house, carla)
    publish(house, carla, SECOND)
    made = assign(house, carla, anna, version=1).json
    retire(house, carla)
    phone = house.phone(anna)
    assert (asked(house, phone), running(house, carla, anna)["retired_version"]) == (["1"], 1)
    ending = f"/patients/{anna.id}/assignments/{made['id']}/ending"
    assert house.post(ending, json={"reason": "old"}, headers=at(carla)).json["retired_version"] is None
    house.clock.now = local("2026-05-27 12:00")
    late = "2026-05-27T11:00:00+02:00"
    begun = upload(occurred={"at": late, "zone": "Europe/Amsterdam"}, recorded_at=late)
    refused = house.post("/me/responses", json=begun, headers=phone)
    assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, "/form_version")


def test_what_is_assigned_after_it_was_retired_asks_a_newer_version_on_days_before_that_too(
    house: House, carla: Staff, anna: Patient
) -> None:
    publish(house, carla)
    house.clock.now = local("2026-05-27 12:00")
    publish(house, carla, SECOND)
    house.clock.now = local("2026-06-10 12:00")
    retire(house, carla, 2)
    publish(house, carla, THIRD)
    assign(house, carla, anna, anchor="dates", dates=[{"opens_on": "2026-06-02", "closes_on": "2026-06-20"}])
    assert asked(house, house.phone(anna)) == ["3"]


def test_an_answer_from_before_arrives_late_is_corrected_and_stays(house: House, carla: Staff, anna: Patient) -> None:
    publish(house, carla)
    made = assign(house, carla, anna).json
    retire(house, carla)
    house.post(f"/patients/{anna.id}/assignments/{made['id']}/ending", json={"reason": "old"}, headers=at(carla))
    phone, told = house.phone(anna), upload()  # filled in an hour before
    first = house.post("/me/responses", json=told, headers=phone)
    assert (first.status_code, house.post("/me/responses", json=told, headers=phone).status_code) == (201, 200)
    newer = {name: told[name] for name in ("about", "occurred", "recorded_at", "completed")}
    newer |= {"base_version": 1, "reason": "mistyped", "answers": {"felt": "b"}}
    assert house.put(f"/me/responses/{told['id']}", json=newer, headers=phone).status_code == 200
    assert house.get("/me/questionnaires/made/versions/1", headers=phone).status_code == 200
    (listed,) = house.get(f"/patients/{anna.id}/responses", headers=carla.headers).json["items"]
    assert (listed["form_version"], listed["answers"]) == ("1", {"felt": "b"})


def test_making_an_assignment_again_after_that_is_still_the_same_assignment(
    house: House, carla: Staff, anna: Patient
) -> None:
    publish(house, carla)
    new, where = body(assignment("made")), f"/patients/{anna.id}/assignments"
    assert house.post(where, json=new, headers=carla.headers).status_code == 201
    retire(house, carla)
    again = house.post(where, json=new, headers=carla.headers)
    assert (again.status_code, again.json["duplicate"]) == (200, True)


def test_a_next_version_follows_a_retired_one_and_keeps_what_its_keys_mean(house: House, carla: Staff) -> None:
    publish(house, carla)
    retire(house, carla)
    other = definition(question("felt", "integer"), version="2")
    house.post("/sites/own/questionnaires", json={"definition": other}, headers=carla.headers)
    assert house.post(f"{path(2)}/publication", headers=at(carla)).status_code == 422


def test_fhir_tells_it_as_retired_with_the_moment_and_by_another_version_of_the_resource(
    house: House, carla: Staff
) -> None:
    publish(house, carla)

    def told() -> Any:
        return house.client.get("/fhir/Questionnaire/made.1", headers=carla.headers)

    before = told()
    house.clock.now += timedelta(days=1)
    retire(house, carla)
    after = told()
    assert [one.json["status"] for one in (before, after)] == ["active", "retired"]
    assert after.json["meta"]["lastUpdated"] == house.clock.now.isoformat()
    assert before.headers["ETag"] != after.headers["ETag"]
    assert house.get(f"{path()}/fhir", headers=carla.headers).json["resource"]["status"] == "retired"


def test_a_retired_version_that_a_newer_one_overtook_answers_none_of_its_rounds(
    house: House, carla: Staff, anna: Patient
) -> None:
    publish(house, carla)
    publish(house, carla, SECOND)
    phone = house.phone(anna)
    dates = [{"opens_on": f"2026-0{month}-26", "closes_on": f"2026-0{month}-28"} for month in (5, 6, 7)]
    assign(house, carla, anna, anchor="dates", dates=dates)
    house.clock.now = local("2026-06-26 12:00")
    retire(house, carla, 2)
    house.clock.now = local("2026-06-27 12:30")
    publish(house, carla, THIRD)
    house.clock.now = local("2026-07-27 12:30")
    at_eight = "2026-07-27T08:10:00+02:00"
    told = upload(form_version="2", occurred={"at": at_eight, "zone": "Europe/Amsterdam"}, recorded_at=at_eight)
    assert house.post("/me/responses", json=told, headers=phone).status_code == 422
