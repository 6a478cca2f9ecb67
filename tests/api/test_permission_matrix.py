"""The permission table against the running app: role x relation x route, from the table and the declared routes alone.

A request that gets through the gate is stopped right there, so nothing is changed, every route can be tried with
made-up ids and bodies, and whatever is added later is covered without touching this file.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from backend.api.endpoint import Endpoint
from backend.domain.errors import ClinicError
from backend.domain.permissions import BY_NAME, PUBLIC, TABLE, Reach, Role
from backend.services import gate
from backend.services.context import Context
from backend.storage.events import EventRow
from backend.storage.research import ResearcherRow, StudyRow
from tests.factories.base import CareFactory
from tests.factories.chains import chain
from tests.factories.undelivered import UndeliveredFactory
from tests.house import PREFIX, House, Patient, Staff
from tests.requests_from_schemas import filled, minimal

STAFF = tuple(role for role in Role if role is not Role.PATIENT)
DAY = timedelta(days=1)
CONTRACT = {f"{PREFIX}/openapi.json", f"{PREFIX}/docs"}
UNUSED: set[str] = set()
"""Permissions that no route needs, each with who uses it instead."""
PER_REQUEST = {"X-Request-Id", "Date"}

pytestmark = pytest.mark.promise("P18")
# Who asks and in which role is read on both databases by every other test; what follows is decided from the table.
before_the_database = pytest.mark.parametrize("copies", ["sqlite"], indirect=True)


class Through(ClinicError):
    """The gate let somebody pass."""


@dataclass
class Spy:
    """What the gate let through: each time the permission and whose record, if anybody's."""

    passed: list[tuple[str, UUID | None]]
    inside: bool = False

    def watch(self, door: Callable[..., Any], whose: Callable[[Any], UUID | None]) -> Callable[..., Any]:
        """Return a door of the gate that stops those it lets through."""

        def watched(ctx: Context, permission: str, *ids: UUID, **told: bool) -> Any:
            outermost, self.inside = not self.inside, True
            try:
                found = door(ctx, permission, *ids, **told)
            finally:
                self.inside = not outermost
            if not outermost:
                return found
            self.passed.append((permission, whose(found)))
            raise Through("wrong-state")

        return watched


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Spy:
    spy = Spy([])
    doors: dict[str, Callable[[Any], UUID | None]] = {
        "permit": lambda _: None,
        "own": lambda row: row.id,
        "patient": lambda row: row.id,
        "study": lambda row: row.id,
    }
    for name, whose in doors.items():
        monkeypatch.setattr(gate, name, spy.watch(getattr(gate, name), whose))
    return spy


def endpoints(app: Flask) -> list[Endpoint]:
    found: list[Endpoint] = app.extensions["uitwerk-endpoints"]
    return found


def guarded(app: Flask, *reaches: Reach) -> Iterator[Endpoint]:
    """Yield the declared routes that need a permission of a reach (all where none is named)."""
    for endpoint in endpoints(app):
        if endpoint.permission != PUBLIC and (not reaches or BY_NAME[endpoint.permission].reach in reaches):
            yield endpoint


def ask(house: House, endpoint: Endpoint, headers: dict[str, str], **ids: UUID) -> Any:
    """Send the smallest request that an endpoint's declaration takes."""
    body = None if endpoint.takes is None else minimal(endpoint.takes())
    asked = None if endpoint.asks is None else minimal(endpoint.asks())
    told = {**headers, **({"If-Match": '"1"'} if endpoint.if_match else {})}
    path = PREFIX + filled(endpoint.path, ids)
    return house.client.open(path, method=endpoint.method, headers=told, json=body, query_string=asked)


def seen(answer: Any) -> tuple[int, bytes, dict[str, str]]:
    """Return everything a client can tell two answers apart by."""
    return answer.status_code, answer.data, {k: v for k, v in answer.headers.items() if k not in PER_REQUEST}


def around(house: House, staff: Staff) -> dict[str, Patient]:
    """Return one patient for each relation somebody can have with a patient."""
    now = house.clock.now
    found = {
        "cares": house.patient(cares_for=[staff]),
        "cared": house.patient(),
        "not-yet": house.patient(),
        "same-site": house.patient(),
        "other-site": house.patient(site=house.new_site()),
    }
    spans = {"cared": (now - 2 * DAY, now), "not-yet": (now + DAY, None)}
    for relation, (starts_at, ends_at) in spans.items():
        patient_id = found[relation].id
        house.add(CareFactory.build(patient_id=patient_id, staff_id=staff.id, starts_at=starts_at, ends_at=ends_at))
    return found


