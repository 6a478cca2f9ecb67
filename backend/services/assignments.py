"""Assignments: made for a study or a patient, changed with a reason, and ended; every version is kept."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from backend.domain.assignment_templates import templates
from backend.domain.assignments import Assignment, read, written
from backend.domain.errors import ClinicError, invalid
from backend.domain.moments import local_date, plausible_on
from backend.services import answerable, events, feed, gate, reminders
from backend.services.assignment_versions import Owner, Shown, sealed, shown, study, whose
from backend.services.context import Context
from backend.services.feed import Kind
from backend.storage import assignments, patients, research
from backend.storage.assignments import AssignmentRow

POINTER = "/assignment"
STUDY, PATIENT = "study-assignments:write", "assignments:write"


@dataclass(frozen=True, slots=True)
class New:
    """What somebody decides: under which id, what (as `domain.assignments.read` takes it), from which day, and why.

    `template` and `window` name the design whose days it takes, then `told` has none.
    """

    id: UUID
    told: dict[str, Any]
    starts_on: date | None
    reason: str
    template: str | None = None
    window: str | None = None


def make_for_study(ctx: Context, study_id: UUID, new: New) -> Shown:
    """Store an assignment for all who take part in a study of the actor's site, now or later; a retry changes nothing.

    Raises ClinicError `not-found`, `id-in-use` for other content under the id, `unknown-form`, and as
    `domain.assignments.read`.
    """
    return _make(ctx, study(ctx, STUDY, study_id), new)


def make_for_patient(ctx: Context, patient_id: UUID, new: New) -> Shown:
    """Store an assignment for one patient. Raises as `make_for_study`."""
    return _make(ctx, whose(gate.patient(ctx, PATIENT, patient_id, lock=True)), new)


def change_of_study(ctx: Context, study_id: UUID, assignment_id: UUID, version: int, new: New) -> Shown:
    """Store a newer version; what opened before today stays as it was, and the questionnaire stays the same.

    It cannot go on with a retired version of it: that is what is replaced.
    Raises ClinicError `not-found`, `stale-version`, `wrong-state` for one that ended, and as `make_for_study`.
    """
    return _change(ctx, study(ctx, STUDY, study_id), assignment_id, version, new)


def change_of_patient(ctx: Context, patient_id: UUID, assignment_id: UUID, version: int, new: New) -> Shown:
    """Store a newer version of a patient's own. Raises as `change_of_study`."""
    owner = whose(gate.patient(ctx, PATIENT, patient_id, lock=True))
    return _change(ctx, owner, assignment_id, version, new)


def end_of_study(ctx: Context, study_id: UUID, assignment_id: UUID, version: int, reason: str) -> Shown:
    """End an assignment today: nothing more is asked. Raises as `change_of_study`."""
    return _end(ctx, study(ctx, STUDY, study_id), assignment_id, version, reason)


def end_of_patient(ctx: Context, patient_id: UUID, assignment_id: UUID, version: int, reason: str) -> Shown:
    """End a patient's own today. Raises as `change_of_study`."""
    owner = whose(gate.patient(ctx, PATIENT, patient_id, lock=True))
    return _end(ctx, owner, assignment_id, version, reason)


def of_study(ctx: Context, study_id: UUID) -> list[Shown]:
    """Return the assignments of a study of the actor's site, those that ended too. Raises ClinicError `not-found`."""
    owner = study(ctx, "study-assignments:read", study_id)
    events.note(ctx, "study-assignments:read", None, study_id)
    return shown(ctx, owner, assignments.of_study(ctx.session, study_id))


def _make(ctx: Context, owner: Owner, new: New) -> Shown:
    told, template = _told(new)
    if assignments.get(ctx.session, new.id) is not None:
        return _again(ctx, owner, new, told)
    answerable.checked(ctx, owner.site_id, _key(told), told.version, POINTER)
    today = local_date(ctx.now, owner.zone)
    starts_on = plausible_on(new.starts_on, ctx.now, "/starts_on") if new.starts_on else today
    values: dict[str, Any] = {
        **owner.columns,
        "id": new.id,
        "questionnaire": told.questionnaire,
        "starts_on": starts_on,
    }
    values |= {"version": 1, "ended_on": None}
    if not assignments.add(ctx.session, values):
        return _again(ctx, owner, new, told)
    _keep(ctx, owner, new.id, 1, told, template, min(starts_on, today), new.reason)
    return _done(ctx, owner, new.id, 1)


