"""Treatment plans: a drug over time as versions with their reason, and the next dose the plan expects."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from uuid import UUID

from backend.domain import regimens
from backend.domain.dosing import Dose, Status, given
from backend.domain.drugs import Drug, catalogue, drug, too_soon
from backend.domain.errors import ClinicError, invalid
from backend.domain.moments import at_wall
from backend.domain.regimens import Cycle, Daily, EveryDays, Route, Unit, Weekdays

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
    """One drug for one patient, from its start to its stop, with every version of its plan (oldest first).

    A stop is the last decision: it adds a version that repeats the plan and says when it was decided and why.
    """

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

    @property
    def opens_intervals(self) -> bool:
        """Whether its doses open intervals; tablets every day do not."""
        return opens_intervals(self.drug)

    @property
    def changed_at(self) -> datetime:
        """When plan or stop was last decided (aware, UTC)."""
        return max(v.recorded_at for v in self.versions)

    def plan_on(self, day: date) -> PlanVersion:
        """Return the plan in force on a day: the last decided whose first day has come, else the first."""
        standing = [v for v in self.versions if v.valid_from <= day]
        return standing[-1] if standing else self.versions[0]

    def plan_before(self, end: date) -> PlanVersion:
        """Return the plan of an interval that ends on a day: what holds from the dose day on is for the next one."""
        standing = [v for v in self.versions if v.valid_from < end]
        return standing[-1] if standing else self.versions[0]

    def as_of(self, moment: datetime) -> "Treatment | None":
        """Return the treatment as it was known at a moment, None when it was not yet there."""
        known = tuple(v for v in self.versions if v.recorded_at <= moment)
        if not known:
            return None
        return replace(self, versions=known, stopped_on=self.stopped_on if known == self.versions else None)


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


def latest(treatments: Iterable[Treatment]) -> Treatment | None:
    """Return the treatment that began last, of those that run if any does."""
    return max(treatments, key=lambda one: (one.stopped_on is None, one.started_on, one.id), default=None)


def opens_intervals(of: Drug) -> bool:
    """Tell whether doses of a drug open intervals: not where every regimen is taken daily (DOMAIN.md, Intervals)."""
    return not all(isinstance(regimen.pattern, Daily) for regimen in of.regimens)


def routes(of: Drug) -> tuple[Route, ...]:
    """Return every route of the drug's substance: IV to SC is a switch of route, not of treatment (DOMAIN.md)."""
    same = (entry for entry in catalogue().values() if entry.substance == of.substance)
    return tuple(dict.fromkeys(route for entry in same for route in entry.routes))


def entry(of: Drug, route: Route) -> Drug:
    """Return the catalogue's entry of a drug's substance for a route: a treatment may have gone from IV to SC."""
    same = (one for one in (of, *catalogue().values()) if one.substance == of.substance)
    return next((one for one in same if route in one.routes), of)


def check_route(of: Drug, route: Route) -> None:
    """Pass, or raise ClinicError `wrong-route` when the substance is not given that way."""
    if route not in routes(of):
        raise invalid("/route", "This drug is not given by that route.", "wrong-route")


def checked(plan: PlanVersion, of: Drug) -> PlanVersion:
    """Return the plan, or raise ClinicError for an unknown regimen, a foreign route or what fits no such regimen."""
    regimen = of.regimen(plan.regimen)
    check_route(of, plan.route)
    weeks = plan.interval_weeks
    if weeks is not None and not SHORTEST_WEEKS <= weeks <= LONGEST_WEEKS:
        raise invalid("/interval_weeks", f"Between {SHORTEST_WEEKS} and {LONGEST_WEEKS} weeks.", "out-of-bounds")
    regimens.check_plan(regimen, weeks, plan.weekdays)
    return plan


def amend(treatment: Treatment, plan: PlanVersion) -> Treatment:
    """Return the treatment with a newer plan. Raises ClinicError `wrong-state` once stopped, else as `checked`."""
    if treatment.stopped_on is not None:
        raise ClinicError("wrong-state", "The treatment was stopped.")
    numbered = replace(checked(plan, treatment.drug), version=treatment.versions[-1].version + 1)
    return replace(treatment, versions=(*treatment.versions, numbered))


def stop(treatment: Treatment, on: date, reason: str, now: datetime) -> Treatment:
    """Return the treatment as stopped; its last interval stays open (DOMAIN.md). Raises `wrong-state`, `invalid`."""
    if treatment.stopped_on is not None:
        raise ClinicError("wrong-state", "The treatment was stopped already.")
    if on < treatment.started_on:
        raise invalid("/stopped_on", "Lies before the start.")
    last = treatment.versions[-1]
    decided = replace(last, version=last.version + 1, valid_from=on, reason=reason, recorded_at=now)
    return replace(treatment, stopped_on=on, versions=(*treatment.versions, decided))


def expected(treatment: Treatment, doses: Iterable[Dose]) -> Expected | None:
    """Return the next dose of a treatment, from any of the patient's doses; None when nothing is expected.

    A planned dose goes before the plan's own projection; one that a given dose overtook (same day or earlier) is no
    longer the next. A missed or cancelled dose after the last given one means the clinic has spoken: then only a newly
    planned dose or a newer plan counts, and the software makes no date of its own (DOMAIN.md, Dosing rules). Where the
    regimen names fixed days, the next of them follows all the same. Nothing is expected of a stopped treatment.
    """
    if treatment.stopped_on is not None:
        return None
    own = [d for d in doses if d.treatment_id == treatment.id]
    done = given(own)
    last_on = done[-1].on if done else date.min
    ahead = [d for d in own if d.on > last_on]
    planned = sorted((d for d in ahead if d.status is Status.PLANNED), key=lambda d: (d.anchor, d.id))
    if planned:
        return _from_slot(treatment, planned[0])
    spoken = sorted((d for d in ahead if d.status in _SPOKEN), key=lambda d: (d.on, d.id))
    if spoken and isinstance(treatment.drug.regimen(treatment.versions[-1].regimen).pattern, EveryDays | Weekdays):
        return _projected(treatment, (*done, *spoken))
    if any(d.recorded_at >= treatment.versions[-1].recorded_at for d in spoken):
        return None
    return _projected(treatment, done)


