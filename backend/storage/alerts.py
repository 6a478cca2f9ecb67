"""Alerts: messages to those who run the installation or care for patients, sent by the web process itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, Table, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant
from backend.storage.records import insert_new

_ALONE = 0x616C72
"""Any number of our own: web processes that look at the same moment do so one after the other."""


class AlertRow(Base):
    """One alert to one address, once by its `key`; `next_try_at` is also the end of the lease of whoever sends it.

    `since` is when what it tells of began, `language` one or more languages with spaces between.
    """

    __tablename__ = "alerts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    kind: Mapped[str] = mapped_column(String(30))
    address: Mapped[str] = mapped_column(String(320))
    language: Mapped[str] = mapped_column(String(8))
    since: Mapped[datetime] = mapped_column(Instant)
    made_at: Mapped[datetime] = mapped_column(Instant)
    next_try_at: Mapped[datetime] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    why: Mapped[str] = mapped_column(String(60), default="")

    __table_args__ = (Index("ix_alerts_sent_next_try", "sent_at", "next_try_at"),)


def alone(session: Session) -> None:
    """Wait until no other transaction is in here; on SQLite one that writes is alone from its beginning."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ALONE})


def add(session: Session, values: dict[str, Any]) -> bool:
    """Put an alert into the queue; False when one of its key was made before, by whomever."""
    table: Table = AlertRow.__table__  # type: ignore[assignment]  # a mapped class has a Table
    return insert_new(session, table, {"attempts": 0, "why": "", **values})


def beginning(session: Session, prefix: str) -> Sequence[AlertRow]:
    """Return the alerts whose keys begin so."""
    query = select(AlertRow).where(AlertRow.key.startswith(prefix, autoescape=True))
    return session.scalars(query.order_by(AlertRow.key)).all()


def claim(session: Session, now: datetime, lease: timedelta, most_tries: int, limit: int) -> Sequence[AlertRow]:
    """Take alerts that are to be sent, for as long as the lease; what another process holds is passed over."""
    mine = (AlertRow.sent_at.is_(None), AlertRow.next_try_at <= now, AlertRow.attempts < most_tries)
    query = select(AlertRow).where(*mine).order_by(AlertRow.next_try_at).limit(limit)
    rows = session.scalars(query.with_for_update(skip_locked=True)).all()
    for row in rows:
        row.attempts += 1
        row.next_try_at = now + lease
    session.flush()
    return rows


def sent(session: Session, alert_id: UUID, now: datetime) -> None:
    """Write down that an alert was taken, whoever else tries it by now."""
    mine = (AlertRow.id == alert_id, AlertRow.sent_at.is_(None))
    session.execute(update(AlertRow).where(*mine).values(sent_at=now, why=""))


def not_sent(session: Session, alert_id: UUID, attempt: int, next_try_at: datetime, why: str) -> None:
    """Let an alert be tried again later; one that another process has claimed since then is left to it."""
    mine = (AlertRow.id == alert_id, AlertRow.attempts == attempt)
    session.execute(update(AlertRow).where(*mine).values(next_try_at=next_try_at, why=why[:60]))
