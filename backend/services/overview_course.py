"""The course on a patient's page: plans, doses, levels, samples, forms, findings and messages, from one dosing line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.domain.adherence import Said, State, by_interval
from backend.domain.dosing import Dose, Status
from backend.domain.drugs import Drug
from backend.domain.linking import Place
from backend.domain.moments import local_date
from backend.domain.occasions import About
from backend.domain.recall import FORM
from backend.domain.treatment import Expected, PlanVersion, Treatment, expected
from backend.services import instruments, results, words
from backend.services.context import Context
from backend.services.history import Person, person
from backend.services.intervals import Line
from backend.services.results import Analyte, Reported, Result
from backend.services.samples import Sample
from backend.storage import people, questionnaires, reminders, treatment
from backend.storage.patients import PatientRow
from backend.storage.questionnaires import ResponseRow
from notifications import states
from notifications.reminder import Status as Sending


@dataclass(frozen=True, slots=True)
class Decided:
    """One version of a plan, and who decided it (None where nobody was logged in)."""

    plan: PlanVersion
    by: Person | None


@dataclass(frozen=True, slots=True)
class Course:
    """A treatment with every version of its plan, oldest first, and what it expects next."""

    treatment: Treatment
    drug: Drug
    plans: tuple[Decided, ...]
    expected: Expected | None


@dataclass(frozen=True, slots=True)
class Event:
    """A dose event that was not undone; `interval_opened` is the number of the interval it opened."""

    dose: Dose
    drug_key: str
    interval_opened: int | None


@dataclass(frozen=True, slots=True)
class Level:
    """The standing level of a sample whose time is known: where it stands, and what it may be taken for."""

    sample: Sample
    place: Place
    told: Result


@dataclass(frozen=True, slots=True)
class Form:
    """A standing response: the day it was given, which form, and the number of the interval it is about."""

    id: UUID
    on: date
    form: str
    interval: int | None
    about: About
    completed: bool


@dataclass(frozen=True, slots=True)
class Message:
    """A reminder: the local day and the moment it is or was told, what of, by which channel, and how it stands."""

    on: date
    at: datetime
    kind: str
    step: str
    status: str
    channel: str


def courses(ctx: Context, patient: PatientRow, line: Line) -> list[Course]:
    """Return the treatments of a patient who is within reach, oldest first."""
    deciders = treatment.deciders(ctx.session, patient.id)
    staff = people.names(ctx.session, {by for by in deciders.values() if by is not None})
    found = []
    for stored in line.treatments:
        shown = words.plans_shown(ctx, patient, stored)
        plans = [Decided(plan, person(deciders[stored.id, plan.version], patient, staff)) for plan in shown.versions]
        found.append(Course(shown, stored.drug, tuple(plans), expected(stored, line.doses)))
    return found


def doses(line: Line) -> list[Event]:
    """Return the dose events of a line in the order of their moments, without those that were undone."""
    opened = {interval.opened_by: interval.number for interval in line.chain.intervals}
    drugs = {one.id: one.drug_key for one in line.treatments}
    standing = (dose for dose in line.doses if dose.status is not Status.UNDONE)
    return [Event(dose, drugs[dose.treatment_id], opened.get(dose.id)) for dose in standing]


def samples(ctx: Context, patient: PatientRow, line: Line) -> list[Reported]:
    """Return the samples of a patient who is within reach with every result, oldest first."""
    return results.every(ctx, patient, line)


def levels(reported: Iterable[Reported]) -> list[Level]:
    """Return the standing levels, released or not, in the order of their pricks; of an unknown time there is none."""
    found = [
        Level(one.sample, one.sample.place, result)
        for one in reported
        if one.sample.collected is not None and one.sample.place is not None
        for result in one.results
        if result.standing and result.analyte == Analyte.LEVEL
    ]
    return sorted(found, key=_pricked)


def _pricked(level: Level) -> tuple[datetime, UUID]:
    if level.sample.collected is None:
        raise ValueError("a level without the time of its prick")
    return level.sample.collected.anchor, level.sample.id


def responses(ctx: Context, patient: PatientRow, line: Line) -> list[tuple[ResponseRow, int | None]]:
    """Return the standing responses of a patient who is within reach, each with the interval it is about."""
    rows = questionnaires.of_patient(ctx.session, patient.id)
    return [(row, instruments.about(row, line.chain)) for row in rows]


def forms(answered: Sequence[tuple[ResponseRow, int | None]]) -> list[Form]:
    """Return responses as the timeline shows them."""
    return [
        Form(row.id, row.occurred_on, row.form, number, About(row.about), row.completed) for row, number in answered
    ]


def adherence(line: Line, answered: Sequence[tuple[ResponseRow, int | None]], today: date) -> dict[int, State]:
    """Return how it stands with the end-of-interval form of each interval, by its number."""
    said = [
        Said(questionnaires.moment(row), About(row.about), row.completed) for row, _ in answered if row.form == FORM
    ]
    coming = line.coming
    return by_interval(line.chain, coming.on if coming else None, said, today)


def messages(ctx: Context, patient: PatientRow) -> list[Message]:
    """Return the reminders of a patient who is within reach, by when they are told."""
    return [
        Message(
            on=local_date(row.send_at, patient.zone),
            at=row.send_at,
            kind=row.kind,
            step=row.step,
            status=states.shown(Sending(row.status), row.send_at, ctx.now).value,
            channel=row.channel,
        )
        for row in reminders.marks(ctx.session, patient.id)
    ]
