"""Undelivered over HTTP: the worklist of what reached nobody, and whether reminders go out."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields, paging
from backend.api.endpoint import Answer, Room
from backend.api.shapes import PageIn
from backend.api.versions import etag
from backend.domain.requests import Outcome
from backend.services import undelivered
from backend.services.context import Context
from backend.services.undelivered import Item

room = Room("undelivered")


class OwnerOut(Schema):
    """Who is to look at it."""

    id = fields.Id(required=True)
    name = fields.Text(200, required=True)


class UndeliveredOut(Schema):
    """One thing a patient was not told, and since when it waits.

    `kind` is the reminder's, or `unreachable` where nothing can reach the patient; `due` is the day it was about, ""
    for none. `owner` is null where it belongs to whoever opens it; `escalated_at` is when everybody who cares was told.
    """

    id = fields.Id(required=True)
    patient_id = fields.Id(required=True)
    reminder_id = fields.Id(required=True, allow_none=True)
    kind = fields.Text(20, required=True)
    due = fields.Text(30, shortest=0, required=True)
    why = fields.Text(60, shortest=0, required=True)
    since = fields.Instant(required=True)
    owner = fields.Part(OwnerOut, required=True, allow_none=True)
    escalated_at = fields.Instant(required=True, allow_none=True)
    outcome = fields.Choice(Outcome, required=True, allow_none=True)
    settled_at = fields.Instant(required=True, allow_none=True)
    version = fields.Integer(1, 1_000_000, required=True)


class UndeliveredPage(Schema):
    """What is open, the oldest first."""

    items = fields.Many(fields.Part(UndeliveredOut), most=paging.LARGEST, required=True)
    next = fields.Text(1000, required=True, allow_none=True)


class SettlingIn(Schema):
    """Who is to look at it, or what became of it; `later` leaves it open and takes it on."""

    owner_id = fields.Id(load_default=None, allow_none=True)
    outcome = fields.Choice(Outcome, load_default=None, allow_none=True)


class StandingOut(Schema):
    """Whether reminders go out, and how much reached nobody.

    `delayed_since` is null where they do; `undelivered` is how much waits for one's own patients, `unowned` how much
    waits at one's site for patients whom nobody cares for.
    """

    delayed_since = fields.Instant(required=True, allow_none=True)
    undelivered = fields.Integer(0, 1_000_000_000, required=True)
    unowned = fields.Integer(0, 1_000_000_000, required=True)


@room.route("GET", "/undelivered", permission="undelivered:list", asks=PageIn, gives=UndeliveredPage)
def list_undelivered(ctx: Context, query: dict[str, Any]) -> dict[str, Any]:
    """List what did not reach the patients one cares for."""
    return paging.page(undelivered.waiting(ctx, *paging.asked(query)), _shown)


@room.route(
    "PUT", "/undelivered/<uuid:item_id>", permission="undelivered:write", takes=SettlingIn, gives=UndeliveredOut,
    if_match=True, problems=(404, 409),
)  # fmt: skip
def settle_undelivered(ctx: Context, item_id: UUID, data: dict[str, Any], version: int) -> Answer:
    """Say who looks after what did not reach a patient, or what became of it."""
    done = undelivered.settle(ctx, item_id, version, data["owner_id"], data["outcome"])
    return Answer(_shown(done), headers=etag(done.version))


@room.route("GET", "/reminders/standing", permission="reminders:standing", gives=StandingOut)
def get_standing(ctx: Context) -> dict[str, Any]:
    """Get whether reminders go out, and how much reached nobody."""
    found = undelivered.standing(ctx)
    return {"delayed_since": found.delayed_since, "undelivered": found.undelivered, "unowned": found.unowned}


def _shown(found: Item) -> dict[str, Any]:
    owner = found.owner
    return {
        "id": found.id,
        "patient_id": found.patient_id,
        "reminder_id": found.reminder_id,
        "kind": found.kind,
        "due": found.due,
        "why": found.why,
        "since": found.since,
        "owner": None if owner is None else {"id": owner.id, "name": owner.name},
        "escalated_at": found.escalated_at,
        "outcome": found.outcome,
        "settled_at": found.settled_at,
        "version": found.version,
    }
