"""The day ward's calendar holds the doses of everybody one cares for, each on its own local day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from backend.domain import dosing
from backend.domain.moments import Occurred, at_wall, on_day
from backend.domain.regimens import Route
from backend.storage import doses
from backend.storage.events import EventRow
from tests.factories.chains import ZONE, chain, dose
from tests.factories.people import PatientBody
from tests.house import House, Patient, Staff


@pytest.fixture
def els(house: House) -> Staff:
    """A coordinator, who may not see trends and yet runs the calendar."""
    return house.login("coordinator")


def ward(house: House, who: Staff, first: str, last: str) -> Any:
    answer = house.get(f"/ward?first={first}&last={last}", headers=who.headers)
    assert answer.status_code == 200, answer.text
    return answer.json


def plan(house: House, patient: Patient, treatment_id: UUID, slot: Occurred) -> dosing.Dose:
    made = dosing.plan(uuid4(), treatment_id, slot, Route.IV, house.clock.now)
    with house.unit() as ctx:
        doses.add(ctx.session, patient.id, [made], None)
    return made


def put(house: House, patient: Patient, made: dosing.Dose) -> None:
    with house.unit() as ctx:
        assert doses.put(ctx.session, patient.id, made, None)


def at(text: str, zone: str = ZONE) -> Occurred:
    moment = datetime.fromisoformat(text)
    instant = at_wall(moment.date(), moment.time(), zone)
    return Occurred(instant, moment.date(), zone)


def on_days(told: Any) -> dict[str, list[str]]:
    """Return which statuses stand on which day, without the empty days."""
    return {day["on"]: [one["status"] for one in day["doses"]] for day in told["days"] if day["doses"]}


def test_each_dose_stands_on_its_day_in_whatever_state(house: House, els: Staff) -> None:
    anna = house.patient(cares_for=[els])
    treatment_id = chain(house, anna, ["2026-04-06 09:00", "2026-05-04 09:00"], weeks=4)
    slots = [plan(house, anna, treatment_id, at(f"2026-06-{day:02}T09:00")) for day in (1, 2, 3)]
    put(house, anna, dosing.miss(slots[0], house.clock.now, ""))
    put(house, anna, dosing.cancel(slots[1], house.clock.now, ""))
    told = ward(house, els, "2026-05-04", "2026-06-10")
    assert on_days(told) == {
        "2026-05-04": ["given"],
        "2026-06-01": ["missed"],
        "2026-06-02": ["cancelled"],
        "2026-06-03": ["planned"],
    }
    assert len(told["days"]) == 38
    assert told["projected"] == []


def test_a_dose_says_which_interval_it_ends(house: House, els: Staff) -> None:
    anna = house.patient(cares_for=[els])
    treatment_id = chain(house, anna, ["2026-04-06 09:00", "2026-05-11 09:00"], weeks=5)
    made = plan(house, anna, treatment_id, at("2026-06-16T09:00"))
    days = ward(house, els, "2026-04-01", "2026-05-31")["days"] + ward(house, els, "2026-06-01", "2026-06-30")["days"]
    told = [one for day in days for one in day["doses"]]
    assert [(one["interval_weeks"], one["days_since_last"]) for one in told] == [(None, None), (5, 35), (5, 36)]
    assert (told[-1]["dose_id"], told[-1]["version"], told[-1]["treatment_id"]) == (str(made.id), 1, str(treatment_id))


def test_what_a_plan_expects_and_nobody_planned_is_projected(house: House, els: Staff) -> None:
    anna, bea = house.patient(cares_for=[els]), house.patient(cares_for=[els])
    chain(house, anna, ["2026-05-11 09:00"], weeks=4)
    planned = chain(house, bea, ["2026-05-11 09:00"], weeks=4)
    plan(house, bea, planned, at("2026-06-09T10:30"))
    told = ward(house, els, "2026-06-01", "2026-06-30")
    assert [(one["patient_id"], one["on"]) for one in told["projected"]] == [(str(anna.id), "2026-06-08")]
    assert told["projected"][0]["at"] == "2026-06-08T07:00:00+00:00"
    assert on_days(told) == {"2026-06-09": ["planned"]}


def test_an_undone_dose_is_nowhere(house: House, els: Staff) -> None:
    anna = house.patient(cares_for=[els])
    treatment_id = chain(house, anna, ["2026-05-04 09:00"])
    made = plan(house, anna, treatment_id, at("2026-06-02T09:00"))
    put(house, anna, dosing.undo([made], house.clock.now, ""))
    assert on_days(ward(house, els, "2026-06-01", "2026-06-07")) == {}


def test_tablets_taken_every_day_are_not_on_the_ward(house: House, els: Staff) -> None:
    anna = house.patient(cares_for=[els])
    chain(house, anna, ["2026-05-30 09:00", "2026-05-31 09:00"], drug="fingolimod", weeks=None, route=Route.ORAL)
    told = ward(house, els, "2026-05-25", "2026-06-10")
    assert (on_days(told), told["projected"]) == ({}, [])


@pytest.mark.parametrize("slot", ["2026-03-29T00:30", "2026-03-29T23:30", "2026-10-25T00:30", "2026-10-25T23:30"])
def test_on_the_days_the_clocks_change_a_dose_stays_on_its_day(house: House, els: Staff, slot: str) -> None:
    anna = house.patient(cares_for=[els])
    treatment_id = chain(house, anna, ["2026-02-02 09:00"])
    plan(house, anna, treatment_id, at(slot))
    day = slot[:10]
    around = date.fromisoformat(day)
    told = ward(house, els, str(around - timedelta(days=1)), str(around + timedelta(days=1)))
    assert on_days(told) == {day: ["planned"]}
    assert [one["on"] for one in told["days"]] == [str(around + timedelta(days=n)) for n in (-1, 0, 1)]


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Pacific/Honolulu", "America/New_York"])
@pytest.mark.parametrize("clock", ["00:15", "12:00", "23:45"])
def test_a_dose_stands_on_the_local_day_of_its_own_zone(house: House, els: Staff, zone: str, clock: str) -> None:
    anna = house.patient(cares_for=[els], zone=zone)
    treatment_id = chain(house, anna, ["2026-04-06 09:00"])
    plan(house, anna, treatment_id, at(f"2026-06-15T{clock}", zone))
    assert on_days(ward(house, els, "2026-06-15", "2026-06-15")) == {"2026-06-15": ["planned"]}
    assert on_days(ward(house, els, "2026-06-14", "2026-06-14")) == {}
    assert on_days(ward(house, els, "2026-06-16", "2026-06-16")) == {}


def test_a_dose_of_which_only_the_day_is_known_stands_on_that_day(house: House, els: Staff) -> None:
    anna = house.patient(cares_for=[els])
    treatment_id = chain(house, anna, ["2026-04-06 09:00"])
    plan(house, anna, treatment_id, on_day(date(2026, 6, 15), ZONE))
    told = ward(house, els, "2026-06-14", "2026-06-16")
    assert on_days(told) == {"2026-06-15": ["planned"]}
    assert told["days"][1]["doses"][0]["planned"] == {"at": None, "on": "2026-06-15", "zone": ZONE}


def test_where_nothing_is_said_it_is_the_week_from_today_on(house: House, els: Staff) -> None:
    house.clock.now = datetime(2026, 6, 3, 22, 30, tzinfo=UTC)  # the fourth at the site
    told = house.get("/ward", headers=els.headers).json
    assert [day["on"] for day in told["days"]] == [f"2026-06-{day:02}" for day in range(4, 11)]


def test_nobody_is_in_it_whom_one_does_not_care_for(house: House, els: Staff) -> None:
    mine, other = house.patient(cares_for=[els]), house.patient()
    for patient in (mine, other):
        chain(house, patient, ["2026-05-04 09:00"])
    told = ward(house, els, "2026-05-01", "2026-06-30")
    assert {one["patient_id"] for day in told["days"] for one in day["doses"]} == {str(mine.id)}
    assert {one["patient_id"] for one in told["projected"]} == {str(mine.id)}


def test_the_names_are_those_of_the_patients_shown_and_each_look_is_written_down(house: House, els: Staff) -> None:
    made = house.post("/patients", headers=els.headers, json=PatientBody(name="Anna de Vries")).json
    anna_id = UUID(made["id"])
    quiet = house.patient(cares_for=[els])
    chain(house, Patient(anna_id, els.actor), ["2026-05-04 09:00"])
    told = ward(house, els, "2026-05-04", "2026-05-04")
    assert [one["name"] for day in told["days"] for one in day["doses"]] == ["Anna de Vries"]
    with house.unit() as ctx:
        seen = list(ctx.session.scalars(select(EventRow.patient_id).where(EventRow.act == "ward:list")))
    assert seen == [anna_id]
    assert quiet.id not in seen


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("first=2026-06-01&last=2026-08-02", "out-of-bounds"),
        ("first=2026-06-02&last=2026-06-01", "out-of-bounds"),
        ("first=1999-06-02&last=1999-06-03", "out-of-time"),
        ("first=2026-02-30&last=2026-03-01", "invalid"),
        ("last=2026-05-31", "out-of-bounds"),
    ],
)
def test_days_that_make_no_sense_are_refused(house: House, els: Staff, query: str, code: str) -> None:
    answer = house.get(f"/ward?{query}", headers=els.headers)
    assert (answer.status_code, (answer.json or {})["code"]) == (422, code)


@given(
    first=st.dates(date(2026, 5, 1), date(2026, 7, 1)),
    length=st.integers(1, 62),
    offsets=st.lists(st.integers(0, 120), min_size=1, max_size=6, unique=True),
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_stretch_holds_exactly_the_doses_of_its_days(
    house: House, els: Staff, first: date, length: int, offsets: list[int]
) -> None:
    house.clock.now = datetime(2026, 10, 1, 10, tzinfo=UTC)
    anna = house.patient(cares_for=[els])
    days = [date(2026, 4, 20) + timedelta(days=offset) for offset in sorted(offsets)]
    treatment_id = chain(house, anna, [f"{days[0]} 09:00"])
    for day in days[1:]:
        dose(house, anna, treatment_id, f"{day} 09:00")
    last = first + timedelta(days=length - 1)
    told = ward(house, els, str(first), str(last))
    mine = {day["on"] for day in told["days"] for one in day["doses"] if one["patient_id"] == str(anna.id)}
    assert mine == {str(day) for day in days if first <= day <= last}
    assert len(told["days"]) == length
