"""Calls: what became of one takes a thing off the list, for good or until a day; a request is settled with it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from backend.storage.calls import CallRow
from backend.storage.events import EventRow
from backend.storage.patients import CareRow
from backend.storage.undelivered import UndeliveredRow, raise_items
from tests.api.waiting import asked, call, called, listed, one
from tests.factories.base import CareFactory
from tests.factories.chains import chain, dose, local
from tests.factories.samples import SampleUpload, level
from tests.factories.undelivered import UndeliveredFactory
from tests.house import House, Patient, Staff

SETTLED = {"reached": "reached", "agreed": "agreed", "removed": "not-needed"}
SAID: dict[str, dict[str, Any]] = {
    "reached": {},
    "agreed": {"on": "2026-06-05"},
    "later": {"on": "2026-06-05"},
    "removed": {"words": "She died"},
}


@pytest.fixture
def overdue(house: House, anna: Patient) -> Any:
    """Let anna's dose be a day late; returns her treatment."""
    treatment = chain(house, anna, ["2026-05-04 09:00"])
    house.clock.now = local("2026-06-02 09:00")
    return treatment


def code(answer: Any) -> tuple[int, str | None]:
    return answer.status_code, (answer.json or {}).get("code")


def kept(house: House) -> list[CallRow]:
    with house.unit(writes=False) as ctx:
        rows = list(ctx.session.scalars(select(CallRow)))
        ctx.session.expunge_all()
    return rows


def test_what_needs_nothing_is_off_the_list_for_good(house: House, anna: Patient, bram: Staff, overdue: Any) -> None:
    answer = call(house, bram, anna, called(one(house, bram, "dose_overdue"), "removed", **SAID["removed"]))
    assert answer.status_code == 201, answer.json
    for days in (0, 1, 300):
        house.clock.now += timedelta(days=days)
        assert listed(house, bram) == []


def test_a_dose_that_is_still_overdue_a_week_after_the_patient_was_spoken_to_is_back(
    house: House, anna: Patient, bram: Staff, overdue: Any
) -> None:
    house.clock.now = local("2026-06-02 00:30")
    assert call(house, bram, anna, called(one(house, bram, "dose_overdue"), "reached")).status_code == 201
    house.clock.now = local("2026-06-08 23:59")
    assert listed(house, bram) == []
    house.clock.now = local("2026-06-09 00:00")
    assert one(house, bram, "dose_overdue")["call"]["outcome"] == "reached"


@pytest.mark.parametrize("outcome", ["agreed", "later"])
def test_what_was_put_off_is_back_on_its_day_if_it_is_still_so(
    house: House, anna: Patient, bram: Staff, overdue: Any, outcome: str
) -> None:
    told = called(one(house, bram, "dose_overdue"), outcome, on="2026-06-05", words="Friday")
    assert call(house, bram, anna, told).status_code == 201
    house.clock.now = local("2026-06-04 23:59")
    assert listed(house, bram) == []
    house.clock.now = local("2026-06-05 00:00")
    assert one(house, bram, "dose_overdue")["call"] == {
        "outcome": outcome,
        "on": "2026-06-05",
        "at": "2026-06-02T07:00:00+00:00",
        "by": {"id": str(bram.id), "name": "Bram"},
        "words": "Friday",
    }
    dose(house, anna, overdue, "2026-06-04 09:00")
    assert listed(house, bram) == []


def test_the_newest_call_decides(house: House, anna: Patient, bram: Staff, overdue: Any) -> None:
    told = called(one(house, bram, "dose_overdue"), "later", on="2026-06-20")
    for newer in (told, told | {"id": str(uuid4()), "on": "2026-06-03"}):
        assert call(house, bram, anna, newer).status_code == 201
        house.clock.now += timedelta(minutes=1)
    house.clock.now += timedelta(days=1)
    assert one(house, bram, "dose_overdue")["call"]["on"] == "2026-06-03"


