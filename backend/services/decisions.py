"""Decisions: a clinician decides on an interval under a study's rule; that act alone changes the plan, and is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.domain import treatment as plans
from backend.domain.decisions import Choice, Ground, Move, Told, check, flags
from backend.domain.dosing import Dose
from backend.domain.errors import ClinicError, invalid
from backend.domain.moments import local_date
from backend.domain.treatment import Expected, PlanVersion, Treatment
from backend.services import doses, events, gate, intervals, protocols, records, reminders, treatment, words
from backend.services.context import Context
from backend.services.protocols import Shown
from backend.services.rehearsal import rehearsed
from backend.services.reminders import NOTHING, Moved
from backend.storage import decisions
from backend.storage.decisions import DecisionRow
from backend.storage.occurrences import as_json
from backend.storage.patients import PatientRow
from backend.storage.sealing import Place

KIND = "decision"


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision as it is kept; the plan's version before and after are the same where it changed no plan."""

    id: UUID
    study_id: UUID
    protocol: str
    protocol_version: int
    choice: Choice
    reason: str
    state: Mapping[str, Any]
    treatment_id: UUID | None
    plan_before: int | None
    plan_after: int | None
    dose_id: UUID | None
    dose_version: int | None
    flags: tuple[str, ...]
    decided_at: datetime
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class Stand:
    """How the plan stands before or after: its version, and the next dose it expects."""

    plan: PlanVersion
    expected: Expected | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What a decision changes: the plan, the dose it moves if any, and the reminders that follow."""

    plan_before: Stand | None
    plan_after: Stand | None
    dose_before: Dose | None
    dose_after: Dose | None
    moved: Moved


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with what it changed."""

    decision: Decision
    difference: Difference
    duplicate: bool = False


def decide(ctx: Context, patient_id: UUID, told: Told) -> Decided:
    """Keep a decision with the rule's state, and change the plan where it says so; a retry is marked `duplicate`.

    Raises ClinicError `not-found` where no study of the patient shows the protocol; `stale-version` when the rule's
    state, plan or dose is no longer what the clinician saw; `id-in-use`; `out-of-bounds` for an interval or a dose
    outside the protocol's own bounds; `contradiction` for a change that changes nothing or another choice that does;
    and what amending a plan and moving a dose refuse.
    """
    patient = gate.patient(ctx, "decisions:write", patient_id, lock=True)
    upload = _mark(ctx, told)
    held = decisions.get(ctx.session, patient.id, told.id)
    if held is not None:
        return _again(ctx, patient, held, upload)
    shown = protocols.one(ctx, patient, told.study_id, told.protocol)
    _same_as_seen(shown, told)
    check(told, _ground(shown))
    chain = intervals.line(ctx, patient.id).chain.intervals
    flagged = flags(told, shown.verdict.changes_from_interval, chain, local_date(ctx.now, patient.zone))
    before = None if shown.treatment is None else _stand(ctx, patient, shown.treatment)
    difference = _act(ctx, patient, shown, told, before)
    row = _row(ctx, patient, shown, told, difference) | {"flags": list(flagged), "created_mark": upload}
    if not decisions.add(ctx.session, row):
        raise ClinicError("id-in-use", pointers={"/id": "holds something else"})
    detail = {"choice": told.choice.value, "protocol": told.protocol, "flags": list(flagged)}
    events.note(ctx, "decisions:write", patient.id, told.id, detail)
    return Decided(_kept(ctx, patient, told.id), difference)


def preview(ctx: Context, patient_id: UUID, told: Told) -> Decided:
    """Return what `decide` would answer; nothing of it is left. Raises as `decide`.

    It needs the same permission and takes the same locks; that the record was looked at is written down.
    """
    with rehearsed(ctx) as trial:
        answer = decide(trial, patient_id, told)
    events.note(ctx, "protocols:read", patient_id, told.protocol, {"preview": True})
    return answer


def of_patient(ctx: Context, patient_id: UUID) -> list[Decision]:
    """Return the decisions about a patient, oldest first, those under studies since left too."""
    patient = gate.patient(ctx, "protocols:read", patient_id)
    events.note(ctx, "protocols:read", patient.id, "decisions")
    return every(ctx, patient)


def every(ctx: Context, patient: PatientRow) -> list[Decision]:
    """Return all decisions about a patient who is within reach."""
    return [_decision(ctx, patient, row) for row in decisions.of_patient(ctx.session, patient.id)]


def _same_as_seen(shown: Shown, told: Told) -> None:
    version = shown.treatment.versions[-1].version if shown.treatment else None
    if told.state_mark != shown.mark or told.treatment_version != version:
        raise ClinicError("stale-version", "The values, the rule or the plan changed since; look again.")


def _ground(shown: Shown) -> Ground | None:
    """Return what a change would stand on; None for a rule that is only shown, and without a running treatment."""
    if shown.current is None:
        return None
    return Ground(shown.bounds, shown.current.course.current_weeks, shown.current.course.last_dose_on)


