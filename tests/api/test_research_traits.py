"""What a study's datasets say of its subjects: arm, end, age in bands that are large enough, and visits."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.api.test_study_places import ARMS, at, tell, visit
from tests.factories.people import PatientBody
from tests.factories.studies import Study, study
from tests.house import House, Patient, Staff


@pytest.fixture
def found(house: House) -> Study:
    """A study with arms and a monthly visit, that tells the calendar."""
    made = study(house, days="calendar")
    assert made.plan(arms=ARMS, visits=[visit()]).status_code == 200
    return made


def born(house: House, bram: Staff, year: int) -> str:
    """The id of a patient born in a year, whom bram enrolled."""
    body = PatientBody.build(birth_on=f"{year}-07-01")
    made = house.post("/patients", json=body, headers=bram.headers)
    assert made.status_code == 201, made.text
    return str(made.json["id"])


def test_a_subject_bears_arm_and_end(house: House, anna: Patient, bram: Staff, found: Study) -> None:
    found.join(anna, bram)
    house.put(at(found, anna, "arm"), json={"arm": "stretched"}, headers=bram.headers)
    house.post(at(found, anna, "finish"), json={"why": "completed"}, headers=bram.headers)
    (row,) = found.pull("subjects")
    assert (row["arm"], row["finished_date"]) == ("stretched", "2026-06-01")


def test_visits_leave_as_they_stand_those_to_come_not(house: House, anna: Patient, bram: Staff, found: Study) -> None:
    found.join(anna, bram)
    tell(found, anna, bram, {"fate": "held", "on": "2026-06-01"})
    (row,) = found.pull("visits")
    told: dict[str, Any] = {"visit": "month", "visit_turn": "1", "visit_state": "held", "held_date": "2026-06-01"}
    assert row | told | {"visit_timing": "within", "opens_date": "2026-06-01"} == row


def test_where_days_are_counted_a_visit_leaves_once_nothing_of_it_moves_any_more(
    house: House, anna: Patient, bram: Staff
) -> None:
    counted = study(house, name="Counted")
    counted.plan(visits=[visit()])
    counted.join(anna, bram)
    house.clock.now += timedelta(days=20)
    assert counted.pull("visits") == []
    tell(counted, anna, bram, {"fate": "missed"})
    assert [row["visit_state"] for row in counted.pull("visits")] == ["missed"]


def test_age_leaves_in_bands_of_which_each_holds_five_or_more(house: House, bram: Staff, found: Study) -> None:
    for year in (*[1980] * 5, *[1990] * 5, *[1960] * 3, 1970):
        path = f"/patients/{born(house, bram, year)}/studies/{found.id}/consent"
        assert house.post(path, headers=bram.headers).status_code == 200
    bands = sorted(row["age_band"] for row in found.pull("subjects"))
    assert bands.count("") == 4 + 5
    assert set(bands) < {"", "30-39", "40-49"}
    assert str(date(1960, 7, 1)) not in found.text("subjects")


@pytest.mark.promise("P20")
def test_a_visit_on_days_that_the_plan_names_leaves_no_study_that_counts_days(
    house: House, anna: Patient, bram: Staff
) -> None:
    dates = [{"opens_on": "2026-05-30", "closes_on": "2026-06-03"}]
    days: dict[str, Any] = {"series": None, "anchor": "dates", "dates": dates}
    for told in ("since-first-dose", "calendar"):
        found = study(house, name=told, days=told)
        assert found.plan(visits=[visit(**days)]).status_code == 200
        found.join(anna, bram)
        assert tell(found, anna, bram, {"fate": "held", "on": "2026-06-01"}, "2026-05-30").status_code == 200
        assert len(found.pull("visits")) == (told == "calendar")
