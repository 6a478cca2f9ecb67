"""Reminders follow the plan: what ought to be told is computed anew and the difference written, in the cause's act."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from backend.domain.dosing import Dose, given
from backend.domain.moments import local_date
from backend.domain.samples import State
from backend.domain.schedule import Due, Facts, Kind, due
from backend.services import feed, site_rules
from backend.services.context import Context
from backend.services.schedule import facts
from backend.storage import reminders, undelivered, ways, wishes
from backend.storage.patients import PatientRow
from backend.storage.reminders import BY_PHONE, SNOOZED, TEST, ReminderRow, Standing
from backend.storage.undelivered import UNREACHABLE
from notifications import correcting, planning, policy, repeating
from notifications.reminder import Due as Falls
from notifications.reminder import Person, Reminder, Status

_SNOOZED_FOR = timedelta(days=40)
"""A snooze older than this is of no plan any more."""

_OFF = frozenset({Status.CANCELLED, Status.SUPPRESSED})

_CHANNELS, _NO_DAY = "channels", ""
"""What an item about an unreachable patient is about: the same from day to day."""


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
    """What an act did to the patient's reminders; `in_flight` ones were being sent, or may have been sent before."""

    cancelled: tuple[Told, ...]
    created: tuple[Told, ...]
    in_flight: tuple[Told, ...]


NOTHING = Moved((), (), ())
"""What an act that changed nothing moved."""


def replan(ctx: Context, patient: PatientRow, *, mended: bool = False) -> Moved:
    """Make a patient's standing reminders what they ought to be and return the difference (P12).

    Belongs in the act that changed the cause, with the patient's row locked, so that of two plans one follows the
    other. Nothing that was sent is sent again; what is unchanged keeps its row. What failed and still makes sense has
    another chance where the way to the patient was `mended` by the act.

    Against a dispatcher at work: the rows read here stay locked until the act commits, and a sender commits its
    attempt on the same row before it calls the provider. Whichever comes first decides. Attempt first: the row is
    read as in flight and the answer lists it. Cancelled first: the attempt waits for the commit, finds no claimed
    row, and nothing is sent. Rolled back: the row is claimed as before. No third order exists.
    """
    if ctx.postponed is not None:
        ctx.postponed.add(patient.id)
        return NOTHING
    known, whom = facts(ctx, patient.id), person(ctx, patient)
    falls = _falls(due(known))
    planned = _planned(ctx, patient, falls, whom)
    today = local_date(ctx.now, patient.zone)
    before = [row for row in reminders.standing(ctx.session, patient.id, planned, today, ctx.now) if row.kind != TEST]
    due_still = [row for row in before if not _done(row, known.doses)]
    wrong = correcting.wrong(due_still, falls, _met(known), whom, ctx.now)
    before, corrections = _corrected(ctx, patient, before, wrong, whom)
    wanted = planning.present([*planned, *corrections], whom, ctx.now)
    told_before = {row.key for row in before if row.why in {BY_PHONE, SNOOZED}}
    news = [one for one in repeating.unheard(before, wanted) if one.key not in told_before]
    change = planning.change(before, news, ctx.now, mended=mended)
    moved = _write(ctx, patient.id, before, change)
    _tidy(ctx, patient.id, whom, wanted)
    return moved


def person(ctx: Context, patient: PatientRow) -> Person:
    """Return how a patient can be told: by the ways they chose that lead somewhere, else in the app alone."""
    return ways.of_patient(ctx.session, patient, ctx.now).person()


def rules(ctx: Context, site_id: UUID) -> Mapping[str, policy.Rule]:
    """Return what a site reminds of, and when; raises nothing, whatever is stored."""
    return site_rules.in_force(wishes.rules(ctx.session, site_id))


def told(row: ReminderRow | Standing) -> Told:
    """Return a stored reminder as an answer lists it."""
    return Told(row.id, row.key, row.kind, row.step, row.due_on, row.due_at, row.send_at)


def _planned(ctx: Context, patient: PatientRow, falls: Iterable[Falls], whom: Person) -> tuple[Reminder, ...]:
    put_off = wishes.snoozes(ctx.session, patient.id, ctx.now - _SNOOZED_FOR)
    snoozes = {row.key: row.until for row in put_off}
    return planning.plan(falls, whom, rules(ctx, patient.site_id), snoozes)


def _corrected(
    ctx: Context, patient: PatientRow, before: list[Standing], wrong: Mapping[str, Falls], whom: Person
) -> tuple[list[Standing], list[Reminder]]:
    """Return what stands with the corrections that do, and those that are wanted of what was told and is wrong now."""
    if not wrong:
        return before, []
    here = {row.key for row in before}
    before = [*before, *reminders.with_keys(ctx.session, patient.id, wrong.keys() - here)]
    # One that was held back or called off and is wanted again goes out when it is, not when it was to.
    stood = {row.key: row.send_at for row in before if row.status not in _OFF}
    made = [correcting.correction(key, due, whom, stood.get(key, due.at or ctx.now)) for key, due in wrong.items()]
    return before, made


