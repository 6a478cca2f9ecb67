"""Requests: what a patient asks of the clinic ("please contact me", another date), and what became of it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Table, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant
from backend.storage.patients import PatientRow, cared_for
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


def open_of(session: Session, patient_ids: Collection[UUID]) -> Sequence[RequestRow]:
    """Return the open requests of some patients, oldest first."""
    query = select(RequestRow).where(RequestRow.status == "open", RequestRow.patient_id.in_(patient_ids))
    return session.scalars(query.order_by(RequestRow.received_at, RequestRow.id, RequestRow.patient_id)).all()


def put(session: Session, patient_id: UUID, request_id: UUID, base_version: int, values: dict[str, Any]) -> bool:
    """Replace a request's standing version; False when it is no longer the one named."""
    standing = (
        RequestRow.patient_id == patient_id,
        RequestRow.id == request_id,
        RequestRow.version == base_version,
    )
    done = session.execute(update(RequestRow).where(*standing).values(version=base_version + 1, **values))
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]  # a CursorResult for UPDATE


def open_within_care(
    session: Session, staff_id: UUID, now: datetime, after: tuple[datetime, UUID] | None, limit: int
) -> list[tuple[RequestRow, PatientRow]]:
    """Return the open requests of the patients somebody cares for, oldest first, from behind `after` (a page)."""
    query = select(RequestRow, PatientRow).join(PatientRow, PatientRow.id == RequestRow.patient_id)
    query = query.where(RequestRow.status == "open", RequestRow.patient_id.in_(cared_for(staff_id, now)))
    if after is not None:
        moment, last = after
        later = RequestRow.received_at > moment
        query = query.where(or_(later, (RequestRow.received_at == moment) & (RequestRow.id > last)))
    order = (RequestRow.received_at, RequestRow.id, RequestRow.patient_id)
    return [(request, patient) for request, patient in session.execute(query.order_by(*order).limit(limit))]