def test_the_same_dose_late_on_another_day_is_another_matter(house: House, anna: Patient, bram: Staff) -> None:
    treatment = chain(house, anna, ["2026-05-04 09:00"])
    slot = {"at": "2026-06-01T09:00:00+02:00", "zone": "Europe/Amsterdam"}
    body = {"treatment_id": str(treatment), "status": "planned", "planned": slot}
    made = house.post(f"/patients/{anna.id}/doses", headers=bram.headers, json=body).json["dose"]
    house.clock.now = local("2026-06-02 09:00")
    assert call(house, bram, anna, called(one(house, bram, "dose_overdue"))).status_code == 201
    told = {"planned": slot | {"at": "2026-06-03T09:00:00+02:00"}, "reason": "as agreed"}
    path = f"/patients/{anna.id}/doses/{made['id']}/move"
    assert house.post(path, headers={**bram.headers, "If-Match": '"1"'}, json=told).status_code == 200
    assert listed(house, bram) == []
    house.clock.now = local("2026-06-04 09:00")
    assert one(house, bram, "dose_overdue")["call"] is None


@pytest.mark.parametrize("outcome", SETTLED)
def test_a_request_is_settled_by_the_call_and_the_patient_is_not_shown_the_words(
    house: House, anna: Patient, bram: Staff, outcome: str
) -> None:
    asked(house, anna)
    told = called(one(house, bram, "contact"), outcome, **{"words": "Asked about work"} | SAID[outcome])
    answer = call(house, bram, anna, told)
    assert answer.status_code == 201, answer.json
    (shown,) = house.get("/me/requests", headers=house.phone(anna)).json["items"]
    assert (shown["status"], shown["outcome"], shown["answer"]) == ("closed", SETTLED[outcome], None)
    assert listed(house, bram) == []
    (mine,) = house.get(f"/patients/{anna.id}/calls", headers=bram.headers).json["items"]
    assert mine == answer.json
    assert (mine["words"], mine["by"]["name"], mine["duplicate"]) == (told["words"], "Bram", False)


def test_a_request_put_off_stays_open_and_is_back_on_its_day(house: House, anna: Patient, bram: Staff) -> None:
    asked(house, anna, kind="move", treatment_id=str(chain(house, anna, ["2026-05-04 09:00"], weeks=8)))
    answer = call(house, bram, anna, called(one(house, bram, "move"), "later", on="2026-06-02"))
    assert answer.status_code == 201, answer.json
    assert listed(house, bram) == []
    house.clock.now += timedelta(days=1)
    item = one(house, bram, "move")
    assert (item["version"], item["call"]["outcome"]) == (2, "later")
    assert call(house, bram, anna, called(item)).status_code == 201
    assert listed(house, bram) == []


def test_what_reached_nobody_is_settled_and_open_again_where_it_comes_back(
    house: House, anna: Patient, bram: Staff
) -> None:
    house.add(UndeliveredFactory.build(patient_id=anna.id, subject="dose-1"))
    assert call(house, bram, anna, called(one(house, bram, "undelivered"))).status_code == 201
    with house.unit() as ctx:
        row = ctx.session.scalars(select(UndeliveredRow)).one()
        assert (row.outcome, row.settled_by) == ("reached", bram.id)
        row.settled_by = None  # as where it came through later
    assert listed(house, bram) == []
    house.clock.now += timedelta(days=1)
    with house.unit() as ctx:
        named = {"patient_id": anna.id, "kind": "dose", "subject": "dose-1", "due": "2026-06-02"}
        again = named | {"reminder_id": None, "why": "no-address", "since": house.clock.now}
        raise_items(ctx.session, [again], house.clock.now)
    assert one(house, bram, "undelivered")["version"] == 3


@pytest.mark.promise("P03")
def test_a_retry_is_one_call_also_once_the_request_is_closed(house: House, anna: Patient, bram: Staff) -> None:
    asked(house, anna)
    told = called(one(house, bram, "contact"), words="Spoke to her")
    first = call(house, bram, anna, told)
    house.clock.now += timedelta(days=40)
    again = call(house, bram, anna, told)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json == first.json | {"duplicate": True}
    assert len(kept(house)) == 1


