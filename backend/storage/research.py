"""Studies: who takes part under which pseudonym, since when with consent that holds, and who may pull the data."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    ScalarSelect,
    String,
    Table,
    UniqueConstraint,
    and_,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.domain.consents import Purpose
from backend.domain.study_days import Days
from backend.storage import patients
from backend.storage.db import Base, Instant
from backend.storage.people import StaffRow
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


class ConsentVersionRow(Base):
    """One version of what a study asks people to agree to for a purpose; it never changes.

    `texts` has text and hash by language. Whoever agreed to an earlier version no longer does from `needed_from` on.
    """

    __tablename__ = "consent_versions"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("studies.id"), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    texts: Mapped[Any] = mapped_column(JSON)
    needed_from: Mapped[datetime | None] = mapped_column(Instant)
    published_at: Mapped[datetime] = mapped_column(Instant)
    published_by: Mapped[UUID | None]


class SubjectRow(Base):
    """A patient in a study, under its pseudonym; only consent that holds lets data out.

    `agreed` is the version of the text they agreed to, 0 for a paper of the study's own; the two beside it are those
    for the other purposes, None without. `arm` is a key of the study's plan; from `finished_at` on the study asks them
    nothing more, and keeps what it has.
    """

    __tablename__ = "study_subjects"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("studies.id"), primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    pseudonym: Mapped[str] = mapped_column(String(32))
    consented_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    agreed: Mapped[int] = mapped_column(default=0, server_default="0")
    care_agreed: Mapped[int | None]
    contact_agreed: Mapped[int | None]
    arm: Mapped[str | None] = mapped_column(String(40))
    finished_at: Mapped[datetime | None] = mapped_column(Instant)

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
        standing = update(ResearcherRow).filter_by(**key).execution_options(synchronize_session=False)
        session.execute(standing.where(ResearcherRow.ends_at <= now).values(starts_at=now))
        session.execute(standing.values(ends_at=ends_at))


def dismiss(session: Session, study_id: UUID, staff_id: UUID, now: datetime) -> bool:
    """End somebody's admission to a study now, if it has not ended; False when there is none."""
    key = (ResearcherRow.study_id == study_id, ResearcherRow.staff_id == staff_id)
    standing = or_(ResearcherRow.ends_at.is_(None), ResearcherRow.ends_at > now)
    session.execute(update(ResearcherRow).where(*key, standing).values(ends_at=now))
    return session.scalar(select(ResearcherRow.staff_id).where(*key)) is not None


def admissions(session: Session, study_id: UUID) -> list[tuple[ResearcherRow, StaffRow]]:
    """Return who was ever admitted to a study, with who they are, by name."""
    query = select(ResearcherRow, StaffRow).join(StaffRow, StaffRow.id == ResearcherRow.staff_id)
    query = query.where(ResearcherRow.study_id == study_id).order_by(StaffRow.name, StaffRow.id)
    return [(row, staff) for row, staff in session.execute(query)]


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


def study(session: Session, study_id: UUID, *, lock: bool = False) -> StudyRow | None:
    """Return a study, locked if asked so that of two who change it at once one follows the other."""
    return session.get(StudyRow, study_id, with_for_update=True if lock else None)


def studies_at(session: Session, site_id: UUID) -> list[StudyRow]:
    """Return a site's studies by name."""
    return list(session.scalars(select(StudyRow).where(StudyRow.site_id == site_id).order_by(StudyRow.name)))


_AGREED = {
    Purpose.STUDY: SubjectRow.agreed,
    Purpose.CARE: SubjectRow.care_agreed,
    Purpose.CONTACT: SubjectRow.contact_agreed,
}


def lapses_at(purpose: Purpose = Purpose.STUDY) -> ScalarSelect[datetime | None]:
    """Return, of a row of subjects, the moment from which a text newer than the one they agreed to is needed."""
    later = (_texts_of(purpose), ConsentVersionRow.version > _AGREED[purpose])
    return select(func.min(ConsentVersionRow.needed_from)).where(*later).correlate(SubjectRow).scalar_subquery()


def holds(now: datetime, purpose: Purpose = Purpose.STUDY) -> ColumnElement[bool]:
    """Return the condition that the consent of a row of subjects to a purpose holds at a moment."""
    newer = (_texts_of(purpose), ConsentVersionRow.version > _AGREED[purpose], ConsentVersionRow.needed_from <= now)
    needed = select(ConsentVersionRow.version).where(*newer).correlate(SubjectRow)
    return and_(SubjectRow.withdrawn_at.is_(None), _AGREED[purpose].is_not(None), ~needed.exists())


