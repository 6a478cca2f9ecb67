"""Assignments: which questionnaire a study or a patient is asked and when, every version that was decided kept."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Table, insert, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant
from backend.storage.records import insert_once
from backend.storage.research import SubjectRow, lapses_at


class AssignmentRow(Base):
    """One assignment, of a study or of a patient; `version` is the standing one, `ended_on` None while it goes on."""

    __tablename__ = "assignments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    study_id: Mapped[UUID | None] = mapped_column(ForeignKey("studies.id"))
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patients.id"))
    questionnaire: Mapped[str] = mapped_column(String(60))
    starts_on: Mapped[date]
    version: Mapped[int]
    ended_on: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("(study_id IS NULL) <> (patient_id IS NULL)", name="whose"),
        Index("ix_assignments_study", "study_id"),
        Index("ix_assignments_patient", "patient_id"),
    )


class AssignmentVersionRow(Base):
    """What was decided, from which local day on, by whom and why (sealed); the last version of one that ended says so.

    `told` is as `domain.assignments.written` told it; `template` names the design and window it was made from.
    """

    __tablename__ = "assignment_versions"

    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignments.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    told: Mapped[Any] = mapped_column(JSON)
    template: Mapped[str | None] = mapped_column(String(80))
    from_on: Mapped[date]
    ends: Mapped[bool]
    reason: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[UUID | None]


@dataclass(frozen=True, slots=True)
class Concerns:
    """An assignment that concerns a patient; where it is a study's, since when they consented and what ends that.

    `lapses_at` may be to come: from then on they must have agreed to a newer text.
    """

    row: AssignmentRow
    consented_at: datetime | None
    withdrawn_at: datetime | None
    lapses_at: datetime | None
    finished_at: datetime | None

    @property
    def left_at(self) -> datetime | None:
        """The first moment from which the study asks nothing more."""
        ends = (self.withdrawn_at, self.lapses_at, self.finished_at)
        return min((one for one in ends if one is not None), default=None)


def add(session: Session, values: dict[str, Any]) -> bool:
    """Store a new assignment; False when its id is taken."""
    table: Table = AssignmentRow.__table__  # type: ignore[assignment]  # a mapped class has a Table
    return insert_once(session, table, values)


def add_version(session: Session, values: dict[str, Any]) -> None:
    """Store a version of an assignment."""
    session.execute(insert(AssignmentVersionRow), values)


def get(session: Session, assignment_id: UUID) -> AssignmentRow | None:
    """Return an assignment as it stands."""
    query = select(AssignmentRow).where(AssignmentRow.id == assignment_id)
    return session.scalar(query.execution_options(populate_existing=True))


def put(session: Session, assignment_id: UUID, version: int, values: dict[str, Any]) -> bool:
    """Move an assignment on to its next version; False when it is no longer at the one named, or has ended."""
    standing = (
        AssignmentRow.id == assignment_id,
        AssignmentRow.version == version,
        AssignmentRow.ended_on.is_(None),
    )
    done = session.execute(update(AssignmentRow).where(*standing).values(version=version + 1, **values))
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]  # a CursorResult for UPDATE


def of_study(session: Session, study_id: UUID) -> Sequence[AssignmentRow]:
    """Return the assignments of a study, those that ended too, by their first day."""
    return _rows(session, AssignmentRow.study_id == study_id)


def of_patient(session: Session, patient_id: UUID) -> Sequence[AssignmentRow]:
    """Return the assignments of a patient's own, those that ended too, by their first day."""
    return _rows(session, AssignmentRow.patient_id == patient_id)


def concerning(session: Session, patient_id: UUID) -> list[Concerns]:
    """Return all that concern a patient: their own, and those of the studies they ever consented to."""
    joined = (SubjectRow.study_id == AssignmentRow.study_id) & (SubjectRow.patient_id == patient_id)
    ends = (SubjectRow.withdrawn_at, lapses_at(), SubjectRow.finished_at)
    query = select(AssignmentRow, SubjectRow.consented_at, *ends).outerjoin(SubjectRow, joined)
    query = query.where(or_(AssignmentRow.patient_id == patient_id, SubjectRow.patient_id == patient_id))
    ordered = query.order_by(AssignmentRow.starts_on, AssignmentRow.id).execution_options(populate_existing=True)
    return [Concerns(*row) for row in session.execute(ordered)]


def asks(session: Session, patient_id: UUID, questionnaire: str) -> bool:
    """Whether a patient is asked a questionnaire or ever was: by their own, or by a study they consented to."""
    studies = select(SubjectRow.study_id).where(SubjectRow.patient_id == patient_id)
    mine = or_(AssignmentRow.patient_id == patient_id, AssignmentRow.study_id.in_(studies))
    query = select(AssignmentRow.id).where(AssignmentRow.questionnaire == questionnaire, mine).limit(1)
    return session.scalar(query) is not None


def versions(session: Session, ids: Collection[UUID]) -> dict[UUID, list[AssignmentVersionRow]]:
    """Return the versions of some assignments, oldest first."""
    found: dict[UUID, list[AssignmentVersionRow]] = {id_: [] for id_ in ids}
    if not found:
        return found
    query = select(AssignmentVersionRow).where(AssignmentVersionRow.assignment_id.in_(found))
    for row in session.scalars(query.order_by(AssignmentVersionRow.assignment_id, AssignmentVersionRow.version)):
        found[row.assignment_id].append(row)
    return found


def _rows(session: Session, mine: Any) -> Sequence[AssignmentRow]:
    query = select(AssignmentRow).where(mine).order_by(AssignmentRow.starts_on, AssignmentRow.id)
    return session.scalars(query.execution_options(populate_existing=True)).all()
