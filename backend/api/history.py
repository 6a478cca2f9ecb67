"""A patient's history over HTTP: every change to what is known of their treatment, with who made it and why."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields, paging
from backend.api.endpoint import Room
from backend.api.shapes import PageIn
from backend.domain.permissions import Role
from backend.services import history
from backend.services.changed import What
from backend.services.context import Context
from backend.services.history import Told

room = Room("history")


class WhoOut(Schema):
    """Who did something; a patient is not named."""

    id = fields.Id(required=True)
    name = fields.Text(200, required=True, allow_none=True)
    role = fields.Choice(Role, required=True)


class HistoryChangeOut(Schema):
    """One change: `version` is the one it made of `subject`, `by` null where nobody was logged in or nobody knows.

    `reason` holds why it was done; of a request, what the patient asked or the clinic wrote back. A change of identity
    names its fields and not what they held.
    """

    id = fields.Id(required=True)
    at = fields.Instant(required=True)
    what = fields.Choice(What, required=True)
    subject = fields.Id(required=True)
    act = fields.Text(40, required=True)
    version = fields.Integer(1, 1_000_000, required=True)
    by = fields.Part(WhoOut, required=True, allow_none=True)
    reason = fields.Text(required=True, allow_none=True)
    before = fields.Object(required=True, allow_none=True)
    after = fields.Object(required=True, allow_none=True)


class HistoryPage(Schema):
    """A page of a history, the newest change first."""

    items = fields.Many(fields.Part(HistoryChangeOut), most=paging.LARGEST, required=True)
    next = fields.Text(1000, required=True, allow_none=True)


@room.route(
    "GET", "/patients/<uuid:patient_id>/history", permission="history:read", asks=PageIn, gives=HistoryPage,
    problems=(404,),
)  # fmt: skip
def get_history(ctx: Context, patient_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
    """List every change to what is known of a patient's treatment, the newest first, with who made it and why."""
    return paging.page(history.page(ctx, patient_id, *paging.asked(query)), _shown)


def _shown(told: Told) -> dict[str, Any]:
    change = told.change
    return {
        "id": change.id,
        "at": change.at,
        "what": change.what,
        "subject": change.subject,
        "act": change.act,
        "version": change.version,
        "by": told.by,
        "reason": change.reason or None,
        "before": change.before,
        "after": change.after,
    }
