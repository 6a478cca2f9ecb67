"""Traits: what a study's data say of each subject beside the course of their treatment, nobody told apart by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.domain.age_bands import age, band
from backend.domain.moments import local_date
from backend.domain.quasi_identifiers import BESIDE, WITHHELD, suppressed
from backend.domain.treatment import Treatment, latest
from backend.services import patients
from backend.services.context import Context
from backend.storage import research, treatment
from backend.storage.patients import PatientRow
from backend.storage.research import SubjectRow

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Traits:
    """The arm, the local day on which the study was over, and the age band at consent; None where it is not told.

    `withheld` names what is known and not told, since too few share it.
    """

    arm: str | None = None
    finished_on: date | None = None
    age_band: str | None = None
    withheld: tuple[str, ...] = ()


NONE = Traits()


def of_study(ctx: Context, study_id: UUID) -> dict[UUID, Traits]:
    """Return the traits of all whose consent to a study holds: what too few share follows from all of them."""
    found = research.holding(ctx.session, study_id, ctx.now)
    courses = _courses(ctx, [patient.id for _, patient in found])
    known: dict[UUID, tuple[str | None, str | None]] = {}
    for row, patient in found:
        standing = latest(courses.get(patient.id, ()))
        known[patient.id] = (standing.drug.substance if standing else None, _band(ctx, row, patient))
    told = suppressed(known)
    return {patient.id: _traits(row, patient.zone, known[patient.id], told[patient.id]) for row, patient in found}


def _traits(row: SubjectRow, zone: str, known: Sequence[str | None], told: Sequence[str | None]) -> Traits:
    names = (*BESIDE, *WITHHELD)
    gone = tuple(name for name, was, now in zip(names, known, told, strict=True) if was != now)
    finished_on = local_date(row.finished_at, zone) if row.finished_at else None
    return Traits(row.arm, finished_on, told[names.index("age_band")], gone)


def _courses(ctx: Context, ids: Sequence[UUID]) -> dict[UUID, list[Treatment]]:
    found: dict[UUID, list[Treatment]] = {}
    for start in range(0, len(ids), _BATCH):
        found |= treatment.of_patients(ctx.session, ids[start : start + _BATCH])
    return found


def _band(ctx: Context, row: SubjectRow, patient: PatientRow) -> str | None:
    birth_on = patients.identity(ctx, patient).birth_on
    return None if birth_on is None else band(age(birth_on, local_date(row.consented_at, patient.zone)))
