"""Claims: which published instrument a site's questionnaire is, and by what licence its text is used."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, String, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant
from backend.storage.patients import PatientRow


class ClaimRow(Base):
    """What a site says its questionnaire is; without a licence where the text is free."""

    __tablename__ = "questionnaire_claims"

    site_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    instrument: Mapped[str] = mapped_column(String(60))
    licence_reference: Mapped[str | None] = mapped_column(String(400))
    licence_seen_by: Mapped[str | None] = mapped_column(String(200))
    licence_seen_on: Mapped[date | None]
    claimed_at: Mapped[datetime] = mapped_column(Instant)
    claimed_by: Mapped[UUID | None]

    __table_args__ = (ForeignKeyConstraint(["site_id", "key"], ["questionnaires.site_id", "questionnaires.key"]),)


class SuppliedRow(Base):
    """One version of what a site supplies to an instrument from its manual, as `domain.supplied.written` told it."""

    __tablename__ = "instrument_supplies"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    instrument: Mapped[str] = mapped_column(String(60), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    told: Mapped[Any] = mapped_column(JSON)
    supplied_at: Mapped[datetime] = mapped_column(Instant)
    supplied_by: Mapped[UUID | None]


def get(session: Session, site_id: UUID, key: str) -> ClaimRow | None:
    """Return what a site says a questionnaire of its own is."""
    query = select(ClaimRow).where(ClaimRow.site_id == site_id, ClaimRow.key == key)
    return session.scalar(query.execution_options(populate_existing=True))


def of_site(session: Session, site_id: UUID) -> Sequence[ClaimRow]:
    """Return what a site says of all its questionnaires."""
    query = select(ClaimRow).where(ClaimRow.site_id == site_id).order_by(ClaimRow.key)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def put(session: Session, row: ClaimRow) -> None:
    """Store what a site says, in place of what it said before."""
    session.merge(row)
    session.flush()


def supplied(session: Session, site_id: UUID) -> dict[str, SuppliedRow]:
    """Return the standing version of what a site supplied, by the instrument's key."""
    query = select(SuppliedRow).where(SuppliedRow.site_id == site_id).order_by(SuppliedRow.version)
    return {row.instrument: row for row in session.scalars(query.execution_options(populate_existing=True))}


def supply(session: Session, values: dict[str, Any]) -> None:
    """Store the next version of what a site supplies to an instrument."""
    session.execute(insert(SuppliedRow), values)


def of_patient(session: Session, patient_id: UUID) -> dict[str, str]:
    """Return the instruments of the questionnaires of a patient's site, by the questionnaire's key."""
    query = select(ClaimRow.key, ClaimRow.instrument).join(PatientRow, PatientRow.site_id == ClaimRow.site_id)
    return dict(session.execute(query.where(PatientRow.id == patient_id)).all())
