"""What a site reminds of, over HTTP: by an admin, checked to the last field, and planned anew by the sweep."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from backend.services import replanning
from backend.storage.events import EventRow
from backend.storage.patients import PatientRow
from backend.storage.reminders import ReminderRow
from backend.storage.wishes import SiteRulesRow
from tests.factories.chains import chain
from tests.house import House, Patient, Staff

PATH = "/sites/own/reminder-rules"
LATER = {"dose-expected": {"steps": [{"name": "two-weeks-before", "days_before": 14, "at": "10:30"}]}}


@pytest.fixture
def fatima(house: House) -> Staff:
    return house.login("admin")


def write(house: House, who: Staff, rules: Any, version: int = 0) -> Any:
    return house.put(PATH, headers={**who.headers, "If-Match": f'"{version}"'}, json={"rules": rules})


def swept(house: House) -> int:
    """Go over everybody whose turn it is, as the dispatcher does; return how many there were."""
    turns = 0
    house.clock.now += timedelta(minutes=1)  # what was changed before is settled
    while True:
        with house.unit() as ctx:
            if not replanning.go_over(ctx):
                return turns
        turns += 1


def steps(house: House, patient: Patient, kind: str = "dose-expected") -> set[str]:
    with house.unit(writes=False) as ctx:
        mine = (ReminderRow.patient_id == patient.id, ReminderRow.kind == kind, ReminderRow.status == "planned")
        return set(ctx.session.scalars(select(ReminderRow.step).where(*mine)))


def test_a_site_without_rules_of_its_own_keeps_to_the_defaults(house: House, fatima: Staff) -> None:
    answer = house.get(PATH, headers=fatima.headers)
    told = answer.json
    assert (answer.headers["ETag"], told["version"], told["rules"]) == ('"0"', 0, {})
    assert (told["changed_at"], told["changed_by"]) == (None, None)
    assert told["effective"] == told["defaults"]
    assert told["defaults"]["dose-expected"]["steps"] == [{"name": "week-before", "days_before": 7}]
    assert {"correction", "test"}.isdisjoint(told["defaults"])


def test_the_admin_sees_what_holds_beside_the_defaults(house: House, fatima: Staff) -> None:
    answer = write(house, fatima, LATER)
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"1"')
    told = answer.json
    assert (told["version"], told["rules"], told["changed_by"]) == (1, LATER, str(fatima.id))
    assert told["effective"]["dose-expected"] == {**LATER["dose-expected"], "useful_days": 7}
    assert {k: v for k, v in told["effective"].items() if k != "dose-expected"} == {
        k: v for k, v in told["defaults"].items() if k != "dose-expected"
    }
    assert house.get(PATH, headers=house.login("nurse").headers).json == told
    elsewhere = house.login("admin", site=house.new_site())
    assert house.get(PATH, headers=elsewhere.headers).json["version"] == 0


def test_what_was_answered_can_be_sent_back(house: House, fatima: Staff) -> None:
    told = house.get(PATH, headers=fatima.headers).json
    answer = write(house, fatima, told["defaults"])
    assert (answer.status_code, answer.json["effective"]) == (200, told["defaults"])


def test_the_sweep_plans_the_patients_of_the_site_anew_and_nobody_else(house: House, fatima: Staff) -> None:
    anna = house.patient(email_sealed=b"somewhere", planned_at=None)
    other = house.patient(email_sealed=b"somewhere", planned_at=None, site=house.new_site())
    for patient in (anna, other):
        chain(house, patient, ["2026-05-25 09:00"])
    assert swept(house) == 2
    assert (steps(house, anna), steps(house, other)) == ({"week-before"}, {"week-before"})
    assert write(house, fatima, LATER).status_code == 200
    assert steps(house, anna) == {"week-before"}
    assert swept(house) == 1
    assert (steps(house, anna), steps(house, other)) == ({"two-weeks-before"}, {"week-before"})


def test_rules_without_steps_remind_nobody_and_no_rules_are_the_defaults_again(house: House, fatima: Staff) -> None:
    anna = house.patient(email_sealed=b"somewhere", planned_at=None)
    chain(house, anna, ["2026-05-25 09:00"])
    write(house, fatima, {"dose-expected": {"steps": []}})
    swept(house)
    assert steps(house, anna) == set()
    assert write(house, fatima, {}, 1).json["version"] == 2
    swept(house)
    assert steps(house, anna) == {"week-before"}


def test_a_change_waits_for_no_patient_that_somebody_holds(house: House, fatima: Staff) -> None:
    """It locks none, so that it can never wait for an act that holds several while that waits for it."""
    anna = house.patient(planned_at=house.clock.now)
    before = planned_at(house, anna)
    assert write(house, fatima, LATER).status_code == 200
    assert planned_at(house, anna) == before
    assert swept(house) == 1


def planned_at(house: House, patient: Patient) -> datetime | None:
    with house.unit(writes=False) as ctx:
        return ctx.session.get_one(PatientRow, patient.id).planned_at


@pytest.mark.promise("P03")
def test_the_same_again_is_nothing_new_whatever_version_was_seen(house: House, fatima: Staff) -> None:
    first, again = write(house, fatima, LATER), write(house, fatima, LATER)
    assert (again.status_code, again.json) == (200, first.json)
    house.patient(planned_at=None)
    assert swept(house) == 1
    write(house, fatima, LATER, 1)
    assert swept(house) == 0


def test_of_two_admins_the_second_is_told_of_the_first(house: House, fatima: Staff) -> None:
    write(house, fatima, LATER)
    stale = write(house, house.login("admin"), {})
    assert (stale.status_code, stale.json["code"]) == (409, "stale-version")
    assert house.get(PATH, headers=fatima.headers).json["rules"] == LATER
    missing = house.put(PATH, headers=fatima.headers, json={"rules": {}})
    assert (missing.status_code, missing.json["code"]) == (428, "if-match-needed")


@pytest.mark.promise("P08")
def test_each_change_is_noted_with_what_was_decided(house: House, fatima: Staff) -> None:
    write(house, fatima, LATER)
    write(house, fatima, {}, 1)
    with house.unit(writes=False) as ctx:
        rows = ctx.session.scalars(select(EventRow).where(EventRow.act == "reminder-rules:write").order_by(EventRow.id))
        assert [(row.actor_id, row.detail) for row in rows] == [
            (fatima.id, {"version": 1, "rules": LATER}),
            (fatima.id, {"version": 2, "rules": {}}),
        ]


@pytest.mark.promise("P06")
@pytest.mark.parametrize(
    ("rules", "pointer"),
    [
        ({"weather": {}}, "/rules/weather"),
        ({"test": {"steps": []}}, "/rules/test"),
        ({"dose": []}, "/rules/dose"),
        ({"dose": {"colour": 1}}, "/rules/dose/colour"),
        ({"dose": {"useful_days": 31}}, "/rules/dose/useful_days"),
        ({"dose": {"steps": [{"name": "x", "days_before": 1, "at": "9:00"}]}}, "/rules/dose/steps/0/at"),
        ({"dose": {"steps": [{"name": "x", "days_before": 61}]}}, "/rules/dose/steps/0/days_before"),
        ({"dose": {"steps": [{"name": "X\u0000", "days_before": 1}]}}, "/rules/dose/steps/0/name"),
        ({"dose": {"steps": [{"name": "x", "days_before": 1}] * 2}}, "/rules/dose/steps/1/name"),
        ([], "/rules"),
        (None, "/rules"),
    ],
)
def test_what_is_no_rule_is_refused_with_its_place(house: House, fatima: Staff, rules: Any, pointer: str) -> None:
    answer = write(house, fatima, rules)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    assert [one["pointer"] for one in answer.json["pointers"]] == [pointer]
    with house.unit(writes=False) as ctx:
        assert ctx.session.scalars(select(SiteRulesRow)).all() == []
