"""Reminders: one row each, unique by its key for ever, with the attempts to send it and the dispatchers' heartbeat."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant
from backend.storage.records import insert_once
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
        Index("ix_reminders_status_expires", "status", "expires_at"),
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


class ReceiptRow(Base):
    """What a phone said it did with a reminder, and when on its own clock; the first word of each state stands."""

    __tablename__ = "reminder_receipts"

    reminder_id: Mapped[UUID] = mapped_column(ForeignKey("reminders.id"), primary_key=True)
    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(20), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    received_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (CheckConstraint("state IN ('shown','opened','dismissed')", name="state"),)


class BeatRow(Base):
    """When each dispatcher was last alive."""

    __tablename__ = "dispatchers"

    worker: Mapped[str] = mapped_column(String(80), primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(Instant)


OPEN = (Status.WAITING.value, Status.CLAIMED.value)

TEST = "test"
"""The kind of a message somebody asked for to see that it comes: no plan and no phone takes it away, or tells it."""

BY_PHONE = "told-by-phone"
"""Why a reminder was cancelled that the phone had shown by itself; it is not told again, whatever is planned."""

TELLING = ("shown", "opened")
"""States in which the patient knows; a message wiped away unread was shown before."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What planning needs to know of a stored reminder; moments aware, in UTC."""

    id: UUID
    key: str
    kind: str
    step: str
    due_on: date
    due_at: datetime | None
    send_at: datetime
    expires_at: datetime
    channel: str
    status: str
    in_flight: bool
    lease_until: datetime | None
    why: str


_STANDING = select(*(getattr(ReminderRow, name) for name in Standing.__slots__))


def of_patient(session: Session, patient_id: UUID) -> Sequence[ReminderRow]:
    """Return all reminders of a patient, by when they are sent."""
    query = select(ReminderRow).where(ReminderRow.patient_id == patient_id)
    return session.scalars(query.order_by(ReminderRow.send_at, ReminderRow.key)).all()


def upcoming(session: Session, patient_id: UUID, now: datetime, until: datetime, most: int) -> Sequence[ReminderRow]:
    """Return what a patient is still to be reminded of up to a moment and has not expired, the first so many."""
    mine = (ReminderRow.patient_id == patient_id, ReminderRow.status.in_(OPEN), ReminderRow.kind != TEST)
    query = select(ReminderRow).where(*mine, ReminderRow.send_at <= until, ReminderRow.expires_at > now)
    return session.scalars(query.order_by(ReminderRow.send_at, ReminderRow.key).limit(most)).all()


def standing(session: Session, patient_id: UUID, keys: Collection[str]) -> list[Standing]:
    """Return a patient's open reminders and those, however they ended, that bear one of `keys`; by send_at and key.

    On PostgreSQL their rows stay locked until the transaction ends, on SQLite the whole file is: no dispatcher can
    begin or settle an attempt on what is being planned.
    """
    wanted = or_(ReminderRow.status.in_(OPEN), ReminderRow.key.in_(keys))
    mine = _STANDING.where(ReminderRow.patient_id == patient_id, wanted)
    rows = session.execute(mine.order_by(ReminderRow.send_at, ReminderRow.key).with_for_update())
    return [Standing(*row) for row in rows]


def attempts(session: Session, reminder_ids: Sequence[UUID]) -> dict[UUID, list[AttemptRow]]:
    """Return the attempts of reminders, in order."""
    if not reminder_ids:
        return {}
    query = select(AttemptRow).where(AttemptRow.reminder_id.in_(reminder_ids)).order_by(AttemptRow.attempt)
    found: dict[UUID, list[AttemptRow]] = {}
    for row in session.scalars(query):
        found.setdefault(row.reminder_id, []).append(row)
    return found


def create(session: Session, patient_id: UUID, wanted: Iterable[Reminder], now: datetime) -> list[UUID]:
    """Store new reminders as waiting and return their ids, in their order."""
    rows = [_values(r, now) | {"id": uuid4(), "patient_id": patient_id, "key": r.key} for r in wanted]
    if rows:
        session.execute(insert(_table()), rows)
    return [row["id"] for row in rows]


