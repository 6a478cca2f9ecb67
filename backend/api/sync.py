"""Sync over HTTP: a phone sends what was logged and gets what changed, in one call that is safe to repeat."""

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import Schema

from backend.api import changes, doses, fields, problems, questionnaires, requests, results, samples, symptoms
from backend.api.changes import TYPES, ChangeIn
from backend.api.documents import documents
from backend.api.endpoint import Room
from backend.api.problems import DifferenceOut, PointerOut
from backend.domain import cursors
from backend.domain.errors import ClinicError
from backend.services import sync
from backend.services.changes import Change, Outcome, Result
from backend.services.context import Context
from backend.services.feed import DOCUMENTS, Kind
from backend.services.pulling import Item, Pulled
from backend.services.receipts import Receipt

room = Room("sync")

LARGEST = 1024 * 1024
"""Bytes of a batch (P07)."""
MOST = 500
"""Changes of a batch, and records of a page."""


class ReceiptIn(Schema):
    """What the phone did with a reminder."""

    id = fields.Id(required=True)
    state = fields.Words("shown", "opened", "dismissed", required=True)
    at = fields.Instant(required=True)


class SyncIn(Schema):
    """One call of a phone. `sent_at` is its clock now: how far it is off is estimated from that."""

    cursor = fields.Text(300, load_default=None, allow_none=True)
    changes = fields.Many(fields.Unread(ChangeIn), most=MOST, load_default=list)
    receipts = fields.Many(fields.Part(ReceiptIn), most=MOST, load_default=list)
    sent_at = fields.Instant(load_default=None, allow_none=True)
    client = fields.Text(40, load_default=None, allow_none=True)
    limit = fields.Integer(1, MOST, load_default=MOST)


class RefusalOut(Schema):
    """Why a change was refused."""

    code = fields.Text(50, required=True)
    title = fields.Text(200, required=True)
    detail = fields.Text(shortest=0, required=True)
    pointers = fields.Many(fields.Part(PointerOut), most=500, required=True)


class ChangeResultOut(Schema):
    """What became of one change; `stored` is the record as it stands. Only a `stale` one is sent again as it is."""

    type = fields.Words(*TYPES, required=True, allow_none=True)
    id = fields.Id(required=True, allow_none=True)
    result = fields.Choice(Outcome, required=True)
    version = fields.Integer(1, 1_000_000, required=True, allow_none=True)
    retryable = fields.Flag(required=True)
    problem = fields.Part(RefusalOut, required=True, allow_none=True)
    stored = fields.Object(required=True, allow_none=True)
    difference = fields.Many(fields.Part(DifferenceOut), most=50, required=True)


class PulledOut(Schema):
    """One record or document as it stands; `data` is null where the record is gone."""

    type = fields.Choice(Kind, required=True)
    id = fields.Id(required=True)
    version = fields.Integer(1, 1_000_000, required=True, allow_none=True)
    retracted = fields.Flag(required=True)
    data = fields.Object(required=True, allow_none=True)


class SyncOut(Schema):
    """What became of each change, in order, and what the phone has not seen.

    With `reset` the phone forgets what it was given before, never what it has still to send. While `more` it calls
    again. `backoff`: seconds to wait before the next call. `reminders_delayed_since` is set while reminders do not go
    out: since when.
    """

    results = fields.Many(fields.Part(ChangeResultOut), most=MOST, required=True)
    changes = fields.Many(fields.Part(PulledOut), most=2 * MOST, required=True)
    reset = fields.Flag(required=True)
    cursor = fields.Text(300, required=True)
    more = fields.Flag(required=True)
    server_time = fields.Instant(required=True)
    min_client = fields.Text(40, required=True)
    backoff = fields.Integer(0, 86_400, required=True)
    reminders_delayed_since = fields.Instant(required=True, allow_none=True)


@room.route("POST", "/me/sync", permission="own-record:sync", takes=SyncIn, gives=SyncOut, largest=LARGEST)
def sync_phone(ctx: Context, data: dict[str, Any]) -> dict[str, Any]:
    """Send what was logged on the phone and get what changed; safe to repeat, in any order, at any time."""
    patient_id = ctx.who.patient_id
    sent = [changes.change(raw, patient_id) for raw in data["changes"]] if patient_id is not None else []
    told = [Receipt(one["id"], one["state"], one["at"]) for one in data["receipts"]]
    call = sync.Call(data["cursor"], sent, told, data["sent_at"], data["client"], data["limit"])
    done = sync.sync(ctx, call)
    return {
        "results": [_result(result) for result in done.results],
        "changes": _pulled(ctx, done.pulled),
        "reset": done.pulled.reset,
        "cursor": cursors.written(done.pulled.cursor),
        "more": done.pulled.more,
        "server_time": ctx.now,
        "min_client": ctx.settings.min_client,
        "backoff": ctx.settings.sync_backoff_s,
        "reminders_delayed_since": done.reminders_delayed_since,
    }


def _result(result: Result) -> dict[str, Any]:
    change, error = result.change, result.error
    stored = None if result.stored is None or not isinstance(change, Change) else _VIEWS[change.kind](result.stored)
    return {
        "type": change.said["type"] if isinstance(change, Change) else change.type,
        "id": change.id,
        "result": result.outcome,
        "version": stored["version"] if stored else None,
        "retryable": result.outcome is Outcome.STALE,
        "problem": None if error is None else _problem(error),
        "stored": stored,
        "difference": error.difference if error else (),
    }


def _problem(error: ClinicError) -> dict[str, Any]:
    told = problems.body(error)
    where = [{**one, "pointer": _within(one["pointer"])} for one in told["pointers"]]
    return {"code": told["code"], "title": told["title"], "detail": told["detail"], "pointers": where}


def _within(pointer: str) -> str:
    """Return a pointer into the change: what the clinic says of a field is said of the change's data."""
    first = pointer.split("/")[1] if "/" in pointer else ""
    return pointer if first in {"", *ChangeIn().fields} else f"/data{pointer}"


def _pulled(ctx: Context, pulled: Pulled) -> list[dict[str, Any]]:
    wanted = {item.kind for item in pulled.items if item.kind in DOCUMENTS}
    read = documents(ctx, wanted) if wanted else {}
    return [_document(item, read[item.kind]) if item.kind in read else _record(item) for item in pulled.items]


def _document(item: Item, data: Any) -> dict[str, Any]:
    return {"type": item.kind, "id": item.id, "version": None, "retracted": False, "data": data}


def _record(item: Item) -> dict[str, Any]:
    data = None if item.record is None else _PULLED.get(item.kind, _VIEWS[item.kind])(item.record)
    version = data["version"] if data else None
    return {"type": item.kind, "id": item.id, "version": version, "retracted": data is None, "data": data}


View = Callable[[Any], dict[str, Any]]

_VIEWS: Mapping[Kind, View] = {
    Kind.ENTRY: symptoms.shown,
    Kind.RESPONSE: questionnaires.shown,
    Kind.SAMPLE: samples.own_shown,
    Kind.DOSE: doses.own_shown,
    Kind.REQUEST: requests.shown,
}
_PULLED: Mapping[Kind, View] = {Kind.SAMPLE: results.reported}
"""A sample is pulled with its released results."""
