"""Responses to forms, under the phone's own id."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Row,
    String,
    Table,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.domain.adherence import Said
from backend.domain.moments import Occurred
from backend.domain.occasions import About
from backend.domain.rounds import Given
from backend.storage.db import Base
from backend.storage.occurrences import ReportColumns, occurrence
from backend.storage.records import insert_once


class ResponseRow(ReportColumns, Base):
    """The standing version of a response. `about` says which interval: the one it falls in, or the one before.

    `answers` hold null where words of one's own stood: those lie in `words_sealed`. `form_hash` is that of the
    definition it answers, in hexadecimals; `dropped` a list of pointers below the answers.
    """

    __tablename__ = "responses"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    retracted: Mapped[bool] = mapped_column(Boolean)
    created_mark: Mapped[bytes] = mapped_column(LargeBinary)
    standing_mark: Mapped[bytes | None]
    form: Mapped[str] = mapped_column(String(60))
    form_version: Mapped[int]
    form_hash: Mapped[str] = mapped_column(String(64))
    about: Mapped[str] = mapped_column(String(10))
    completed: Mapped[bool] = mapped_column(Boolean)
    answers: Mapped[Any] = mapped_column(JSON)
    words_sealed: Mapped[bytes | None]
    dropped: Mapped[Any] = mapped_column(JSON)

    __table_args__ = (
        CheckConstraint("about IN ('current','previous')", name="about"),
        Index("ix_responses_patient_anchor", "patient_id", "anchor_at", "id"),
    )


def table() -> Table:
    """Return the table, for writing rows."""
    return ResponseRow.__table__  # type: ignore[return-value]  # a mapped class has a Table


def add(session: Session, values: dict[str, Any]) -> bool:
    """Store a new response; False when the patient's id is taken."""
    return insert_once(session, table(), values)


def get(session: Session, patient_id: UUID, response_id: UUID) -> ResponseRow | None:
    """Return a response, retracted or not."""
    query = select(ResponseRow).where(ResponseRow.patient_id == patient_id, ResponseRow.id == response_id)
    return session.scalar(query.execution_options(populate_existing=True))


def put(session: Session, patient_id: UUID, response_id: UUID, base_version: int, values: dict[str, Any]) -> bool:
    """Replace a response's standing version; False when it is no longer the one named."""
    standing = (
        ResponseRow.patient_id == patient_id,
        ResponseRow.id == response_id,
        ResponseRow.version == base_version,
    )
    done = session.execute(update(ResponseRow).where(*standing).values(version=base_version + 1, **values))
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]  # a CursorResult for UPDATE


def of_patient(session: Session, patient_id: UUID) -> Sequence[ResponseRow]:
    """Return a patient's standing responses in the order of their anchors."""
    query = select(ResponseRow).where(ResponseRow.patient_id == patient_id, ResponseRow.retracted.is_(False))
    return session.scalars(query.order_by(ResponseRow.anchor_at, ResponseRow.id)).all()


def all_of(session: Session, patient_id: UUID) -> Sequence[ResponseRow]:
    """Return all of a patient's responses, retracted ones too."""
    return session.scalars(select(ResponseRow).where(ResponseRow.patient_id == patient_id)).all()


def completed(session: Session, patient_id: UUID, form: str) -> list[tuple[Occurred, About]]:
    """Return when each completed response to a form was answered, and which interval it says it is about."""
    rows = of_patient(session, patient_id)
    return [(moment(row), About(row.about)) for row in rows if row.form == form and row.completed]


def of_patients(session: Session, patient_ids: Collection[UUID], form: str) -> dict[UUID, list[Row[Any]]]:
    """Return each patient's standing responses to a form in the order of their anchors, as plain rows."""
    held = table().c
    query = select(*(column for column in held if column.name not in {"created_mark", "standing_mark"}))
    query = query.where(held.patient_id.in_(patient_ids), held.form == form, held.retracted.is_(False))
    found: dict[UUID, list[Row[Any]]] = {}
    for row in session.execute(query.order_by(held.patient_id, held.anchor_at, held.id)):
        found.setdefault(row.patient_id, []).append(row)
    return found


def said(session: Session, patient_ids: Collection[UUID], form: str, since: datetime) -> dict[UUID, list[Said]]:
    """Return, by patient, the standing answers to a form from a moment on, completed or not."""
    held = table().c
    moment = (held.occurred_at, held.occurred_on, held.occurred_offset, held.zone)
    query = select(held.patient_id, *moment, held.about, held.completed)
    query = query.where(held.patient_id.in_(patient_ids), held.form == form, held.retracted.is_(False))
    query = query.where(held.anchor_at >= since)
    found: dict[UUID, list[Said]] = {}
    for patient_id, at, on, offset, zone, about, done in session.execute(query):
        found.setdefault(patient_id, []).append(Said(occurrence(at, on, offset, zone), About(about), done))
    return found


def given(session: Session, patient_id: UUID, forms: Collection[str]) -> dict[str, list[Given]]:
    """Return a patient's standing answers to some forms, by form and in the order of their anchors."""
    held = table().c
    query = select(held.form, held.id, held.occurred_on, held.completed, held.planned_on)
    query = query.where(held.patient_id == patient_id, held.form.in_(forms), held.retracted.is_(False))
    found: dict[str, list[Given]] = {form: [] for form in forms}
    for form, *told in session.execute(query.order_by(held.anchor_at, held.id)) if found else ():
        found[form].append(Given(*told))
    return found


def days(session: Session, patient_id: UUID, first: date, last: date) -> frozenset[date]:
    """Return the local days of a stretch, both ends inclusive, on which a patient completed any form."""
    standing = (ResponseRow.patient_id == patient_id, ResponseRow.retracted.is_(False), ResponseRow.completed.is_(True))
    query = select(ResponseRow.occurred_on).where(*standing, ResponseRow.occurred_on.between(first, last))
    return frozenset(session.scalars(query.distinct()))


def moment(row: ResponseRow | Row[Any]) -> Occurred:
    """Return when a response says it was answered."""
    return occurrence(row.occurred_at, row.occurred_on, row.occurred_offset, row.zone)
