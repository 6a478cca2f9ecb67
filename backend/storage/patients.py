"""Patients: their sealed identity, how they want to be reached, and who has a care relationship with them."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Select, String, Table, false, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant
from backend.storage.records import insert_new
from backend.storage.wishes import SiteRulesRow, WishesRow

_SETTLED = timedelta(minutes=1)
"""A change has been committed so long after its moment, whatever the clocks of two machines say."""


class PatientRow(Base):
    """One patient; every identifying field is sealed under the patient's own key.

    `channels` are the ways they want to be told by, in order and with spaces between; an address is `refused` once its
    provider said that it does not exist. `planned_at` is when the reminders were last gone over, None to do it soon.
    """

    __tablename__ = "patients"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"), index=True)
    key: Mapped[bytes]
    name_sealed: Mapped[bytes | None]
    birth_date_sealed: Mapped[bytes | None]
    hospital_number_sealed: Mapped[bytes | None]
    hospital_number_mark: Mapped[bytes | None]
    email_sealed: Mapped[bytes | None]
    email_refused_at: Mapped[datetime | None] = mapped_column(Instant)
    phone_sealed: Mapped[bytes | None]
    phone_refused_at: Mapped[datetime | None] = mapped_column(Instant)
    zone: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    quiet_from: Mapped[time | None]
    quiet_to: Mapped[time | None]
    channels: Mapped[str] = mapped_column(String(60))
    calendar_hash: Mapped[bytes | None] = mapped_column(unique=True)
    enrolled_at: Mapped[datetime] = mapped_column(Instant)
    planned_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        Index("uq_patients_hospital_number_mark", "site_id", "hospital_number_mark", unique=True),
        Index("ix_patients_planned_at", "planned_at"),
    )


class CareRow(Base):
    """A care relationship: from when until when somebody may open a patient's record.

    In an `emergency` somebody opened it themselves, for a sealed `reason`; otherwise that is empty.
    """

    __tablename__ = "care_relationships"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)
    granted_by: Mapped[UUID | None]
    emergency: Mapped[bool] = mapped_column(default=False, server_default=false())
    reason: Mapped[str] = mapped_column(default="", server_default="")

    __table_args__ = (Index("ix_care_relationships_staff_patient", "staff_id", "patient_id"),)


def get(session: Session, patient_id: UUID, *, lock: bool = False) -> PatientRow | None:
    """Return a patient, its row locked for writing if asked (SQLite holds the whole file by then)."""
    query = select(PatientRow).where(PatientRow.id == patient_id)
    if not lock:
        return session.scalar(query)
    # A lock of the row, not of its key: what only refers to the patient, like a new diary entry, need not wait.
    locked = query.with_for_update(key_share=True)
    # Behind the lock the row is read anew: it may have changed since this session first saw it.
    return session.scalar(locked.execution_options(populate_existing=True))


def zones(session: Session, patient_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the zone whose calendar counts for each of some patients."""
    query = select(PatientRow.id, PatientRow.zone).where(PatientRow.id.in_(patient_ids))
    return dict(session.execute(query).all())


def waits_to_plan(session: Session, now: datetime, before: datetime) -> bool:
    """Whether it is some patient's turn, as `next_to_plan`; nothing is locked."""
    return any(session.scalar(turn) is not None for turn in _turns(session, now, before))


def next_to_plan(session: Session, now: datetime, before: datetime) -> PatientRow | None:
    """Return a patient whose reminders are to be gone over; locked, those that others hold are passed over.

    These are who never was or was last gone over `before` a moment, whose pause has ended since, and whose site has
    changed its rules since.
    """
    for turn in _turns(session, now, before):
        found = session.scalar(turn.with_for_update(key_share=True, skip_locked=True, of=PatientRow))
        if found is not None:
            return found
    return None


def _turns(session: Session, now: datetime, before: datetime) -> Iterator[Select[PatientRow]]:
    one, oldest = select(PatientRow).limit(1), PatientRow.planned_at
    yield one.where(oldest.is_(None))
    yield one.where(oldest < before).order_by(oldest)
    paused = one.join(WishesRow, WishesRow.patient_id == PatientRow.id)
    yield paused.where(WishesRow.paused_until <= now, WishesRow.paused_until > oldest)
    # Who was gone over at about that moment may have been planned by the old rules: they have another turn.
    changed = select(SiteRulesRow.site_id, SiteRulesRow.changed_at).where(SiteRulesRow.changed_at > before - _SETTLED)
    for site_id, changed_at in session.execute(changed).all():
        since = changed_at + _SETTLED if changed_at + _SETTLED <= now else changed_at
        yield one.where(PatientRow.site_id == site_id, oldest < since).order_by(oldest)


