"""What is heard of reminders, from phones and from providers, and how far each has come by it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.storage import fates, ledger, patients, reminders, undelivered, ways
from backend.storage.ledger import AttemptRow, By, ReceiptRow
from backend.storage.reminders import BY_PHONE, SNOOZED, TELLING, TEST, WAITING, ReminderRow
from backend.storage.ways import SMS
from notifications.reminder import Status

UNDELIVERED = "sms-undelivered"
"""Why a reminder goes on to the next channel, or has failed, that a gateway had taken."""
FAILED = "failed"
"""The word of a provider that a message did not arrive."""

_MEANS: Mapping[str, Status] = MappingProxyType(
    {
        "shown": Status.DELIVERED,
        "delivered": Status.DELIVERED,
        "dismissed": Status.DISMISSED,
        "opened": Status.OPENED,
    }
)
_IN_ORDER = (Status.DELIVERED, Status.DISMISSED, Status.OPENED)
_REACHED = frozenset({Status.DELIVERED, Status.OPENED})
_PROVIDERS = frozenset({SMS})


def held(session: Session, patient_id: UUID, reminder_ids: Collection[UUID]) -> Sequence[ReminderRow]:
    """Return those of some ids that are reminders of a patient, their rows locked in the order of planning."""
    if not reminder_ids:
        return []
    query = select(ReminderRow).where(ReminderRow.patient_id == patient_id, ReminderRow.id.in_(reminder_ids))
    query = query.order_by(ReminderRow.send_at, ReminderRow.key).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).all()


def keep(session: Session, said: dict[str, Any]) -> bool:
    """Store a provider's word about a reminder, its row held by the caller; whether it is news.

    Every copy of a message bears the same name. So that a copy failed is news also when an earlier one had failed:
    it is told apart by when it was said.
    """
    if ledger.keep_receipts(session, [said]):
        return True
    last = _last_try(session, said["reminder_id"])
    if said["state"] != FAILED or last is None or last.channel != said["source"]:
        return False
    return ledger.say_anew(session, said, last.started_at)


def catch_up(session: Session, rows: Sequence[ReminderRow], now: datetime) -> bool:
    """Let reminders, their rows held by the caller, come as far as was said of them; whether any moved.

    Whatever the order and however often it was said, the furthest stands. What somebody was shown or opened is off the
    list of what reached nobody; what a gateway gave up goes on to the next channel. One that is being sent stays with
    its sender, and is looked at once that has ended.
    """
    said = ledger.receipts(session, [row.id for row in rows])
    moved = [_moved(session, row, said[row.id], now) for row in rows if row.id in said]
    return any(moved)


def _moved(session: Session, row: ReminderRow, said: Sequence[ReceiptRow], now: datetime) -> bool:
    moved = _told_by_phone(session, row, said, now)
    means = {_MEANS[one.state]: _by(one) for one in said if one.state in _MEANS}
    for state in (one for one in _IN_ORDER if one in means):
        why = row.why if row.why in {BY_PHONE, SNOOZED} else ""
        moved = reminders.advance(session, row, state, now, means[state], why) or moved
    # What was said before says nothing of what failed since: only what is new takes anything off the list.
    is_new = moved or any(one.received_at >= now for one in said)
    if is_new and _REACHED & means.keys() and row.status in reminders.TOLD:
        undelivered.settle(session, row.patient_id, [(row.kind, row.subject)], now, "reached")
    return _given_up(session, row, said, now) or moved


def _told_by_phone(session: Session, row: ReminderRow, said: Sequence[ReceiptRow], now: datetime) -> bool:
    """End what still waits, or is held back, and was told by a phone all the same; a test is to come by its way."""
    if row.kind == TEST or row.status not in {*WAITING, Status.SUPPRESSED.value}:
        return False
    told = any(one.state in TELLING for one in said)
    return told and reminders.advance(session, row, Status.CANCELLED, now, By.PHONE, BY_PHONE)


def _given_up(session: Session, row: ReminderRow, said: Sequence[ReceiptRow], now: datetime) -> bool:
    """Let what its provider took and could not deliver go by the next channel, as long as it makes sense."""
    given_up = {one.source: one.received_at for one in said if one.state == FAILED}
    if not given_up or row.status != Status.SENT.value:
        return False
    tries = ledger.attempts(session, [row.id]).get(row.id, [])
    # What it went by is told by the last try: the row's own channel may have been planned anew since. What was said
    # before that try was said of an earlier one.
    if not tries or tries[-1].channel not in given_up or given_up[tries[-1].channel] < tries[-1].started_at:
        return False
    channel = _next_channel(session, row, tries, now) if row.expires_at > now else None
    if channel is None:
        reminders.advance(session, row, Status.FAILED, now, By.PROVIDER, UNDELIVERED)
        if fates.matters(row):
            undelivered.raise_items(session, [fates.item(row, UNDELIVERED, now)], now)
    else:
        row.channel, row.attempts, row.next_try_at = channel, 0, now
        reminders.advance(session, row, Status.DUE, now, By.PROVIDER, UNDELIVERED)
    return True


def _last_try(session: Session, reminder_id: UUID) -> AttemptRow | None:
    tries = ledger.attempts(session, [reminder_id]).get(reminder_id)
    return tries[-1] if tries else None


def _next_channel(session: Session, row: ReminderRow, tries: Sequence[AttemptRow], now: datetime) -> str | None:
    """Return the patient's next channel after the one it went by, else the first that was not tried, if any."""
    patient, last = patients.get(session, row.patient_id), tries[-1].channel
    channels = ways.of_patient(session, patient, now).person().channels if patient else ()
    if last in channels:
        return next(iter(channels[channels.index(last) + 1 :]), None)
    tried = {one.channel for one in tries}
    return next((channel for channel in channels if channel not in tried), None)


def _by(said: ReceiptRow) -> By:
    return By.PROVIDER if said.source in _PROVIDERS else By.PHONE