@pytest.mark.promise("P04")
def test_an_id_holds_one_call_of_one_caller_and_says_nothing_of_another_patient(
    house: House, anna: Patient, bram: Staff, overdue: Any
) -> None:
    carla, ben = house.login("clinician"), house.patient(cares_for=[bram])
    house.add(CareFactory.build(patient_id=anna.id, staff_id=carla.id, starts_at=house.clock.now))
    told = called(one(house, bram, "dose_overdue"))
    assert call(house, bram, anna, told).status_code == 201
    assert code(call(house, bram, anna, told | {"words": "More"})) == (409, "id-in-use")
    assert code(call(house, carla, anna, told)) == (409, "id-in-use")
    chain(house, ben, ["2026-05-04 09:00"])
    other = called(one(house, bram, "dose_overdue")) | {"id": told["id"]}
    assert call(house, bram, ben, other).status_code == 201


def test_it_is_settled_by_who_saw_how_it_stands(house: House, anna: Patient, bram: Staff) -> None:
    asked(house, anna)
    item = one(house, bram, "contact")
    assert code(call(house, bram, anna, called(item) | {"version": 2})) == (409, "stale-version")
    assert code(call(house, bram, anna, called(item) | {"version": None})) == (422, "invalid")
    assert code(call(house, bram, anna, called(item) | {"kind": "move"})) == (404, "not-found")
    assert len(listed(house, bram, "contact")) == 1
    assert call(house, bram, anna, called(item)).status_code == 201
    assert code(call(house, bram, anna, called(item))) == (409, "wrong-state")
    assert len(kept(house)) == 1


def test_of_many_who_settle_at_once_one_does_and_nothing_is_kept_of_the_others(
    house: House, anna: Patient, bram: Staff
) -> None:
    els = house.login("coordinator")
    house.add(CareFactory.build(patient_id=anna.id, staff_id=els.id, starts_at=house.clock.now))
    asked(house, anna)
    item = one(house, bram, "contact")
    tries = [(who, called(item, outcome, **SAID[outcome])) for who in (bram, els) for outcome in SAID]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda told: call(house, told[0], anna, told[1]), tries))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert len(kept(house)) == 1


def test_of_the_same_call_sent_many_times_at_once_one_is_kept(
    house: House, anna: Patient, bram: Staff, overdue: Any
) -> None:
    told = called(one(house, bram, "dose_overdue"))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: call(house, bram, anna, told), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len(kept(house)) == 1


def test_what_needs_nothing_takes_no_call(house: House, anna: Patient, bram: Staff, overdue: Any) -> None:
    item = one(house, bram, "dose_overdue")
    for other in ({"subject": item["subject"] + "0"}, {"kind": "dose_missed"}):
        assert code(call(house, bram, anna, called(item | other))) == (409, "wrong-state")
    assert code(call(house, bram, anna, called(item) | {"version": 1})) == (422, "invalid")
    assert code(call(house, bram, anna, called(item) | {"kind": "contact", "version": 1})) == (422, "invalid")
    dose(house, anna, overdue, "2026-06-01 09:00")
    assert code(call(house, bram, anna, called(item))) == (409, "wrong-state")
    assert kept(house) == []


@pytest.mark.parametrize(
    ("outcome", "said", "pointer"),
    [
        ("removed", {}, "/words"),
        ("removed", {"words": "why", "on": "2026-06-05"}, "/on"),
        ("later", {}, "/on"),
        ("agreed", {"on": None}, "/on"),
        ("later", {"on": "2026-06-01"}, "/on"),
        ("later", {"on": "2199-06-01"}, "/on"),
        ("reached", {"on": "2026-06-05"}, "/on"),
        ("urgent", {}, "/outcome"),
    ],
)
def test_an_outcome_that_says_too_little_or_too_much_is_refused(
    house: House, anna: Patient, bram: Staff, overdue: Any, outcome: str, said: dict[str, Any], pointer: str
) -> None:
    refused = call(house, bram, anna, called(one(house, bram, "dose_overdue"), outcome, **said))
    assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, pointer)
    assert len(listed(house, bram)) == 1
    assert kept(house) == []


