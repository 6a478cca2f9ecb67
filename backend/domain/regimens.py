"""Regimens: the patterns in which a drug is given, and the planned days that follow (DOMAIN.md, doses)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import count, dropwhile, islice, takewhile
from operator import eq

from backend.domain.errors import invalid
from backend.domain.moments import add_months


class Route(StrEnum):
    """How a drug enters the body."""

    IV = "iv"
    SC = "sc"
    IM = "im"
    ORAL = "oral"


class Unit(StrEnum):
    """The unit of a span, as written in the data."""

    WEEK = "wk"
    MONTH = "mo"
    DAY = "d"


@dataclass(frozen=True, slots=True)
class Span:
    """A number of days, weeks or calendar months (`n` >= 0)."""

    n: int
    unit: Unit

    def after(self, on: date) -> date:
        """Return the day this span after `on`, in a shorter month its last day: count from one anchor."""
        if self.unit is Unit.MONTH:
            return add_months(on, self.n)
        return on + timedelta(days=self.n * (7 if self.unit is Unit.WEEK else 1))

    def times(self, k: int) -> "Span":
        """Return this span `k` times."""
        return Span(self.n * k, self.unit)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a figure comes from: `status` is the mark explained in drugs.json, `text` the reference."""

    status: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a dose event: `day` after its anchor, `mg` if known; optional if it may be left out."""

    day: int
    mg: Decimal | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of every dose event of a regimen, and the longest time between two in minutes."""

    items: tuple[Part, ...]
    max_gap_min: int | None
    source: Source


