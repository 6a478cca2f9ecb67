"""The course of treatment in a patient's record: plans, doses, intervals, samples, checks and reminders."""

from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.domain.checklists import Checklist, Signed
from backend.domain.dosing import Dose
from backend.domain.linking import Interval
from backend.domain.samples import Step
from backend.domain.treatment import PlanVersion, expected
from backend.services import at_home, intervals, ledger, results, words
from backend.services.context import Context
from backend.services.intervals import Line
from backend.services.record_reports import CLINIC, YOU, whose
from backend.services.results import Reported
from backend.storage import checklists, doses, links, monitoring, samples, undelivered, wishes
from backend.storage.patients import PatientRow
from notifications.reasons import why_words


def sections(ctx: Context, patient: PatientRow) -> dict[str, Any]:
    """Return the document's parts on the treatment of a patient who is within reach."""
    line = intervals.line(ctx, patient.id)
    entries = links.per_interval(ctx.session, patient.id)
    return {
        "treatments": _treatments(ctx, patient, line),
        "doses": _doses(ctx, patient, line),
        "intervals": [_interval(found, entries) for found in line.chain.intervals],
        "samples": _samples(ctx, patient),
        "checks": [
            {"treatment_id": row.treatment_id, "check": row.check, "done_on": row.done_on}
            for row in monitoring.of_patient(ctx.session, patient.id)
        ],
        "reminders": ledger.accounts(ctx, patient, ledger.ALWAYS, patient.language),
        "snoozes": _snoozes(ctx, patient),
        "undelivered": _undelivered(ctx, patient),
    }


def _treatments(ctx: Context, patient: PatientRow, line: Line) -> list[dict[str, Any]]:
    return [
        {
            "id": found.id,
            "drug": found.drug_key,
            "started_on": found.started_on,
            "stopped_on": found.stopped_on,
            "zone": found.zone,
            "plans": [_plan(version) for version in words.plans_shown(ctx, patient, found).versions],
            "expected": expected(found, line.doses),
        }
        for found in line.treatments
    ]


def _plan(version: PlanVersion) -> dict[str, Any]:
    return {
        "version": version.version,
        "valid_from": version.valid_from,
        "regimen": version.regimen,
        "route": version.route,
        "interval_weeks": version.interval_weeks,
        "slot": version.slot.isoformat("minutes"),
        "weekdays": version.weekdays,
        "reason": version.reason,
        "recorded_at": version.recorded_at,
    }


def _doses(ctx: Context, patient: PatientRow, line: Line) -> list[dict[str, Any]]:
    """Return the doses in the order of their moments, each with every version and what was signed before it."""
    histories = doses.histories(ctx.session, patient.id)
    signed = checklists.signed(ctx.session, patient.id)
    decided = checklists.of_patients_site(ctx.session, patient.id)
    found = []
    for dose in line.doses:
        drug = line.treatment(dose.treatment_id).drug
        versions = [_dose(ctx, patient, version, by) for version, by in histories[dose.id]]
        lists = at_home.of(decided, drug, dose.route)
        head = {"id": dose.id, "treatment_id": dose.treatment_id, "drug": drug.key}
        answers = _signed(patient, lists, signed[dose.id]) if dose.id in signed else None
        found.append({**head, **versions[-1], "checklist": answers, "versions": versions})
    return found


def _dose(ctx: Context, patient: PatientRow, stored: Dose, by: UUID | None) -> dict[str, Any]:
    dose = words.shown(ctx, patient, stored, stored.id, stored.version)
    return {
        "version": dose.version,
        "status": dose.status,
        "route": dose.route,
        "planned": dose.planned,
        "given": dose.given,
        "parts": [{"occurred": part.given, "mg": part.mg, "body_site": part.body_site} for part in dose.parts],
        "act": dose.act,
        "reason": dose.reason,
        "recorded_at": dose.device_at or dose.recorded_at,
        "received_at": dose.recorded_at,
        "by": whose(patient, by),
    }


def _signed(patient: PatientRow, versions: list[Checklist], signed: Signed) -> dict[str, Any]:
    """Return what was answered before a dose, with the questions as they stood in that version."""
    asked = next((one.asked.items for one in versions if one.version == signed.version), ())
    texts = {item.key: item.words.told(patient.language) for item in asked}
    answers = [{"key": key, "text": texts.get(key), "answer": answer} for key, answer in signed.answers.items()]
    return {"version": signed.version, "answers": answers}


def _interval(found: Interval, entries: Counter[UUID | None]) -> dict[str, Any]:
    return {
        "number": found.number,
        "treatment_id": found.treatment_id,
        "drug": found.drug_key,
        "route": found.route,
        "opened_by": found.opened_by,
        "opened_on": found.opened_on,
        "closed_by": found.closed_by,
        "closed_on": found.closed_on,
        "planned_end_on": found.planned_end_on,
        "planned_weeks": found.planned_weeks,
        "length_days": found.length_days,
        "stopped": found.stopped,
        "entries": entries[found.opened_by],
    }


def _samples(ctx: Context, patient: PatientRow) -> list[dict[str, Any]]:
    measured = samples.results(ctx.session, patient.id)
    withheld = {
        sample_id: sum(not released for released in {row.analyte: row.released for row in rows}.values())
        for sample_id, rows in measured.items()
    }
    return [_sample(one, withheld) for one in results.released(ctx, patient)]


def _sample(found: Reported, withheld: Mapping[UUID, int]) -> dict[str, Any]:
    sample = found.sample
    return {
        "id": sample.id,
        "version": sample.version,
        "matrix": sample.matrix,
        "state": sample.state,
        "ordered_for": sample.ordered_for,
        "collected": sample.collected,
        "place": sample.place,
        "trough_class": sample.trough.trough_class,
        "provisional": sample.trough.provisional,
        "unusable": sample.unusable,
        "steps": [_step(position, step) for position, step in enumerate(sample.steps)],
        "results": [
            {
                "analyte": result.analyte,
                "value": result.value,
                "unit": result.unit,
                "comparator": result.comparator,
                "lloq": result.lloq,
                "reason": result.reason,
                "recorded_at": result.recorded_at,
            }
            for result in found.results
        ],
        "withheld": withheld.get(sample.id, 0),
    }


def _step(position: int, step: Step) -> dict[str, Any]:
    return {
        "position": position,
        "state": step.state,
        "occurred": step.at,
        "recorded_at": step.recorded_at,
        "received_at": step.received_at,
        "by": YOU if step.by.startswith("patient:") else CLINIC,
        "reason": step.reason,
        "drops": step.drops,
        "problems": step.problems,
        "corrects": step.corrects,
    }


def _snoozes(ctx: Context, patient: PatientRow) -> list[dict[str, Any]]:
    """Return what the patient put off, and to when."""
    return [
        {"reminder_id": row.reminder_id, "until": row.until, "asked_at": row.asked_at}
        for row in wishes.snoozes(ctx.session, patient.id, patient.enrolled_at)
    ]


def _undelivered(ctx: Context, patient: PatientRow) -> list[dict[str, Any]]:
    """Return what the clinic was asked to look at since it reached nobody, without saying who of the clinic did."""
    return [
        {
            "id": row.id,
            "version": row.version,
            "kind": row.kind,
            "subject": row.subject,
            "due": row.due,
            "reminder_id": row.reminder_id,
            "why": row.why,
            "why_text": why_words(row.why, patient.language),
            "since": row.since,
            "settled_at": row.settled_at,
            "outcome": row.outcome,
        }
        for row in undelivered.all_of(ctx.session, patient.id)
    ]
