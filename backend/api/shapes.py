"""Shapes that several nouns share: a moment as claimed, a place in the interval, a page."""

from typing import Any

from marshmallow import Schema, ValidationError, validates_schema

from backend.api import fields
from backend.domain.moments import Occurred, at_moment, known_zone, on_day


class OccurredIn(Schema):
    """When something happened: `at` with offset, or `on` where only the day is known; `zone` is the IANA zone."""

    at = fields.Instant()
    on = fields.Day()
    zone = fields.Text(64, required=True)

    @validates_schema
    def one_of_both(self, data: dict[str, Any], **_: Any) -> None:
        """Take either a moment or a day."""
        if ("at" in data) == ("on" in data):
            raise ValidationError("Give either at or on.")


class OccurredOut(Schema):
    """When something happened; `at` is null where only the day is known, `on` is the local day."""

    at = fields.Instant(required=True, allow_none=True)
    on = fields.Day(required=True)
    zone = fields.Text(64, required=True)


class PlaceOut(Schema):
    """Where a report stands: interval number and day, days to the planned and to the actual next dose."""

    interval = fields.Integer(1, 100_000, required=True, allow_none=True)
    day_since_dose = fields.Integer(0, 100_000, required=True, allow_none=True)
    days_before_planned = fields.Integer(-100_000, 100_000, required=True, allow_none=True)
    days_before_actual = fields.Integer(0, 100_000, required=True, allow_none=True)
    cycle_fraction = fields.Number(0, 1, required=True, allow_none=True)
    flags = fields.Many(fields.Text(40), most=10, required=True)


class PageIn(Schema):
    """Which page: how many rows, and the `next` cursor of the page before."""

    limit = fields.Text(3, pattern=r"[1-9]\d{0,2}", load_default="50")
    cursor = fields.Text(200, load_default=None, allow_none=True)


def occurred(told: dict[str, Any], at: str = "/occurred") -> Occurred:
    """Return the moment of an `OccurredIn`. Raises ClinicError `invalid` for an unknown zone."""
    zone = known_zone(told["zone"], f"{at}/zone")
    return at_moment(told["at"], zone) if "at" in told else on_day(told["on"], zone)
