"""Sync: one call of a phone, that pushes what was logged on it and then pulls what it has not seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from backend.domain import cursors, reports
from backend.services import events, feed, gate, health, pulling, pushing, receipts, reminders
from backend.services.changes import Change, Result, Unreadable
from backend.services.context import Context
from backend.services.pulling import Pulled
from backend.services.receipts import Receipt
from backend.storage import access


@dataclass(frozen=True, slots=True)
class Call:
    """What a phone says in one call; `sent_at` is its clock at that moment, `client` the app and its version."""

    cursor: str | None
    changes: Sequence[Change | Unreadable]
    receipts: Sequence[Receipt]
    sent_at: datetime | None
    client: str | None
    limit: int


@dataclass(frozen=True, slots=True)
class Synced:
    """What became of each change, in order, and a page of what the phone had not seen.

    `reminders_delayed_since` is since when reminders do not go out (P16), None where they do.
    """

    results: list[Result]
    pulled: Pulled
    reminders_delayed_since: datetime | None


def sync(ctx: Context, call: Call) -> Synced:
    """Do what a phone of the acting patient sent and return what it has not seen, in one act.

    One phone of a patient at a time: the patient's row is locked, so of two copies of a batch the second finds what
    the first stored.
    """
    patient = gate.own(ctx, "own-record:sync", lock=True)
    skew = reports.skew(call.sent_at, ctx.now) if call.sent_at is not None else None
    _note_device(ctx, call, skew)
    batch = replace(ctx, postponed=set())
    done = pushing.push(batch, patient, call.changes, skew or reports.NO_SKEW)
    if batch.postponed:
        reminders.replan(ctx, patient)
    receipts.take(ctx, patient, call.receipts)
    # What was just stored goes into the feed before it is read: nothing but reading follows.
    feed.write(ctx, ctx.session)
    pulled = pulling.pull(ctx, patient, cursors.read(call.cursor), call.limit)
    return Synced(done, pulled, health.delayed_since(ctx))


def _note_device(ctx: Context, call: Call, skew: timedelta | None) -> None:
    session_id = ctx.who.session_id
    if session_id is None:
        return
    seconds = None if skew is None else int(skew.total_seconds())
    access.synced(ctx.session, session_id, ctx.now, seconds, call.client)
    events.note(ctx, "own-record:sync", ctx.who.patient_id, session_id, {"changes": len(call.changes)})
