"""A patient's own consents over HTTP: which studies hold them, and taking a consent back."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from backend.services.feed import Kind
from backend.storage.feed import ChangeRow
from tests.factories.entries import EntryUpload
from tests.factories.studies import Study, study
from tests.house import House, Patient, Staff


@pytest.fixture
def phone(house: House, anna: Patient) -> dict[str, str]:
    return house.phone(anna)


@pytest.fixture
def joined(house: House, anna: Patient, bram: Staff) -> Study:
    """A study that anna consented to."""
    found = study(house)
    assert found.join(anna, bram).status_code == 200
    return found


def consents(house: House, phone: dict[str, str]) -> list[dict[str, Any]]:
    answer = house.get("/me/consents", headers=phone)
    assert answer.status_code == 200
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def withdraw(house: House, phone: dict[str, str], study_id: object) -> Any:
    return house.post(f"/me/consents/{study_id}/withdrawal", headers=phone)


def test_a_patient_sees_the_studies_they_said_yes_to(house: House, joined: Study, phone: dict[str, str]) -> None:
    study(house, name="Another")
    told = {"study_id": joined.id, "name": "Wearing-off", "days": "since-first-dose", "withdrawn_at": None}
    (found,) = consents(house, phone)
    assert found | told | {"consented_at": "2026-06-01T10:00:00+00:00", "finished_at": None} == found
    (paper,) = found["purposes"]
    assert (paper["purpose"], paper["state"], paper["agreed"], paper["hash"]) == ("study", "given", 0, None)


@pytest.mark.promise("P21")
def test_after_a_withdrawal_from_the_phone_no_pull_holds_the_patient(
    house: House, joined: Study, phone: dict[str, str]
) -> None:
    assert house.post("/me/diary-entries", json=EntryUpload.build(), headers=phone).status_code == 201
    assert len(joined.pull("entries")) == 1
    first = withdraw(house, phone, joined.id)
    assert (first.status_code, first.json["withdrawn_at"]) == (200, "2026-06-01T10:00:00+00:00")
    assert joined.pull("entries") == []
    house.clock.now = house.clock.now.replace(hour=12)
    assert withdraw(house, phone, joined.id).json == first.json
    assert consents(house, phone) == [first.json]


@pytest.mark.promise("P19")
def test_a_study_one_never_joined_is_no_study(house: House, joined: Study, phone: dict[str, str]) -> None:
    stranger = house.phone(house.patient())
    answers = [withdraw(house, stranger, one) for one in (joined.id, uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json | {"request_id": ""} == answers[1].json | {"request_id": ""}
    assert consents(house, phone)[0]["withdrawn_at"] is None


def test_consent_given_or_taken_back_on_either_side_is_told_to_the_phones(
    house: House, anna: Patient, bram: Staff, joined: Study, phone: dict[str, str]
) -> None:
    def seq() -> int:
        with house.unit(writes=False) as ctx:
            query = select(ChangeRow.seq).where(ChangeRow.patient_id == anna.id, ChangeRow.kind == Kind.CONSENTS.value)
            return ctx.session.scalars(query).one()

    told = [seq()]
    assert joined.leave(anna, bram).status_code == 200
    told.append(seq())
    assert joined.join(anna, bram).status_code == 200
    told.append(seq())
    assert withdraw(house, phone, joined.id).status_code == 200
    told.append(seq())
    assert told == sorted(set(told))
    assert withdraw(house, phone, joined.id).status_code == 200
    assert seq() == told[-1]
