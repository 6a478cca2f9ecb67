"""The audit log: one row beside every act and every read, written in the act's own transaction."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, String, insert, literal, or_, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant


class EventRow(Base):
    """Who did what to whose record, when, and in which request; `subject` names the thing touched."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_patient_at", "patient_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(Instant)
    actor_role: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[UUID | None]
    act: Mapped[str] = mapped_column(String(60))
    patient_id: Mapped[UUID | None]
    subject: Mapped[str] = mapped_column(String(120))
    request_id: Mapped[str] = mapped_column(String(64))
    detail: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)


def add(session: Session, rows: list[dict[str, Any]]) -> None:
    """Append events."""
    if rows:
        session.execute(insert(EventRow), rows)


def by_others(session: Session, patient_id: UUID, after: tuple[datetime, int] | None, limit: int) -> list[EventRow]:
    """Return what others did with a patient's record, the newest first, from behind an event on (a page)."""
    query = select(EventRow).where(
        EventRow.patient_id == patient_id,
        or_(EventRow.actor_id.is_(None), EventRow.actor_id != patient_id),
    )
    if after is not None:
        query = query.where(tuple_(EventRow.at, EventRow.id) < tuple_(literal(after[0], Instant), literal(after[1])))
    return list(session.scalars(query.order_by(EventRow.at.desc(), EventRow.id.desc()).limit(limit)))


def acts_on(session: Session, patient_id: UUID, acts: Collection[str]) -> list[EventRow]:
    """Return some sorts of acts on a patient's record, oldest first."""
    query = select(EventRow).where(EventRow.patient_id == patient_id, EventRow.act.in_(acts))
    return list(session.scalars(query.order_by(EventRow.at, EventRow.id)))