@pytest.mark.promise("P18")
def test_a_role_that_may_not_see_a_thing_cannot_call_about_it(house: House, anna: Patient, bram: Staff) -> None:
    els = house.login("coordinator")
    house.add(CareFactory.build(patient_id=anna.id, staff_id=els.id, starts_at=house.clock.now))
    taken = SampleUpload.build()
    assert house.post("/me/samples", headers=house.phone(anna), json=taken).status_code == 201
    path = f"/patients/{anna.id}/samples/{taken['id']}/results"
    assert house.post(path, headers=bram.headers, json={**level(12.4), "released": False}).status_code == 201
    item = one(house, bram, "result_to_release")
    unknown = call(house, els, anna, called(item | {"subject": f"{uuid4()}:level:0"}))
    told = call(house, els, anna, called(item))
    assert code(told) == code(unknown) == (409, "wrong-state")
    assert call(house, bram, anna, called(item)).status_code == 201
    # Nor can it be read in what was said about it.
    path = f"/patients/{anna.id}/calls"
    assert [one["kind"] for one in house.get(path, headers=bram.headers).json["items"]] == ["result_to_release"]
    assert house.get(path, headers=els.headers).json["items"] == []


@pytest.mark.promise("P19")
def test_out_of_reach_is_not_there(house: House, anna: Patient, bram: Staff, overdue: Any) -> None:
    item, stranger, ben = one(house, bram, "dose_overdue"), house.login("nurse"), house.patient(cares_for=[bram])
    answers = [call(house, stranger, who, called(item)) for who in (anna, Patient(uuid4(), anna.actor))]
    answers += [house.get(f"/patients/{who}/calls", headers=stranger.headers) for who in (anna.id, uuid4())]
    assert {(answer.status_code, answer.data) for answer in answers} == {(404, answers[0].data)}
    request = asked(house, ben)
    other = {"kind": "contact", "subject": request, "version": 1}
    assert code(call(house, bram, anna, called(other))) == (404, "not-found")
    row = UndeliveredFactory.build(patient_id=ben.id)
    other = {"kind": "undelivered", "subject": str(row.id), "version": 1}
    house.add(row)
    assert code(call(house, bram, anna, called(other))) == (404, "not-found")
    assert kept(house) == []


def test_a_call_by_somebody_who_no_longer_cares_still_holds(
    house: House, anna: Patient, bram: Staff, overdue: Any
) -> None:
    carla = house.login("clinician")
    house.add(CareFactory.build(patient_id=anna.id, staff_id=carla.id, starts_at=house.clock.now))
    assert call(house, carla, anna, called(one(house, carla, "dose_overdue"))).status_code == 201
    with house.unit() as ctx:
        ctx.session.scalars(select(CareRow).where(CareRow.staff_id == carla.id)).one().ends_at = house.clock.now
    assert listed(house, bram) == []
    (shown,) = house.get(f"/patients/{anna.id}/calls", headers=bram.headers).json["items"]
    assert shown["by"]["name"] == "Carla"


def test_a_call_is_noted_and_calls_are_listed_the_newest_first(
    house: House, anna: Patient, bram: Staff, overdue: Any
) -> None:
    item = one(house, bram, "dose_overdue")
    made = []
    for on in ("2026-06-10", "2026-06-11"):
        made.append(call(house, bram, anna, called(item, "later", on=on)).json["id"])
        house.clock.now += timedelta(minutes=1)
    found = house.get(f"/patients/{anna.id}/calls", headers=bram.headers).json["items"]
    assert [one["id"] for one in found] == made[::-1]
    with house.unit(writes=False) as ctx:
        noted = ctx.session.scalars(
            select(EventRow).where(EventRow.act == "worklist:write").order_by(EventRow.id)
        ).all()
        assert [(row.patient_id, row.subject) for row in noted] == [(anna.id, made[0]), (anna.id, made[1])]
        assert noted[0].detail == {"kind": "dose_overdue", "outcome": "later"}
