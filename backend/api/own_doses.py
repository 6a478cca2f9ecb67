"""One's own doses over HTTP: a patient logs one taken at home, with the checklist signed before, and sees them all."""

from typing import Any

from marshmallow import Schema

from backend.api import fields
from backend.api.checklists import SignedIn, signed
from backend.api.doses import OwnDoseChangedOut, OwnDoseOut, answered, own_shown
from backend.api.endpoint import Answer, Room
from backend.api.shapes import OccurredIn, occurred
from backend.domain.dosing import BodySite
from backend.domain.regimens import Route
from backend.domain.reports import Report
from backend.services import own_doses
from backend.services.context import Context
from backend.services.doses import Told

room = Room("doses")


class TakenIn(Schema):
    """A dose taken at home, under the id the phone made; `checklist` where the site asks one before it."""

    id = fields.Id(required=True)
    treatment_id = fields.Id(required=True)
    occurred = fields.Part(OccurredIn, required=True)
    recorded_at = fields.Instant(required=True)
    route = fields.Choice(Route, load_default=None, allow_none=True)
    body_site = fields.Choice(BodySite, load_default=None, allow_none=True)
    checklist = fields.Part(SignedIn, load_default=None, allow_none=True)


class OwnDoseList(Schema):
    """One's own doses in the order of their moments."""

    items = fields.Many(fields.Part(OwnDoseOut), most=100_000, required=True)


@room.route(
    "POST", "/me/doses", permission="own-doses:write", takes=TakenIn, gives=OwnDoseChangedOut, status=201, also=(200,),
    problems=(404, 409),
)  # fmt: skip
def take_dose(ctx: Context, data: dict[str, Any]) -> Answer:
    """Log a dose taken at home; a retry of the same upload answers 200 with `duplicate`."""
    told = Told(data["id"], data["treatment_id"], data["route"])
    report = Report(data["id"], occurred(data["occurred"]), data["recorded_at"])
    changed = own_doses.take(ctx, told, report, data["body_site"], signed(data["checklist"]))
    return answered(changed, 201, own_shown)


@room.route("GET", "/me/doses", permission="own-plan:read", gives=OwnDoseList)
def list_own_doses(ctx: Context) -> dict[str, Any]:
    """List one's own doses."""
    return {"items": [own_shown(shown) for shown in own_doses.own(ctx)]}
