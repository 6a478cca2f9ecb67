"""By which way a reminder goes, what becomes of a way that is gone, and who is told when none is left."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from backend.storage import undelivered
from backend.storage.access import SessionRow
from backend.storage.db import unit_of_work
from backend.storage.patients import PatientRow
from backend.storage.push import SubscriptionRow
from backend.storage.reminders import ReminderRow
from notifications.reminder import Accepted, Again, Deferred, Failed, Outcome
from tests.factories.base import NOW
from tests.storage.store import BY_MAIL, FATAL, LATER, OVER, PASSING, SOON, TOOK, Store

AT_ONCE = Again(NOW, "email")
NO_MAILBOX = Failed(permanent=True, why="smtp-550", gone=("email",))


def told(store: Store, outcome: Outcome, again: Again | None = None, now: datetime = NOW) -> None:
    """Try the only one that is due, with this outcome."""
    assert store.outbox.acknowledge(store.tried(now), outcome, now, again)


@pytest.mark.promise("P11")
@pytest.mark.parametrize("outcome", [PASSING, Deferred("quiet-hours"), FATAL])
@pytest.mark.parametrize(("state", "status"), [("shown", "delivered"), ("opened", "opened")])
def test_what_the_phone_showed_while_it_was_being_sent_is_neither_tried_again_nor_called_failed(
    store: Store, outcome: Outcome, state: str, status: str
) -> None:
    (reminder_id,) = store.put()
    claimed = store.tried()
    store.shown(reminder_id, state)
    store.outbox.acknowledge(claimed, outcome, NOW, None if outcome is FATAL else BY_MAIL)
    row = store.row(reminder_id)
    assert (row.status, row.why, store.claim(LATER)) == (status, "told-by-phone", [])
    assert (store.told() > 0, store.items()) == (True, [])


@pytest.mark.parametrize(("kind", "state"), [("dose", "dismissed"), ("test", "shown")])
def test_what_nobody_saw_for_sure_or_asked_to_see_come_is_tried_again_all_the_same(
    store: Store, kind: str, state: str
) -> None:
    (reminder_id,) = store.put(kind=kind)
    claimed = store.tried()
    store.shown(reminder_id, state)
    store.outbox.acknowledge(claimed, PASSING, NOW, BY_MAIL)
    assert (store.row(reminder_id).status, len(store.claim(SOON))) == ("due", 1)


@pytest.mark.promise("P11")
def test_the_next_channel_begins_its_tries_anew_and_the_attempts_are_numbered_through(store: Store) -> None:
    store.phone()
    store.change(channels="push email")
    (reminder_id,) = store.put(channel="push", attempts=1)
    claimed = store.tried()
    assert (claimed.reminder.channel, claimed.others, claimed.attempt) == ("push", ("email",), 2)
    store.outbox.acknowledge(claimed, PASSING, NOW, AT_ONCE)
    again = store.tried()
    assert (again.reminder.channel, again.address, again.attempt) == ("email", "anna@example.org", 1)
    assert (again.others, again.message_id) == ((), claimed.message_id)
    store.outbox.acknowledge(again, FATAL, NOW, None)
    assert [(number, ended) for number, _, ended in store.attempts()] == [(1, "smtp-451"), (2, "smtp-550")]
    assert (store.row(reminder_id).status, store.row(reminder_id).channel) == ("failed", "email")


def test_a_try_on_the_same_channel_counts_on(store: Store) -> None:
    store.put()
    told(store, PASSING, BY_MAIL)
    assert store.claim(SOON)[0].attempt == 2


@pytest.mark.promise("P11")
def test_where_no_phone_is_left_after_many_tries_those_by_mail_begin_anew(store: Store) -> None:
    store.change(channels="push email")
    (reminder_id,) = store.put(channel="push", attempts=5)
    (claimed,) = store.claim()
    assert (claimed.reminder.channel, claimed.attempt) == ("email", 1)
    store.outbox.acknowledge(claimed, Deferred("quiet-hours"), NOW, BY_MAIL)
    assert (store.row(reminder_id).channel, store.claim(SOON)[0].attempt) == ("email", 1)


@pytest.mark.promise("P11")
@pytest.mark.parametrize(
    ("outcome", "held"), [(NO_MAILBOX, True), (Accepted("ref", gone=("email",)), True), (NO_MAILBOX, False)]
)
def test_an_address_that_does_not_exist_is_never_tried_again_whoever_found_out(
    store: Store, outcome: Outcome, held: bool
) -> None:
    store.change(channels="email sms", phone_sealed=store.sealed("phone", "+31600000001"), planned_at=NOW)
    store.put()
    claimed = store.tried()
    assert claimed.others == ("sms",)
    now = NOW if held else LATER
    if not held:
        store.tried(LATER)
    assert store.outbox.acknowledge(claimed, outcome, now, Again(now, "sms")) is held
    patient = store.patient()
    assert (patient.email_refused_at, patient.phone_refused_at, patient.planned_at) == (now, None, None)
    (other,) = store.put()
    (next_one,) = store.claim(now, ids=[str(other)])
    assert (next_one.reminder.channel, next_one.address, next_one.others) == ("sms", "+31600000001", ())


def test_a_number_that_does_not_exist_leaves_the_mail_alone(store: Store) -> None:
    store.change(channels="sms email", phone_sealed=store.sealed("phone", "+31600000001"))
    store.put(channel="sms")
    told(store, Failed(permanent=True, why="sms-unknown", gone=("sms",)), AT_ONCE)
    patient = store.patient()
    assert (patient.email_refused_at, patient.phone_refused_at) == (None, NOW)
    assert store.claim()[0].address == "anna@example.org"


def test_an_address_the_patient_changed_meanwhile_is_not_blamed_for_the_old_one(store: Store) -> None:
    store.put()
    claimed = store.tried()
    store.change(email_sealed=store.sealed("email", "anna@new.example"), planned_at=NOW)
    store.outbox.acknowledge(claimed, NO_MAILBOX, NOW, None)
    assert (store.patient().email_refused_at, store.patient().planned_at) == (None, NOW)


@pytest.mark.promise("P11")
@pytest.mark.parametrize(("service", "channel"), [("webpush", "push"), ("fcm", "fcm"), ("apns", "apns")])
def test_a_phone_that_is_gone_is_forgotten_and_the_others_are_woken(store: Store, service: str, channel: str) -> None:
    gone, left = store.phone(service), store.phone(service)
    store.change(channels="push email", planned_at=NOW)
    store.put(2, channel=channel)
    claimed = store.claim(limit=1)[0]
    assert {one["id"]: one["token"] for one in json.loads(claimed.address)} == {str(p): str(p) for p in (gone, left)}
    store.outbox.acknowledge(claimed, Accepted("ref", gone=(str(gone),)), NOW, None)
    (claimed,) = store.claim()
    assert [one["id"] for one in json.loads(claimed.address)] == [str(left)]
    store.outbox.acknowledge(claimed, Failed(permanent=True, why="gone", gone=(str(left),)), NOW, AT_ONCE)
    (claimed,) = store.claim()
    assert (claimed.reminder.channel, claimed.address) == ("email", "anna@example.org")
    assert store.patient().planned_at is None
    with Session(store.engine) as session:
        row = session.get_one(SubscriptionRow, gone)
        assert (row.gone_at, row.target_sealed) == (NOW, b"")


def test_a_patients_own_order_counts_and_a_phone_of_each_service_is_one_way_each(store: Store) -> None:
    for service in ("apns", "webpush"):
        store.phone(service)
    store.change(channels="email push", email_sealed=store.patient().email_sealed)
    store.put()
    (claimed,) = store.claim()
    assert (claimed.reminder.channel, claimed.others) == ("email", ("push", "apns"))


@pytest.mark.promise("P11")
def test_a_paired_phone_nobody_can_wake_is_told_in_the_app_and_watched_until_it_is_too_late(store: Store) -> None:
    nurse = store.cared_for()
    session_id = store.pair()
    store.change(email_refused_at=NOW)
    (reminder_id,) = store.put()
    claimed = store.tried()
    assert (claimed.reminder.channel, claimed.address) == ("inbox", str(store.patient_id))
    store.outbox.acknowledge(claimed, TOOK, NOW, None)
    assert store.row(reminder_id).status == "sent"
    (item,) = store.items()
    assert (item.kind, item.subject, item.due, item.why) == ("dose", "dose-1", "2026-06-02", "not-seen")
    assert (item.since, item.owner_id, item.reminder_id, item.settled_at) == (OVER, nurse, reminder_id, None)
    with Session(store.engine) as session:
        assert undelivered.listed(session, nurse, OVER - timedelta(microseconds=1), None, 9) == []
        assert [one.id for one in undelivered.listed(session, nurse, OVER, None, 9)] == [item.id]
    with unit_of_work(Session(store.engine), writes=True) as session:
        session.get_one(SessionRow, session_id).revoked_at = NOW
    store.put()
    assert store.claim()[0].address == ""


@pytest.mark.promise("P11")
def test_what_was_told_in_the_app_alone_does_not_count_as_reached(store: Store) -> None:
    store.pair()
    store.change(email_sealed=None)
    store.put()
    told(store, TOOK)
    store.put()
    told(store, TOOK)
    assert [item.settled_at for item in store.items()] == [None]


@pytest.mark.promise("P11")
@pytest.mark.parametrize("ending", ["failed", "expired"])
def test_what_failed_or_expired_is_on_somebodys_list_once_for_each_thing_and_day(store: Store, ending: str) -> None:
    nurse = store.cared_for()
    ids = store.put(2) + store.put(due_on=NOW.date()) + store.put(subject="dose-2") + store.put(kind="sample")
    if ending == "expired":
        assert store.outbox.expire(OVER) == 5
    else:
        for claimed in store.claim():
            store.outbox.attempt(claimed, NOW)
            store.outbox.acknowledge(claimed, FATAL, NOW, None)
    assert {store.row(one).status for one in ids} == {ending}
    why, since = ("too-late", OVER) if ending == "expired" else ("smtp-550", NOW)
    assert {(item.kind, item.subject, item.due) for item in store.items()} == {
        ("dose", "dose-1", "2026-06-02"),
        ("dose", "dose-1", "2026-06-01"),
        ("dose", "dose-2", "2026-06-02"),
        ("sample", "dose-1", "2026-06-02"),
    }
    assert len(store.items()) == 4
    assert {(item.why, item.since, item.owner_id, item.outcome) for item in store.items()} == {
        (why, since, nurse, None)
    }


@pytest.mark.parametrize("kind", ["test", "diary"])
@pytest.mark.parametrize("ending", ["failed", "expired"])
def test_nobody_is_bothered_with_what_matters_little(store: Store, kind: str, ending: str) -> None:
    (reminder_id,) = store.put(kind=kind)
    if ending == "expired":
        store.outbox.expire(OVER)
    else:
        told(store, FATAL)
    assert (store.row(reminder_id).status, store.items()) == (ending, [])


@pytest.mark.promise("P11")
def test_a_later_message_about_the_same_thing_that_is_sent_settles_it(store: Store) -> None:
    store.put()
    told(store, FATAL)
    store.put(subject="dose-2")
    told(store, TOOK)
    assert [item.settled_at for item in store.items()] == [None]
    store.put(step="same-day")
    told(store, TOOK, now=SOON)
    (item,) = store.items()
    assert (item.settled_at, item.outcome, item.version) == (SOON, "reached", 2)


@pytest.mark.parametrize(
    ("others", "owner"),
    [
        ([("clinician", NOW - timedelta(days=9), None), ("nurse", NOW, None)], 1),
        ([("nurse", NOW, None), ("nurse", NOW - timedelta(days=1), None)], 1),
        ([("nurse", NOW - timedelta(days=9), NOW), ("clinician", NOW, None)], 1),
        ([("nurse", NOW + timedelta(days=1), None)], None),
        ([], None),
    ],
)
def test_the_nurse_who_cares_longest_owns_it_and_nobody_where_nobody_does(
    store: Store, others: list[Any], owner: int | None
) -> None:
    staff = [store.cared_for(*one) for one in others]
    store.put()
    told(store, FATAL)
    assert [item.owner_id for item in store.items()] == [None if owner is None else staff[owner]]


def test_an_address_that_does_not_open_is_passed_by_for_the_next(store: Store) -> None:
    store.change(channels="sms email", phone_sealed=b"x" * 60)
    store.put(channel="sms")
    (claimed,) = store.claim()
    assert (claimed.reminder.channel, claimed.address, claimed.others) == ("sms", "", ("email",))
    with Session(store.engine) as session:
        assert session.get_one(PatientRow, store.patient_id).phone_refused_at is None


@pytest.mark.promise("P11")
@pytest.mark.parametrize(("went_by", "planned_by"), [("email", "inbox"), ("inbox", "email")])
def test_what_counts_is_the_way_it_went_not_the_one_it_was_planned_by_meanwhile(
    store: Store, went_by: str, planned_by: str
) -> None:
    store.pair()
    mailbox = store.patient().email_sealed
    store.change(email_sealed=mailbox if went_by == "email" else None)
    (reminder_id,) = store.put(channel=went_by)
    claimed = store.tried()
    with unit_of_work(Session(store.engine), writes=True) as session:
        session.get_one(ReminderRow, reminder_id).channel = planned_by
    store.outbox.acknowledge(claimed, TOOK, NOW, None)
    assert [item.why for item in store.items()] == ([] if went_by == "email" else ["not-seen"])
