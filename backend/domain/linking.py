"""Linking: which dosing interval a report falls in and on which day of it, derived from the doses and never stored."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from backend.domain.dosing import Dose, as_of, given
from backend.domain.moments import EARLIEST, Occurred, Precision
from backend.domain.regimens import Route
from backend.domain.treatment import Expected, Expects, Treatment, next_expected, planned_weeks


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
    """A patient's intervals in order, with the doses' anchors and (sorted) local days for looking up by bisection."""

    intervals: tuple[Interval, ...]
    anchors: tuple[datetime, ...]
    days: tuple[date, ...]


def chain(treatments: Iterable[Treatment], doses: Iterable[Dose], expects: Expects | None = None) -> Chain:
    """Return the chain of intervals of one patient: one order of all given doses, whatever treatment they belong to.

    A route or drug switch does not break it. Where two treatments overlap, a report belongs to the latest dose of
    either, so that it is in exactly one interval; the open one ends at the earliest dose that any of them expects.
    Tablets taken every day open no intervals. `expects`, where somebody has asked already, is not asked again.
    """
    by_id = {t.id: t for t in treatments}
    every = tuple(doses)
    done = given(d for d in every if by_id[d.treatment_id].opens_intervals)
    closers: list[Dose | None] = [*done[1:], *([None] if done else [])]
    coming = next_expected(by_id.values(), every, expects)
    seen: Counter[UUID] = Counter()
    intervals = []
    for number, (opener, closer) in enumerate(zip(done, closers, strict=True), start=1):
        treatment = by_id[opener.treatment_id]
        intervals.append(_interval(number, treatment, seen[treatment.id], opener, closer or coming))
        seen[treatment.id] += 1
    return Chain(tuple(intervals), tuple(d.anchor for d in done), tuple(sorted(d.on for d in done)))


def _interval(number: int, treatment: Treatment, index: int, opener: Dose, end: Dose | Expected | None) -> Interval:
    """Return the interval that a dose opens; `end` is the dose that closed it, or what is expected next."""
    closer = end if isinstance(end, Dose) else None
    slot = closer.planned if closer else end  # one that was never planned leaves no planned end
    plan = treatment.plan_before(end.on) if end else treatment.versions[-1]
    return Interval(
        number=number,
        treatment_id=treatment.id,
        drug_key=treatment.drug_key,
        route=opener.route,
        opened_by=opener.id,
        opened_on=opener.on,
        opened_at=opener.anchor,
        closed_by=closer.id if closer else None,
        closed_on=closer.on if closer else None,
        closed_at=closer.anchor if closer else None,
        planned_end_on=slot.on if slot else None,
        planned_weeks=planned_weeks(treatment, plan, index),
        stopped=closer is None and treatment.stopped_on is not None,
        closing_route=closer.route if closer else None,
    )


def place(report: Occurred, planned_on: date | None, line: Chain) -> Place:
    """Return where a report stands (DOMAIN.md, Intervals and linking).

    By exact time, a report on the dose day before the dose belongs to the interval that ends; a report with only a
    date on that day counts as before the dose and is flagged. So a moment is compared with the doses' moments, a day
    with their days, whatever the zones. `planned_on` is the planned day as it stood when the report was made. A
    traveller's calendar can run behind the dose's: such days count as 0 and are flagged.
    """
    index = _index(report, line)
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
    return Place(interval.number, since, _until(report.on, planned_on), actual, fraction, tuple(dict.fromkeys(flags)))


def stands(on: date, anchor: datetime | None, line: Chain) -> tuple[int, int, int | None] | None:
    """Return interval number, day since the dose and days before the actual next one: the quick way of `place`.

    `on` is the report's local day, `anchor` its moment (aware), None where only the day is known. None before the
    first dose.
    """
    index = _index_of(on, anchor, line)
    if index < 0:
        return None
    interval = line.intervals[index]
    since, closed_on = (on - interval.opened_on).days, interval.closed_on
    before = None if closed_on is None else max((closed_on - on).days, 0)
    return interval.number, max(since, 0), before


def _index(report: Occurred, line: Chain) -> int:
    """Return which interval a report falls in, counted from 0; -1 before the first dose."""
    return _index_of(report.on, None if report.precision is Precision.DAY else report.anchor, line)


def _index_of(on: date, anchor: datetime | None, line: Chain) -> int:
    return (bisect_left(line.days, on) if anchor is None else bisect_right(line.anchors, anchor)) - 1


def opener(report: Occurred, line: Chain) -> UUID | None:
    """Return the dose that opened the interval a report falls in, None before the first."""
    index = _index(report, line)
    return None if index < 0 else line.intervals[index].opened_by


_SLACK = timedelta(days=2)  # a day without a time is compared by calendar, which can differ from the anchor by so much


def touched(before: Chain, after: Chain) -> tuple[datetime, datetime | None] | None:
    """Return from when until when (aware, UTC; None for ever) reports can have changed interval, None when nowhere."""
    old, new = _openings(before), _openings(after)
    if old == new:
        return None
    start = _common(old, new)
    low = min(moment for moment, *_ in (*old[start : start + 1], *new[start : start + 1]))
    same_end = _common(old[start:][::-1], new[start:][::-1])
    return low - _SLACK, old[-same_end][0] + _SLACK if same_end else None


def unsettled_from(before: Chain, after: Chain) -> datetime | None:
    """Return from when on (aware, UTC) a report can stand elsewhere than before: its interval, its number or its end.

    None where nothing changed. That is from the interval before the first that changed, since its end did.
    """
    old, new = _openings(before), _openings(after)
    if old == new:
        return None
    start = _common(old, new)
    return (old[start - 1][0] if start else EARLIEST) - _SLACK


def _openings(line: Chain) -> list[tuple[datetime, date, UUID]]:
    """Return what places reports: each interval's first moment, and its day, which another offset moves alone."""
    return [(i.opened_at, i.opened_on, i.opened_by) for i in line.intervals]


def _common(left: Sequence[object], right: Sequence[object]) -> int:
    """Return how many first members are the same in both."""
    pairs = zip(left, right, strict=False)
    return next((k for k, (one, other) in enumerate(pairs) if one != other), min(len(left), len(right)))


def relinked(before: Chain, after: Chain, reports: Iterable[Occurred]) -> int:
    """Return how many reports fall in an interval that another dose opened than before."""
    return sum(opener(report, before) != opener(report, after) for report in reports)


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
    coming = next_expected(standing, as_of(versions, then))
    return coming.on if coming else None
