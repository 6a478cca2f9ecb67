"""Requests: what a patient asks of the clinic ("please contact me", another date), and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Table, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant
from backend.storage.records import insert_once


class RequestRow(Base):
    """One request, under the phone's own id; words are sealed. A request never changes a schedule."""

    __tablename__ = "requests"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    status: Mapped[str] = mapped_column(String(20))
    created_mark: Mapped[bytes] = mapped_column(LargeBinary)
    treatment_id: Mapped[UUID | None]
    words_sealed: Mapped[bytes | None]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_offset: Mapped[int]
    received_at: Mapped[datetime] = mapped_column(Instant)
    session_id: Mapped[UUID | None]
    outcome: Mapped[str | None] = mapped_column(String(20))
    answer_sealed: Mapped[bytes | None]
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_by: Mapped[UUID | None]

    __table_args__ = (
        CheckConstraint("kind IN ('contact','move')", name="kind"),
        CheckConstraint("status IN ('open','withdrawn','closed')", name="status"),
        Index("ix_requests_status_received", "status", "received_at"),
    )


def add(session: Session, values: dict[str, Any]) -> bool:
    """Store a new request; False when the patient's id is taken."""
    table: Table = RequestRow.__table__  # type: ignore[assignment]  # a mapped class has a Table
    return insert_once(session, table, values)


def get(session: Session, patient_id: UUID, request_id: UUID) -> RequestRow | None:
    """Return a request as it stands now."""
    query = select(RequestRow).where(RequestRow.patient_id == patient_id, RequestRow.id == request_id)
    return session.scalar(query.execution_options(populate_existing=True))


def of_patient(session: Session, patient_id: UUID) -> Sequence[RequestRow]:
    """Return a patient's requests, oldest first."""
    query = select(RequestRow).where(RequestRow.patient_id == patient_id)
    return session.scalars(query.order_by(RequestRow.received_at, RequestRow.id)).all()
