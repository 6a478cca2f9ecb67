"""One's own trend: the same figures as the nurse's, the doses beside them, and only the levels one was told."""

from datetime import timedelta
from typing import Any

import pytest

from tests.factories.chains import chain, local
from tests.factories.entries import Rated, keep
from tests.factories.responses import ResponseUpload
from tests.factories.samples import SampleUpload, level
from tests.house import House, Patient, Staff

GIVEN = ["2026-03-02 09:00", "2026-03-30 09:00", "2026-04-27 09:00"]


@pytest.fixture
def anna(house: House, carla: Staff) -> Patient:
    return house.patient(cares_for=[carla])


def own(house: House, patient: Patient) -> Any:
    answer = house.get("/me/trend", headers=house.phone(patient))
    assert answer.status_code == 200, answer.text
    return answer.json


def measured(house: House, anna: Patient, carla: Staff, at: str, result: dict[str, Any]) -> None:
    """Let a patient log a prick and the clinic enter what was measured in it."""
    upload = SampleUpload.build(at=at)
    assert house.post("/me/samples", json=upload, headers=house.phone(anna)).status_code == 201
    path = f"/patients/{anna.id}/samples/{upload['id']}/results"
    assert house.post(path, json=result, headers=carla.headers).status_code == 201


def test_a_patient_sees_the_same_figures_as_those_who_treat_them(house: House, anna: Patient, carla: Staff) -> None:
    chain(house, anna, GIVEN)
    evening = local(GIVEN[0]).replace(hour=20)
    keep(house, anna, [Rated(evening + timedelta(days=day), {"fatigue": 2 + 4 * (day > 20)}) for day in range(1, 28)])
    about = ResponseUpload.build(at="2026-03-30T20:00:00+02:00", about="previous")
    assert house.post("/me/responses", json=about, headers=house.phone(anna)).status_code == 201
    told = own(house, anna)
    shared = house.get(f"/patients/{anna.id}/trend", headers=carla.headers).json
    assert {name: told[name] for name in shared} == shared
    assert (told["intervals"][0]["diary"]["difference"], len(told["intervals"][0]["recall"])) == (4.0, 1)
    assert (len(told["days"]), len(told["intervals"])) == (27, 3)


def test_the_doses_are_those_that_opened_an_interval(house: House, anna: Patient) -> None:
    chain(house, anna, GIVEN)
    natalizumab = {"drug": "natalizumab_iv", "route": "iv"}
    assert own(house, anna)["doses"] == [
        {"on": "2026-03-02", **natalizumab},
        {"on": "2026-03-30", **natalizumab},
        {"on": "2026-04-27", **natalizumab},
    ]


def test_a_level_stands_on_the_day_its_blood_was_taken_once_it_is_released(
    house: House, anna: Patient, carla: Staff
) -> None:
    chain(house, anna, GIVEN)
    measured(house, anna, carla, "2026-03-30T08:00:00+02:00", level(12.4, released=True))
    measured(house, anna, carla, "2026-04-27T08:00:00+02:00", level(3, comparator="<", lloq=3))
    first = {"on": "2026-03-30", "interval": 1, "day_since_dose": 28, "value": 12.4, "unit": "ug/mL", "comparator": "="}
    assert own(house, anna)["levels"] == [first]


def test_a_level_from_before_the_first_dose_stands_in_no_interval(house: House, anna: Patient, carla: Staff) -> None:
    chain(house, anna, GIVEN)
    measured(house, anna, carla, "2026-03-01T08:00:00+01:00", level(0.1, comparator="<", lloq=0.1, released=True))
    (told,) = own(house, anna)["levels"]
    assert (told["on"], told["interval"], told["day_since_dose"], told["comparator"]) == ("2026-03-01", None, None, "<")


def test_antibodies_are_no_level(house: House, anna: Patient, carla: Staff) -> None:
    chain(house, anna, GIVEN)
    antibodies = {"analyte": "antibodies", "value": 3, "unit": "AU/mL", "released": True}
    measured(house, anna, carla, "2026-03-30T08:00:00+02:00", antibodies)
    assert own(house, anna)["levels"] == []


def test_who_had_no_dose_yet_gets_an_empty_trend_that_still_names_its_rule(house: House, anna: Patient) -> None:
    told = own(house, anna)
    assert [told[name] for name in ("intervals", "days", "doses", "levels")] == [[], [], [], []]
    assert (told["settings"]["window_days"], bool(told["definition"])) == (7, True)


def test_another_patients_levels_are_nowhere_in_ones_own_trend(house: House, anna: Patient, carla: Staff) -> None:
    chain(house, anna, GIVEN)
    measured(house, anna, carla, "2026-03-30T08:00:00+02:00", level(12.4, released=True))
    berend = house.patient(cares_for=[carla])
    chain(house, berend, GIVEN[:1])
    assert (own(house, berend)["levels"], len(own(house, berend)["doses"])) == ([], 1)
