"""Receipts: what a phone says it did with a reminder; what it showed by itself is not sent as well."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.services import events, feed
from backend.services.context import Context
from backend.storage import patients, reminders
from backend.storage.patients import PatientRow
from backend.storage.reminders import TELLING


@dataclass(frozen=True, slots=True)
class Receipt:
    """One word of a phone: `state` is shown, opened or dismissed, `at` the moment on its own clock (aware)."""

    id: UUID
    state: str
    at: datetime


def take(ctx: Context, patient: PatientRow, receipts: Sequence[Receipt]) -> int:
    """Keep what the acting patient's phone says and return how much of it is new; safe to retry.

    What is no reminder of this patient is passed over. A reminder that still waits ends, since its patient was told;
    one that is being sent at this moment goes its way, but is not tried again.
    """
    session_id = ctx.who.session_id
    if session_id is None or not receipts:
        return 0
    # The order in which planning takes its locks: the patient, then the reminders.
    patients.get(ctx.session, patient.id, lock=True)
    mine = reminders.named(ctx.session, patient.id, {receipt.id for receipt in receipts})
    known = [receipt for receipt in receipts if receipt.id in mine]
    common = {"session_id": session_id, "received_at": ctx.now}
    rows = [{"reminder_id": one.id, "state": one.state, "at": one.at, **common} for one in known]
    new = reminders.keep_receipts(ctx.session, rows)
    told = {receipt.id for receipt in known if receipt.state in TELLING}
    if told and reminders.told_by_phone(ctx.session, told, ctx.now):
        feed.touch(ctx, patient.id, feed.Kind.REMINDERS)
    if new:
        events.note(ctx, "own-record:sync", patient.id, "receipts", {"new": new})
    return new
