"""Studies whose patients are asked something on certain days: told with consent, and no longer without."""

import pytest
from sqlalchemy import select

from backend.domain.windows import designs
from backend.storage.reminders import ReminderRow
from tests.factories.chains import chain
from tests.factories.studies import Study, StudyBody, study
from tests.house import House, Patient, Staff


@pytest.fixture
def anna(house: House, bram: Staff) -> Patient:
    """A patient in the first week after a dose."""
    anna = house.patient(cares_for=[bram], email_sealed=b"somewhere")
    chain(house, anna, ["2026-05-30 09:00"])
    return anna


def with_windows(house: House, key: str) -> Study:
    found = study(house)
    body = StudyBody.build(windows=key)
    made = house.post("/studies", json=body, headers=found.admin.headers)
    assert (made.status_code, made.json["windows"]) == (201, key)
    return Study(house, made.json["id"], found.admin, found.dirk)


def asked(house: House, joined: Study) -> set[str]:
    """Return the states of what a study's patients are to be told."""
    with house.unit(writes=False) as ctx:
        rows = ctx.session.scalars(select(ReminderRow)).all()
        return {row.status for row in rows if row.subject.startswith(f"study:{joined.id}")}


def test_a_study_is_listed_with_the_design_it_follows(house: House) -> None:
    plain = study(house)
    made = house.post("/studies", json=StudyBody.build(windows="RATCHFORD"), headers=plain.admin.headers)
    listed = house.get("/studies", headers=plain.admin.headers).json["items"]
    assert {one["id"]: one["windows"] for one in listed} == {plain.id: None, made.json["id"]: "RATCHFORD"}


@pytest.mark.promise("P06")
@pytest.mark.parametrize("windows", ["ratchford", "", 7, ["RATCHFORD"]])
def test_a_design_nobody_published_is_refused(house: House, windows: object) -> None:
    fatima = house.login("admin")
    answer = house.post("/studies", json=StudyBody.build(windows=windows), headers=fatima.headers)
    assert (answer.status_code, [one["pointer"] for one in answer.json["pointers"]]) == (422, ["/windows"])
    assert house.get("/studies", headers=fatima.headers).json["items"] == []


def test_every_design_can_be_followed(house: House) -> None:
    fatima = house.login("admin")
    for key in designs():
        body = StudyBody.build(windows=key)
        assert house.post("/studies", json=body, headers=fatima.headers).status_code == 201


@pytest.mark.promise("P12")
def test_with_consent_the_windows_are_told_and_without_it_no_longer(house: House, bram: Staff, anna: Patient) -> None:
    joined = with_windows(house, "RATCHFORD")
    assert joined.join(anna, bram).status_code == 200
    assert asked(house, joined) == {"planned"}
    assert joined.leave(anna, bram).status_code == 200
    assert asked(house, joined) == {"cancelled"}
    assert joined.join(anna, bram).status_code == 200
    assert "planned" in asked(house, joined)


def test_a_study_without_windows_asks_nothing(house: House, bram: Staff, anna: Patient) -> None:
    joined = study(house)
    assert joined.join(anna, bram).status_code == 200
    assert asked(house, joined) == set()
