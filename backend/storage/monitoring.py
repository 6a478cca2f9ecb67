"""Checks the drug asks for, as done: blood tests, scans, and when."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Select, String, Table, func, literal, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.domain.findings import Kind
from backend.domain.monitoring import SHOWN_BY
from backend.storage.db import Base, Instant
from backend.storage.findings import FindingRow
from backend.storage.records import insert_once
from backend.storage.treatment import TreatmentRow


class CheckRow(Base):
    """One check done on a day, for the drug of a treatment."""

    __tablename__ = "monitoring_checks"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    treatment_id: Mapped[UUID] = mapped_column(ForeignKey("treatments.id"))
    check: Mapped[str] = mapped_column(String(60))
    done_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[UUID | None]


def add(session: Session, row: CheckRow) -> bool:
    """Store a check; False when the id is taken."""
    table: Table = CheckRow.__table__  # type: ignore[assignment]  # a mapped class has a Table
    return insert_once(session, table, {column.name: getattr(row, column.name) for column in table.columns})


def get(session: Session, check_id: UUID) -> CheckRow | None:
    """Return a check."""
    return session.get(CheckRow, check_id)


def of_patient(session: Session, patient_id: UUID) -> list[CheckRow]:
    """Return a patient's checks, oldest first."""
    query = select(CheckRow).where(CheckRow.patient_id == patient_id)
    return list(session.scalars(query.order_by(CheckRow.done_on, CheckRow.id)))


def last_done(session: Session, patient_id: UUID) -> dict[UUID, dict[str, date]]:
    """Return, for each treatment of a patient, the last day each check was done."""
    return last_done_each(session, [patient_id])


def last_done_each(session: Session, patient_ids: Collection[UUID]) -> dict[UUID, dict[str, date]]:
    """Return, by treatment of some patients, the last day each check was done: recorded, or shown by a blood value."""
    query = (
        select(CheckRow.treatment_id, CheckRow.check, func.max(CheckRow.done_on))
        .where(CheckRow.patient_id.in_(patient_ids))
        .group_by(CheckRow.treatment_id, CheckRow.check)
    )
    found: dict[UUID, dict[str, date]] = {}
    for treatment_id, check, done_on in session.execute(
        query.union_all(*(_shown(patient_ids, one) for one in SHOWN_BY))
    ):
        done = found.setdefault(treatment_id, {})
        done[check] = max(done_on, done.get(check, done_on))
    return found


def last_done_of(session: Session, patient_ids: Collection[UUID], check: str) -> dict[UUID, date]:
    """Return, by treatment of some patients, the last day a check was done, as `last_done_each` does."""
    done = last_done_each(session, patient_ids)
    return {treatment_id: days[check] for treatment_id, days in done.items() if check in days}


def _shown(patient_ids: Collection[UUID], check: str) -> Select[UUID, str, date]:
    """Return the query of the last day of a blood value that shows a check to have been done, by treatment."""
    query = select(TreatmentRow.id, literal(check), func.max(FindingRow.occurred_on))
    query = query.join(FindingRow, FindingRow.patient_id == TreatmentRow.patient_id).where(
        FindingRow.patient_id.in_(patient_ids),
        FindingRow.kind == Kind.LAB.value,
        FindingRow.retracted.is_(False),
        FindingRow.content["analyte"].as_string().in_(SHOWN_BY[check]),
    )
    return query.group_by(TreatmentRow.id)
