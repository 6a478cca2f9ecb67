"""What a phone sends when a patient answers a form."""

from uuid import uuid4

import factory

ZONE = "Europe/Amsterdam"


class ResponseUpload(factory.DictFactory):
    """A completed end-of-interval form; `at` is the moment of answering."""

    class Params:
        at = "2026-06-01T08:00:00+02:00"

    id = factory.LazyFunction(lambda: str(uuid4()))
    form = "end-of-interval"
    about = "current"
    occurred = factory.LazyAttribute(lambda told: {"at": told.at, "zone": ZONE})
    recorded_at = factory.SelfAttribute("at")
    completed = True
    answers = factory.LazyFunction(lambda: {"experienced": "yes", "onset_days_before_dose": 5})
