"""Rules: what a study may set about a protocol, and what the protocol then says of a patient; nothing here decides."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from backend.domain import bands, bcells, stepwise, straight
from backend.domain.errors import ClinicError, invalid
from backend.domain.protocols import Bounds, Protocol, RuleKind, Text, words
from backend.domain.treatment import LONGEST_WEEKS
from backend.domain.verdicts import Analyte, Condition, Course, Measured, Verdict

SLACK_DAYS = 3
"""By how many days a dose may stand off the bounds in weeks and still be within (as for intervals that are alike)."""
_MOST_ADJUSTED_WEEKS = 4
_LATEST_REMEASURE_WEEKS = 26
SETTINGS: Mapping[RuleKind, frozenset[str]] = {
    RuleKind.STEPWISE_TROUGH: frozenset({"max_weeks"}),
    RuleKind.BAND_TABLE: frozenset({"bands", "max_weeks"}),
    RuleKind.STRAIGHT_TO_MINIMUM: frozenset({"max_weeks", "adjust_weeks"}),
    RuleKind.BCELL_THRESHOLD: frozenset({"remeasure_weeks"}),
}
"""What a study may set, by kind of rule; of the others nothing."""
USES: Mapping[RuleKind, tuple[Analyte, ...]] = {
    RuleKind.STEPWISE_TROUGH: (Analyte.LEVEL,),
    RuleKind.BAND_TABLE: (Analyte.LEVEL,),
    RuleKind.STRAIGHT_TO_MINIMUM: (Analyte.LEVEL, Analyte.ANTIBODIES),
    RuleKind.BCELL_THRESHOLD: (Analyte.CD19,),
}
"""What a rule looks at, by its kind."""


def check_settings(rule: Protocol, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a study's settings as they are kept.

    `max_weeks` narrows the protocol's upper bound; `bands` is the table of `bands.read_bands`; `adjust_weeks` (1-4)
    and `remeasure_weeks` (1-26) are what the source leaves open. Raises ClinicError `invalid` and `out-of-bounds`.
    """
    known = SETTINGS.get(rule.kind, frozenset())
    for name in told:
        if name not in known:
            raise invalid(f"/settings/{name}", "This rule has no such setting.")
    given = {name: value for name, value in told.items() if value is not None}
    found: dict[str, Any] = {}
    if "max_weeks" in given:
        low, high = rule.bounds.min_weeks or 1, rule.bounds.max_weeks or LONGEST_WEEKS
        found["max_weeks"] = _whole(given["max_weeks"], "max_weeks", low, high)
    if "adjust_weeks" in given:
        found["adjust_weeks"] = _whole(given["adjust_weeks"], "adjust_weeks", 1, _MOST_ADJUSTED_WEEKS)
    if "remeasure_weeks" in given:
        found["remeasure_weeks"] = _whole(given["remeasure_weeks"], "remeasure_weeks", 1, _LATEST_REMEASURE_WEEKS)
    if "bands" in given:
        table = bands.read_bands(given["bands"], bounds(rule, found))
        found["bands"] = [{"below_ug_ml": _plain(one.below), "weeks": one.weeks} for one in table]
    return found


def bounds(rule: Protocol, settings: Mapping[str, Any]) -> Bounds:
    """Return between which weeks the rule moves an interval under a study's settings."""
    return replace(rule.bounds, max_weeks=settings.get("max_weeks", rule.bounds.max_weeks))


def evaluate(
    rule: Protocol, settings: Mapping[str, Any], course: Course | None, measured: Sequence[Measured]
) -> Verdict:
    """Return what a rule says of a patient; `course` None where no treatment with its drug is running.

    `settings` are as `check_settings` returned them; `measured` in any order.
    """
    if not rule.has_conditions:
        return Verdict((), None, "nothing-to-evaluate")
    if course is None:
        return Verdict((), None, "no-treatment")
    within = bounds(rule, settings)
    ordered = sorted(measured, key=lambda one: (one.on or date.min, one.reported_at, one.source))
    found = _verdict(rule, within, settings, course, ordered)
    return replace(found, outside=_outside(rule, within, course, found.used))


