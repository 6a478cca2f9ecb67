"""Checklists: what a site wants checked before a dose at home, in versions, and what was ticked before each."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant


class ChecklistRow(Base):
    """One version of a site's checklist for a drug and route; `at_home` False closes the way again.

    `items` is a list of {key, nl, en}; `advice` {nl, en} what to do when an answer is no.
    """

    __tablename__ = "checklists"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    drug: Mapped[str] = mapped_column(String(40), primary_key=True)
    route: Mapped[str] = mapped_column(String(10), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    at_home: Mapped[bool]
    items: Mapped[Any] = mapped_column(JSON)
    advice: Mapped[Any] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[UUID | None]


class DoseCheckRow(Base):
    """What was answered before one dose at home: which version of the checklist, each item's answer, when."""

    __tablename__ = "dose_checks"

    dose_id: Mapped[UUID] = mapped_column(ForeignKey("doses.id"), primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    site_id: Mapped[UUID]
    drug: Mapped[str] = mapped_column(String(40))
    route: Mapped[str] = mapped_column(String(10))
    version: Mapped[int]
    answers: Mapped[Any] = mapped_column(JSON)
    recorded_at: Mapped[datetime] = mapped_column(Instant)


def newest(session: Session, site_id: UUID) -> list[ChecklistRow]:
    """Return the newest version of each of a site's checklists, by drug and route."""
    query = select(ChecklistRow).where(ChecklistRow.site_id == site_id)
    found: dict[tuple[str, str], ChecklistRow] = {}
    for row in session.scalars(query.order_by(ChecklistRow.drug, ChecklistRow.route, ChecklistRow.version)):
        found[row.drug, row.route] = row
    return list(found.values())


def add(session: Session, values: dict[str, Any]) -> None:
    """Store a checklist's next version."""
    session.execute(insert(ChecklistRow), values)


def add_check(session: Session, values: dict[str, Any]) -> None:
    """Store what was answered before a dose."""
    session.execute(insert(DoseCheckRow), values)


def checks(session: Session, patient_id: UUID) -> dict[UUID, DoseCheckRow]:
    """Return what was answered before each of a patient's doses, by dose."""
    query = select(DoseCheckRow).where(DoseCheckRow.patient_id == patient_id)
    return {row.dose_id: row for row in session.scalars(query)}
