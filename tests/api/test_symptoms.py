"""The diary over HTTP: retries, corrections and retractions, each with its three times and its trace."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from backend.services import corrections
from backend.storage.events import EventRow
from backend.storage.patients import PatientRow
from tests.factories.chains import chain, local
from tests.factories.entries import EntryUpload
from tests.house import House, Patient, Staff

GIVEN = ["2026-04-06 09:00", "2026-05-04 09:00"]


@pytest.fixture
def anna(house: House, bram: Staff) -> Patient:
    made = house.patient(cares_for=[bram])
    chain(house, made, GIVEN)
    house.clock.now = local("2026-06-01 12:30")
    return made


@pytest.fixture
def bram(house: House) -> Staff:
    return house.login("nurse", name="Bram")


def correction(upload: dict[str, Any], **told: Any) -> dict[str, Any]:
    newer = {name: upload[name] for name in ("occurred", "recorded_at", "ratings")}
    return newer | {"base_version": 1, "reason": "mistyped"} | told


def test_a_retried_entry_is_stored_once_and_other_content_is_refused(house: House, anna: Patient) -> None:
    phone, upload = house.phone(anna), EntryUpload.build()
    first, again = (house.post("/me/diary-entries", json=upload, headers=phone) for _ in range(2))
    assert (first.status_code, again.status_code, again.json["duplicate"]) == (201, 200, True)
    assert (first.json["place"]["interval"], first.json["place"]["day_since_dose"]) == (2, 28)
    other = house.post("/me/diary-entries", json={**upload, "no_complaints": True, "ratings": []}, headers=phone)
    assert (other.status_code, other.json["code"]) == (409, "id-in-use")
    assert house.get(f"/me/diary-entries/{upload['id']}", headers=phone).json["ratings"][0]["intensity"] == 4


@pytest.mark.promise("P08")
def test_a_corrected_entry_keeps_what_it_was_with_all_three_times(house: House, anna: Patient) -> None:
    phone, upload = house.phone(anna), EntryUpload.build()
    path = f"/me/diary-entries/{upload['id']}"
    house.post("/me/diary-entries", json=upload, headers=phone)
    house.clock.now = local("2026-06-02 11:00")
    newer = correction(
        upload, recorded_at="2026-06-02T10:59:00+02:00", ratings=[{"symptom": "fatigue", "intensity": 7}]
    )
    made = house.put(path, json=newer, headers=phone)
    assert (made.status_code, made.json["version"], made.json["ratings"][0]["intensity"]) == (200, 2, 7)
    assert (made.json["recorded_at"], made.json["received_at"]) == (newer["recorded_at"], "2026-06-02T09:00:00+00:00")
    assert made.json["place"]["days_before_planned"] == 0  # the plan as it stood when the entry was first made
    (old,) = house.get(f"{path}/history", headers=phone).json["items"]
    assert (old["version"], old["reason"], old["content"]["ratings"][0]["intensity"]) == (1, "mistyped", 4)
    assert old["content"]["recorded_at"] == "2026-06-01T08:00:00+02:00"
    assert old["content"]["received_at"] == "2026-06-01T10:30:00+00:00"
    again = house.put(path, json=newer, headers=phone)
    assert (again.status_code, again.json["version"], again.json["duplicate"]) == (200, 2, True)


def test_of_two_corrections_that_contradict_the_first_stands_and_the_second_is_told_apart(
    house: House, anna: Patient
) -> None:
    phone, upload = house.phone(anna), EntryUpload.build()
    path = f"/me/diary-entries/{upload['id']}"
    house.post("/me/diary-entries", json=upload, headers=phone)
    first = correction(upload, ratings=[{"symptom": "fatigue", "intensity": 7}], note="in the tram")
    assert house.put(path, json=first, headers=phone).json["version"] == 2
    second = correction(upload, ratings=[{"symptom": "fatigue", "intensity": 2}])
    for _ in range(2):
        refused = house.put(path, json=second, headers=phone)
        assert (refused.status_code, refused.json["code"]) == (409, "contradicted")
        (apart,) = refused.json["difference"]
        assert apart["field"] == "ratings"
        assert [apart[who][0]["intensity"] for who in ("base", "standing", "yours")] == [4, 7, 2]
    with house.unit(anna, writes=False) as ctx:
        (kept,) = corrections.refused(ctx, ctx.session.get_one(PatientRow, anna.id))
    assert (kept.base_version, kept.standing_version, kept.statement["ratings"][0]["intensity"]) == (1, 2, 2)


def test_notes_of_two_corrections_are_put_under_each_other(house: House, anna: Patient) -> None:
    phone, upload = house.phone(anna), EntryUpload.build()
    path = f"/me/diary-entries/{upload['id']}"
    house.post("/me/diary-entries", json=upload, headers=phone)
    first = correction(upload, ratings=[{"symptom": "fatigue", "intensity": 7}], note="in the tram")
    house.put(path, json=first, headers=phone)
    merged = house.put(path, json=correction(upload, note="slept badly"), headers=phone)
    assert (merged.status_code, merged.json["version"], merged.json["note"]) == (200, 3, "in the tram\nslept badly")
    assert merged.json["ratings"][0]["intensity"] == 7


def test_a_correction_of_a_version_to_come_is_to_be_sent_again(house: House, anna: Patient) -> None:
    phone, upload = house.phone(anna), EntryUpload.build()
    path = f"/me/diary-entries/{upload['id']}"
    house.post("/me/diary-entries", json=upload, headers=phone)
    early = house.put(path, json=correction(upload, base_version=2, note="later"), headers=phone)
    assert (early.status_code, early.json["code"], early.json["retryable"]) == (409, "not-yet-known", True)


@pytest.mark.promise("P05")
def test_a_retracted_entry_stays_gone_however_often_it_is_retracted(house: House, anna: Patient, bram: Staff) -> None:
    phone, upload = house.phone(anna), EntryUpload.build()
    path = f"/me/diary-entries/{upload['id']}"
    house.post("/me/diary-entries", json=upload, headers=phone)
    gone = {"base_version": 1, "recorded_at": "2026-06-01T09:59:00+02:00", "reason": "not mine"}
    answers = [house.post(f"{path}/retraction", json=gone, headers=phone) for _ in range(2)]
    assert [(one.status_code, one.json["version"], one.json["retracted"]) for one in answers] == [(200, 2, True)] * 2
    assert house.put(path, json=correction(upload), headers=phone).json["code"] == "retracted"
    assert house.get(f"/patients/{anna.id}/diary-entries", headers=bram.headers).json["items"] == []


@pytest.mark.parametrize("at", ["1999-12-31T23:00:00+00:00", "2031-01-01T00:00:00+00:00"])
def test_a_retraction_at_a_time_that_cannot_be_changes_nothing(house: House, anna: Patient, at: str) -> None:
    phone, upload = house.phone(anna), EntryUpload.build()
    path = f"/me/diary-entries/{upload['id']}"
    house.post("/me/diary-entries", json=upload, headers=phone)
    told = {"base_version": 1, "recorded_at": at, "reason": "not mine"}
    refused = house.post(f"{path}/retraction", json=told, headers=phone)
    assert (refused.status_code, refused.json["code"]) == (422, "out-of-time")
    assert not house.get(path, headers=phone).json["retracted"]


def test_the_answer_to_a_retry_is_written_down_as_a_read(house: House, anna: Patient) -> None:
    phone, upload = house.phone(anna), EntryUpload.build()
    for _ in range(2):
        house.post("/me/diary-entries", json=upload, headers=phone)
    with house.unit(anna, writes=False) as ctx:
        query = select(EventRow.act).where(EventRow.subject == upload["id"]).order_by(EventRow.id)
        assert list(ctx.session.scalars(query)) == ["own-entries:write", "own-entries:read"]


@pytest.mark.promise("P04")
def test_nobody_reaches_the_entry_of_another_patient(house: House, anna: Patient) -> None:
    upload = EntryUpload.build()
    house.post("/me/diary-entries", json=upload, headers=house.phone(anna))
    stranger = house.phone(house.patient())
    answers = [house.get(f"/me/diary-entries/{one}", headers=stranger) for one in (upload["id"], uuid4())]
    assert answers[0].status_code == 404
    assert answers[0].data == answers[1].data
