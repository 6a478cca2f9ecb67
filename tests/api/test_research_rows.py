"""What a row of each dataset tells: places, hours to the dose, standing results, and the interval a form is about."""

from typing import Any, cast

import pytest

from tests.api.syncing import SyncingPhone, put
from tests.factories.chains import ZONE, chain, dose, local
from tests.factories.entries import EntryUpload
from tests.factories.responses import ResponseUpload
from tests.factories.samples import SampleUpload, level
from tests.factories.studies import Study, study
from tests.house import House, Patient, Staff

GIVEN = ["2026-03-30 09:00", "2026-04-27 09:00"]


@pytest.fixture
def found(house: House) -> Study:
    return study(house)


@pytest.fixture
def anna(house: House, bram: Staff, found: Study) -> Patient:
    patient = house.patient(cares_for=[bram])
    assert found.join(patient, bram).status_code == 200
    return patient


def send(house: House, path: str, body: Any, headers: dict[str, str]) -> Any:
    answer = house.post(path, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json


def prick(house: House, anna: Patient, at: str) -> str:
    body = cast("dict[str, Any]", SampleUpload(at=at))
    send(house, "/me/samples", body, house.phone(anna))
    return str(body["id"])


def test_a_diary_row_holds_the_place_the_ratings_and_the_causes(house: House, anna: Patient, found: Study) -> None:
    chain(house, anna, GIVEN)
    entry = cast("dict[str, Any]", EntryUpload(at="2026-04-26T20:15:00+02:00", fatigue=7))
    entry |= {"wearing_off": "yes", "other_causes": ["heat", "stress"]}
    entry["ratings"].append({"symptom": "pain", "intensity": 2})
    send(house, "/me/diary-entries", entry, house.phone(anna))
    (row,) = found.pull("entries")
    told = {key: value for key, value in row.items() if value not in {"", "false"} and key not in {"subject", "entry"}}
    assert told == {
        "version": "1", "study_day": "27", "local_time": "20:15", "interval": "1", "day_since_dose": "27",
        "days_before_planned": "1", "days_before_actual": "1", "cycle_fraction": "0.9643", "wearing_off": "yes",
        "nrs_fatigue": "7", "nrs_pain": "2", "mean_rating": "4.5", "cause_heat": "true", "cause_stress": "true",
        "late": "true",  # it came in on the first of June
    }  # fmt: skip


def test_a_corrected_entry_is_one_row_in_its_newest_version_and_a_retracted_one_is_none(
    house: House, anna: Patient, found: Study
) -> None:
    chain(house, anna, GIVEN)
    phone = house.phone(anna)
    entry = cast("dict[str, Any]", EntryUpload(at="2026-04-26T20:15:00+02:00", fatigue=7))
    send(house, "/me/diary-entries", entry, phone)
    newer = {key: value for key, value in entry.items() if key != "id"} | {"base_version": 1, "reason": "slip"}
    newer["ratings"] = [{"symptom": "fatigue", "intensity": 3}]
    assert house.put(f"/me/diary-entries/{entry['id']}", json=newer, headers=phone).status_code == 200
    assert [(row["version"], row["nrs_fatigue"]) for row in found.pull("entries")] == [("2", "3")]
    gone = {"base_version": 2, "recorded_at": entry["recorded_at"], "reason": "wrong day"}
    path = f"/me/diary-entries/{entry['id']}/retraction"
    assert house.post(path, json=gone, headers=phone).status_code == 200
    assert found.pull("entries") == []


def test_a_prick_has_its_hours_to_the_dose_and_the_class_they_make(house: House, anna: Patient, found: Study) -> None:
    chain(house, anna, GIVEN)
    prick(house, anna, "2026-04-26T21:00:00+02:00")
    prick(house, anna, "2026-04-24T20:30:00+02:00")
    rows = [
        (row["hours_before_dose"], row["trough_class"], row["days_before_planned"]) for row in found.pull("samples")
    ]
    assert sorted(rows) == [("12", "trough", "1"), ("60.5", "near_trough", "3")]


def test_a_prick_on_a_phone_weeks_behind_counts_to_the_plan_of_that_day(
    house: House, anna: Patient, found: Study
) -> None:
    """It is 1 June, the dose was due on 25 May; the phone says 20 April."""
    chain(house, anna, GIVEN)
    says = local("2026-04-20 21:00").isoformat()
    sample = put("sample", {"occurred": {"at": says, "zone": ZONE}, "recorded_at": says})
    SyncingPhone(house, anna).sync(sample, sent_at=says)
    assert [(row["interval"], row["days_before_planned"]) for row in found.pull("samples")] == [("2", "-7")]


def test_a_prick_that_no_dose_has_followed_yet_is_of_no_class(house: House, anna: Patient, found: Study) -> None:
    treatment = chain(house, anna, GIVEN)
    prick(house, anna, "2026-05-24T21:00:00+02:00")
    assert [(row["hours_before_dose"], row["trough_class"]) for row in found.pull("samples")] == [("", "unknown")]
    dose(house, anna, treatment, "2026-05-25 09:00")
    assert [(row["hours_before_dose"], row["trough_class"]) for row in found.pull("samples")] == [("12", "trough")]


@pytest.mark.parametrize(
    ("pricked", "expected"),
    [
        ("2026-05-25T07:00:00+02:00", "unknown"),  # that same day, before or after it
        ("2026-05-24T21:00:00+02:00", "unknown"),  # 3 to 27 hours before
        ("2026-05-23T12:00:00+02:00", "near_trough"),  # 36 to 60 hours before, whatever its time
    ],
)
def test_a_dose_known_by_its_day_alone_gives_no_hours_and_only_a_certain_class(
    house: House, anna: Patient, bram: Staff, found: Study, pricked: str, expected: str
) -> None:
    treatment = chain(house, anna, GIVEN)
    body: dict[str, Any] = {"treatment_id": str(treatment), "status": "given", "reason": "from the letter"}
    body |= {"occurred": {"on": "2026-05-25", "zone": ZONE}}
    send(house, f"/patients/{anna.id}/doses", body, bram.headers)
    prick(house, anna, pricked)
    (row,) = found.pull("samples")
    assert (row["hours_before_dose"], row["trough_class"], row["interval"]) == ("", expected, "2")


def test_the_standing_result_leaves_with_its_comparator_in_words(
    house: House, anna: Patient, bram: Staff, found: Study
) -> None:
    chain(house, anna, GIVEN)
    sample = prick(house, anna, "2026-04-26T21:00:00+02:00")
    path = f"/patients/{anna.id}/samples/{sample}/results"
    first = send(house, path, level(12.5), bram.headers)
    assert [(row["level"], row["level_comparator"]) for row in found.pull("samples")] == [("12.5", "equal")]
    newer = level(500, "ng/mL", comparator="<", lloq=500, released=False, reason="typing error")
    headers = {**bram.headers, "If-Match": f'"{first["version"]}"'}
    answer = house.post(f"{path}/corrections", json=newer, headers=headers)
    assert answer.status_code == 201, answer.text
    (row,) = found.pull("samples")
    assert (row["level"], row["level_comparator"], row["level_lloq"]) == ("0.500", "below", "0.500")
    assert (row["antibodies"], row["antibodies_comparator"], row["state"]) == ("", "", "reported")


def test_a_sample_that_was_only_ordered_has_no_place(house: House, anna: Patient, bram: Staff, found: Study) -> None:
    chain(house, anna, GIVEN)
    send(house, f"/patients/{anna.id}/samples", {}, bram.headers)
    (row,) = found.pull("samples")
    assert (row["state"], row["interval"], row["trough_class"], row["study_day"]) == ("ordered", "", "", "")


def test_an_answer_names_the_interval_it_is_about_and_that_one_takes_it(
    house: House, anna: Patient, found: Study
) -> None:
    chain(house, anna, GIVEN)
    answers = {"ever_experienced": "yes", "experienced": "yes", "symptoms": ["pain", "fatigue"], "not_resolved": False}
    body = ResponseUpload(at="2026-04-29T08:00:00+02:00", about="previous", answers=answers)
    send(house, "/me/responses", body, house.phone(anna))
    rows = found.pull("answers")
    assert {(row["interval"], row["about_interval"], row["about_length_days"]) for row in rows} == {("2", "1", "28")}
    assert {row["item"]: row["value"] for row in rows} == {
        "ever_experienced": "yes", "experienced": "yes", "symptoms": "fatigue pain", "not_resolved": "false",
    }  # fmt: skip
    assert [(row["interval"], row["recall_forms"], row["recall_experienced"]) for row in found.pull("intervals")] == [
        ("1", "1", "yes"),
        ("2", "0", ""),
    ]


def test_an_entry_before_the_first_dose_has_a_negative_study_day_and_no_interval(
    house: House, anna: Patient, found: Study
) -> None:
    send(house, "/me/diary-entries", EntryUpload(at="2026-03-25T20:00:00+01:00"), house.phone(anna))
    (row,) = found.pull("entries")
    assert (row["study_day"], row["interval"]) == ("", "")
    house.clock.now = local("2026-06-01 12:00")
    chain(house, anna, GIVEN)
    (row,) = found.pull("entries")
    assert (row["study_day"], row["interval"], row["days_before_actual"]) == ("-5", "", "5")


def test_days_to_the_planned_dose_are_those_of_the_plan_though_the_dose_came_later(
    house: House, anna: Patient, found: Study
) -> None:
    chain(house, anna, [GIVEN[0], "2026-04-29 09:00"])
    send(house, "/me/diary-entries", EntryUpload(at="2026-04-26T20:00:00+02:00"), house.phone(anna))
    assert [(row["days_before_planned"], row["days_before_actual"]) for row in found.pull("entries")] == [("1", "3")]


def test_of_two_forms_about_an_interval_the_later_stands_in_its_row_and_both_among_the_answers(
    house: House, anna: Patient, found: Study
) -> None:
    chain(house, anna, GIVEN)
    for at, felt in (("2026-04-29T08:00:00+02:00", "yes"), ("2026-04-30T08:00:00+02:00", "unsure")):
        body = ResponseUpload(at=at, about="previous", answers={"experienced": felt})
        send(house, "/me/responses", body, house.phone(anna))
    first = found.pull("intervals")[0]
    assert (first["recall_forms"], first["recall_experienced"]) == ("2", "unsure")
    assert sorted(row["value"] for row in found.pull("answers")) == ["unsure", "yes"]
