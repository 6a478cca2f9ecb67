"""What a phone and the clinic send about samples."""

from typing import Any
from uuid import uuid4

import factory

ZONE = "Europe/Amsterdam"


class SampleUpload(factory.DictFactory):
    """A finger prick as a phone sends it; `at` is the moment of the prick."""

    class Params:
        at = "2026-06-01T08:00:00+02:00"

    id = factory.LazyFunction(lambda: str(uuid4()))
    occurred = factory.LazyAttribute(lambda told: {"at": told.at, "zone": ZONE})
    recorded_at = factory.SelfAttribute("at")
    drops = 10
    problems = factory.LazyFunction(list)


def happened(state: str, at: str, **told: Any) -> dict[str, Any]:
    """Return a step as staff send it."""
    return {"state": state, "occurred": {"at": at, "zone": ZONE}, **told}


def level(value: float, unit: str = "ug/mL", **told: Any) -> dict[str, Any]:
    """Return a level as staff send it."""
    return {"analyte": "level", "value": value, "unit": unit, **told}
