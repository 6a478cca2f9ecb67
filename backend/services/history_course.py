"""What was changed about a patient's treatment: each version of a plan and of a dose."""

from collections.abc import Iterator
from typing import Any

from backend.domain.dosing import Dose
from backend.domain.treatment import PlanVersion, Treatment
from backend.services import words
from backend.services.changed import Change, What
from backend.services.context import Context
from backend.storage import doses, treatment
from backend.storage.patients import PatientRow

START, AMEND, STOP = "start", "amend", "stop"


def changes(ctx: Context, patient: PatientRow) -> Iterator[Change]:
    """Yield the versions of the plans and doses of a patient who is within reach, in any order."""
    yield from _plans(ctx, patient)
    yield from _doses(ctx, patient)


def _plans(ctx: Context, patient: PatientRow) -> Iterator[Change]:
    deciders = treatment.deciders(ctx.session, patient.id)
    for stored in treatment.of_patient(ctx.session, patient.id):
        found = words.plans_shown(ctx, patient, stored)
        before: dict[str, Any] | None = None
        for plan in found.versions:
            act = _act(found, plan)
            after = _plan(found, plan) | {"stopped_on": found.stopped_on if act == STOP else None}
            by = deciders[found.id, plan.version]
            yield Change(plan.recorded_at, What.PLAN, found.id, act, plan.version, by, plan.reason, before, after)
            before = after


def _act(found: Treatment, plan: PlanVersion) -> str:
    if found.stopped_on is not None and plan is found.versions[-1]:
        return STOP
    return START if plan is found.versions[0] else AMEND


def _plan(found: Treatment, plan: PlanVersion) -> dict[str, Any]:
    return {
        "drug": found.drug_key,
        "valid_from": plan.valid_from,
        "regimen": plan.regimen,
        "route": plan.route,
        "interval_weeks": plan.interval_weeks,
        "slot": plan.slot.isoformat("minutes"),
        "weekdays": plan.weekdays,
    }


def _doses(ctx: Context, patient: PatientRow) -> Iterator[Change]:
    for versions in doses.histories(ctx.session, patient.id).values():
        before: dict[str, Any] | None = None
        for stored, by in versions:
            dose = words.shown(ctx, patient, stored, stored.id, stored.version)
            after = _dose(dose)
            act = dose.act.value
            yield Change(dose.recorded_at, What.DOSE, dose.id, act, dose.version, by, dose.reason, before, after)
            before = after


def _dose(dose: Dose) -> dict[str, Any]:
    return {
        "treatment_id": dose.treatment_id,
        "status": dose.status,
        "route": dose.route,
        "planned": dose.planned,
        "given": dose.given,
        "parts": [{"occurred": part.given, "mg": part.mg, "body_site": part.body_site} for part in dose.parts],
    }
