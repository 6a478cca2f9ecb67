"""The straight rule (SUPERNEXT): from 4-5 weeks at once to a minimum, then a level after so many treatments."""

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from backend.domain.bands import current_interval, valid_trough
from backend.domain.protocols import Bounds, Protocol
from backend.domain.verdicts import (
    Analyte,
    Condition,
    Course,
    Measured,
    Params,
    Span,
    Verdict,
    above,
    failed,
    latest,
    lowest_of_each_interval,
    met,
)


def evaluate(
    rule: Protocol, bounds: Bounds, settings: Mapping[str, Any], course: Course, measured: Sequence[Measured]
) -> Verdict:
    """Return what the rule says; `settings` may hold `adjust_weeks`, the fixed number of weeks a site adjusts by."""
    antibodies = latest(measured, Analyte.ANTIBODIES)
    always = (_known(rule, course), _antibodies(rule, antibodies))
    if course.current_weeks is None or course.current_weeks < rule.numbers["straight_below_weeks"]:
        trough = _last(lowest_of_each_interval(measured))
        conditions = (*always, valid_trough(trough, measured), current_interval(course, trough))
        if met(conditions):
            said: tuple[str, Params] = ("at-least-minimum-is-allowed", {"min_weeks": bounds.min_weeks or 0})
        else:
            said = (_otherwise(conditions), {})
    else:
        treated = _treated(course)
        trough = _last(_after(rule, treated, measured))
        conditions = (*always, *_later(rule, treated, trough, measured))
        said = _adjusting(rule, bounds, settings, conditions, len(treated))
    used = tuple(one for one in (trough, antibodies) if one is not None)
    return Verdict(conditions, met(conditions), *said, used)


def _known(rule: Protocol, course: Course) -> Condition:
    weeks = course.current_weeks
    if weeks is None:
        return Condition("interval-known", None, "no-weeks")
    if weeks < rule.numbers["starts_at_weeks"]:
        return Condition("interval-known", False, "below-start", {"current_weeks": weeks})
    return Condition("interval-known", True)


def _antibodies(rule: Protocol, found: Measured | None) -> Condition:
    if found is None:
        return Condition("antibodies", None, "not-measured")
    high = above(found, rule.numbers["antibodies_above_au_ml"])
    if high is None:
        return Condition("antibodies", None, "cannot-tell", {"values": found.shown})
    return (
        Condition("antibodies", False, "antibodies-high", {"values": found.shown})
        if high
        else Condition("antibodies", True)
    )


def _treated(course: Course) -> list[Span]:
    """Return the intervals that were planned as the plan is now and were ended by a dose, back to the last change."""
    backwards = reversed([span for span in course.spans if span.days is not None])
    return list(takewhile(lambda span: span.planned_weeks == course.current_weeks, backwards))[::-1]


def _after(rule: Protocol, treated: Sequence[Span], measured: Sequence[Measured]) -> list[Measured]:
    """Return the troughs taken at the treatment after which is measured again, or later."""
    needed = rule.numbers["doses_before_level"]
    if len(treated) < needed:
        return []
    since = treated[needed - 1].number
    return [one for one in lowest_of_each_interval(measured) if (one.interval or 0) >= since]


def _later(
    rule: Protocol, treated: Sequence[Span], trough: Measured | None, measured: Sequence[Measured]
) -> tuple[Condition, Condition]:
    if len(treated) < rule.numbers["doses_before_level"]:
        too_few = {"doses": len(treated)}
        return (
            Condition("doses-since-change", False, "too-few-doses", too_few),
            Condition("trough-since", None, "too-few-doses", too_few),
        )
    return Condition("doses-since-change", True), valid_trough(trough, measured, "trough-since", "no-trough-since")


def _adjusting(
    rule: Protocol, bounds: Bounds, settings: Mapping[str, Any], conditions: Sequence[Condition], doses: int
) -> tuple[str, Params]:
    if met(conditions):
        weeks = settings.get("adjust_weeks")
        if weeks is None:
            return "adjust-by-fixed-weeks-if-needed", {}
        return "adjust-by-so-many-weeks-if-needed", {"weeks": weeks, "min_weeks": bounds.min_weeks or 0}
    if failed(conditions, "doses-since-change") and not failed(conditions, "antibodies"):
        return "measure-again-after-doses", {"doses": doses, "of": rule.numbers["doses_before_level"]}
    return _otherwise(conditions), {}


def _otherwise(conditions: Sequence[Condition]) -> str:
    if failed(conditions, "antibodies"):
        return "excluded-by-antibodies"
    if failed(conditions, "interval-known"):
        return "does-not-apply"
    return "measure-again" if met(conditions) is False else "cannot-be-said"


def _last(found: Sequence[Measured]) -> Measured | None:
    return found[-1] if found else None
