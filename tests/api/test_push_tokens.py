"""Tokens of apps over HTTP: beside what browsers give, by the same rules, and only where they are sent through."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select, text

from backend.services import push
from backend.storage import ways
from backend.storage.patients import PatientRow
from backend.storage.reminders import ReminderRow
from tests.api.settling import settle
from tests.factories.chains import chain
from tests.house import House, Patient
from tests.notifications.pushing import Browser

PATH = "/me/push-tokens"
SUBSCRIPTIONS = "/me/push-subscriptions"
FCM = "cKf3:APA91b_" + "x" * 120
APNS = "0123456789abcdef" * 4


@pytest.fixture
def anna(house: House, monkeypatch: pytest.MonkeyPatch) -> Patient:
    """A patient of an installation that sends through both services."""
    settle(house, monkeypatch, fcm_file=Path("fcm.json"), apns_key_file=Path("apns.p8"))
    return house.patient(channels="push")


def send(house: House, phone: dict[str, str], service: str, token: Any) -> Any:
    return house.post(PATH, headers=phone, json={"service": service, "token": token})


def listed(house: House, phone: dict[str, str]) -> list[tuple[str, str, bool]]:
    items = house.get(SUBSCRIPTIONS, headers=phone).json["items"]
    return sorted((item["service"], item["id"], item["this"]) for item in items)


def address(house: House, anna: Patient, channel: str) -> Any:
    """Return what the dispatcher would be told of a patient's phones."""
    with house.unit(writes=False) as ctx:
        return orjson.loads(
            ways.of_patient(ctx.session, ctx.session.get_one(PatientRow, anna.id), ctx.now).address(channel, ctx.sealer)
        )


@pytest.mark.parametrize(("service", "token"), [("fcm", FCM), ("apns", APNS)])
def test_the_same_token_again_is_nothing_new_and_is_what_is_woken(
    house: House, anna: Patient, service: str, token: str
) -> None:
    phone = house.phone(anna)
    first, again = (send(house, phone, service, token) for _ in range(2))
    assert (first.status_code, again.status_code, again.json) == (201, 200, first.json)
    assert listed(house, phone) == [(service, first.json["id"], True)]
    assert address(house, anna, service) == [{"id": first.json["id"], "token": token}]


def test_a_phone_has_one_token_of_each_service_and_a_browser_beside_them(house: House, anna: Patient) -> None:
    phone = house.phone(anna)
    browser = house.post(SUBSCRIPTIONS, headers=phone, json=Browser("https://fcm.googleapis.com").told).json["id"]
    send(house, phone, "fcm", FCM)
    fcm, apns = send(house, phone, "fcm", FCM + "y").json["id"], send(house, phone, "apns", APNS).json["id"]
    assert listed(house, phone) == [("apns", apns, True), ("fcm", fcm, True), ("webpush", browser, True)]


def test_a_token_of_apple_is_the_same_in_capitals(house: House, anna: Patient) -> None:
    phone = house.phone(anna)
    first, again = send(house, phone, "apns", APNS), send(house, phone, "apns", APNS.upper())
    assert (again.status_code, again.json) == (200, first.json)


def test_a_phone_that_somebody_else_has_now_wakes_for_them_alone(house: House, anna: Patient) -> None:
    other = house.patient()
    phones = [house.phone(anna), house.phone(other)]
    send(house, phones[0], "fcm", FCM)
    moved = send(house, phones[1], "fcm", FCM)
    assert moved.status_code == 201
    assert [listed(house, phone) for phone in phones] == [[], [("fcm", moved.json["id"], True)]]


def test_browsers_and_apps_together_are_not_more_than_so_many(house: House, anna: Patient) -> None:
    for number in range(push.MOST):
        house.clock.now += timedelta(seconds=1)
        assert send(house, house.phone(anna), "fcm", f"{FCM}{number}").status_code == 201
    house.clock.now += timedelta(seconds=1)
    last = house.phone(anna)
    browser = house.post(SUBSCRIPTIONS, headers=last, json=Browser("https://fcm.googleapis.com").told).json["id"]
    services = [service for service, *_ in listed(house, last)]
    assert (len(services), services.count("webpush")) == (push.MOST, 1)
    assert ("webpush", browser, True) in listed(house, last)


def test_what_is_planned_moves_with_a_token_and_back_when_it_ends(house: House, anna: Patient) -> None:
    phone = house.phone(anna)
    chain(house, anna, ["2026-05-11 09:00"])

    def channels() -> set[str]:
        with house.unit(writes=False) as ctx:
            return set(ctx.session.scalars(select(ReminderRow.channel).where(ReminderRow.status == "planned")))

    token = send(house, phone, "apns", APNS).json["id"]
    assert channels() == {"apns"}
    assert [house.delete(f"{SUBSCRIPTIONS}/{token}", headers=phone).status_code for _ in range(2)] == [204, 204]
    assert (channels(), listed(house, phone)) == ({"inbox"}, [])


@pytest.mark.promise("P29")
@pytest.mark.promise("P30")
def test_a_token_is_kept_nowhere_in_clear(house: House, anna: Patient) -> None:
    send(house, house.phone(anna), "fcm", FCM)
    with house.unit(writes=False) as ctx:
        kept = str(ctx.session.execute(text("SELECT mark, target_sealed FROM push_subscriptions")).mappings().one())
        events = str(ctx.session.execute(text("SELECT * FROM events")).all())
    assert FCM not in kept + events


@pytest.mark.promise("P06")
@pytest.mark.parametrize(
    ("service", "token", "pointer"),
    [
        ("apns", "0" * 63, "/token"),
        ("apns", "0" * 201, "/token"),
        ("apns", "g" * 64, "/token"),
        ("apns", APNS + "\n", "/token"),
        ("fcm", "x" * 19, "/token"),
        ("fcm", "x" * 4097, "/token"),
        ("fcm", FCM + "/", "/token"),
        ("fcm", FCM + "é", "/token"),
        ("fcm", "", "/token"),
        ("fcm", 7, "/token"),
        ("fcm", None, "/token"),
        ("hms", FCM, "/service"),
        ("webpush", FCM, "/service"),
    ],
)
def test_what_is_no_token_is_refused(house: House, anna: Patient, service: str, token: Any, pointer: str) -> None:
    phone = house.phone(anna)
    answer = send(house, phone, service, token)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    assert [one["pointer"] for one in answer.json["pointers"]] == [pointer]
    assert listed(house, phone) == []


@pytest.mark.parametrize(("able", "service"), [("fcm_file", "apns"), ("apns_key_file", "fcm")])
def test_a_service_that_nothing_is_sent_through_is_not_offered(
    house: House, monkeypatch: pytest.MonkeyPatch, able: str, service: str
) -> None:
    settle(house, monkeypatch, **{able: Path("key")})
    answer = send(house, house.phone(house.patient()), service, {"fcm": FCM, "apns": APNS}[service])
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    assert [one["pointer"] for one in answer.json["pointers"]] == ["/service"]


@pytest.mark.promise("P19")
def test_nobody_elses_token_can_be_ended(house: House, anna: Patient) -> None:
    phones = [house.phone(anna), house.phone(house.patient())]
    token = UUID(send(house, phones[0], "fcm", FCM).json["id"])
    assert house.delete(f"{SUBSCRIPTIONS}/{token}", headers=phones[1]).status_code == 404
    assert listed(house, phones[0]) == [("fcm", str(token), True)]
