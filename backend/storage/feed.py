"""The feed: for each patient, what changed since when, in the order in which the changes were committed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Table, literal, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base

_EPOCH_BYTES = 8


class FeedRow(Base):
    """How far a patient's feed has come. `epoch` changes when every phone must read everything anew."""

    __tablename__ = "feeds"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    epoch: Mapped[str] = mapped_column(String(16))


class ChangeRow(Base):
    """The newest change of one record: a record that changes again moves to the end of the feed."""

    __tablename__ = "feed_changes"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index("ix_feed_changes_patient_seq", "patient_id", "seq", "kind", "record_id"),)


@dataclass(frozen=True, slots=True)
class Head:
    """How far a feed has come, and its epoch; 0 and empty where nothing was ever written."""

    seq: int
    epoch: str


@dataclass(frozen=True, slots=True)
class Changed:
    """One record that changed, and where in the feed."""

    seq: int
    kind: str
    record_id: UUID


def append(session: Session, patient_id: UUID, touched: Collection[tuple[str, UUID]]) -> int:
    """Move records to the end of a patient's feed under one new number, and return it.

    The number is taken under a lock that is held until the commit, so a higher number is always committed later:
    who reads everything up to a number misses nothing. It must be the last thing a transaction writes, or acts that
    wait for each other's records could do so in a circle.
    """
    seq = _next(session, patient_id)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(_table(ChangeRow))
    statement = statement.on_conflict_do_update(
        index_elements=["patient_id", "kind", "record_id"], set_={"seq": statement.excluded.seq}
    )
    rows = [{"patient_id": patient_id, "kind": kind, "record_id": id_, "seq": seq} for kind, id_ in sorted(touched)]
    session.execute(statement, rows)
    return seq


def head(session: Session, patient_id: UUID) -> Head:
    """Return how far a patient's feed has come; a feed that is read before it was written begins here."""
    row = session.execute(select(FeedRow.seq, FeedRow.epoch).where(FeedRow.patient_id == patient_id)).first()
    return Head(0, "") if row is None else Head(*row)


def begin(session: Session, patient_id: UUID) -> None:
    """Begin a patient's feed where it has not begun."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    values = {"patient_id": patient_id, "seq": 0, "epoch": token_hex(_EPOCH_BYTES)}
    session.execute(dialect.insert(_table(FeedRow)).on_conflict_do_nothing(), values)


def since(
    session: Session, patient_id: UUID, seq: int, after: tuple[str, UUID] | None, limit: int
) -> Sequence[Changed]:
    """Return what changed behind a number, in order; `after` names the last record already read of that number."""
    at = tuple_(ChangeRow.seq, ChangeRow.kind, ChangeRow.record_id)
    query = select(ChangeRow.seq, ChangeRow.kind, ChangeRow.record_id).where(ChangeRow.patient_id == patient_id)
    if after is None:
        query = query.where(ChangeRow.seq > seq)
    else:
        query = query.where(at > tuple_(literal(seq), literal(after[0]), literal(after[1], ChangeRow.record_id.type)))
    return [Changed(*row) for row in session.execute(query.order_by(*at.clauses).limit(limit))]


def renew(session: Session, patient_id: UUID | None = None) -> int:
    """Give one feed, or all, a new epoch: their phones read everything anew. Returns how many."""
    # In the order in which every act takes several feeds.
    query = select(FeedRow.patient_id).order_by(FeedRow.patient_id)
    ids = session.scalars(query if patient_id is None else query.where(FeedRow.patient_id == patient_id)).all()
    for found in ids:
        mine = update(FeedRow).where(FeedRow.patient_id == found)
        session.execute(mine.values(epoch=token_hex(_EPOCH_BYTES)), execution_options={"synchronize_session": False})
    return len(ids)


def _next(session: Session, patient_id: UUID) -> int:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    first: dict[str, Any] = {"patient_id": patient_id, "seq": 1, "epoch": token_hex(_EPOCH_BYTES)}
    statement = dialect.insert(_table(FeedRow)).values(first)
    statement = statement.on_conflict_do_update(
        index_elements=["patient_id"], set_={"seq": FeedRow.__table__.c.seq + 1}
    ).returning(FeedRow.__table__.c.seq)
    return int(session.execute(statement).scalar_one())


def _table(of: type[Base]) -> Table:
    return of.__table__  # type: ignore[return-value]  # a mapped class has a Table
