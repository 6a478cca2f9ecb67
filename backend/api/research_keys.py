"""Keys over HTTP: made by a researcher for a script, shown once, listed and revoked."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Room
from backend.services import research_keys
from backend.services.context import Context

room = Room("keys")
_OF_STUDY = "/research/studies/<uuid:study_id>/keys"


class KeyIn(Schema):
    """What the key is for, in one's own words, and when it ends."""

    name = fields.Text(100, required=True)
    ends_at = fields.Instant(required=True)


class KeyOut(Schema):
    """A key; `token` is shown once, when it is made: send it as a bearer token."""

    id = fields.Id(required=True)
    name = fields.Text(100, required=True)
    made_at = fields.Instant(required=True)
    ends_at = fields.Instant(required=True)
    revoked_at = fields.Instant(required=True, allow_none=True)
    token = fields.Text(100, required=True, allow_none=True)


class KeyList(Schema):
    """One's own keys to a study, the newest first."""

    items = fields.Many(fields.Part(KeyOut), most=10_000, required=True)


@room.route(
    "POST", _OF_STUDY, permission="keys:write", takes=KeyIn, gives=KeyOut, status=201, problems=(409, 422)
)  # fmt: skip
def make_key(ctx: Context, study_id: UUID, data: dict[str, Any]) -> research_keys.Key:
    """Make a key with which a script pulls the data of one study, until a moment within a year."""
    return research_keys.make(ctx, study_id, data["name"], data["ends_at"])


@room.route("GET", _OF_STUDY, permission="keys:write", gives=KeyList)
def list_keys(ctx: Context, study_id: UUID) -> dict[str, Any]:
    """List one's own keys to a study, without their tokens."""
    return {"items": research_keys.mine(ctx, study_id)}


@room.route("DELETE", f"{_OF_STUDY}/<uuid:key_id>", permission="keys:write", status=204)
def revoke_key(ctx: Context, study_id: UUID, key_id: UUID) -> None:
    """Revoke one of one's own keys."""
    research_keys.revoke(ctx, study_id, key_id)