def _met(known: Facts) -> set[tuple[str, str]]:
    """Return kind and subject of what was done: nobody needs to be told that its day has changed."""
    met = {(kind, subject) for kind in ("dose", "home-dose", "checklist") for subject in _given(known.doses)}
    for sample in known.samples:
        waits = {State.ORDERED, State.KIT_SENT, State.CANCELLED}
        if sample.state not in waits:
            met.add(("sample-kit", f"sample:{sample.id}"))
        if sample.state not in waits | {State.KIT_RECEIVED}:
            met.add(("sample", f"sample:{sample.id}"))
    return met


def _done(row: Standing, doses: Iterable[Dose]) -> bool:
    """Whether a reminder told of a finger prick before a dose that was given: its blood would tell nothing now."""
    if row.kind != Kind.SAMPLE:
        return False
    slots = ((dose.given, dose.planned) for dose in given(tuple(doses)))
    days = {slot.on for both in slots for slot in both if slot is not None}
    return row.due_on in days


def _given(doses: Iterable[Dose]) -> set[str]:
    """Return the subjects of the doses that were given, also of those only expected, or planned beside on that day."""
    known = tuple(doses)
    done = given(known)
    before: dict[UUID, str] = {}
    found: set[str] = set()
    for dose in done:
        found |= {f"dose:{dose.id}", before.get(dose.treatment_id, f"start:{dose.treatment_id}")}
        before[dose.treatment_id] = f"after:{dose.id}"
    days = {(dose.treatment_id, dose.on) for dose in done}
    return found | {f"dose:{dose.id}" for dose in known if (dose.treatment_id, dose.on) in days}


def _write(ctx: Context, patient_id: UUID, before: Collection[Standing], change: planning.Change) -> Moved:
    """Write the difference and return it."""
    rows = {row.key: row for row in before}
    cancelled = [rows[key] for key in change.cancel]
    held_back = [rows[one.key] for one in change.suppress]
    renewed = [(rows[reminder.key], reminder) for reminder in change.renew]
    reminders.cancel(ctx.session, [row.id for row in cancelled], ctx.now)
    reminders.suppress(ctx.session, ((rows[one.key], one) for one in change.suppress), ctx.now)
    reminders.renew(ctx.session, renewed, ctx.now)
    ids = reminders.create(ctx.session, patient_id, change.create, ctx.now)
    made = [_made(row.id, reminder) for row, reminder in renewed]
    fresh = zip(ids, change.create, strict=True)
    made += [_made(new_id, reminder) for new_id, reminder in fresh if not reminder.suppressed]
    if cancelled or made or held_back:
        feed.touch(ctx, patient_id, feed.Kind.REMINDERS)
    ended = [row for row in (*cancelled, *held_back) if row.status in reminders.OPEN]
    return Moved(
        cancelled=tuple(told(row) for row in ended),
        created=tuple(sorted(made, key=lambda one: (one.send_at, one.key))),
        in_flight=tuple(told(row) for row in cancelled if row.in_flight or row.unsure),
    )


def _tidy(ctx: Context, patient_id: UUID, whom: Person, wanted: Collection[Reminder]) -> None:
    """Keep the list of what reached nobody to what still matters, and put somebody on it whom nothing can reach."""
    listed, settled = undelivered.of_patient(ctx.session, patient_id)
    matters = {(one.kind, one.subject) for one in wanted if not policy.rule(one.kind).minor}
    unreachable = bool(matters) and not whom.channels
    kept = matters | ({(UNREACHABLE, _CHANNELS)} if unreachable else set())
    # A day that was never taken back stays on the list when it is over: whoever was not told may have come in vain.
    over = [thing for thing in listed if thing not in kept and thing[0] != correcting.KIND]
    undelivered.settle(ctx.session, patient_id, over, ctx.now, reminders.NO_LONGER_DUE)
    if settled and whom.channels:
        undelivered.begin_anew(ctx.session, patient_id, UNREACHABLE)
    elif unreachable and (UNREACHABLE, _CHANNELS) not in listed:
        item = {"kind": UNREACHABLE, "subject": _CHANNELS, "due": _NO_DAY, "why": "no-channel"}
        undelivered.raise_items(
            ctx.session, [{**item, "patient_id": patient_id, "reminder_id": None, "since": ctx.now}], ctx.now
        )


def _falls(dues: Iterable[Due]) -> list[Falls]:
    return [Falls(d.kind.value, d.subject, d.version, d.on, d.at, d.since) for d in dues]


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
