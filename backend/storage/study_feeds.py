"""Feeds of studies: which are kept, what each subject's rows were when last told, and each row's newest change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    and_,
    delete,
    exists,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant
from backend.storage.research import ResearcherRow, SubjectRow, holds

_EPOCH_BYTES = 8


class StudyFeedRow(Base):
    """A study's feed: of which datasets, and how far it has come; `epoch` changes when it begins anew.

    `shape` names the columns of its rows, `kept_at` is the moment of the newest round that came to its end, `due_at`
    that of the next. Whoever keeps it holds it until `held_until`, counting with `turn`. `trouble` is the kind of error
    the last round ended with.
    """

    __tablename__ = "study_feeds"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("studies.id"), primary_key=True)
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    datasets: Mapped[Any] = mapped_column(JSON)
    shape: Mapped[str] = mapped_column(String(64))
    epoch: Mapped[str] = mapped_column(String(16))
    seq: Mapped[int] = mapped_column(BigInteger)
    trouble: Mapped[str] = mapped_column(String(60))
    kept_at: Mapped[datetime | None] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    turn: Mapped[int]
    held_until: Mapped[datetime | None] = mapped_column(Instant)


class FeedPartRow(Base):
    """The rows of one subject in one dataset as the feed told them last, packed."""

    __tablename__ = "study_feed_parts"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study_feeds.study_id", ondelete="CASCADE"), primary_key=True)
    dataset: Mapped[str] = mapped_column(String(40), primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    pseudonym: Mapped[str] = mapped_column(String(32))
    body: Mapped[bytes] = mapped_column(LargeBinary)


class FeedLineRow(Base):
    """The newest change of one row: a row that changes again moves to the end of the feed.

    `place` is the hash of what tells the row from all others; `came` is the number it came with; `row` is what it says
    now, None once it is gone.
    """

    __tablename__ = "study_feed_lines"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study_feeds.study_id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[str] = mapped_column(String(64), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    came: Mapped[int] = mapped_column(BigInteger)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    dataset: Mapped[str] = mapped_column(String(40))
    key: Mapped[Any] = mapped_column(JSON)
    nth: Mapped[int]
    row: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)

    __table_args__ = (Index("ix_study_feed_lines_seq", "study_id", "seq", "place"),)


@dataclass(frozen=True, slots=True)
class Line:
    """One change as it is read; `open` is whether the consent of whom it is of holds."""

    seq: int
    place: str
    came: int
    patient_id: UUID
    dataset: str
    key: Any
    nth: int
    row: Any
    open: bool


def get(session: Session, study_id: UUID, *, lock: bool = False) -> StudyFeedRow | None:
    """Return a study's feed as it stands now."""
    query = select(StudyFeedRow).where(StudyFeedRow.study_id == study_id).execution_options(populate_existing=True)
    return session.scalar(query.with_for_update() if lock else query)


def begin(session: Session, values: Mapping[str, Any]) -> None:
    """Begin a study's feed where there is none; of two who do at once, one does."""
    first = {"epoch": token_hex(_EPOCH_BYTES), "seq": 0, "trouble": "", "kept_at": None, "turn": 0, "held_until": None}
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(_table(StudyFeedRow)).on_conflict_do_nothing(), {**first, **values})


def end(session: Session, study_id: UUID) -> None:
    """Delete a study's feed and all it told."""
    for table in (FeedLineRow, FeedPartRow, StudyFeedRow):
        session.execute(delete(table).where(table.study_id == study_id))


def anew(session: Session, row: StudyFeedRow, **columns: Any) -> None:
    """Let a feed begin anew: whoever reads it is given everything again."""
    for table in (FeedLineRow, FeedPartRow):
        session.execute(delete(table).where(table.study_id == row.study_id))
    row.epoch, row.seq, row.kept_at, row.turn, row.held_until = token_hex(_EPOCH_BYTES), 0, None, row.turn + 1, None
    for name, value in columns.items():
        setattr(row, name, value)
    session.flush()


def widen(session: Session, row: StudyFeedRow, now: datetime, **columns: Any) -> None:
    """Let a feed hold more from the next round on, which is due now; one that is under way is over."""
    row.turn, row.held_until, row.kept_at, row.due_at = row.turn + 1, None, None, now
    for name, value in columns.items():
        setattr(row, name, value)
    session.flush()


def next_to_keep(session: Session, now: datetime) -> StudyFeedRow | None:
    """Return a feed whose turn it is, locked, the longest due first; what others lock is passed over."""
    query = select(StudyFeedRow).where(_due(now)).order_by(StudyFeedRow.due_at, StudyFeedRow.study_id).limit(1)
    return session.scalar(query.with_for_update(skip_locked=True, of=StudyFeedRow))


def waits(session: Session, now: datetime) -> bool:
    """Whether `next_to_keep` has something; nothing is locked."""
    return session.scalar(select(StudyFeedRow.study_id).where(_due(now)).limit(1)) is not None


