"""What was done about one patient in one study, as it was done: consents, the arm, visits, and that it is over."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant
from backend.storage.research import ConsentVersionRow


class StudyActRow(Base):
    """One act, never changed: `kind` says what of, `told` what was said, by whom and when it was recorded.

    `number` counts the acts of a patient in a study from 1 on; `by_patient` tells that they said it themselves.
    """

    __tablename__ = "study_acts"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("studies.id"), primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    told: Mapped[Any] = mapped_column(JSON)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[UUID | None]
    by_patient: Mapped[bool]

    __table_args__ = (Index("ix_study_acts_patient", "patient_id"),)


class StudyPlanRow(Base):
    """One version of a study's plan, as `domain.study_plans.told_plan` told it, from a local day of its site on."""

    __tablename__ = "study_plans"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("studies.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    told: Mapped[Any] = mapped_column(JSON)
    from_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[UUID | None]


def add(session: Session, values: dict[str, Any]) -> None:
    """Store an act; the caller holds the patient's lock, so that numbers follow one another."""
    session.execute(insert(StudyActRow), values)


def of_patient(session: Session, patient_id: UUID, study_id: UUID | None = None) -> list[StudyActRow]:
    """Return the acts of a patient, in one study or in all, oldest first."""
    query = select(StudyActRow).where(StudyActRow.patient_id == patient_id)
    if study_id is not None:
        query = query.where(StudyActRow.study_id == study_id)
    query = query.order_by(StudyActRow.study_id, StudyActRow.number)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def count(session: Session, patient_id: UUID, study_id: UUID) -> int:
    """Return how many acts there are of a patient in a study."""
    mine = (StudyActRow.patient_id == patient_id, StudyActRow.study_id == study_id)
    return session.scalar(select(func.count()).where(*mine)) or 0


def versions(session: Session, study_id: UUID) -> Sequence[ConsentVersionRow]:
    """Return every version of a study's texts, by purpose and number."""
    query = select(ConsentVersionRow).where(ConsentVersionRow.study_id == study_id)
    return session.scalars(query.order_by(ConsentVersionRow.purpose, ConsentVersionRow.version)).all()


def versions_of(session: Session, study_id: UUID, purpose: str) -> Sequence[ConsentVersionRow]:
    """Return every version of a study's text for one purpose, oldest first."""
    return [row for row in versions(session, study_id) if row.purpose == purpose]


def publish(session: Session, values: dict[str, Any]) -> None:
    """Store the next version of a text."""
    session.execute(insert(ConsentVersionRow), values)


def plans(session: Session, study_id: UUID) -> Sequence[StudyPlanRow]:
    """Return every version of a study's plan, oldest first."""
    query = select(StudyPlanRow).where(StudyPlanRow.study_id == study_id)
    return session.scalars(query.order_by(StudyPlanRow.version)).all()


def decide(session: Session, values: dict[str, Any]) -> None:
    """Store the next version of a study's plan."""
    session.execute(insert(StudyPlanRow), values)
