"""Snooze: a patient wants to hear one reminder once more, at a moment of their own."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from backend.domain.errors import ClinicError, invalid
from backend.services import events, gate
from backend.services import reminders as planned
from backend.services.context import Context
from backend.services.reminders import NOTHING, Moved, Told
from backend.storage import reminders, wishes
from backend.storage.patients import PatientRow
from backend.storage.reminders import OPEN, SNOOZED, ReminderRow, Standing
from notifications import policy
from notifications.reminder import Due, Status

SOONEST = timedelta(minutes=1)
LATEST = timedelta(days=7)

_HELD_BACK = frozenset({Status.SUPPRESSED.value, Status.EXPIRED.value})


@dataclass(frozen=True, slots=True)
class Snoozed:
    """Which reminder is told once more, when (UTC, a whole minute), and what that did to the others."""

    id: UUID
    until: datetime
    moved: Moved


def snooze(ctx: Context, reminder_id: UUID, until: datetime) -> Snoozed:
    """Put one of the acting patient's reminders off to a moment (aware), rounded up to a whole minute.

    The last word stands, whether it was said of the reminder or of the one that told it again; the same moment again
    is nothing new. Raises ClinicError `not-found`, `wrong-state` for one that tells of nothing any more or is held
    back, and `out-of-bounds` for a moment less than a minute or more than a week ahead, or one at which the thing
    itself is over.
    """
    patient = gate.own(ctx, "own-reminders:write", lock=True)
    row = reminders.held(ctx.session, reminder_id)
    if row is None or row.patient_id != patient.id:
        raise ClinicError("not-found")
    origin, again_at = _origin(ctx, patient, row), _whole_minute(until)
    standing = {one.key: one.until for one in wishes.snoozes(ctx.session, patient.id, ctx.now - LATEST)}
    if standing.get(origin.key) == again_at:
        events.note(ctx, "own-reminders:write", patient.id, row.id, {"duplicate": True})
        return Snoozed(row.id, again_at, NOTHING)
    _check_state(row)
    _check_moment(ctx, patient, row, until, again_at)
    ended = _put_off(ctx, patient, origin, again_at)
    moved = planned.replan(ctx, patient)
    if not any(one.key.startswith(f"{origin.key}{policy.SNOOZED}") for one in moved.created):
        # What it told of has changed since, or its patient wants to hear nothing then: no promise is made.
        raise ClinicError("wrong-state", "Nothing would be told then.")
    events.note(ctx, "own-reminders:write", patient.id, row.id, {"snoozed": True})
    in_flight = ended if origin.in_flight or origin.unsure else ()
    together = replace(moved, cancelled=(*ended, *moved.cancelled), in_flight=(*in_flight, *moved.in_flight))
    return Snoozed(row.id, again_at, together)


def _origin(ctx: Context, patient: PatientRow, row: ReminderRow) -> ReminderRow | Standing:
    """Return the reminder that was planned, where a row is one that tells of it once more."""
    first, mark, _ = row.key.partition(policy.SNOOZED)
    found = reminders.with_keys(ctx.session, patient.id, [first]) if mark else []
    return found[0] if found else row


def _put_off(ctx: Context, patient: PatientRow, origin: ReminderRow | Standing, until: datetime) -> tuple[Told, ...]:
    """Write down what was asked and return what that ended: the reminder itself, where it still waited.

    One that was to tell of it once more already is ended by planning: what is cancelled as snoozed never comes back,
    but the same moment may be asked for a second time.
    """
    asked = {"reminder_id": origin.id, "patient_id": patient.id, "key": origin.key}
    wishes.snooze(ctx.session, {**asked, "until": until, "asked_at": ctx.now})
    if origin.status not in OPEN:
        return ()
    reminders.cancel(ctx.session, [origin.id], ctx.now, SNOOZED)
    return (planned.told(origin),)


def _check_state(row: ReminderRow) -> None:
    # Of what was cancelled planning knows best whether there is still anything to tell.
    if row.kind in policy.OWN or row.status in _HELD_BACK:
        raise ClinicError("wrong-state", "This reminder cannot be put off.")


def _check_moment(ctx: Context, patient: PatientRow, row: ReminderRow, until: datetime, again_at: datetime) -> None:
    due = Due(row.kind, row.subject, row.version, row.due_on, row.due_at)
    over_at = policy.expires_at(due, planned.person(ctx, patient), planned.rules(ctx, patient.site_id))
    if not ctx.now + SOONEST <= until <= ctx.now + LATEST:
        raise invalid("/until", "Must be between a minute and a week ahead.", "out-of-bounds")
    if again_at >= over_at:
        raise invalid("/until", "By then it is over.", "out-of-bounds")


def _whole_minute(at: datetime) -> datetime:
    """Return the whole minute (UTC) at or after a moment: a reminder that is told again bears the minute in its key."""
    moment = at.astimezone(UTC)
    down = moment.replace(second=0, microsecond=0)
    return down if down == moment else down + timedelta(minutes=1)
