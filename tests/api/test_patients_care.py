"""Care relationships over HTTP: begun, ended, to come, and for colleagues of the site only."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.house import House, Patient, Staff


@pytest.fixture
def bram(house: House) -> Staff:
    return house.login("nurse", "Bram")


@pytest.fixture
def carla(house: House) -> Staff:
    return house.login("clinician", "Carla")


@pytest.fixture
def anna(house: House, bram: Staff) -> Patient:
    return house.patient(cares_for=[bram])


def begin(house: House, who: Staff, anna: Patient, colleague: Staff, **told: Any) -> Any:
    body = {"staff_id": str(colleague.id), **told}
    return house.post(f"/patients/{anna.id}/care-relationships", headers=who.headers, json=body)


def sees(house: House, who: Staff, anna: Patient) -> bool:
    status: int = house.get(f"/patients/{anna.id}", headers=who.headers).status_code
    return status == 200


@pytest.mark.promise("P18")
@pytest.mark.promise("P22")
def test_care_opens_the_record_and_its_end_closes_it(house: House, bram: Staff, carla: Staff, anna: Patient) -> None:
    assert not sees(house, carla, anna)
    begun = begin(house, bram, anna, carla)
    assert (begun.status_code, begun.json["name"], begun.json["granted_by"]) == (201, "Carla", str(bram.id))
    assert sees(house, carla, anna)
    path = f"/patients/{anna.id}/care-relationships"
    ended = [house.post(f"{path}/{begun.json['id']}/end", headers=bram.headers) for _ in range(2)]
    assert [answer.status_code for answer in ended] == [200, 200]
    assert ended[0].json == ended[1].json
    assert not sees(house, carla, anna)
    assert {item["name"] for item in house.get(path, headers=bram.headers).json["items"]} == {"Bram", "Carla"}


def test_care_to_come_opens_at_its_moment_and_ends_at_its_end(
    house: House, bram: Staff, carla: Staff, anna: Patient
) -> None:
    starts_at, ends_at = (house.clock.now + timedelta(days=n) for n in (1, 2))
    begun = begin(house, bram, anna, carla, starts_at=starts_at.isoformat(), ends_at=ends_at.isoformat())
    assert begun.status_code == 201
    seen = []
    for moment in (house.clock.now, starts_at, ends_at - timedelta(seconds=1), ends_at):
        house.clock.now = moment
        seen.append(sees(house, carla, anna))
    assert seen == [False, True, True, False]


def test_care_to_come_that_is_ended_never_begins(house: House, bram: Staff, carla: Staff, anna: Patient) -> None:
    starts_at = house.clock.now + timedelta(days=1)
    begun = begin(house, bram, anna, carla, starts_at=starts_at.isoformat()).json
    house.post(f"/patients/{anna.id}/care-relationships/{begun['id']}/end", headers=bram.headers)
    house.clock.now = starts_at
    assert not sees(house, carla, anna)


def test_care_is_for_caring_colleagues_of_the_same_site(house: House, bram: Staff, anna: Patient) -> None:
    outsiders = [
        house.login("clinician", site=house.new_site()),
        house.login("researcher"),
        house.login("admin"),
        house.login("nurse", left_at=house.clock.now),
        Staff(uuid4(), {}, bram.actor),
    ]
    for outsider in outsiders:
        answer = begin(house, bram, anna, outsider)
        assert (answer.status_code, answer.json["pointers"][0]["pointer"]) == (422, "/staff_id")


def test_care_stands_once_at_a_time(house: House, bram: Staff, carla: Staff, anna: Patient) -> None:
    ends_at = house.clock.now + timedelta(days=1)
    assert begin(house, bram, anna, carla, ends_at=ends_at.isoformat()).status_code == 201
    again = begin(house, bram, anna, carla)
    assert (again.status_code, again.json["code"]) == (409, "already-exists")
    assert begin(house, bram, anna, carla, starts_at=ends_at.isoformat()).status_code == 201


@pytest.mark.parametrize(
    ("starts", "ends", "code"), [(-1, None, "out-of-time"), (2, 2, "contradiction"), (2, 1, "contradiction")]
)
def test_care_runs_forward_from_now(
    house: House, bram: Staff, carla: Staff, anna: Patient, starts: int, ends: int | None, code: str
) -> None:
    told = {"starts_at": (house.clock.now + timedelta(days=starts)).isoformat()}
    if ends is not None:
        told["ends_at"] = (house.clock.now + timedelta(days=ends)).isoformat()
    assert begin(house, bram, anna, carla, **told).json["code"] == code


def test_a_relationship_of_another_patient_cannot_be_ended(house: House, bram: Staff, anna: Patient) -> None:
    other = house.patient(cares_for=[bram])
    items = house.get(f"/patients/{other.id}/care-relationships", headers=bram.headers).json["items"]
    path = f"/patients/{anna.id}/care-relationships/{items[0]['id']}/end"
    assert house.post(path, headers=bram.headers).status_code == 404


def test_the_admin_changes_the_site_and_names_stay_unique(house: House) -> None:
    fatima = house.login("admin")
    other = house.new_site()
    wish = {"name": "Centre North", "zone": "Europe/Brussels", "language": "en", "phone": ""}
    changed = house.put("/sites/own", headers=fatima.headers, json=wish)
    assert changed.json == {**wish, "id": str(house.site.id)}
    assert house.get("/sites/own", headers=fatima.headers).json == changed.json
    taken = house.put("/sites/own", headers=fatima.headers, json={**wish, "name": other.name})
    assert (taken.status_code, taken.json["code"]) == (409, "already-exists")


def test_the_staff_list_holds_the_own_site_only(house: House, bram: Staff) -> None:
    house.login("clinician", "Carla")
    house.login("clinician", "Stranger", site=house.new_site())
    answer = house.get("/staff", headers=bram.headers).json
    assert [item["name"] for item in answer["items"]] == ["Bram", "Carla"]
