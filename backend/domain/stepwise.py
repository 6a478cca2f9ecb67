"""The stepwise rule (PDNMS): two troughs above a threshold at one interval and route allow one week more, to a cap."""

from collections.abc import Sequence

from backend.domain.protocols import Bounds, Protocol
from backend.domain.verdicts import (
    Analyte,
    Condition,
    Course,
    Measured,
    Span,
    Verdict,
    above,
    lowest_of_each_interval,
    met,
    newer_unusable,
)

_NEED_TWO = ("valid-samples", "above-threshold", "same-interval", "current-interval", "same-route", "no-missed-dose")
_STATEMENTS = {
    True: "one-week-longer-is-allowed",
    False: "one-week-longer-is-not-allowed",
    None: "cannot-be-said",
}


def evaluate(rule: Protocol, bounds: Bounds, course: Course, measured: Sequence[Measured]) -> Verdict:
    """Return what the rule says of the last two troughs; `bounds` are the protocol's, or a site's narrower ones."""
    levels = [one for one in measured if one.kind is Analyte.LEVEL]
    pair, why = _pair(levels)
    cap = _cap(rule, bounds, course)
    if pair is None:
        waiting = (Condition(key, None, "too-few-levels") for key in _NEED_TWO)
        conditions = (Condition("two-troughs", False, why), *waiting, cap)
        used = tuple(levels[-1:])
    else:
        conditions = (Condition("two-troughs", True), *_of_two(rule, course, pair, levels), cap)
        used = pair
    holds = met(conditions)
    params = {"weeks": (course.current_weeks or 0) + rule.numbers["step_weeks"]} if holds else {}
    return Verdict(conditions, holds, _STATEMENTS[holds], params, used)


def _pair(levels: Sequence[Measured]) -> tuple[tuple[Measured, Measured] | None, str | None]:
    """Return the troughs of the last two intervals that have a usable one, else of the last two with any, or why not.

    A sample that cannot be used is passed over only where others stand in for it.
    """
    usable = lowest_of_each_interval(levels)
    if len(usable) >= 2:
        return (usable[-2], usable[-1]), None
    standing = {one.interval: one for one in levels if one.valid is False} | {one.interval: one for one in usable}
    by_interval = [standing[number] for number in sorted(number for number in standing if number is not None)]
    if len(by_interval) >= 2:
        return (by_interval[-2], by_interval[-1]), None
    placed = [one for one in levels if one.interval is not None]
    if not placed:
        return None, "no-levels"
    return None, "one-level" if len(placed) == 1 else "one-interval"


def _of_two(
    rule: Protocol, course: Course, pair: tuple[Measured, Measured], levels: Sequence[Measured]
) -> tuple[Condition, ...]:
    first, second = pair
    spans = course.between(first.interval or 0, second.interval or 0)
    return (
        _valid(first, second, levels),
        _above(rule, first, second),
        _same_interval(rule, spans),
        _current(course, spans),
        _same_route(course, spans),
        _none_missed(course, first, second),
    )


def _valid(first: Measured, second: Measured, levels: Sequence[Measured]) -> Condition:
    reasons = [*first.why_not, *second.why_not]
    if reasons:
        return Condition("valid-samples", False, "not-valid", {"unusable": list(dict.fromkeys(reasons))})
    if first.provisional or second.provisional:
        return Condition("valid-samples", None, "provisional")
    if newer_unusable(levels, second):
        return Condition("valid-samples", None, "newer-unusable")
    return Condition("valid-samples", True)


def _above(rule: Protocol, first: Measured, second: Measured) -> Condition:
    limit = rule.numbers["above_ug_ml"]
    told = [(one, above(one, limit)) for one in (first, second)]
    low = [one.shown for one, holds in told if holds is False]
    if low:
        return Condition("above-threshold", False, "not-above", {"values": ", ".join(low)})
    unsure = [one.shown for one, holds in told if holds is None]
    if unsure:
        return Condition("above-threshold", None, "cannot-tell", {"values": ", ".join(unsure)})
    return Condition("above-threshold", True)


def _same_interval(rule: Protocol, spans: Sequence[Span]) -> Condition:
    """All intervals from the first trough to the second were planned alike, and took as long as planned."""
    key = "same-interval"
    weeks = [span.planned_weeks for span in spans]
    if not weeks or None in weeks:
        return Condition(key, None, "no-weeks")
    if len(set(weeks)) > 1:
        return Condition(key, False, "intervals-differ", {"weeks": ", ".join(str(one) for one in weeks)})
    planned_days = 7 * (weeks[0] or 0)
    for span in spans:
        if span.days is not None and abs(span.days - planned_days) > rule.numbers["tolerance_days"]:
            return Condition(key, False, "off-plan", {"days": span.days, "planned_days": planned_days})
    if any(span.days is None for span in spans):
        return Condition(key, None, "provisional")
    return Condition(key, True)


def _current(course: Course, spans: Sequence[Span]) -> Condition:
    weeks = spans[-1].planned_weeks if spans else None
    if weeks is None or course.current_weeks is None:
        return Condition("current-interval", None, "no-weeks")
    if weeks != course.current_weeks:
        params = {"weeks": weeks, "current_weeks": course.current_weeks}
        return Condition("current-interval", False, "not-current", params)
    if spans[-1].number < (course.run_begins or spans[-1].number + 1):
        return Condition("current-interval", False, "before-a-change")
    return Condition("current-interval", True)


def _same_route(course: Course, spans: Sequence[Span]) -> Condition:
    routes = {span.route for span in spans}
    if len(routes) > 1:
        return Condition("same-route", False, "route-switch")
    return (
        Condition("same-route", False, "route-not-current")
        if course.route not in routes
        else Condition("same-route", True)
    )


def _none_missed(course: Course, first: Measured, second: Measured) -> Condition:
    missed = [on for on in course.missed_on if first.on and second.on and first.on <= on <= second.on]
    if missed:
        return Condition("no-missed-dose", False, "missed-dose", {"on": ", ".join(on.isoformat() for on in missed)})
    return Condition("no-missed-dose", True)


def _cap(rule: Protocol, bounds: Bounds, course: Course) -> Condition:
    weeks = course.current_weeks
    if weeks is None:
        return Condition("within-bounds", None, "no-weeks")
    longer = weeks + rule.numbers["step_weeks"]
    if bounds.hold(longer):
        return Condition("within-bounds", True)
    above_cap = bounds.max_weeks is not None and longer > bounds.max_weeks
    return Condition("within-bounds", False, "at-cap" if above_cap else "below-bounds", {"current_weeks": weeks})
