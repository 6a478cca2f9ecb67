"""The tokens of a session: rotated, retried, stolen, idle and ended."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from backend.domain.permissions import Role
from backend.services import gate, sessions
from backend.services.sessions import Tokens
from backend.storage import access
from backend.storage.access import SessionRow, TokenRow
from backend.storage.patients import PatientRow
from tests.house import House

SECOND = timedelta(seconds=1)


def opened(house: House) -> Tokens:
    anna = house.patient()
    with house.unit() as ctx:
        return sessions.of_phone(ctx, ctx.session.get_one(PatientRow, anna.id), "anna's phone")


def staff_session(house: House) -> Tokens:
    bram = house.login("nurse")
    with house.unit() as ctx:
        return sessions.of_staff(ctx, bram.id, Role.NURSE)


def refresh(house: House, token: str) -> Any:
    return house.post("/access/refresh", json={"refresh_token": token})


def works(house: House, token: str) -> bool:
    status: int = house.get("/access/session", headers={"Authorization": f"Bearer {token}"}).status_code
    return status == 200


def test_an_access_token_ends_after_fifteen_minutes(house: House) -> None:
    tokens = opened(house)
    house.clock.now += timedelta(minutes=15) - SECOND
    assert works(house, tokens.access_token)
    house.clock.now += SECOND
    assert not works(house, tokens.access_token)
    assert works(house, refresh(house, tokens.refresh_token).json["access_token"])


def test_a_lost_answer_can_be_asked_for_again(house: House) -> None:
    tokens = opened(house)
    first = refresh(house, tokens.refresh_token)
    house.clock.now += timedelta(seconds=60)
    again = refresh(house, tokens.refresh_token)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json == again.json
    assert first.json["refresh_token"] not in {tokens.refresh_token, first.json["access_token"]}
    assert works(house, first.json["access_token"])


def test_a_phone_whose_answer_was_lost_in_a_tunnel_gets_it_hours_later(house: House) -> None:
    anna = house.patient()
    with house.unit() as ctx:
        tokens = sessions.of_phone(ctx, ctx.session.get_one(PatientRow, anna.id), "anna's phone")
    lost = refresh(house, tokens.refresh_token).json
    house.clock.now += timedelta(hours=3)
    again = refresh(house, tokens.refresh_token)
    assert (again.status_code, again.json) == (200, lost)
    fresh = refresh(house, again.json["refresh_token"])
    assert works(house, fresh.json["access_token"])
    assert refresh(house, tokens.refresh_token).status_code == 401  # its successors were used by now
    assert not works(house, fresh.json["access_token"])


def test_a_refresh_token_used_later_ends_the_whole_session(house: House) -> None:
    tokens = opened(house)
    successor = refresh(house, refresh(house, tokens.refresh_token).json["refresh_token"]).json
    house.clock.now += timedelta(seconds=61)
    assert refresh(house, tokens.refresh_token).status_code == 401
    assert not works(house, successor["access_token"])
    assert not works(house, tokens.access_token)
    assert refresh(house, successor["refresh_token"]).status_code == 401


@pytest.mark.promise("P22")
def test_a_stolen_token_used_during_a_sync_waits_for_it_and_ends_the_session(house: House) -> None:
    """A sync locks the patient and then the session; so does refreshing, or the two would wait in a circle."""
    if not house.settings.url.startswith("postgresql"):
        pytest.skip("SQLite locks the file, not rows")
    anna = house.patient()
    with house.unit() as ctx:
        tokens = sessions.of_phone(ctx, ctx.session.get_one(PatientRow, anna.id), "anna's phone")
    successor = refresh(house, tokens.refresh_token).json
    house.clock.now += timedelta(seconds=61)
    body = {"refresh_token": tokens.refresh_token}
    with ThreadPoolExecutor(1) as thread:
        with house.unit(anna) as ctx:
            gate.own(ctx, "own-record:sync", lock=True)
            session_id = ctx.session.scalars(select(SessionRow.id)).one()
            stolen = thread.submit(house.app.test_client().post, "/api/v1/access/refresh", json=body)
            until_somebody_waits(house)
            access.synced(ctx.session, session_id, ctx.now, 0, None)
        assert stolen.result().status_code == 401
    assert not works(house, successor["access_token"])


def until_somebody_waits(house: House) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(10_000):
        with house.unit(writes=False) as ctx:
            if ctx.session.scalar(waiting):
                return
    raise AssertionError("nobody waits")


def test_two_phones_of_one_patient_are_two_families(house: House) -> None:
    anna = house.patient()
    with house.unit() as ctx:
        one, two = (sessions.of_phone(ctx, ctx.session.get_one(PatientRow, anna.id), name) for name in "12")
    refresh(house, refresh(house, one.refresh_token).json["refresh_token"])
    house.clock.now += timedelta(seconds=61)
    assert refresh(house, one.refresh_token).status_code == 401
    assert refresh(house, two.refresh_token).status_code == 200


def test_an_access_token_refreshes_nothing_and_a_refresh_token_opens_nothing(house: House) -> None:
    tokens = opened(house)
    assert refresh(house, tokens.access_token).status_code == 401
    assert not works(house, tokens.refresh_token)
    assert refresh(house, "made up").status_code == 401


def test_a_silent_phone_must_pair_anew(house: House) -> None:
    tokens = opened(house)
    house.clock.now += timedelta(days=house.settings.refresh_days)
    assert refresh(house, tokens.refresh_token).status_code == 401


def test_staff_who_fall_silent_are_out_after_twenty_minutes(house: House) -> None:
    tokens = staff_session(house)
    house.clock.now += timedelta(minutes=20) - SECOND
    successor = refresh(house, tokens.refresh_token).json
    house.clock.now += timedelta(minutes=20)
    assert refresh(house, successor["refresh_token"]).status_code == 401


def test_staff_are_out_after_twelve_hours_whatever_they_do(house: House) -> None:
    tokens = staff_session(house)
    ends_at = house.clock.now + timedelta(hours=12)
    token, access = tokens.refresh_token, tokens.access_token
    while house.clock.now + timedelta(minutes=15) < ends_at:
        house.clock.now += timedelta(minutes=15)
        answer = refresh(house, token).json
        token, access = answer["refresh_token"], answer["access_token"]
    assert works(house, access)
    house.clock.now = ends_at
    assert not works(house, access)
    assert refresh(house, token).status_code == 401


@pytest.mark.promise("P22")
def test_logging_out_ends_the_session_at_once(house: House) -> None:
    tokens = opened(house)
    headers = {"Authorization": f"Bearer {tokens.access_token}"}
    assert house.post("/access/log-out", headers=headers).status_code == 204
    assert not works(house, tokens.access_token)
    assert refresh(house, tokens.refresh_token).status_code == 401


def test_refreshing_at_the_same_moment_gives_one_successor(house: House) -> None:
    tokens = opened(house)

    def once(_: int) -> Any:
        body = {"refresh_token": tokens.refresh_token}
        return house.app.test_client().post("/api/v1/access/refresh", json=body).json

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(once, range(16)))
    assert len({answer["refresh_token"] for answer in answers}) == 1
    assert works(house, answers[0]["access_token"])


def test_expired_tokens_are_forgotten(house: House) -> None:
    token = opened(house).refresh_token
    for _ in range(5):
        house.clock.now += timedelta(minutes=16)
        token = refresh(house, token).json["refresh_token"]
    with house.unit(writes=False) as ctx:
        kept = ctx.session.scalar(select(func.count()).select_from(TokenRow).where(TokenRow.kind == "access"))
    assert kept == 1


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer  ", "Basic abc", "Bearer nonsense"])
def test_without_a_live_token_nothing_opens(house: House, header: str) -> None:
    answer = house.get("/access/session", headers={"Authorization": header})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
