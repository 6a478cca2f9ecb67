"""A test message: sent at once, by the very way reminders take, so that a patient sees whether they come."""

from datetime import timedelta
from uuid import uuid4

from backend.domain.errors import ClinicError
from backend.domain.moments import local_date
from backend.services import events, gate
from backend.services.context import Context
from backend.services.reminders import person
from backend.storage import inbox, reminders
from backend.storage.reminders import TEST
from backend.storage.ways import APNS, EMAIL, FCM, INBOX, PUSH, SMS
from notifications.reminder import Reminder

WINDOW = timedelta(hours=1)
CHANNELS = (EMAIL, SMS, PUSH, FCM, APNS, INBOX)
"""The ways it may go by; the app itself is one, for whom nothing else leads anywhere."""
MOST = 5
"""So many test messages may be asked for within the window; each is worth sending no longer than that."""


def send(ctx: Context) -> str:
    """Put a test message for the acting patient into the outbox and return the channel it goes by.

    Raises ClinicError `too-many-tries`, and `wrong-state` for somebody there is no way to reach.
    """
    patient = gate.own(ctx, "own-push:write", lock=True)
    asked_at = inbox.sent_since(ctx.session, patient.id, TEST, ctx.now - WINDOW)
    if len(asked_at) >= MOST:
        wait = asked_at[-MOST] + WINDOW - ctx.now
        raise ClinicError("too-many-tries", retry_after_s=-int(-wait.total_seconds() // 1))
    channels = person(ctx, patient).channels
    if not channels:
        raise ClinicError("wrong-state", "There is no way to reach you.")
    new = str(uuid4())
    on = local_date(ctx.now, patient.zone)
    message = Reminder(f"{TEST}:{new}", TEST, new, 1, "now", on, None, ctx.now, ctx.now + WINDOW, channels[0])
    (row_id,) = reminders.create(ctx.session, patient.id, [message], ctx.now)
    events.note(ctx, "own-push:write", patient.id, row_id, {"test": channels[0]})
    return channels[0]
