"""Digests: of each patient one row with what lists and figures read, good for one number of the feed alone."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, String, Table, and_, bindparam, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.cohorts import Member
from backend.storage.db import Base
from backend.storage.feed import FeedRow, Head
from backend.storage.patients import PatientRow


class DigestRow(Base):
    """What was read of a patient when the feed stood at a number and the zone was this one; `made_by` says by what.

    It is derived: no row of it need exist, and any may be deleted at any time.
    """

    __tablename__ = "digests"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    epoch: Mapped[str] = mapped_column(String(16))
    zone: Mapped[str] = mapped_column(String(64))
    made_by: Mapped[str] = mapped_column(String(16))
    course: Mapped[str]
    diary: Mapped[str]

    __table_args__ = (Index("ix_digests_standing", "patient_id", "seq", "epoch", "zone", "made_by"),)


@dataclass(frozen=True, slots=True)
class Digest:
    """One digest: whose, what it is good for, and its two parts, of which lists read only the course."""

    member: Member
    made_by: str
    course: str
    diary: str


def courses(session: Session, patient_ids: Collection[UUID], made_by: str) -> dict[UUID, str]:
    """Return the course of each of some patients whose digest stands."""
    query = select(DigestRow.patient_id, DigestRow.course).where(*_of(patient_ids), _stands(made_by))
    return dict(session.execute(query).all())


def whole(session: Session, patient_ids: Collection[UUID], made_by: str) -> dict[UUID, tuple[str, str]]:
    """Return course and diary of each of some patients whose digest stands."""
    shown = select(DigestRow.patient_id, DigestRow.course, DigestRow.diary)
    rows = session.execute(shown.where(*_of(patient_ids), _stands(made_by)))
    return {patient_id: (course, diary) for patient_id, course, diary in rows}


def _of(patient_ids: Collection[UUID]) -> tuple[ColumnElement[bool], ...]:
    own = (FeedRow.patient_id == DigestRow.patient_id, PatientRow.id == DigestRow.patient_id)
    return DigestRow.patient_id.in_(patient_ids), *own


def _stands(made_by: str) -> ColumnElement[bool]:
    return and_(
        DigestRow.seq == FeedRow.seq,
        DigestRow.epoch == FeedRow.epoch,
        DigestRow.zone == PatientRow.zone,
        DigestRow.made_by == made_by,
    )


def lacking(session: Session, made_by: str, limit: int) -> list[Member]:
    """Return some patients without a digest that stands, by id; one without a feed gets none."""
    query = select(PatientRow.id, PatientRow.zone, FeedRow.seq, FeedRow.epoch)
    query = query.join(FeedRow, FeedRow.patient_id == PatientRow.id)
    query = query.outerjoin(DigestRow, and_(DigestRow.patient_id == PatientRow.id, _stands(made_by)))
    query = query.where(FeedRow.seq > 0, DigestRow.patient_id.is_(None))
    rows = session.execute(query.order_by(PatientRow.id).limit(limit))
    return [Member(patient_id, zone, Head(seq, epoch)) for patient_id, zone, seq, epoch in rows]


def put(session: Session, made: Iterable[Digest]) -> None:
    """Keep digests whose number still is the feed's; a newer one that somebody else kept meanwhile stays.

    Whether one stands is asked whenever it is read, so one that came too late does no harm. They are written by id, so
    that two who write at once wait for each other in one order.
    """
    rows = [
        {
            "of": one.member.id,
            "at_seq": one.member.head.seq,
            "at_epoch": one.member.head.epoch,
            "in_zone": one.member.zone,
            "by": one.made_by,
            "told_course": one.course,
            "told_diary": one.diary,
        }
        for one in sorted(made, key=lambda one: one.member.id)
    ]
    if rows:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        session.execute(_kept(dialect), rows)


def _kept(dialect: ModuleType) -> Any:
    """Return the statement of `put`: it asks for the feed's number itself, so that what is old by now is not kept."""
    held = _TABLE.c
    values = {
        held.patient_id: "of", held.seq: "at_seq", held.epoch: "at_epoch", held.zone: "in_zone", held.made_by: "by",
        held.course: "told_course", held.diary: "told_diary",
    }  # fmt: skip
    told = select(*(bindparam(name, type_=column.type) for column, name in values.items()))
    told = told.select_from(FeedRow).where(
        FeedRow.patient_id == bindparam("of"),
        FeedRow.seq == bindparam("at_seq"),
        FeedRow.epoch == bindparam("at_epoch"),
    )
    statement = dialect.insert(_TABLE).from_select(list(values), told)
    new = statement.excluded
    older = or_(held.seq <= new.seq, held.epoch != new.epoch, held.made_by != new.made_by)
    changed = {column.name: new[column.name] for column in values if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=[held.patient_id], set_=changed, where=older)


_TABLE: Table = DigestRow.__table__  # type: ignore[assignment]  # a mapped class has a Table
