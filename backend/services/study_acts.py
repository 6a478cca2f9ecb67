"""Acts in studies: what is done about a patient in a study is written down as it was done, and never changed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.services.context import Context
from backend.storage import study_acts
from backend.storage.patients import PatientRow


def write(ctx: Context, patient: PatientRow, study_id: UUID, kind: str, told: Mapping[str, Any]) -> None:
    """Write down an act of the actor; the caller holds the patient's lock."""
    values = {"study_id": study_id, "patient_id": patient.id, "kind": kind, "told": dict(told)}
    values["number"] = study_acts.count(ctx.session, patient.id, study_id) + 1
    by = {"recorded_at": ctx.now, "recorded_by": ctx.who.id, "by_patient": ctx.who.patient_id is not None}
    study_acts.add(ctx.session, values | by)
