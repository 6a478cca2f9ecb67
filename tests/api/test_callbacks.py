"""Callbacks of the SMS gateway: only a signed report is heard, and what did not arrive goes on to the next channel."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from backend.services.callbacks import LARGEST
from backend.storage import ledger
from backend.storage.events import EventRow
from backend.storage.feed import head
from backend.storage.outbox import SqlOutbox
from backend.storage.patients import PatientRow
from backend.storage.reminders import ReminderRow
from backend.storage.undelivered import UndeliveredRow
from notifications.callback import sign
from notifications.reminder import Accepted, Claimed
from tests.factories.reminders import ReminderRowFactory
from tests.house import House, Patient, Staff

SECRET = "callback secret"
LEASE = timedelta(minutes=2)


@pytest.fixture
def told_of(house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def tell(**settings: Any) -> None:
        monkeypatch.setattr(house.app.extensions["uitwerk"], "settings", replace(house.settings, **settings))

    tell(sms_secret=SECRET)
    return tell


@pytest.fixture
def anna(house: House, bram: Staff) -> Patient:
    """A patient who is told by SMS, and by mail if need be."""
    return house.patient([bram], channels="sms email", phone_sealed=b"sealed", email_sealed=b"sealed")


def outbox(house: House) -> SqlOutbox:
    with house.unit(writes=False) as ctx:
        return SqlOutbox(ctx.session.get_bind().engine, ctx.sealer)


def due(house: House, anna: Patient, **columns: Any) -> UUID:
    row = ReminderRowFactory.build(patient_id=anna.id, **{"channel": "sms", **columns})
    row_id: UUID = row.id
    house.add(row)
    return row_id


def taken(house: House) -> Claimed:
    """Let a dispatcher claim and try the reminder that is due."""
    (claimed,) = outbox(house).claim(house.clock.now, "one", LEASE, 10)
    assert outbox(house).attempt(claimed, house.clock.now)
    return claimed


def accepted(house: House, claimed: Claimed) -> None:
    assert outbox(house).acknowledge(claimed, Accepted("ref"), house.clock.now, None)


def sent(house: House, anna: Patient, **columns: Any) -> UUID:
    reminder_id = due(house, anna, **columns)
    accepted(house, taken(house))
    return reminder_id


def report(house: House, reference: object, state: str, **told: Any) -> Any:
    """Let the gateway report; `secret`, `at` and `raw` make it say something else than it ought to."""
    at: datetime = told.get("at", house.clock.now)
    body = told.get("raw") or json.dumps({told.get("name", "reference"): f"reminder-{reference}", "state": state})
    header = sign(told.get("secret", SECRET).encode(), body.encode(), at)
    return house.post("/callbacks/sms", data=body.encode(), headers={"X-Signature": header})


def stands(house: House, reminder_id: UUID) -> tuple[str, str, str]:
    with house.unit(writes=False) as ctx:
        row = ctx.session.get_one(ReminderRow, reminder_id)
        return row.status, row.channel, row.why


def said(house: House, reminder_id: UUID) -> list[tuple[str, str]]:
    with house.unit(writes=False) as ctx:
        found = ledger.receipts(ctx.session, [reminder_id])
        return [(row.source, row.state) for row in found.get(reminder_id, ())]


def listed(house: House) -> list[tuple[str, str | None]]:
    with house.unit(writes=False) as ctx:
        return [(row.why, row.outcome) for row in ctx.session.scalars(select(UndeliveredRow))]


def fed(house: House, anna: Patient) -> int:
    with house.unit(writes=False) as ctx:
        return head(ctx.session, anna.id).seq


@pytest.mark.usefixtures("told_of")
def test_what_was_delivered_is_so_and_twice_changes_nothing(house: House, anna: Patient) -> None:
    reminder_id = sent(house, anna)
    before = fed(house, anna)
    assert report(house, reminder_id, "delivered").status_code == 204
    assert (stands(house, reminder_id), said(house, reminder_id)) == (("delivered", "sms", ""), [("sms", "delivered")])
    after = fed(house, anna)
    assert after > before
    house.clock.now += timedelta(minutes=1)
    assert report(house, reminder_id, "delivered").status_code == 204
    assert report(house, reminder_id, "failed").status_code == 204  # it contradicts itself: what came has come
    assert (stands(house, reminder_id), fed(house, anna)) == (("delivered", "sms", ""), after)


@pytest.mark.usefixtures("told_of")
@pytest.mark.parametrize("state", ["failed", "undelivered", "expired", "rejected"])
def test_what_did_not_arrive_goes_by_the_next_channel_once(house: House, anna: Patient, state: str) -> None:
    reminder_id = sent(house, anna)
    for _ in range(2):
        assert report(house, reminder_id, state).status_code == 204
        assert stands(house, reminder_id) == ("due", "email", "sms-undelivered")
    claimed = taken(house)
    assert (claimed.reminder.channel, claimed.attempt, claimed.id) == ("email", 1, str(reminder_id))
    accepted(house, claimed)
    assert report(house, reminder_id, "failed").status_code == 204
    assert (stands(house, reminder_id), listed(house)) == (("sent", "email", ""), [])


@pytest.mark.usefixtures("told_of")
def test_a_report_that_comes_before_the_gateways_answer_is_not_lost(house: House, anna: Patient) -> None:
    reminder_id = due(house, anna)
    claimed = taken(house)
    report(house, reminder_id, "failed")
    assert stands(house, reminder_id)[0] == "claimed"
    accepted(house, claimed)
    assert stands(house, reminder_id) == ("due", "email", "sms-undelivered")


@pytest.mark.usefixtures("told_of")
def test_a_late_report_of_one_channel_says_nothing_of_another(house: House, anna: Patient) -> None:
    reminder_id = sent(house, anna, channel="email")
    report(house, reminder_id, "failed")
    assert (stands(house, reminder_id), said(house, reminder_id)) == (("sent", "email", ""), [("sms", "failed")])


@pytest.mark.usefixtures("told_of")
def test_without_another_way_it_has_failed_and_somebody_is_to_look_at_it(house: House, bram: Staff) -> None:
    only = house.patient([bram], channels="sms", phone_sealed=b"sealed")
    reminder_id = sent(house, only)
    report(house, reminder_id, "failed")
    assert stands(house, reminder_id) == ("failed", "sms", "sms-undelivered")
    assert listed(house) == [("sms-undelivered", None)]
    report(house, reminder_id, "delivered")  # the gateway was wrong
    assert (stands(house, reminder_id)[0], listed(house)) == ("delivered", [("sms-undelivered", "reached")])


@pytest.mark.usefixtures("told_of")
def test_what_was_taken_for_reached_too_soon_is_on_the_list_again(house: House, bram: Staff) -> None:
    only = house.patient([bram], channels="sms", phone_sealed=b"sealed")
    first, second = sent(house, only), sent(house, only)
    report(house, first, "failed")
    report(house, second, "delivered")
    third = sent(house, only)
    assert listed(house) == [("sms-undelivered", "reached")]
    report(house, third, "failed")
    assert listed(house) == [("sms-undelivered", None)]


@pytest.mark.promise("P11")
@pytest.mark.usefixtures("told_of")
@pytest.mark.parametrize(
    ("state", "stood"), [("failed", ("failed", "sms-undelivered")), ("delivered", ("delivered", ""))]
)
def test_what_failed_by_sms_once_says_nothing_of_a_second_one_until_that_is_reported_too(
    house: House, anna: Patient, state: str, stood: tuple[str, str]
) -> None:
    reminder_id = sent(house, anna)
    report(house, reminder_id, "failed")
    with house.unit() as ctx:  # the mail leads nowhere by then, and the SMS is tried once more
        ctx.session.get_one(PatientRow, anna.id).email_sealed = None
    house.clock.now += timedelta(minutes=1)
    claimed = taken(house)
    assert claimed.reminder.channel == "sms"
    accepted(house, claimed)
    assert (stands(house, reminder_id)[0], listed(house)) == ("sent", [])
    for _ in range(2):
        house.clock.now += timedelta(seconds=1)
        assert report(house, reminder_id, state).status_code == 204
        assert stands(house, reminder_id) == (stood[0], "sms", stood[1])
    assert listed(house) == ([("sms-undelivered", None)] if state == "failed" else [])


@pytest.mark.usefixtures("told_of")
def test_what_makes_no_sense_any_more_is_not_tried_again(house: House, anna: Patient) -> None:
    reminder_id = sent(house, anna)
    house.clock.now += timedelta(hours=1)
    report(house, reminder_id, "failed")
    assert stands(house, reminder_id) == ("failed", "sms", "sms-undelivered")
    assert listed(house) == [("sms-undelivered", None)]


@pytest.mark.usefixtures("told_of")
def test_who_cannot_sign_learns_and_changes_nothing(house: House, anna: Patient) -> None:
    reminder_id, other = sent(house, anna), uuid4()
    old = house.clock.now - timedelta(minutes=6)
    forged = [report(house, one, "failed", secret="a guess") for one in (reminder_id, other)]
    stale = [report(house, one, "failed", at=old) for one in (reminder_id, other)]
    bare = [house.post("/callbacks/sms", data=b"{}"), house.post("/callbacks/sms")]
    answers = [*forged, *stale, *bare]
    assert {(answer.status_code, answer.json["code"]) for answer in answers} == {(401, "not-authenticated")}
    assert len({json.dumps(answer.json | {"request_id": ""}) for answer in answers}) == 1
    assert (stands(house, reminder_id), said(house, reminder_id)) == (("sent", "sms", ""), [])


@pytest.mark.usefixtures("told_of")
@pytest.mark.parametrize("reference", ["reminder-7", "reminder-", "m-1", f"reminder-{UUID(int=7)}"])
def test_a_message_nobody_knows_is_answered_like_one_that_is_known(house: House, anna: Patient, reference: str) -> None:
    known = report(house, sent(house, anna), "delivered")
    unknown = report(house, "", "", raw=json.dumps({"reference": reference, "state": "delivered"}))
    assert (unknown.status_code, unknown.data) == (known.status_code, known.data) == (204, b"")


@pytest.mark.usefixtures("told_of")
def test_a_state_on_the_way_and_what_cannot_be_read_change_nothing(house: House, anna: Patient) -> None:
    reminder_id = sent(house, anna)
    assert report(house, reminder_id, "buffered").status_code == 204
    assert report(house, reminder_id, "sung").status_code == 400
    assert report(house, reminder_id, "", raw="x" * (LARGEST + 1)).status_code == 413
    assert (stands(house, reminder_id)[0], said(house, reminder_id)) == ("sent", [])


def test_the_gateways_own_name_for_our_reference_is_understood(
    house: House, anna: Patient, told_of: Callable[..., None]
) -> None:
    reminder_id = sent(house, anna)
    told_of(sms_secret=SECRET, sms_fields="to=recipient reference=client_ref")
    assert report(house, reminder_id, "delivered", name="client_ref").status_code == 204
    assert stands(house, reminder_id)[0] == "delivered"


def test_without_a_secret_there_is_no_such_place(house: House, anna: Patient) -> None:
    reminder_id = sent(house, anna)
    assert report(house, reminder_id, "delivered").status_code == 404
    assert report(house, reminder_id, "delivered", secret="").status_code == 404


@pytest.mark.promise("P23")
@pytest.mark.usefixtures("told_of")
def test_what_was_heard_is_written_down_once_and_in_nobodys_name(house: House, anna: Patient) -> None:
    reminder_id = sent(house, anna)
    for _ in range(2):
        report(house, reminder_id, "delivered")
    with house.unit(writes=False) as ctx:
        events = ctx.session.scalars(select(EventRow).where(EventRow.act == "reminders:reported")).all()
        told = [(one.actor_role, one.subject, one.detail) for one in events]
    assert told == [("nobody", str(reminder_id), {"state": "delivered"})]
