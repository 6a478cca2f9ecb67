"""The course of assignments: what a patient is asked now, next, and was, each with the version of its form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.domain.adherence import State
from backend.domain.errors import ClinicError
from backend.domain.rounds import Overtaken, Round
from backend.services import answerable, assigned, events, gate, intervals
from backend.services.answerable import Published
from backend.services.assigned import ASKED, Assigned
from backend.services.assignment_versions import Shown, shown, whose
from backend.services.context import Context
from backend.services.intervals import Line
from backend.storage.patients import PatientRow


@dataclass(frozen=True, slots=True)
class Asked:
    """One round as it is shown: of which assignment, with which version of the questionnaire, told in a language."""

    assignment_id: UUID
    form: Published
    title: str
    round: Round


@dataclass(frozen=True, slots=True)
class Own:
    """What somebody is asked now, what comes next of each assignment, and what is over or answered, oldest first."""

    now: list[Asked]
    next: list[Asked]
    done: list[Asked]


@dataclass(frozen=True, slots=True)
class Followed:
    """An assignment that concerns a patient, with its rounds, and what was asked on days that a later plan moved."""

    shown: Shown
    rounds: list[Asked]
    overtaken: Sequence[Overtaken] | None = None


def own(ctx: Context) -> Own:
    """Return what the acting patient is asked."""
    patient = gate.own(ctx, "own-assignments:read")
    events.note(ctx, "own-assignments:read", patient.id)
    line = intervals.line(ctx, patient.id)
    found = Own([], [], [])
    for one in assigned.of_patient(ctx, patient.id, line):
        asked = _asked(ctx, patient, one)
        found.now.extend(each for each in asked if each.round.state in ASKED)
        found.next.extend([each for each in asked if each.round.state is State.NOT_OPEN][:1])
        found.done.extend(each for each in asked if each.round.state not in ASKED | {State.NOT_OPEN})
    for part in (found.now, found.next, found.done):
        part.sort(key=lambda each: (each.round.opens_on, each.round.closes_on, each.assignment_id, each.round.key))
    return found


def of_patient(ctx: Context, patient_id: UUID) -> list[Followed]:
    """Return the assignments that concern a patient, of studies too, with their rounds."""
    patient = gate.patient(ctx, "assignments:read", patient_id)
    events.note(ctx, "assignments:read", patient.id)
    return _followed(ctx, patient, assigned.of_patient(ctx, patient.id, intervals.line(ctx, patient.id)))


def one(ctx: Context, patient_id: UUID, assignment_id: UUID) -> Followed:
    """Return one assignment that concerns a patient, with what earlier plans made of it. Raises `not-found`."""
    patient = gate.patient(ctx, "assignments:read", patient_id)
    events.note(ctx, "assignments:read", patient.id, assignment_id)
    line = intervals.line(ctx, patient.id)
    mine = next((each for each in assigned.of_patient(ctx, patient.id, line) if each.row.id == assignment_id), None)
    if mine is None:
        raise ClinicError("not-found")
    (found,) = _followed(ctx, patient, [mine])
    return Followed(found.shown, found.rounds, assigned.overtaken_of(ctx, patient.id, mine, line))


def asks(ctx: Context, patient: PatientRow, line: Line, form: Published, on: date) -> bool:
    """Tell whether an assignment that had not ended on a local day asked a patient a version of a form on it.

    Its last round does until another opens, and an earlier one as long as an answer is waited for.
    """
    for one in assigned.of_patient(ctx, patient.id, line):
        if one.row.questionnaire == form.key and (one.row.ended_on is None or on < one.row.ended_on):
            opened = [each for each in _asked(ctx, patient, one) if each.round.opens_on <= on]
            last = max((each.round.opens_on for each in opened), default=on)
            waits = (each for each in opened if each.round.opens_on == last or on <= each.round.grace_on)
            if any(each.form.version == form.version for each in waits):
                return True
    return False


def every(ctx: Context, patient: PatientRow) -> list[Followed]:
    """Return what `of_patient` does of a patient who is within reach."""
    return _followed(ctx, patient, assigned.of_patient(ctx, patient.id, intervals.line(ctx, patient.id)))


def _followed(ctx: Context, patient: PatientRow, found: Sequence[Assigned]) -> list[Followed]:
    heads: Mapping[UUID, Shown] = {head.id: head for head in shown(ctx, whose(patient), [each.row for each in found])}
    return [Followed(heads[each.row.id], _asked(ctx, patient, each)) for each in found]


def _asked(ctx: Context, patient: PatientRow, one: Assigned) -> list[Asked]:
    versions = answerable.published(ctx, patient.site_id, one.row.questionnaire)
    if not versions:
        return []  # the patient has moved to a site that has no such questionnaire
    titles: dict[int, str] = {}
    return [_told(patient, one, each, versions, titles) for each in one.rounds]


def _told(
    patient: PatientRow, one: Assigned, each: Round, versions: Sequence[Published], titles: dict[int, str]
) -> Asked:
    opens_on = each.opens_on
    form = answerable.when_opened(versions, one.pinned(opens_on), opens_on, one.zone, one.decided_at(opens_on))
    if form.version not in titles:
        language = form.form.language(patient.language)
        titles[form.version] = form.form.title.told(language, form.form.languages[0])
    return Asked(one.row.id, form, titles[form.version], each)
