"""Decisions on an interval under a study's dosing rule, each with the rule's state as it was shown; never changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, Table, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant
from backend.storage.records import insert_once


class DecisionRow(Base):
    """One decision. `state` is the rule as the clinician saw it; the reason is sealed under the patient's key.

    The plan's version before and after differ only where the decision changed the plan; `dose_id` is the planned dose
    it moved, with the version that made. `created_mark` is the digest by which a retry is known (P04).
    """

    __tablename__ = "decisions"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    study_id: Mapped[UUID] = mapped_column(ForeignKey("studies.id"))
    protocol: Mapped[str] = mapped_column(String(40))
    protocol_version: Mapped[int]
    choice: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str]
    state: Mapped[Any] = mapped_column(JSON)
    treatment_id: Mapped[UUID | None] = mapped_column(ForeignKey("treatments.id"))
    plan_before: Mapped[int | None]
    plan_after: Mapped[int | None]
    dose_id: Mapped[UUID | None] = mapped_column(ForeignKey("doses.id"))
    dose_version: Mapped[int | None]
    flags: Mapped[list[str]] = mapped_column(JSON)
    created_mark: Mapped[bytes] = mapped_column(LargeBinary)
    decided_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (
        CheckConstraint("choice IN ('change','keep','other')", name="choice"),
        Index("ix_decisions_patient_decided", "patient_id", "decided_at", "id"),
    )


def add(session: Session, values: Mapping[str, Any]) -> bool:
    """Store a decision; False when the patient's id is taken."""
    return insert_once(session, _table(), dict(values))


def get(session: Session, patient_id: UUID, decision_id: UUID) -> DecisionRow | None:
    """Return a decision about a patient."""
    return session.get(DecisionRow, (patient_id, decision_id))


def of_patient(session: Session, patient_id: UUID) -> list[DecisionRow]:
    """Return the decisions about a patient, oldest first."""
    query = select(DecisionRow).where(DecisionRow.patient_id == patient_id)
    return list(session.scalars(query.order_by(DecisionRow.decided_at, DecisionRow.id)))


def _table() -> Table:
    return DecisionRow.__table__  # type: ignore[return-value]  # a mapped class has a Table
