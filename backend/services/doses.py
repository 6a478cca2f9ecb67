"""Doses: plan, record, move, miss, cancel, correct and undo them; whatever hangs on a dose moves in the same act."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.domain import dosing
from backend.domain.checklists import Signed
from backend.domain.dosing import Dose, PartGiven, Status
from backend.domain.errors import ClinicError
from backend.domain.linking import chain
from backend.domain.moments import EARLIEST, Occurred, plausible
from backend.domain.regimens import Route
from backend.domain.treatment import Treatment, check_route, crowded
from backend.services import events, feed, gate, intervals, relinking, reminders, words
from backend.services.context import Context
from backend.services.feed import Kind
from backend.services.intervals import Line
from backend.services.reminders import NOTHING, Moved
from backend.storage import checklists, doses
from backend.storage.patients import PatientRow

TOO_SOON = "too-soon"
"""The flag of a dose given sooner after another than the drug allows: it happened, so it is kept."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One version of a dose as it is shown, with who wrote it down, and what was signed before one at home."""

    dose: Dose
    drug_key: str
    by: UUID | None
    by_patient: bool
    signed: Signed | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """A dose after an act, what that moved, and how many reports now fall in another interval than before."""

    shown: Shown
    flags: tuple[str, ...]
    moved: Moved
    relinked: int
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A dose as told by whoever makes it: the id, whose treatment, and the route where it is not the plan's."""

    id: UUID
    treatment_id: UUID
    route: Route | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """How a dose was given: its parts, the route where it is not the one planned, and why where that is asked."""

    parts: tuple[PartGiven, ...]
    route: Route | None = None
    reason: str = ""


def plan(ctx: Context, patient_id: UUID, told: Told, slot: Occurred, override_reason: str | None) -> Changed:
    """Plan a dose; a retry is answered with what is stored.

    Raises ClinicError `not-found` for a treatment that is not the patient's, `wrong-route`, `wrong-state` when it was
    stopped, `too-soon` without a reason to override, `id-in-use`.
    """
    patient = gate.patient(ctx, "doses:write", patient_id, lock=True)
    line = intervals.line(ctx, patient.id)
    treatment, route = _course(line, told, slot)
    plausible(slot.dose_anchor, ctx.now, "/planned")
    new = dosing.plan(told.id, treatment.id, slot, route, ctx.now, _why(told.reason, override_reason))
    if found := again(ctx, patient, line, new):
        return found
    if treatment.stopped_on is not None:
        raise ClinicError("wrong-state", "The treatment was stopped.")
    _roomy(line, treatment, new, override_reason)
    return add(ctx, "doses:write", patient, line, new)


def record_new(ctx: Context, patient_id: UUID, told: Told, parts: Sequence[PartGiven]) -> Changed:
    """Record a dose that was given without having been planned here; a retry is answered with what is stored.

    Raises ClinicError `not-found`, `wrong-route`, `out-of-time`, `id-in-use`, `invalid` for one recorded late without
    a reason. Being too soon is flagged, never refused: it happened.
    """
    patient = gate.patient(ctx, "doses:write", patient_id, lock=True)
    line = intervals.line(ctx, patient.id)
    new = newly_given(ctx, line, told, parts)
    if found := again(ctx, patient, line, new):
        return found
    dosing.explained(parts, ctx.now, told.reason)
    return add(ctx, "doses:write", patient, line, new)


def record(ctx: Context, patient_id: UUID, dose_id: UUID, version: int, given: Given) -> Changed:
    """Record a planned or missed dose as given. Raises as `record_new`, and `stale-version`, `wrong-state`."""
    patient, line, stored = _open(ctx, patient_id, dose_id, version)
    dosing.explained(given.parts, ctx.now, given.reason)
    return _put(ctx, patient, line, dosing.record(stored, *_checked(ctx, line, stored, given), ctx.now, given.reason))


def correct(ctx: Context, patient_id: UUID, dose_id: UUID, version: int, given: Given) -> Changed:
    """Put moments, parts or route of a given dose right. Raises as `record`."""
    patient, line, stored = _open(ctx, patient_id, dose_id, version)
    return _put(ctx, patient, line, dosing.correct(stored, *_checked(ctx, line, stored, given), ctx.now, given.reason))


