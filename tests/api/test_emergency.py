"""Emergency access is possible, loud and short (P25): what it opens, whom it tells, and how it is attacked."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from backend.domain.permissions import Role
from backend.settings import SettingsError, load
from backend.storage import undelivered
from backend.storage.access import TryRow
from backend.storage.events import EventRow
from backend.storage.patients import CareRow
from tests.api.settling import settle
from tests.api.waiting import call, called, listed, one
from tests.factories.base import CareFactory
from tests.factories.people import PatientBody
from tests.factories.undelivered import UndeliveredFactory
from tests.house import House, Patient, Staff

pytestmark = pytest.mark.promise("P25")

HOUR = timedelta(hours=1)
BORN = "1988-02-29"


@pytest.fixture
def anna(house: House, bram: Staff) -> Patient:
    """A patient with a hospital number, in bram's care."""
    body = PatientBody.build(hospital_number="H 123", birth_on=BORN)
    made = house.post("/patients", headers=bram.headers, json=body)
    assert made.status_code == 201, made.json
    patient_id = UUID(made.json["id"])
    return Patient(patient_id, replace(house.patient().actor, patient_id=patient_id))


@pytest.fixture
def nora(house: House) -> Staff:
    """A nurse of the same site who does not care for anna."""
    return house.login("nurse", "Nora")


def enter(house: House, who: Staff, **told: Any) -> Any:
    """Ask for a record in an emergency: anna's unless told otherwise."""
    body = {"id": str(uuid4()), "hospital_number": "h123", "birth_on": BORN, "reason": "Came in with a seizure"}
    return house.post("/emergency-access", headers=who.headers, json=body | told)


def sees(house: House, who: Staff, patient: Patient) -> int:
    return int(house.get(f"/patients/{patient.id}", headers=who.headers).status_code)


def count(house: House, row: type[CareRow | TryRow]) -> int:
    with house.unit(writes=False) as ctx:
        return ctx.session.scalar(select(func.count()).select_from(row)) or 0


@pytest.mark.parametrize("role", ["nurse", "clinician"])
def test_the_record_opens_at_once_and_closes_by_itself_after_four_hours(house: House, anna: Patient, role: str) -> None:
    who = house.login(role)
    assert sees(house, who, anna) == 404
    opened = enter(house, who)
    assert (opened.status_code, opened.json["patient_id"]) == (201, str(anna.id))
    assert (opened.json["ends_at"], opened.json["duplicate"]) == ("2026-06-01T14:00:00+00:00", False)
    assert sees(house, who, anna) == 200
    house.clock.now += 4 * HOUR - timedelta(seconds=1)
    assert sees(house, who, anna) == 200
    house.clock.now += timedelta(seconds=1)
    assert sees(house, who, anna) == 404


def test_an_installation_may_make_it_shorter_but_never_longer_than_a_day(
    house: House, anna: Patient, nora: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(house, monkeypatch, emergency_hours=1)
    assert enter(house, nora).json["ends_at"] == "2026-06-01T11:00:00+00:00"
    for hours in ("0", "25", "-1"):
        with pytest.raises(SettingsError, match="UITWERK_EMERGENCY_HOURS"):
            load({"UITWERK_EMERGENCY_HOURS": hours})


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.NURSE, Role.CLINICIAN}])
def test_only_those_who_treat_have_it(house: House, anna: Patient, role: Role) -> None:
    who = Staff(anna.id, house.phone(anna), anna.actor) if role is Role.PATIENT else house.login(role)
    assert enter(house, who).status_code == 403
    assert count(house, CareRow) == 1


def test_it_says_why_or_it_is_refused(house: House, anna: Patient, nora: Staff) -> None:
    for reason in ("", "  ", None):
        assert enter(house, nora, reason=reason).status_code == 422
    assert sees(house, nora, anna) == 404


# Loud.


