"""Reminders over HTTP: what a patient is told and when, what became of it, the inbox, and the private calendar feed."""

from typing import Any
from uuid import UUID

from flask import current_app
from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Answer, Room
from backend.domain.permissions import PUBLIC
from backend.services import calendar, inbox, ledger
from backend.services.context import Context
from backend.services.ledger import Span

room = Room("reminders")


class ToldOut(Schema):
    """One reminder: of what kind, which step of telling, about which day, and when it is told."""

    id = fields.Id(required=True)
    key = fields.Text(200, required=True)
    kind = fields.Text(20, required=True)
    step = fields.Text(20, required=True)
    due_on = fields.Day(required=True)
    due_at = fields.Instant(required=True, allow_none=True)
    send_at = fields.Instant(required=True)


class MovedOut(Schema):
    """What an act did to the reminders; `in_flight` ones were being sent, or may have been sent before."""

    cancelled = fields.Many(fields.Part(ToldOut), most=1000, required=True)
    created = fields.Many(fields.Part(ToldOut), most=1000, required=True)
    in_flight = fields.Many(fields.Part(ToldOut), most=1000, required=True)


class SpanIn(Schema):
    """Only what is to be sent from `since` on and before `until`."""

    since = fields.Instant(load_default=None, allow_none=True)
    until = fields.Instant(load_default=None, allow_none=True)


class BecauseOut(Schema):
    """Why a reminder exists: what falls due, the version of its plan, the step, and the step's rule in words."""

    kind = fields.Text(20, required=True)
    subject = fields.Text(100, required=True)
    version = fields.Integer(0, 1_000_000, required=True)
    due_on = fields.Day(required=True)
    step = fields.Text(20, required=True)
    rule = fields.Text(300, required=True)


class ChangeOut(Schema):
    """One change of state: why (a short code), and by whom."""

    state = fields.Words(*ledger.STATES, required=True)
    at = fields.Instant(required=True)
    why = fields.Text(60, shortest=0, required=True)
    by = fields.Words(*ledger.WHO, required=True)


class AttemptOut(Schema):
    """One attempt to send: `outcome` is `open`, `accepted` or a short code; the provider's name for it is for staff."""

    attempt = fields.Integer(1, 1000, required=True)
    channel = fields.Text(20, shortest=0, required=True)
    started_at = fields.Instant(required=True)
    ended_at = fields.Instant(required=True, allow_none=True)
    outcome = fields.Text(60, required=True)
    provider_ref = fields.Text(200, required=True, allow_none=True)


class ReceiptOut(Schema):
    """One word of a phone, or of the provider of a channel, by its clock and when it came in."""

    source = fields.Text(20, required=True)
    state = fields.Words("shown", "opened", "dismissed", "delivered", "failed", required=True)
    at = fields.Instant(required=True)
    received_at = fields.Instant(required=True)


class ReminderOut(ToldOut):
    """A reminder as it stands, why it exists, why it is as it is (a code, and in words), and all that became of it."""

    subject = fields.Text(100, required=True)
    status = fields.Words(*ledger.STATES, required=True)
    why = fields.Text(60, shortest=0, required=True)
    why_text = fields.Text(300, shortest=0, required=True)
    channel = fields.Text(20, shortest=0, required=True)
    expires_at = fields.Instant(required=True)
    changed_at = fields.Instant(required=True)
    because = fields.Part(BecauseOut, required=True)
    changes = fields.Many(fields.Part(ChangeOut), most=10_000, required=True)
    attempts = fields.Many(fields.Part(AttemptOut), most=1000, required=True)
    receipts = fields.Many(fields.Part(ReceiptOut), most=1000, required=True)


class ReminderList(Schema):
    """Reminders, by when they are told."""

    items = fields.Many(fields.Part(ReminderOut), most=100_000, required=True)


class TextOut(Schema):
    """What the phone shows on its lock screen: no drug, disease, level or name."""

    title = fields.Text(200, required=True)
    body = fields.Text(1000, required=True)


class InboxItemOut(Schema):
    """A message that was told `at` a moment, or was to be and was not; `read` once it was opened on a phone.

    It reads as it did when it was told; one that was not told reads as it does now. `late`: it says that it is. From
    `expires_at` on it makes no sense any more.
    """

    id = fields.Id(required=True)
    kind = fields.Text(20, required=True)
    step = fields.Text(20, required=True)
    due_on = fields.Day(required=True)
    due_at = fields.Instant(required=True, allow_none=True)
    at = fields.Instant(required=True)
    expires_at = fields.Instant(required=True)
    state = fields.Words(*inbox.STATES, required=True)
    read = fields.Flag(required=True)
    late = fields.Flag(required=True)
    text = fields.Part(TextOut, required=True)


class InboxList(Schema):
    """What one was told in the last 30 days, or should have been, the newest first, at most 50."""

    items = fields.Many(fields.Part(InboxItemOut), most=inbox.MOST, required=True)


class CalendarOut(Schema):
    """The private address of the feed; whoever has it can read it, until it is revoked."""

    url = fields.Text(500, required=True)


@room.route("GET", "/me/reminders", permission="own-reminders:read", asks=SpanIn, gives=ReminderList)
def list_own_reminders(ctx: Context, query: dict[str, Any]) -> dict[str, Any]:
    """List one's own reminders, why each exists and what became of it."""
    return {"items": ledger.own(ctx, Span(**query))}


@room.route(
    "GET", "/patients/<uuid:patient_id>/reminders", permission="reminders:read", asks=SpanIn, gives=ReminderList,
    problems=(404,),
)  # fmt: skip
def list_reminders(ctx: Context, patient_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
    """List a patient's reminders, why each exists and what became of it."""
    return {"items": ledger.of_patient(ctx, patient_id, Span(**query))}


@room.route("GET", "/me/inbox", permission="own-reminders:read", gives=InboxList)
def list_own_inbox(ctx: Context) -> dict[str, Any]:
    """List what one was told lately, or should have been."""
    return {"items": inbox.own(ctx)}


@room.route("POST", "/me/calendar", permission="own-calendar:write", gives=CalendarOut, status=201)
def make_calendar(ctx: Context) -> dict[str, Any]:
    """Make one's private calendar feed; an earlier one stops working."""
    token = calendar.make(ctx)
    return {"url": f"{current_app.extensions['uitwerk'].settings.public_url}/api/v1/calendar/{token}"}


@room.route("DELETE", "/me/calendar", permission="own-calendar:write", status=204)
def revoke_calendar(ctx: Context) -> None:
    """Revoke one's private calendar feed."""
    calendar.revoke(ctx)


@room.route("GET", "/calendar/<string:token>", permission=PUBLIC, media="text/calendar", problems=(404,))
def read_calendar(ctx: Context, token: str) -> Answer:
    """Read a calendar feed by its private address."""
    return Answer(raw=calendar.read(ctx, token))
