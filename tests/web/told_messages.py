"""Messages a patient was told already: reminders of the clinic's database, set as they are after sending."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from backend.storage import reminders
from backend.storage.reminders import ReminderRow
from notifications.reminder import Reminder, Status
from tests.web.phones import Anna


def sent(anna: Anna, kind: str, ago: timedelta = timedelta(hours=1)) -> UUID:
    """Let the first planned reminder of a kind have been sent so long ago; return its id."""
    now = anna.clinic.installation.now()
    with anna.clinic.house.unit() as ctx:
        mine = select(ReminderRow).where(ReminderRow.patient_id == UUID(anna.id), ReminderRow.kind == kind)
        row = ctx.session.scalars(mine.where(ReminderRow.status == Status.PLANNED.value)).first()
        assert row is not None, kind
        row.status, row.send_at, row.changed_at = Status.SENT.value, now - ago, now - ago
        return row.id


def told(
    anna: Anna, kind: str, ago: timedelta = timedelta(hours=1), *, due_on: date | None = None, **columns: Any
) -> UUID:
    """Put a message of a kind into her inbox as it is after sending, and return its id; `columns` lie over its row."""
    now = anna.clinic.installation.now()
    at: datetime = now - ago
    on = due_on or anna.clinic.today
    thing = Reminder(f"{kind}:{uuid4()}", kind, uuid4().hex, 1, "now", on, None, at, now + timedelta(days=3), "email")
    with anna.clinic.house.unit() as ctx:
        (id_,) = reminders.create(ctx.session, UUID(anna.id), [thing], at)
        row = ctx.session.get_one(ReminderRow, id_)
        for name, value in {"status": Status.SENT.value, "changed_at": at, **columns}.items():
            setattr(row, name, value)
        return id_
