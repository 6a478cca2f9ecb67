"""Calls: what became of calling a patient about something on the worklist; none is ever changed."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Table, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant
from backend.storage.records import insert_once

_AT_ONCE = 5000
"""So many subjects are asked for in one statement: a database takes only so many values."""


class CallRow(Base):
    """One call, under the id of whoever made it: about which thing on the list, how it ended, and the clinic's words.

    `words` are sealed, empty where there are none; `on_day` is a day agreed on, or to come back to it.
    """

    __tablename__ = "calls"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    subject: Mapped[str] = mapped_column(String(120))
    outcome: Mapped[str] = mapped_column(String(10))
    on_day: Mapped[date | None]
    words: Mapped[str]
    called_at: Mapped[datetime] = mapped_column(Instant)
    called_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    created_mark: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        CheckConstraint("outcome IN ('reached','agreed','later','removed')", name="outcome"),
        Index("ix_calls_subject", "subject"),
    )


def add(session: Session, values: dict[str, Any]) -> bool:
    """Store a call; False when the patient's id is taken."""
    table: Table = CallRow.__table__  # type: ignore[assignment]  # a mapped class has a Table
    return insert_once(session, table, values)


def get(session: Session, patient_id: UUID, call_id: UUID) -> CallRow | None:
    """Return a call."""
    return session.scalar(select(CallRow).where(CallRow.patient_id == patient_id, CallRow.id == call_id))


def of_patient(session: Session, patient_id: UUID) -> Sequence[CallRow]:
    """Return the calls with a patient, the newest first."""
    query = select(CallRow).where(CallRow.patient_id == patient_id)
    return session.scalars(query.order_by(CallRow.called_at.desc(), CallRow.id.desc())).all()


def newest(session: Session, subjects: Collection[str]) -> dict[tuple[UUID, str, str], CallRow]:
    """Return the newest call about each of some subjects, by patient, kind and subject."""
    found: dict[tuple[UUID, str, str], CallRow] = {}
    asked = sorted(subjects)
    for start in range(0, len(asked), _AT_ONCE):
        query = select(CallRow).where(CallRow.subject.in_(asked[start : start + _AT_ONCE]))
        for row in session.scalars(query.order_by(CallRow.called_at, CallRow.id)):
            found[row.patient_id, row.kind, row.subject] = row
    return found
