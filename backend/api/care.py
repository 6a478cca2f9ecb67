"""Care relationships over HTTP: who may open a patient's record, from when until when."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Room
from backend.domain.permissions import Role
from backend.services import care
from backend.services.care import Care
from backend.services.context import Context

room = Room("care-relationships")


class CareIn(Schema):
    """Which colleague, from when (now where not given) until when (open where not given)."""

    staff_id = fields.Id(required=True)
    starts_at = fields.Instant(load_default=None, allow_none=True)
    ends_at = fields.Instant(load_default=None, allow_none=True)


class CareOut(Schema):
    """A care relationship; it stands from `starts_at` up to, not including, `ends_at`.

    One that somebody opened in an `emergency` bears their `reason`, which is null otherwise.
    """

    id = fields.Id(required=True)
    staff_id = fields.Id(required=True)
    name = fields.Text(200, required=True)
    role = fields.Choice(Role, required=True)
    starts_at = fields.Instant(required=True)
    ends_at = fields.Instant(required=True, allow_none=True)
    granted_by = fields.Id(required=True, allow_none=True)
    emergency = fields.Flag(required=True)
    reason = fields.Text(required=True, allow_none=True)


class CareList(Schema):
    """Care relationships, oldest first."""

    items = fields.Many(fields.Part(CareOut), most=100_000, required=True)


@room.route("GET", "/patients/<uuid:patient_id>/care-relationships", permission="care:read", gives=CareList)
def list_care_relationships(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """List who has, had or will have a care relationship with a patient."""
    return {"items": care.of_patient(ctx, patient_id)}


@room.route(
    "POST", "/patients/<uuid:patient_id>/care-relationships", permission="care:write", takes=CareIn, gives=CareOut,
    status=201, problems=(409,),
)  # fmt: skip
def begin_care_relationship(ctx: Context, patient_id: UUID, data: dict[str, Any]) -> Care:
    """Let a colleague of the same site care for a patient."""
    return care.begin(ctx, patient_id, data["staff_id"], data["starts_at"], data["ends_at"])


@room.route(
    "POST", "/patients/<uuid:patient_id>/care-relationships/<uuid:care_id>/end", permission="care:write", gives=CareOut
)
def end_care_relationship(ctx: Context, patient_id: UUID, care_id: UUID) -> Care:
    """End a care relationship, at once."""
    return care.end(ctx, patient_id, care_id)
