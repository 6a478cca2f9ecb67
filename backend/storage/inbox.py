"""What a patient was told lately, or should have been, and what they are still to be told."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from backend.storage.reminders import OPEN, TEST, TOLD, ReminderRow
from notifications.reminder import Status

_MISSED = (Status.FAILED.value, Status.EXPIRED.value)


def lately(session: Session, patient_id: UUID, since: datetime, now: datetime, most: int) -> Sequence[ReminderRow]:
    """Return a patient's reminders of a stretch that were told, that failed or expired, and that are due now.

    The newest first. What was not told about a plan that has changed since is left out: it is of no interest any more.
    """
    newer = aliased(ReminderRow)
    overtaken = exists().where(
        newer.patient_id == ReminderRow.patient_id,
        newer.kind == ReminderRow.kind,
        newer.subject == ReminderRow.subject,
        newer.version > ReminderRow.version,
    )
    missed = and_(ReminderRow.status.in_((*_MISSED, *OPEN)), ~overtaken)
    query = select(ReminderRow).where(
        ReminderRow.patient_id == patient_id,
        ReminderRow.send_at > since,
        ReminderRow.send_at <= now,
        or_(ReminderRow.status.in_(TOLD), missed),
    )
    return session.scalars(query.order_by(ReminderRow.send_at.desc(), ReminderRow.key).limit(most)).all()


def upcoming(session: Session, patient_id: UUID, now: datetime, until: datetime, most: int) -> Sequence[ReminderRow]:
    """Return what a patient is still to be reminded of up to a moment and has not expired, the first so many."""
    mine = (ReminderRow.patient_id == patient_id, ReminderRow.status.in_(OPEN), ReminderRow.kind != TEST)
    query = select(ReminderRow).where(*mine, ReminderRow.send_at <= until, ReminderRow.expires_at > now)
    return session.scalars(query.order_by(ReminderRow.send_at, ReminderRow.key).limit(most)).all()


def sent_since(session: Session, patient_id: UUID, kind: str, since: datetime) -> list[datetime]:
    """Return when a patient's reminders of a kind were to be sent since a moment, oldest first."""
    mine = (ReminderRow.patient_id == patient_id, ReminderRow.kind == kind, ReminderRow.send_at > since)
    return list(session.scalars(select(ReminderRow.send_at).where(*mine).order_by(ReminderRow.send_at)))
