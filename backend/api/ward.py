"""The day ward's calendar over HTTP: the doses of each day among the patients one cares for."""

from typing import Any

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Room
from backend.api.shapes import OccurredOut
from backend.domain.dosing import Status
from backend.domain.regimens import Route
from backend.services import ward
from backend.services.context import Context
from backend.services.ward import DAYS_MOST, Slot

room = Room("ward")


class StretchIn(Schema):
    """From which day to which, both inclusive, at most 62 days: a week from today on where nothing is said."""

    first = fields.Day(load_default=None)
    last = fields.Day(load_default=None)


class WardSlotOut(Schema):
    """A dose on the calendar, with the interval that ends with it: the plan's weeks, and its days so far."""

    patient_id = fields.Id(required=True)
    name = fields.Text(200, required=True, allow_none=True)
    dose_id = fields.Id(required=True)
    version = fields.Integer(1, 1_000_000, required=True)
    treatment_id = fields.Id(required=True)
    drug = fields.Text(40, required=True)
    route = fields.Choice(Route, required=True)
    status = fields.Choice(Status, required=True)
    planned = fields.Part(OccurredOut, required=True, allow_none=True)
    given = fields.Part(OccurredOut, required=True, allow_none=True)
    interval_weeks = fields.Integer(1, 1000, required=True, allow_none=True)
    days_since_last = fields.Integer(0, 100_000, required=True, allow_none=True)


class WardDayOut(Schema):
    """One local calendar day and its doses, in the order of their moments."""

    on = fields.Day(required=True)
    doses = fields.Many(fields.Part(WardSlotOut), most=100_000, required=True)


class ProjectedOut(Schema):
    """A dose that a plan expects and nobody planned yet."""

    patient_id = fields.Id(required=True)
    name = fields.Text(200, required=True, allow_none=True)
    treatment_id = fields.Id(required=True)
    drug = fields.Text(40, required=True)
    on = fields.Day(required=True)
    at = fields.Instant(required=True)
    zone = fields.Text(64, required=True)


class WardOut(Schema):
    """Every day of the stretch, and what is still to be planned in it."""

    days = fields.Many(fields.Part(WardDayOut), most=DAYS_MOST, required=True)
    projected = fields.Many(fields.Part(ProjectedOut), most=100_000, required=True)


@room.route("GET", "/ward", permission="ward:list", asks=StretchIn, gives=WardOut)
def get_ward(ctx: Context, query: dict[str, Any]) -> dict[str, Any]:
    """Get the day ward's calendar of the patients one cares for."""
    found = ward.calendar(ctx, query["first"], query["last"])
    days = [{"on": day.on, "doses": [_slot(slot) for slot in day.doses]} for day in found.days]
    return {"days": days, "projected": [_projected(one) for one in found.projected]}


def _slot(slot: Slot) -> dict[str, Any]:
    dose = slot.dose
    return {
        "patient_id": slot.patient_id,
        "name": slot.name,
        "dose_id": dose.id,
        "version": dose.version,
        "treatment_id": dose.treatment_id,
        "drug": slot.drug_key,
        "route": dose.route,
        "status": dose.status,
        "planned": dose.planned,
        "given": dose.given,
        "interval_weeks": slot.interval_weeks,
        "days_since_last": slot.days_since_last,
    }


def _projected(one: ward.Projected) -> dict[str, Any]:
    return {
        "patient_id": one.patient_id,
        "name": one.name,
        "treatment_id": one.treatment_id,
        "drug": one.drug_key,
        "on": one.on,
        "at": one.at,
        "zone": one.zone,
    }