_SPOKEN = frozenset({Status.MISSED, Status.CANCELLED})


Expects = Mapping[UUID, Expected | None]
"""What each treatment expects next, by its id."""


def each_expected(treatments: Iterable[Treatment], doses: Sequence[Dose]) -> Expects:
    """Return what each of a patient's treatments expects next."""
    return {t.id: expected(t, doses) for t in treatments}


def next_expected(
    treatments: Iterable[Treatment], doses: Iterable[Dose], expects: Expects | None = None
) -> Expected | None:
    """Return the earliest dose that any treatment with intervals expects: the provisional end of the open one."""
    every = tuple(doses)
    coming = (expected(t, every) if expects is None else expects[t.id] for t in treatments if t.opens_intervals)
    return earliest(e for e in coming if e is not None)


def earliest(coming: Iterable[Expected]) -> Expected | None:
    """Return which of some expected doses comes first, None when there are none."""
    return min(coming, key=lambda e: (e.on, e.at, e.subject), default=None)


def planned_weeks(treatment: Treatment, plan: PlanVersion, index: int) -> int | None:
    """Return the class of the interval that the dose with this index (0 the first) opens, in planned whole weeks.

    The personal interval, else the regimen's own. None for regimens in months, courses or days, and while loading:
    the loading's steps are not the interval that is stretched.
    """
    pattern = treatment.drug.regimen(plan.regimen).pattern
    if isinstance(pattern, Cycle) and index < len(pattern.loading):
        return None
    return class_weeks(treatment, plan)


def class_weeks(treatment: Treatment, plan: PlanVersion) -> int | None:
    """Return the interval of a plan in whole weeks once loading is over, None for regimens without."""
    pattern = treatment.drug.regimen(plan.regimen).pattern
    if not isinstance(pattern, Cycle):
        return None
    if plan.interval_weeks is not None:
        return plan.interval_weeks
    return pattern.every.n if pattern.every is not None and pattern.every.unit is Unit.WEEK else None


def crowded(treatment: Treatment, treatments: Sequence[Treatment], doses: Iterable[Dose], dose: Dose) -> bool:
    """Tell whether a dose stands closer to another of the same substance, planned or given, than the drug allows."""
    same = {t.id for t in treatments if t.drug.substance == treatment.drug.substance}
    standing = (d for d in doses if d.treatment_id in same and d.id != dose.id and d.status in _STANDING)
    pairs = (sorted((dose.on, other.on)) for other in standing)
    return any(too_soon(treatment.drug, first, second) for first, second in pairs)


_STANDING = frozenset({Status.PLANNED, Status.GIVEN})


def loggable_at_home(of: Drug, route: Route) -> bool:
    """Tell whether a patient may log a dose of it: self-administered, or swallowed, or injected without a checklist.

    Where a checklist comes before every dose (natalizumab SC) it takes a site's own word (`checklists`).
    """
    how = of.administration
    if route is Route.IV or (how is not None and how.checklist_before_each_dose):
        return False
    return route is Route.ORAL or how is None or how.self_administered


def _from_slot(treatment: Treatment, dose: Dose) -> Expected:
    if dose.planned is None:
        raise ValueError("a planned dose without a slot")
    slot = dose.planned
    plan = treatment.plan_before(slot.on)
    at = slot.at or at_wall(slot.on, plan.slot, slot.zone)
    return Expected(slot.on, at, treatment.id, dose.id, f"dose:{dose.id}", dose.version)


def _projected(treatment: Treatment, done: tuple[Dose, ...]) -> Expected | None:
    """Return the end of the running interval by the plan.

    Each later version moves it when it holds before that day, or was decided when the dose was overdue: stretching
    while an interval runs moves its end, a decision that holds from the dose day on is for the next one. A shorter
    interval that would have ended before its own first day waits for the next one too.
    """
    days = [d.on for d in done]
    plan, on = treatment.versions[0], _due(treatment, treatment.versions[0], days)
    for newer in treatment.versions[1:]:
        moved = _due(treatment, newer, days)
        if _takes_over(newer, on, moved, first=not done):
            plan, on = newer, moved
    if on is None:
        return None
    last = done[-1] if done else None
    subject = f"after:{last.id}" if last else f"start:{treatment.id}"
    version = plan.version + (last.version if last else 0)
    return Expected(on, at_wall(on, plan.slot, treatment.zone), treatment.id, None, subject, version)


def _due(treatment: Treatment, plan: PlanVersion, days: list[date]) -> date | None:
    regimen = treatment.drug.regimen(plan.regimen)
    return regimens.next_due(regimen, treatment.started_on, days, plan.interval_weeks, plan.weekdays)


def _takes_over(newer: PlanVersion, on: date | None, moved: date | None, *, first: bool) -> bool:
    if on is None or moved is None:
        return True
    decided_in_time = newer.valid_from < on or (first and newer.valid_from == on)
    return newer.valid_from <= moved and (decided_in_time or newer.recorded_at.date() > on)
