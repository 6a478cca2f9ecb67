"""Windows: the days on which published study designs ask their patients something, in each dosing interval."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from backend.domain.linking import Chain, Interval
from backend.domain.schedule import Window


@dataclass(frozen=True, slots=True)
class Span:
    """One window of a design, in whole days, both inclusive: after the dose that opens an interval, or before the next.

    Exactly one of the two is there. `before_next` counts down: (7, 0) is the last week with the day of the dose.
    """

    name: str
    after_dose: tuple[int, int] | None = None
    before_next: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Design:
    """The windows of one published design, and in how many intervals they are asked; None is in every one."""

    key: str
    source: str
    spans: tuple[Span, ...]
    cycles: int | None = None


@cache
def designs() -> Mapping[str, Design]:
    """Return the designs by key, in the file's order; ValueError, KeyError or TypeError on a bad file."""
    told = json.loads(files("backend.domain").joinpath("windows.json").read_text("utf-8"))
    return MappingProxyType({one["key"]: _design(one) for one in told["designs"]})


def windows(design: Design, subject: str, line: Chain, coming_on: date | None, since: date) -> tuple[Window, ...]:
    """Return the windows of a design in the running interval and the one before it, in their order.

    `subject` names what asks (opaque, up to 50 characters), `coming_on` is the day of the expected dose, `since` the
    day somebody joined: only intervals that end later count, and of `cycles` the first so many.
    """
    later = [one for one in line.intervals if one.closed_on is None or one.closed_on > since]
    asked = later if design.cycles is None else later[: design.cycles]
    return tuple(
        Window(f"{subject}:{place}:{interval.opened_by}", 0, first, last)
        for interval in line.intervals[-2:]
        if interval in asked
        for place, span in enumerate(design.spans)
        for first, last in _days(span, interval, coming_on)
        if last >= since
    )


def unanswered(found: Iterable[Window], days: Collection[date]) -> tuple[Window, ...]:
    """Return the windows in which nothing was answered, given the days on which something was."""
    return tuple(one for one in found if not any(one.opens_on <= on <= one.closes_on for on in days))


def _days(span: Span, interval: Interval, coming_on: date | None) -> list[tuple[date, date]]:
    """Return the days of a window in an interval; none where that ended before it began, or where no end is known."""
    ended_on = interval.closed_on
    if span.after_dose is not None:
        first, last = (interval.opened_on + timedelta(days=days) for days in span.after_dose)
        return [] if ended_on is not None and first > ended_on else [(first, last)]
    end_on = ended_on or coming_on
    if span.before_next is None or end_on is None:
        return []
    # It began on the day of the plan, so that it stays the same window when the dose is given a few days off.
    planned_on = interval.planned_end_on or end_on if ended_on is not None else end_on
    last = end_on - timedelta(days=span.before_next[1])
    return [(min(planned_on - timedelta(days=span.before_next[0]), last), last)]


def _design(told: Mapping[str, Any]) -> Design:
    spans = tuple(
        Span(one["name"], _pair(one.get("after_dose")), _pair(one.get("before_next"))) for one in told["windows"]
    )
    if any((span.after_dose is None) == (span.before_next is None) for span in spans):
        raise ValueError("a window is either after a dose or before the next")
    return Design(told["key"], told["source"], spans, told.get("cycles"))


def _pair(told: list[int] | None) -> tuple[int, int] | None:
    if told is None:
        return None
    first, last = told
    return first, last
