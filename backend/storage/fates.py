"""Fates: what a dispatcher's news changes in a reminder, in the ledger, and on the list of what reached nobody."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.storage import ledger, reminders, undelivered
from backend.storage.ledger import By
from backend.storage.reminders import BY_PHONE, TEST, ReminderRow
from backend.storage.ways import INBOX
from notifications.policy import rule
from notifications.reminder import Accepted, Again, Outcome, Status, Suppressed


def claiming(row: ReminderRow, now: datetime) -> Iterable[dict[str, Any]]:
    """Yield what a claim changes: a planned one fell due before it was taken, a silent worker's when its lease ran out.

    What was planned when its moment had come already fell due there and then.
    """
    if row.status == Status.PLANNED.value:
        yield ledger.change(row.id, Status.DUE, max(row.next_try_at, row.changed_at), By.DISPATCHER)
    elif row.status == Status.CLAIMED.value:
        yield ledger.change(row.id, Status.DUE, row.lease_until or now, By.DISPATCHER, "worker-silent")
    yield ledger.change(row.id, Status.CLAIMED, now, By.DISPATCHER)


def expiring(row: ReminderRow, now: datetime) -> Iterable[dict[str, Any]]:
    """Yield what an expiry changes: one that nobody ever took fell due unseen."""
    if row.status == Status.PLANNED.value and row.next_try_at <= now:
        yield ledger.change(row.id, Status.DUE, max(row.next_try_at, row.changed_at), By.DISPATCHER)
    yield ledger.change(row.id, Status.EXPIRED, now, By.DISPATCHER, "too-late")


def sent(session: Session, row: ReminderRow, channel: str, now: datetime) -> None:
    """Let a reminder be sent; what was only put into the inbox is watched until somebody opens it there.

    `channel` is the one that took it: the row's may have been planned anew meanwhile.
    """
    by_inbox = channel == INBOX
    reminders.advance(session, row, Status.SENT, now, By.DISPATCHER)
    if by_inbox and matters(row):
        undelivered.raise_items(session, [item(row, "not-seen", row.expires_at)], now)
    elif not by_inbox:
        undelivered.settle(session, row.patient_id, [(row.kind, row.subject)], now, "reached")


def not_sent(session: Session, row: ReminderRow, outcome: Outcome, now: datetime, again: Again | None) -> None:
    """Let what was not sent be due again, or held back; without another try it failed and somebody is to look at it."""
    why = "" if isinstance(outcome, Accepted) else outcome.why
    if isinstance(outcome, Suppressed):
        reminders.advance(session, row, Status.SUPPRESSED, now, By.DISPATCHER, why)
    elif reminders.was_told(session, row):
        reminders.advance(session, row, Status.CANCELLED, now, By.PHONE, BY_PHONE)
    elif again is None:
        reminders.advance(session, row, Status.FAILED, now, By.DISPATCHER, why)
        if matters(row):
            undelivered.raise_items(session, [item(row, why, now)], now)
    else:
        row.attempts = 0 if again.channel != row.channel else row.attempts
        row.channel, row.next_try_at = again.channel, again.at
        reminders.advance(session, row, Status.DUE, now, By.DISPATCHER, why)


def too_late(session: Session, rows: Sequence[ReminderRow], now: datetime) -> list[dict[str, Any]]:
    """Return what goes on the list of things that expired: what matters, and nothing later has told of already.

    After an outage the later one, whatever day it names by now, may well be sent before the earlier one is found to
    have expired: that it reached somebody has settled what it did not put on the list itself.
    """
    about = (ReminderRow.patient_id, ReminderRow.kind, ReminderRow.subject)
    told = (ReminderRow.status.in_(reminders.TOLD), ReminderRow.channel != INBOX)
    mine = ReminderRow.patient_id.in_({row.patient_id for row in rows})
    query = select(func.max(ReminderRow.send_at), *about).where(mine, *told).group_by(*about)
    last = {tuple(thing): send_at for send_at, *thing in session.execute(query)}
    return [
        item(row, "too-late", now)
        for row in rows
        if matters(row) and last.get((row.patient_id, row.kind, row.subject), row.send_at) <= row.send_at
    ]


def matters(row: ReminderRow) -> bool:
    """Whether somebody is to look at it when it reached nobody."""
    return row.kind != TEST and not rule(row.kind).minor


def item(row: ReminderRow, why: str, since: datetime) -> dict[str, Any]:
    """Return what goes on the list of those who care for the patient; it counts from `since`."""
    return {
        "patient_id": row.patient_id,
        "kind": row.kind,
        "subject": row.subject,
        "due": row.due_on.isoformat(),
        "reminder_id": row.id,
        "why": why[:60],
        "since": since,
    }