def _verdict(
    rule: Protocol, within: Bounds, settings: Mapping[str, Any], course: Course, measured: Sequence[Measured]
) -> Verdict:
    match rule.kind:
        case RuleKind.STEPWISE_TROUGH:
            return stepwise.evaluate(rule, within, course, measured)
        case RuleKind.BAND_TABLE:
            return bands.evaluate(_table(within, settings), course, measured)
        case RuleKind.STRAIGHT_TO_MINIMUM:
            return straight.evaluate(rule, within, settings, course, measured)
        case _:
            return bcells.evaluate(rule, settings, course, measured)


def _table(within: Bounds, settings: Mapping[str, Any]) -> tuple[bands.Band, ...]:
    """Return a study's table; none where it does not fit the protocol's bounds, which may have changed since."""
    try:
        return bands.read_bands(settings["bands"], within) if "bands" in settings else ()
    except ClinicError:
        return ()


def _outside(rule: Protocol, within: Bounds, course: Course, used: Sequence[Measured]) -> tuple[str, ...]:
    found = [code for one in used for code in one.outside]
    weeks, starts = course.current_weeks, rule.numbers.get("starts_at_weeks")
    if weeks is not None and starts is not None and weeks < starts:
        found.append("interval-below-bounds")
    if weeks is not None and within.max_weeks is not None and weeks > within.max_weeks:
        found.append("interval-above-bounds")
    return tuple(dict.fromkeys(found))


def check_interval(within: Bounds, weeks: int) -> None:
    """Pass, or raise ClinicError `out-of-bounds` at /interval_weeks for weeks outside a rule's bounds."""
    if not within.hold(weeks):
        raise invalid("/interval_weeks", _told(within), "out-of-bounds")


def check_days(within: Bounds, last_dose_on: date | None, planned_on: date) -> None:
    """Pass, or raise ClinicError `out-of-bounds` at /move/planned for a dose that would break a rule's bounds."""
    if last_dose_on is None:
        return
    days = (planned_on - last_dose_on).days
    early = within.min_weeks is not None and days < 7 * within.min_weeks - SLACK_DAYS
    late = within.max_weeks is not None and days > 7 * within.max_weeks + SLACK_DAYS
    if early or late:
        raise invalid("/move/planned", _told(within), "out-of-bounds")


def _told(within: Bounds) -> str:
    ends = [f"at least {within.min_weeks}"] if within.min_weeks is not None else []
    ends += [f"at most {within.max_weeks}"] if within.max_weeks is not None else []
    return f"The protocol moves between its own bounds: {' and '.join(ends)} weeks."


def condition_text(rule: Protocol, within: Bounds, key: str) -> Text:
    """Return a condition of a rule in words."""
    ends = {"min_weeks": within.min_weeks, "max_weeks": within.max_weeks}
    return words().conditions[key].filled({**rule.numbers, **ends})


def why_text(one: Condition) -> Text | None:
    """Return why a condition does not hold, or is not known to, in words; None where it holds."""
    if one.why is None:
        return None
    codes = one.params.get("unusable", ())
    reasons = [words().unusable[code] for code in codes] if isinstance(codes, list) else []
    told = words().whys[one.why]
    nl = told.nl.format_map({**one.params, "unusable": ", ".join(reason.nl for reason in reasons)})
    en = told.en.format_map({**one.params, "unusable": ", ".join(reason.en for reason in reasons)})
    return Text(nl, en)


def statement_text(found: Verdict) -> Text:
    """Return what a rule says in words."""
    return words().statements[found.statement].filled(found.params)


def _whole(told: object, name: str, low: int, high: int) -> int:
    if isinstance(told, bool) or not isinstance(told, int):
        raise invalid(f"/settings/{name}", "Must be a whole number.")
    if not low <= told <= high:
        raise invalid(f"/settings/{name}", f"Must lie from {low} to {high}.", "out-of-bounds")
    return told


def _plain(below: Decimal | None) -> int | float | None:
    """Return a limit as JSON has it."""
    if below is None:
        return None
    return int(below) if below == below.to_integral_value() else float(below)
