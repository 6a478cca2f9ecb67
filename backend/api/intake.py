"""Taking in a list over HTTP: doses of the patients one cares for, from a CSV table, first shown and then stored."""

from typing import Any

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Room
from backend.domain.intake import Dates
from backend.services import intake_doses
from backend.services.context import Context

room = Room("intake")
LARGEST = 1_000_000
"""Characters of a table."""


class DosesIn(Schema):
    """A table of doses as `uitwerk import` reads it (docs/reference/import.md), and whether to store what is new."""

    csv = fields.Text(LARGEST, required=True)
    dates = fields.Choice(Dates, load_default=Dates.ISO)
    confirm = fields.Flag(required=True)


class RefusedRowOut(Schema):
    """A row that was not taken: its first line in the table (1 is the header), a code, and why, without its values."""

    line = fields.Integer(1, LARGEST, required=True)
    code = fields.Text(40, required=True)
    sentence = fields.Text(1000, required=True)


class IntakeOut(Schema):
    """What became of the rows, or would: of how many patients how many doses are new, how many were there already."""

    confirmed = fields.Flag(required=True)
    patients = fields.Integer(0, LARGEST, required=True)
    doses = fields.Integer(0, LARGEST, required=True)
    unchanged = fields.Integer(0, LARGEST, required=True)
    refused = fields.Many(fields.Part(RefusedRowOut), most=LARGEST, required=True)


@room.route(
    "POST", "/intake/doses", permission="intake:write", takes=DosesIn, gives=IntakeOut, largest=2 * LARGEST
)  # fmt: skip
def take_in_doses(ctx: Context, data: dict[str, Any]) -> Any:
    """Take in a list of doses of the patients one cares for; without `confirm` nothing is stored."""
    return intake_doses.take_in(ctx, data["csv"].encode(), data["dates"], confirm=data["confirm"])