def test_every_route_is_declared_and_every_permission_has_a_row(house: House) -> None:
    declared = {(e.method, PREFIX + e.path) for e in endpoints(house.app)}
    served = {
        (method, rule.rule)
        for rule in house.app.url_map.iter_rules()
        if rule.rule.startswith(PREFIX) and rule.rule not in CONTRACT
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert served == declared
    assert {e.permission for e in endpoints(house.app)} - {PUBLIC} <= set(BY_NAME)


def test_every_permission_is_used_by_a_route(house: House) -> None:
    shared: list[Endpoint] = house.app.extensions["uitwerk-fhir-endpoints"]
    behind = {one for e in shared if e.behind for one in (e.permission, e.behind.own, e.behind.care)}
    assert set(BY_NAME) - {e.permission for e in endpoints(house.app)} - behind == UNUSED


def test_a_route_about_a_patient_asks_for_care_and_one_about_oneself_for_self(house: House) -> None:
    for endpoint in guarded(house.app):
        reach = BY_NAME[endpoint.permission].reach
        assert ("<uuid:patient_id>" in endpoint.path) <= (reach is Reach.CARE), endpoint.path
        assert endpoint.path.startswith("/me/") == (reach is Reach.SELF), endpoint.path


def test_names_are_unique_over_the_whole_app(house: House) -> None:
    names = [endpoint.name for endpoint in endpoints(house.app)]
    assert len(names) == len(set(names))


@before_the_database
def test_without_a_token_every_guarded_route_is_shut(house: House, spy: Spy) -> None:
    for endpoint in guarded(house.app):
        for headers in ({}, {"Authorization": f"Bearer {uuid4().hex}"}):
            answer = ask(house, endpoint, headers, patient_id=house.patient().id)
            assert (answer.status_code, answer.json["code"]) == (401, "not-authenticated"), endpoint.path
    assert spy.passed == []


@before_the_database
@pytest.mark.parametrize("role", Role)
def test_a_role_without_the_permission_is_refused_whoever_it_is_about(house: House, spy: Spy, role: Role) -> None:
    bram = house.login("nurse")
    anna = house.patient(cares_for=[bram])
    somebody = house.phone(anna) if role is Role.PATIENT else house.login(role).headers
    for endpoint in guarded(house.app):
        if role in BY_NAME[endpoint.permission].roles:
            continue
        answers = [ask(house, endpoint, somebody, patient_id=patient_id) for patient_id in (anna.id, uuid4())]
        for answer in answers:
            assert (answer.status_code, answer.json["code"]) == (403, "role-lacks-permission"), endpoint.path
    assert spy.passed == []


@pytest.mark.promise("P19")
@pytest.mark.parametrize("role", STAFF)
def test_care_and_nothing_else_opens_a_record(house: House, spy: Spy, role: Role) -> None:
    staff = house.login(role)
    relations = around(house, staff)
    for endpoint in guarded(house.app, Reach.CARE):
        if role not in BY_NAME[endpoint.permission].roles or "<uuid:patient_id>" not in endpoint.path:
            continue
        unknown = seen(ask(house, endpoint, staff.headers, patient_id=uuid4()))
        assert unknown[0] == 404, endpoint.path
        for relation, patient in relations.items():
            spy.passed.clear()
            answer = ask(house, endpoint, staff.headers, patient_id=patient.id)
            if relation == "cares":
                assert spy.passed == [(endpoint.permission, patient.id)], (endpoint.path, answer.json)
            else:
                assert (seen(answer), spy.passed) == (unknown, []), (endpoint.path, relation)


def test_a_patient_gets_to_their_own_record_and_to_no_other(house: House, spy: Spy) -> None:
    anna, other = house.patient(), house.patient()
    headers = house.phone(anna)
    for endpoint in guarded(house.app, Reach.SELF):
        spy.passed.clear()
        answer = ask(house, endpoint, headers)
        assert spy.passed == [(endpoint.permission, anna.id)], (endpoint.path, answer.json)
    spy.passed.clear()
    for endpoint in guarded(house.app, Reach.CARE, Reach.STUDY, Reach.SITE):
        assert ask(house, endpoint, headers, patient_id=other.id).status_code == 403, endpoint.path
    assert spy.passed == []


@pytest.mark.promise("P20")
def test_only_an_admitted_researcher_gets_to_a_study(house: House, spy: Spy) -> None:
    dirk, now = house.login("researcher"), house.clock.now
    spans = {"admitted": (now, None), "was": (now - 2 * DAY, now), "not-yet": (now + DAY, None), "never": None}
    studies = {name: _study(house, name, dirk, span) for name, span in spans.items()}
    for endpoint in guarded(house.app, Reach.STUDY):
        if "<uuid:study_id>" not in endpoint.path:
            continue
        unknown = seen(ask(house, endpoint, dirk.headers, study_id=uuid4()))
        assert unknown[0] == 404
        for relation, study_id in studies.items():
            spy.passed.clear()
            answer = ask(house, endpoint, dirk.headers, study_id=study_id)
            if relation == "admitted":
                assert spy.passed == [(endpoint.permission, study_id)], endpoint.path
            else:
                assert (seen(answer), spy.passed) == (unknown, []), (endpoint.path, relation)


@before_the_database
@pytest.mark.parametrize("role", Role)
def test_what_is_of_the_site_or_nobodys_is_open_to_its_roles(house: House, spy: Spy, role: Role) -> None:
    for endpoint in guarded(house.app, Reach.SITE, Reach.OPEN):
        if role not in BY_NAME[endpoint.permission].roles:
            continue
        headers = house.phone(house.patient()) if role is Role.PATIENT else house.login(role).headers
        spy.passed.clear()
        answer = ask(house, endpoint, headers)
        stopped = spy.passed == [(endpoint.permission, None)]
        assert stopped or answer.status_code < 300, (endpoint.path, answer.status_code, answer.json)


@pytest.mark.parametrize("role", STAFF)
def test_what_lists_patients_lists_those_within_reach(house: House, role: Role) -> None:
    staff = house.login(role)
    found = around(house, staff)
    asked = {"kind": "contact", "recorded_at": "2026-06-01T09:00:00+02:00"}
    for patient in found.values():
        chain(house, patient, ["2026-05-04 09:00"])
        sent = house.post("/me/requests", headers=house.phone(patient), json=asked | {"id": str(uuid4())})
        assert sent.status_code == 201
        house.add(UndeliveredFactory.build(patient_id=patient.id))
    cared = found["cares"]
    for endpoint in guarded(house.app, Reach.CARE):
        if role in BY_NAME[endpoint.permission].roles and "<" not in endpoint.path and endpoint.method == "GET":
            assert set(_named(ask(house, endpoint, staff.headers).json)) == {str(cared.id)}, endpoint.path


def test_who_cares_reads_every_list_of_a_patient(house: House) -> None:
    carla = house.login("clinician")
    anna = house.patient(cares_for=[carla])
    for endpoint in guarded(house.app, Reach.CARE):
        of_patient = "<uuid:patient_id>" in endpoint.path and endpoint.path.count("<") == 1
        if endpoint.method == "GET" and of_patient:
            assert ask(house, endpoint, carla.headers, patient_id=anna.id).status_code == 200, endpoint.path


def test_each_refusal_of_somebody_known_is_noted(house: House) -> None:
    bram, anna = house.login("nurse"), house.patient()
    tried = 0
    for endpoint in guarded(house.app, Reach.CARE):
        if "<uuid:patient_id>" in endpoint.path:
            assert ask(house, endpoint, bram.headers, patient_id=anna.id).status_code in {403, 404}
            tried += 1
    with house.unit(writes=False) as ctx:
        mine = (EventRow.act == "refused", EventRow.actor_id == bram.id, EventRow.patient_id == anna.id)
        assert ctx.session.scalar(select(func.count()).select_from(EventRow).where(*mine)) == tried > 0


def test_some_lines_the_table_never_crosses() -> None:
    by_role = {role: {row.permission for row in TABLE if role in row.roles} for role in Role}
    of_patients = {row.permission for row in TABLE if row.reach in {Reach.CARE, Reach.SELF}}
    assert not by_role[Role.ADMIN] & of_patients
    assert not by_role[Role.RESEARCHER] & of_patients
    assert not by_role[Role.COORDINATOR] & {"entries:read", "responses:read", "results:read", "trend:read"}
    assert {row.permission for row in TABLE if row.reach is Reach.STUDY} <= by_role[Role.RESEARCHER]
    for one, other in combinations((Reach.SELF, Reach.CARE, Reach.STUDY), 2):
        roles = [{role for row in TABLE if row.reach is reach for role in row.roles} for reach in (one, other)]
        assert not roles[0] & roles[1]


def _named(told: Any) -> Iterator[str]:
    """Yield whose ids stand in an answer: as `patient_id` anywhere, or as `id` of listed patients."""
    if isinstance(told, list):
        for one in told:
            yield from _named(one)
    elif isinstance(told, dict):
        if "patient_id" in told:
            yield told["patient_id"]
        elif "enrolled_at" in told:
            yield told["id"]
        for one in told.values():
            yield from _named(one)


def _study(house: House, name: str, dirk: Staff, span: Any) -> UUID:
    study_id: UUID = uuid4()
    study = {"id": study_id, "name": name, "site_id": house.site.id, "created_at": house.clock.now}
    rows: list[Any] = [StudyRow(**study, secret_sealed=b"none")]
    if span is not None:
        rows.append(ResearcherRow(study_id=study_id, staff_id=dirk.id, starts_at=span[0], ends_at=span[1]))
    house.add(*rows)
    return study_id