def move(
    ctx: Context,
    patient_id: UUID,
    dose_id: UUID,
    version: int,
    slot: Occurred,
    reason: str,
    override: str | None,
) -> Changed:
    """Move a planned dose to another slot. Raises as `miss`, and `too-soon` without a reason to override."""
    patient, line, stored = _open(ctx, patient_id, dose_id, version)
    plausible(slot.dose_anchor, ctx.now, "/planned")
    moved = dosing.move(stored, slot, ctx.now, _why(reason, override))
    _roomy(line, line.treatment(stored.treatment_id), moved, override)
    return _put(ctx, patient, line, moved)


def miss(ctx: Context, patient_id: UUID, dose_id: UUID, version: int, reason: str) -> Changed:
    """Mark a planned dose as missed. Raises ClinicError `not-found`, `stale-version`, `wrong-state`."""
    patient, line, stored = _open(ctx, patient_id, dose_id, version)
    return _put(ctx, patient, line, dosing.miss(stored, ctx.now, reason))


def cancel(ctx: Context, patient_id: UUID, dose_id: UUID, version: int, reason: str) -> Changed:
    """Cancel a planned or missed dose. Raises as `miss`."""
    patient, line, stored = _open(ctx, patient_id, dose_id, version)
    return _put(ctx, patient, line, dosing.cancel(stored, ctx.now, reason))


def undo(ctx: Context, patient_id: UUID, dose_id: UUID, version: int, reason: str) -> Changed:
    """Take back the last act not yet taken back. Raises as `miss`, and `nothing-to-undo`."""
    patient, line, _ = _open(ctx, patient_id, dose_id, version)
    versions = [one for one, _by in doses.history(ctx.session, dose_id)]
    return _put(ctx, patient, line, dosing.undo(versions, ctx.now, reason))


def _course(line: Line, told: Told, moment: Occurred) -> tuple[Treatment, Route]:
    treatment = line.treatment(told.treatment_id)
    route = told.route or treatment.plan_on(moment.on).route
    check_route(treatment.drug, route)
    return treatment, route


def newly_given(
    ctx: Context, line: Line, told: Told, parts: Sequence[PartGiven], device_at: datetime | None = None
) -> Dose:
    """Return a dose that was given, not yet stored. Raises as `record_new`."""
    for part in parts:
        plausible(part.given.dose_anchor, ctx.now, "/parts")
    first = min((part.given for part in parts), key=lambda moment: moment.dose_anchor)
    treatment, route = _course(line, told, first)
    return dosing.record_new(told.id, treatment.id, parts, route, ctx.now, told.reason, device_at)


def _checked(ctx: Context, line: Line, stored: Dose, given: Given) -> tuple[Sequence[PartGiven], Route]:
    for part in given.parts:
        plausible(part.given.dose_anchor, ctx.now, "/parts")
    by = given.route or stored.route
    check_route(line.treatment(stored.treatment_id).drug, by)
    return given.parts, by


def _why(reason: str, override_reason: str | None) -> str:
    return "; ".join(told for told in (reason, override_reason) if told)


def _roomy(line: Line, treatment: Treatment, dose: Dose, override_reason: str | None) -> None:
    if override_reason is None and crowded(treatment, line.treatments, line.doses, dose):
        raise ClinicError(TOO_SOON, "Give an override_reason to plan it all the same.", {"/planned": "too soon"})


def _open(ctx: Context, patient_id: UUID, dose_id: UUID, version: int) -> tuple[PatientRow, Line, Dose]:
    patient = gate.patient(ctx, "doses:write", patient_id, lock=True)
    line = intervals.line(ctx, patient.id)
    stored = next((dose for dose in line.doses if dose.id == dose_id), None)
    if stored is None:
        raise ClinicError("not-found")
    if stored.version != version:
        raise ClinicError("stale-version", f"The version is {stored.version} now.")
    return patient, line, stored


def again(ctx: Context, patient: PatientRow, line: Line, new: Dose) -> Changed | None:
    """Return the answer to a retry, None for a free id; raise ClinicError `id-in-use` for anything else under it."""
    holder = doses.holder(ctx.session, new.id)
    if holder is None:
        return None
    if holder == patient.id:
        first = doses.history(ctx.session, new.id)[0][0]
        if _content(words.shown(ctx, patient, first, first.id, first.version)) == _content(new):
            events.note(ctx, "doses:read", patient.id, new.id, {"duplicate": True})
            standing = next(dose for dose in line.doses if dose.id == new.id)
            by = doses.recorders(ctx.session, patient.id)[new.id]
            shown = _shown(ctx, line, patient, standing, by, checklists.signed(ctx.session, patient.id))
            return Changed(shown, _flags(line, standing), NOTHING, 0, True)
    raise ClinicError("id-in-use", pointers={"/id": "holds something else"})


