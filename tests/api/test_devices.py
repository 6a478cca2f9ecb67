"""A patient's own phones over HTTP: which there are, and sending one away, which holds at once."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from backend.services import reminders
from backend.storage import access
from backend.storage.patients import PatientRow
from backend.storage.push import SubscriptionRow
from backend.storage.reminders import ReminderRow
from tests.factories.chains import chain
from tests.house import House, Patient, Staff


def listed(house: House, phone: dict[str, str]) -> list[dict[str, Any]]:
    answer = house.get("/me/devices", headers=phone)
    assert answer.status_code == 200, answer.json
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def mine(house: House, phone: dict[str, str]) -> str:
    return next(str(device["id"]) for device in listed(house, phone) if device["this"])


def subscribe(house: House, anna: Patient, session_id: str) -> UUID:
    """Let a phone be woken."""
    found = uuid4()
    row = SubscriptionRow(
        id=found,
        patient_id=anna.id,
        session_id=UUID(session_id),
        mark=found.bytes,
        target_sealed=b"sealed",
        made_at=house.clock.now,
    )
    house.add(row)
    return found


def test_the_list_tells_which_phone_asks_and_when_each_synced(house: House, anna: Patient, bram: Staff) -> None:
    old = house.phone(anna)
    house.clock.now += timedelta(days=1)
    new = house.phone(anna)
    synced = UUID(mine(house, old))
    with house.unit() as ctx:
        access.synced(ctx.session, synced, house.clock.now, 0, "app/1.0.0")
    devices = listed(house, new)
    assert [(device["name"], device["this"]) for device in devices] == [("phone", True), ("phone", False)]
    assert [device["synced_at"] for device in devices] == [None, "2026-06-02T10:00:00+00:00"]
    seen = house.get(f"/patients/{anna.id}/devices", headers=bram.headers).json["items"]
    assert seen == [{name: value for name, value in one.items() if name != "this"} for one in devices]


@pytest.mark.promise("P22")
def test_a_phone_that_was_sent_away_is_out_at_once(house: House, anna: Patient) -> None:
    lost, kept = house.phone(anna), house.phone(anna)
    path = f"/me/devices/{mine(house, lost)}"
    assert [house.delete(path, headers=kept).status_code for _ in range(2)] == [204, 204]
    assert house.get("/me/plan", headers=lost).status_code == 401
    assert house.get("/me/plan", headers=kept).status_code == 200
    (gone,) = [device for device in listed(house, kept) if not device["this"]]
    assert gone["revoked_at"] == "2026-06-01T10:00:00+00:00"


@pytest.mark.promise("P22")
def test_a_phone_can_send_itself_away(house: House, anna: Patient) -> None:
    phone = house.phone(anna)
    path = f"/me/devices/{mine(house, phone)}"
    assert house.delete(path, headers=phone).status_code == 204
    assert house.delete(path, headers=phone).status_code == 401


@pytest.mark.promise("P19")
def test_the_phone_of_somebody_else_is_no_phone(house: House, anna: Patient) -> None:
    phone, theirs = house.phone(anna), house.phone(house.patient())
    answers = [house.delete(f"/me/devices/{one}", headers=phone) for one in (mine(house, theirs), uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json | {"request_id": ""} == answers[1].json | {"request_id": ""}
    assert house.get("/me/plan", headers=theirs).status_code == 200


@pytest.mark.parametrize("way", ["by another phone", "by itself", "by the clinic", "by logging out"])
def test_a_phone_that_is_out_is_not_woken_any_more(house: House, anna: Patient, bram: Staff, way: str) -> None:
    lost, kept = house.phone(anna), house.phone(anna)
    gone_id, kept_id = mine(house, lost), mine(house, kept)
    gone, stays = subscribe(house, anna, gone_id), subscribe(house, anna, kept_id)
    done = {
        "by another phone": lambda: house.delete(f"/me/devices/{gone_id}", headers=kept),
        "by itself": lambda: house.delete(f"/me/devices/{gone_id}", headers=lost),
        "by the clinic": lambda: house.delete(f"/patients/{anna.id}/devices/{gone_id}", headers=bram.headers),
        "by logging out": lambda: house.post("/access/log-out", headers=lost),
    }[way]()
    assert done.status_code == 204
    with house.unit(writes=False) as ctx:
        ended = {row.id: row.gone_at for row in ctx.session.scalars(select(SubscriptionRow))}
    assert ended == {gone: house.clock.now, stays: None}


def test_without_the_phone_that_was_woken_reminders_go_by_mail(house: House, bram: Staff) -> None:
    anna = house.patient(cares_for=[bram], channels="push email", email_sealed=b"somewhere")
    phone = house.phone(anna)
    session_id = mine(house, phone)
    subscribe(house, anna, session_id)
    chain(house, anna, ["2026-05-04 09:00"])
    with house.unit() as ctx:
        reminders.replan(ctx, ctx.session.get_one(PatientRow, anna.id))
    assert by_what(house, anna) == {"push"}
    assert house.delete(f"/me/devices/{session_id}", headers=phone).status_code == 204
    assert by_what(house, anna) == {"email"}


@pytest.mark.parametrize("way", ["by itself", "by the clinic", "by logging out", "by a stolen token"])
def test_somebody_nothing_else_reaches_is_told_in_the_app_for_as_long_as_a_phone_is_paired(
    house: House, bram: Staff, way: str
) -> None:
    anna = house.patient(cares_for=[bram])
    chain(house, anna, ["2026-05-04 09:00"])
    with house.unit() as ctx:
        reminders.replan(ctx, ctx.session.get_one(PatientRow, anna.id))
    assert (by_what(house, anna), held_back(house, anna)) == (set(), {"no-channel"})
    offered = house.post(f"/patients/{anna.id}/pairings", headers=bram.headers).json
    told = {"secret": offered["secret"], "device_name": "phone"}
    tokens = house.post("/access/pairing", json=told).json
    phone = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (by_what(house, anna), held_back(house, anna)) == ({"inbox"}, set())
    path = f"devices/{mine(house, phone)}"
    {
        "by itself": lambda: house.delete(f"/me/{path}", headers=phone),
        "by the clinic": lambda: house.delete(f"/patients/{anna.id}/{path}", headers=bram.headers),
        "by logging out": lambda: house.post("/access/log-out", headers=phone),
        "by a stolen token": lambda: steal(house, tokens["refresh_token"]),
    }[way]()
    assert (by_what(house, anna), held_back(house, anna)) == (set(), {"no-channel"})


def steal(house: House, refresh_token: str) -> None:
    """Use a refresh token and its successor, and much later the first again."""
    used = [refresh_token]
    for _ in range(2):
        answer = house.post("/access/refresh", json={"refresh_token": used[-1]})
        assert answer.status_code == 200, answer.json
        used.append(answer.json["refresh_token"])
    house.clock.now += timedelta(minutes=10)
    assert house.post("/access/refresh", json={"refresh_token": refresh_token}).status_code == 401


def held_back(house: House, anna: Patient) -> set[str]:
    """Return why reminders are held back."""
    with house.unit(writes=False) as ctx:
        mine = (ReminderRow.patient_id == anna.id, ReminderRow.status == "suppressed")
        return set(ctx.session.scalars(select(ReminderRow.why).where(*mine)))


def by_what(house: House, anna: Patient) -> set[str]:
    """Return the channels of the reminders that are to come."""
    with house.unit(writes=False) as ctx:
        rows = ctx.session.scalars(select(ReminderRow).where(ReminderRow.patient_id == anna.id))
        return {row.channel for row in rows if row.status == "planned"}
