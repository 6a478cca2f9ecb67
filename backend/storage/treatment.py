"""Treatments and the versions of their plans, to and from the clinic's own shapes."""

from collections.abc import Sequence
from datetime import date, datetime, time
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Select, String, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.domain.regimens import Route
from backend.domain.treatment import PlanVersion, Treatment
from backend.storage.db import Base, Instant


class TreatmentRow(Base):
    """One drug for one patient."""

    __tablename__ = "treatments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    drug: Mapped[str] = mapped_column(String(40))
    started_on: Mapped[date]
    stopped_on: Mapped[date | None]
    zone: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant)


class PlanRow(Base):
    """One version of a treatment's plan, with its reason and who decided."""

    __tablename__ = "plan_versions"

    treatment_id: Mapped[UUID] = mapped_column(ForeignKey("treatments.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    valid_from: Mapped[date]
    regimen: Mapped[str] = mapped_column(String(60))
    route: Mapped[str] = mapped_column(String(10))
    interval_weeks: Mapped[int | None]
    slot: Mapped[time]
    weekdays: Mapped[list[int]] = mapped_column(JSON)
    reason: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[UUID | None]


def add(session: Session, patient_id: UUID, treatment: Treatment, by: UUID | None) -> None:
    """Store a new treatment with its first plan."""
    session.execute(
        insert(TreatmentRow),
        {
            "id": treatment.id,
            "patient_id": patient_id,
            "drug": treatment.drug_key,
            "started_on": treatment.started_on,
            "zone": treatment.zone,
            "created_at": treatment.versions[0].recorded_at,
        },
    )
    add_version(session, treatment, by)


def add_version(session: Session, treatment: Treatment, by: UUID | None) -> None:
    """Store a treatment's newest plan version."""
    plan = treatment.versions[-1]
    session.execute(
        insert(PlanRow),
        {
            "treatment_id": treatment.id,
            "version": plan.version,
            "valid_from": plan.valid_from,
            "regimen": plan.regimen,
            "route": plan.route.value,
            "interval_weeks": plan.interval_weeks,
            "slot": plan.slot,
            "weekdays": list(plan.weekdays),
            "reason": plan.reason,
            "recorded_at": plan.recorded_at,
            "recorded_by": by,
        },
    )


def set_stop(session: Session, treatment: Treatment, by: UUID | None) -> None:
    """Store the stop of a treatment: its day, and the version that says who decided it and why."""
    mine = update(TreatmentRow).where(TreatmentRow.id == treatment.id)
    session.execute(mine.values(stopped_on=treatment.stopped_on))
    add_version(session, treatment, by)


def of_patients(session: Session, patient_ids: Sequence[UUID]) -> dict[UUID, list[Treatment]]:
    """Return the treatments of each patient, oldest first; patients without any are left out."""
    found: dict[UUID, list[Treatment]] = {}
    rows = session.execute(_OF_PATIENTS, {"patients": patient_ids})
    for head, versions in groupby(rows, key=lambda row: row[:_HEAD]):
        patient_id, treatment_id, drug, started_on, stopped_on, zone = head
        plans = tuple(_plan(*row[_HEAD:]) for row in versions)
        treatment = Treatment(treatment_id, drug, started_on, stopped_on, zone, plans)
        found.setdefault(patient_id, []).append(treatment)
    return found


def of_patient(session: Session, patient_id: UUID) -> list[Treatment]:
    """Return a patient's treatments, oldest first."""
    return of_patients(session, [patient_id]).get(patient_id, [])


def holder(session: Session, treatment_id: UUID) -> UUID | None:
    """Return whose treatment an id is, None for a free id."""
    return session.scalar(select(TreatmentRow.patient_id).where(TreatmentRow.id == treatment_id))


def deciders(session: Session, patient_id: UUID) -> dict[tuple[UUID, int], UUID | None]:
    """Return who recorded each plan version of a patient's treatments, by treatment and version."""
    query = select(PlanRow.treatment_id, PlanRow.version, PlanRow.recorded_by).join(
        TreatmentRow, TreatmentRow.id == PlanRow.treatment_id
    )
    rows = session.execute(query.where(TreatmentRow.patient_id == patient_id))
    return {(treatment_id, version): by for treatment_id, version, by in rows}


def _of_patients() -> Select[Any]:
    """Return the query of treatments with their plans in order, built once: on columns, in the shapes' own order."""
    head, plan = TreatmentRow.__table__.c, PlanRow.__table__.c
    shown = [head[name] for name in ("patient_id", "id", "drug", "started_on", "stopped_on", "zone")]
    shown += [plan[name] for name in ("version", "valid_from", "regimen", "route", "interval_weeks", "slot")]
    shown += [plan[name] for name in ("weekdays", "reason", "recorded_at")]
    return (
        select(*shown)
        .join_from(TreatmentRow.__table__, PlanRow.__table__, plan.treatment_id == head.id)
        .where(head.patient_id.in_(bindparam("patients", expanding=True)))
        .order_by(head.patient_id, head.started_on, head.id, plan.version)
    )


_OF_PATIENTS = _of_patients()
_HEAD = 6


def _plan(
    version: int, valid_from: date, regimen: str, route: str, weeks: int | None, slot: time, weekdays: list[int],
    reason: str, recorded_at: datetime,
) -> PlanVersion:  # fmt: skip
    return PlanVersion(version, valid_from, regimen, Route(route), weeks, slot, tuple(weekdays), reason, recorded_at)