def shown_in_care(now: datetime) -> ColumnElement[bool]:
    """Return the condition that those who treat may see what the study knows: it asks no such consent, or it holds."""
    asks = select(ConsentVersionRow.version).where(_texts_of(Purpose.CARE)).correlate(SubjectRow)
    return or_(~asks.exists(), holds(now, Purpose.CARE))


def _texts_of(purpose: Purpose) -> ColumnElement[bool]:
    return and_(ConsentVersionRow.study_id == SubjectRow.study_id, ConsentVersionRow.purpose == purpose.value)


def subjects(session: Session, study_id: UUID, now: datetime) -> dict[UUID, str]:
    """Return the patients whose consent holds with their pseudonyms, by pseudonym: an order that tells nothing."""
    query = select(SubjectRow.patient_id, SubjectRow.pseudonym)
    query = query.where(SubjectRow.study_id == study_id, holds(now))
    return dict(session.execute(query.order_by(SubjectRow.pseudonym)).all())


def holding(session: Session, study_id: UUID, now: datetime) -> list[tuple[SubjectRow, patients.PatientRow]]:
    """Return those whose consent to a study holds, with who they are."""
    query = select(SubjectRow, patients.PatientRow).join(patients.PatientRow)
    query = query.where(SubjectRow.study_id == study_id, holds(now))
    return [(row, patient) for row, patient in session.execute(query)]


def subject(session: Session, study_id: UUID, patient_id: UUID) -> SubjectRow | None:
    """Return a patient's place in a study, withdrawn or not, as it stands now."""
    query = select(SubjectRow).where(SubjectRow.study_id == study_id, SubjectRow.patient_id == patient_id)
    return session.scalar(query.execution_options(populate_existing=True))


def arms(session: Session, study_id: UUID) -> set[str]:
    """Return the arms of a study in which somebody is, or was when they left."""
    query = select(SubjectRow.arm).where(SubjectRow.study_id == study_id, SubjectRow.arm.is_not(None))
    return {arm for arm in session.scalars(query.distinct()) if arm is not None}


def cared_for(session: Session, study_id: UUID, staff_id: UUID, now: datetime) -> list[tuple[SubjectRow, bool, bool]]:
    """Return those somebody cares for whose consent to a study holds, and whether that to care and contact does."""
    holding = (holds(now, Purpose.CARE), holds(now, Purpose.CONTACT))
    query = select(SubjectRow, *holding).where(SubjectRow.study_id == study_id, holds(now))
    query = query.where(SubjectRow.patient_id.in_(patients.cared_for(staff_id, now)))
    rows = session.execute(query.order_by(SubjectRow.consented_at, SubjectRow.patient_id))
    return [(row, bool(care), bool(contact)) for row, care, contact in rows]


def of_patient(session: Session, patient_id: UUID) -> list[tuple[StudyRow, SubjectRow]]:
    """Return the studies a patient ever consented to with their place in each, by when they consented."""
    query = select(StudyRow, SubjectRow).join(SubjectRow, SubjectRow.study_id == StudyRow.id)
    query = query.where(SubjectRow.patient_id == patient_id).order_by(SubjectRow.consented_at, StudyRow.id)
    return [(study, subject) for study, subject in session.execute(query)]


def windows_of(session: Session, patient_id: UUID, now: datetime) -> list[tuple[UUID, str, datetime, datetime | None]]:
    """Return the studies whose windows a patient is reminded of: id, design, since when, and until when if ever.

    They take part: they have neither left nor finished.
    """
    query = select(StudyRow.id, StudyRow.windows, SubjectRow.consented_at, lapses_at()).join(
        SubjectRow, SubjectRow.study_id == StudyRow.id
    )
    mine = (SubjectRow.patient_id == patient_id, holds(now), SubjectRow.finished_at.is_(None))
    rows = session.execute(query.where(*mine).order_by(SubjectRow.consented_at, StudyRow.id))
    return [(study_id, key, since, until) for study_id, key, since, until in rows if key is not None]


def _table(of: type[Base]) -> Table:
    return of.__table__  # type: ignore[return-value]  # a mapped class has a Table
