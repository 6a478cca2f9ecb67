"""Treatments, plans and doses for tests: natalizumab in Amsterdam every four weeks, unless told otherwise."""

from datetime import UTC, date, datetime, time
from uuid import uuid4

import factory

from backend.domain.dosing import Act, Dose, PartGiven, Status
from backend.domain.moments import Occurred, at_moment
from backend.domain.regimens import Route
from backend.domain.treatment import PlanVersion, Treatment
from tests.factories.chains import ZONE, local

KNOWN = datetime(2026, 1, 1, tzinfo=UTC)


class PlanFactory(factory.Factory[PlanVersion]):
    """A plan: every four weeks on the wall clock's nine."""

    class Meta:
        model = PlanVersion

    version = 1
    valid_from = date(2026, 1, 5)
    regimen = "standard"
    route = Route.IV
    interval_weeks = None
    slot = time(9)
    weekdays = ()
    reason = "start"
    recorded_at = KNOWN


class TreatmentFactory(factory.Factory[Treatment]):
    """A treatment from Monday 5 January 2026 on."""

    class Meta:
        model = Treatment

    id = factory.LazyFunction(uuid4)
    drug_key = "natalizumab_iv"
    started_on = date(2026, 1, 5)
    stopped_on = None
    zone = ZONE
    versions = factory.LazyFunction(lambda: (PlanFactory.build(),))


class DoseFactory(factory.Factory[Dose]):
    """A dose in its first version; `made` by the functions below."""

    class Meta:
        model = Dose

    id = factory.LazyFunction(uuid4)
    treatment_id = factory.LazyFunction(uuid4)
    status = Status.PLANNED
    route = Route.IV
    planned = None
    given = None
    parts = ()
    version = 1
    act = Act.PLAN
    recorded_at = KNOWN
    reason = ""


def moment(text: str) -> Occurred:
    """Return a moment on the wall clock of Amsterdam, like `2026-05-04 09:00`."""
    return at_moment(local(text), ZONE)


def planned(treatment: Treatment, slot: str, **told: object) -> Dose:
    """Return a planned dose."""
    return DoseFactory.build(treatment_id=treatment.id, planned=moment(slot), **told)


def given(treatment: Treatment, *at: str | Occurred, **told: object) -> Dose:
    """Return a dose given at these moments (its parts)."""
    parts = tuple(PartGiven(moment(one) if isinstance(one, str) else one) for one in at)
    told = {"status": Status.GIVEN, "act": Act.RECORD, **told}
    return DoseFactory.build(treatment_id=treatment.id, given=parts[0].given, parts=parts, **told)
