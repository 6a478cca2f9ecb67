"""Results over HTTP: exact units, corrections that keep what they replace, who sees them, and release."""

from typing import Any

import pytest

from tests.factories.samples import SampleUpload, happened, level
from tests.house import House, Patient, Staff


@pytest.fixture
def els(house: House) -> Staff:
    return house.login("coordinator")


@pytest.fixture
def anna(house: House, carla: Staff, els: Staff) -> Patient:
    return house.patient(cares_for=[carla, els])


def taken(house: House, anna: Patient, **told: Any) -> str:
    """Let a patient log a prick and return the path of its results."""
    upload = SampleUpload.build() | told
    assert house.post("/me/samples", json=upload, headers=house.phone(anna)).status_code == 201
    return f"/patients/{anna.id}/samples/{upload['id']}/results"


def match(carla: Staff, version: int) -> dict[str, str]:
    return {**carla.headers, "If-Match": f'"{version}"'}


@pytest.mark.parametrize(("value", "unit"), [(12400, "ng/mL"), (12.4, "mg/L"), (12.4, "ug/mL")])
def test_a_level_is_converted_exactly_and_the_raw_value_kept(
    house: House, anna: Patient, carla: Staff, value: float, unit: str
) -> None:
    made = house.post(taken(house, anna), json=level(value, unit), headers=carla.headers)
    assert (made.status_code, made.json["state"]) == (201, "reported")
    (result,) = made.json["results"]
    assert (result["value"], result["unit"], result["raw_value"], result["raw_unit"]) == (12.4, "ug/mL", value, unit)


def test_a_value_that_binary_fractions_cannot_hold_is_stored_digit_by_digit(
    house: House, anna: Patient, carla: Staff
) -> None:
    path = taken(house, anna)
    house.post(path, json=level(0.1, "ng/mL", comparator="<", lloq=0.3), headers=carla.headers)
    with house.unit(carla, writes=False) as ctx:
        row = ctx.session.connection().exec_driver_sql("SELECT value, lloq, raw_value FROM sample_results").one()
    assert tuple(row) == ("0.0001", "0.0003", "0.1")


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        (level(12.4, "mmol/L"), "/unit"),
        (level(201), "/value"),
        (level(5, factor=1.2), "/factor"),
        ({"analyte": "antibodies", "value": 3, "unit": "ug/mL"}, "/unit"),
        ({"analyte": "antibodies", "value": 3, "unit": "AU/mL", "lloq": 1}, "/lloq"),
        (level("12.4"), "/value"),  # type: ignore[arg-type]  # a text is refused
    ],
)
def test_a_result_that_cannot_be_is_refused_with_its_field(
    house: House, anna: Patient, carla: Staff, told: dict[str, Any], pointer: str
) -> None:
    refused = house.post(taken(house, anna), json=told, headers=carla.headers)
    assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, pointer)
    assert house.get(f"/patients/{anna.id}/results", headers=carla.headers).json == {"items": []}


def test_a_dried_spot_needs_its_factor(house: House, anna: Patient, carla: Staff) -> None:
    path = taken(house, anna, matrix="capillary_dried")
    assert house.post(path, json=level(5), headers=carla.headers).status_code == 422
    (result,) = house.post(path, json=level(5, factor=1.3), headers=carla.headers).json["results"]
    assert (result["value"], result["raw_value"], result["factor"]) == (6.5, 5, 1.3)


def test_a_retried_result_is_stored_once_and_another_value_is_refused(
    house: House, anna: Patient, carla: Staff
) -> None:
    path = taken(house, anna)
    assert house.post(path, json=level(12.4), headers=carla.headers).status_code == 201
    again = house.post(path, json=level(12.4), headers=carla.headers)
    assert (again.status_code, again.json["duplicate"], len(again.json["results"])) == (200, True, 1)
    other = house.post(path, json=level(13), headers=carla.headers)
    assert (other.status_code, other.json["code"]) == (409, "already-exists")
    antibodies = {"analyte": "antibodies", "value": 3, "unit": "AU/mL"}
    both = house.post(path, json=antibodies, headers=carla.headers).json["results"]
    assert [(one["analyte"], one["standing"]) for one in both] == [("level", True), ("antibodies", True)]


def test_a_corrected_result_replaces_the_standing_one_which_is_kept(house: House, anna: Patient, carla: Staff) -> None:
    path = taken(house, anna)
    told = {**level(21.4), "released": False, "reason": "typing error"}
    nothing = house.post(f"{path}/corrections", json=told, headers=match(carla, 1))
    assert (nothing.status_code, nothing.json["code"]) == (409, "wrong-state")
    made = house.post(path, json=level(12.4), headers=carla.headers).json
    assert house.post(f"{path}/corrections", json=told, headers=carla.headers).status_code == 428
    assert house.post(f"{path}/corrections", json=told, headers=match(carla, 1)).json["code"] == "stale-version"
    done = house.post(f"{path}/corrections", json=told, headers=match(carla, made["version"]))
    assert done.status_code == 201
    told_apart = [(one["value"], one["standing"], one["reason"]) for one in done.json["results"]]
    assert told_apart == [(12.4, False, ""), (21.4, True, "typing error")]


def test_a_patient_sees_a_result_only_once_it_is_released(house: House, anna: Patient, carla: Staff) -> None:
    path = taken(house, anna)

    def seen() -> list[Any]:
        (sample,) = house.get("/me/samples", headers=house.phone(anna)).json["items"]
        return [(one["value"], one["unit"]) for one in sample["results"]]

    made = house.post(path, json=level(12.4), headers=carla.headers).json
    assert seen() == []
    wrong = house.post(f"{path}/release", json={"analyte": "level"}, headers=match(carla, made["version"] - 1))
    assert wrong.json["code"] == "stale-version"
    done = house.post(f"{path}/release", json={"analyte": "level"}, headers=match(carla, made["version"]))
    assert (done.status_code, seen()) == (200, [(12.4, "ug/mL")])
    again = house.post(f"{path}/release", json={"analyte": "level"}, headers=match(carla, made["version"]))
    assert (again.status_code, again.json["version"]) == (200, done.json["version"])
    told = {**level(9), "released": False, "reason": "wrong tube"}
    house.post(f"{path}/corrections", json=told, headers=match(carla, done.json["version"]))
    assert seen() == []


def test_a_coordinator_sees_where_samples_are_but_no_level(
    house: House, anna: Patient, carla: Staff, els: Staff
) -> None:
    path = taken(house, anna)
    house.post(path, json=level(12.4, released=True), headers=carla.headers)
    listed = house.get(f"/patients/{anna.id}/samples", headers=els.headers)
    assert (listed.status_code, listed.json["items"][0]["state"]) == (200, "reported")
    assert b"12.4" not in listed.data
    assert house.get(f"/patients/{anna.id}/results", headers=els.headers).status_code == 403
    assert house.post(path, json=level(12.4), headers=els.headers).status_code == 403
    stranger = house.login("clinician")
    assert house.get(f"/patients/{anna.id}/results", headers=stranger.headers).status_code == 404


def test_a_rejected_sample_takes_no_result(house: House, anna: Patient, carla: Staff, els: Staff) -> None:
    path = taken(house, anna)
    told = happened("rejected", "2026-06-01T11:00:00+02:00", reason="clotted")
    assert house.post(path.replace("/results", "/steps"), json=told, headers=els.headers).status_code == 201
    refused = house.post(path, json=level(12.4), headers=carla.headers)
    assert (refused.status_code, refused.json["code"]) == (409, "wrong-state")
