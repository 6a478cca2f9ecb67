"""Things on the worklist of what reached nobody; give `patient_id`."""

from uuid import uuid4

import factory

from backend.storage.undelivered import UndeliveredRow
from tests.factories.base import NOW


class UndeliveredFactory(factory.Factory[UndeliveredRow]):
    """A dose nobody could be reminded of, since this moment, and nobody's to look at."""

    class Meta:
        model = UndeliveredRow

    id = factory.LazyFunction(uuid4)
    kind = "dose"
    subject = factory.Sequence(lambda n: f"dose-{n}")
    due = "2026-06-02"
    reminder_id = None
    why = "no-address"
    since = NOW
    owner_id = None
    version = 1
