"""Studies over HTTP: who sets them up, joins, is admitted, and what a refused or admitted researcher gets."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from backend.storage.events import EventRow
from tests.factories.chains import chain, local
from tests.factories.entries import EntryUpload, Rated, keep
from tests.factories.responses import ResponseUpload
from tests.factories.samples import SampleUpload, level
from tests.factories.studies import Study, admit, study
from tests.house import House, Patient, Staff

GIVEN = ["2026-03-02 09:00", "2026-03-30 09:00", "2026-04-27 09:00"]
Body = dict[str, Any]
DATASETS = (
    "entries",
    "intervals",
    "samples",
    "answers",
    "scores",
    "windows",
    "subjects",
    "visits",
    "treatments",
    "findings",
    "worsening",
    "checks",
)


@pytest.fixture
def wearing_off(house: House) -> Study:
    return study(house)


def subject(house: House, bram: Staff, *studies: Study, days: int = 3) -> Patient:
    """Enrol a patient with three doses and a few entries, who takes part in these studies."""
    anna = house.patient(cares_for=[bram])
    chain(house, anna, GIVEN)
    start = local(GIVEN[0]).replace(hour=20)
    keep(house, anna, [Rated(start + timedelta(days=day), {"fatigue": day}) for day in range(1, days + 1)])
    for one in studies:
        assert one.join(anna, bram).status_code == 200
    return anna


def reads(house: House) -> list[tuple[UUID | None, Any]]:
    """Return whose data were written down as pulled."""
    with house.unit(writes=False) as ctx:
        query = select(EventRow.patient_id, EventRow.detail).where(EventRow.act == "datasets:read")
        return [(patient_id, detail) for patient_id, detail in ctx.session.execute(query) if detail]


@pytest.mark.promise("P18")
def test_whoever_was_not_admitted_is_refused_before_the_first_byte(
    house: House, bram: Staff, wearing_off: Study
) -> None:
    subject(house, bram, wearing_off)
    other = house.login("researcher", email="other@clinic.example")
    refusals: list[tuple[dict[str, str], int]] = [({}, 401), (bram.headers, 403), (wearing_off.admin.headers, 403)]
    for headers, status in [*refusals, (other.headers, 404)]:
        answer = house.get(f"/research/studies/{wearing_off.id}/entries.csv", headers=headers)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert reads(house) == []


@pytest.mark.promise("P19")
def test_a_study_one_was_not_admitted_to_looks_like_none(house: House, wearing_off: Study) -> None:
    other = house.login("researcher", email="other@clinic.example")
    pages = [
        house.get(f"/research/studies/{one}/entries.csv", headers=other.headers) for one in (wearing_off.id, uuid4())
    ]
    bodies = [{key: value for key, value in (page.json or {}).items() if key != "request_id"} for page in pages]
    assert bodies[0] == bodies[1]
    assert bodies[0]["code"] == "not-found"


@pytest.mark.promise("P22")
def test_an_admission_ends_at_its_moment_and_can_be_given_another(house: House) -> None:
    ends_at = house.clock.now + timedelta(days=30)
    found = study(house, ends_at=ends_at)
    assert found.get("entries").status_code == 200
    house.clock.now = ends_at - timedelta(seconds=1)
    assert found.get("entries").status_code == 200
    house.clock.now = ends_at
    assert found.get("entries").status_code == 404
    assert house.get("/research/studies", headers=found.dirk.headers).json == {"items": []}
    admit(found, found.dirk, ends_at + timedelta(days=1))
    assert found.get("entries").status_code == 200
    admit(found, found.dirk, house.clock.now)
    assert found.get("entries").status_code == 404


@pytest.mark.parametrize("dataset", ["patients", "ENTRIES", "entries.csv", "entries%0d%0aX-Evil: 1", '"; x="'])
def test_a_dataset_there_is_not_is_not_found(wearing_off: Study, dataset: str) -> None:
    answer = wearing_off.get(dataset)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert "Content-Disposition" not in answer.headers


@pytest.mark.parametrize("dataset", [*DATASETS, "codebook"])
def test_a_pull_is_a_csv_file_of_its_own_name(wearing_off: Study, dataset: str) -> None:
    answer = wearing_off.get(dataset)
    assert (answer.status_code, answer.content_type) == (200, "text/csv")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{dataset}.csv"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_code_book_explains_every_column_that_is_pulled(house: House, bram: Staff, wearing_off: Study) -> None:
    subject(house, bram, wearing_off)
    book = wearing_off.pull("codebook")
    for dataset in DATASETS:
        header = wearing_off.text(dataset).splitlines()[0].split(",")
        assert header == [row["column"] for row in book if row["dataset"] == dataset]


@pytest.mark.promise("P23")
def test_every_subject_is_written_down_as_read_before_the_data_leave(
    house: House, bram: Staff, wearing_off: Study
) -> None:
    anna, ben = subject(house, bram, wearing_off), subject(house, bram, wearing_off)
    outsider = subject(house, bram)
    answer = house.client.get(
        f"/api/v1/research/studies/{wearing_off.id}/entries.csv", headers=wearing_off.dirk.headers, buffered=False
    )
    read = reads(house)
    answer.close()
    assert {patient_id for patient_id, _ in read} == {None, anna.id, ben.id}
    assert outsider.id not in {patient_id for patient_id, _ in read}
    assert all(detail["dataset"] == "entries" for _, detail in read)


@pytest.mark.promise("P20")
def test_a_patient_has_another_pseudonym_in_every_study_and_the_same_within_one(
    house: House, bram: Staff, wearing_off: Study
) -> None:
    second = study(house, "Finger pricks")
    subject(house, bram, wearing_off, second)
    names = {dataset: {row["subject"] for row in wearing_off.pull(dataset)} for dataset in ("entries", "intervals")}
    assert names["entries"] == names["intervals"]
    assert names["entries"].isdisjoint(row["subject"] for row in second.pull("entries"))
    keys = [{row["entry"] for row in one.pull("entries")} for one in (wearing_off, wearing_off, second)]
    assert keys[0] == keys[1]
    assert keys[0].isdisjoint(keys[2])


@pytest.mark.promise("P21")
def test_who_withdraws_is_gone_and_who_consents_again_returns_under_the_same_pseudonym(
    house: House, bram: Staff, wearing_off: Study
) -> None:
    anna = subject(house, bram, wearing_off)
    before = wearing_off.pull("entries")
    house.clock.now += timedelta(days=1)
    left = wearing_off.leave(anna, bram)
    assert (left.status_code, left.json["withdrawn_at"]) == (200, house.clock.now.isoformat())
    house.clock.now += timedelta(days=1)
    assert wearing_off.leave(anna, bram).json == left.json
    assert wearing_off.pull("entries") == []
    again = wearing_off.join(anna, bram).json
    assert (again["withdrawn_at"], again["consented_at"]) == (None, house.clock.now.isoformat())
    assert wearing_off.pull("entries") == before
    assert len(before) == 3


def test_consent_given_twice_is_given_once(house: House, bram: Staff, wearing_off: Study) -> None:
    anna = subject(house, bram, wearing_off)
    first = wearing_off.join(anna, bram).json
    house.clock.now += timedelta(days=1)
    assert wearing_off.join(anna, bram).json == first


def test_another_sites_study_is_not_found_by_its_patients_nurses_and_admin(house: House, bram: Staff) -> None:
    elsewhere = house.new_site()
    there = house.login("admin", site=elsewhere, email="there@clinic.example")
    made = house.post("/studies", json={"name": "Elsewhere"}, headers=there.headers)
    foreign = Study(house, str((made.json or {})["id"]), there, house.login("researcher"))
    anna = house.patient(cares_for=[bram])
    assert foreign.join(anna, bram).status_code == 404
    assert foreign.leave(anna, bram).status_code == 404
    assert house.get("/studies", headers=bram.headers).json == {"items": []}
    here = house.login("admin", email="here@clinic.example")
    body = {"staff_id": str(foreign.dirk.id)}
    assert house.post(f"/studies/{foreign.id}/researchers", json=body, headers=here.headers).status_code == 404


def test_only_researchers_are_admitted(house: House, bram: Staff, wearing_off: Study) -> None:
    for staff_id in (bram.id, uuid4()):
        body = {"staff_id": str(staff_id)}
        path = f"/studies/{wearing_off.id}/researchers"
        answer = house.post(path, json=body, headers=wearing_off.admin.headers)
        assert (answer.status_code, (answer.json or {})["pointers"][0]["pointer"]) == (422, "/staff_id")


def test_who_was_admitted_until_when_is_listed_for_the_sites_administrator_alone(
    house: House, bram: Staff, wearing_off: Study
) -> None:
    path, dirk = f"/studies/{wearing_off.id}/researchers", wearing_off.dirk
    over = house.clock.now + timedelta(days=30)
    since = house.clock.now
    house.clock.now += timedelta(days=1)
    admit(wearing_off, dirk, over)
    (one,) = house.get(path, headers=wearing_off.admin.headers).json["items"]
    assert (one["staff_id"], one["starts_at"], one["ends_at"]) == (str(dirk.id), since.isoformat(), over.isoformat())
    assert one["name"]
    assert house.get(path, headers=bram.headers).status_code == 403
    assert house.get(path, headers=dirk.headers).status_code == 403
    elsewhere = house.login("admin", site=house.new_site(), email="there@clinic.example")
    assert house.get(path, headers=elsewhere.headers).status_code == 404


def test_an_admission_ends_at_once_also_of_who_is_gone_and_a_new_one_tells_its_own_beginning(
    house: House, wearing_off: Study
) -> None:
    path, dirk, admin = f"/studies/{wearing_off.id}/researchers", wearing_off.dirk, wearing_off.admin
    house.clock.now += timedelta(hours=1)
    admit(wearing_off, dirk)
    for _ in range(2):
        assert house.delete(f"{path}/{dirk.id}", headers=admin.headers).status_code == 204
    assert wearing_off.get("subjects").status_code == 404
    assert house.delete(f"{path}/{uuid4()}", headers=admin.headers).status_code == 404
    house.clock.now += timedelta(hours=5)
    admit(wearing_off, dirk)
    (one,) = house.get(path, headers=admin.headers).json["items"]
    assert (one["starts_at"], one["ends_at"]) == (house.clock.now.isoformat(), None)
    assert house.post(f"/staff/{dirk.id}/departure", headers=admin.headers).status_code == 200
    house.clock.now += timedelta(hours=5)
    assert house.delete(f"{path}/{dirk.id}", headers=admin.headers).status_code == 204
    (one,) = house.get(path, headers=admin.headers).json["items"]
    assert one["ends_at"] == house.clock.now.isoformat()


def test_two_studies_of_one_name_are_refused(house: House, wearing_off: Study) -> None:
    again = house.post("/studies", json={"name": "Wearing-off"}, headers=wearing_off.admin.headers)
    assert (again.status_code, (again.json or {})["code"]) == (409, "already-exists")
    listed = house.get("/research/studies", headers=wearing_off.dirk.headers).json
    assert [one["name"] for one in (listed or {})["items"]] == ["Wearing-off"]


@pytest.mark.promise("P20")
def test_nothing_that_says_who_somebody_is_leaves(
    house: House, bram: Staff, wearing_off: Study, enrolled: Callable[..., Patient]
) -> None:
    name, number, words = "Anna de Vries-Zwart", "HN-4711-0815", "wobbly Tuesday legs"
    anna = enrolled(name=name, hospital_number=number, birth_on="1988-07-06", email="anna@home.example")
    chain(house, anna, GIVEN)
    phone = house.phone(anna)
    entry = cast("Body", EntryUpload(at="2026-04-28T08:00:00+02:00", note=f"{name} {words}"))
    entry["ratings"].append({"symptom": "other", "intensity": 3, "words": words})
    response = cast("Body", ResponseUpload(at="2026-04-28T08:00:00+02:00"))
    sample = cast("Body", SampleUpload(at="2026-04-26T08:00:00+02:00"))
    for path, body in (("diary-entries", entry), ("responses", response), ("samples", sample)):
        answer = house.post(f"/me/{path}", json=body, headers=phone)
        assert answer.status_code == 201, answer.text
    measured = house.post(f"/patients/{anna.id}/samples/{sample['id']}/results", json=level(12.5), headers=bram.headers)
    assert measured.status_code == 201, measured.text
    wearing_off.join(anna, bram)
    everything = "".join(wearing_off.text(dataset) for dataset in DATASETS)
    assert everything.count("\n") >= len(DATASETS) + 1 + 3 + 1 + 2
    assert "12.5" in everything
    known = [name, "Vries", number, "1988", words, "wobbly", "home.example", str(anna.id), anna.id.hex]
    known += [told for one in (entry, response, sample) for told in (one["id"], one["id"].replace("-", ""))]
    assert [told for told in known if told.lower() in everything.lower()] == []
    assert re.search(r"\d{4}-\d\d-\d\d|2026|\d\d/\d\d/|Amsterdam|[+]0[12]:00", everything) is None


@pytest.fixture
def enrolled(house: House, bram: Staff) -> Callable[..., Patient]:
    """Enrol a patient over HTTP, with an identity."""

    def enrol(**identity: str) -> Patient:
        answer = house.post("/patients", json=identity, headers=bram.headers)
        assert answer.status_code == 201, answer.text
        patient_id = UUID((answer.json or {})["id"])
        found = house.patient()
        return Patient(patient_id, type(found.actor)(found.actor.role, patient_id=patient_id))

    return enrol
