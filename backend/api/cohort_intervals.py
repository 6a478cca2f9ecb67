"""The cohort's intervals over HTTP: wearing-off by length, profiles, before and after stretching, and onsets."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields, figures
from backend.api.cohort_figures import MOST, CohortFigureOut, figure, number, weeks
from backend.api.figures import LengthOut, OnsetOut, QuartilesOut, RatingProfileOut, counted
from backend.domain.comparisons import Wilcoxon
from backend.domain.onsets import Onsets
from backend.domain.profiles import Profiles
from backend.domain.stretched import Comparison, Pattern, Unclear
from backend.domain.stretching import Period, State, Stretching, Why
from backend.services.cohort import Before, Cohort, Onsetting

Settings = Mapping[str, Any]


class RatingSpreadOut(Schema):
    """Quartiles of the first week's mean, the last week's and the difference, over assessable intervals."""

    first = fields.Part(QuartilesOut, required=True, allow_none=True)
    last = fields.Part(QuartilesOut, required=True, allow_none=True)
    difference = fields.Part(QuartilesOut, required=True, allow_none=True)


class CohortLengthOut(LengthOut):
    """One interval class with the spread of its ratings."""

    ratings = fields.Part(RatingSpreadOut, required=True)


class CohortLengthsOut(CohortFigureOut):
    """Wearing-off and ratings by interval class; `n` counts intervals."""

    items = fields.Many(fields.Part(CohortLengthOut), most=1000, required=True)


class CohortProfileOut(CohortFigureOut):
    """Ratings by day since the dose; `n` counts intervals with a rated day."""

    items = fields.Many(fields.Part(RatingProfileOut), most=1000, required=True)


class CohortAroundOut(CohortProfileOut):
    """Ratings by days before the actual dose (negative), on its day (0) and after it."""

    after_days = fields.Integer(0, 1000, required=True)


class CohortProfilesOut(Schema):
    """Ratings by day, counted from either end."""

    by_day = fields.Part(CohortProfileOut, required=True)
    before_dose = fields.Part(CohortAroundOut, required=True)


class McNemarOut(Schema):
    """McNemar's exact test: `b` patients went from no to yes, `c` from yes to no."""

    b = counted()
    c = counted()
    p = fields.Number(0, 1, required=True)


class WilcoxonOut(Schema):
    """Wilcoxon's signed-rank test over `n` differences that are not zero."""

    n = counted()
    n_zero = counted()
    statistic = number(0)
    p = number(0, 1)
    method = fields.Text(20, required=True)


class ComparisonOut(Schema):
    """Two periods of the patients in whom both are assessable."""

    n = counted()
    n_first = counted()
    n_second = counted()
    mcnemar = fields.Part(McNemarOut, required=True)
    differences = fields.Part(WilcoxonOut, required=True)
    change = fields.Part(QuartilesOut, required=True, allow_none=True)
    onsets = fields.Part(WilcoxonOut, required=True)
    onset_change = fields.Part(QuartilesOut, required=True, allow_none=True)


class CohortPeriodOut(Schema):
    """A patient's intervals of one length taken together."""

    weeks = fields.Integer(1, 1000, required=True)
    n_assessable = counted()
    n_wearing_off = counted()
    wearing_off = fields.Flag(required=True, allow_none=True)
    mean_difference = number(-10, 10)
    median_onset_day = number(0)


class StretchedPatientOut(Schema):
    """One patient before and after stretching."""

    patient_id = fields.Id(required=True)
    state = fields.Choice(State, required=True)
    why = fields.Many(fields.Choice(Why), most=10, required=True)
    old_weeks = weeks()
    new_weeks = weeks()
    stretched_on = fields.Day(required=True, allow_none=True)
    route_switch = fields.Flag(required=True)
    returned = fields.Flag(required=True, allow_none=True)
    against_earlier = fields.Choice(State, required=True)
    earlier = fields.Part(CohortPeriodOut, required=True, allow_none=True)
    before = fields.Part(CohortPeriodOut, required=True, allow_none=True)
    after = fields.Part(CohortPeriodOut, required=True, allow_none=True)


class CohortStretchingOut(CohortFigureOut):
    """Before and after stretching; `n` counts patients assessable in both, `points` holds all in the figures."""

    counts = fields.Object(required=True)
    pattern = fields.Choice(Pattern, required=True)
    pattern_why = fields.Many(fields.Choice(Unclear), most=10, required=True)
    before_after = fields.Part(ComparisonOut, required=True)
    earlier_after = fields.Part(ComparisonOut, required=True)
    earlier_before = fields.Part(ComparisonOut, required=True)
    points = fields.Many(fields.Part(StretchedPatientOut), most=MOST, required=True)


