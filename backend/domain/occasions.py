"""Occasions: when the end-of-interval form is put to a patient, and which interval an answer is about."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from backend.domain.linking import Chain, Interval
from backend.domain.schedule import FORM_CLOSES_DAYS, FORM_OPENS_DAYS


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


def open_occasions(
    line: Chain, falls_in: int | None, coming_on: date | None, answered: Container[int | None], today: date
) -> tuple[Occasion, ...]:
    """Return the occasions open today for the intervals not yet answered, oldest first.

    `falls_in` is the interval of an answer given now, `coming_on` the day of the expected dose, `answered` the
    numbers of intervals with a completed form.
    """
    found: list[Occasion] = []
    for interval in line.intervals[-2:]:
        window = _window(interval, coming_on)
        about = _about(interval.number, falls_in)
        if window is None or about is None or interval.number in answered:
            continue
        opens_on, closes_on = window
        if opens_on <= today and (closes_on is None or today <= closes_on):
            found.append(Occasion(interval.number, about, opens_on, closes_on))
    return tuple(found)


def _window(interval: Interval, coming_on: date | None) -> tuple[date, date | None] | None:
    if interval.closed_on is not None:
        planned_on = interval.planned_end_on or interval.closed_on
        opens_on = min(planned_on, interval.closed_on) - timedelta(days=FORM_OPENS_DAYS)
        return opens_on, interval.closed_on + timedelta(days=FORM_CLOSES_DAYS)
    return None if coming_on is None else (coming_on - timedelta(days=FORM_OPENS_DAYS), None)


def _about(number: int, falls_in: int | None) -> About | None:
    if number == falls_in:
        return About.CURRENT
    return About.PREVIOUS if falls_in is not None and number == falls_in - 1 else None
