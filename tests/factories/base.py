"""The factories every test starts from: a site, its staff, a patient, and the sessions they act in."""

import hashlib
from datetime import UTC, datetime
from uuid import uuid4

import factory

from backend.storage.access import SessionRow, TokenRow
from backend.storage.patients import CareRow, PatientRow
from backend.storage.people import SiteRow, StaffRow

NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
FAR = datetime(2090, 1, 1, tzinfo=UTC)
NAMES = {"nurse": "Bram", "clinician": "Carla", "researcher": "Dirk", "coordinator": "Els", "admin": "Fatima"}


class SiteFactory(factory.Factory[SiteRow]):
    """A centre in Amsterdam."""

    class Meta:
        model = SiteRow

    id = factory.LazyFunction(uuid4)
    name = factory.Sequence(lambda n: f"Centre {n}")
    zone = "Europe/Amsterdam"
    language = "nl"
    phone = "+31 20 000 0000"


class StaffFactory(factory.Factory[StaffRow]):
    """Somebody who has joined; give `site_id`."""

    class Meta:
        model = StaffRow

    id = factory.LazyFunction(uuid4)
    role = "nurse"
    name = factory.LazyAttribute(lambda row: NAMES[row.role])
    email = factory.Sequence(lambda n: f"staff{n}@clinic.example")
    joined_at = NOW


class PatientFactory(factory.Factory[PatientRow]):
    """A patient whose identity was not entered; give `site_id` and `key`."""

    class Meta:
        model = PatientRow

    id = factory.LazyFunction(uuid4)
    zone = "Europe/Amsterdam"
    language = "nl"
    channels = "email"
    planned_at = FAR  # gone over by the sweep only where a test asks
    enrolled_at = NOW
    version = 1


class CareFactory(factory.Factory[CareRow]):
    """A standing care relationship; give `patient_id` and `staff_id`."""

    class Meta:
        model = CareRow

    id = factory.LazyFunction(uuid4)
    starts_at = NOW


class SessionFactory(factory.Factory[SessionRow]):
    """A log-in or a phone; give `patient_id` or `staff_id`."""

    class Meta:
        model = SessionRow

    id = factory.LazyFunction(uuid4)
    name = "phone"
    started_at = NOW
    seen_at = NOW


class TokenFactory(factory.Factory[TokenRow]):
    """A token that outlives the test; give `session_id` and `token`."""

    class Meta:
        model = TokenRow

    class Params:
        token = factory.LazyFunction(lambda: uuid4().hex)

    token_hash = factory.LazyAttribute(lambda row: hashlib.sha256(row.token.encode()).digest())
    kind = "access"
    expires_at = FAR
