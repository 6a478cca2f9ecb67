"""Occasions: when the end-of-interval form is put to a patient, and which interval an answer is about."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from backend.domain.linking import Chain, Interval, place
from backend.domain.moments import Occurred
from backend.domain.wearing_off import DEFAULT

OPENS_DAYS = 2
"""The end-of-interval form opens so many days before the planned dose ..."""
CLOSES_DAYS = 7
"""... and closes so many after the given one: relief is asked in days after it."""


class About(StrEnum):
    """Which interval an answer is about: the one it falls in, or the one before."""

    CURRENT = "current"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class Occasion:
    """The form about one interval, open on the days `opens_on` to `closes_on` (None until the dose is given)."""

    interval: int
    about: About
    opens_on: date
    closes_on: date | None


def about_interval(falls_in: int | None, about: About) -> int | None:
    """Return the number of the interval an answer is about (it follows corrected doses), if any."""
    if falls_in is None:
        return None
    number = falls_in - (about is About.PREVIOUS)
    return number if number >= 1 else None


def answered(completed: Iterable[tuple[Occurred, About]], line: Chain) -> frozenset[int]:
    """Return the numbers of the intervals that completed forms, each with its moment, are about."""
    numbers = (about_interval(place(occurred, None, line).interval, about) for occurred, about in completed)
    return frozenset(number for number in numbers if number is not None)


def is_asked(interval: Interval, coming_on: date | None) -> bool:
    """Tell whether the form is put at all: not about an interval too short for either end to be told from the other.

    The length is the actual one, or while open that to the expected dose; weekly injections would be asked every week.
    """
    end = interval.closed_on or coming_on
    return end is not None and (end - interval.opened_on).days >= DEFAULT.shortest_days


def opens_on(dose_on: date) -> date:
    """Return the day from which the form about the interval that a dose ends is put."""
    return dose_on - timedelta(days=OPENS_DAYS)


def stretch(interval: Interval, end_on: date | None) -> tuple[date, date] | None:
    """Return from which to which day, both inclusive, the form about an interval is worth reminding of.

    `end_on` is the day on which the interval was to end, or is: the first day is that of the plan, so that it stays
    while the dose is given a few days early or late. While the interval runs, the last is that of a dose given as
    expected. None where no end is in sight.
    """
    ended_on = interval.closed_on or end_on
    if ended_on is None:
        return None
    return min(opens_on(end_on or ended_on), ended_on), ended_on + timedelta(days=CLOSES_DAYS)


def open_occasions(
    line: Chain, falls_in: int | None, coming_on: date | None, done: Container[int], today: date
) -> tuple[Occasion, ...]:
    """Return the occasions open today for the intervals not yet answered, oldest first.

    `falls_in` is the interval of an answer given now, `coming_on` the day of the expected dose, `done` the
    numbers of intervals with a completed form.
    """
    found: list[Occasion] = []
    for interval in line.intervals[-2:]:
        days = window(interval, coming_on)
        about = _about(interval.number, falls_in)
        if days is None or about is None or interval.number in done or not is_asked(interval, coming_on):
            continue
        first, last = days
        if first <= today and (last is None or today <= last):
            found.append(Occasion(interval.number, about, first, last))
    return tuple(found)


def window(interval: Interval, coming_on: date | None) -> tuple[date, date | None] | None:
    """Return the first and last day, both inclusive, of the form about an interval; None where no end is in sight.

    The last is None until the dose that ends the interval is given.
    """
    if interval.closed_on is not None:
        planned_on = interval.planned_end_on or interval.closed_on
        return opens_on(min(planned_on, interval.closed_on)), interval.closed_on + timedelta(days=CLOSES_DAYS)
    return None if coming_on is None else (opens_on(coming_on), None)


def _about(number: int, falls_in: int | None) -> About | None:
    if number == falls_in:
        return About.CURRENT
    return About.PREVIOUS if falls_in is not None and number == falls_in - 1 else None
