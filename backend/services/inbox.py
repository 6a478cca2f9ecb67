"""The inbox inside the app: what a patient was told lately, or should have been, each with its words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from backend.services import events, gate
from backend.services.context import Context
from backend.services.reminders import person
from backend.services.upcoming import Text, Upcoming, message, upcoming
from backend.storage import inbox, ledger, reminders
from backend.storage.ledger import ChangeRow
from backend.storage.patients import PatientRow
from backend.storage.reminders import ReminderRow
from notifications import states
from notifications.reminder import Person, Status

BACK = timedelta(days=30)
MOST = 50
STATES = tuple(
    status.value for status in (*sorted(states.TOLD), Status.FAILED, Status.EXPIRED, Status.DUE, Status.CLAIMED)
)
"""The states a message here can be in."""


@dataclass(frozen=True, slots=True)
class Item:
    """One message: `at` is when it was told, or was to be; `state` is where it stands, `read` that it was opened.

    `late` is a message that reads as told after what it is about; from `expires_at` on it makes no sense any more.
    """

    id: UUID
    kind: str
    step: str
    due_on: date
    due_at: datetime | None
    at: datetime
    expires_at: datetime
    state: str
    read: bool
    late: bool
    text: Text


@dataclass(frozen=True, slots=True)
class Document:
    """What a phone keeps of reminders: those to come, and those that were told or should have been."""

    items: list[Upcoming]
    told: list[Item]


def own(ctx: Context) -> list[Item]:
    """Return the acting patient's inbox, the newest first."""
    patient = gate.own(ctx, "own-reminders:read")
    events.note(ctx, "own-reminders:read", patient.id, "inbox")
    return told(ctx, patient)


def document(ctx: Context, patient: PatientRow) -> Document:
    """Return what the phone of a patient who is within reach keeps of reminders."""
    return Document(upcoming(ctx, patient), told(ctx, patient))


def told(ctx: Context, patient: PatientRow) -> list[Item]:
    """Return the inbox of a patient who is within reach, the newest first: of 30 days, at most 50.

    What was told reads as it did then; what was not reads as it would now, and says so where it is late.
    """
    rows = inbox.lately(ctx.session, patient.id, ctx.now - BACK, ctx.now, MOST)
    changes = ledger.changes(ctx.session, [row.id for row in rows])
    whom = person(ctx, patient)
    items = [_item(ctx, row, whom, changes.get(row.id, ())) for row in rows]
    return sorted(items, key=lambda item: item.at, reverse=True)


def _item(ctx: Context, row: ReminderRow, whom: Person, changes: Sequence[ChangeRow]) -> Item:
    told_at = _told_at(row, changes)
    reads = message(row, whom, told_at or ctx.now)
    return Item(
        id=row.id,
        kind=row.kind,
        step=row.step,
        due_on=row.due_on,
        due_at=row.due_at,
        at=told_at or row.send_at,
        expires_at=row.expires_at,
        state=states.shown(Status(row.status), row.send_at, ctx.now).value,
        read=row.status == Status.OPENED.value,
        late=reads.late,
        text=Text(reads.subject, reads.brief),
    )


def _told_at(row: ReminderRow, changes: Sequence[ChangeRow]) -> datetime | None:
    """Return when a reminder was told, None where it was not: what came to nothing at its provider was not either."""
    if row.status not in reminders.TOLD:
        return None
    told = (change.at for change in reversed(changes) if change.state == Status.SENT.value)
    first = next((change.at for change in changes if change.state in reminders.TOLD), row.changed_at)
    return next(told, first)
