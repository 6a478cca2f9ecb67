"""What a study's windows tell: their days, how they stand, which response completed them, and the diary meanwhile."""

from typing import Any, cast

import pytest

from tests.factories.assignments import assignment, body
from tests.factories.chains import chain, dose, local
from tests.factories.entries import Rated, keep
from tests.factories.responses import ResponseUpload
from tests.factories.studies import Study, study
from tests.house import House, Patient, Staff

GIVEN = ["2026-03-02 09:00", "2026-03-30 09:00", "2026-04-27 09:00"]
ANSWERED = "2026-03-28T10:00:00+01:00"


def asked(house: House, carla: Staff, days: str) -> tuple[Study, Patient]:
    """Ask a form in the last week before each dose; the first is answered, the second is not, the third is open."""
    house.clock.now = local("2026-03-02 12:00")
    found = study(house, name=days, days=days)
    new = body(assignment("vas-100"))
    assert house.post(f"/studies/{found.id}/assignments", json=new, headers=carla.headers).status_code == 201
    anna = house.patient(cares_for=[carla])
    treatment = chain(house, anna, GIVEN[:1])
    assert found.join(anna, carla).status_code == 200
    house.clock.now = local("2026-03-28 12:00")
    told = cast("dict[str, Any]", ResponseUpload(form="vas-100", at=ANSWERED, answers={"trouble": 40}))
    sent = house.post("/me/responses", json=told, headers=house.phone(anna))
    assert sent.status_code == 201, sent.text
    keep(house, anna, [Rated(local(f"2026-03-{day} 20:00"), {"fatigue": day - 20}) for day in (22, 24, 25)])
    for given in GIVEN[1:]:
        house.clock.now = local(given).replace(hour=12)
        dose(house, anna, treatment, given)
    house.clock.now = local("2026-05-20 12:00")
    return found, anna


def test_a_window_tells_its_days_its_state_and_its_diary(house: House, carla: Staff) -> None:
    found, _ = asked(house, carla, "calendar")
    first, second, third = found.pull("windows")
    (answer,) = found.pull("answers")
    assert {key: value for key, value in first.items() if key not in {"subject", "assignment"}} == {
        "round": "1", "form": "vas-100", "interval": "1", "opens_study_day": "21", "opens_date": "2026-03-23",
        "closes_study_day": "28", "closes_date": "2026-03-30", "window_state": "in_time", "late": "false",
        "response": answer["response"], "completed_study_day": "26", "completed_date": "2026-03-28",
        "rated_days": "2", "mean_rating": "4.5",
    }  # fmt: skip
    assert (second["window_state"], second["response"], second["mean_rating"]) == ("missed", "", "")
    assert (third["window_state"], third["opens_date"]) == ("open", "2026-05-18")


def test_where_days_are_counted_nothing_moves_with_the_day_of_the_pull(house: House, carla: Staff) -> None:
    found, _ = asked(house, carla, "since-first-dose")
    before = found.text("windows")
    assert [row["window_state"] for row in found.pull("windows")] == ["in_time"]
    for day in ("2026-05-24 12:00", "2026-06-20 12:00"):
        house.clock.now = local(day)
        assert found.text("windows") == before
    assert "2026" not in before


@pytest.mark.parametrize(("days", "told"), [("calendar", 1), ("since-first-dose", 0), ("since-last-dose", 0)])
def test_a_round_on_days_of_the_calendar_leaves_no_study_that_counts_days(
    house: House, carla: Staff, days: str, told: int
) -> None:
    """Everybody knows the plan: its date beside a number of days would date all the rest."""
    house.clock.now = local("2026-03-02 12:00")
    found = study(house, days=days)
    fixed = assignment("vas-100", dates=[{"opens_on": "2026-03-10", "closes_on": "2026-03-12"}], anchor="dates")
    asked = house.post(f"/studies/{found.id}/assignments", json=body(fixed), headers=carla.headers)
    assert asked.status_code == 201, asked.text
    anna = house.patient(cares_for=[carla])
    chain(house, anna, GIVEN)
    assert found.join(anna, carla).status_code == 200
    house.clock.now = local("2026-05-20 12:00")
    assert len(found.pull("windows")) == told


def test_a_patients_own_assignments_and_those_of_other_studies_are_none_of_this_ones(
    house: House, carla: Staff
) -> None:
    found, anna = asked(house, carla, "calendar")
    other = study(house, name="Other")
    assert other.join(anna, carla).status_code == 200
    own = house.post(f"/patients/{anna.id}/assignments", json=body(), headers=carla.headers)
    assert own.status_code == 201
    assert other.pull("windows") == []
    assert len({row["assignment"] for row in found.pull("windows")}) == 1
