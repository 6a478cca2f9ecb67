"""Reminders follow the plan: what ought to be told is computed anew and the difference written, in the cause's act."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.domain.occasions import answered
from backend.domain.recall import FORM
from backend.domain.samples import State, Step, find, state
from backend.domain.schedule import Due, Facts, PendingSample, due
from backend.services import at_home, events, feed, gate, intervals
from backend.services.context import Context
from backend.storage import monitoring, push, questionnaires, reminders, samples
from backend.storage.outbox import EMAIL, PUSH
from backend.storage.patients import PatientRow
from backend.storage.reminders import BY_PHONE, TEST, AttemptRow, ReminderRow, Standing
from notifications import planning
from notifications.reminder import Due as Falls
from notifications.reminder import Person, Reminder


@dataclass(frozen=True, slots=True)
class Told:
    """One reminder as an answer lists it."""

    id: UUID
    key: str
    kind: str
    step: str
    due_on: date
    due_at: datetime | None
    send_at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """What an act did to the patient's reminders; `in_flight` ones were being sent at that moment."""

    cancelled: tuple[Told, ...]
    created: tuple[Told, ...]
    in_flight: tuple[Told, ...]


NOTHING = Moved((), (), ())
"""What an act that changed nothing moved."""


@dataclass(frozen=True, slots=True)
class Account:
    """A reminder with its state, why, and each attempt to send it."""

    told: Told
    status: str
    why: str
    channel: str
    expires_at: datetime
    changed_at: datetime
    attempts: tuple[AttemptRow, ...]


def facts(ctx: Context, patient_id: UUID) -> Facts:
    """Return everything that decides what falls due for a patient."""
    line = intervals.line(ctx, patient_id)
    taken = samples.steps(ctx.session, patient_id)
    unplanned = [line.treatment(coming.treatment_id) for coming in line.expected if not coming.certain]
    return Facts(
        treatments=line.treatments,
        doses=line.doses,
        chain=line.chain,
        samples=[_pending(sample_id, steps) for sample_id, steps in taken.items()],
        answered=answered(questionnaires.completed(ctx.session, patient_id, FORM), line.chain),
        checks=monitoring.last_done(ctx.session, patient_id),
        opened=at_home.opened(ctx, patient_id, unplanned),
    )


def replan(ctx: Context, patient: PatientRow) -> Moved:
    """Make a patient's standing reminders what they ought to be and return the difference (P12).

    Belongs in the act that changed the cause, with the patient's row locked, so that of two plans one follows the
    other. Nothing that was sent is sent again; what is unchanged keeps its row.

    Against a dispatcher at work: the rows read here stay locked until the act commits, and a sender commits its
    attempt on the same row before it calls the provider. Whichever comes first decides. Attempt first: the row is
    read as in flight and the answer lists it. Cancelled first: the attempt waits for the commit, finds no claimed
    row, and nothing is sent. Rolled back: the row is claimed as before. No third order exists.
    """
    if ctx.postponed is not None:
        ctx.postponed.add(patient.id)
        return NOTHING
    wanted = planning.plan(_falls(due(facts(ctx, patient.id))), person(ctx, patient))
    before = reminders.standing(ctx.session, patient.id, [reminder.key for reminder in wanted])
    before = [row for row in before if row.kind != TEST]
    told = {row.key for row in before if row.why == BY_PHONE}
    change = planning.change(before, [reminder for reminder in wanted if reminder.key not in told], ctx.now)
    rows = {row.key: row for row in before}
    cancelled = [row for row in before if row.key in frozenset(change.cancel)]
    renewed = [(rows[reminder.key], reminder) for reminder in change.renew]
    reminders.cancel(ctx.session, [row.id for row in cancelled], ctx.now)
    reminders.renew(ctx.session, renewed, ctx.now)
    ids = reminders.create(ctx.session, patient.id, change.create, ctx.now)
    made = [_made(row.id, reminder) for row, reminder in renewed]
    made += [_made(new_id, reminder) for new_id, reminder in zip(ids, change.create, strict=True)]
    if cancelled or made:
        feed.touch(ctx, patient.id, feed.Kind.REMINDERS)
    return Moved(
        cancelled=tuple(_told(row) for row in cancelled),
        created=tuple(sorted(made, key=lambda told: (told.send_at, told.key))),
        in_flight=tuple(_told(row) for row in cancelled if row.in_flight),
    )


def person(ctx: Context, patient: PatientRow) -> Person:
    """Return how a patient can be told: by push while a phone lets itself be woken, else by mail, else by nothing."""
    by_push = (PUSH,) if patient.channel == PUSH and push.stands(ctx.session, patient.id) else ()
    by_mail = (EMAIL if patient.channel == PUSH else patient.channel,) if patient.email_sealed is not None else ()
    return Person(patient.zone, patient.language, patient.quiet_from, patient.quiet_to, by_push + by_mail)


def own(ctx: Context) -> list[Account]:
    """Return the acting patient's reminders, by when they are told."""
    patient = gate.own(ctx, "own-reminders:read")
    events.note(ctx, "own-reminders:read", patient.id)
    return _accounts(ctx, patient)


def of_patient(ctx: Context, patient_id: UUID) -> list[Account]:
    """Return a patient's reminders and what became of each."""
    patient = gate.patient(ctx, "reminders:read", patient_id)
    events.note(ctx, "reminders:read", patient.id)
    return _accounts(ctx, patient)


def _accounts(ctx: Context, patient: PatientRow) -> list[Account]:
    rows = reminders.of_patient(ctx.session, patient.id)
    tries = reminders.attempts(ctx.session, [row.id for row in rows if row.fence])
    return [
        Account(
            _told(row), row.status, row.why, row.channel, row.expires_at, row.changed_at, tuple(tries.get(row.id, ()))
        )
        for row in rows
    ]


def _falls(dues: Iterable[Due]) -> list[Falls]:
    return [Falls(d.kind.value, d.subject, d.version, d.on, d.at) for d in dues]


def _pending(sample_id: UUID, steps: tuple[Step, ...]) -> PendingSample:
    collected = find(steps, State.COLLECTED)
    return PendingSample(sample_id, state(steps) or State.ORDERED, collected.at.on if collected else None)


def _told(row: ReminderRow | Standing) -> Told:
    return Told(row.id, row.key, row.kind, row.step, row.due_on, row.due_at, row.send_at)


def _made(reminder_id: UUID, reminder: Reminder) -> Told:
    return Told(
        reminder_id,
        reminder.key,
        reminder.kind,
        reminder.step,
        reminder.due_on,
        reminder.due_at,
        reminder.send_at,
    )
