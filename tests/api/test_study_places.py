"""Places in a study over HTTP: arms and visits as the site decides them, what became of visits, and the end."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.factories.studies import Study, study
from tests.house import House, Patient, Staff

ARMS = [{"key": "usual", "names": {"nl": "Gewoon"}}, {"key": "stretched", "names": {"nl": "Langer", "en": "Longer"}}]
TODAY = date(2026, 6, 1)


def visit(key: str = "month", **days: Any) -> dict[str, Any]:
    series = {"unit": "mo", "at": [0, 1], "opens_days": 0, "closes_days": 6}
    return {"key": key, "names": {"nl": "Bezoek"}, "days": {"anchor": "enrolment", "series": series, **days}}


@pytest.fixture
def joined(house: House, anna: Patient, bram: Staff) -> Study:
    """A study with two arms and a visit a month, that anna takes part in."""
    found = study(house)
    assert found.plan(arms=ARMS, visits=[visit()]).status_code == 200
    assert found.join(anna, bram).status_code == 200
    return found


def at(found: Study, patient: Patient, below: str = "") -> str:
    return f"/patients/{patient.id}/studies{f'/{found.id}/{below}' if below else ''}"


def place(found: Study, patient: Patient, who: Staff) -> dict[str, Any]:
    (told,) = found.house.get(at(found, patient), headers=who.headers).json["items"]
    assert isinstance(told, dict)
    return told


def tell(found: Study, patient: Patient, who: Staff, told: dict[str, Any], turn: str = "mo0") -> Any:
    return found.house.put(at(found, patient, f"visits/month/{turn}"), json=told, headers=who.headers)


def test_a_patient_has_the_visits_of_the_plan_from_the_day_they_joined(
    anna: Patient, bram: Staff, joined: Study
) -> None:
    days = [(one["opens_on"], one["closes_on"], one["state"]) for one in place(joined, anna, bram)["visits"]]
    assert days == [("2026-06-01", "2026-06-07", "open"), ("2026-07-01", "2026-07-07", "ahead")]


def test_what_is_said_last_of_a_visit_stands_and_all_that_was_said_is_kept(
    anna: Patient, bram: Staff, joined: Study
) -> None:
    for told in ({"fate": "missed"}, {"fate": "held", "on": "2026-06-01"}, {"fate": "held", "on": "2026-06-01"}):
        assert tell(joined, anna, bram, told).status_code == 200
    found = place(joined, anna, bram)
    first = found["visits"][0]
    assert (first["state"], first["on"], first["timing"]) == ("held", "2026-06-01", "within")
    assert [one["kind"] for one in found["history"]] == ["consent", "visit", "visit"]


@pytest.mark.parametrize(
    ("told", "turn", "status"),
    [
        ({"fate": "held"}, "mo0", 422),
        ({"fate": "missed", "on": "2026-06-01"}, "mo0", 422),
        ({"fate": "held", "on": "2026-06-02"}, "mo0", 422),
        ({"fate": "held", "on": "2026-06-01"}, "mo9", 404),
    ],
)
def test_what_cannot_have_become_of_a_visit_is_refused(
    anna: Patient, bram: Staff, joined: Study, told: dict[str, Any], turn: str, status: int
) -> None:
    assert tell(joined, anna, bram, told, turn).status_code == status
    assert place(joined, anna, bram)["visits"][0]["state"] == "open"


def test_a_visit_that_was_held_stays_when_the_plan_has_it_no_more(anna: Patient, bram: Staff, joined: Study) -> None:
    tell(joined, anna, bram, {"fate": "held", "on": "2026-06-01"})
    joined.house.clock.now += timedelta(days=3)
    assert joined.plan(1, arms=ARMS, visits=[visit("other")]).status_code == 200
    found = [(one["key"], one["state"]) for one in place(joined, anna, bram)["visits"]]
    assert ("month", "held") in found
    assert ("month", "ahead") not in found


def test_a_dose_that_moves_moves_the_visit_that_hangs_on_it(house: House, anna: Patient, bram: Staff) -> None:
    window = {"opens": {"from": "before-next", "n": 3}, "closes": {"from": "before-next", "n": 0}}
    found = study(house)
    found.plan(visits=[{**visit(), "days": {"anchor": "dose", "window": window}}])
    nurse = bram.headers
    plan = {"drug": "natalizumab_iv", "route": "iv", "interval_weeks": 6, "slot": "09:00", "reason": "start"}
    path = f"/patients/{anna.id}"
    made = house.post(f"{path}/treatments", json={**plan, "started_on": "2026-05-01"}, headers=nurse).json
    at_nine = {"zone": "Europe/Amsterdam"}
    dose = {"treatment_id": made["treatment"]["id"], "reason": "x"}
    given = {**dose, "status": "given", "occurred": {"at": "2026-05-01T09:00:00+02:00", **at_nine}}
    house.post(f"{path}/doses", json=given, headers=nurse)
    planned = {**dose, "status": "planned", "planned": {"at": "2026-06-12T09:00:00+02:00", **at_nine}}
    coming = house.post(f"{path}/doses", json=planned, headers=nurse).json
    found.join(anna, bram)
    assert [one["closes_on"] for one in place(found, anna, bram)["visits"]] == ["2026-06-12"]
    moved = house.post(
        f"{path}/doses/{coming['dose']['id']}/move",
        json={"planned": {"at": "2026-06-19T09:00:00+02:00", **at_nine}, "reason": "ward is full"},
        headers={**nurse, "If-Match": f'"{coming["dose"]["version"]}"'},
    )
    assert moved.status_code == 200, moved.text
    assert [one["closes_on"] for one in place(found, anna, bram)["visits"]] == ["2026-06-19"]


def test_an_arm_is_one_of_the_plans_and_every_change_of_it_is_kept(anna: Patient, bram: Staff, joined: Study) -> None:
    def put(arm: str) -> Any:
        return joined.house.put(at(joined, anna, "arm"), json={"arm": arm}, headers=bram.headers)

    assert put("third").json["pointers"][0]["pointer"] == "/arm"
    assert [put(arm).json["arm"] for arm in ("usual", "usual", "stretched")] == ["usual", "usual", "stretched"]
    arms = [one["told"]["arm"] for one in place(joined, anna, bram)["history"] if one["kind"] == "arm"]
    assert arms == ["usual", "stretched"]
    refused = joined.plan(1, arms=ARMS[:1], visits=[])
    assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, "/arms")


def test_two_who_decide_at_once_do_not_overwrite_each_other_and_the_same_again_changes_nothing(joined: Study) -> None:
    assert joined.plan(0, arms=ARMS, visits=[visit()]).json["version"] == 1
    assert joined.plan(0, arms=ARMS).json["code"] == "stale-version"
    assert joined.plan(1, arms=ARMS).json["version"] == 2
    shown = joined.house.get(f"/studies/{joined.id}/plan", headers=joined.admin.headers)
    assert (shown.json["version"], shown.headers["ETag"], shown.json["visits"]) == (2, '"2"', [])


def test_when_a_study_is_over_for_somebody_it_asks_nothing_more_and_keeps_its_data(
    house: House, anna: Patient, bram: Staff, joined: Study
) -> None:
    done = [
        house.post(at(joined, anna, "finish"), json={"why": "completed"}, headers=bram.headers).json for _ in range(2)
    ]
    assert done[0] == done[1]
    house.clock.now += timedelta(days=40)
    assert [one["state"] for one in place(joined, anna, bram)["visits"]] == []
    assert [one["kind"] for one in place(joined, anna, bram)["history"]] == ["consent", "finish"]
    assert len(joined.pull("subjects")) == 1


def test_of_who_left_nothing_is_recorded_any_more(anna: Patient, bram: Staff, joined: Study) -> None:
    joined.leave(anna, bram)
    assert tell(joined, anna, bram, {"fate": "missed"}).json["code"] == "wrong-state"


@pytest.mark.promise("P19")
def test_participants_are_listed_to_who_cares_for_them_at_the_studys_own_site(
    house: House, anna: Patient, bram: Staff, joined: Study
) -> None:
    path = f"/studies/{joined.id}/participants"
    assert [one["patient_id"] for one in house.get(path, headers=bram.headers).json["items"]] == [str(anna.id)]
    assert house.get(path, headers=house.login("nurse").headers).json["items"] == []
    assert house.get(path, headers=house.login("nurse", site=house.new_site()).headers).status_code == 404


def test_who_did_not_agree_to_a_newer_text_is_asked_to_no_visit_until_they_do(
    house: House, anna: Patient, bram: Staff, joined: Study
) -> None:
    joined.publish(nl="Ook met mijn bloed.", needed_from=house.clock.now + timedelta(days=10))
    house.clock.now += timedelta(days=11)
    assert [one["opens_on"] for one in place(joined, anna, bram)["visits"]] == ["2026-06-01"]
    again = {"version": 1, "language": "nl"}
    house.post(at(joined, anna, "consent"), json=again, headers=bram.headers)
    days = [one["opens_on"] for one in place(joined, anna, bram)["visits"]]
    assert days == ["2026-06-01", "2026-07-01"]


def months(*at_: int, days: int = 6) -> dict[str, Any]:
    series = {"unit": "mo", "at": list(at_), "opens_days": 0, "closes_days": days}
    return {"key": "month", "names": {"nl": "Bezoek"}, "days": {"anchor": "enrolment", "series": series}}


def test_a_visit_that_was_out_of_the_plan_and_is_back_was_not_asked_in_between(
    house: House, anna: Patient, bram: Staff, joined: Study
) -> None:
    assert joined.plan(1, arms=ARMS, visits=[months(0, 1, 2, 3)]).status_code == 200
    house.clock.now += timedelta(days=10)  # 11 June: taken out
    assert joined.plan(2, arms=ARMS).status_code == 200
    house.clock.now += timedelta(days=40)  # 21 July: back
    assert joined.plan(3, arms=ARMS, visits=[months(0, 1, 2, 3)]).status_code == 200
    days = [(one["opens_on"], one["state"]) for one in place(joined, anna, bram)["visits"]]
    assert days == [("2026-06-01", "overdue"), ("2026-08-01", "ahead"), ("2026-09-01", "ahead")]


def test_a_visit_that_was_open_when_it_left_the_plan_is_asked_again_if_it_is_back_before_it_closes(
    house: House, anna: Patient, bram: Staff, joined: Study
) -> None:
    assert joined.plan(1, arms=ARMS, visits=[months(0, days=20)]).status_code == 200
    for _ in range(2):
        house.clock.now += timedelta(days=5)
        version = joined.house.get(f"/studies/{joined.id}/plan", headers=joined.admin.headers).json["version"]
        assert joined.plan(version, arms=ARMS).status_code == 200
        assert [one["state"] for one in place(joined, anna, bram)["visits"]] == []
        house.clock.now += timedelta(days=3)
        assert joined.plan(version + 1, arms=ARMS, visits=[months(0, days=20)]).status_code == 200
        days = [(one["opens_on"], one["closes_on"], one["state"]) for one in place(joined, anna, bram)["visits"]]
        assert days == [("2026-06-01", "2026-06-21", "open")]
    house.clock.now += timedelta(days=1)
    assert joined.plan(version + 2, arms=ARMS).status_code == 200
    house.clock.now += timedelta(days=30)
    assert joined.plan(version + 3, arms=ARMS, visits=[months(0, days=20)]).status_code == 200
    assert place(joined, anna, bram)["visits"] == []  # it was off when it closed


def test_what_was_said_of_a_visit_stays_while_it_is_out_of_the_plan_and_when_it_is_back(
    house: House, anna: Patient, bram: Staff, joined: Study
) -> None:
    tell(joined, anna, bram, {"fate": "missed"})
    house.clock.now += timedelta(days=3)
    assert joined.plan(1, arms=ARMS).status_code == 200
    assert [one["state"] for one in place(joined, anna, bram)["visits"]] == ["missed"]
    house.clock.now += timedelta(days=60)
    assert joined.plan(2, arms=ARMS, visits=[visit()]).status_code == 200
    assert [one["state"] for one in place(joined, anna, bram)["visits"]] == ["missed"]
