"""Linking: which dosing interval a report falls in and on which day of it, derived from the doses and never stored."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.domain.dosing import Dose, as_of, given
from backend.domain.moments import Occurred, Precision
from backend.domain.regimens import Route
from backend.domain.treatment import Treatment, expected


@dataclass(frozen=True, slots=True)
class Interval:
    """From one given dose to the next; the last is open and ends provisionally on the planned day.

    `number` counts from 1 per patient; days are local calendar days of the doses; `planned_weeks` is the
    interval class, None for regimens without whole weeks.
    """

    number: int
    treatment_id: UUID
    drug_key: str
    route: Route
    opened_by: UUID
    opened_on: date
    opened_at: datetime
    closed_by: UUID | None
    closed_on: date | None
    closed_at: datetime | None
    planned_end_on: date | None
    planned_weeks: int | None
    stopped: bool
    closing_route: Route | None = None

    @property
    def length_days(self) -> int | None:
        """Days from dose to dose, None while open."""
        return None if self.closed_on is None else (self.closed_on - self.opened_on).days

    @property
    def route_switch(self) -> bool:
        """Whether the dose that ends it is given by another route; the chain goes on all the same."""
        return self.closing_route is not None and self.closing_route is not self.route


@dataclass(frozen=True, slots=True)
class Place:
    """Where a report stands. `interval` is the interval's number, None before the first dose.

    Days are whole local calendar days; `cycle_fraction` is day_since_dose over the actual length (0-1), known once
    the interval is closed. Flags: `date-only-on-dose-day`, `zone-shift`.
    """

    interval: int | None
    day_since_dose: int | None
    days_before_planned: int | None
    days_before_actual: int | None
    cycle_fraction: float | None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """A patient's intervals in order, with the doses' anchors for looking up by bisection."""

    intervals: tuple[Interval, ...]
    anchors: tuple[datetime, ...]


def chain(treatments: Iterable[Treatment], doses: Iterable[Dose]) -> Chain:
    """Return the chain of intervals of one patient. A route or drug switch does not break it."""
    by_id = {t.id: t for t in treatments}
    every = tuple(doses)
    done = given(every)
    closers: list[Dose | None] = [*done[1:], *([None] if done else [])]
    intervals = tuple(
        _interval(number, by_id[opener.treatment_id], opener, closer, every)
        for number, (opener, closer) in enumerate(zip(done, closers, strict=True), start=1)
    )
    return Chain(intervals, tuple(d.anchor for d in done))


def _interval(
    number: int, treatment: Treatment, opener: Dose, closer: Dose | None, doses: Sequence[Dose]
) -> Interval:
    opened_on = _day(opener)
    closed_on = _day(closer) if closer else None
    if closer is None:
        coming = expected(treatment, doses)
        end = coming.on if coming else None
        weeks = treatment.versions[-1].interval_weeks
    else:
        end = closer.planned.on if closer.planned else None
        # The plan in force the day before the interval ended: a decision taken at the visit is for the next one.
        weeks = _plan_before(treatment, _day(closer))
    return Interval(
        number=number,
        treatment_id=treatment.id,
        drug_key=treatment.drug_key,
        route=opener.route,
        opened_by=opener.id,
        opened_on=opened_on,
        opened_at=opener.anchor,
        closed_by=closer.id if closer else None,
        closed_on=closed_on,
        closed_at=closer.anchor if closer else None,
        planned_end_on=end,
        planned_weeks=weeks,
        stopped=closer is None and treatment.stopped_on is not None,
        closing_route=closer.route if closer else None,
    )


def _plan_before(treatment: Treatment, end: date) -> int | None:
    before = [v for v in treatment.versions if v.valid_from < end]
    return (before[-1] if before else treatment.versions[0]).interval_weeks


def _day(dose: Dose) -> date:
    if dose.given is None:
        raise ValueError("only a given dose opens or closes an interval")
    return dose.given.on


def place(report: Occurred, planned_on: date | None, line: Chain) -> Place:
    """Return where a report stands (DOMAIN.md, Intervals and linking).

    By exact time, a report on the dose day before the dose belongs to the interval that ends; a report with only a
    date on that day counts as before the dose and is flagged. `planned_on` is the planned day as it stood when the
    report was made. A traveller's calendar can run behind the dose's: such days count as 0 and are flagged.
    """
    index = bisect_right(line.anchors, report.anchor) - 1
    following = line.intervals[index + 1] if index + 1 < len(line.intervals) else None
    flags = ["date-only-on-dose-day"] if _only_date_on(report, following) else []
    if index < 0:
        before = _days(report.on, following.opened_on, flags) if following else None
        return Place(None, None, _until(report.on, planned_on), before, None, tuple(flags))
    interval = line.intervals[index]
    since = _days(interval.opened_on, report.on, flags)
    actual = _days(report.on, interval.closed_on, flags) if interval.closed_on else None
    length = interval.length_days
    fraction = min(round(since / length, 4), 1.0) if length else None
    return Place(
        interval.number, since, _until(report.on, planned_on), actual, fraction, tuple(dict.fromkeys(flags))
    )


def _only_date_on(report: Occurred, following: Interval | None) -> bool:
    return report.precision is Precision.DAY and following is not None and following.opened_on == report.on


def _days(first: date, last: date, flags: list[str]) -> int:
    days = (last - first).days
    if days < 0:
        flags.append("zone-shift")
    return max(days, 0)


def _until(on: date, planned_on: date | None) -> int | None:
    return None if planned_on is None else (planned_on - on).days


def planned_then(treatments: Iterable[Treatment], versions: Iterable[Dose], then: datetime) -> date | None:
    """Return the day the next dose was planned for as known at `then`: the earliest expected, None when none was."""
    standing = [t for t in (t.as_of(then) for t in treatments) if t is not None]
    doses = as_of(versions, then)
    return min((e.on for e in (expected(t, doses) for t in standing) if e is not None), default=None)