class BothOnsetsOut(Schema):
    """When wearing-off began, by either instrument."""

    diary = fields.Part(OnsetOut, required=True)
    recall = fields.Part(OnsetOut, required=True)


class WeeksOnsetsOut(BothOnsetsOut):
    """When wearing-off began in one interval class."""

    planned_weeks = weeks()


class CohortOnsetsOut(CohortFigureOut):
    """Onset bands and curves, over all intervals and by class; `n` counts intervals."""

    all = fields.Part(BothOnsetsOut, required=True)
    items = fields.Many(fields.Part(WeeksOnsetsOut), most=1000, required=True)


def lengths(found: Cohort, settings: Settings) -> dict[str, Any]:
    """Return wearing-off and ratings by interval class as they leave."""
    items = [figures.length(one) | {"ratings": found.distributions[one.planned_weeks]} for one in found.lengths.items]
    told = {**settings, "level": found.lengths.level}
    return figure(found.n_intervals, found.lengths.definition, told) | {"items": items}


def profiles(found: Cohort, settings: Settings) -> dict[str, Any]:
    """Return the ratings by day from either end as they leave."""
    after = {"after_days": found.around.after_days}
    around = _profile(found.around, found.n_intervals, {**settings, **after})
    return {"by_day": _profile(found.by_day, found.n_intervals, settings), "before_dose": around | after}


def _profile(found: Profiles, n_intervals: int, settings: Settings) -> dict[str, Any]:
    n = sum(one.n_intervals for one in found.items)
    shared = figure(n, found.definition, settings, {"no-rated-day-or-open": n_intervals - n})
    return shared | {"items": figures.profiles(found.items)}


def stretching(found: Before, settings: Settings) -> dict[str, Any]:
    """Return the cohort and each patient before and after stretching as they leave."""
    whole, rule = found.cohort, found.cohort.rule
    told = {"count": rule.count, "needed": rule.needed, "min_patients": rule.min_patients, "alpha": rule.alpha}
    left_out = {why.value: count for why, count in whole.not_assessable.items()}
    return {
        **figure(whole.before_after.n, whole.definition, {**settings, **told}, left_out),
        "counts": {state.value: count for state, count in whole.counts.items()},
        "pattern": whole.pattern,
        "pattern_why": whole.pattern_why,
        "before_after": _comparison(whole.before_after),
        "earlier_after": _comparison(whole.earlier_after),
        "earlier_before": _comparison(whole.earlier_before),
        "points": [_point(who, one) for who, one in found.patients],
    }


def _comparison(found: Comparison) -> dict[str, Any]:
    return {
        "n": found.n,
        "n_first": found.n_first,
        "n_second": found.n_second,
        "mcnemar": found.mcnemar,
        "differences": _wilcoxon(found.differences),
        "change": found.change,
        "onsets": _wilcoxon(found.onsets),
        "onset_change": found.onset_change,
    }


def _wilcoxon(found: Wilcoxon) -> dict[str, Any]:
    return {
        "n": found.n,
        "n_zero": found.n_zero,
        "statistic": found.statistic,
        "p": found.p,
        "method": found.method,
    }


def _point(who: UUID, found: Stretching) -> dict[str, Any]:
    return {
        "patient_id": who,
        "state": found.state,
        "why": found.why,
        "old_weeks": found.old_weeks,
        "new_weeks": found.new_weeks,
        "stretched_on": found.stretched_on,
        "route_switch": found.route_switch,
        "returned": found.returned,
        "against_earlier": found.against_earlier,
        "earlier": _period(found.earlier),
        "before": _period(found.before),
        "after": _period(found.after),
    }


def _period(found: Period | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "weeks": found.weeks,
        "n_assessable": found.n_assessable,
        "n_wearing_off": found.n_wearing_off,
        "wearing_off": found.wearing_off,
        "mean_difference": found.mean_difference,
        "median_onset_day": found.median_onset_day,
    }


def onsets(found: Onsetting, n_intervals: int, settings: Settings) -> dict[str, Any]:
    """Return when wearing-off began as it leaves."""
    items = [{"planned_weeks": one, **_both(told)} for one, told in found.by_weeks.items()]
    return {
        **figure(n_intervals, found.every.definition, settings),
        "all": _both(found.every),
        "items": items,
    }


def _both(found: Onsets) -> dict[str, Any]:
    return {"diary": figures.onset(found.diary), "recall": figures.onset(found.recall)}
