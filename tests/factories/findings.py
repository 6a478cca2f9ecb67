"""What staff send about findings: one good set of values for each kind."""

from typing import Any
from uuid import uuid4

import factory

ZONE = "Europe/Amsterdam"
GOOD: dict[str, dict[str, Any]] = {
    "relapse": {"severity": "moderate", "confirmed": True, "treated": None},
    "steroid_course": {"drug": "methylprednisolone", "route": "iv", "mg_per_day": 1000, "days": 3},
    "infection": {"site": "urinary", "fever": True, "treated": False},
    "adverse_event": {"system": "skin", "grade": 2, "related": "unsure"},
    "reaction": {"grade": 1, "signs": ["flushing", "headache"], "dose_id": None},
    "edss": {"score": 3.5},
    "sdmt": {"correct": 52},
    "t25fw": {"seconds_1": 5.4, "seconds_2": 5.25, "aid": False},
    "nhpt": {"dominant_s": 21.3, "other_s": 23},
    "mri": {"region": "brain", "new_t2": 0, "gadolinium": None, "contrast": False, "changed": "no"},
    "lab": {"analyte": "cd19", "value": 12, "unit": "cells/uL", "comparator": "=", "status": None},
    "weight": {"kg": 71.5},
}
"""Values of each kind as they come back: every field there."""


class FindingUpload(factory.DictFactory):
    """A finding as staff enter it; `on` is the local day it was."""

    class Params:
        on = "2026-05-20"

    id = factory.LazyFunction(lambda: str(uuid4()))
    kind = "relapse"
    occurred = factory.LazyAttribute(lambda told: {"on": told.on, "zone": ZONE})
    values = factory.LazyAttribute(lambda told: GOOD[told.kind])
