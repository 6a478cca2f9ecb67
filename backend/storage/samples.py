"""Samples: each finger prick or draw, the appended steps of its chain, and the results the lab reported."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKeyConstraint,
    LargeBinary,
    Row,
    String,
    Table,
    exists,
    insert,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from backend.domain.moments import offset_minutes, with_offset
from backend.domain.samples import ASIDE, Matrix, Problem, State, Step
from backend.domain.worklist import Taken, Withheld
from backend.storage.db import Base, Instant
from backend.storage.occurrences import as_json, from_json
from backend.storage.records import insert_once


class SampleRow(Base):
    """One sample, under the id of the phone or of whoever ordered it. `version` counts its steps and results."""

    __tablename__ = "samples"

    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    matrix: Mapped[str] = mapped_column(String(20))
    created_mark: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant)
    version: Mapped[int]

    __table_args__ = (ForeignKeyConstraint(["patient_id"], ["patients.id"]),)


class StepRow(Base):
    """One appended step; a correction names the step it replaces."""

    __tablename__ = "sample_steps"

    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    sample_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(20))
    at: Mapped[Any] = mapped_column(JSON)
    by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_offset: Mapped[int]
    received_at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str | None]
    drops: Mapped[int | None]
    problems: Mapped[list[str]] = mapped_column(JSON)
    corrects: Mapped[int | None]

    __table_args__ = (ForeignKeyConstraint(["patient_id", "sample_id"], ["samples.patient_id", "samples.id"]),)


class ResultRow(Base):
    """One reported result, numbers as the exact text they came in; a later one for the same analyte replaces it."""

    __tablename__ = "sample_results"

    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    sample_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    analyte: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(40))
    unit: Mapped[str] = mapped_column(String(20))
    comparator: Mapped[str] = mapped_column(String(1))
    lloq: Mapped[str | None] = mapped_column(String(40))
    raw_value: Mapped[str] = mapped_column(String(40))
    raw_unit: Mapped[str] = mapped_column(String(20))
    factor: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str]
    released: Mapped[bool]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[UUID | None]

    __table_args__ = (ForeignKeyConstraint(["patient_id", "sample_id"], ["samples.patient_id", "samples.id"]),)

    @property
    def number(self) -> Decimal:
        """The value as an exact number, in `unit`."""
        return Decimal(self.value)


def table() -> Table:
    """Return the table of samples, for writing rows."""
    return SampleRow.__table__  # type: ignore[return-value]  # a mapped class has a Table


def add(session: Session, values: dict[str, Any]) -> bool:
    """Store a new sample; False when the patient's id is taken."""
    return insert_once(session, table(), values)


def get(session: Session, patient_id: UUID, sample_id: UUID, *, lock: bool = False) -> SampleRow | None:
    """Return a sample, locked for writing if asked."""
    query = select(SampleRow).where(SampleRow.patient_id == patient_id, SampleRow.id == sample_id)
    query = query.execution_options(populate_existing=True)
    return session.scalar(query.with_for_update() if lock else query)


def of_patient(session: Session, patient_id: UUID) -> Sequence[SampleRow]:
    """Return a patient's samples, oldest first."""
    query = select(SampleRow).where(SampleRow.patient_id == patient_id)
    return session.scalars(query.order_by(SampleRow.created_at, SampleRow.id)).all()


def append_step(session: Session, patient_id: UUID, sample_id: UUID, position: int, step: Step) -> None:
    """Store one step behind the others."""
    values = {
        "patient_id": patient_id,
        "sample_id": sample_id,
        "position": position,
        "state": step.state.value,
        "at": as_json(step.at),
        "by": step.by,
        "recorded_at": step.recorded_at,
        "recorded_offset": offset_minutes(step.recorded_at),
        "received_at": step.received_at,
        "reason": step.reason,
        "drops": step.drops,
        "problems": [p.value for p in step.problems],
        "corrects": step.corrects,
    }
    session.execute(insert(StepRow), values)
    _touch(session, patient_id, sample_id)


def append_result(session: Session, patient_id: UUID, sample_id: UUID, values: dict[str, Any]) -> None:
    """Store one result behind the others."""
    session.execute(insert(ResultRow), values | {"patient_id": patient_id, "sample_id": sample_id})
    _touch(session, patient_id, sample_id)


def steps(session: Session, patient_id: UUID) -> dict[UUID, tuple[Step, ...]]:
    """Return the steps of each of a patient's samples in order."""
    query = select(StepRow).where(StepRow.patient_id == patient_id).order_by(StepRow.sample_id, StepRow.position)
    found: dict[UUID, list[Step]] = {}
    for row in session.scalars(query):
        found.setdefault(row.sample_id, []).append(_step(row))
    return {sample_id: tuple(taken) for sample_id, taken in found.items()}


def results(session: Session, patient_id: UUID) -> dict[UUID, list[ResultRow]]:
    """Return the results of each of a patient's samples in order."""
    query = select(ResultRow).where(ResultRow.patient_id == patient_id)
    found: dict[UUID, list[ResultRow]] = {}
    for row in session.scalars(query.order_by(ResultRow.sample_id, ResultRow.position)):
        found.setdefault(row.sample_id, []).append(row)
    return found


