"""Treatment plans: a drug over time as versions with their reason, and the next dose the plan expects."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from backend.domain import regimens
from backend.domain.dosing import Dose, Status, given
from backend.domain.drugs import Drug, drug
from backend.domain.errors import ClinicError, invalid
from backend.domain.moments import at_wall
from backend.domain.regimens import Route

SHORTEST_WEEKS = 1
LONGEST_WEEKS = 60


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """What was decided, from which day, and why: regimen, route, personal interval in whole weeks, clock time."""

    version: int
    valid_from: date
    regimen: str
    route: Route
    interval_weeks: int | None
    slot: time
    weekdays: tuple[int, ...]
    reason: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Treatment:
    """One drug for one patient, from its start to its stop, with every version of its plan (oldest first)."""

    id: UUID
    drug_key: str
    started_on: date
    stopped_on: date | None
    zone: str
    versions: tuple[PlanVersion, ...]

    @property
    def drug(self) -> Drug:
        """The catalogue's entry."""
        return drug(self.drug_key)

    def plan_on(self, day: date) -> PlanVersion:
        """Return the plan in force on a day: the last decided whose first day has come, else the first."""
        standing = [v for v in self.versions if v.valid_from <= day]
        return standing[-1] if standing else self.versions[0]

    def as_of(self, moment: datetime) -> "Treatment | None":
        """Return the treatment as it was known at a moment, None when it was not yet there."""
        known = tuple(v for v in self.versions if v.recorded_at <= moment)
        return replace(self, versions=known) if known else None


@dataclass(frozen=True, slots=True)
class Expected:
    """The next dose: its local day and moment, the planned dose behind it or None when only the plan says so.

    `version` grows with every change that could move it, so that a reminder of the old date never passes for one
    of the new.
    """

    on: date
    at: datetime
    treatment_id: UUID
    dose_id: UUID | None
    subject: str
    version: int

    @property
    def certain(self) -> bool:
        """Whether somebody planned it, as against the plan projecting it."""
        return self.dose_id is not None


def checked(plan: PlanVersion, of: Drug) -> PlanVersion:
    """Return the plan, or raise ClinicError for an unknown regimen, a foreign route or an interval out of bounds."""
    regimen = of.regimen(plan.regimen)
    if plan.route is not regimen.route and plan.route not in of.routes:
        raise invalid("/route", "This drug is not given by that route.", "wrong-route")
    if plan.interval_weeks is None:
        return plan
    if not isinstance(regimen.pattern, regimens.Cycle):
        raise invalid("/interval_weeks", "This regimen has no interval to personalise.")
    if not SHORTEST_WEEKS <= plan.interval_weeks <= LONGEST_WEEKS:
        raise invalid(
            "/interval_weeks", f"Between {SHORTEST_WEEKS} and {LONGEST_WEEKS} weeks.", "out-of-bounds"
        )
    return plan


def amend(treatment: Treatment, plan: PlanVersion) -> Treatment:
    """Return the treatment with a newer plan. Raises ClinicError `wrong-state` once stopped, else as `checked`."""
    if treatment.stopped_on is not None:
        raise ClinicError("wrong-state", "The treatment was stopped.")
    numbered = replace(checked(plan, treatment.drug), version=treatment.versions[-1].version + 1)
    return replace(treatment, versions=(*treatment.versions, numbered))


def stop(treatment: Treatment, on: date) -> Treatment:
    """Return the treatment as stopped; its last interval stays open (DOMAIN.md). Raises `wrong-state`, `invalid`."""
    if treatment.stopped_on is not None:
        raise ClinicError("wrong-state", "The treatment was stopped already.")
    if on < treatment.started_on:
        raise invalid("/stopped_on", "Lies before the start.")
    return replace(treatment, stopped_on=on)


def expected(treatment: Treatment, doses: Iterable[Dose]) -> Expected | None:
    """Return the next dose of a treatment, from any of the patient's doses; None when nothing is expected.

    A planned dose goes before the plan's own projection. A missed or cancelled dose after the last given one means
    the clinic has spoken: then only a newly planned dose counts, the software makes no date of its own.
    """
    if treatment.stopped_on is not None:
        return None
    own = [d for d in doses if d.treatment_id == treatment.id]
    done = given(own)
    last = done[-1] if done else None
    planned = sorted((d for d in own if d.status is Status.PLANNED), key=lambda d: (d.anchor, d.id))
    if planned:
        return _from_slot(treatment, planned[0])
    spoken = (d for d in own if d.status in {Status.MISSED, Status.CANCELLED})
    if any(last is None or d.anchor > last.anchor for d in spoken):
        return None
    return _projected(treatment, done)


def _from_slot(treatment: Treatment, dose: Dose) -> Expected:
    if dose.planned is None:
        raise ValueError("a planned dose without a slot")
    slot = dose.planned
    plan = treatment.plan_on(slot.on)
    at = slot.at or at_wall(slot.on, plan.slot, slot.zone)
    return Expected(slot.on, at, treatment.id, dose.id, f"dose:{dose.id}", dose.version)


def _projected(treatment: Treatment, done: tuple[Dose, ...]) -> Expected | None:
    days = [d.given.on for d in done if d.given]
    # The newest plan that holds on the day it gives: stretching while an interval runs already moves its end.
    for plan in reversed(treatment.versions):
        regimen = treatment.drug.regimen(plan.regimen)
        on = regimens.next_due(regimen, treatment.started_on, days, plan.interval_weeks, plan.weekdays)
        if on is None:
            return None
        if plan.valid_from <= on or plan is treatment.versions[0]:
            return _expected_by(treatment, plan, on, done[-1] if done else None)
    return None


def _expected_by(treatment: Treatment, plan: PlanVersion, on: date, last: Dose | None) -> Expected:
    subject = f"after:{last.id}" if last else f"start:{treatment.id}"
    version = plan.version + (last.version if last else 0)
    return Expected(on, at_wall(on, plan.slot, treatment.zone), treatment.id, None, subject, version)


def next_in_slot(after: date, weeks: int, slot: time, zone: str) -> datetime:
    """Return the moment (aware, UTC) whole weeks later at the same local clock time: the weekday stays, also over DST."""
    return at_wall(after + timedelta(weeks=weeks), slot, zone)
