"""Snapshots: what was asked for, the frozen rows of each subject, and the files made of them, in chunks."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.domain.snapshots import State
from backend.storage.db import Base, Instant
from backend.storage.research import SubjectRow


class SnapshotRow(Base):
    """A snapshot: what of a study was asked for, by whom, and how far it is.

    `resources` are the FHIR types among it. `holder` builds it until `held_until`, counting with `turn`; whoever finds
    that past may take it over. `taken_at` is the moment its rows were read, `revision` counts how often files were made
    (1, and once more for every withdrawal), `hash` is that of all rows, in hexadecimals; `settings` is what the rows
    were reckoned with.
    """

    __tablename__ = "snapshots"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    study_id: Mapped[UUID] = mapped_column(ForeignKey("studies.id"))
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    datasets: Mapped[Any] = mapped_column(JSON)
    resources: Mapped[Any] = mapped_column(JSON, default=list, server_default="[]")
    formats: Mapped[Any] = mapped_column(JSON)
    settings: Mapped[Any] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(10))
    trouble: Mapped[str] = mapped_column(String(60))
    done: Mapped[int]
    total: Mapped[int]
    withdrawn: Mapped[int]
    revision: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    taken_at: Mapped[datetime | None] = mapped_column(Instant)
    ready_at: Mapped[datetime | None] = mapped_column(Instant)
    turn: Mapped[int]
    held_until: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("state IN ('waiting','building','ready','cancelled','failed')", name="state"),
        Index("ix_snapshots_study", "study_id", "asked_at"),
        Index("ix_snapshots_state", "state"),
    )


class PartRow(Base):
    """The frozen rows of one subject in one dataset, or its FHIR of one type, packed; `rows` says how many."""

    __tablename__ = "snapshot_parts"

    snapshot_id: Mapped[UUID] = mapped_column(ForeignKey("snapshots.id", ondelete="CASCADE"), primary_key=True)
    dataset: Mapped[str] = mapped_column(String(40), primary_key=True)
    pseudonym: Mapped[str] = mapped_column(String(32), primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    rows: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (Index("ix_snapshot_parts_patient", "patient_id", "snapshot_id"),)


class FileRow(Base):
    """One file of a snapshot: how large it is, and its SHA-256 in hexadecimals."""

    __tablename__ = "snapshot_files"

    snapshot_id: Mapped[UUID] = mapped_column(ForeignKey("snapshots.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    format: Mapped[str] = mapped_column(String(10))
    rows: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))


class ChunkRow(Base):
    """A chunk of a file, packed; all but the last are equally long."""

    __tablename__ = "snapshot_chunks"

    snapshot_id: Mapped[UUID] = mapped_column(ForeignKey("snapshots.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)


def add(session: Session, row: SnapshotRow) -> None:
    """Store a new snapshot."""
    session.add(row)
    session.flush()


def of_study(session: Session, study_id: UUID) -> Sequence[SnapshotRow]:
    """Return a study's snapshots, the newest first."""
    query = select(SnapshotRow).where(SnapshotRow.study_id == study_id)
    return session.scalars(query.order_by(SnapshotRow.asked_at.desc(), SnapshotRow.id)).all()


def get(session: Session, study_id: UUID, snapshot_id: UUID, *, lock: bool = False) -> SnapshotRow | None:
    """Return a snapshot of a study."""
    query = select(SnapshotRow).where(SnapshotRow.study_id == study_id, SnapshotRow.id == snapshot_id)
    return session.scalar((query.with_for_update() if lock else query).execution_options(populate_existing=True))


def unfinished(session: Session, study_id: UUID) -> int:
    """Return how many of a study's snapshots are not done yet."""
    busy = (State.WAITING, State.BUILDING)
    query = select(func.count()).where(SnapshotRow.study_id == study_id, SnapshotRow.state.in_(busy))
    return session.scalar(query) or 0


def discard(session: Session, snapshot_id: UUID) -> None:
    """Delete a snapshot and everything of it."""
    session.execute(delete(SnapshotRow).where(SnapshotRow.id == snapshot_id))


def next_to_build(session: Session, now: datetime) -> SnapshotRow | None:
    """Return a snapshot that nobody builds, locked, the one asked for first; what others lock is passed over.

    It waits, or its builder is gone, or somebody has withdrawn who is still in it.
    """
    query = select(SnapshotRow).where(_unbuilt(now)).order_by(SnapshotRow.asked_at, SnapshotRow.id).limit(1)
    return session.scalar(query.with_for_update(skip_locked=True, of=SnapshotRow))


def waits(session: Session, now: datetime) -> bool:
    """Whether `next_to_build` has something; nothing is locked."""
    return session.scalar(select(SnapshotRow.id).where(_unbuilt(now)).limit(1)) is not None


def _unbuilt(now: datetime) -> ColumnElement[bool]:
    gone = and_(SnapshotRow.state == State.BUILDING, SnapshotRow.held_until < now)
    stale = and_(SnapshotRow.state == State.READY, _holds_withdrawn())
    return or_(SnapshotRow.state == State.WAITING, gone, stale)


def holds_withdrawn(session: Session, snapshot_id: UUID) -> bool:
    """Whether somebody is in a snapshot who has withdrawn from its study."""
    query = select(SnapshotRow.id).where(SnapshotRow.id == snapshot_id, _holds_withdrawn())
    return session.scalar(query) is not None


