"""Receipts: what a phone says it did with a reminder; what it showed by itself is not sent as well."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.services import events, feed, reminders
from backend.services.context import Context
from backend.storage import heard, ledger, patients
from backend.storage.patients import PatientRow
from backend.storage.reminders import TOLD, ReminderRow
from notifications.correcting import DATED
from notifications.reminder import Status

_OVER = frozenset({Status.CANCELLED.value, Status.EXPIRED.value, Status.FAILED.value})


@dataclass(frozen=True, slots=True)
class Receipt:
    """One word of a phone: `state` is shown, opened or dismissed, `at` the moment on its own clock (aware)."""

    id: UUID
    state: str
    at: datetime


def take(ctx: Context, patient: PatientRow, receipts: Sequence[Receipt]) -> int:
    """Keep what the acting patient's phone says and return how much of it is new; safe to retry, in any order.

    What is no reminder of this patient is passed over. Each reminder comes as far as was ever said of it. One that
    still waits ends, since its patient was told; one that is being sent at this moment goes its way, but is not tried
    again.
    """
    session_id = ctx.who.session_id
    if session_id is None or not receipts:
        return 0
    # The order in which planning takes its locks: the patient, then the reminders; the list of the undelivered is last.
    patients.get(ctx.session, patient.id, lock=True)
    rows = heard.held(ctx.session, patient.id, {receipt.id for receipt in receipts})
    mine = {row.id for row in rows}
    common = {"source": session_id.hex, "received_at": ctx.now}
    known = [{"reminder_id": one.id, "state": one.state, "at": one.at, **common} for one in receipts if one.id in mine]
    new = ledger.keep_receipts(ctx.session, known)
    follow(ctx, patient, rows)
    if new:
        events.note(ctx, "own-record:sync", patient.id, "receipts", {"new": new})
    return new


def follow(ctx: Context, patient: PatientRow, rows: Sequence[ReminderRow]) -> None:
    """Let reminders, theirs and the patient's row held by the caller, come as far as was said of them.

    What was over and did come may have named a day that is no longer right, and nobody knew it needed taking back.
    """
    over = {row.id for row in rows if row.status in _OVER and row.kind in DATED}
    if heard.catch_up(ctx.session, rows, ctx.now):
        feed.touch(ctx, patient.id, feed.Kind.REMINDERS)
    if any(row.id in over and row.status in TOLD for row in rows):
        reminders.replan(ctx, patient)
