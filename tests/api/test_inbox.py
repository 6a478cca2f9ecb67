"""The inbox in the app: what one was told lately, or should have been, in the words of then, also on the phone."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from backend.services.inbox import MOST
from backend.storage.outbox import SqlOutbox
from notifications.reminder import Accepted
from tests.api.syncing import SyncingPhone
from tests.factories.reminders import ReminderRowFactory
from tests.house import House, Patient, Staff

DAY = timedelta(days=1)


@pytest.fixture
def anna(house: House) -> Patient:
    return house.patient(language="en")


@pytest.fixture
def phone(house: House, anna: Patient) -> SyncingPhone:
    return SyncingPhone(house, anna)


def put(house: House, anna: Patient, **columns: Any) -> UUID:
    row = ReminderRowFactory.build(patient_id=anna.id, **columns)
    row_id: UUID = row.id
    house.add(row)
    return row_id


def send(house: House) -> None:
    """Let a dispatcher send what is due, by way of the inbox."""
    with house.unit(writes=False) as ctx:
        outbox = SqlOutbox(ctx.session.get_bind().engine, ctx.sealer)
    for claimed in outbox.claim(house.clock.now, "one", timedelta(minutes=2), 10):
        assert claimed.reminder.channel == "inbox"
        assert outbox.attempt(claimed, house.clock.now)
        assert outbox.acknowledge(claimed, Accepted("ref"), house.clock.now, None)


def inbox(house: House, phone: SyncingPhone) -> list[dict[str, Any]]:
    answer = house.get("/me/inbox", headers=phone.headers)
    assert answer.status_code == 200, answer.json
    found: list[dict[str, Any]] = answer.json["items"]
    return found


def kept(phone: SyncingPhone) -> Any:
    """Return what the phone was last given of reminders."""
    phone.sync()
    (document,) = phone.of("reminders").values()
    return document


def test_what_was_told_reads_as_it_did_then_however_long_ago(house: House, anna: Patient, phone: SyncingPhone) -> None:
    sent_at = house.clock.now
    reminder_id = put(house, anna)
    send(house)
    house.clock.now += 3 * DAY
    (item,) = inbox(house, phone)
    assert (item["id"], item["kind"], item["step"], item["due_on"]) == (
        str(reminder_id), "dose", "day-before", "2026-06-02"
    )  # fmt: skip
    assert (item["state"], item["read"], item["late"], item["at"]) == ("sent", False, False, sent_at.isoformat())
    assert "tomorrow" in item["text"]["body"].lower()


def test_opening_it_in_the_app_is_told_by_a_receipt_and_then_it_is_read(
    house: House, anna: Patient, phone: SyncingPhone
) -> None:
    reminder_id = put(house, anna)
    send(house)
    other = SyncingPhone(house, anna)
    assert [item["read"] for item in kept(other)["told"]] == [False]
    word = {"id": str(reminder_id), "state": "opened", "at": house.clock.now.isoformat()}
    phone.call(receipts=[word])
    assert [(item["state"], item["read"]) for item in inbox(house, phone)] == [("opened", True)]
    assert [item["read"] for item in kept(other)["told"]] == [True]


def test_what_should_have_been_told_is_there_too_and_says_that_it_is_late(
    house: House, anna: Patient, phone: SyncingPhone
) -> None:
    began = house.clock.now
    put(house, anna, status="failed", why="push-503", key="failed", send_at=began)
    put(house, anna, status="expired", why="too-late", key="expired", send_at=began - DAY)
    put(house, anna, key="due", send_at=began - 2 * DAY)
    house.clock.now += 2 * DAY
    items = inbox(house, phone)
    assert [(item["state"], item["late"], item["at"]) for item in items] == [
        ("failed", True, began.isoformat()),
        ("expired", True, (began - DAY).isoformat()),
        ("due", True, (began - 2 * DAY).isoformat()),
    ]


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "cancelled", "why": "no-longer-due"},
        {"status": "suppressed", "why": "stopped"},
        {"status": "planned", "send_at": "soon"},
        {"status": "sent", "send_at": "long ago"},
    ],
)
def test_what_is_of_no_interest_is_left_out(
    house: House, anna: Patient, phone: SyncingPhone, columns: dict[str, Any]
) -> None:
    moments = {"soon": house.clock.now + timedelta(minutes=1), "long ago": house.clock.now - 30 * DAY}
    at = moments.get(columns.get("send_at", ""), house.clock.now)
    put(house, anna, **{**columns, "send_at": at})
    put(house, house.patient(), status="sent")
    assert inbox(house, phone) == []


@pytest.mark.parametrize(("status", "stays"), [("failed", False), ("expired", False), ("due", False), ("sent", True)])
def test_what_was_not_told_of_a_plan_that_has_changed_is_of_no_interest(
    house: House, anna: Patient, phone: SyncingPhone, status: str, stays: bool
) -> None:
    put(house, anna, status=status)
    later = house.clock.now + 7 * DAY
    assert len(inbox(house, phone)) == 1
    put(house, anna, version=2, send_at=later, subject="dose-2")
    put(house, anna, version=2, send_at=later, kind="checklist", step="day-before")
    assert len(inbox(house, phone)) == 1
    put(house, anna, version=2, send_at=later)
    assert bool(inbox(house, phone)) is stays


def test_the_newest_come_first_and_the_oldest_are_left_out(house: House, anna: Patient, phone: SyncingPhone) -> None:
    moments = [house.clock.now - timedelta(hours=hours) for hours in range(MOST + 5)]
    for at in reversed(moments):
        put(house, anna, status="failed", send_at=at)
    assert [item["at"] for item in inbox(house, phone)] == [at.isoformat() for at in moments[:MOST]]


def test_what_was_told_late_stands_where_it_was_told(house: House, anna: Patient, phone: SyncingPhone) -> None:
    began = house.clock.now
    put(house, anna, key="late", expires_at=began + DAY)
    put(house, anna, key="failed", status="failed", send_at=began + timedelta(minutes=30))
    house.clock.now += timedelta(hours=1)
    send(house)
    assert [item["state"] for item in inbox(house, phone)] == ["sent", "failed"]


def test_a_phone_begins_with_the_same_list_and_gets_it_anew_when_something_is_told(
    house: House, anna: Patient, phone: SyncingPhone
) -> None:
    assert kept(phone) == {"items": [], "told": []}
    later = house.clock.now + timedelta(minutes=5)
    put(house, anna, send_at=later, expires_at=later + DAY)
    house.clock.now = later
    send(house)
    told = inbox(house, phone)
    assert len(told) == 1
    assert kept(phone)["told"] == told
    assert house.get("/me/bootstrap", headers=phone.headers).json["reminders"] == {"items": [], "told": told}


@pytest.mark.promise("P18")
def test_staff_have_no_inbox(house: House, bram: Staff) -> None:
    assert house.get("/me/inbox", headers=bram.headers).status_code == 403
