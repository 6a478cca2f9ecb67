"""Traits: what a study's data say of each subject beside the course of their treatment, nobody told apart by it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.domain.age_bands import age, band, told
from backend.domain.moments import local_date
from backend.services import patients
from backend.services.context import Context
from backend.storage import research
from backend.storage.patients import PatientRow
from backend.storage.research import SubjectRow


@dataclass(frozen=True, slots=True)
class Traits:
    """The arm, the local day on which the study was over, and the age band at consent; None where it is not told."""

    arm: str | None = None
    finished_on: date | None = None
    age_band: str | None = None


NONE = Traits()


def of_study(ctx: Context, study_id: UUID) -> dict[UUID, Traits]:
    """Return the traits of all whose consent to a study holds: which bands are too small follows from all of them."""
    found = research.holding(ctx.session, study_id, ctx.now)
    bands = told({patient.id: _band(ctx, row, patient) for row, patient in found})
    return {
        patient.id: Traits(
            row.arm, local_date(row.finished_at, patient.zone) if row.finished_at else None, bands[patient.id]
        )
        for row, patient in found
    }


def _band(ctx: Context, row: SubjectRow, patient: PatientRow) -> str | None:
    birth_on = patients.identity(ctx, patient).birth_on
    return None if birth_on is None else band(age(birth_on, local_date(row.consented_at, patient.zone)))
