"""The logs: whatever is sent to whichever route, and whatever goes wrong, no line holds a value or a person (P30)."""

import logging
from collections.abc import Iterator
from contextlib import redirect_stderr
from io import StringIO
from typing import Any

import orjson
import pytest
from marshmallow import Schema
from marshmallow import fields as base
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend import logs
from backend.api import fields
from backend.api.endpoint import Endpoint
from backend.domain.permissions import BY_NAME, PUBLIC, Role
from tests.api.test_permission_matrix import endpoints
from tests.factories.people import PatientBody
from tests.house import PREFIX, House
from tests.requests_from_schemas import filled, value

MARK = "zwartkop"
"""What is planted: in every text of a body, in queries, headers and paths."""
KEYS = {"event", "level", "timestamp", "id", "method", "route", "status", "ms", "role", "error", "where", "code"}

pytestmark = pytest.mark.promise("P30")


@pytest.fixture
def told() -> Iterator[StringIO]:
    """What is logged from now on, everything that is said at all."""
    root = logging.getLogger()
    handlers, level, said = root.handlers[:], root.level, StringIO()
    with redirect_stderr(said):
        logs.configure("DEBUG")
    yield said
    root.handlers[:] = handlers
    root.setLevel(level)


def planted(schema: Schema) -> dict[str, Any]:
    """Return a body with every field, the mark in each free text and nowhere else."""
    body: dict[str, Any] = {}
    for name, field in schema.fields.items():
        if isinstance(field, base.Nested):
            body[name] = planted(field.schema)
        elif isinstance(field, fields.Text) and (not field.pattern or "@" in field.pattern):
            body[name] = f"{MARK}@{MARK}.example" if field.pattern else MARK
        else:
            body[name] = value(name, field)
    return body


def whoever_may(house: House, endpoint: Endpoint, people: dict[Role, dict[str, str]]) -> dict[str, str]:
    if endpoint.permission == PUBLIC:
        return {}
    return people[min(BY_NAME[endpoint.permission].roles)]


def test_no_line_holds_what_was_sent(house: House, told: StringIO) -> None:
    staff = {role: house.login(role, name=MARK) for role in Role if role is not Role.PATIENT}
    anna = house.patient(cares_for=list(staff.values()))
    for endpoint in endpoints(house.app):
        if endpoint.name in {"let_staff_go", "log_out"}:
            continue
        people = {role: one.headers for role, one in staff.items()} | {Role.PATIENT: house.phone(anna)}
        headers = whoever_may(house, endpoint, people) | {"If-Match": MARK, "X-Forwarded-For": MARK, "User-Agent": MARK}
        for body in [planted(endpoint.takes()), {MARK: MARK}, MARK] if endpoint.takes else [None]:
            for ids in ({"patient_id": anna.id}, {}):
                path = PREFIX + filled(endpoint.path, ids).replace("<token>", MARK).replace("<dataset>", MARK)
                house.client.open(path, method=endpoint.method, headers=headers, json=body, query_string={MARK: MARK})
    house.client.get(f"/{MARK}", headers={"Authorization": f"Bearer {MARK}"})
    lines = [orjson.loads(line) for line in told.getvalue().splitlines()]
    assert len(lines) > len(endpoints(house.app))
    assert MARK not in told.getvalue()
    assert str(anna.id) not in told.getvalue()
    assert set().union(*lines) <= KEYS


def test_an_enrolment_and_a_way_in_leave_no_secret(house: House, told: StringIO) -> None:
    bram = house.login("nurse")
    body: Any = PatientBody()
    anna = house.post("/patients", headers=bram.headers, json=body).json
    offered = house.post(f"/patients/{anna['id']}/pairings", headers=bram.headers).json
    tokens = house.post("/access/pairing", json={"secret": offered["secret"], "device_name": MARK}).json
    phone = {"Authorization": f"Bearer {tokens['access_token']}"}
    feed = house.post("/me/calendar", headers=phone).json["url"].rpartition("/")[2]
    assert house.get(f"/calendar/{feed}").status_code == 200
    said = told.getvalue()
    for secret in (*body.values(), offered["secret"], offered["code"], tokens["access_token"], feed, anna["id"], MARK):
        assert len(str(secret)) < 3 or str(secret) not in said


def test_what_nobody_foresaw_is_logged_without_its_message(
    house: House, told: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError(MARK)

    monkeypatch.setattr("backend.services.patients.own", fails)
    assert house.get("/me/profile", headers=house.phone(house.patient())).status_code == 500
    said = told.getvalue()
    assert "RuntimeError" in said
    assert MARK not in said


@pytest.mark.parametrize("name", ["sqlalchemy.pool", "apscheduler.executors.default", "notifications.dispatcher"])
def test_the_errors_of_others_are_told_by_their_kind(told: StringIO, name: str) -> None:
    try:
        int(MARK)
    except ValueError:
        logging.getLogger(name).exception("it broke", extra={"address": MARK})
    line = orjson.loads(told.getvalue())
    line.pop("timestamp")
    assert line == {"event": "it broke", "level": "error", "error": "ValueError"}


def test_an_error_of_the_database_quotes_no_value(house: House) -> None:
    with pytest.raises(DBAPIError) as caught, house.unit() as ctx:
        ctx.session.execute(text("SELECT * FROM nowhere WHERE name = :name"), {"name": MARK})
    assert MARK not in str(caught.value)
