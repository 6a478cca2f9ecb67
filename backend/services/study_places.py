"""Places in studies, as staff see and change them: who takes part, in which arm, at which visits, and who is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from backend.domain.assignments import Anchor
from backend.domain.consents import Purpose, lapses_at
from backend.domain.errors import ClinicError, invalid
from backend.domain.moments import local_date, plausible_on
from backend.domain.visits import Fate, Planned, Told, planned
from backend.services import (
    assigned,
    consent_standing,
    consent_texts,
    events,
    feed,
    gate,
    intervals,
    reminders,
    study_plans,
)
from backend.services import study_acts as acting
from backend.services.consent_standing import Consent
from backend.services.context import Context
from backend.services.feed import Kind
from backend.services.intervals import Line
from backend.storage import patients, research, study_acts
from backend.storage.patients import PatientRow
from backend.storage.research import SubjectRow
from backend.storage.study_acts import StudyActRow

ARM, VISIT, FINISH = "arm", "visit", "finish"
"""The kinds of the acts."""


class Why(StrEnum):
    """Why a study is over for somebody."""

    COMPLETED = "completed"
    LOST = "lost"
    ENDED = "ended"
    MOVED = "moved"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit of a patient, with its name by language; `on_dates` where its days are those of the calendar."""

    names: Mapping[str, str]
    planned: Planned
    on_dates: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """One act as it was recorded; `told` has no free words."""

    kind: str
    told: Mapping[str, Any]
    recorded_at: datetime
    recorded_by: UUID | None
    by_patient: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A patient's place in a study: consents, arm, visits in order, and all that was done, oldest first."""

    consent: Consent
    arm: str | None
    visits: list[Visit]
    history: list[Past]


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who takes part: since when, in which arm, which purposes hold, and since when the study is over."""

    patient_id: UUID
    consented_at: datetime
    finished_at: datetime | None
    arm: str | None
    holds: list[Purpose]


def of_patient(ctx: Context, patient_id: UUID) -> list[Place]:
    """Return a patient's place in every study that asked them. Raises ClinicError `not-found`."""
    patient = gate.patient(ctx, "subjects:read", patient_id)
    events.note(ctx, "subjects:read", patient.id)
    return every(ctx, patient)


def every(ctx: Context, patient: PatientRow) -> list[Place]:
    """Return what `of_patient` does of a patient who is within reach."""
    line = intervals.line(ctx, patient.id)
    return [_place(ctx, patient, one, line) for one in consent_standing.every(ctx, patient)]


def participants(ctx: Context, study_id: UUID) -> list[Participant]:
    """Return those the actor cares for whose consent to a study of their site holds. Raises ClinicError `not-found`."""
    actor = gate.permit(ctx, "participants:list")
    study = research.study(ctx.session, study_id)
    if study is None or study.site_id != actor.site_id or actor.staff_id is None:
        raise ClinicError("not-found")
    found = [_participant(*one) for one in research.cared_for(ctx.session, study_id, actor.staff_id, ctx.now)]
    events.note(ctx, "participants:list", None, study_id)
    for one in found:
        events.note(ctx, "participants:list", one.patient_id, study_id)
    return found


def allocate(ctx: Context, patient_id: UUID, study_id: UUID, arm: str) -> Place:
    """Put a patient into an arm of a study, as was decided elsewhere; again changes nothing, another one is kept too.

    Raises ClinicError `not-found`, `invalid` for an arm the study does not have, and `wrong-state` for who left.
    """
    patient, row = _subject(ctx, patient_id, study_id)
    if study_plans.standing(ctx, study_id).plan.arm(arm) is None:
        raise invalid("/arm", "The study has no such arm.")
    if row.arm != arm:
        row.arm = arm
        acting.write(ctx, patient, study_id, ARM, {"arm": arm})
    return _done(ctx, patient, study_id, {"arm": True})


def tell_visit(
    ctx: Context, patient_id: UUID, study_id: UUID, key: str, turn: str, fate: Fate, on: date | None
) -> Place:
    """Say what became of a visit, on which local day it was held; said otherwise later, the last word stands.

    Raises ClinicError `not-found` for a visit there is not, `invalid` for a day that cannot be, and `wrong-state`.
    """
    patient, row = _subject(ctx, patient_id, study_id)
    visits = _visits(ctx, patient, row, intervals.line(ctx, patient.id))
    found = next((one.planned for one in visits if (one.planned.key, one.planned.turn) == (key, turn)), None)
    if found is None:
        raise ClinicError("not-found")
    if (fate is Fate.HELD) != (on is not None):
        raise invalid("/on", "Is the day on which a visit was held, and of no other.")
    if on is not None:
        on = plausible_on(on, ctx.now, "/on")
        if on > local_date(ctx.now, patient.zone):
            raise invalid("/on", "Has not been yet.", "out-of-time")
    told = {"visit": key, "turn": turn, "fate": fate.value, "on": on.isoformat() if on else None}
    said = [one.told for one in study_acts.of_patient(ctx.session, patient.id, study_id) if one.kind == VISIT]
    last = next((one for one in reversed(said) if (one["visit"], one["turn"]) == (key, turn)), None)
    if told != last:
        acting.write(ctx, patient, study_id, VISIT, told)
    return _done(ctx, patient, study_id, {"visit": key})


