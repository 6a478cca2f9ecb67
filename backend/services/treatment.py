"""Treatments: start, amend and stop a drug's plan, each a version with its reason, and show the plan to the patient."""

from dataclasses import dataclass, replace
from datetime import date, time
from uuid import UUID, uuid4

from backend.domain import treatment as plans
from backend.domain.drugs import drug
from backend.domain.errors import ClinicError, invalid
from backend.domain.linking import Interval
from backend.domain.moments import EARLIEST, local_date, plausible_on
from backend.domain.regimens import Route
from backend.domain.treatment import Expected, PlanVersion, Treatment
from backend.services import at_home, events, feed, gate, intervals, reminders, words
from backend.services.context import Context
from backend.services.feed import Kind
from backend.services.reminders import NOTHING, Moved
from backend.storage import samples, treatment
from backend.storage.patients import PatientRow


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about a plan and why; None as `valid_from` means today."""

    regimen: str
    route: Route | None
    interval_weeks: int | None
    slot: time
    weekdays: tuple[int, ...]
    valid_from: date | None
    reason: str


@dataclass(frozen=True, slots=True)
class Course:
    """A treatment as it is shown: who decided each version (a stop is the last of them), and what it expects."""

    treatment: Treatment
    deciders: dict[int, UUID | None]
    expected: Expected | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A treatment after an act, and what that did to the reminders."""

    course: Course
    moved: Moved
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Own:
    """A patient's own plan: treatments, and the running interval with today's day in it.

    `at_home` holds the treatments whose doses the patient may log; `language` is the patient's.
    """

    courses: list[Course]
    interval: Interval | None
    today: date
    day: int | None
    at_home: frozenset[UUID]
    language: str


def start(
    ctx: Context, patient_id: UUID, treatment_id: UUID | None, drug_key: str, started_on: date, told: Decision
) -> Changed:
    """Start a treatment with its first plan, in the patient's zone; a retry is answered with what is stored.

    Raises ClinicError `unknown-drug`, `wrong-route`, `invalid`, `out-of-bounds`, and `id-in-use` for a taken id.
    """
    patient = gate.patient(ctx, "treatments:write", patient_id, lock=True)
    plausible_on(started_on, ctx.now, "/started_on")
    first = _version(ctx, told, drug_key, 1, started_on)
    new = Treatment(treatment_id or uuid4(), drug_key, started_on, None, patient.zone, (first,))
    holder = treatment.holder(ctx.session, new.id)
    if holder is not None:
        return _again(ctx, patient, holder, new)
    treatment.add(ctx.session, patient.id, words.plan_hidden(ctx, patient, new), ctx.who.id)
    return _changed(ctx, patient, new.id, {"act": "start", "version": 1})


def amend(ctx: Context, patient_id: UUID, treatment_id: UUID, version: int, told: Decision) -> Changed:
    """Add a version to a plan. Raises ClinicError `not-found`, `stale-version`, `wrong-state`, and as `start`."""
    patient = gate.patient(ctx, "treatments:write", patient_id, lock=True)
    stored = _stored(ctx, patient, treatment_id)
    _named(stored, version)
    plan = _version(ctx, told, stored.drug_key, version + 1, _today(ctx, patient))
    if plan.valid_from < stored.started_on:
        raise invalid("/valid_from", "Lies before the start.", "out-of-time")
    newer = plans.amend(stored, plan)
    treatment.add_version(ctx.session, words.plan_hidden(ctx, patient, newer), ctx.who.id)
    return _changed(ctx, patient, treatment_id, {"act": "amend", "version": newer.versions[-1].version})


def stop(ctx: Context, patient_id: UUID, treatment_id: UUID, version: int, on: date, reason: str) -> Changed:
    """Stop a treatment, today or on an earlier day; its last interval stays open.

    Raises ClinicError `not-found`, `stale-version`, `wrong-state`, `invalid`, `out-of-time` for a day to come.
    """
    patient = gate.patient(ctx, "treatments:write", patient_id, lock=True)
    stored = _stored(ctx, patient, treatment_id)
    _named(stored, version)
    if on > _today(ctx, patient):
        raise invalid("/stopped_on", "Lies in the future.", "out-of-time")
    stopped = plans.stop(stored, on, reason, ctx.now)
    treatment.set_stop(ctx.session, words.plan_hidden(ctx, patient, stopped), ctx.who.id)
    return _changed(ctx, patient, treatment_id, {"act": "stop"})