def of_patients(session: Session, patient_ids: Collection[UUID]) -> dict[UUID, list[tuple[UUID, Matrix]]]:
    """Return the id of each patient's samples and what was taken, oldest first."""
    held = table().c
    query = select(held.patient_id, held.id, held.matrix).where(held.patient_id.in_(patient_ids))
    found: dict[UUID, list[tuple[UUID, Matrix]]] = {}
    for patient_id, sample_id, taken in session.execute(query.order_by(held.patient_id, held.created_at, held.id)):
        found.setdefault(patient_id, []).append((sample_id, Matrix(taken)))
    return found


def steps_of(session: Session, patient_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], list[Step]]:
    """Return the steps of the samples of some patients in order, by patient and sample."""
    held = StepRow.__table__.c
    query = select(*held).where(held.patient_id.in_(patient_ids))
    found: dict[tuple[UUID, UUID], list[Step]] = {}
    for row in session.execute(query.order_by(held.patient_id, held.sample_id, held.position)):
        found.setdefault((row.patient_id, row.sample_id), []).append(_step(row))
    return found


def results_of(
    session: Session, patient_ids: Collection[UUID], analyte: str
) -> dict[tuple[UUID, UUID], tuple[Decimal, str]]:
    """Return value and comparator of an analyte's standing result in the samples of some patients.

    By patient and sample.
    """
    held = ResultRow.__table__.c
    query = select(held.patient_id, held.sample_id, held.value, held.comparator)
    query = query.where(held.patient_id.in_(patient_ids), held.analyte == analyte)
    rows = session.execute(query.order_by(held.patient_id, held.sample_id, held.position))
    return {(who, sample): (Decimal(value), sign) for who, sample, value, sign in rows}  # the last one stands


def unsettled(session: Session, patient_ids: Collection[UUID]) -> dict[UUID, list[Taken]]:
    """Return, by patient, the samples that may need somebody.

    They are not yet at the lab, or rejected, or a step was corrected, or the patient may not see a result yet.
    """
    step, result = aliased(StepRow), aliased(ResultRow)
    done = _having(step, step.state.in_([one.value for one in _SETTLED]))
    again = _having(step, or_(step.state == State.REJECTED.value, step.corrects.is_not(None)))
    return _taken(session, patient_ids, or_(~done, again, _having(result, result.released.is_(False))))


def taken(session: Session, patient_ids: Collection[UUID]) -> dict[UUID, list[Taken]]:
    """Return, by patient, all samples with their steps."""
    return _taken(session, patient_ids, true())


def withheld(session: Session, patient_ids: Collection[UUID]) -> dict[UUID, list[Withheld]]:
    """Return, by patient, the standing results that the patient may not see yet."""
    held, later = ResultRow.__table__.c, ResultRow.__table__.alias().c
    same = (later.patient_id == held.patient_id, later.sample_id == held.sample_id, later.analyte == held.analyte)
    newer = exists().where(*same, later.position > held.position)
    query = select(held.patient_id, held.sample_id, held.analyte, held.position, held.recorded_at)
    query = query.where(held.patient_id.in_(patient_ids), held.released.is_(False), ~newer)
    found: dict[UUID, list[Withheld]] = {}
    for patient_id, *told in session.execute(query.order_by(held.patient_id, held.recorded_at)):
        found.setdefault(patient_id, []).append(Withheld(*told))
    return found


_SETTLED = frozenset({State.RECEIVED, State.ANALYSED, State.REPORTED, *ASIDE})


def _having(part: type[StepRow | ResultRow], what: ColumnElement[bool]) -> ColumnElement[bool]:
    """Tell of a sample whether a step, or a result, of it is so."""
    return exists().where(part.patient_id == SampleRow.patient_id, part.sample_id == SampleRow.id, what)


def _taken(session: Session, patient_ids: Collection[UUID], which: ColumnElement[bool]) -> dict[UUID, list[Taken]]:
    held, step = table().c, StepRow.__table__.c
    query = select(held.created_at, held.matrix, *step).join_from(
        table(), StepRow.__table__, (step.patient_id == held.patient_id) & (step.sample_id == held.id)
    )
    query = query.where(held.patient_id.in_(patient_ids), which)
    rows = session.execute(query.order_by(held.patient_id, held.created_at, held.id, step.position))
    found: dict[UUID, list[Taken]] = {}
    for (patient_id, sample_id, created_at, what), rows_of in groupby(rows, _head):
        one = Taken(sample_id, Matrix(what), created_at, tuple(_step(row) for row in rows_of))
        found.setdefault(patient_id, []).append(one)
    return found


def _head(row: Row[Any]) -> tuple[UUID, UUID, datetime, str]:
    return row.patient_id, row.sample_id, row.created_at, row.matrix


def matrix(row: SampleRow) -> Matrix:
    """Return what was taken."""
    return Matrix(row.matrix)


def _touch(session: Session, patient_id: UUID, sample_id: UUID) -> None:
    mine = (SampleRow.patient_id == patient_id, SampleRow.id == sample_id)
    session.execute(update(SampleRow).where(*mine).values(version=SampleRow.version + 1))


def _step(row: StepRow | Row[Any]) -> Step:
    at = from_json(row.at)
    if at is None:
        raise ValueError("a step without a moment")
    return Step(
        State(row.state),
        at,
        row.by,
        with_offset(row.recorded_at, row.recorded_offset),
        row.received_at,
        row.reason,
        row.drops,
        tuple(Problem(p) for p in row.problems),
        row.corrects,
    )
