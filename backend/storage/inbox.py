"""The inbox inside the app: the reminders that were told lately, or should have been."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from backend.storage.reminders import OPEN, TOLD, ReminderRow
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