def add(session: Session, values: dict[str, object]) -> bool:
    """Store a new patient; False when the id or the site's hospital number is taken."""
    table: Table = PatientRow.__table__  # type: ignore[assignment]  # a mapped class has a Table
    return insert_new(session, table, values)


def by_mark(session: Session, site_id: UUID, mark: bytes) -> PatientRow | None:
    """Return the patient of a site by the keyed hash of the hospital number."""
    return session.scalar(
        select(PatientRow).where(PatientRow.site_id == site_id, PatientRow.hospital_number_mark == mark)
    )


def by_calendar(session: Session, token_hash: bytes) -> PatientRow | None:
    """Return the patient of a calendar feed's token."""
    return session.scalar(select(PatientRow).where(PatientRow.calendar_hash == token_hash))


def cares(session: Session, staff_id: UUID, patient_id: UUID, now: datetime, *, lasting: bool = False) -> bool:
    """Whether a care relationship stands at a moment; a `lasting` one is none that an emergency opened."""
    query = select(CareRow.id).where(CareRow.staff_id == staff_id, CareRow.patient_id == patient_id, _standing(now))
    if lasting:
        query = query.where(CareRow.emergency.is_(False))
    return session.execute(query.limit(1)).first() is not None


def care_of(session: Session, patient_id: UUID) -> Sequence[CareRow]:
    """Return all care relationships of a patient, oldest first."""
    query = select(CareRow).where(CareRow.patient_id == patient_id).order_by(CareRow.starts_at, CareRow.id)
    return session.scalars(query).all()


def care(session: Session, patient_id: UUID, care_id: UUID) -> CareRow | None:
    """Return one care relationship of a patient."""
    return session.scalar(select(CareRow).where(CareRow.patient_id == patient_id, CareRow.id == care_id))


def emergencies(session: Session, patient_ids: Collection[UUID], since: datetime) -> Sequence[CareRow]:
    """Return in which emergencies the records of some patients were opened since a moment, oldest first."""
    query = select(CareRow).where(CareRow.emergency.is_(True), CareRow.starts_at > since)
    query = query.where(CareRow.patient_id.in_(patient_ids))
    return session.scalars(query.order_by(CareRow.starts_at, CareRow.id)).all()


def emergencies_of(session: Session, staff_id: UUID, since: datetime) -> Sequence[CareRow]:
    """Return which records somebody opened in an emergency since a moment, at any patient, oldest first."""
    query = select(CareRow).where(CareRow.staff_id == staff_id, CareRow.emergency.is_(True), CareRow.starts_at > since)
    return session.scalars(query.order_by(CareRow.starts_at, CareRow.id)).all()


def add_care(session: Session, **values: object) -> bool:
    """Store a care relationship; False when its id is taken."""
    table: Table = CareRow.__table__  # type: ignore[assignment]  # a mapped class has a Table
    return insert_new(session, table, values)


def end_care_of_staff(session: Session, staff_id: UUID, now: datetime) -> None:
    """End every care relationship of somebody who leaves; one yet to come never begins."""
    mine = (CareRow.staff_id == staff_id, or_(CareRow.ends_at.is_(None), CareRow.ends_at > now))
    session.execute(update(CareRow).where(*mine, CareRow.starts_at > now).values(ends_at=CareRow.starts_at))
    session.execute(update(CareRow).where(*mine, CareRow.starts_at <= now).values(ends_at=now))


def within_reach(
    session: Session, staff_id: UUID, now: datetime, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[PatientRow]:
    """Return the patients somebody cares for, by enrolment moment and id, from behind `after` (a page)."""
    query = select(PatientRow).where(PatientRow.id.in_(cared_for(staff_id, now)))
    if after is not None:
        moment, last = after
        later = PatientRow.enrolled_at > moment
        query = query.where(or_(later, (PatientRow.enrolled_at == moment) & (PatientRow.id > last)))
    return session.scalars(query.order_by(PatientRow.enrolled_at, PatientRow.id).limit(limit)).all()


def cared_for(staff_id: UUID, now: datetime) -> Select[UUID]:
    """Return the query of the ids of the patients somebody cares for at a moment."""
    return select(CareRow.patient_id).where(CareRow.staff_id == staff_id, _standing(now))


def _standing(now: datetime):  # type: ignore[no-untyped-def]  # the expression's type is SQLAlchemy's own
    return (CareRow.starts_at <= now) & (or_(CareRow.ends_at.is_(None), CareRow.ends_at > now))
