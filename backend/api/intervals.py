"""Dosing intervals over HTTP: from dose to dose, each with its length, its class and how many entries fall in it."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Room
from backend.domain.regimens import Route
from backend.services import intervals
from backend.services.context import Context
from backend.services.intervals import Counted

room = Room("intervals")


class OwnIntervalOut(Schema):
    """From one given dose to the next; the last is open and ends provisionally on `planned_end_on`.

    `planned_weeks` is the class, null while loading and for regimens without whole weeks.
    """

    number = fields.Integer(1, 100_000, required=True)
    route = fields.Choice(Route, required=True)
    opened_on = fields.Day(required=True)
    closed_on = fields.Day(required=True, allow_none=True)
    planned_end_on = fields.Day(required=True, allow_none=True)
    length_days = fields.Integer(-1, 100_000, required=True, allow_none=True)
    planned_weeks = fields.Integer(1, 1000, required=True, allow_none=True)
    stopped = fields.Flag(required=True)
    route_switch = fields.Flag(required=True)
    entries = fields.Integer(0, 1_000_000, required=True)


class IntervalOut(OwnIntervalOut):
    """An interval with the treatment and drug of the dose that opened it, and the doses at both ends."""

    treatment_id = fields.Id(required=True)
    drug = fields.Text(40, required=True)
    opened_by = fields.Id(required=True)
    closed_by = fields.Id(required=True, allow_none=True)


class OwnIntervalList(Schema):
    """Intervals, oldest first."""

    items = fields.Many(fields.Part(OwnIntervalOut), most=100_000, required=True)


class IntervalList(Schema):
    """Intervals, oldest first."""

    items = fields.Many(fields.Part(IntervalOut), most=100_000, required=True)


@room.route("GET", "/me/intervals", permission="own-plan:read", gives=OwnIntervalList)
def list_own_intervals(ctx: Context) -> dict[str, Any]:
    """List one's own dosing intervals."""
    return {"items": [own_shape(counted) for counted in intervals.of_own(ctx)]}


@room.route(
    "GET", "/patients/<uuid:patient_id>/intervals", permission="intervals:read", gives=IntervalList, problems=(404,)
)
def list_intervals(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """List a patient's dosing intervals."""
    return {"items": [_shape(counted) for counted in intervals.of_patient(ctx, patient_id)]}


def own_shape(counted: Counted) -> dict[str, Any]:
    """Return an interval as its patient sees it."""
    found = counted.interval
    return {
        "number": found.number,
        "route": found.route,
        "opened_on": found.opened_on,
        "closed_on": found.closed_on,
        "planned_end_on": found.planned_end_on,
        "length_days": found.length_days,
        "planned_weeks": found.planned_weeks,
        "stopped": found.stopped,
        "route_switch": found.route_switch,
        "entries": counted.entries,
    }


def _shape(counted: Counted) -> dict[str, Any]:
    found = counted.interval
    return own_shape(counted) | {
        "treatment_id": found.treatment_id,
        "drug": found.drug_key,
        "opened_by": found.opened_by,
        "closed_by": found.closed_by,
    }
