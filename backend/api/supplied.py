"""Supplied over HTTP: what a site adds to an instrument from its own manual, so that it can be scored."""

from typing import Any

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Answer, Room
from backend.api.versions import etag
from backend.domain.instruments import Need
from backend.services import supplied
from backend.services.context import Context

room = Room("instruments")
LARGEST = 1_000_000
_ALL = "/sites/own/instruments"
_PATH = f"{_ALL}/<string:key>"


class SuppliedItemShape(Schema):
    """One question of a short form: its code, its range, and what each answer is worth, if not itself."""

    code = fields.Text(20, required=True)
    low = fields.Integer(0, 1000, required=True)
    high = fields.Integer(0, 1000, required=True)
    points = fields.Many(fields.Integer(0, 1000), most=1001, fewest=1, load_default=None, allow_none=True)


class SuppliedScaleShape(Schema):
    """The items of a scale that the manual assigns."""

    scale = fields.Text(40, required=True)
    items = fields.Many(fields.Text(20), most=200, required=True)


class SuppliedValueShape(Schema):
    """The value of a profile of answers."""

    profile = fields.Text(20, required=True)
    value = fields.Number(-1000, 1000, required=True)


class SuppliedTShape(Schema):
    """The T-score of a sum."""

    sum = fields.Integer(0, 10_000, required=True)
    value = fields.Number(0, 200, required=True)


class SuppliedLeastShape(Schema):
    """How many items of a scale must be answered."""

    scale = fields.Text(40, required=True)
    least = fields.Integer(1, 200, required=True)


class SuppliedIn(Schema):
    """All that a site supplies to an instrument, and from which manual; what is left out stays as it was.

    `mirrored` are the items that count from the other end: an empty list says that none do.
    """

    reference = fields.Text(400, required=True)
    items = fields.Many(fields.Part(SuppliedItemShape), most=200, load_default=list)
    mirrored = fields.Many(fields.Text(20), most=200, load_default=None, allow_none=True)
    scales = fields.Many(fields.Part(SuppliedScaleShape), most=50, load_default=list)
    values = fields.Many(fields.Part(SuppliedValueShape), most=20_000, load_default=list)
    t_scores = fields.Many(fields.Part(SuppliedTShape), most=1000, load_default=list)
    least = fields.Many(fields.Part(SuppliedLeastShape), most=50, load_default=list)


class SuppliedOut(Schema):
    """What a site supplied to an instrument, in which version, and what is needed still before it is scored."""

    instrument = fields.Text(60, required=True)
    version = fields.Integer(1, 100_000, required=True)
    supplied = fields.Part(SuppliedIn, required=True)
    needs = fields.Many(fields.Choice(Need), most=len(Need), required=True)
    supplied_at = fields.Instant(required=True)
    supplied_by = fields.Id(required=True, allow_none=True)


class SuppliedList(Schema):
    """What a site supplied, by the instrument's key."""

    items = fields.Many(fields.Part(SuppliedOut), most=1000, required=True)


@room.route("GET", _ALL, permission="questionnaires:read", gives=SuppliedList)
def list_supplied(ctx: Context) -> dict[str, Any]:
    """List what one's own site supplied to instruments, with what each needs still."""
    return {"items": supplied.every(ctx)}


@room.route("GET", _PATH, permission="questionnaires:read", gives=SuppliedOut, problems=(404,))
def read_supplied(ctx: Context, key: str) -> Answer:
    """See what one's own site supplied to an instrument."""
    return _told(supplied.one(ctx, key))


@room.route(
    "PUT", _PATH, permission="questionnaires:publish", takes=SuppliedIn, gives=SuppliedOut, if_match=True,
    largest=LARGEST,
)  # fmt: skip
def supply_instrument(ctx: Context, key: str, data: dict[str, Any], version: int) -> Answer:
    """Supply what an instrument needs from one's own manual; If-Match names the version that was read, "0" for none."""
    return _told(supplied.supply(ctx, key, version, data))


def _told(found: supplied.Shown) -> Answer:
    return Answer(found, headers=etag(found.version))
