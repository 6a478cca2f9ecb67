"""The edge of the contract: what clients make up in a query, a cursor or a body is refused or ignored, never a 500."""

import base64
from io import RawIOBase
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from gunicorn.http.errors import InvalidChunkSize
from sqlalchemy import event

from backend.app import db
from tests.factories.people import PatientBody
from tests.house import PREFIX, House

OPTIONS = ("_method=POST", "endpoint=x", "_external=1", "_scheme=javascript", "_anchor=x", "patient_id=x", "values=1")

pytestmark = pytest.mark.promise("P07")


class Broken(RawIOBase):
    """A body whose chunks the server cannot read."""

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, _into: Any) -> int:
        """Fail as the server's own stream does."""
        raise InvalidChunkSize(b"ZZ")


def cursor(moment: str) -> str:
    return base64.urlsafe_b64encode(f"{moment}|{UUID(int=7)}".encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "place",
    [
        cursor("0001-01-01T00:00:00+14:00"),
        cursor("9999-12-31T23:59:59-14:00"),
        cursor("2026-06-01"),
        cursor("soon"),
        "%%%",
        "AAAA",
        "é",
    ],
)
@pytest.mark.parametrize("path", ["/patients", "/me/diary-entries"])
def test_a_cursor_that_is_not_ours_is_refused_or_a_place(house: House, path: str, place: str) -> None:
    bram = house.login("nurse")
    headers = bram.headers if path == "/patients" else house.phone(house.patient())
    assert house.get(path, query_string={"cursor": place}, headers=headers).status_code in {200, 422}


@pytest.mark.parametrize("option", OPTIONS)
def test_the_next_page_is_where_this_one_was_whatever_the_query_says(house: House, option: str) -> None:
    bram = house.login("nurse")
    patients = {str(house.patient(cares_for=[bram]).id) for _ in range(3)}
    path, seen = f"/patients?limit=1&{option}", set()
    while path:
        page = house.get(path, headers=bram.headers, base_url="http://evil.example").json
        seen |= {item["id"] for item in page["items"]}
        step = urlsplit(page["next"] or "")
        assert (step.scheme, step.netloc, step.path) in {("", "", f"{PREFIX}/patients"), ("", "", "")}
        path = (page["next"] or "").removeprefix(PREFIX)
        assert not path or parse_qs(step.query)["limit"] == ["1"]
    assert seen == patients


def test_a_body_that_breaks_off_is_the_clients_fault(house: House) -> None:
    stream = {"wsgi.input": Broken(), "wsgi.input_terminated": True}
    answer = house.post("/access/log-in", content_type="application/json", environ_overrides=stream)
    assert (answer.status_code, answer.json["code"]) == (400, "bad-request")


@pytest.mark.parametrize("sign", [" ", "\n", ",", ";", "<", "(", '"', "\\", "\x85", "\u2028"])
def test_an_address_is_one_address_and_stays_within_its_header(house: House, sign: str) -> None:
    bram = house.login("nurse")
    for email in (f"anna{sign}b@patient.example", f"anna@patient{sign}.example"):
        answer = house.post("/patients", headers=bram.headers, json=PatientBody(email=email))
        assert (answer.status_code, [at["pointer"] for at in answer.json["pointers"]]) == (422, ["/email"])
    good = PatientBody(email="anna.o'brien+ms@patient.example")
    assert house.post("/patients", headers=bram.headers, json=good).status_code == 201


@pytest.mark.promise("P09")
def test_a_database_that_takes_no_writes_is_unavailable_and_heals(house: House) -> None:
    headers = house.phone(house.patient())
    with house.app.app_context():
        engine = db.engine
    postgresql = engine.dialect.name == "postgresql"

    def read_only(connection: Any) -> None:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY" if postgresql else "PRAGMA query_only=ON")

    event.listen(engine, "begin", read_only)
    try:
        answer = house.put("/me/profile", headers=headers, json={"language": "en", "zone": "Europe/Amsterdam"})
    finally:
        event.remove(engine, "begin", read_only)
        engine.dispose()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert house.get("/me/profile", headers=headers).json["language"] == "nl"
