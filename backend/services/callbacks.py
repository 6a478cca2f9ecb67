"""Callbacks: what the SMS gateway says later became of a message it took."""

from datetime import datetime
from uuid import UUID

from backend.domain.errors import ClinicError
from backend.services import events, receipts
from backend.services.context import Context
from backend.settings import Settings
from backend.storage import heard, patients, reminders
from backend.storage.ways import SMS
from notifications import callback
from notifications.callback import Told

LARGEST = 16 * 1024
"""Bytes of a report."""

_PREFIX = "reminder-"
_SAID_BY_US = "reference"


def read(settings: Settings, now: datetime, signature: str, body: bytes) -> Told | None:
    """Return what a report says, None where there is nothing to do yet; asks nothing of the database.

    Raises ClinicError `not-found` where no secret is set up, `not-authenticated` for a report that is forged or stale,
    and `bad-request` for a signed one that cannot be read.
    """
    if not settings.sms_secret:
        raise ClinicError("not-found")
    theirs = dict(pair.split("=", 1) for pair in settings.sms_fields.split())
    fields = {_SAID_BY_US: theirs[_SAID_BY_US]} if theirs.get(_SAID_BY_US) else {}
    try:
        return callback.heard(settings.sms_secret.encode(), signature, body, now, fields)
    except ValueError as error:
        unreadable = str(error) == callback.UNREADABLE
        raise ClinicError("bad-request" if unreadable else "not-authenticated") from error


def take(ctx: Context, told: Told | None) -> None:
    """Write a report down and let its reminder follow; twice changes nothing, and what is unknown is passed over.

    What was delivered is so; what did not arrive goes on to the patient's next channel, or has failed.
    """
    found = reminders.get(ctx.session, reminder_id) if (reminder_id := _reminder(told)) else None
    if told is None or found is None:
        return
    # The order in which planning takes its locks.
    patient = patients.get(ctx.session, found.patient_id, lock=True)
    rows = heard.held(ctx.session, found.patient_id, {found.id})
    said = {"reminder_id": found.id, "source": SMS, "state": told.state, "at": told.at, "received_at": ctx.now}
    if patient is None or not heard.keep(ctx.session, said):
        return
    receipts.follow(ctx, patient, rows)
    events.note(ctx, "reminders:reported", found.patient_id, found.id, {"state": told.state})


def _reminder(told: Told | None) -> UUID | None:
    """Return the id of the reminder a report is about, None for what is no message of ours."""
    if told is None or not told.reference.startswith(_PREFIX):
        return None
    try:
        return UUID(told.reference.removeprefix(_PREFIX))
    except ValueError:
        return None