def renew(session: Session, wanted: Iterable[tuple[Standing, Reminder]], now: datetime) -> None:
    """Give standing reminders their new times and let them wait again, under their own ids.

    One that was cancelled while it was being sent goes back to the sender who still has it, so that no second one
    sends the same.
    """
    rows = [_values(reminder, now) | {"row_id": row.id, "status": _resumed(row, now)} for row, reminder in wanted]
    if rows:
        table = _table()
        values: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "row_id"}
        session.execute(update(table).where(table.c.id == bindparam("row_id")).values(values), rows)


def cancel(session: Session, reminder_ids: Sequence[UUID], now: datetime) -> None:
    """End open reminders; one being sent at this moment is cancelled too and its sender will find out."""
    if reminder_ids:
        values = {"status": Status.CANCELLED.value, "changed_at": now, "why": "no-longer-due"}
        mine = (ReminderRow.id.in_(reminder_ids), ReminderRow.status.in_(OPEN))
        statement = update(ReminderRow).where(*mine).values(**values)
        session.execute(statement, execution_options={"synchronize_session": False})


def named(session: Session, patient_id: UUID, reminder_ids: Collection[UUID]) -> set[UUID]:
    """Return which of some ids are reminders of a patient."""
    mine = (ReminderRow.patient_id == patient_id, ReminderRow.id.in_(reminder_ids))
    return set(session.scalars(select(ReminderRow.id).where(*mine))) if reminder_ids else set()


def keep_receipts(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    """Store what a phone said and return how much of it was new; the first word of each state stands."""
    table: Table = ReceiptRow.__table__  # type: ignore[assignment]  # a mapped class has a Table
    return sum(insert_once(session, table, row) for row in rows)


def receipts(session: Session, patient_id: UUID) -> dict[UUID, list[ReceiptRow]]:
    """Return what phones did with each of a patient's reminders, in the order of their own clocks."""
    query = select(ReceiptRow).join(ReminderRow, ReminderRow.id == ReceiptRow.reminder_id)
    query = query.where(ReminderRow.patient_id == patient_id).order_by(ReceiptRow.at, ReceiptRow.state)
    found: dict[UUID, list[ReceiptRow]] = {}
    for row in session.scalars(query):
        found.setdefault(row.reminder_id, []).append(row)
    return found


def told_by_phone(session: Session, reminder_ids: Collection[UUID], now: datetime) -> bool:
    """End those reminders that still wait, and return whether there were any; whoever holds one goes on with it."""
    values = {"status": Status.CANCELLED.value, "changed_at": now, "why": BY_PHONE}
    mine = (ReminderRow.id.in_(reminder_ids), ReminderRow.status == Status.WAITING.value, ReminderRow.kind != TEST)
    statement = update(ReminderRow).where(*mine).values(**values)
    done = session.execute(statement, execution_options={"synchronize_session": False})
    return bool(done.rowcount)  # type: ignore[attr-defined]  # a CursorResult for UPDATE


def was_told(session: Session, row: ReminderRow) -> bool:
    """Whether a phone has told of a reminder by itself.

    With the row locked the answer stands: a receipt that is being written refers to it, so one waits for the other.
    """
    query = select(ReceiptRow.state).where(ReceiptRow.reminder_id == row.id, ReceiptRow.state.in_(TELLING))
    return row.kind != TEST and session.execute(query.limit(1)).first() is not None


def sent_since(session: Session, patient_id: UUID, kind: str, since: datetime) -> list[datetime]:
    """Return when a patient's reminders of a kind were to be sent since a moment, oldest first."""
    mine = (ReminderRow.patient_id == patient_id, ReminderRow.kind == kind, ReminderRow.send_at > since)
    return list(session.scalars(select(ReminderRow.send_at).where(*mine).order_by(ReminderRow.send_at)))


def last_beat(session: Session) -> datetime | None:
    """Return when any dispatcher was last alive."""
    return session.scalar(select(func.max(BeatRow.beat_at)))


def _table() -> Table:
    """Return the table: unlike the mapped class it writes rows with and without a moment in one statement."""
    return ReminderRow.__table__  # type: ignore[return-value]  # a mapped class has a Table


def _resumed(row: Standing, now: datetime) -> str:
    held = row.in_flight and row.lease_until is not None and row.lease_until > now
    return (Status.CLAIMED if held else Status.WAITING).value


def _values(reminder: Reminder, now: datetime) -> dict[str, Any]:
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
