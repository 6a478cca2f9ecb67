"""Consents over HTTP: a patient sees which studies they take part in, and withdraws."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Room
from backend.services import consents
from backend.services.consents import Consent
from backend.services.context import Context

room = Room("consents")


class ConsentOut(Schema):
    """What one said to a study: since when yes, and since when no longer."""

    study_id = fields.Id(required=True)
    name = fields.Text(200, required=True)
    consented_at = fields.Instant(required=True)
    withdrawn_at = fields.Instant(required=True, allow_none=True)


class ConsentList(Schema):
    """One's own consents, by when they were given."""

    items = fields.Many(fields.Part(ConsentOut), most=10_000, required=True)


@room.route("GET", "/me/consents", permission="own-consents:read", gives=ConsentList)
def list_own_consents(ctx: Context) -> dict[str, Any]:
    """List one's own consents to studies, those withdrawn too."""
    return {"items": consents.own(ctx)}


@room.route(
    "POST", "/me/consents/<uuid:study_id>/withdrawal", permission="own-consents:write", gives=ConsentOut,
    problems=(404,),
)  # fmt: skip
def withdraw_own_consent(ctx: Context, study_id: UUID) -> Consent:
    """Withdraw one's consent to a study; twice changes nothing."""
    return consents.withdraw(ctx, study_id)
