"""Monitoring over HTTP: which checks a patient's drugs ask for, and recording that one was done."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Answer, Room
from backend.services import monitoring
from backend.services.context import Context

room = Room("monitoring")


class CheckOut(Schema):
    """One check of one treatment; `due_on` is null when nothing is due or the source gives no schedule."""

    treatment_id = fields.Id(required=True)
    drug = fields.Text(40, required=True)
    check = fields.Text(60, required=True)
    what_en = fields.Text(500, required=True)
    what_nl = fields.Text(500, required=True)
    applies = fields.Text(500, shortest=0, required=True)
    before_each_dose = fields.Flag(required=True)
    last_done_on = fields.Day(required=True, allow_none=True)
    due_on = fields.Day(required=True, allow_none=True)
    overdue = fields.Flag(required=True)


class CheckList(Schema):
    """Checks, what is due first."""

    items = fields.Many(fields.Part(CheckOut), most=1000, required=True)


class DoneIn(Schema):
    """A check that was done; the server makes an id when none is given."""

    id = fields.Id(load_default=None, allow_none=True)
    treatment_id = fields.Id(required=True)
    check = fields.Text(60, required=True)
    done_on = fields.Day(required=True)


class DoneOut(Schema):
    """A check that was recorded as done."""

    id = fields.Id(required=True)
    treatment_id = fields.Id(required=True)
    check = fields.Text(60, required=True)
    done_on = fields.Day(required=True)
    duplicate = fields.Flag(required=True)


@room.route("GET", "/patients/<uuid:patient_id>/monitoring", permission="monitoring:read", gives=CheckList)
def list_checks(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """List what a patient's drugs ask for, when it was last done and when it is due."""
    return {"items": monitoring.of_patient(ctx, patient_id)}


@room.route(
    "POST", "/patients/<uuid:patient_id>/monitoring", permission="monitoring:write", takes=DoneIn, gives=DoneOut,
    status=201, also=(200,), problems=(409,),
)  # fmt: skip
def record_check(ctx: Context, patient_id: UUID, data: dict[str, Any]) -> Answer:
    """Record that a check was done; a retry under the same id answers 200 with `duplicate`."""
    done = monitoring.record(ctx, patient_id, data["id"], data["treatment_id"], data["check"], data["done_on"])
    return Answer(done, 200 if done.duplicate else 201)
