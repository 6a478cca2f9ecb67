"""The house of the tests itself: what other tests take for granted holds."""

from datetime import timedelta

from sqlalchemy import func, select

from backend.storage.patients import PatientRow
from tests.house import House


def test_a_patient_sees_an_empty_diary(house: House) -> None:
    anna = house.patient()
    assert house.get("/me/diary-entries", headers=house.phone(anna)).json == {"items": [], "next": None}


def test_only_staff_who_care_for_a_patient_reach_them(house: House) -> None:
    bram, carla = house.login("nurse"), house.login("clinician")
    anna = house.patient(cares_for=[bram])
    path = f"/patients/{anna.id}/diary-entries"
    assert house.get(path, headers=bram.headers).status_code == 200
    assert house.get(path, headers=carla.headers).status_code == 404


def test_a_log_in_outlives_a_clock_moved_by_a_year(house: House) -> None:
    bram = house.login("nurse")
    anna = house.patient(cares_for=[bram])
    house.clock.now += timedelta(days=365)
    assert house.get(f"/patients/{anna.id}/diary-entries", headers=bram.headers).status_code == 200


def test_every_test_finds_nobody(house: House) -> None:
    with house.unit(writes=False) as ctx:
        assert ctx.session.scalar(select(func.count()).select_from(PatientRow)) == 0
    house.patient()
    assert house.clock.now.isoformat() == "2026-06-01T10:00:00+00:00"
