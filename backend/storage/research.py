"""Studies: who takes part under which pseudonym, since when with consent, and who may pull the data."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Table, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.domain.study_days import Days
from backend.storage.db import Base, Instant
from backend.storage.records import insert_new, insert_once


class StudyRow(Base):
    """A study; its secret keys the pseudonyms, so that two studies cannot be joined.

    `windows` names the published design whose assessment windows its patients are reminded of, None for none; `days`
    how its datasets tell days.
    """

    __tablename__ = "studies"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    secret_sealed: Mapped[bytes]
    windows: Mapped[str | None] = mapped_column(String(40))
    days: Mapped[str] = mapped_column(String(20), default=Days.SINCE_FIRST_DOSE, server_default=Days.SINCE_FIRST_DOSE)
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (UniqueConstraint("site_id", "name"),)


class SubjectRow(Base):
    """A patient in a study, under its pseudonym; only standing consent lets data out."""

    __tablename__ = "study_subjects"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("studies.id"), primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    pseudonym: Mapped[str] = mapped_column(String(32))
    consented_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (UniqueConstraint("study_id", "pseudonym"), Index("ix_study_subjects_patient", "patient_id"))


class ResearcherRow(Base):
    """Staff who may pull a study's data, from when until when."""

    __tablename__ = "study_researchers"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("studies.id"), primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)


def add(session: Session, values: dict[str, Any]) -> bool:
    """Store a new study; False when its site has one of that name."""
    return insert_new(session, _table(StudyRow), values)


def admit(session: Session, study_id: UUID, staff_id: UUID, now: datetime, ends_at: datetime | None) -> None:
    """Let somebody pull a study's data from now on, or give their admission another end."""
    key = {"study_id": study_id, "staff_id": staff_id}
    if not insert_once(session, _table(ResearcherRow), {**key, "starts_at": now, "ends_at": ends_at}):
        standing = update(ResearcherRow).filter_by(**key)
        session.execute(standing.values(ends_at=ends_at).execution_options(synchronize_session=False))


def studies_of(session: Session, staff_id: UUID, now: datetime) -> list[StudyRow]:
    """Return the studies whose data somebody may pull at a moment, by name."""
    query = (
        select(StudyRow)
        .join(ResearcherRow, ResearcherRow.study_id == StudyRow.id)
        .where(
            ResearcherRow.staff_id == staff_id,
            ResearcherRow.starts_at <= now,
            (ResearcherRow.ends_at.is_(None)) | (ResearcherRow.ends_at > now),
        )
    )
    return list(session.scalars(query.order_by(StudyRow.name)))


def studies_at(session: Session, site_id: UUID) -> list[StudyRow]:
    """Return a site's studies by name."""
    return list(session.scalars(select(StudyRow).where(StudyRow.site_id == site_id).order_by(StudyRow.name)))


def subjects(session: Session, study_id: UUID) -> dict[UUID, str]:
    """Return the patients whose consent stands with their pseudonyms, by pseudonym: an order that tells nothing."""
    query = select(SubjectRow.patient_id, SubjectRow.pseudonym)
    query = query.where(SubjectRow.study_id == study_id, SubjectRow.withdrawn_at.is_(None))
    return dict(session.execute(query.order_by(SubjectRow.pseudonym)).all())


def subject(session: Session, study_id: UUID, patient_id: UUID) -> SubjectRow | None:
    """Return a patient's place in a study, withdrawn or not, as it stands now."""
    query = select(SubjectRow).where(SubjectRow.study_id == study_id, SubjectRow.patient_id == patient_id)
    return session.scalar(query.execution_options(populate_existing=True))


def of_patient(session: Session, patient_id: UUID) -> list[tuple[StudyRow, SubjectRow]]:
    """Return the studies a patient ever consented to with their place in each, by when they consented."""
    query = select(StudyRow, SubjectRow).join(SubjectRow, SubjectRow.study_id == StudyRow.id)
    query = query.where(SubjectRow.patient_id == patient_id).order_by(SubjectRow.consented_at, StudyRow.id)
    return [(study, subject) for study, subject in session.execute(query)]


def windows_of(session: Session, patient_id: UUID) -> list[tuple[UUID, str, datetime]]:
    """Return the studies a patient takes part in whose windows are reminded of: id, design, and since when."""
    query = select(StudyRow.id, StudyRow.windows, SubjectRow.consented_at).join(
        SubjectRow, SubjectRow.study_id == StudyRow.id
    )
    mine = (SubjectRow.patient_id == patient_id, SubjectRow.withdrawn_at.is_(None), StudyRow.windows.is_not(None))
    rows = session.execute(query.where(*mine).order_by(SubjectRow.consented_at, StudyRow.id))
    return [(study_id, key, consented_at) for study_id, key, consented_at in rows if key is not None]


def _table(of: type[Base]) -> Table:
    return of.__table__  # type: ignore[return-value]  # a mapped class has a Table