def test_everybody_who_cares_finds_it_on_the_worklist_for_a_week(
    house: House, anna: Patient, bram: Staff, nora: Staff
) -> None:
    els, stranger = house.login("coordinator"), house.login("nurse")
    house.add(CareFactory.build(patient_id=anna.id, staff_id=els.id, starts_at=house.clock.now))
    opened = enter(house, nora).json
    for who in (bram, els):
        item = one(house, who, "emergency")
        assert (item["subject"], item["since"]) == (opened["care_id"], "2026-06-01T10:00:00+00:00")
        assert item["detail"] == {
            "ends_at": opened["ends_at"],
            # Why is about the patient's state, which somebody of logistics does not see.
            "reason": "Came in with a seizure" if who is bram else None,
            "staff_id": str(nora.id),
            "by": "Nora",
            "role": "nurse",
            "opened_before": 0,
            "after_ended": False,
        }
    assert listed(house, stranger) == []
    house.clock.now += timedelta(days=7) - timedelta(seconds=1)
    assert len(listed(house, bram)) == 1
    house.clock.now += timedelta(seconds=1)
    assert listed(house, bram) == []


def test_it_cannot_be_put_off_until_nobody_would_find_it_any_more(
    house: House, anna: Patient, bram: Staff, nora: Staff
) -> None:
    enter(house, nora)
    item = one(house, bram, "emergency")
    late = call(house, bram, anna, called(item, "later", on="2026-06-08"))
    assert (late.status_code, late.json["code"]) == (422, "out-of-bounds")
    assert call(house, bram, anna, called(item, "later", on="2026-06-07")).status_code == 201


def test_somebody_who_cares_looks_into_it_and_it_is_off_the_list(
    house: House, anna: Patient, bram: Staff, nora: Staff
) -> None:
    enter(house, nora)
    told = called(one(house, bram, "emergency"), words="Spoke to the ward: as it says")
    assert call(house, bram, anna, told).status_code == 201
    assert listed(house, bram) == []


def test_it_stands_among_the_care_relationships_with_its_reason(
    house: House, anna: Patient, bram: Staff, nora: Staff
) -> None:
    house.clock.now += HOUR
    care_id = enter(house, nora).json["care_id"]
    first, found = house.get(f"/patients/{anna.id}/care-relationships", headers=bram.headers).json["items"]
    assert (first["emergency"], first["reason"]) == (False, None)
    assert (found["id"], found["emergency"], found["reason"]) == (care_id, True, "Came in with a seizure")
    assert found["granted_by"] == str(nora.id)


@pytest.mark.promise("P23")
def test_the_patient_sees_who_opened_the_record_and_who_tried_to(house: House, anna: Patient, nora: Staff) -> None:
    assert enter(house, nora, birth_on="1988-03-01").status_code == 404
    house.clock.now += timedelta(seconds=1)
    enter(house, nora)
    seen = house.get("/me/access-log", headers=house.phone(anna)).json["items"]
    acts = [(look["who"], look["act"], look["refused"]) for look in seen if look["who"] == "Nora"]
    assert acts == [("Nora", "emergency:write", False), ("Nora", "emergency:write", True)]
    with house.unit(writes=False) as ctx:
        (noted,) = ctx.session.scalars(select(EventRow).where(EventRow.act == "emergency:write"))
        assert (noted.patient_id, noted.actor_id, noted.at) == (anna.id, nora.id, house.clock.now)


# Short, and nothing that outlasts it.


def test_nothing_is_opened_that_would_outlast_it(house: House, anna: Patient, bram: Staff, nora: Staff) -> None:
    friend, path = house.login("nurse"), f"/patients/{anna.id}"
    enter(house, nora)
    (mine,) = (one for one in house.get(f"{path}/care-relationships", headers=nora.headers).json["items"]
               if one["staff_id"] == str(bram.id))  # fmt: skip
    later = {"staff_id": str(nora.id), "starts_at": "2026-06-01T16:00:00+02:00"}
    tries = [
        ("post", "/care-relationships", {"staff_id": str(friend.id)}),
        ("post", "/care-relationships", later),
        ("post", f"/care-relationships/{mine['id']}/end", None),
        ("post", "/pairings", None),
        ("get", "/devices", None),
        ("put", "", PatientBody.build(email="nora@home.example", reason="new address")),
        ("post", f"/studies/{uuid4()}/consent", None),
    ]
    for verb, end, told in tries:
        headers = {**nora.headers, "If-Match": '"1"'}
        body = {} if told is None else {"json": told}
        refused = getattr(house, verb)(path + end, headers=headers, **body)
        assert (refused.status_code, refused.json["code"]) == (403, "role-lacks-permission"), (end, refused.json)
    house.clock.now += 4 * HOUR
    assert [sees(house, who, anna) for who in (nora, friend, bram)] == [404, 404, 200]


