"""What the course datasets tell: subjects, treatments, findings and checks, in their standing versions."""

from typing import Any, cast
from uuid import UUID

import pytest

from tests.factories import base
from tests.factories.chains import chain, dose
from tests.factories.checks import CheckBody
from tests.factories.findings import GOOD, FindingUpload
from tests.factories.responses import ResponseUpload
from tests.factories.studies import Study, study
from tests.house import House, Patient, Staff

GIVEN = ["2026-03-30 09:00", "2026-04-27 09:00"]
COURSE = ("subjects", "treatments", "findings", "checks")
KEYS = {"subject", "finding", "treatment"}


@pytest.fixture
def found(house: House) -> Study:
    return study(house)


@pytest.fixture
def anna(house: House, bram: Staff, found: Study) -> Patient:
    patient = house.patient(cares_for=[bram])
    assert found.join(patient, bram).status_code == 200
    return patient


def told(row: dict[str, str]) -> dict[str, str]:
    """Return what a row says, without its keyed ids."""
    return {name: cell for name, cell in row.items() if cell and name not in KEYS}


def check(house: House, anna: Patient, bram: Staff, treatment: UUID, on: str) -> None:
    body = CheckBody.build(treatment_id=str(treatment), done_on=on)
    assert house.post(f"/patients/{anna.id}/monitoring", json=body, headers=bram.headers).status_code == 201


def enter(house: House, anna: Patient, bram: Staff, **upload: Any) -> dict[str, Any]:
    body = cast("dict[str, Any]", FindingUpload(**upload))
    answer = house.post(f"/patients/{anna.id}/findings", json=body, headers=bram.headers)
    assert answer.status_code == 201, answer.text
    return body


def test_a_subject_without_a_dose_is_one_row_of_no_treatment(anna: Patient, found: Study) -> None:
    assert [told(row) for row in found.pull("subjects")] == [{"days": "since-first-dose", "intervals": "0"}]
    assert [found.pull(dataset) for dataset in COURSE[1:]] == [[], [], []]


def test_a_treatment_tells_its_start_its_plan_and_the_dose_it_expects(
    house: House, anna: Patient, found: Study
) -> None:
    treatment = chain(house, anna, GIVEN)
    shared = {"substance": "natalizumab", "started_study_day": "0"}
    running = {"drug": "natalizumab_iv", "planned_weeks": "4", "next_dose_study_day": "56", **shared}
    assert [told(row) for row in found.pull("treatments")] == [running]
    dose(house, anna, treatment, "2026-05-27 09:00")
    assert [told(row) for row in found.pull("treatments")] == [running | {"next_dose_study_day": "86"}]
    (row,) = found.pull("subjects")
    assert told(row) == {"days": "since-first-dose", "intervals": "3", "treatment_state": "running", **shared}