def _holds_withdrawn() -> ColumnElement[bool]:
    gone = (SubjectRow.study_id == SnapshotRow.study_id, SubjectRow.withdrawn_at.is_not(None))
    theirs = and_(PartRow.snapshot_id == SnapshotRow.id, PartRow.patient_id == SubjectRow.patient_id)
    return exists().where(*gone, theirs)


def drop_withdrawn(session: Session, snapshot_id: UUID, study_id: UUID) -> int:
    """Delete the rows of everybody who has withdrawn, and return how many subjects that were."""
    gone = select(SubjectRow.patient_id).where(SubjectRow.study_id == study_id, SubjectRow.withdrawn_at.is_not(None))
    theirs = (PartRow.snapshot_id == snapshot_id, PartRow.patient_id.in_(gone))
    found = session.scalar(select(func.count(PartRow.patient_id.distinct())).where(*theirs)) or 0
    session.execute(delete(PartRow).where(*theirs))
    return found


def clear(session: Session, snapshot_id: UUID, *, rows: bool) -> None:
    """Delete the files of a snapshot, and with `rows` what they are made of."""
    for table in (ChunkRow, FileRow, *((PartRow,) if rows else ())):
        session.execute(delete(table).where(table.snapshot_id == snapshot_id))


def hold(session: Session, snapshot_id: UUID, turn: int, until: datetime, **columns: Any) -> bool:
    """Go on holding a snapshot that is being built; False when this turn is over: it was cancelled, or taken over."""
    mine = (SnapshotRow.id == snapshot_id, SnapshotRow.turn == turn, SnapshotRow.state == State.BUILDING)
    done = session.execute(update(SnapshotRow).where(*mine).values(held_until=until, **columns))
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]  # a CursorResult for UPDATE


def keep(session: Session, rows: Sequence[dict[str, Any]], of: type[PartRow | ChunkRow | FileRow]) -> None:
    """Store frozen rows, chunks or files."""
    if rows:
        session.execute(insert(of), rows)


def parts(session: Session, snapshot_id: UUID, dataset: str) -> Generator[tuple[str, int, bytes]]:
    """Yield pseudonym, number of rows and packed rows of every subject, by pseudonym, a few at a time."""
    query = select(PartRow.pseudonym, PartRow.rows, PartRow.body)
    query = query.where(PartRow.snapshot_id == snapshot_id, PartRow.dataset == dataset)
    with session.execute(query.order_by(PartRow.pseudonym).execution_options(yield_per=20)) as found:
        for row in found:
            yield row.pseudonym, row.rows, row.body


def whole_parts(session: Session, snapshot_id: UUID, dataset: str) -> Sequence[PartRow]:
    """Return every subject's part of a dataset, to be changed."""
    query = select(PartRow).where(PartRow.snapshot_id == snapshot_id, PartRow.dataset == dataset)
    return session.scalars(query.order_by(PartRow.pseudonym)).all()


def first_parts(session: Session, snapshot_id: UUID, dataset: str, most: int) -> Sequence[tuple[str, bytes]]:
    """Return pseudonym and packed rows of the first subjects, by pseudonym, who have any; so many at most."""
    query = select(PartRow.pseudonym, PartRow.body)
    query = query.where(PartRow.snapshot_id == snapshot_id, PartRow.dataset == dataset, PartRow.rows > 0)
    return [(row.pseudonym, row.body) for row in session.execute(query.order_by(PartRow.pseudonym).limit(most))]


def by_subject(session: Session, snapshot_id: UUID, datasets: Sequence[str]) -> Iterator[tuple[str, str, bytes]]:
    """Yield pseudonym, dataset and packed rows of everybody, by pseudonym, a few at a time."""
    mine = (PartRow.snapshot_id == snapshot_id, PartRow.dataset.in_(datasets))
    query = select(PartRow.pseudonym, PartRow.dataset, PartRow.body).where(*mine)
    query = query.order_by(PartRow.pseudonym, PartRow.dataset)
    with session.execute(query.execution_options(yield_per=20)) as found:
        for row in found:
            yield row.pseudonym, row.dataset, row.body


def patients(session: Session, snapshot_id: UUID, pseudonyms: Iterable[str] | None = None) -> Iterable[UUID]:
    """Return who is in a snapshot, of some pseudonyms if these are given."""
    query = select(PartRow.patient_id).where(PartRow.snapshot_id == snapshot_id).distinct()
    return session.scalars(query if pseudonyms is None else query.where(PartRow.pseudonym.in_(pseudonyms)))


def files(session: Session, snapshot_id: UUID) -> Sequence[FileRow]:
    """Return a snapshot's files by name."""
    return session.scalars(select(FileRow).where(FileRow.snapshot_id == snapshot_id).order_by(FileRow.name)).all()


def file(session: Session, snapshot_id: UUID, name: str) -> FileRow | None:
    """Return one file of a snapshot."""
    return session.scalar(select(FileRow).where(FileRow.snapshot_id == snapshot_id, FileRow.name == name))


def chunk(session: Session, snapshot_id: UUID, name: str, number: int) -> bytes | None:
    """Return one packed chunk of a file."""
    where = (ChunkRow.snapshot_id == snapshot_id, ChunkRow.name == name, ChunkRow.number == number)
    return session.scalar(select(ChunkRow.body).where(*where))


def rows_of(session: Session, snapshot_id: UUID, dataset: str) -> int:
    """Return how many rows a dataset of a snapshot has."""
    query = select(func.sum(PartRow.rows)).where(PartRow.snapshot_id == snapshot_id, PartRow.dataset == dataset)
    return int(session.scalar(query) or 0)