def _content(dose: Dose) -> Dose:
    """Return what a retry must say again: all but the moments of writing."""
    return replace(dose, recorded_at=EARLIEST, device_at=None)


def add(ctx: Context, permission: str, patient: PatientRow, line: Line, new: Dose) -> Changed:
    """Store a new dose and let follow what hangs on it."""
    new = words.hidden(ctx, patient, new, new.id, new.version)
    doses.add(ctx.session, patient.id, [new], ctx.who.id)
    return _changed(ctx, permission, patient, line, new)


def _put(ctx: Context, patient: PatientRow, line: Line, dose: Dose) -> Changed:
    dose = words.hidden(ctx, patient, dose, dose.id, dose.version)
    if not doses.put(ctx.session, patient.id, dose, ctx.who.id):
        raise ClinicError("stale-version")
    return _changed(ctx, "doses:write", patient, line, dose)


def _changed(ctx: Context, permission: str, patient: PatientRow, before: Line, dose: Dose) -> Changed:
    standing = [*(other for other in before.doses if other.id != dose.id), dose]
    after = Line(before.treatments, standing, chain(before.treatments, standing))
    count = relinking.follow(ctx, patient.id, before, after)
    feed.touch(ctx, patient.id, Kind.DOSE, dose.id)
    moved = reminders.replan(ctx, patient)
    detail: dict[str, Any] = {"act": dose.act.value, "version": dose.version, "relinked": count}
    events.note(ctx, permission, patient.id, dose.id, detail)
    shown = _shown(ctx, after, patient, dose, ctx.who.id, checklists.signed(ctx.session, patient.id))
    return Changed(shown, _flags(after, dose), moved, count)


def _flags(line: Line, dose: Dose) -> tuple[str, ...]:
    if dose.status not in {Status.GIVEN, Status.PLANNED}:
        return ()
    treatment = line.treatment(dose.treatment_id)
    return (TOO_SOON,) if crowded(treatment, line.treatments, line.doses, dose) else ()


def _shown(
    ctx: Context, line: Line, patient: PatientRow, dose: Dose, by: UUID | None, signed: Mapping[UUID, Signed]
) -> Shown:
    dose = words.shown(ctx, patient, dose, dose.id, dose.version)
    return Shown(dose, line.treatment(dose.treatment_id).drug_key, by, by == patient.id, signed.get(dose.id))


def of_patient(ctx: Context, patient_id: UUID) -> list[Shown]:
    """Return a patient's doses in the order of their moments, undone ones too."""
    patient = gate.patient(ctx, "doses:read", patient_id)
    events.note(ctx, "doses:read", patient.id)
    return _every(ctx, patient)


def standing(ctx: Context, patient: PatientRow) -> list[Shown]:
    """Return the doses of a patient who is within reach, without those that were undone."""
    return [shown for shown in _every(ctx, patient) if shown.dose.status is not Status.UNDONE]


def one(ctx: Context, patient_id: UUID, dose_id: UUID) -> Shown:
    """Return one dose in its standing version. Raises ClinicError `not-found`."""
    patient = gate.patient(ctx, "doses:read", patient_id)
    events.note(ctx, "doses:read", patient.id, dose_id)
    found = next((shown for shown in _every(ctx, patient) if shown.dose.id == dose_id), None)
    if found is None:
        raise ClinicError("not-found")
    return found


def history(ctx: Context, patient_id: UUID, dose_id: UUID) -> list[Shown]:
    """Return every version of a dose, oldest first, with who made it and why. Raises ClinicError `not-found`."""
    patient = gate.patient(ctx, "doses:read", patient_id)
    events.note(ctx, "doses:read", patient.id, dose_id)
    line = intervals.line(ctx, patient.id)
    if all(dose.id != dose_id for dose in line.doses):
        raise ClinicError("not-found")
    signed = checklists.signed(ctx.session, patient.id)
    return [_shown(ctx, line, patient, dose, by, signed) for dose, by in doses.history(ctx.session, dose_id)]


def _every(ctx: Context, patient: PatientRow) -> list[Shown]:
    line = intervals.line(ctx, patient.id)
    recorders = doses.recorders(ctx.session, patient.id)
    signed = checklists.signed(ctx.session, patient.id)
    return [_shown(ctx, line, patient, dose, recorders[dose.id], signed) for dose in line.doses]
