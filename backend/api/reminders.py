"""Reminders over HTTP: what a patient is told and when, what became of it, and the private calendar feed."""

from typing import Any
from uuid import UUID

from flask import current_app
from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Answer, Room
from backend.domain.permissions import PUBLIC
from backend.services import calendar, reminders
from backend.services.context import Context
from backend.services.reminders import Account

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
    """What an act did to the reminders; `in_flight` ones were being sent at that moment."""

    cancelled = fields.Many(fields.Part(ToldOut), most=1000, required=True)
    created = fields.Many(fields.Part(ToldOut), most=1000, required=True)
    in_flight = fields.Many(fields.Part(ToldOut), most=1000, required=True)


class AttemptOut(Schema):
    """One attempt to send."""

    attempt = fields.Integer(1, 1000, required=True)
    started_at = fields.Instant(required=True)
    ended_at = fields.Instant(required=True, allow_none=True)
    outcome = fields.Text(60, required=True)


class ReminderOut(ToldOut):
    """A reminder with its state, why it is in it, and the attempts to send it."""

    status = fields.Words("waiting", "claimed", "sent", "failed", "expired", "cancelled", required=True)
    why = fields.Text(60, shortest=0, required=True)
    channel = fields.Text(20, required=True)
    expires_at = fields.Instant(required=True)
    changed_at = fields.Instant(required=True)
    attempts = fields.Many(fields.Part(AttemptOut), most=1000, required=True)


class ReminderList(Schema):
    """Reminders, by when they are told."""

    items = fields.Many(fields.Part(ReminderOut), most=100_000, required=True)


class CalendarOut(Schema):
    """The private address of the feed; whoever has it can read it, until it is revoked."""

    url = fields.Text(500, required=True)


@room.route("GET", "/me/reminders", permission="own-reminders:read", gives=ReminderList)
def list_own_reminders(ctx: Context) -> dict[str, Any]:
    """List one's own reminders."""
    return {"items": [_shown(account) for account in reminders.own(ctx)]}


@room.route(
    "GET", "/patients/<uuid:patient_id>/reminders", permission="reminders:read", gives=ReminderList, problems=(404,)
)
def list_reminders(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """List a patient's reminders and what became of each."""
    return {"items": [_shown(account) for account in reminders.of_patient(ctx, patient_id)]}


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


def _shown(account: Account) -> dict[str, Any]:
    told = account.told
    return {
        "id": told.id,
        "key": told.key,
        "kind": told.kind,
        "step": told.step,
        "due_on": told.due_on,
        "due_at": told.due_at,
        "send_at": told.send_at,
        "status": account.status,
        "why": account.why,
        "channel": account.channel,
        "expires_at": account.expires_at,
        "changed_at": account.changed_at,
        "attempts": [
            {"attempt": a.attempt, "started_at": a.started_at, "ended_at": a.ended_at, "outcome": a.outcome}
            for a in account.attempts
        ],
    }
