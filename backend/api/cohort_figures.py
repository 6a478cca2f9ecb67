"""What the cohort's figures share over HTTP: how many are in one, what was left out, settings and definition."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema

from backend.api import fields
from backend.api.figures import MANY, counted

MOST = 100_000


def weeks() -> fields.Integer:
    """Return a field for an interval class; null is a regimen without whole weeks."""
    return fields.Integer(1, 1000, required=True, allow_none=True)


def number(low: int = -MANY, high: int = MANY) -> fields.Number:
    """Return a field for a number that may not be known."""
    return fields.Number(low, high, required=True, allow_none=True)


class CohortFigureOut(Schema):
    """What stands under every figure; `left_out` counts by reason, `settings` are the numbers it rests on."""

    n = counted()
    left_out = fields.Object(required=True)
    settings = fields.Object(required=True)
    definition = fields.Text(1000, required=True)


def figure(
    n: int, definition: str, settings: Mapping[str, Any], left_out: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """Return what stands under a figure; reasons that nothing was left out for are not named."""
    counts = {reason: count for reason, count in (left_out or {}).items() if count}
    return {"n": n, "left_out": counts, "settings": settings, "definition": definition}
