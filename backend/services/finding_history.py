"""The history of a finding: every version that was replaced, with what it held, who replaced it and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.domain.moments import Occurred
from backend.services import events, findings, gate
from backend.services.context import Context
from backend.storage.occurrences import from_json
from backend.storage.patients import PatientRow
from backend.storage.records import VersionRow, versions


@dataclass(frozen=True, slots=True)
class Superseded:
    """An earlier version of a finding: what it held, when it was replaced, by whom, and why."""

    version: int
    occurred: Occurred | None
    ended_on: date | None
    values: Mapping[str, Any]
    note: str | None
    recorded_at: datetime
    recorded_by: UUID | None
    replaced_at: datetime
    replaced_by: UUID | None
    reason: str


def history(ctx: Context, patient_id: UUID, finding_id: UUID) -> list[Superseded]:
    """Return the earlier versions of a finding, oldest first. Raises ClinicError `not-found`."""
    patient = gate.patient(ctx, "findings:read", patient_id)
    findings.row_of(ctx, patient, finding_id)
    events.note(ctx, "findings:read", patient.id, finding_id)
    return [superseded(ctx, patient, row) for row in versions(ctx.session, findings.KIND, patient.id, finding_id)]


def superseded(ctx: Context, patient: PatientRow, row: VersionRow) -> Superseded:
    """Return an earlier version of a finding of a patient who is within reach."""
    held = row.content
    return Superseded(
        version=row.version,
        occurred=from_json(held["occurred"]),
        ended_on=_day(held["ended_on"]),
        values=held["values"],
        note=findings.opened_note(ctx, patient, row.record_id, row.note_sealed),
        recorded_at=datetime.fromisoformat(held["recorded_at"]),
        recorded_by=None if held["recorded_by"] is None else UUID(held["recorded_by"]),
        replaced_at=row.replaced_at,
        replaced_by=row.replaced_by,
        reason=findings.opened_reason(ctx, patient, row),
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
