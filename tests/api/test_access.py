"""Getting in as staff: invitation, enrolment, log-in, and what guessing costs."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from backend.storage.access import TokenRow
from backend.storage.events import EventRow
from backend.storage.people import InvitationRow, StaffRow
from tests.factories.people import PASSWORD, SEED, InvitationBody, code, joined
from tests.house import House


def log_in(house: House, who: dict[str, str], **told: str) -> Any:
    body = {**who, "totp_code": code(house.clock.now), **told}
    return house.post("/access/log-in", json=body)


def invited(house: House, **told: Any) -> dict[str, Any]:
    fatima = house.login("admin")
    answer = house.post("/staff/invitations", headers=fatima.headers, json=InvitationBody(**told))
    assert answer.status_code == 201
    body: dict[str, Any] = answer.json
    return body


def confirm(house: House, token: str, **told: str) -> Any:
    seed = house.post("/access/enrolments", json={"token": token}).json["totp_secret"]
    body = {"token": token, "password": PASSWORD, "totp_code": code(house.clock.now, seed), **told}
    return house.post("/access/enrolments/confirmation", json=body)


@pytest.mark.promise("P34")
def test_an_invited_nurse_enrols_and_logs_in(house: House) -> None:
    invitation = invited(house, email="Bram@Clinic.Example")
    assert invitation["link"].endswith(f"/enrol#{invitation['token']}")
    shown = house.post("/access/enrolments", json={"token": invitation["token"]}).json
    assert (shown["name"], shown["email"], shown["role"]) == ("Bram", "bram@clinic.example", "nurse")
    assert shown["qr_svg"].startswith("<svg")
    assert shown["totp_secret"] in shown["otpauth_uri"]
    assert confirm(house, invitation["token"]).status_code == 201
    house.clock.now += timedelta(seconds=30)
    who = {"email": "bram@clinic.example", "password": PASSWORD}
    answer = log_in(house, who, totp_code=code(house.clock.now, shown["totp_secret"]))
    assert answer.status_code == 200
    session = house.get("/access/session", headers={"Authorization": f"Bearer {answer.json['access_token']}"}).json
    assert (session["role"], session["staff_id"]) == ("nurse", invitation["staff_id"])


def test_an_enrolment_link_works_once(house: House) -> None:
    token = invited(house)["token"]
    assert confirm(house, token).status_code == 201
    again = house.post("/access/enrolments", json={"token": token})
    assert (again.status_code, again.json["code"]) == (410, "code-used")
    body = {"token": token, "password": PASSWORD, "totp_code": "000000"}
    assert house.post("/access/enrolments/confirmation", json=body).status_code == 410


def test_an_enrolment_link_ends_after_fifteen_minutes(house: House) -> None:
    token = invited(house)["token"]
    house.clock.now += timedelta(minutes=15)
    assert house.post("/access/enrolments", json={"token": token}).status_code == 410


def test_a_newer_invitation_ends_the_one_before(house: House) -> None:
    first = invited(house, email="bram@clinic.example")["token"]
    second = invited(house, email="bram@clinic.example")["token"]
    assert house.post("/access/enrolments", json={"token": first}).status_code == 410
    assert house.post("/access/enrolments", json={"token": second}).status_code == 200


def test_somebody_who_works_here_is_not_invited_again(house: House) -> None:
    bram = joined(house)
    answer = house.post(
        "/staff/invitations", headers=house.login("admin").headers, json=InvitationBody(email=bram["email"].upper())
    )
    assert (answer.status_code, answer.json["code"]) == (409, "already-exists")


def test_a_wrong_first_code_leaves_the_link_good(house: House) -> None:
    token = invited(house)["token"]
    seed = house.post("/access/enrolments", json={"token": token}).json["totp_secret"]
    wrong = f"{(int(code(house.clock.now, seed)) + 1) % 1_000_000:06}"
    refused = confirm(house, token, totp_code=wrong)
    assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, "/totp_code")
    assert confirm(house, token).status_code == 201


@pytest.mark.parametrize(
    "password", ["fourteen chars", "a" * 30, "Bram bram Bram bram", "uitwerk-uitwerk-1", "Password123456!", "x" * 201]
)
def test_a_weak_password_is_refused(house: House, password: str) -> None:
    answer = confirm(house, invited(house, email="bram@clinic.example")["token"], password=password)
    assert (answer.status_code, answer.json["code"]) == (422, "weak-password")


@pytest.mark.promise("P29")
def test_what_is_stored_of_an_enrolment_opens_nothing(house: House) -> None:
    token = invited(house)["token"]
    confirm(house, token)
    with house.unit(writes=False) as ctx:
        hashes = list(ctx.session.scalars(select(InvitationRow.token_hash)))
        row = ctx.session.scalars(select(StaffRow).where(StaffRow.password_hash.is_not(None))).one()
        assert token.encode() not in hashes
        assert row.password_hash is not None
        assert row.password_hash.startswith("$argon2id$v=19$m=64,t=2,p=1$")


@pytest.mark.promise("P26")
def test_a_code_works_once(house: House) -> None:
    bram = joined(house)
    assert log_in(house, bram).status_code == 200
    assert log_in(house, bram).status_code == 401
    house.clock.now += timedelta(seconds=30)
    assert log_in(house, bram).status_code == 200


def test_a_clock_one_step_off_is_forgiven_and_two_are_not(house: House) -> None:
    bram = joined(house)
    assert log_in(house, bram, totp_code=code(house.clock.now - timedelta(seconds=60))).status_code == 401
    assert log_in(house, bram, totp_code=code(house.clock.now + timedelta(seconds=60))).status_code == 401
    assert log_in(house, bram, totp_code=code(house.clock.now - timedelta(seconds=30))).status_code == 200


@pytest.mark.promise("P26")
def test_every_reason_for_refusal_looks_the_same(house: House) -> None:
    bram, gone = joined(house), joined(house, left_at=house.clock.now)
    bodies = [
        log_in(house, bram, password="wrong").json,
        log_in(house, bram, totp_code="000000").json,
        log_in(house, gone).json,
        log_in(house, {"email": "nobody@clinic.example", "password": PASSWORD}).json,
    ]
    assert len({str({k: v for k, v in body.items() if k != "request_id"}) for body in bodies}) == 1
    assert bodies[0]["code"] == "log-in-refused"


@pytest.mark.promise("P26")
@pytest.mark.parametrize("known", [True, False])
def test_guessing_passwords_soon_costs_time(house: House, known: bool) -> None:
    who = joined(house) if known else {"email": "nobody@clinic.example"}
    for _ in range(5):
        assert log_in(house, who, password="guess").status_code == 401
    waits = []
    for _ in range(5):
        refused = log_in(house, who, password="guess")
        assert (refused.status_code, refused.json["code"]) == (429, "too-many-tries")
        waits.append(int(refused.headers["Retry-After"]))
        house.clock.now += timedelta(seconds=waits[-1])
        assert log_in(house, who, password="guess").status_code == 401
    assert waits == [1, 2, 4, 8, 16]
    refused = log_in(house, who, password=PASSWORD)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 800
    house.clock.now += timedelta(seconds=int(refused.headers["Retry-After"]))
    assert log_in(house, who, password=PASSWORD).status_code == (200 if known else 401)


@pytest.mark.promise("P26")
def test_a_stranger_cannot_lock_anybody_out(house: House) -> None:
    bram = joined(house)
    for _ in range(60):
        body = {**bram, "password": "guess", "totp_code": "000000"}
        house.client.post("/api/v1/access/log-in", json=body, environ_base={"REMOTE_ADDR": "198.51.100.7"})
    assert log_in(house, bram).status_code == 200


@pytest.mark.promise("P26")
def test_codes_cannot_be_guessed_from_many_addresses(house: House) -> None:
    bram = joined(house)
    answers = [
        house.client.post(
            "/api/v1/access/log-in",
            json={**bram, "totp_code": "000000"},
            environ_base={"REMOTE_ADDR": f"198.51.100.{n}"},
        ).status_code
        for n in range(20)
    ]
    assert answers == [401] * 5 + [429] * 15


@pytest.mark.promise("P30")
def test_no_secret_stands_in_an_event_or_a_refusal(house: House) -> None:
    token = invited(house)["token"]
    confirm(house, token)
    bram = joined(house)
    answer = log_in(house, bram)
    secrets = [token, PASSWORD, SEED, answer.json["access_token"], answer.json["refresh_token"]]
    with house.unit(writes=False) as ctx:
        rows = ctx.session.execute(select(EventRow.act, EventRow.subject, EventRow.detail)).all()
        stored = list(ctx.session.scalars(select(TokenRow.token_hash)))
    assert {"session:open", "enrolment:write"} <= {row.act for row in rows}
    assert not [secret for secret in secrets if secret in str(rows) or secret in str(stored)]


@pytest.mark.promise("P22")
def test_whoever_departs_is_out_at_once(house: House) -> None:
    fatima, bram = house.login("admin"), joined(house)
    tokens = log_in(house, bram).json
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    path = f"/staff/{tokens['staff_id']}/departure"
    assert house.get("/staff", headers=headers).status_code == 200
    assert house.post(path, headers=fatima.headers).json["left_at"] is not None
    assert house.get("/staff", headers=headers).status_code == 401
    assert house.post("/access/refresh", json={"refresh_token": tokens["refresh_token"]}).status_code == 401
    house.clock.now += timedelta(seconds=30)
    assert log_in(house, bram).status_code == 401


def test_nobody_lets_themselves_or_another_site_go(house: House) -> None:
    fatima = house.login("admin")
    elsewhere = house.login("nurse", site=house.new_site())
    assert house.post(f"/staff/{fatima.id}/departure", headers=fatima.headers).status_code == 409
    assert house.post(f"/staff/{elsewhere.id}/departure", headers=fatima.headers).status_code == 404