def test_who_is_let_in_for_good_meanwhile_is_held_by_none_of_that(
    house: House, anna: Patient, bram: Staff, nora: Staff
) -> None:
    enter(house, nora)
    told = {"staff_id": str(nora.id)}
    assert house.post(f"/patients/{anna.id}/care-relationships", headers=bram.headers, json=told).status_code == 201
    assert house.post(f"/patients/{anna.id}/pairings", headers=nora.headers).status_code == 201


def test_a_colleague_can_end_it_before_its_time(house: House, anna: Patient, bram: Staff, nora: Staff) -> None:
    care_id = enter(house, nora).json["care_id"]
    ended = house.post(f"/patients/{anna.id}/care-relationships/{care_id}/end", headers=bram.headers)
    assert ended.status_code == 200
    assert sees(house, nora, anna) == 404
    assert len(listed(house, bram)) == 1


def end(house: House, anna: Patient, by: Staff, opened: Any) -> None:
    """Let somebody who cares end an emergency access."""
    path = f"/patients/{anna.id}/care-relationships/{opened.json['care_id']}/end"
    assert house.post(path, headers=by.headers).status_code == 200


def test_what_was_ended_opens_again_once_and_says_so_and_then_a_carer_has_to_let_them_in(
    house: House, anna: Patient, bram: Staff, nora: Staff
) -> None:
    end(house, anna, bram, enter(house, nora))
    house.clock.now += timedelta(minutes=1)
    again = enter(house, nora, reason="It is a seizure after all")
    assert again.status_code == 201
    details = [one["detail"] for one in listed(house, bram, "emergency")]
    assert [(one["opened_before"], one["after_ended"]) for one in details] == [(0, False), (1, True)]
    house.clock.now += timedelta(minutes=1)
    end(house, anna, bram, again)
    refused = enter(house, nora, reason="And once more")
    assert (refused.status_code, refused.json["code"]) == (429, "emergency-limit")
    assert refused.json["retry_after"] == (24 * HOUR - timedelta(minutes=2)).total_seconds()
    seen = house.get("/me/access-log", headers=house.phone(anna)).json["items"]
    assert sum(look["refused"] for look in seen if look["who"] == "Nora") == 1
    assert sees(house, nora, anna) == 404
    assert enter(house, house.login("nurse")).status_code == 201  # another can, and so can she once let in
    told = {"staff_id": str(nora.id)}
    assert house.post(f"/patients/{anna.id}/care-relationships", headers=bram.headers, json=told).status_code == 201
    assert sees(house, nora, anna) == 200


def test_a_day_later_or_after_it_was_over_by_itself_it_opens_as_before(
    house: House, anna: Patient, bram: Staff, nora: Staff
) -> None:
    for _ in range(3):
        assert enter(house, nora).status_code == 201
        house.clock.now += 4 * HOUR
    last = listed(house, bram, "emergency")[-1]["detail"]
    assert (last["opened_before"], last["after_ended"]) == (2, False)
    for _ in range(2):
        end(house, anna, bram, enter(house, nora))
        house.clock.now += HOUR
    assert enter(house, nora).json["code"] == "emergency-limit"
    house.clock.now += 22 * HOUR
    assert enter(house, nora).status_code == 201


def test_nobody_opens_more_than_ten_records_a_day(house: House, anna: Patient, bram: Staff, nora: Staff) -> None:
    for number in range(10):
        body = PatientBody.build(hospital_number=f"N {number}", birth_on=BORN)
        assert house.post("/patients", headers=bram.headers, json=body).status_code == 201
        assert enter(house, nora, hospital_number=f"N {number}").status_code == 201
    assert enter(house, nora).json["code"] == "emergency-limit"
    house.clock.now += 5 * HOUR
    assert enter(house, nora, hospital_number="N 3").status_code == 201  # one of the ten again is none more
    house.clock.now += 19 * HOUR
    assert enter(house, nora).status_code == 201


def test_nobody_looks_into_their_own_nor_two_into_each_others(
    house: House, anna: Patient, bram: Staff, nora: Staff
) -> None:
    other = house.login("nurse", "Otto")
    for who in (nora, other):
        assert enter(house, who).status_code == 201
    for who in (nora, other):
        for item in listed(house, who, "emergency"):
            refused = call(house, who, anna, called(item))
            assert (refused.status_code, refused.json["code"]) == (403, "role-lacks-permission")
    # Not even once she is let in for good.
    house.add(CareFactory.build(patient_id=anna.id, staff_id=nora.id, starts_at=house.clock.now))
    (mine,) = (one for one in listed(house, nora, "emergency") if one["detail"]["by"] == "Nora")
    refused = call(house, nora, anna, called(mine))
    assert (refused.status_code, refused.json["code"]) == (409, "wrong-state")
    assert len(listed(house, bram, "emergency")) == 2


