"""The ledger of reminders: a row for each change of state, each attempt, and each word of a phone or provider."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Table, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant
from backend.storage.records import insert_once
from notifications.reminder import Status


class By(StrEnum):
    """Who changed a reminder's state."""

    PLANNING = "planning"
    DISPATCHER = "dispatcher"
    PHONE = "phone"
    PROVIDER = "provider"
    PATIENT = "patient"


class ChangeRow(Base):
    """One change of a reminder's state: which, when, why (a short code) and by whom; never altered."""

    __tablename__ = "reminder_changes"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    reminder_id: Mapped[UUID] = mapped_column(ForeignKey("reminders.id"))
    state: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(Instant)
    why: Mapped[str] = mapped_column(String(60), default="")
    by: Mapped[str] = mapped_column(String(12))

    __table_args__ = (Index("ix_reminder_changes_reminder", "reminder_id", "id"),)


class AttemptRow(Base):
    """One attempt to send a reminder, written before the provider is called; `provider_ref` is its name for it."""

    __tablename__ = "reminder_attempts"

    reminder_id: Mapped[UUID] = mapped_column(ForeignKey("reminders.id"), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    fence: Mapped[int]
    channel: Mapped[str] = mapped_column(String(20))
    started_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str] = mapped_column(String(60), default="open")
    provider_ref: Mapped[str] = mapped_column(String(200), default="")


class ReceiptRow(Base):
    """What a phone or a provider said became of a reminder, and when by its own clock; the first word of each stands.

    `source` is the session of a phone, or the channel of a provider.
    """

    __tablename__ = "reminder_receipts"

    reminder_id: Mapped[UUID] = mapped_column(ForeignKey("reminders.id"), primary_key=True)
    source: Mapped[str] = mapped_column(String(40), primary_key=True)
    state: Mapped[str] = mapped_column(String(20), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    received_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("state IN ('shown','opened','dismissed','delivered','failed')", name="state"),
    )  # fmt: skip


def change(reminder_id: UUID, state: Status, at: datetime, by: By, why: str = "") -> dict[str, Any]:
    """Return one change, to be kept."""
    return {"reminder_id": reminder_id, "state": state.value, "at": at, "why": why[:60], "by": by.value}


def keep(session: Session, changes: Iterable[dict[str, Any]]) -> None:
    """Write changes down, in their order and in one statement."""
    rows = list(changes)
    if rows:
        table: Table = ChangeRow.__table__  # type: ignore[assignment]  # a mapped class has a Table
        session.execute(insert(table), rows)


def changes(session: Session, reminder_ids: Collection[UUID]) -> dict[UUID, list[ChangeRow]]:
    """Return the changes of reminders, in the order they were written."""
    query = select(ChangeRow).where(ChangeRow.reminder_id.in_(reminder_ids)).order_by(ChangeRow.id)
    found: dict[UUID, list[ChangeRow]] = {}
    for row in session.scalars(query) if reminder_ids else ():
        found.setdefault(row.reminder_id, []).append(row)
    return found


def attempts(session: Session, reminder_ids: Collection[UUID]) -> dict[UUID, list[AttemptRow]]:
    """Return the attempts of reminders, in order."""
    query = select(AttemptRow).where(AttemptRow.reminder_id.in_(reminder_ids)).order_by(AttemptRow.attempt)
    found: dict[UUID, list[AttemptRow]] = {}
    for row in session.scalars(query) if reminder_ids else ():
        found.setdefault(row.reminder_id, []).append(row)
    return found


def keep_receipts(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    """Store what a phone or provider said and return how much of it was new; the first word of each state stands."""
    table: Table = ReceiptRow.__table__  # type: ignore[assignment]  # a mapped class has a Table
    return sum(insert_once(session, table, row) for row in rows)


def say_anew(session: Session, row: dict[str, Any], since: datetime) -> bool:
    """Date what was said before a moment, of which it holds no longer, by when it was said again; whether it was."""
    mine = (ReceiptRow.reminder_id == row["reminder_id"], ReceiptRow.source == row["source"])
    old = update(ReceiptRow).where(*mine, ReceiptRow.state == row["state"], ReceiptRow.received_at < since)
    values = {"at": row["at"], "received_at": row["received_at"]}
    done = session.execute(old.values(values), execution_options={"synchronize_session": False})
    return bool(done.rowcount)  # type: ignore[attr-defined]  # a CursorResult for UPDATE


def receipts(session: Session, reminder_ids: Collection[UUID]) -> dict[UUID, list[ReceiptRow]]:
    """Return what was said about each reminder, in the order of the clocks of those who said it."""
    query = select(ReceiptRow).where(ReceiptRow.reminder_id.in_(reminder_ids))
    found: dict[UUID, list[ReceiptRow]] = {}
    for row in session.scalars(query.order_by(ReceiptRow.at, ReceiptRow.state)) if reminder_ids else ():
        found.setdefault(row.reminder_id, []).append(row)
    return found
