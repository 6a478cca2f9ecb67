"""Checklists: what a site wants checked before a dose at home, in versions, and what was ticked before each."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, ScalarSelect, String, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.domain.checklists import Asked, Checklist, Item, Signed, Words
from backend.domain.regimens import Route
from backend.storage.db import Base, Instant
from backend.storage.patients import PatientRow
from backend.storage.treatment import TreatmentRow

Versions = Mapping[tuple[str, Route], list[Checklist]]
"""A site's checklists by drug and route, every version of each, oldest first."""


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


def of_site(session: Session, site_id: UUID) -> Versions:
    """Return a site's checklists."""
    return _versions(session, site_id)


def of_patients_site(session: Session, patient_id: UUID) -> Versions:
    """Return the checklists of the site that treats a patient."""
    return _versions(session, select(PatientRow.site_id).where(PatientRow.id == patient_id).scalar_subquery())


def add(session: Session, site_id: UUID, made: Checklist) -> None:
    """Store a checklist's next version."""
    asked = made.asked
    values = {
        "site_id": site_id,
        "drug": asked.drug_key,
        "route": asked.route.value,
        "version": made.version,
        "at_home": asked.at_home,
        "items": [{"key": item.key, "nl": item.words.nl, "en": item.words.en} for item in asked.items],
        "advice": {"nl": asked.advice.nl, "en": asked.advice.en},
        "made_at": made.made_at,
        "made_by": made.made_by,
    }
    session.execute(insert(ChecklistRow), values)


def treated_with(session: Session, site_id: UUID, drugs: Collection[str]) -> list[UUID]:
    """Return a site's patients on a running treatment with one of some drugs, by id."""
    running = (TreatmentRow.drug.in_(drugs), TreatmentRow.stopped_on.is_(None))
    query = select(PatientRow.id).join(TreatmentRow, TreatmentRow.patient_id == PatientRow.id)
    mine = query.where(PatientRow.site_id == site_id, *running)
    return list(session.scalars(mine.distinct().order_by(PatientRow.id)))


def sign(
    session: Session, patient_id: UUID, dose_id: UUID, asked: tuple[UUID, str, Route], signed: Signed, at: datetime
) -> None:
    """Store what was answered before a dose; `asked` is whose checklist it was: the site, its drug and route."""
    site_id, drug, route = asked
    values = {
        "dose_id": dose_id,
        "patient_id": patient_id,
        "site_id": site_id,
        "drug": drug,
        "route": route.value,
        "version": signed.version,
        "answers": dict(signed.answers),
        "recorded_at": at,
    }
    session.execute(insert(DoseCheckRow), values)


def signed(session: Session, patient_id: UUID) -> dict[UUID, Signed]:
    """Return what was answered before each of a patient's doses, by dose."""
    query = select(DoseCheckRow.dose_id, DoseCheckRow.version, DoseCheckRow.answers)
    found = session.execute(query.where(DoseCheckRow.patient_id == patient_id))
    return {dose_id: Signed(version, answers) for dose_id, version, answers in found}


def _versions(session: Session, site: UUID | ScalarSelect[UUID]) -> Versions:
    query = select(ChecklistRow).where(ChecklistRow.site_id == site)
    found: dict[tuple[str, Route], list[Checklist]] = {}
    for row in session.scalars(query.order_by(ChecklistRow.drug, ChecklistRow.route, ChecklistRow.version)):
        made = _checklist(row)
        found.setdefault((made.asked.drug_key, made.asked.route), []).append(made)
    return found


def _checklist(row: ChecklistRow) -> Checklist:
    items = tuple(Item(one["key"], Words(one["nl"], one["en"])) for one in row.items)
    asked = Asked(row.drug, Route(row.route), row.at_home, items, Words(**row.advice))
    return Checklist(asked, row.version, row.made_at, row.made_by)
