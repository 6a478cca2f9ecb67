"""Monitoring: the checks each drug asks for, when they were last done, and when the next is due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from backend.domain.drugs import Monitoring
from backend.domain.errors import ClinicError, invalid
from backend.domain.moments import EARLIEST, local_date
from backend.domain.monitoring import due_days
from backend.domain.treatment import Treatment
from backend.services import events, gate, intervals, reminders
from backend.services.context import Context
from backend.services.intervals import Line
from backend.storage import monitoring
from backend.storage.monitoring import CheckRow


@dataclass(frozen=True, slots=True)
class Check:
    """One check of one treatment; `due_on` None when nothing is due or the source gives no schedule."""

    treatment_id: UUID
    drug: str
    check: str
    what_en: str
    what_nl: str
    applies: str
    before_each_dose: bool
    last_done_on: date | None
    due_on: date | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class Done:
    """A check that was recorded as done."""

    id: UUID
    treatment_id: UUID
    check: str
    done_on: date
    duplicate: bool = False


def of_patient(ctx: Context, patient_id: UUID) -> list[Check]:
    """Return what a patient's drugs ask for: what is due first, then by drug in the catalogue's order."""
    patient = gate.patient(ctx, "monitoring:read", patient_id)
    events.note(ctx, "monitoring:read", patient.id)
    line = intervals.line(ctx, patient.id)
    done = monitoring.last_done(ctx.session, patient.id)
    today = local_date(ctx.now, patient.zone)
    found = [check for t in line.treatments for check in _checks(line, t, done.get(t.id, {}), today)]
    return sorted(found, key=lambda check: check.due_on or date.max)


def record(
    ctx: Context, patient_id: UUID, check_id: UUID | None, treatment_id: UUID, check: str, done_on: date
) -> Done:
    """Record that a check was done on a day, and move the reminders to the next one.

    A retry of the same check under the same id is answered `duplicate`. Raises ClinicError `not-found`, `id-in-use`,
    `invalid` for a treatment or check that is not the patient's, `out-of-time` for a day before 2000 or to come.
    """
    patient = gate.patient(ctx, "monitoring:write", patient_id, lock=True)
    _known(intervals.line(ctx, patient.id), treatment_id, check)
    if not EARLIEST.date() <= done_on <= local_date(ctx.now, patient.zone):
        raise invalid("/done_on", "Must lie between the year 2000 and today.", "out-of-time")
    row = CheckRow(
        id=check_id or uuid4(),
        patient_id=patient.id,
        treatment_id=treatment_id,
        check=check,
        done_on=done_on,
        recorded_at=ctx.now,
        recorded_by=ctx.who.staff_id,
    )
    if not monitoring.add(ctx.session, row):
        return _again(ctx, row)
    events.note(ctx, "monitoring:write", patient.id, row.id)
    reminders.replan(ctx, patient)
    return Done(row.id, treatment_id, check, done_on)


def _again(ctx: Context, row: CheckRow) -> Done:
    stored = monitoring.get(ctx.session, row.id)
    content = (row.patient_id, row.treatment_id, row.check, row.done_on)
    if stored is None or content != (stored.patient_id, stored.treatment_id, stored.check, stored.done_on):
        raise ClinicError("id-in-use", pointers={"/id": "holds something else"})
    events.note(ctx, "monitoring:read", stored.patient_id, stored.id, {"duplicate": True})
    return Done(stored.id, stored.treatment_id, stored.check, stored.done_on, duplicate=True)


def _known(line: Line, treatment_id: UUID, check: str) -> None:
    treatment = next((t for t in line.treatments if t.id == treatment_id), None)
    if treatment is None:
        raise invalid("/treatment_id", "The patient has no such treatment.")
    if check not in {item.key for item in treatment.drug.monitoring}:
        raise invalid("/check", "The drug does not ask for this check.")


def _checks(line: Line, treatment: Treatment, done: Mapping[str, date], today: date) -> list[Check]:
    coming_on = next((e.on for e in line.expected if e.treatment_id == treatment.id), None)
    due = due_days(treatment, line.doses, coming_on, done)
    return [_check(treatment, item, done.get(item.key), due.get(item.key), today) for item in treatment.drug.monitoring]


def _check(treatment: Treatment, item: Monitoring, done_on: date | None, due_on: date | None, today: date) -> Check:
    return Check(
        treatment.id,
        treatment.drug_key,
        item.key,
        item.what_en,
        item.what_nl,
        item.applies,
        item.before_each_dose,
        done_on,
        due_on,
        due_on is not None and due_on < today,
    )
