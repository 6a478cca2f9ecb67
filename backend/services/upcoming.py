"""The reminders of the coming weeks, each with its words, for a phone to tell by itself when it hears nothing."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from backend.services.context import Context
from backend.services.reminders import person
from backend.storage import inbox
from backend.storage.patients import PatientRow
from backend.storage.reminders import ReminderRow
from notifications.reminder import Claimed, Message, Person, Reminder
from notifications.texts import render

AHEAD = timedelta(days=28)
MOST = 30


@dataclass(frozen=True, slots=True)
class Text:
    """What the phone shows, which tells a stranger nothing (P17)."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Upcoming:
    """One reminder as it would read when it is told, under the server's own id."""

    id: UUID
    kind: str
    step: str
    due_on: date
    due_at: datetime | None
    send_at: datetime
    expires_at: datetime
    text: Text


def upcoming(ctx: Context, patient: PatientRow) -> list[Upcoming]:
    """Return the open reminders of the coming four weeks of a patient who is within reach, by when they are told."""
    rows = inbox.upcoming(ctx.session, patient.id, ctx.now, ctx.now + AHEAD, MOST)
    whom = person(ctx, patient)
    return [_upcoming(ctx, whom, row) for row in rows]


def message(row: ReminderRow, whom: Person, at: datetime) -> Message:
    """Return a stored reminder in the words in which somebody is told of it at a moment (aware)."""
    reminder = Reminder(
        row.key,
        row.kind,
        row.subject,
        row.version,
        row.step,
        row.due_on,
        row.due_at,
        row.send_at,
        row.expires_at,
        row.channel,
    )
    return render(Claimed(str(row.id), row.fence, reminder, row.attempts, "", whom, str(row.id)), at)


def _upcoming(ctx: Context, whom: Person, row: ReminderRow) -> Upcoming:
    # One whose moment has passed is told now, and says that it is late (P14).
    told = message(row, whom, max(row.send_at, ctx.now))
    text = Text(told.subject, told.brief)
    return Upcoming(row.id, row.kind, row.step, row.due_on, row.due_at, row.send_at, row.expires_at, text)
