"""Dosing lines for tests: a treatment with its plan, and doses given at exact moments."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from backend.domain import dosing
from backend.domain.dosing import PartGiven
from backend.domain.drugs import catalogue
from backend.domain.moments import at_moment
from backend.domain.regimens import Route
from backend.domain.treatment import PlanVersion, Treatment
from backend.storage import doses, treatment
from tests.house import House, Patient

ZONE = "Europe/Amsterdam"


def local(text: str) -> datetime:
    """Return a moment on the wall clock of Amsterdam, like `2026-05-04 09:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE))


def chain(
    house: House,
    patient: Patient,
    given: Sequence[str],
    weeks: int | None = 4,
    drug: str = "natalizumab_iv",
    route: Route = Route.IV,
) -> UUID:
    """Give a patient a treatment that began with the first of these doses; return its id."""
    first = local(given[0])
    found = _treatment(drug, first.date(), weeks, first.astimezone(UTC), route)
    with house.unit() as ctx:
        treatment.add(ctx.session, patient.id, found, None)
    for moment in given:
        dose(house, patient, found.id, moment)
    return found.id


def dose(house: House, patient: Patient, treatment_id: UUID, given: str) -> UUID:
    """Give one more dose, known from that moment on; return its id."""
    at = local(given)
    part = PartGiven(at_moment(at, ZONE))
    made = dosing.record_new(uuid4(), treatment_id, [part], Route.IV, at.astimezone(UTC))
    with house.unit() as ctx:
        doses.add(ctx.session, patient.id, [made], None)
    return made.id


def _treatment(drug: str, on: date, weeks: int | None, known_at: datetime, route: Route) -> Treatment:
    plan = PlanVersion(1, on, catalogue()[drug].regimens[0].key, route, weeks, time(9), (), "", known_at)
    return Treatment(uuid4(), drug, on, None, ZONE, (plan,))
