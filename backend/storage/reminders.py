"""Reminders: one row each, unique by its key for ever, with the attempts to send it and the dispatchers' heartbeat."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant
from notifications.reminder import Reminder, Status


class ReminderRow(Base):
    """One thing to be told once. `fence` grows with each claim, so that a late sender cannot overwrite a newer one."""

    __tablename__ = "reminders"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    key: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(100))
    version: Mapped[int]
    step: Mapped[str] = mapped_column(String(20))
    due_on: Mapped[date]
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    send_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    channel: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20))
    next_try_at: Mapped[datetime] = mapped_column(Instant)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    fence: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    in_flight: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    why: Mapped[str] = mapped_column(String(60), default="")

    __table_args__ = (
        UniqueConstraint("patient_id", "key"),
        CheckConstraint(
            "status IN ('waiting','claimed','sent','failed','expired','cancelled')",
            name="status",
        ),
        Index("ix_reminders_status_next_try", "status", "next_try_at"),
    )


class AttemptRow(Base):
    """One attempt to send a reminder, written before the provider is called."""

    __tablename__ = "reminder_attempts"

    reminder_id: Mapped[UUID] = mapped_column(ForeignKey("reminders.id"), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    fence: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str] = mapped_column(String(60), default="open")


class BeatRow(Base):
    """When each dispatcher was last alive."""

    __tablename__ = "dispatchers"

    worker: Mapped[str] = mapped_column(String(80), primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(Instant)


def of_patient(session: Session, patient_id: UUID) -> Sequence[ReminderRow]:
    """Return all reminders of a patient, by when they are sent."""
    query = select(ReminderRow).where(ReminderRow.patient_id == patient_id)
    return session.scalars(query.order_by(ReminderRow.send_at, ReminderRow.key)).all()


def attempts(session: Session, reminder_ids: Sequence[UUID]) -> dict[UUID, list[AttemptRow]]:
    """Return the attempts of reminders, in order."""
    query = select(AttemptRow).where(AttemptRow.reminder_id.in_(reminder_ids)).order_by(AttemptRow.attempt)
    found: dict[UUID, list[AttemptRow]] = {}
    for row in session.scalars(query):
        found.setdefault(row.reminder_id, []).append(row)
    return found


def create(session: Session, patient_id: UUID, wanted: Iterable[Reminder], now: datetime) -> None:
    """Store new reminders as waiting."""
    rows = [{"id": uuid4(), "patient_id": patient_id, "key": r.key, **_values(r, now)} for r in wanted]
    if rows:
        session.execute(insert(ReminderRow), rows)


def renew(session: Session, patient_id: UUID, wanted: Iterable[Reminder], now: datetime) -> None:
    """Give standing reminders their new times and let them wait again, under their own ids."""
    for reminder in wanted:
        mine = (ReminderRow.patient_id == patient_id, ReminderRow.key == reminder.key)
        session.execute(update(ReminderRow).where(*mine).values(**_values(reminder, now)))


def cancel(session: Session, patient_id: UUID, keys: Sequence[str], now: datetime) -> None:
    """End open reminders; one being sent at this moment is cancelled too and its sender will find out."""
    if keys:
        mine = (ReminderRow.patient_id == patient_id, ReminderRow.key.in_(keys))
        values = {"status": Status.CANCELLED.value, "changed_at": now, "why": "no-longer-due"}
        session.execute(update(ReminderRow).where(*mine).values(**values))


def last_beat(session: Session) -> datetime | None:
    """Return when any dispatcher was last alive."""
    return session.scalar(select(func.max(BeatRow.beat_at)))


def _values(reminder: Reminder, now: datetime) -> dict[str, object]:
    return {
        "kind": reminder.kind,
        "subject": reminder.subject,
        "version": reminder.version,
        "step": reminder.step,
        "due_on": reminder.due_on,
        "due_at": reminder.due_at,
        "send_at": reminder.send_at,
        "expires_at": reminder.expires_at,
        "channel": reminder.channel,
        "status": Status.WAITING.value,
        "next_try_at": reminder.send_at,
        "changed_at": now,
        "why": "",
    }
