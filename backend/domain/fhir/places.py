"""FHIR R4 components of where something stands in the dosing: our own codes, since no published system has any."""

from typing import Any

from backend.domain.fhir import elements as fhir
from backend.domain.linking import Place


def standing(place: Place | None) -> list[dict[str, Any]]:
    """Return the number of the interval and the days to both its doses, as components; none where nothing is known."""
    if place is None:
        return []
    told = {
        "interval": {"valueInteger": place.interval},
        "day-since-dose": {"valueInteger": place.day_since_dose},
        "days-before-planned": {"valueInteger": place.days_before_planned},
        "days-before-actual": {"valueInteger": place.days_before_actual},
    }
    return [
        {"code": fhir.ours("observation", code)} | value
        for code, value in told.items()
        if value["valueInteger"] is not None
    ]
