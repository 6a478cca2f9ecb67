"""The worklist of what reached nobody: seen by those who care, with an age and an owner, until somebody settles it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from backend.storage.beats import BeatRow
from backend.storage.events import EventRow
from backend.storage.patients import CareRow
from backend.storage.people import StaffRow
from backend.storage.undelivered import UndeliveredRow
from tests.factories.base import CareFactory
from tests.factories.undelivered import UndeliveredFactory
from tests.house import House, Patient, Staff

HOUR = timedelta(hours=1)


def raised(house: House, patient: Patient, hours_ago: float = 0, **told: Any) -> str:
    """Put something on the list, and return its id."""
    since = house.clock.now - timedelta(hours=hours_ago)
    row = UndeliveredFactory.build(**{"patient_id": patient.id, "since": since, **told})
    found = str(row.id)
    house.add(row)
    return found


def listed(house: House, who: Staff) -> list[dict[str, Any]]:
    answer = house.get("/undelivered", headers=who.headers)
    assert answer.status_code == 200, answer.json
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def put(house: House, who: Staff, item: str, version: int = 1, **said: Any) -> Any:
    return house.put(f"/undelivered/{item}", json=said, headers={**who.headers, "If-Match": f'"{version}"'})


def events(house: House, act: str) -> list[EventRow]:
    with house.unit(writes=False) as ctx:
        found = list(ctx.session.scalars(select(EventRow).where(EventRow.act == act)))
        ctx.session.expunge_all()
    return found


def test_those_who_care_see_what_reached_nobody_its_age_and_owner(house: House, anna: Patient, bram: Staff) -> None:
    item = raised(house, anna, 3, owner_id=bram.id)
    assert listed(house, bram) == [
        {
            "id": item,
            "patient_id": str(anna.id),
            "reminder_id": None,
            "kind": "dose",
            "due": "2026-06-02",
            "why": "no-address",
            "since": "2026-06-01T07:00:00+00:00",
            "owner": {"id": str(bram.id), "name": "Bram"},
            "escalated_at": None,
            "outcome": None,
            "settled_at": None,
            "version": 1,
        }
    ]


@pytest.mark.promise("P18")
def test_what_is_not_of_ones_patients_settled_or_only_counts_later_is_not_listed(
    house: House, anna: Patient, bram: Staff
) -> None:
    raised(house, house.patient())
    raised(house, anna, settled_at=house.clock.now, outcome="reached")
    later = raised(house, anna, -1)
    mine = raised(house, anna)
    assert [one["id"] for one in listed(house, bram)] == [mine]
    house.clock.now += HOUR
    assert [one["id"] for one in listed(house, bram)] == [mine, later]


def test_the_oldest_comes_first_page_by_page(house: House, anna: Patient, bram: Staff) -> None:
    ages = (1, 30, 30, 2, 300)
    made = sorted(((age, raised(house, anna, age)) for age in ages), key=lambda one: (-one[0], one[1]))
    found, path = [], "/api/v1/undelivered?limit=2"
    while path:
        page: Any = house.client.get(path, headers=bram.headers).json
        found += [one["id"] for one in page["items"]]
        path = page["next"]
    assert found == [item for _, item in made]


@pytest.mark.promise("P23")
def test_each_patient_on_the_list_has_been_looked_at(house: House, anna: Patient, bram: Staff) -> None:
    for _ in range(2):
        raised(house, anna)
    listed(house, bram)
    (seen,) = events(house, "undelivered:list")
    assert (seen.patient_id, seen.actor_id) == (anna.id, bram.id)


@pytest.mark.parametrize("outcome", ["reached", "agreed", "not-needed"])
def test_an_outcome_settles_it(house: House, anna: Patient, bram: Staff, outcome: str) -> None:
    item = raised(house, anna)
    house.clock.now += HOUR
    done = put(house, bram, item, outcome=outcome)
    assert (done.status_code, done.headers["ETag"]) == (200, '"2"')
    assert (done.json["outcome"], done.json["settled_at"]) == (outcome, "2026-06-01T11:00:00+00:00")
    assert listed(house, bram) == []
    (noted,) = events(house, "undelivered:write")
    assert (noted.patient_id, noted.subject) == (anna.id, item)
    assert noted.detail == {"version": 2, "outcome": outcome}
    with house.unit(writes=False) as ctx:
        assert ctx.session.scalars(select(UndeliveredRow.settled_by)).one() == bram.id


def test_what_is_put_off_stays_on_the_list_of_whoever_did(house: House, anna: Patient, bram: Staff) -> None:
    item = raised(house, anna, 5)
    assert put(house, bram, item, outcome="later").status_code == 200
    (seen,) = listed(house, bram)
    assert (seen["outcome"], seen["settled_at"], seen["since"]) == ("later", None, "2026-06-01T05:00:00+00:00")
    assert (seen["owner"], seen["version"]) == ({"id": str(bram.id), "name": "Bram"}, 2)
    assert put(house, bram, item, 2, outcome="reached").json["settled_at"] is not None


def test_it_is_given_to_a_colleague_who_cares_and_to_nobody_else(house: House, anna: Patient, bram: Staff) -> None:
    carla, els = house.login("clinician"), house.login("coordinator")
    house.add(CareFactory.build(patient_id=anna.id, staff_id=carla.id, starts_at=house.clock.now))
    item = raised(house, anna)
    for stranger in (els.id, uuid4()):
        refused = put(house, bram, item, owner_id=str(stranger))
        assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, "/owner_id")
    given = put(house, bram, item, owner_id=str(carla.id), outcome="later")
    assert (given.status_code, given.json["owner"]) == (200, {"id": str(carla.id), "name": "Carla"})
    assert listed(house, carla) == listed(house, bram) == [given.json]


def test_nothing_said_is_refused(house: House, anna: Patient, bram: Staff) -> None:
    item = raised(house, anna)
    assert put(house, bram, item).status_code == 422
    assert put(house, bram, item, owner_id=None, outcome=None).status_code == 422
    assert put(house, bram, item, outcome="no-longer-due").status_code == 422
    blind = house.put(f"/undelivered/{item}", json={"outcome": "reached"}, headers=bram.headers)
    assert blind.status_code == 428


@pytest.mark.promise("P19")
def test_out_of_reach_is_not_there_and_changes_nothing(house: House, bram: Staff) -> None:
    far = raised(house, house.patient())
    other = raised(house, house.patient(site=house.new_site()))
    yet_to_come = raised(house, house.patient(cares_for=[bram]), -1)
    answers = [put(house, bram, item, outcome="reached") for item in (str(uuid4()), far, other, yet_to_come)]
    assert {(answer.status_code, answer.json["code"]) for answer in answers} == {(404, "not-found")}
    assert len({str(answer.json | {"request_id": ""}) for answer in answers}) == 1
    with house.unit(writes=False) as ctx:
        assert set(ctx.session.scalars(select(UndeliveredRow.version))) == {1}


def test_it_is_settled_once_by_who_saw_how_it_stands(house: House, anna: Patient, bram: Staff) -> None:
    item = raised(house, anna)
    stale = put(house, bram, item, 2, outcome="reached")
    assert (stale.status_code, stale.json["code"]) == (409, "stale-version")
    assert put(house, bram, item, outcome="reached").status_code == 200
    for version in (1, 2):
        twice = put(house, bram, item, version, outcome="agreed")
        assert (twice.status_code, twice.json["code"]) == (409, "wrong-state")


def test_of_many_who_settle_at_once_one_does(house: House, anna: Patient, bram: Staff) -> None:
    item = raised(house, anna)
    outcomes = ["reached", "agreed", "not-needed", "later"] * 2
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda outcome: put(house, bram, item, outcome=outcome), outcomes))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert len(events(house, "undelivered:write")) == 1


@pytest.mark.parametrize("gone", ["left", "no longer cares"])
def test_an_owner_who_is_gone_is_no_owner_and_whoever_opens_it_settles_it(
    house: House, anna: Patient, bram: Staff, gone: str
) -> None:
    carla = house.login("clinician")
    house.add(CareFactory.build(patient_id=anna.id, staff_id=carla.id, starts_at=house.clock.now - HOUR))
    item = raised(house, anna, owner_id=carla.id)
    assert listed(house, bram)[0]["owner"]["name"] == "Carla"
    with house.unit() as ctx:
        if gone == "left":
            ctx.session.execute(update(StaffRow).where(StaffRow.id == carla.id).values(left_at=house.clock.now))
        else:
            theirs = update(CareRow).where(CareRow.staff_id == carla.id)
            ctx.session.execute(theirs.values(ends_at=house.clock.now))
    assert listed(house, bram)[0]["owner"] is None
    assert put(house, bram, item, outcome="reached").status_code == 200


def standing(house: House, who: Staff) -> Any:
    answer = house.get("/reminders/standing", headers=who.headers)
    assert answer.status_code == 200, answer.json
    return answer.json


@pytest.mark.promise("P16")
def test_staff_see_whether_reminders_go_out_and_how_much_reached_nobody(
    house: House, anna: Patient, bram: Staff
) -> None:
    fatima, els = house.login("admin"), house.login("coordinator")
    raised(house, anna)
    raised(house, anna, settled_at=house.clock.now)
    for hours in (0, 1, -1):
        raised(house, house.patient(), hours)
    raised(house, house.patient(site=house.new_site()))
    for who, mine in ((bram, 1), (els, 0), (fatima, 0)):
        assert standing(house, who) == {"delayed_since": None, "undelivered": mine, "unowned": 2}
    house.add(BeatRow(worker="here:1", beat_at=house.clock.now - HOUR))
    assert standing(house, bram)["delayed_since"] == "2026-06-01T09:00:00+00:00"


def test_a_patient_whose_only_carer_left_is_cared_for_by_nobody(house: House, anna: Patient, bram: Staff) -> None:
    fatima = house.login("admin")
    raised(house, anna)
    assert standing(house, fatima)["unowned"] == 0
    with house.unit() as ctx:
        ctx.session.execute(update(StaffRow).where(StaffRow.id == bram.id).values(left_at=house.clock.now))
    assert standing(house, fatima)["unowned"] == 1
