"""Worsening: what a patient's tests say of each measure followed over time, derived from the findings."""

from uuid import UUID

from sqlalchemy.orm import Session

from backend.domain.findings import Kind
from backend.domain.worsening import Measure, Worsening, visits, worsening
from backend.services import events, gate
from backend.services.context import Context
from backend.storage import findings

TESTS = (Kind.EDSS, Kind.SDMT, Kind.T25FW, Kind.NHPT)
"""The findings that are tests of a measure."""


def of_patient(ctx: Context, patient_id: UUID) -> list[Worsening]:
    """Return how each measure stands that a patient was tested for. Raises ClinicError `not-found`."""
    patient = gate.patient(ctx, "findings:read", patient_id)
    events.note(ctx, "findings:read", patient.id)
    return every(ctx.session, patient.id)


def every(session: Session, patient_id: UUID) -> list[Worsening]:
    """Return what `of_patient` does of a patient who is within reach."""
    rows = findings.of_patient(session, patient_id, TESTS)
    told = [(Kind(row.kind), findings.moment(row).on, row.content) for row in rows]
    seen = {measure: visits(measure, told) for measure in Measure}
    return [worsening(measure, found) for measure, found in seen.items() if found]
