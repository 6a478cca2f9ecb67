"""Pairing a phone: scanned, typed, guessed, used twice, sent away."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from backend.storage.access import PairingRow
from backend.storage.events import EventRow
from tests.house import House, Patient, Staff


@pytest.fixture
def anna(house: House, bram: Staff) -> Patient:
    return house.patient(cares_for=[bram])


def offer(house: House, bram: Staff, anna: Patient) -> dict[str, Any]:
    answer = house.post(f"/patients/{anna.id}/pairings", headers=bram.headers)
    assert answer.status_code == 201
    body: dict[str, Any] = answer.json
    return body


def pair(house: House, address: str = "192.0.2.1", **told: str) -> Any:
    body = {"device_name": "anna's phone", **told}
    return house.client.post("/api/v1/access/pairing", json=body, environ_base={"REMOTE_ADDR": address})


def wrong(code: str) -> str:
    return code[:-1] + ("0" if code[-1] != "0" else "1")


def test_a_scanned_code_lets_the_phone_in(house: House, bram: Staff, anna: Patient) -> None:
    made = offer(house, bram, anna)
    assert made["qr_svg"].startswith("<svg")
    answer = pair(house, secret=made["secret"])
    assert (answer.status_code, answer.json["patient_id"], answer.json["role"]) == (201, str(anna.id), "patient")
    headers = {"Authorization": f"Bearer {answer.json['access_token']}"}
    assert house.get("/me/profile", headers=headers).json["id"] == str(anna.id)


def test_a_typed_code_forgives_how_it_is_typed(house: House, bram: Staff, anna: Patient) -> None:
    code = offer(house, bram, anna)["code"]
    assert len(code) == 13
    sloppy = f" {code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} "
    assert pair(house, code=sloppy).status_code == 201


@pytest.mark.promise("P26")
def test_a_code_works_once_whichever_way(house: House, bram: Staff, anna: Patient) -> None:
    made = offer(house, bram, anna)
    assert pair(house, code=made["code"]).status_code == 201
    for told in ({"code": made["code"]}, {"secret": made["secret"]}):
        refused = pair(house, **told)
        assert (refused.status_code, refused.json["code"]) == (410, "code-used")


def test_a_code_ends_after_fifteen_minutes(house: House, bram: Staff, anna: Patient) -> None:
    made = offer(house, bram, anna)
    house.clock.now += timedelta(minutes=15)
    assert pair(house, secret=made["secret"]).status_code == 410
    assert pair(house, code=made["code"]).status_code == 410


@pytest.mark.promise("P26")
def test_the_fifth_wrong_try_burns_the_code(house: House, bram: Staff, anna: Patient) -> None:
    made = offer(house, bram, anna)
    for n in range(5):
        assert pair(house, f"198.51.100.{n}", code=wrong(made["code"])).status_code == 410
    assert pair(house, code=made["code"]).status_code == 410
    assert pair(house, secret=made["secret"]).status_code == 410


def test_four_wrong_tries_burn_nothing(house: House, bram: Staff, anna: Patient) -> None:
    made = offer(house, bram, anna)
    for n in range(4):
        assert pair(house, f"198.51.100.{n}", code=wrong(made["code"])).status_code == 410
    assert pair(house, code=made["code"]).status_code == 201


@pytest.mark.promise("P26")
def test_an_address_that_guesses_is_stopped(house: House, bram: Staff, anna: Patient) -> None:
    limit = house.settings.pairing_limit

    def guess(n: int) -> int:
        body = {"device_name": "guess", "secret": f"guess {n}"}
        status: int = house.app.test_client().post("/api/v1/access/pairing", json=body).status_code
        return status

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(guess, range(limit + 16)))
    assert (statuses.count(410), statuses.count(429)) == (limit, 16)
    made = offer(house, bram, anna)
    refused = pair(house, "127.0.0.1", secret=made["secret"])
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")
    assert pair(house, "203.0.113.9", secret=made["secret"]).status_code == 201


@pytest.mark.parametrize("told", [{}, {"secret": "a", "code": "b"}])
def test_a_phone_says_either_secret_or_code(house: House, told: dict[str, str]) -> None:
    assert pair(house, **told).status_code == 422


@pytest.mark.promise("P22")
def test_a_phone_sent_away_is_out_at_once_and_the_other_stays(house: House, bram: Staff, anna: Patient) -> None:
    one, two = (pair(house, secret=offer(house, bram, anna)["secret"]).json for _ in range(2))
    session = house.get("/access/session", headers={"Authorization": f"Bearer {one['access_token']}"}).json
    path = f"/patients/{anna.id}/devices"
    assert len(house.get(path, headers=bram.headers).json["items"]) == 2
    for _ in range(2):
        assert house.delete(f"{path}/{session['session_id']}", headers=bram.headers).status_code == 204
    assert house.get("/me/profile", headers={"Authorization": f"Bearer {one['access_token']}"}).status_code == 401
    assert house.post("/access/refresh", json={"refresh_token": one["refresh_token"]}).status_code == 401
    assert house.get("/me/profile", headers={"Authorization": f"Bearer {two['access_token']}"}).status_code == 200
    listed = {item["id"]: item["revoked_at"] for item in house.get(path, headers=bram.headers).json["items"]}
    assert listed[session["session_id"]] is not None


def test_a_phone_of_another_patient_cannot_be_sent_away(house: House, bram: Staff, anna: Patient) -> None:
    other = house.patient()
    house.phone(other)
    with house.unit(writes=False) as ctx:
        from_other = ctx.session.execute(select(PairingRow)).first()
    assert from_other is None
    session = house.get("/access/session", headers=house.phone(other)).json["session_id"]
    assert house.delete(f"/patients/{anna.id}/devices/{session}", headers=bram.headers).status_code == 404


@pytest.mark.promise("P30")
def test_neither_secret_nor_code_is_stored_or_noted(house: House, bram: Staff, anna: Patient) -> None:
    made = offer(house, bram, anna)
    pair(house, code=wrong(made["code"]))
    tokens = pair(house, secret=made["secret"]).json
    with house.unit(writes=False) as ctx:
        rows = ctx.session.execute(select(EventRow.act, EventRow.subject, EventRow.detail)).all()
        kept = ctx.session.execute(select(PairingRow.secret_hash, PairingRow.verifier_hash)).all()
    told = f"{rows} {kept}"
    secrets = (made["secret"], made["code"], made["code"][5:], tokens["access_token"], tokens["refresh_token"])
    assert not [secret for secret in secrets if secret in told]
