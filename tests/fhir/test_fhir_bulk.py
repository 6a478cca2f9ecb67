"""Bulk export over HTTP, as the Bulk Data Access guide says: kick off, wait, take the files, let go; who may not."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from sqlalchemy import select

from backend.domain.fhir.pseudonymous import TYPES
from backend.services import freezing, snapshot_files
from backend.storage.events import EventRow
from backend.storage.snapshots import SnapshotRow
from tests.factories.chains import chain, local
from tests.factories.entries import Rated, keep
from tests.factories.responses import ResponseUpload
from tests.factories.snapshots import Snapshots, build
from tests.factories.studies import Study, admit, study
from tests.fhir.exports import ASYNC, ask, manifest, path_of, taken
from tests.house import House, Patient, Staff

GIVEN = ["2026-03-02 09:00", "2026-03-30 09:00", "2026-04-27 09:00"]


@pytest.fixture
def bram(house: House) -> Staff:
    return house.login("nurse")


@pytest.fixture
def found(house: House) -> Study:
    return study(house)


def subject(of: Study, bram: Staff, rating: int = 4) -> Patient:
    """Enrol a patient with three doses and an entry, who takes part."""
    anna = of.house.patient(cares_for=[bram])
    chain(of.house, anna, GIVEN)
    keep(of.house, anna, [Rated(local("2026-03-05 20:00"), {"fatigue": rating})])
    assert of.join(anna, bram).status_code == 200
    return anna


def get(of: Study, url: str, headers: dict[str, str] | None = None, **more: str) -> Any:
    return of.house.client.get(path_of(url), headers=(headers or of.dirk.headers) | more)


def stop(_build: freezing.Build) -> None:
    raise freezing.Stopped


def lines(raw: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in raw.decode().splitlines()]


@pytest.mark.promise("P23")
def test_an_export_is_kicked_off_waited_for_taken_and_let_go(
    house: House, bram: Staff, found: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = subject(found, bram)
    subject(found, bram)
    kicked = ask(found, "?_type=Patient,Observation&_type=Specimen&_outputFormat=application/fhir%2Bndjson")
    assert (kicked.status_code, kicked.data) == (202, b"")
    where = kicked.headers["Content-Location"]
    waiting = get(found, where, Accept="application/json")
    assert (waiting.status_code, waiting.data, waiting.headers["X-Progress"]) == (202, b"", "waiting")
    assert int(waiting.headers["Retry-After"]) > 0
    with monkeypatch.context() as patched:
        patched.setattr(freezing, "_write", stop)  # told to end after the rows were read
        assert build(house)
    assert get(found, where).headers["X-Progress"] == "building: 2 of 2 subjects"
    here = where.partition("?")[0]
    assert get(found, f"{here}/Patient.ndjson").status_code == 409
    house.clock.now += timedelta(minutes=2)
    assert build(house)
    done = get(found, where)
    assert (done.status_code, done.content_type) == (200, "application/json")
    told = done.json
    assert told["transactionTime"] == Snapshots(found).told(here.rpartition("/")[2])["taken_at"]
    assert told["request"] == here.rpartition("/")[0] + "?" + where.partition("?")[2]
    assert (told["requiresAccessToken"], told["error"]) == (True, [])
    assert {one["type"]: one["count"] for one in told["output"]} == {"Patient": 2, "Observation": 4}
    for kind, raw in taken(found, told).items():
        assert {one["resourceType"] for one in lines(raw)} == {kind}
        rest = get(found, f"{here}/{kind}.ndjson", Range="bytes=9-")
        assert (rest.status_code, rest.data) == (206, raw[9:])
    with house.unit(writes=False) as ctx:
        query = select(EventRow.detail).where(EventRow.patient_id == anna.id, EventRow.act == "datasets:read")
        assert {one["file"] for one in ctx.session.scalars(query)} == {"Patient.ndjson", "Observation.ndjson"}
    assert house.client.delete(path_of(where), headers=found.dirk.headers).status_code == 202
    gone = [get(found, where), get(found, f"{here}/Patient.ndjson")]
    assert [(one.status_code, one.json["resourceType"]) for one in gone] == [(404, "OperationOutcome")] * 2


def test_without_types_all_that_leave_are_exported(bram: Staff, found: Study) -> None:
    subject(found, bram)
    told = manifest(found)
    nothing = {"Specimen", "Questionnaire", "QuestionnaireResponse", "Appointment"}
    assert {one["type"] for one in told["output"]} == {*TYPES} - nothing


@pytest.mark.parametrize(
    ("query", "headers", "status", "pointer"),
    [
        ("", {"Accept": "application/fhir+json"}, 400, "/header/Prefer"),
        ("", {"Prefer": "respond-async", "Accept": "text/html"}, 406, ""),
        ("?_type=Patient,Encounter", ASYNC, 400, "/query/_type: Not exported: Encounter."),
        ("?_since=2026-01-01T00:00:00Z", ASYNC, 400, "/query/_since: Not supported: what is exported does not tell"),
        ("?_outputFormat=application/x-parquet", ASYNC, 400, "/query/_outputFormat"),
        ("?_elements=Patient.id", ASYNC, 400, "/query/_elements"),
    ],
)
def test_what_is_not_served_is_refused_and_named(
    found: Study, query: str, headers: dict[str, str], status: int, pointer: str
) -> None:
    refused = ask(found, query, headers)
    assert (refused.status_code, refused.content_type) == (status, "application/fhir+json; charset=utf-8")
    OperationOutcome.model_validate(refused.json)
    assert refused.json["issue"][-1]["diagnostics" if pointer else "code"].startswith(pointer)
    assert not Snapshots(found).get().json["items"]


def test_each_name_of_the_format_is_taken_and_too_many_at_once_have_to_wait(found: Study) -> None:
    for name in ("ndjson", "application/ndjson", "application/fhir+ndjson"):
        assert ask(found, f"?_outputFormat={name}").status_code == 202
    busy = ask(found)
    assert (busy.status_code, busy.headers["Retry-After"], busy.json["issue"][0]["code"]) == (429, "60", "throttled")


@pytest.mark.promise("P18")
@pytest.mark.promise("P19")
def test_only_who_was_admitted_exports_and_another_study_is_as_unknown_as_none(house: House, found: Study) -> None:
    other = study(house, name="Other")
    where = path_of(ask(other).headers["Content-Location"])
    build(house)
    body = {"name": "bulk client", "ends_at": (house.clock.now + timedelta(days=9)).isoformat()}
    path = f"/research/studies/{found.id}/keys"
    admit(other, found.dirk)
    key = {"Authorization": f"Bearer {house.post(path, json=body, headers=found.dirk.headers).json['token']}"}
    assert get(found, ask(found, headers=ASYNC | key).headers["Content-Location"], key).status_code == 202
    eve = house.login("researcher")
    for headers in (eve.headers, key):
        for mine, none in ((other.id, str(uuid4())), (where.rpartition("/")[2], str(uuid4()))):
            for asked in (where.rpartition("/")[0], where, f"{where}/Patient.ndjson"):
                for method in ("get", "delete"):
                    answers = [
                        getattr(house.client, method)(one, headers=headers | ASYNC)
                        for one in (asked, asked.replace(mine, none))
                    ]
                    if answers[0].status_code != 405:
                        assert {(one.status_code, one.data) for one in answers} == {(404, answers[0].data)}
    assert get(other, where).status_code == 200
    for role in ("nurse", "clinician", "coordinator", "admin"):
        assert ask(found, headers=ASYNC | house.login(role).headers).status_code == 403
    assert house.client.get(where, headers=ASYNC).status_code == 401


@pytest.mark.promise("P21")
def test_whoever_withdraws_is_gone_from_what_was_exported(house: House, bram: Staff, found: Study) -> None:
    anna, other = subject(found, bram, rating=9), subject(found, bram)
    answer = house.post("/me/responses", json=ResponseUpload.build(), headers=house.phone(anna))
    assert answer.status_code == 201, answer.text
    told = manifest(found)
    before, where = taken(found, told), told["output"][0]["url"].rpartition("/")[0]
    assert "Questionnaire" in before
    (whose,) = {one["subject"]["reference"] for one in lines(before["QuestionnaireResponse"])}
    assert found.leave(anna, bram).status_code == 200
    assert get(found, where).status_code == 202
    assert get(found, f"{where}/Patient.ndjson").status_code == 409
    assert build(house)
    after = taken(found, get(found, where).json)
    assert set(before) - set(after) == {"Questionnaire", "QuestionnaireResponse"}  # nobody else answered that form
    name = whose.partition("/")[2].encode()
    assert [kind for kind, raw in after.items() if name in raw] == []
    assert [kind for kind, raw in before.items() if name not in raw] == ["Questionnaire", "ResearchStudy"]
    assert len(lines(after["Patient"])) == 1
    assert other.id != anna.id


def test_fhir_beside_datasets_changes_neither_their_hash_nor_what_changed(
    house: House, bram: Staff, found: Study
) -> None:
    subject(found, bram)
    frozen = Snapshots(found)
    plain, both = frozen.frozen(["entries"]), frozen.frozen(["entries"], ["csv", "odm", "fhir"])
    told = frozen.told(both)
    assert (told["sha256"], told["resources"], told["datasets"]) == (
        frozen.told(plain)["sha256"],
        [*TYPES],
        ["entries"],
    )
    assert frozen.get(f"/{both}/changes?since={plain}").data == b""
    assert b"fhir" not in frozen.file(both, "study.odm.xml")
    withheld = json.loads(frozen.file(both, "manifest.json"))["withheld"]
    assert "dose-ids" not in {one["what"] for one in withheld}
    here = f"/fhir/Group/{found.id}/$export"
    assert get(found, f"{here}/{both}/Patient.ndjson").data == frozen.file(both, "Patient.ndjson")
    assert [get(found, f"{here}/{one}").status_code for one in (f"{both}/entries.csv", plain)] == [404, 404]
    alone, again = (Snapshots(found).frozen(formats=["fhir"]) for _ in range(2))
    first, second = (frozen.told(one) for one in (alone, again))
    assert (first["datasets"], first["sha256"]) == ([], second["sha256"])
    assert first["sha256"] != told["sha256"]
    keep(house, subject(found, bram), [])
    assert frozen.told(frozen.frozen(formats=["fhir"]))["sha256"] != first["sha256"]


def test_a_file_is_written_in_slices_however_much_one_subject_has(
    house: House, bram: Staff, found: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = subject(found, bram)
    keep(house, anna, [Rated(local("2026-03-06 20:00"), {"fatigue": one % 10, "pain": 1}) for one in range(40)])
    made = Snapshots(found).frozen(formats=["fhir"])
    whole = Snapshots(found).file(made, "Observation.ndjson")
    monkeypatch.setattr(snapshot_files, "CHUNK", 1000)
    with house.unit(writes=False) as ctx:
        row = ctx.session.get_one(SnapshotRow, UUID(made))
        plans = {plan.name: list(plan.pieces) for plan in snapshot_files.of(ctx.session, row, lambda: None)}
    assert b"".join(plans["Observation.ndjson"]) == whole
    assert max(map(len, plans["Observation.ndjson"])) == 1000 < len(whole) / 20


def test_an_export_that_failed_says_so(
    house: House, bram: Staff, found: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject(found, bram)
    where = ask(found).headers["Content-Location"]
    monkeypatch.setattr(freezing, "_read", lambda _build: 1 / 0)
    assert build(house)
    failed = get(found, where)
    assert (failed.status_code, failed.json["issue"][0]["code"]) == (500, "exception")
    assert "ask for another" in failed.json["issue"][0]["diagnostics"]