def test_a_stopped_treatment_expects_nothing_and_one_that_runs_goes_before_it(
    house: House, anna: Patient, bram: Staff, found: Study
) -> None:
    carla = house.login("clinician")
    house.add(base.CareFactory.build(patient_id=anna.id, staff_id=carla.id))
    treatment = chain(house, anna, GIVEN)
    body = {"stopped_on": "2026-05-20", "reason": "another drug"}
    path = f"/patients/{anna.id}/treatments/{treatment}/stop"
    answer = house.post(path, json=body, headers={**carla.headers, "If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    (row,) = found.pull("treatments")
    assert (row["stopped_study_day"], row["next_dose_study_day"]) == ("51", "")
    (row,) = found.pull("subjects")
    assert (row["substance"], row["treatment_state"], row["stopped_study_day"]) == ("natalizumab", "stopped", "51")
    chain(house, anna, ["2026-05-25 09:00"], weeks=None, drug="ocrelizumab_iv")
    (row,) = found.pull("subjects")
    assert (row["substance"], row["treatment_state"], row["started_study_day"]) == ("ocrelizumab", "running", "56")


def test_a_finding_is_a_row_for_every_field_it_fills_and_its_note_never_leaves(
    house: House, anna: Patient, bram: Staff, found: Study
) -> None:
    chain(house, anna, GIVEN)
    enter(house, anna, bram, kind="relapse", on="2026-05-04", ended_on="2026-05-10", note="fell at Oma's birthday")
    rows = found.pull("findings")
    shared = {"version": "1", "kind": "relapse", "study_day": "35", "ended_study_day": "41", "interval": "2"}
    shared |= {"day_since_dose": "7", "days_before_planned": "21"}
    assert [told(row) for row in rows] == [
        shared | {"item": "severity", "value": "moderate"}, shared | {"item": "confirmed", "value": "true"},
    ]  # fmt: skip
    assert len({row["finding"] for row in rows}) == 1
    assert "Oma" not in found.text("findings")


@pytest.mark.parametrize("kind", GOOD)
def test_the_values_of_every_kind_leave_as_codes_and_numbers(
    house: House, anna: Patient, bram: Staff, found: Study, kind: str
) -> None:
    enter(house, anna, bram, kind=kind)
    words = {True: "true", False: "false", "=": "equal"}
    filled = {key: value for key, value in GOOD[kind].items() if value is not None}
    expected = {
        key: " ".join(value) if isinstance(value, list) else words.get(value, str(value))
        if isinstance(value, bool | str) else f"{value:g}"
        for key, value in filled.items()
    }  # fmt: skip
    assert {row["item"]: row["value"] for row in found.pull("findings")} == expected


def test_the_dose_behind_a_reaction_is_named_by_its_place_and_not_by_its_id(
    house: House, anna: Patient, bram: Staff, found: Study
) -> None:
    treatment = chain(house, anna, GIVEN)
    given = dose(house, anna, treatment, "2026-05-20 09:00")
    enter(house, anna, bram, kind="reaction", values=GOOD["reaction"] | {"dose_id": str(given)})
    rows = found.pull("findings")
    assert {row["item"] for row in rows} == {"grade", "signs"}
    assert str(given) not in found.text("findings")


def test_a_corrected_finding_stands_in_its_newest_version_and_a_retracted_one_is_gone(
    house: House, anna: Patient, bram: Staff, found: Study
) -> None:
    body = enter(house, anna, bram, kind="edss")
    path = f"/patients/{anna.id}/findings/{body['id']}"
    newer = {key: value for key, value in body.items() if key != "id"}
    newer |= {"values": {"score": 4}, "reason": "misread"}
    answer = house.post(f"{path}/correction", json=newer, headers={**bram.headers, "If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    assert [(row["version"], row["value"]) for row in found.pull("findings")] == [("2", "4")]
    gone = {"reason": "another patient's"}
    answer = house.post(f"{path}/retraction", json=gone, headers={**bram.headers, "If-Match": '"2"'})
    assert answer.status_code == 200, answer.text
    assert found.pull("findings") == []


def test_a_check_is_a_row_of_its_treatment_on_its_day(house: House, anna: Patient, bram: Staff, found: Study) -> None:
    treatment = chain(house, anna, GIVEN)
    for day in ("2026-05-04", "2026-03-20"):
        check(house, anna, bram, treatment, day)
    rows = found.pull("checks")
    shared = {"drug": "natalizumab_iv", "check": "jcv-antibody"}
    assert [told(row) for row in rows] == [shared | {"study_day": "-10"}, shared | {"study_day": "35"}]
    assert {row["treatment"] for row in rows} == {row["treatment"] for row in found.pull("treatments")}
    assert str(treatment) not in found.text("checks") + found.text("treatments")


def test_a_form_that_was_begun_without_an_answer_is_a_row_too(house: House, anna: Patient, found: Study) -> None:
    chain(house, anna, GIVEN)
    body = ResponseUpload(at="2026-04-29T08:00:00+02:00", about="previous", completed=False, answers={})
    assert house.post("/me/responses", json=body, headers=house.phone(anna)).status_code == 201
    rows = [(row["completed"], row["about_interval"], row["item"], row["value"]) for row in found.pull("answers")]
    assert rows == [("false", "1", "", "")]


def test_an_interval_tells_the_day_it_was_planned_to_end(house: House, anna: Patient, found: Study) -> None:
    chain(house, anna, GIVEN)
    assert [row["planned_end_study_day"] for row in found.pull("intervals")] == ["", "56"]


@pytest.mark.promise("P21")
@pytest.mark.parametrize("dataset", COURSE)
def test_who_withdrew_is_in_no_dataset(house: House, anna: Patient, bram: Staff, found: Study, dataset: str) -> None:
    treatment = chain(house, anna, GIVEN)
    enter(house, anna, bram)
    check(house, anna, bram, treatment, "2026-05-04")
    assert found.pull(dataset) != []
    assert found.leave(anna, bram).status_code == 200
    assert found.pull(dataset) == []
