"""The B-cell rule of ocrelizumab: so many CD19 cells, counted after the last dose, and the next one may come."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.domain.protocols import Protocol
from backend.domain.verdicts import (
    Analyte,
    Condition,
    Course,
    Measured,
    Params,
    Verdict,
    at_least,
    failed,
    latest,
    met,
)


def evaluate(rule: Protocol, settings: Mapping[str, Any], course: Course, measured: Sequence[Measured]) -> Verdict:
    """Return what the rule says of the latest count; `settings` may hold `remeasure_weeks`, as the site agreed."""
    count = latest(measured, Analyte.CD19)
    conditions = (_since_dose(course, count), _threshold(rule, count))
    holds = met(conditions)
    statement, params = _statement(settings, conditions, holds)
    return Verdict(conditions, holds, statement, params, () if count is None else (count,))


def _since_dose(course: Course, count: Measured | None) -> Condition:
    """A count of the day of the dose was taken before it: blood is drawn before an infusion."""
    key = "cd19-since-dose"
    if count is None or count.on is None:
        return Condition(key, False, "no-cd19")
    if course.last_dose_on is not None and count.on <= course.last_dose_on:
        return Condition(key, False, "before-last-dose", {"on": count.on.isoformat()})
    return Condition(key, True)


def _threshold(rule: Protocol, count: Measured | None) -> Condition:
    key = "cd19-threshold"
    if count is None:
        return Condition(key, None, "no-cd19")
    enough = at_least(count, rule.numbers["at_least_cells_ul"])
    if enough is None:
        return Condition(key, None, "cannot-tell", {"values": count.shown})
    return Condition(key, True) if enough else Condition(key, False, "below-threshold", {"values": count.shown})


def _statement(settings: Mapping[str, Any], conditions: Sequence[Condition], holds: bool | None) -> tuple[str, Params]:
    if holds:
        return "eligible-for-next-dose", {}
    if failed(conditions, "cd19-since-dose"):
        return "measure-again", {}
    if not failed(conditions, "cd19-threshold"):
        return "cannot-be-said", {}
    weeks = settings.get("remeasure_weeks")
    if weeks is None:
        return "postponed-and-measured-again", {}
    return "postponed-and-measured-again-after", {"weeks": weeks}