def finish(ctx: Context, patient_id: UUID, study_id: UUID, why: Why) -> Place:
    """Say that a study is over for a patient: it asks nothing more, and keeps what it has; twice changes nothing.

    Raises ClinicError `not-found` and `wrong-state`.
    """
    patient, row = _subject(ctx, patient_id, study_id)
    if row.finished_at is None:
        row.finished_at = ctx.now
        acting.write(ctx, patient, study_id, FINISH, {"why": why.value})
        ctx.session.flush()
        feed.touch(ctx, patient.id, Kind.CONSENTS)
        feed.touch(ctx, patient.id, Kind.FORMS)
        reminders.replan(ctx, patient)
    return _done(ctx, patient, study_id, {"finished": why.value})


def of_subject(ctx: Context, patient_id: UUID, study_id: UUID, line: Line) -> list[Visit]:
    """Return every visit of a subject of a study; whether they are one was checked by the caller."""
    patient, row = patients.get(ctx.session, patient_id), research.subject(ctx.session, study_id, patient_id)
    return [] if patient is None or row is None else _visits(ctx, patient, row, line)


def _visits(ctx: Context, patient: PatientRow, row: SubjectRow, line: Line) -> list[Visit]:
    """Return every visit of a patient in a study, in order, those to come too."""
    dates = study_plans.dated(ctx, row.study_id)
    if not dates:
        return []
    joined_on = local_date(row.consented_at, patient.zone)
    needed_from = lapses_at(consent_texts.known(ctx, row.study_id)[Purpose.STUDY], row.agreed)
    ends = [one for one in (row.withdrawn_at, row.finished_at, needed_from) if one is not None]
    left_on = local_date(min(ends), patient.zone) if ends else None
    course = assigned.course(line, joined_on, left_on)
    said = _said(study_acts.of_patient(ctx.session, patient.id, row.study_id))
    today = local_date(ctx.now, patient.zone)
    found = [
        Visit(one.names, each, any(version.told.anchor is Anchor.DATES for version in one.versions))
        for one in dates
        for each in planned(one.key, one.versions, course, said.get(one.key, {}), today, one.ended_on)
    ]
    return sorted(found, key=lambda one: one.planned.opens_on)


def _said(acts: list[StudyActRow]) -> dict[str, dict[str, Told]]:
    """Return the last that was said of each visit, by key and turn."""
    found: dict[str, dict[str, Told]] = {}
    for act in acts:
        if act.kind == VISIT:
            on = act.told["on"]
            told = Told(Fate(act.told["fate"]), date.fromisoformat(on) if on else None)
            found.setdefault(act.told["visit"], {})[act.told["turn"]] = told
    return found


def _place(ctx: Context, patient: PatientRow, consent: Consent, line: Line) -> Place:
    row = research.subject(ctx.session, consent.study_id, patient.id)
    acts = study_acts.of_patient(ctx.session, patient.id, consent.study_id)
    visits = [] if row is None else _visits(ctx, patient, row, line)
    history = [Past(one.kind, one.told, one.recorded_at, one.recorded_by, one.by_patient) for one in acts]
    return Place(consent, None if row is None else row.arm, visits, history)


def _subject(ctx: Context, patient_id: UUID, study_id: UUID) -> tuple[PatientRow, SubjectRow]:
    """Return a patient, locked, and their place in a study they did not leave."""
    patient = gate.patient(ctx, "subjects:write", patient_id, lock=True)
    row = research.subject(ctx.session, study_id, patient.id)
    if row is None:
        raise ClinicError("not-found")
    if row.withdrawn_at is not None:
        raise ClinicError("wrong-state", "They left the study.")
    return patient, row


def _done(ctx: Context, patient: PatientRow, study_id: UUID, about: Mapping[str, Any]) -> Place:
    events.note(ctx, "subjects:write", patient.id, study_id, dict(about))
    ctx.session.flush()
    found = next(one for one in consent_standing.every(ctx, patient) if one.study_id == study_id)
    return _place(ctx, patient, found, intervals.line(ctx, patient.id))


def _participant(row: SubjectRow, *holds: bool) -> Participant:
    purposes = [one for one, held in zip(Purpose, (True, *holds), strict=True) if held]
    return Participant(row.patient_id, row.consented_at, row.finished_at, row.arm, purposes)
