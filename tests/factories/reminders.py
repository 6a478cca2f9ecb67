"""Stored reminders for tests: due at the standing moment, of a patient you name."""

from datetime import date, timedelta
from uuid import uuid4

import factory

from backend.storage.reminders import ReminderRow
from tests.factories.base import NOW


class ReminderRowFactory(factory.Factory[ReminderRow]):
    """A waiting reminder that may be sent now and for an hour; give `patient_id`."""

    class Meta:
        model = ReminderRow

    id = factory.LazyFunction(uuid4)
    key = factory.Sequence(lambda n: f"dose:dose-{n}:1:2026-06-02:day-before")
    kind = "dose"
    subject = "dose-1"
    version = 1
    step = "day-before"
    due_on = date(2026, 6, 2)
    due_at = NOW + timedelta(days=1)
    send_at = NOW
    expires_at = NOW + timedelta(hours=1)
    channel = "email"
    status = "planned"
    next_try_at = factory.SelfAttribute("send_at")
    fence = 0
    attempts = 0
    in_flight = False
    unsure = False
    changed_at = factory.SelfAttribute("send_at")
    why = ""
