"""The access log over HTTP: the patient sees who looked at their record, and who was refused."""

from typing import Any

from marshmallow import Schema

from backend.api import fields, paging
from backend.api.endpoint import Room
from backend.api.shapes import PageIn
from backend.domain.permissions import Role
from backend.services import access_log
from backend.services.access_log import SYSTEM
from backend.services.context import Context

room = Room("access-log")


class LookOut(Schema):
    """One act on the record: `act` is noun:verb, and what was asked for where `refused`; only staff are named."""

    at = fields.Instant(required=True)
    who = fields.Text(200, required=True, allow_none=True)
    role = fields.Words(*(role.value for role in Role), SYSTEM, required=True)
    act = fields.Text(120, required=True)
    refused = fields.Flag(required=True)


class LookPage(Schema):
    """A page of the log, the newest first."""

    items = fields.Many(fields.Part(LookOut), most=paging.LARGEST, required=True)
    next = fields.Text(1000, required=True, allow_none=True)


@room.route("GET", "/me/access-log", permission="own-access:read", asks=PageIn, gives=LookPage)
def list_own_access(ctx: Context, query: dict[str, Any]) -> dict[str, Any]:
    """List what others did with one's record, and what they were refused; one's own acts are left out."""
    return paging.page(access_log.page(ctx, *paging.asked(query)), lambda look: look)
