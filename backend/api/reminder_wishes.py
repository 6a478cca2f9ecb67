"""What is told, and what not, over HTTP: a patient's own wishes, putting one reminder off, and a site's own rules."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Answer, Room
from backend.api.reminders import MovedOut
from backend.api.versions import etag
from backend.services import site_rules, snooze, wishes
from backend.services.context import Context
from backend.services.site_rules import SiteRules
from backend.services.wishes import KINDS, Said, Wishes

room = Room("reminders")


class WishesIn(Schema):
    """What somebody wants to hear, all of it: what is not said again does not stand any more.

    Nothing is told from `paused_from` up to `paused_until`, without end where that is null; nothing of the kinds
    `stopped`. With `nudges` the app asks for the diary on the evenings on which it matters.
    """

    paused_from = fields.Instant(required=True, allow_none=True)
    paused_until = fields.Instant(required=True, allow_none=True)
    stopped = fields.Many(fields.Words(*KINDS), most=len(KINDS), required=True)
    nudges = fields.Flag(required=True)


class WishesOut(WishesIn):
    """What somebody wants to hear; version 0 is what holds for those who never said anything."""

    version = fields.Integer(0, 1_000_000, required=True)
    changed_at = fields.Instant(required=True, allow_none=True)


class WishesMovedOut(WishesOut):
    """What somebody wants to hear from now on, and the reminders it moved."""

    moved = fields.Part(MovedOut, required=True)


class SnoozeIn(Schema):
    """When to be told once more: between a minute and a week ahead, and before it is over."""

    until = fields.Instant(required=True)


class SnoozeOut(Schema):
    """Which reminder is told once more, when (rounded up to a whole minute), and what that moved."""

    id = fields.Id(required=True)
    until = fields.Instant(required=True)
    moved = fields.Part(MovedOut, required=True)


class SiteRulesIn(Schema):
    """What a site reminds of where it differs from the defaults, by kind; what is left out is as the defaults say."""

    rules = fields.Object(required=True)


class SiteRulesOut(SiteRulesIn):
    """A site's own rules, with all that hold and all defaults, in the same form."""

    version = fields.Integer(0, 1_000_000, required=True)
    effective = fields.Object(required=True)
    defaults = fields.Object(required=True)
    changed_at = fields.Instant(required=True, allow_none=True)
    changed_by = fields.Id(required=True, allow_none=True)


@room.route("GET", "/me/reminder-wishes", permission="own-reminders:read", gives=WishesOut)
def get_own_wishes(ctx: Context) -> Answer:
    """Get what one wants to hear, and when not."""
    found = wishes.own(ctx)
    return Answer(shown(found), headers=etag(found.version))


@room.route("PUT", "/me/reminder-wishes", permission="own-reminders:write", takes=WishesIn, gives=WishesMovedOut)
def change_own_wishes(ctx: Context, data: dict[str, Any]) -> Answer:
    """Pause reminders, stop kinds of them, or be asked for the diary; safe to retry."""
    found, moved = wishes.change(ctx, Said(**{**data, "stopped": frozenset(data["stopped"])}))
    return Answer(shown(found) | {"moved": moved}, headers=etag(found.version))


@room.route("GET", "/patients/<uuid:patient_id>/reminder-wishes", permission="reminders:read", gives=WishesOut)
def get_wishes(ctx: Context, patient_id: UUID) -> Answer:
    """Get what a patient wants to hear, and when not."""
    found = wishes.of_patient(ctx, patient_id)
    return Answer(shown(found), headers=etag(found.version))


@room.route(
    "PUT", "/me/reminders/<uuid:reminder_id>/snooze", permission="own-reminders:write", takes=SnoozeIn,
    gives=SnoozeOut, problems=(404, 409),
)  # fmt: skip
def snooze_reminder(ctx: Context, reminder_id: UUID, data: dict[str, Any]) -> snooze.Snoozed:
    """Put one of one's reminders off; the last word stands, and the same again is nothing new."""
    return snooze.snooze(ctx, reminder_id, data["until"])


@room.route("GET", "/sites/own/reminder-rules", permission="reminder-rules:read", gives=SiteRulesOut)
def get_reminder_rules(ctx: Context) -> Answer:
    """Get what one's own site reminds of, and when."""
    return _rules(site_rules.of_site(ctx))


@room.route(
    "PUT", "/sites/own/reminder-rules", permission="reminder-rules:write", takes=SiteRulesIn, gives=SiteRulesOut,
    if_match=True, problems=(409,),
)  # fmt: skip
def change_reminder_rules(ctx: Context, data: dict[str, Any], version: int) -> Answer:
    """Change what one's own site reminds of, and when; its patients' reminders follow within minutes."""
    return _rules(site_rules.change(ctx, version, data["rules"]))


def shown(found: Wishes) -> dict[str, Any]:
    """Return wishes as shown to those who may, and to their patient."""
    said = found.said
    return {
        "version": found.version,
        "paused_from": said.paused_from,
        "paused_until": said.paused_until,
        "stopped": sorted(said.stopped),
        "nudges": said.nudges,
        "changed_at": found.changed_at,
    }


def _rules(found: SiteRules) -> Answer:
    return Answer(found, headers=etag(found.version))