def of_patient(ctx: Context, patient_id: UUID) -> list[Course]:
    """Return a patient's treatments, oldest first."""
    patient = gate.patient(ctx, "treatments:read", patient_id)
    events.note(ctx, "treatments:read", patient.id)
    return _courses(ctx, patient, intervals.line(ctx, patient.id))


def own(ctx: Context) -> Own:
    """Return the acting patient's plan and the running interval."""
    patient = gate.own(ctx, "own-plan:read")
    events.note(ctx, "own-plan:read", patient.id)
    return standing(ctx, patient)


def standing(ctx: Context, patient: PatientRow) -> Own:
    """Return the plan and the running interval of a patient who is within reach."""
    line = intervals.line(ctx, patient.id)
    running = line.chain.intervals[-1] if line.chain.intervals else None
    today = _today(ctx, patient)
    day = max((today - running.opened_on).days, 0) if running else None
    home = at_home.given_at_home(ctx, patient, line.treatments)
    return Own(_courses(ctx, patient, line), running, today, day, home, patient.language)


def _again(ctx: Context, patient: PatientRow, holder: UUID, new: Treatment) -> Changed:
    stored = _stored(ctx, patient, new.id) if holder == patient.id else None
    if stored is None or _content(words.plans_shown(ctx, patient, stored)) != _content(new):
        raise ClinicError("id-in-use", pointers={"/id": "holds something else"})
    course = _course(ctx, patient, new.id)
    events.note(ctx, "treatments:write", patient.id, new.id, {"duplicate": True})
    return Changed(course, NOTHING, duplicate=True)


def _content(told: Treatment) -> tuple[object, ...]:
    """Return what a retry must say again; the moment of writing, and a day left to the server, are not in it."""
    first = replace(told.versions[0], recorded_at=EARLIEST)
    return told.drug_key, told.started_on, first


def _version(ctx: Context, told: Decision, drug_key: str, number: int, otherwise: date) -> PlanVersion:
    of = drug(drug_key)
    regimen = of.regimen(told.regimen)
    valid_from = plausible_on(told.valid_from or otherwise, ctx.now, "/valid_from")
    plan = PlanVersion(
        number,
        valid_from,
        told.regimen,
        told.route or regimen.route,
        told.interval_weeks,
        told.slot,
        tuple(sorted(told.weekdays)),
        told.reason,
        ctx.now,
    )
    return plans.checked(plan, of)


def _today(ctx: Context, patient: PatientRow) -> date:
    return local_date(ctx.now, patient.zone)


def _stored(ctx: Context, patient: PatientRow, treatment_id: UUID) -> Treatment:
    for found in treatment.of_patient(ctx.session, patient.id):
        if found.id == treatment_id:
            return found
    raise ClinicError("not-found")


def _named(stored: Treatment, version: int) -> None:
    standing = stored.versions[-1].version
    if version != standing:
        raise ClinicError("stale-version", f"The version is {standing} now.")


def _changed(ctx: Context, patient: PatientRow, treatment_id: UUID, detail: dict[str, object]) -> Changed:
    moved = reminders.replan(ctx, patient)
    events.note(ctx, "treatments:write", patient.id, treatment_id, detail)
    feed.touch(ctx, patient.id, Kind.PLAN)
    feed.touch(ctx, patient.id, Kind.FORMS)
    feed.touch(ctx, patient.id, Kind.SAMPLE, *samples.steps(ctx.session, patient.id))  # a trough is before what comes
    return Changed(_course(ctx, patient, treatment_id), moved)


def _course(ctx: Context, patient: PatientRow, treatment_id: UUID) -> Course:
    every = _courses(ctx, patient, intervals.line(ctx, patient.id))
    return next(course for course in every if course.treatment.id == treatment_id)


def _courses(ctx: Context, patient: PatientRow, line: intervals.Line) -> list[Course]:
    deciders = treatment.deciders(ctx.session, patient.id)
    courses = []
    for found in line.treatments:
        decided = {v.version: deciders[found.id, v.version] for v in found.versions}
        courses.append(Course(words.plans_shown(ctx, patient, found), decided, plans.expected(found, line.doses)))
    return courses
