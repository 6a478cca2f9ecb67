"""Worsening over HTTP and in a study's dataset: derived from the tests that were entered, and gone when one is."""

from typing import Any

from tests.api.test_findings import change, enter
from tests.factories.studies import study
from tests.house import House, Patient, Staff


def edss(house: House, anna: Patient, bram: Staff, on: str, score: float) -> Any:
    answer = enter(house, anna, bram, kind="edss", on=on, values={"score": score})
    assert answer.status_code == 201, answer.text
    return answer.json


def stands(house: House, anna: Patient, who: Staff) -> Any:
    answer = house.get(f"/patients/{anna.id}/worsening", headers=who.headers)
    assert answer.status_code == 200, answer.text
    return answer.json["items"]


def test_a_rise_that_still_stands_three_months_later_is_confirmed(house: House, anna: Patient, bram: Staff) -> None:
    assert stands(house, anna, bram) == []
    edss(house, anna, bram, "2025-09-01", 3)
    edss(house, anna, bram, "2026-01-31", 4)
    (awaiting,) = stands(house, anna, bram)
    assert (awaiting["course"], awaiting["event"]) == ("awaiting", {"on": "2026-01-31", "value": 4.0})
    last = edss(house, anna, bram, "2026-04-30", 4.5)
    (found,) = stands(house, anna, bram)
    assert (found["measure"], found["course"], found["confirmed_on"]) == ("edss", "confirmed", "2026-04-30")
    assert (found["baseline"], found["settings"]["confirm_months"]) == ({"on": "2025-09-01", "value": 3.0}, 3)
    assert change(house, anna, bram, last, "retraction", 1).status_code == 200
    assert stands(house, anna, bram)[0]["course"] == "awaiting"


def test_the_dataset_has_a_row_per_measure_with_its_rule(house: House, anna: Patient, bram: Staff) -> None:
    for on, score in (("2025-09-01", 3), ("2026-01-31", 4), ("2026-04-30", 4.5)):
        edss(house, anna, bram, on, score)
    found = study(house, days="calendar")
    found.join(anna, bram)
    (row,) = found.pull("worsening")
    told = {"measure": "edss", "course": "confirmed", "baseline_value": "3", "event_value": "4", "confirm_months": "3"}
    days = {"baseline_date": "2025-09-01", "event_date": "2026-01-31", "confirmed_date": "2026-04-30"}
    assert row | told | days == row
    assert "3 calendar months later" in row["worsening_rule"]


def test_who_does_not_treat_the_patient_is_told_nothing(house: House, anna: Patient) -> None:
    assert house.get(f"/patients/{anna.id}/worsening", headers=house.login("nurse").headers).status_code == 404