def _act(ctx: Context, patient: PatientRow, shown: Shown, told: Told, before: Stand | None) -> Difference:
    """Amend the plan and move the dose as told, and plan the reminders once for both."""
    if told.choice is not Choice.CHANGE or shown.treatment is None or before is None:
        return Difference(before, before, None, None, NOTHING)
    both = replace(ctx, postponed=set())
    dose_before, dose_after = None, None
    if told.interval_weeks is not None:
        amended = _plan(before.plan, told)
        treatment.amend(both, patient.id, shown.treatment.id, before.plan.version, amended)
    if told.move is not None:
        move = _of_next(before, told.move)
        dose_before = doses.one(ctx, patient.id, move.dose_id).dose
        dose_after = doses.move(
            both, patient.id, move.dose_id, move.version, move.slot, told.reason, move.override
        ).shown.dose
    moved = reminders.replan(ctx, patient)
    line = intervals.line(ctx, patient.id)
    return Difference(before, _stand(ctx, patient, line.treatment(shown.treatment.id)), dose_before, dose_after, moved)


def _plan(standing: PlanVersion, told: Told) -> treatment.Decision:
    return treatment.Decision(
        standing.regimen,
        standing.route,
        told.interval_weeks,
        standing.slot,
        standing.weekdays,
        told.valid_from,
        told.reason,
    )


def _of_next(before: Stand, move: Move) -> Move:
    if before.expected is None or before.expected.dose_id != move.dose_id:
        raise invalid("/move/dose_id", "Is not the next planned dose.")
    return move


def _stand(ctx: Context, patient: PatientRow, found: Treatment) -> Stand:
    line = intervals.line(ctx, patient.id)
    return Stand(words.plans_shown(ctx, patient, found).versions[-1], plans.expected(found, line.doses))


def _row(ctx: Context, patient: PatientRow, shown: Shown, told: Told, difference: Difference) -> dict[str, Any]:
    staff_id = ctx.who.staff_id
    if staff_id is None:
        raise ClinicError("role-lacks-permission")
    before, after, dose = difference.plan_before, difference.plan_after, difference.dose_after
    return {
        "patient_id": patient.id,
        "id": told.id,
        "study_id": told.study_id,
        "protocol": told.protocol,
        "protocol_version": shown.rule.version,
        "choice": told.choice.value,
        "reason": words.sealed(ctx, patient, told.reason, _of_reason(patient.id, told.id)),
        "state": shown.state,
        "treatment_id": shown.treatment.id if shown.treatment else None,
        "plan_before": before.plan.version if before else None,
        "plan_after": after.plan.version if after else None,
        "dose_id": dose.id if dose else None,
        "dose_version": dose.version if dose else None,
        "decided_at": ctx.now,
        "decided_by": staff_id,
    }


def _again(ctx: Context, patient: PatientRow, held: DecisionRow, upload: bytes) -> Decided:
    """Return the answer to a retry: what was decided then, and the plans as they were; the reminders moved long ago."""
    if held.created_mark != upload:
        raise ClinicError("id-in-use", pointers={"/id": "holds something else"})
    events.note(ctx, "protocols:read", patient.id, held.id, {"duplicate": True})
    before, after, dose_before, dose_after = None, None, None, None
    if held.treatment_id is not None:
        line = intervals.line(ctx, patient.id)
        found = line.treatment(held.treatment_id)
        coming = plans.expected(found, line.doses)
        versions = {one.version: one for one in words.plans_shown(ctx, patient, found).versions}
        before, after = (Stand(versions[number or 1], coming) for number in (held.plan_before, held.plan_after))
    if held.dose_id is not None:
        history = {one.dose.version: one.dose for one in doses.history(ctx, patient.id, held.dose_id)}
        dose_after = history[held.dose_version or 1]
        dose_before = history[dose_after.version - 1]
    difference = Difference(before, after, dose_before, dose_after, NOTHING)
    return Decided(_decision(ctx, patient, held), difference, duplicate=True)


def _mark(ctx: Context, told: Told) -> bytes:
    move = told.move
    moved = None if move is None else [str(move.dose_id), move.version, as_json(move.slot), move.override]
    content = {
        "study_id": str(told.study_id),
        "protocol": told.protocol,
        "choice": told.choice.value,
        "reason": told.reason,
        "state_mark": told.state_mark,
        "treatment_version": told.treatment_version,
        "interval_weeks": told.interval_weeks,
        "valid_from": None if told.valid_from is None else told.valid_from.isoformat(),
        "move": moved,
    }
    return records.mark(ctx, KIND, content)


def _kept(ctx: Context, patient: PatientRow, decision_id: UUID) -> Decision:
    row = decisions.get(ctx.session, patient.id, decision_id)
    if row is None:
        raise ClinicError("not-found")
    return _decision(ctx, patient, row)


def _decision(ctx: Context, patient: PatientRow, row: DecisionRow) -> Decision:
    names = ("id", "study_id", "protocol", "protocol_version", "state", "treatment_id", "plan_before", "plan_after")
    told = {name: getattr(row, name) for name in (*names, "dose_id", "dose_version", "decided_at", "decided_by")}
    reason = words.opened(ctx, patient, row.reason, _of_reason(patient.id, row.id))
    return Decision(**told, choice=Choice(row.choice), reason=reason, flags=tuple(row.flags))


def _of_reason(patient_id: UUID, decision_id: UUID) -> Place:
    return Place("decisions", "reason", f"{patient_id}:{decision_id}")
