"""The roster over HTTP: how each of the patients one cares for stands, all in one answer."""

from typing import Any

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Room
from backend.domain.adherence import State
from backend.domain.regimens import Route
from backend.domain.treatment import Expected
from backend.services import roster
from backend.services.context import Context
from backend.services.roster import MOST, Row

room = Room("roster")


class NextDoseOut(Schema):
    """The next dose: `planned` was decided by somebody, `projected` follows from the plan alone."""

    on = fields.Day(required=True)
    at = fields.Instant(required=True)
    sure = fields.Words("planned", "projected", required=True)


class AdherenceOut(Schema):
    """How it stands with the form about one interval."""

    interval = fields.Integer(1, 100_000, required=True)
    state = fields.Choice(State, required=True)


class ExtendedOut(Schema):
    """Whether the dosing is extended, by each of the three definitions; null where one says nothing."""

    by_infusions = fields.Flag(required=True, allow_none=True)
    by_mean = fields.Flag(required=True, allow_none=True)
    by_delay = fields.Flag(required=True, allow_none=True)
    infusions_18m = fields.Integer(0, 10_000, required=True, allow_none=True)
    mean_weeks = fields.Number(0, 10_000, required=True, allow_none=True)


class RosterRowOut(Schema):
    """How one patient stands; days are the patient's own, `adherence` holds the last six intervals, oldest first."""

    patient_id = fields.Id(required=True)
    name = fields.Text(200, required=True, allow_none=True)
    birth_on = fields.Day(required=True, allow_none=True)
    hospital_number = fields.Text(40, required=True, allow_none=True)
    drug = fields.Text(40, required=True, allow_none=True)
    route = fields.Choice(Route, required=True, allow_none=True)
    interval_weeks = fields.Integer(1, 1000, required=True, allow_none=True)
    stopped_on = fields.Day(required=True, allow_none=True)
    last_dose_on = fields.Day(required=True, allow_none=True)
    days_since_dose = fields.Integer(0, 100_000, required=True, allow_none=True)
    next_dose = fields.Part(NextDoseOut, required=True, allow_none=True)
    last_entry_on = fields.Day(required=True, allow_none=True)
    adherence = fields.Many(fields.Part(AdherenceOut), most=100, required=True)
    eid = fields.Part(ExtendedOut, required=True)


class RosterOut(Schema):
    """All patients one cares for, by when they were enrolled."""

    items = fields.Many(fields.Part(RosterRowOut), most=MOST, required=True)
    generated_at = fields.Instant(required=True)


@room.route("GET", "/roster", permission="roster:list", gives=RosterOut)
def get_roster(ctx: Context) -> dict[str, Any]:
    """See at a glance how the patients one cares for stand."""
    found = roster.standing(ctx)
    return {"items": [_row(row) for row in found.rows], "generated_at": found.generated_at}


def _row(row: Row) -> dict[str, Any]:
    plan = row.plan
    return {
        "patient_id": row.patient_id,
        "name": row.identity.name,
        "birth_on": row.identity.birth_on,
        "hospital_number": row.identity.hospital_number,
        "drug": plan.drug_key if plan else None,
        "route": plan.route if plan else None,
        "interval_weeks": plan.interval_weeks if plan else None,
        "stopped_on": plan.stopped_on if plan else None,
        "last_dose_on": row.last_dose_on,
        "days_since_dose": row.days_since_dose,
        "next_dose": _next(row.coming),
        "last_entry_on": row.last_entry_on,
        "adherence": [{"interval": number, "state": state} for number, state in row.adherence],
        "eid": {
            "by_infusions": row.extension.by_infusions.extended,
            "by_mean": row.extension.by_mean.extended,
            "by_delay": row.extension.by_delay.extended,
            "infusions_18m": row.extension.infusions_18m,
            "mean_weeks": row.extension.mean_weeks,
        },
    }


def _next(coming: Expected | None) -> dict[str, Any] | None:
    if coming is None:
        return None
    return {"on": coming.on, "at": coming.at, "sure": "planned" if coming.certain else "projected"}