@dataclass(frozen=True, slots=True)
class LoadingDose:
    """One loading dose event, `day` after the first dose."""

    day: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Cycle:
    """Loading doses, then one dose every span; `every` is None when only the plan can say it.

    `first_maintenance` counts from the first loading dose and stands wherever there is a loading.
    """

    loading: tuple[LoadingDose, ...] = ()
    every: Span | None = None
    first_maintenance: Span | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Days in a row that make one dose event, `day` after the first day of the course; `mg` per day."""

    day: int
    days_min: int
    days_max: int
    mg: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """Blocks of days; `after` counts from the first day of the course before, None for the first course."""

    blocks: tuple[Block, ...]
    after: Span | None = None


@dataclass(frozen=True, slots=True)
class Courses:
    """A treatment that is complete after its courses."""

    courses: tuple[Course, ...]


@dataclass(frozen=True, slots=True)
class Weekdays:
    """A fixed number of days each week; the plan says which."""

    per_week: int


@dataclass(frozen=True, slots=True)
class EveryDays:
    """One dose every so many days."""

    days: int


@dataclass(frozen=True, slots=True)
class TitrationStep:
    """So many first days at another dose, in words; not verified means the site must fill in its label."""

    days: int
    text: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Daily:
    """So many times every day, after the titration."""

    times: int
    titration: tuple[TitrationStep, ...] = ()


Pattern = Cycle | Courses | Weekdays | EveryDays | Daily


@dataclass(frozen=True, slots=True)
class Regimen:
    """One way to give a drug; `parts` when every dose event is split."""

    key: str
    route: Route
    dose_text: str
    pattern: Pattern
    source: Source
    parts: Parts | None = None


def check_plan(regimen: Regimen, interval_weeks: int | None = None, weekdays: tuple[int, ...] = ()) -> None:
    """Raise ClinicError `invalid` at /interval_weeks or /weekdays when these do not fit the regimen."""
    pattern = regimen.pattern
    if interval_weeks is not None and (not isinstance(pattern, Cycle) or interval_weeks < 1):
        raise invalid("/interval_weeks", "Whole weeks, at least 1, and only for a drug given in cycles.")
    if isinstance(pattern, Cycle):
        _every(pattern, interval_weeks)
    slots = set(weekdays) & set(range(1, 8))
    if weekdays and not (isinstance(pattern, Weekdays) and len(slots) == len(weekdays) == pattern.per_week):
        raise invalid("/weekdays", "As many different ISO weekdays (1-7) as the regimen has doses a week.")


def parts_of(regimen: Regimen, index: int) -> tuple[Part, ...]:
    """Return the parts (at least one) of the dose event with this index, 0 the first of the treatment."""
    pattern = regimen.pattern
    if isinstance(pattern, Cycle) and index < len(pattern.loading):
        return pattern.loading[index].parts
    if isinstance(pattern, Courses):
        block = [block for course in pattern.courses for block in course.blocks][index]
        return tuple(Part(day, block.mg, day >= block.days_min) for day in range(block.days_max))
    return regimen.parts.items if regimen.parts else (Part(0),)


def next_due(
    regimen: Regimen,
    started_on: date,
    given_on: Sequence[date],
    interval_weeks: int | None = None,
    weekdays: tuple[int, ...] = (),
) -> date | None:
    """Return the local day of the next dose by the plan, None when all courses are complete.

    `given_on`: the days (first parts) of all doses given, sorted; with none, `started_on` or the first chosen
    weekday from it. `interval_weeks` replaces the maintenance span of a cycle, never the loading nor the step
    from loading to maintenance. Raises as `check_plan`.
    """
    check_plan(regimen, interval_weeks, weekdays)
    pattern = regimen.pattern
    if not given_on:
        return next(_planned(pattern, started_on, interval_weeks, weekdays))
    if isinstance(pattern, Cycle):
        return _cycle_due(pattern, _every(pattern, interval_weeks), list(given_on))
    if isinstance(pattern, Courses):
        return _course_due(pattern, given_on)
    if isinstance(pattern, Weekdays):
        weekdays = weekdays or _slots(pattern, started_on)
    return next(on for on in _planned(pattern, given_on[-1], None, weekdays) if on > given_on[-1])


def occurrences(
    regimen: Regimen,
    started_on: date,
    first: date,
    last: date,
    interval_weeks: int | None = None,
    weekdays: tuple[int, ...] = (),
) -> Iterator[date]:
    """Yield the planned days from `first` to `last`, whatever was given. Raises as `check_plan`."""
    check_plan(regimen, interval_weeks, weekdays)
    days = _planned(regimen.pattern, started_on, interval_weeks, weekdays)
    return takewhile(lambda on: on <= last, dropwhile(lambda on: on < first, days))


def _planned(
    pattern: Pattern, started_on: date, interval_weeks: int | None, weekdays: tuple[int, ...]
) -> Iterator[date]:
    if isinstance(pattern, Cycle):
        return _cycle_days(pattern, _every(pattern, interval_weeks), started_on)
    if isinstance(pattern, Courses):
        return _course_days(pattern, started_on)
    days = _stepped(started_on, Span(pattern.days if isinstance(pattern, EveryDays) else 1, Unit.DAY))
    slots = (weekdays or _slots(pattern, started_on)) if isinstance(pattern, Weekdays) else range(1, 8)
    return (on for on in days if on.isoweekday() in slots)


def _every(cycle: Cycle, interval_weeks: int | None) -> Span:
    every = cycle.every if interval_weeks is None else Span(interval_weeks, Unit.WEEK)
    if every is None:
        raise invalid("/interval_weeks", "This regimen has no interval of its own; the plan must give one.")
    return every


def _stepped(anchor: date, every: Span) -> Iterator[date]:
    return (every.times(k).after(anchor) for k in count())


def _cycle_days(cycle: Cycle, every: Span, anchor: date) -> Iterator[date]:
    yield from (anchor + timedelta(days=dose.day) for dose in cycle.loading)
    first = cycle.first_maintenance or Span(0, every.unit)
    if first.unit is every.unit:  # one count from the anchor, so that months do not drift
        yield from (Span(first.n + k * every.n, every.unit).after(anchor) for k in count())
    else:
        yield from _stepped(first.after(anchor), every)


def _cycle_due(cycle: Cycle, every: Span, given: list[date]) -> date:
    """Count from the first dose as long as all were on plan; after a late or early one, from that one."""
    done, loading = len(given), len(cycle.loading)
    days = _cycle_days(cycle, every, given[0])
    if done <= loading:
        plan = list(islice(days, done + 1))
        return plan[done] + max(timedelta(0), given[-1] - plan[done - 1])
    if all(map(eq, given, days)):
        return next(days)
    anchor, k = given[loading], 0
    for on in given[loading + 1 :]:
        anchor, k = (anchor, k + 1) if on == every.times(k + 1).after(anchor) else (on, 0)
    return every.times(k + 1).after(anchor)


def _course_days(courses: Courses, start: date) -> Iterator[date]:
    for course in courses.courses:
        start = course.after.after(start) if course.after else start
        yield from (start + timedelta(days=block.day) for block in course.blocks)


def _course_due(courses: Courses, given_on: Sequence[date]) -> date | None:
    index, start, last = 0, given_on[0], given_on[-1]
    for course in courses.courses:
        if index == len(given_on):
            after = course.after or Span(0, Unit.DAY)
            return after.after(start) if after.after(start) > last else after.after(last)
        start, left = given_on[index], len(given_on) - index
        if left < len(course.blocks):
            late = last - start - timedelta(days=course.blocks[left - 1].day)
            return start + timedelta(days=course.blocks[left].day) + max(timedelta(0), late)
        index += len(course.blocks)
    return None


def _slots(pattern: Weekdays, started_on: date) -> tuple[int, ...]:
    """Return ISO weekdays spread evenly over the week from the start's own."""
    steps = (k * 7 // pattern.per_week for k in range(pattern.per_week))
    return tuple((started_on.isoweekday() - 1 + step) % 7 + 1 for step in steps)
