"""Subjects of a study that is followed: who takes part, writes, and takes entries back."""

from datetime import timedelta

from tests.factories.chains import chain, local
from tests.factories.entries import Rated, keep
from tests.factories.studies import Study
from tests.house import House, Patient, Staff

GIVEN = ["2026-03-02 09:00", "2026-03-30 09:00", "2026-04-27 09:00"]


def subject(bram: Staff, found: Study, days: int = 3) -> Patient:
    """Enrol a patient with three doses and some entries, who takes part."""
    house = found.house
    anna = house.patient(cares_for=[bram])
    chain(house, anna, GIVEN)
    log(house, anna, range(1, days + 1))
    assert found.join(anna, bram).status_code == 200
    return anna


def log(house: House, anna: Patient, days: range, rating: int = 4) -> None:
    start = local(GIVEN[0]).replace(hour=20)
    keep(house, anna, [Rated(start + timedelta(days=day), {"fatigue": rating}) for day in days])


def entries(house: House, anna: Patient) -> list[dict[str, object]]:
    items: list[dict[str, object]] = house.get("/me/diary-entries", headers=house.phone(anna)).json["items"]
    return items


def retract(house: House, anna: Patient, entry: dict[str, object]) -> None:
    told = {"recorded_at": house.clock.now.isoformat(), "reason": "mistake", "base_version": entry["version"]}
    answer = house.post(f"/me/diary-entries/{entry['id']}/retraction", json=told, headers=house.phone(anna))
    assert answer.status_code < 300, answer.text
