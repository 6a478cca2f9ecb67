"""Heartbeats: when each dispatcher was last alive, and what has waited for one."""

from datetime import datetime

from sqlalchemy import String, Table, and_, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant
from backend.storage.records import insert_once
from backend.storage.reminders import WAITING, ReminderRow
from notifications.reminder import Status


class BeatRow(Base):
    """When each dispatcher was last alive."""

    __tablename__ = "dispatchers"

    worker: Mapped[str] = mapped_column(String(80), primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(Instant)


def beat(session: Session, worker: str, now: datetime) -> None:
    """Write down that a worker is alive; two of one name may do so at once."""
    table: Table = BeatRow.__table__  # type: ignore[assignment]  # a mapped class has a Table
    done = session.execute(update(BeatRow).where(BeatRow.worker == worker).values(beat_at=now))
    if not done.rowcount:  # type: ignore[attr-defined]  # a CursorResult for UPDATE
        insert_once(session, table, {"worker": worker, "beat_at": now})


def last_beat(session: Session) -> datetime | None:
    """Return when any dispatcher was last alive."""
    return session.scalar(select(func.max(BeatRow.beat_at)))


def overdue_since(session: Session, before: datetime) -> datetime | None:
    """Return since when the oldest reminder has waited that was to be sent before a moment and nobody took.

    One that was planned after its own moment waits only since it was planned. One whose sender had fallen silent before
    that moment, its lease over, waits too: no other has taken it since.
    """
    due = and_(ReminderRow.next_try_at < before, ReminderRow.changed_at < before)
    waits = and_(ReminderRow.status.in_(WAITING), due)
    silent = and_(ReminderRow.status == Status.CLAIMED.value, ReminderRow.lease_until < before)
    late = select(func.min(ReminderRow.next_try_at)).where(or_(waits, silent), ReminderRow.expires_at > before)
    return session.scalar(late)
