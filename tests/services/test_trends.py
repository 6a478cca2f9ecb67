"""The nurse's trend: onset and relief of a patient known by hand, both instruments apart, and doses that come late."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from backend.domain.symptoms import OtherCause
from tests.factories.chains import chain, dose, local
from tests.factories.entries import Rated, keep
from tests.factories.responses import ResponseUpload
from tests.house import House, Patient, Staff

GIVEN = ["2026-03-02 09:00", "2026-03-30 09:00", "2026-04-27 09:00"]
FEVER = frozenset({OtherCause.INFECTION_FEVER})


@pytest.fixture
def bram(house: House) -> Staff:
    return house.login("nurse")


@pytest.fixture
def anna(house: House, bram: Staff) -> Patient:
    return house.patient(cares_for=[bram])


def evenings(first: str, ratings: list[int], causes: frozenset[OtherCause] = frozenset()) -> list[Rated]:
    """Return an entry every evening from the day after a dose, one rating each."""
    start: datetime = local(first).replace(hour=20)
    return [
        Rated(start + timedelta(days=day), {"fatigue": rating}, causes) for day, rating in enumerate(ratings, start=1)
    ]


def trend(house: House, anna: Patient, bram: Staff) -> Any:
    answer = house.get(f"/patients/{anna.id}/trend", headers=bram.headers)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_patient_who_wears_off_on_day_21_and_recovers_in_a_day_is_shown_so(
    house: House, anna: Patient, bram: Staff
) -> None:
    chain(house, anna, GIVEN)
    keep(house, anna, evenings(GIVEN[0], [2] * 20 + [6] * 7) + evenings(GIVEN[1], [2] * 27))
    told = trend(house, anna, bram)
    first, second, third = told["intervals"]
    assert first["diary"] == {
        "instrument": "diary",
        "assessable": True,
        "why_not": [],
        "first_mean": 2.0,
        "last_mean": 6.0,
        "difference": 4.0,
        "wearing_off": True,
        "onset_day": 21,
        "onset_days_before_dose": 7,
        "relief_days": 1,
        "n_first": 7,
        "n_last": 7,
        "n_flagged": 0,
    }
    assert (first["length_days"], first["planned_weeks"], first["entries"], first["rated_days"]) == (28, 4, 27, 27)
    assert (second["diary"]["wearing_off"], second["diary"]["onset_day"]) == (False, None)
    assert (third["diary"]["assessable"], third["closed_on"]) == (False, None)
    assert set(third["diary"]["why_not"]) == {"open-interval", "too-few-first-days"}
    assert [(day["day_since_dose"], day["rating"]) for day in told["days"][:27]] == [
        (day, 6.0 if day >= 21 else 2.0) for day in range(1, 28)
    ]
    assert told["settings"] == {
        "threshold": 1.0, "window_days": 7, "min_rated_days": 3, "leave_out_flagged": False,
    }  # fmt: skip
    assert all(number in told["definition"] for number in ("7 days", "at least 1 point", "3 rated days"))


def test_two_rated_days_are_not_enough_to_say_anything(house: House, anna: Patient, bram: Staff) -> None:
    chain(house, anna, GIVEN[:2])
    keep(house, anna, evenings(GIVEN[0], [2, 2]) + evenings("2026-03-22 09:00", [7] * 7))
    diary = trend(house, anna, bram)["intervals"][0]["diary"]
    assert (diary["assessable"], diary["why_not"], diary["n_first"]) == (False, ["too-few-first-days"], 2)
    assert (diary["wearing_off"], diary["difference"], diary["onset_day"]) == (None, None, None)


def test_days_with_fever_are_flagged_and_still_shown(house: House, anna: Patient, bram: Staff) -> None:
    chain(house, anna, GIVEN[:2])
    keep(house, anna, evenings(GIVEN[0], [2] * 20) + evenings("2026-03-22 09:00", [7] * 7, FEVER))
    told = trend(house, anna, bram)
    assert told["intervals"][0]["diary"]["n_flagged"] == 7
    assert [day["flagged"] for day in told["days"]] == [False] * 20 + [True] * 7


def test_what_is_recalled_stands_beside_what_was_kept_and_neither_changes_the_other(
    house: House, anna: Patient, bram: Staff
) -> None:
    chain(house, anna, GIVEN)
    keep(house, anna, evenings(GIVEN[0], [2] * 20 + [6] * 7))
    before = trend(house, anna, bram)["intervals"][0]
    answers = {"ever_experienced": "yes", "experienced": "no", "frequency": "sometimes"}
    upload = ResponseUpload(at="2026-03-31T10:00:00+02:00", about="previous", answers=answers)
    assert house.post("/me/responses", json=upload, headers=house.phone(anna)).status_code == 201
    first, second, _ = trend(house, anna, bram)["intervals"]
    assert before["recall"] == []
    assert first["diary"] == before["diary"]
    assert first["diary"]["wearing_off"] is True
    (form,) = first["recall"]
    assert (form["instrument"], form["ever"], form["experienced"]) == ("recall", "yes", "no")
    assert (form["frequency"], form["onset_day"]) == ("sometimes", None)
    assert second["recall"] == []


def test_a_form_left_half_way_and_one_about_no_interval_say_nothing(house: House, anna: Patient, bram: Staff) -> None:
    chain(house, anna, GIVEN[:2])
    half = ResponseUpload(at="2026-03-20T10:00:00+01:00", completed=False)
    nowhere = ResponseUpload(at="2026-03-10T10:00:00+01:00", about="previous")
    for upload in (half, nowhere):
        assert house.post("/me/responses", json=upload, headers=house.phone(anna)).status_code == 201
    assert [span["recall"] for span in trend(house, anna, bram)["intervals"]] == [[], []]


def test_a_dose_recorded_late_splits_the_interval_and_moves_its_days(house: House, anna: Patient, bram: Staff) -> None:
    treatment = chain(house, anna, [GIVEN[0], GIVEN[2]], weeks=8)
    keep(house, anna, evenings(GIVEN[0], [2] * 20 + [6] * 7) + evenings(GIVEN[1], [2] * 27))
    (before, _) = trend(house, anna, bram)["intervals"]
    assert (before["length_days"], before["rated_days"], before["diary"]["wearing_off"]) == (56, 54, False)
    dose(house, anna, treatment, GIVEN[1])
    told = trend(house, anna, bram)
    assert [span["rated_days"] for span in told["intervals"]] == [27, 27, 0]
    assert told["intervals"][0]["diary"]["onset_day"] == 21
    assert [day["day_since_dose"] for day in told["days"]] == [*range(1, 28), *range(1, 28)]


def test_nobody_else_reads_the_trend(house: House, anna: Patient, bram: Staff) -> None:
    path = f"/patients/{anna.id}/trend"
    assert house.get(path, headers=house.login("clinician").headers).status_code == 404
    assert house.get(path, headers=house.login("coordinator").headers).status_code == 403
    assert house.get(path, headers=house.phone(anna)).status_code == 403
    assert trend(house, anna, bram) == {
        "intervals": [],
        "days": [],
        "settings": {"threshold": 1.0, "window_days": 7, "min_rated_days": 3, "leave_out_flagged": False},
        "definition": trend(house, anna, bram)["definition"],
        "traps": ["Patients know how late they are.", "The interval was chosen from the level."],
    }
