"""What the clinic found, for the patient's record: every finding in all its versions, retracted ones too."""

from typing import Any

from backend.services import finding_history, findings, intervals
from backend.services.context import Context
from backend.services.findings import Finding
from backend.services.record_reports import Versions, replaced, whose
from backend.storage.patients import PatientRow
from backend.storage.records import VersionRow


def sections(ctx: Context, patient: PatientRow, kept: Versions) -> dict[str, Any]:
    """Return the document's part on findings of a patient who is within reach; `kept` are the superseded versions."""
    line = intervals.line(ctx, patient.id)
    every = findings.every(ctx, patient, line, retracted=True)
    return {"findings": [_finding(ctx, patient, found, kept) for found in every]}


def _finding(ctx: Context, patient: PatientRow, found: Finding, kept: Versions) -> dict[str, Any]:
    return {
        "id": found.id,
        "version": found.version,
        "retracted": found.retracted,
        "kind": found.kind,
        "occurred": found.occurred,
        "ended_on": found.ended_on,
        "values": found.values,
        "standard": found.standard,
        "note": found.note,
        "recorded_at": found.recorded_at,
        "by": whose(patient, found.recorded_by),
        "place": found.place,
        "versions": [_earlier(ctx, patient, row) for row in kept.get((findings.KIND, found.id), ())],
    }


def _earlier(ctx: Context, patient: PatientRow, row: VersionRow) -> dict[str, Any]:
    earlier = finding_history.superseded(ctx, patient, row)
    return {
        "version": row.version,
        "occurred": earlier.occurred,
        "ended_on": earlier.ended_on,
        "values": earlier.values,
        "note": earlier.note,
        "recorded_at": earlier.recorded_at,
        "by": whose(patient, earlier.recorded_by),
        **replaced(ctx, patient, row),
    }
