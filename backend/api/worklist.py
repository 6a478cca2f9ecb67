"""The worklist over HTTP: who needs something, by how long they have waited, and what became of calling them."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Answer, Room
from backend.domain.calls import Outcome
from backend.domain.worklist import Kind
from backend.services import calls, worklist
from backend.services.calls import Call, Told
from backend.services.context import Context
from backend.services.undelivered import Owner
from backend.services.worklist import Row

room = Room("worklist")


class CalledByOut(Schema):
    """Somebody of the clinic."""

    id = fields.Id(required=True)
    name = fields.Text(200, required=True)


class LastCallOut(Schema):
    """What the newest call about a thing came to: `on` is a day agreed on, or to come back to it."""

    outcome = fields.Choice(Outcome, required=True)
    on = fields.Day(required=True, allow_none=True)
    at = fields.Instant(required=True)
    by = fields.Part(CalledByOut, required=True, allow_none=True)
    words = fields.Text(required=True, allow_none=True)


class WaitingOut(Schema):
    """One thing that needs somebody, `since` a moment; nothing is ranked by urgency.

    `key` is `kind:subject`. `detail` holds codes, ids and days, by kind; of an emergency also who it was and why,
    how often they `opened_before` within a day, and whether a colleague had ended that (`after_ended`).
    `words` are the patient's own, of a request. What has a `version` is settled by naming it.
    """

    key = fields.Text(160, required=True)
    kind = fields.Choice(Kind, required=True)
    patient_id = fields.Id(required=True)
    name = fields.Text(200, required=True, allow_none=True)
    hospital_number = fields.Text(40, required=True, allow_none=True)
    subject = fields.Text(120, required=True)
    since = fields.Instant(required=True)
    due_on = fields.Day(required=True, allow_none=True)
    detail = fields.Object(required=True)
    words = fields.Text(required=True, allow_none=True)
    owner = fields.Part(CalledByOut, required=True, allow_none=True)
    version = fields.Integer(1, 1_000_000, required=True, allow_none=True)
    call = fields.Part(LastCallOut, required=True, allow_none=True)


class WorklistOut(Schema):
    """Everything that waits, longest first, and how much of each kind that the reader may see."""

    items = fields.Many(fields.Part(WaitingOut), most=1_000_000, required=True)
    counts = fields.Object(required=True)
    generated_at = fields.Instant(required=True)


class CallIn(Schema):
    """What became of a call about a thing on the worklist, under an id made by whoever called.

    `version` is the thing's where it has one. `agreed` and `later` name the day (`on`), `removed` says why in `words`,
    which the patient is not shown.
    """

    id = fields.Id(required=True)
    kind = fields.Choice(Kind, required=True)
    subject = fields.Text(120, required=True)
    version = fields.Integer(1, 1_000_000, load_default=None, allow_none=True)
    outcome = fields.Choice(Outcome, required=True)
    on = fields.Day(load_default=None, allow_none=True)
    words = fields.Text(load_default=None, allow_none=True)


class CallOut(LastCallOut):
    """A call about a thing on the worklist; it is never changed."""

    id = fields.Id(required=True)
    kind = fields.Choice(Kind, required=True)
    subject = fields.Text(120, required=True)
    duplicate = fields.Flag(required=True)


class CallList(Schema):
    """Calls, the newest first."""

    items = fields.Many(fields.Part(CallOut), most=100_000, required=True)


@room.route("GET", "/worklist", permission="worklist:list", gives=WorklistOut)
def list_worklist(ctx: Context) -> dict[str, Any]:
    """List which of the patients one cares for need something."""
    found = worklist.waiting(ctx)
    return {
        "items": [_item(row) for row in found.rows],
        "counts": {kind.value: count for kind, count in found.counts.items()},
        "generated_at": found.generated_at,
    }


@room.route(
    "POST", "/patients/<uuid:patient_id>/calls", permission="worklist:write", takes=CallIn, gives=CallOut, status=201,
    also=(200,), problems=(404, 409),
)  # fmt: skip
def record_call(ctx: Context, patient_id: UUID, data: dict[str, Any]) -> Answer:
    """Say what became of a call about something on the worklist; a request is settled with it."""
    made = calls.record(ctx, patient_id, Told(**data))
    return Answer(_call(made), 200 if made.duplicate else 201)


@room.route("GET", "/patients/<uuid:patient_id>/calls", permission="calls:read", gives=CallList)
def list_calls(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """List what became of the calls with a patient."""
    return {"items": [_call(one) for one in calls.of_patient(ctx, patient_id)]}


def _item(row: Row) -> dict[str, Any]:
    need, item = row.need, row.need.item
    return {
        "key": item.key,
        "kind": item.kind,
        "patient_id": need.patient.id,
        "name": row.identity.name,
        "hospital_number": row.identity.hospital_number,
        "subject": item.subject,
        "since": item.since,
        "due_on": item.due_on,
        "detail": dict(item.detail),
        "words": need.words,
        "owner": _person(need.owner),
        "version": need.version,
        "call": None if row.call is None else _last(row.call),
    }


def _last(call: Call) -> dict[str, Any]:
    said = {"outcome": call.outcome, "on": call.on, "at": call.at, "words": call.words}
    return said | {"by": _person(call.by)}


def _call(call: Call) -> dict[str, Any]:
    what = {"id": call.id, "kind": call.kind, "subject": call.subject}
    return what | _last(call) | {"duplicate": call.duplicate}


def _person(who: Owner | None) -> dict[str, Any] | None:
    return None if who is None else {"id": who.id, "name": who.name}
