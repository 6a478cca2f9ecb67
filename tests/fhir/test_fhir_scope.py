"""Who reads what over FHIR: the door, the permission of each type, reach, and what was taken back."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from backend.api.fhir.door import ENDPOINTS
from backend.domain.fhir import ids
from backend.domain.permissions import BY_NAME, Reach, Role, allows
from backend.services.fhir.types import TYPES, Type
from backend.storage.events import EventRow
from tests.factories.base import CareFactory
from tests.fhir.lived import Lived
from tests.house import Patient, Staff

PER_REQUEST = {"X-Request-Id", "Date"}
BOUND = [one for one in TYPES if one.by_patient and one.care is not None]
DAY = timedelta(days=1)
pytestmark = pytest.mark.promise("P18")


def seen(answer: Any) -> tuple[int, bytes, dict[str, str]]:
    """Return everything a client can tell two answers apart by."""
    return answer.status_code, answer.data, {k: v for k, v in answer.headers.items() if k not in PER_REQUEST}


def login(anna: Lived, role: Role) -> dict[str, str]:
    """Log somebody of a role in: staff who care for anna, or anna herself."""
    if role is Role.PATIENT:
        return anna.phone
    staff = anna.house.login(role)
    anna.house.add(CareFactory.build(patient_id=anna.anna.id, staff_id=staff.id, starts_at=anna.house.clock.now))
    return staff.headers


def test_every_route_of_the_door_names_its_permissions(anna: Lived) -> None:
    endpoints = anna.house.app.extensions[ENDPOINTS]
    routes = {rule.rule for rule in anna.house.app.url_map.iter_rules() if rule.rule.startswith("/fhir")}
    assert routes == {"/fhir" + endpoint.path for endpoint in endpoints}
    for endpoint in endpoints:
        if "$export" in endpoint.path:
            assert (endpoint.permission, endpoint.behind) == ("datasets:read", None)
        elif endpoint.path != "/metadata":
            behind = endpoint.behind
            assert endpoint.permission == "fhir:read"
            assert behind.own or behind.care
            assert behind.own is None or BY_NAME[behind.own].reach in {Reach.SELF, Reach.OPEN}
            assert behind.care is None or BY_NAME[behind.care].reach in {Reach.CARE, Reach.SITE}


@pytest.mark.parametrize("role", Role)
def test_a_role_gets_through_where_the_table_says_so_and_nowhere_else(anna: Lived, role: Role) -> None:
    headers = login(anna, role)
    for kind in TYPES:
        wanted = kind.own if role is Role.PATIENT else kind.care
        may = allows("fhir:read", role) and wanted is not None and allows(wanted, role)
        for path in (f"/{kind.name}?patient={anna.anna.id}", f"/{kind.name}/{uuid4()}"):
            answer = anna.get(path, headers)
            refused = (answer.status_code, answer.json["resourceType"]) == (403, "OperationOutcome")
            assert refused is not may, (kind.name, answer.status_code)
    if role in {Role.RESEARCHER, Role.ADMIN}:
        assert all(anna.get(f"/{kind.name}", headers).status_code == 403 for kind in TYPES)


@pytest.mark.parametrize("copies", ["sqlite"], indirect=True)  # refused before anything is read
@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
def test_without_a_token_nothing_is_told(anna: Lived, kind: Type) -> None:
    for path in (f"/{kind.name}?patient={anna.anna.id}", f"/{kind.name}/x"):
        answer: Any = anna.house.client.get(f"/fhir{path}")
        assert (answer.status_code, answer.json["issue"][0]["code"]) == (401, "login")


@pytest.mark.promise("P19")
@pytest.mark.parametrize("kind", BOUND, ids=lambda kind: kind.name)
def test_out_of_reach_is_the_same_as_unknown_byte_for_byte(anna: Lived, kind: Type) -> None:
    key = anna.search(kind.name)[0]["id"]
    stranger = anna.house.login("clinician")
    was: Staff = anna.house.login("clinician")
    spans = {"starts_at": anna.house.clock.now - 2 * DAY, "ends_at": anna.house.clock.now - DAY}
    anna.house.add(CareFactory.build(patient_id=anna.anna.id, staff_id=was.id, **spans))
    other: Patient = anna.house.patient()
    for headers in (stranger.headers, was.headers, *([anna.house.phone(other)] if kind.own else [])):
        unknown = anna.get(f"/{kind.name}/{uuid4()}", headers)
        assert unknown.status_code == 404
        assert b"request" not in unknown.data
        asked = (f"/{kind.name}/{key}", f"/{kind.name}/{ids.of_record(uuid4(), uuid4())}", f"/{kind.name}/-")
        for path in asked:
            assert seen(anna.get(path, headers)) == seen(unknown), path
        searched = [f"/{kind.name}?patient={one}" for one in (anna.anna.id, uuid4(), "nobody")]
        if kind.name != "Patient":
            assert {seen(anna.get(path, headers))[:2] for path in searched} == {seen(unknown)[:2]}


def test_a_patient_finds_themselves_and_nobody_else(anna: Lived) -> None:
    other = anna.house.patient()
    for kind in (one for one in TYPES if one.own is not None and one.by_patient):
        for one in anna.get(f"/{kind.name}?_count=500", anna.phone).json.get("entry", ()):
            assert str(anna.anna.id) in str(one["resource"])
        assert anna.get(f"/{kind.name}?patient={anna.anna.id}", anna.phone).status_code == 200
    assert anna.get(f"/Patient/{other.id}", anna.phone).status_code == 404
    [own] = anna.get("/Patient", anna.phone).json["entry"]
    assert own["resource"]["id"] == str(anna.anna.id)


def test_staff_list_the_patients_they_care_for_and_must_name_one_for_anything_else(anna: Lived) -> None:
    anna.house.patient()
    found = anna.get("/Patient").json
    assert ([one["resource"]["id"] for one in found["entry"]], found["total"]) == ([str(anna.anna.id)], 1)
    for kind in BOUND:
        if kind.name != "Patient":
            answer = anna.get(f"/{kind.name}")
            assert (answer.status_code, answer.json["issue"][0]["code"]) == (400, "invalid")


def test_a_result_that_was_not_released_and_findings_are_not_the_patients(anna: Lived) -> None:
    staff, own = anna.search("Observation"), anna.search("Observation", headers=anna.phone)
    withheld = {one["id"] for one in staff} - {one["id"] for one in own}
    assert {one.rpartition(".")[2][0] for one in withheld} == {"r", "f"}
    assert {anna.get(f"/Observation/{one}", anna.phone).status_code for one in withheld} == {404}
    assert all("note" not in one for kind in ("MedicationRequest", "Appointment") for one in anna.search(
        kind, headers=anna.phone))  # fmt: skip


@pytest.mark.promise("P23")
@pytest.mark.parametrize("kind", [one for one in BOUND if one.name != "Patient"], ids=lambda kind: kind.name)
def test_a_read_is_noted_as_the_read_it_equals_before_it_leaves(anna: Lived, kind: Type) -> None:
    def noted() -> int:
        with anna.house.unit(writes=False) as ctx:
            mine = (EventRow.act == kind.care, EventRow.patient_id == anna.anna.id, EventRow.actor_id == anna.carla.id)
            return int(ctx.session.scalar(select(func.count()).select_from(EventRow).where(*mine)) or 0)

    before = noted()
    found = anna.search(kind.name)
    assert noted() == before + 1
    assert anna.get(f"/{kind.name}/{found[0]['id']}").status_code == 200
    sources = 1 if kind.name != "Observation" or found[0]["id"].rpartition(".")[2].startswith("e") else 0
    assert noted() == before + 1 + sources


def test_a_refusal_is_noted_with_whose_record_it_was(anna: Lived) -> None:
    els = anna.house.login("coordinator")
    key = anna.search("Specimen")[0]["id"]
    assert anna.get(f"/Specimen/{key}", els.headers).status_code == 404
    assert anna.get(f"/Observation?patient={anna.anna.id}", els.headers).status_code == 403
    with anna.house.unit(writes=False) as ctx:
        mine = select(EventRow).where(EventRow.actor_id == els.id).order_by(EventRow.id)
        first, second = ctx.session.scalars(mine).all()
        assert (first.act, first.subject, first.patient_id) == ("refused", "samples:read", anna.anna.id)
        assert (second.act, second.subject) == ("refused", "entries:read")


def test_what_was_retracted_is_read_as_an_error_without_content_and_not_found(anna: Lived) -> None:
    key = ids.of_record(anna.anna.id, UUID(anna.retracted))
    for headers in (anna.phone, anna.carla.headers):
        assert [one for one in anna.search("Observation", headers=headers) if one["id"].startswith(key)] == []
        gone = [one for one in anna.search("Observation", "&_lastUpdated=ge2000", headers) if one["id"].startswith(key)]
        assert len(gone) > 1
        for one in gone:
            assert one["status"] == "entered-in-error"
            assert not {"component", "note", "valueCodeableConcept", "effectiveDateTime"} & one.keys()
            assert anna.get(f"/Observation/{one['id']}", headers).json == one


def test_what_a_correction_dropped_is_told_to_who_keeps_a_copy(anna: Lived) -> None:
    every = anna.search("Observation", "&_lastUpdated=ge2000")
    standing = {one["id"] for one in anna.search("Observation")}
    gone = [one for one in every if one["id"] not in standing]
    assert {one["status"] for one in gone} == {"entered-in-error"}
    corrected = {one["id"].rpartition(".")[0] for one in gone} & {one.rpartition(".")[0] for one in standing}
    assert len(corrected) == 1  # an entry that stands, with a rating that does not
    undone = [
        one for one in anna.search("MedicationAdministration", "&_lastUpdated=ge2000") if one["status"] != "completed"
    ]
    assert {one["status"] for one in undone} == {"not-done", "entered-in-error"}