def test_it_is_not_counted_as_care(house: House, anna: Patient, bram: Staff, nora: Staff) -> None:
    fatima = house.login("admin")
    house.add(UndeliveredFactory.build(patient_id=anna.id))
    enter(house, nora)
    with house.unit() as ctx:
        assert undelivered.owners_of(ctx.session, {anna.id}, ctx.now) == {anna.id: bram.id}
        ctx.session.execute(update(CareRow).where(CareRow.staff_id == bram.id).values(ends_at=ctx.now))
    assert house.get("/reminders/standing", headers=fatima.headers).json["unowned"] == 1


# Retried, replayed, guessed, all at once.


@pytest.mark.promise("P03")
def test_a_retry_opens_it_once_and_a_replay_never_opens_it_again(
    house: House, anna: Patient, bram: Staff, nora: Staff
) -> None:
    told = {"id": str(uuid4())}
    first = enter(house, nora, **told)
    for hours in (1, 5, 100):
        house.clock.now += hours * HOUR
        again = enter(house, nora, **told)
        assert (again.status_code, again.json) == (200, first.json | {"duplicate": True})
    assert (sees(house, nora, anna), count(house, CareRow)) == (404, 2)
    assert enter(house, nora, **told, reason="Another seizure").json["code"] == "id-in-use"
    assert enter(house, house.login("nurse"), **told).json["code"] == "id-in-use"
    assert enter(house, nora, reason="Another seizure").status_code == 201


def test_who_may_open_it_already_cannot_make_it_longer(house: House, anna: Patient, bram: Staff, nora: Staff) -> None:
    assert enter(house, bram).json["code"] == "wrong-state"
    assert enter(house, nora).status_code == 201
    house.clock.now += HOUR
    assert (enter(house, nora).status_code, enter(house, nora).json["code"]) == (409, "wrong-state")
    house.clock.now += 3 * HOUR
    assert sees(house, nora, anna) == 404


@pytest.mark.promise("P19")
def test_whatever_does_not_match_is_the_same_as_nobody(house: House, anna: Patient, bram: Staff) -> None:
    nora, afar = house.login("nurse"), house.login("nurse", site=house.new_site())
    nameless = house.patient()
    answers = [
        enter(house, nora, hospital_number="H999"),
        enter(house, nora, birth_on="1988-03-01"),
        enter(house, nora, hospital_number=str(nameless.id)),
        enter(house, afar),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    unheard = {"X-Request-Id", "Date"}
    assert len({str(sorted((k, v) for k, v in answer.headers if k not in unheard)) for answer in answers}) == 1
    assert count(house, CareRow) == 1


@pytest.mark.promise("P26")
def test_guessing_is_slowed_and_then_stopped_and_another_is_not_held_up(
    house: House, anna: Patient, nora: Staff
) -> None:
    met = []
    for _ in range(40):
        met.append(enter(house, nora, birth_on="1950-01-01"))
        house.clock.now += timedelta(seconds=1)
    assert [answer.status_code for answer in met[:5]] == [404] * 5
    assert {answer.status_code for answer in met[5:]} == {404, 429}
    assert count(house, TryRow) <= 10
    held = enter(house, nora)  # not even the right one now
    assert (held.status_code, held.json["retry_after"] > 0) == (429, True)
    assert enter(house, house.login("nurse")).status_code == 201
    house.clock.now += timedelta(minutes=16)
    assert enter(house, nora).status_code == 201


@pytest.mark.promise("P26")
def test_many_guesses_at_once_are_no_more_than_many_in_turn(house: House, anna: Patient, nora: Staff) -> None:
    guesses = [f"1988-02-{day:02}" for day in range(1, 29)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda on: enter(house, nora, birth_on=on), guesses))
    assert [answer.status_code for answer in answers].count(404) == 5
    assert {answer.status_code for answer in answers} == {404, 429}
    assert count(house, TryRow) == 5


def test_of_many_who_ask_at_once_each_gets_in_once(house: House, anna: Patient, nora: Staff) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: enter(house, nora), range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert count(house, CareRow) == 2