def _change(ctx: Context, owner: Owner, assignment_id: UUID, version: int, new: New) -> Shown:
    row = _stored(ctx, owner, assignment_id)
    told, template = _told(new)
    if told.questionnaire != row.questionnaire:
        raise invalid(f"{POINTER}/questionnaire", f"Must be {row.questionnaire}: another one is another assignment.")
    answerable.checked(ctx, owner.site_id, _key(told), told.version, POINTER)
    _move_on(ctx, row, version, {})
    _keep(ctx, owner, row.id, version + 1, told, template, local_date(ctx.now, owner.zone), new.reason)
    return _done(ctx, owner, row.id, version + 1)


def _end(ctx: Context, owner: Owner, assignment_id: UUID, version: int, reason: str) -> Shown:
    row = _stored(ctx, owner, assignment_id)
    today = local_date(ctx.now, owner.zone)
    standing = assignments.versions(ctx.session, [row.id])[row.id][-1]
    _move_on(ctx, row, version, {"ended_on": today})
    _keep(ctx, owner, row.id, version + 1, read(standing.told), standing.template, today, reason, ends=True)
    return _done(ctx, owner, row.id, version + 1)


def _move_on(ctx: Context, row: AssignmentRow, version: int, values: dict[str, Any]) -> None:
    if row.ended_on is not None:
        raise ClinicError("wrong-state", "The assignment has ended.")
    if not assignments.put(ctx.session, row.id, version, values):
        raise ClinicError("stale-version", f"The version is {row.version} now.")


def _told(new: New) -> tuple[Assignment, str | None]:
    """Return what is meant, with the days of a template where one is named."""
    if new.template is None:
        return read(new.told, POINTER), None
    found = templates().get(new.template)
    if found is None:
        raise invalid("/template", f"Must be one of: {', '.join(templates())}.")
    window = next((one for one in found.windows if one.name == new.window), None)
    if window is None:
        raise invalid("/window", f"Must be one of: {', '.join(one.name for one in found.windows)}.")
    days = written(window.told)
    own = {name: value for name, value in new.told.items() if value not in (None, False, 0)}
    for name in ("window", "series", "dates"):
        if name in own:
            raise invalid(f"{POINTER}/{name}", "The template tells the days.")
    return read({**days, **own, "anchor": days["anchor"]}, POINTER), f"{new.template}/{new.window}"


def _key(told: Assignment) -> str:
    if told.questionnaire is None:
        raise invalid(f"{POINTER}/questionnaire", "Is missing.")
    return told.questionnaire


def _keep(
    ctx: Context,
    owner: Owner,
    assignment_id: UUID,
    version: int,
    told: Assignment,
    template: str | None,
    from_on: date,
    reason: str,
    *,
    ends: bool = False,
) -> None:
    values = {
        "assignment_id": assignment_id,
        "version": version,
        "told": written(told),
        "template": template,
        "from_on": from_on,
        "ends": ends,
        "reason": sealed(ctx, owner, reason, assignment_id, version),
        "recorded_at": ctx.now,
        "recorded_by": ctx.who.id,
    }
    assignments.add_version(ctx.session, values)


def _again(ctx: Context, owner: Owner, new: New, told: Assignment) -> Shown:
    row = assignments.get(ctx.session, new.id)
    first = assignments.versions(ctx.session, [new.id])[new.id][0] if row and owner.owns(row) else None
    if row is None or first is None or first.told != written(told) or new.starts_on not in {None, row.starts_on}:
        raise ClinicError("id-in-use", pointers={"/id": "holds something else"})
    events.note(ctx, _permission(owner), owner.patient_id, new.id, {"duplicate": True})
    (found,) = shown(ctx, owner, [row], duplicate=True)
    return found


def _stored(ctx: Context, owner: Owner, assignment_id: UUID) -> AssignmentRow:
    row = assignments.get(ctx.session, assignment_id)
    if row is None or not owner.owns(row):
        raise ClinicError("not-found")
    return row


def _done(ctx: Context, owner: Owner, assignment_id: UUID, version: int) -> Shown:
    """Let the reminders of everybody it concerns follow in the same act, and return what stands."""
    told = {"version": version}
    events.note(ctx, _permission(owner), owner.patient_id, assignment_id, told)
    joined = {} if owner.study_id is None else research.subjects(ctx.session, owner.study_id, ctx.now)
    concerned = sorted(joined) if owner.patient_id is None else [owner.patient_id]
    for patient_id in concerned:
        patient = patients.get(ctx.session, patient_id, lock=True)
        if patient is not None:
            reminders.replan(ctx, patient)
            feed.touch(ctx, patient.id, Kind.FORMS)
            if owner.patient is None:
                events.note(ctx, _permission(owner), patient.id, assignment_id, told)
    (found,) = shown(ctx, owner, [_stored(ctx, owner, assignment_id)])
    return found


def _permission(owner: Owner) -> str:
    return STUDY if owner.patient is None else PATIENT
