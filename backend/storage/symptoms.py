"""Diary entries: what a patient reports of a day, under the phone's own id."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, ForeignKey, Index, LargeBinary, Row, Select, Table, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.domain.moments import Occurred
from backend.storage.db import Base
from backend.storage.occurrences import ReportColumns, occurrence
from backend.storage.patients import PatientRow
from backend.storage.records import insert_each_once, insert_many, insert_once


class EntryRow(ReportColumns, Base):
    """The standing version of a diary entry. `content` holds ratings and answers; free words are sealed apart.

    `created_mark` is the digest of the first upload, by which a retry is told from another content (P04).
    """

    __tablename__ = "diary_entries"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    retracted: Mapped[bool] = mapped_column(Boolean)
    created_mark: Mapped[bytes] = mapped_column(LargeBinary)
    standing_mark: Mapped[bytes | None]
    content: Mapped[Any] = mapped_column(JSON)
    note_sealed: Mapped[bytes | None]

    __table_args__ = (Index("ix_diary_entries_patient_anchor", "patient_id", "anchor_at", "id"),)


def table() -> Table:
    """Return the table, for writing rows."""
    return EntryRow.__table__  # type: ignore[return-value]  # a mapped class has a Table


def add(session: Session, values: dict[str, Any]) -> bool:
    """Store a new entry; False when the patient's id is taken."""
    return insert_once(session, table(), values)


def add_each(session: Session, rows: list[dict[str, Any]]) -> set[UUID]:
    """Store new entries at once; return the ids of those whose id was free."""
    return insert_each_once(session, table(), rows)


def add_new(session: Session, rows: list[dict[str, Any]]) -> None:
    """Store entries known to be new."""
    insert_many(session, table(), rows)


def get(session: Session, patient_id: UUID, entry_id: UUID) -> EntryRow | None:
    """Return an entry, retracted or not."""
    query = select(EntryRow).where(EntryRow.patient_id == patient_id, EntryRow.id == entry_id)
    return session.scalar(query.execution_options(populate_existing=True))


def put(session: Session, patient_id: UUID, entry_id: UUID, base_version: int, values: dict[str, Any]) -> bool:
    """Replace an entry's standing version; False when it is no longer the one named."""
    standing = (EntryRow.patient_id == patient_id, EntryRow.id == entry_id, EntryRow.version == base_version)
    done = session.execute(update(EntryRow).where(*standing).values(version=base_version + 1, **values))
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]  # a CursorResult for UPDATE


def page(session: Session, patient_id: UUID, before: tuple[datetime, UUID] | None, limit: int) -> Sequence[Row[Any]]:
    """Return a patient's standing entries, the newest first, from before an anchor and id (a page)."""
    query = timeline(patient_id)
    if before is not None:
        moment, last = before
        earlier = EntryRow.anchor_at < moment
        query = query.where(or_(earlier, (EntryRow.anchor_at == moment) & (EntryRow.id < last)))
    return session.execute(query.order_by(EntryRow.anchor_at.desc(), EntryRow.id.desc()).limit(limit)).all()


def of_patient(session: Session, patient_id: UUID, since: datetime | None = None) -> Sequence[Row[Any]]:
    """Return all standing entries of a patient, or those from a moment on, in the order of their anchors."""
    query = timeline(patient_id)
    if since is not None:
        query = query.where(EntryRow.anchor_at >= since)
    return session.execute(query.order_by(EntryRow.anchor_at, EntryRow.id)).all()


def said(session: Session, patient_id: UUID, since: datetime | None = None) -> Sequence[Row[Any]]:
    """Return as `of_patient` what the entries say, when, and the plan as it stood: all that figures need."""
    query = select(*_SAID).where(EntryRow.patient_id == patient_id, EntryRow.retracted.is_(False))
    if since is not None:
        query = query.where(EntryRow.anchor_at >= since)
    return session.execute(query.order_by(EntryRow.anchor_at, EntryRow.id)).all()


def days(session: Session, patient_id: UUID, first: date, last: date) -> frozenset[date]:
    """Return the local days of a stretch, both ends inclusive, on which a patient has a standing entry."""
    mine = (EntryRow.patient_id == patient_id, EntryRow.retracted.is_(False), EntryRow.occurred_on.between(first, last))
    # No calendar is further than this from UTC's: so the index of moments can be used.
    low, high = (datetime.combine(on, time(0), UTC) + timedelta(days=days) for on, days in ((first, -2), (last, 2)))
    query = select(EntryRow.occurred_on).where(*mine, EntryRow.anchor_at.between(low, high))
    return frozenset(session.scalars(query.distinct()))


def newest(session: Session, patient_ids: Collection[UUID]) -> dict[UUID, date]:
    """Return the local day of each patient's newest standing entry; patients without any are left out."""
    last = (
        select(EntryRow.occurred_on)
        .where(EntryRow.patient_id == PatientRow.id, EntryRow.retracted.is_(False))
        .order_by(EntryRow.anchor_at.desc(), EntryRow.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    # One look into the index of moments for each patient, however long their diaries are.
    query = select(PatientRow.id, last).where(PatientRow.id.in_(patient_ids), last.is_not(None))
    return dict(session.execute(query).all())


def timeline(patient_id: UUID) -> Select[Any]:
    """Return the query of a patient's standing entries as plain rows, without the cost of objects."""
    return select(*_COLUMNS).where(EntryRow.patient_id == patient_id, EntryRow.retracted.is_(False))


def of_ids(session: Session, patient_id: UUID, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Return some of a patient's entries, retracted ones too."""
    mine = (EntryRow.patient_id == patient_id, EntryRow.id.in_(ids))
    return session.execute(select(*_COLUMNS).where(*mine)).all()


def every(session: Session, patient_id: UUID) -> Sequence[Row[Any]]:
    """Return all of a patient's entries in the order of their anchors, retracted ones too."""
    query = select(*_COLUMNS).where(EntryRow.patient_id == patient_id)
    return session.execute(query.order_by(EntryRow.anchor_at, EntryRow.id)).all()


def all_ids(session: Session, patient_id: UUID) -> list[UUID]:
    """Return the ids of all of a patient's entries in the order of their anchors, retracted ones too."""
    query = select(EntryRow.id).where(EntryRow.patient_id == patient_id)
    return list(session.scalars(query.order_by(EntryRow.anchor_at, EntryRow.id)))


def ids_after(session: Session, patient_id: UUID, last: UUID | None, limit: int) -> list[UUID]:
    """Return the ids of a patient's standing entries in their order, from behind one of them."""
    query = select(EntryRow.id).where(EntryRow.patient_id == patient_id, EntryRow.retracted.is_(False))
    if last is not None:
        query = query.where(EntryRow.id > last)
    return list(session.scalars(query.order_by(EntryRow.id).limit(limit)))


def moment(row: Row[Any] | EntryRow) -> Occurred:
    """Return when an entry says it happened."""
    return occurrence(row.occurred_at, row.occurred_on, row.occurred_offset, row.zone)


def streamed(session: Session, patient_id: UUID) -> Iterator[tuple[Occurred, date | None, Any]]:
    """Yield moment, planned day and row of each standing entry in order, for reading many patients in turn."""
    for row in of_patient(session, patient_id):
        yield moment(row), row.planned_on, row


_COLUMNS = [column for name, column in EntryRow.__table__.columns.items() if name != "created_mark"]
_SAID = [
    EntryRow.__table__.c[name]
    for name in ("occurred_at", "occurred_on", "occurred_offset", "zone", "planned_on", "content")
]