def _due(now: datetime) -> ColumnElement[bool]:
    """Its time has come and somebody may read it, or it holds somebody whose consent does not; and nobody is at it."""
    theirs = and_(SubjectRow.study_id == FeedPartRow.study_id, SubjectRow.patient_id == FeedPartRow.patient_id)
    gone = exists().where(FeedPartRow.study_id == StudyFeedRow.study_id, theirs, ~holds(now))
    free = or_(StudyFeedRow.held_until.is_(None), StudyFeedRow.held_until < now)
    reads = (ResearcherRow.starts_at <= now, or_(ResearcherRow.ends_at.is_(None), ResearcherRow.ends_at > now))
    read = exists().where(ResearcherRow.study_id == StudyFeedRow.study_id, *reads)
    return and_(free, or_(and_(StudyFeedRow.due_at <= now, or_(read, gone)), and_(StudyFeedRow.trouble == "", gone)))


def hold(session: Session, study_id: UUID, epoch: str, turn: int, until: datetime | None, **columns: Any) -> bool:
    """Go on holding a feed; False when this turn is over. Until the commit nobody else writes to the feed."""
    mine = (StudyFeedRow.study_id == study_id, StudyFeedRow.epoch == epoch, StudyFeedRow.turn == turn)
    statement = update(StudyFeedRow).where(*mine).values(held_until=until, **columns)
    done = session.execute(statement.execution_options(synchronize_session=False))
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]  # a CursorResult for UPDATE


def number(session: Session, study_id: UUID) -> int:
    """Return the next number of a feed, whose row is held by `hold` until the commit: a higher one commits later."""
    mine = update(StudyFeedRow).where(StudyFeedRow.study_id == study_id).values(seq=StudyFeedRow.seq + 1)
    statement = mine.returning(StudyFeedRow.seq).execution_options(synchronize_session=False)
    return int(session.execute(statement).scalar_one())


def parts(session: Session, study_id: UUID, patients: Iterable[UUID]) -> dict[tuple[UUID, str], bytes]:
    """Return the packed rows of some subjects as they were told last, by patient and dataset."""
    query = select(FeedPartRow.patient_id, FeedPartRow.dataset, FeedPartRow.body)
    query = query.where(FeedPartRow.study_id == study_id, FeedPartRow.patient_id.in_(patients))
    return {(row.patient_id, row.dataset): row.body for row in session.execute(query)}


def told(session: Session, study_id: UUID) -> dict[UUID, str]:
    """Return whose rows a feed holds, with their pseudonyms."""
    query = select(FeedPartRow.patient_id, FeedPartRow.pseudonym).where(FeedPartRow.study_id == study_id).distinct()
    return dict(session.execute(query).all())


def keep_part(session: Session, values: Mapping[str, Any]) -> None:
    """Store a subject's rows as they are told now, in place of what they were."""
    statement = _upsert(session, FeedPartRow, ("study_id", "dataset", "patient_id"), ("body", "pseudonym"))
    session.execute(statement, values)


def forget(session: Session, study_id: UUID, patient_id: UUID, dataset: str) -> None:
    """Delete what a feed keeps of a subject; that the rows are gone was told."""
    mine = (FeedPartRow.study_id == study_id, FeedPartRow.patient_id == patient_id, FeedPartRow.dataset == dataset)
    session.execute(delete(FeedPartRow).where(*mine))


def keep_lines(session: Session, rows: Sequence[Mapping[str, Any]], *, came: bool) -> None:
    """Move rows to the end of the feed; with `came` as rows that came now."""
    if rows:
        changed = ("seq", "row", "key", *(("came",) if came else ()))
        session.execute(_upsert(session, FeedLineRow, ("study_id", "place"), changed), rows)


def lines(
    session: Session, study_id: UUID, after: tuple[int, str], datasets: Sequence[str], limit: int, now: datetime
) -> Sequence[Line]:
    """Return what changed behind a place of the feed, in order, without what both came and went behind it."""
    at = tuple_(FeedLineRow.seq, FeedLineRow.place)
    columns = [getattr(FeedLineRow, name) for name in ("seq", "place", "came", "patient_id", "dataset", "key", "nth")]
    behind = tuple_(literal(after[0]), literal(after[1]))
    theirs = and_(SubjectRow.study_id == FeedLineRow.study_id, SubjectRow.patient_id == FeedLineRow.patient_id)
    query = select(*columns, FeedLineRow.row, exists().where(theirs, holds(now)).label("open"))
    query = query.where(
        FeedLineRow.study_id == study_id,
        FeedLineRow.dataset.in_(datasets),
        at > behind,
        or_(FeedLineRow.row.is_not(None), tuple_(FeedLineRow.came, FeedLineRow.place) <= behind),
    )
    return [Line(**row._mapping) for row in session.execute(query.order_by(*at.clauses).limit(limit))]


def renew(session: Session) -> int:
    """Let every feed begin anew, from the next round on; return how many."""
    rows = session.scalars(select(StudyFeedRow).order_by(StudyFeedRow.study_id).with_for_update()).all()
    for row in rows:
        anew(session, row)
    return len(rows)


def _upsert(session: Session, of: type[Base], key: Sequence[str], changed: Sequence[str]) -> Any:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(_table(of))
    return statement.on_conflict_do_update(
        index_elements=list(key), set_={name: statement.excluded[name] for name in changed}
    )


def _table(of: type[Base]) -> Table:
    return of.__table__  # type: ignore[return-value]  # a mapped class has a Table
