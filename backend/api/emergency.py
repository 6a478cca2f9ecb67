"""Emergency access over HTTP: who does not care for a patient opens the record for some hours, with a reason."""

from typing import Any

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Answer, Room
from backend.services import emergency
from backend.services.context import Context
from backend.services.emergency import Named

room = Room("emergency-access")


class EmergencyIn(Schema):
    """Whose record, as the patient is known at the bedside, and why, under an id made by who asks."""

    id = fields.Id(required=True)
    hospital_number = fields.Text(40, required=True)
    birth_on = fields.Day(required=True)
    reason = fields.Text(required=True)


class EmergencyOut(Schema):
    """The opened record: the care relationship it is, and when that ends by itself."""

    patient_id = fields.Id(required=True)
    care_id = fields.Id(required=True)
    ends_at = fields.Instant(required=True)
    duplicate = fields.Flag(required=True)


@room.route(
    "POST", "/emergency-access", permission="emergency:write", takes=EmergencyIn, gives=EmergencyOut, status=201,
    also=(200,), problems=(404, 409, 429),
)  # fmt: skip
def enter_in_emergency(ctx: Context, data: dict[str, Any]) -> Answer:
    """Open a patient's record in an emergency; everybody who cares, and the patient, is told."""
    opened = emergency.enter(ctx, Named(**data))
    return Answer(opened, 200 if opened.duplicate else 201)
