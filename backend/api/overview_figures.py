"""The figures on a patient's page over HTTP, each with the sentence that says what its numbers are."""

from typing import Any

from marshmallow import Schema

from backend.api import fields, figures
from backend.api.figures import EstimateOut, LengthOut, LineOut, OnsetOut, PeriodOut, RatingProfileOut, counted
from backend.domain.extension import Avoided, Extension, Verdict
from backend.domain.extension import Why as NotExtended
from backend.domain.stretching import State, Stretching, Why
from backend.services.overview_figures import Figures


class _FigureOut(Schema):
    definition = fields.Text(1000, required=True)


class ProfilesOut(_FigureOut):
    """Ratings by day since the dose and by days before the actual dose (negative) and after it, with thin lines."""

    after_days = fields.Integer(0, 1000, required=True)
    by_day = fields.Many(fields.Part(RatingProfileOut), most=1000, required=True)
    before_dose = fields.Many(fields.Part(RatingProfileOut), most=1000, required=True)
    lines_by_day = fields.Many(fields.Part(LineOut), most=100_000, required=True)
    lines_before_dose = fields.Many(fields.Part(LineOut), most=100_000, required=True)


class LengthsOut(_FigureOut):
    """How many intervals had wearing-off, by interval class and instrument."""

    items = fields.Many(fields.Part(LengthOut), most=1000, required=True)


class StretchingRuleOut(Schema):
    """How many intervals on either side are compared, and how many of them must be assessable."""

    count = counted()
    needed = counted()


class StretchingOut(_FigureOut):
    """Before and after the interval became longer; `earlier` shows whether before was usual. No test: one patient."""

    state = fields.Choice(State, required=True)
    why = fields.Many(fields.Choice(Why), most=10, required=True)
    old_weeks = fields.Integer(1, 1000, required=True, allow_none=True)
    new_weeks = fields.Integer(1, 1000, required=True, allow_none=True)
    stretched_on = fields.Day(required=True, allow_none=True)
    passed_over = counted()
    route_switch = fields.Flag(required=True)
    before = fields.Part(PeriodOut, required=True, allow_none=True)
    after = fields.Part(PeriodOut, required=True, allow_none=True)
    earlier = fields.Part(PeriodOut, required=True, allow_none=True)
    earlier_to_before = fields.Choice(State, required=True)
    against_earlier = fields.Choice(State, required=True)
    returned = fields.Flag(required=True, allow_none=True)
    rule = fields.Part(StretchingRuleOut, required=True)


class OnsetsOut(_FigureOut):
    """When wearing-off began, by either instrument."""

    diary = fields.Part(OnsetOut, required=True)
    recall = fields.Part(OnsetOut, required=True)


class VerdictOut(Schema):
    """What one definition says: extended, not, or null with the reasons why."""

    extended = fields.Flag(required=True, allow_none=True)
    value = fields.Number(-10_000, 10_000, required=True, allow_none=True)
    why = fields.Many(fields.Choice(NotExtended), most=10, required=True)
    source = fields.Text(200, required=True)


class ExtensionOut(_FigureOut):
    """Whether the dosing is extended, by three definitions; the reader chooses."""

    on = fields.Day(required=True)
    infusions_18m = fields.Integer(0, 10_000, required=True, allow_none=True)
    mean_weeks = fields.Number(0, 10_000, required=True, allow_none=True)
    by_infusions = fields.Part(VerdictOut, required=True)
    by_mean = fields.Part(VerdictOut, required=True)
    by_delay = fields.Part(VerdictOut, required=True)


class AvoidedOut(_FigureOut):
    """How many doses fewer were given than every so many days; below 0 when more were."""

    avoided = fields.Integer(-100_000, 100_000, required=True)
    expected = counted()
    given = counted()
    days = counted()
    n_pauses = counted()
    every_days = counted()
    on = fields.Day(required=True)


class PairOut(Schema):
    """A finger prick and the blood of a vein of one day, in ug/mL."""

    capillary = fields.Number(0, 1000, required=True)
    venous = fields.Number(0, 1000, required=True)


class AgreementOut(_FigureOut):
    """How far the finger pricks differ from the blood of a vein."""

    n = counted()
    n_censored = counted()
    n_alone = counted()
    pairs = fields.Many(fields.Part(PairOut), most=100_000, required=True)
    bias = fields.Part(EstimateOut, required=True)
    lower = fields.Part(EstimateOut, required=True)
    upper = fields.Part(EstimateOut, required=True)
    sd = fields.Number(0, 1000, required=True, allow_none=True)


def figures_shown(found: Figures) -> dict[str, Any]:
    """Return the figures as they leave, by the names of a patient's page."""
    onsets = {"diary": figures.onset(found.onsets.diary), "recall": figures.onset(found.onsets.recall)}
    return {
        "profiles": _profiles(found),
        "by_length": {
            "definition": found.by_length.definition,
            "items": [figures.length(one) for one in found.by_length.items],
        },
        "stretching": _stretching(found.stretching),
        "onsets": {"definition": found.onsets.definition, **onsets},
        "eid": _extension(found.extension),
        "avoided": None if found.avoided is None else _avoided(found.avoided),
        "agreement": _agreement(found) if found.paired.pairs else None,
    }


def _profiles(found: Figures) -> dict[str, Any]:
    return {
        "definition": found.before_dose.definition,
        "after_days": found.before_dose.after_days,
        "by_day": figures.profiles(found.by_day.items),
        "before_dose": figures.profiles(found.before_dose.items),
        "lines_by_day": figures.lines(found.lines_by_day),
        "lines_before_dose": figures.lines(found.lines_before_dose),
    }


def _stretching(found: Stretching) -> dict[str, Any]:
    return {
        "definition": found.definition,
        "state": found.state,
        "why": found.why,
        "old_weeks": found.old_weeks,
        "new_weeks": found.new_weeks,
        "stretched_on": found.stretched_on,
        "passed_over": found.passed_over,
        "route_switch": found.route_switch,
        "before": figures.period(found.before),
        "after": figures.period(found.after),
        "earlier": figures.period(found.earlier),
        "earlier_to_before": found.earlier_to_before,
        "against_earlier": found.against_earlier,
        "returned": found.returned,
        "rule": {"count": found.rule.count, "needed": found.rule.needed},
    }


def _extension(found: Extension) -> dict[str, Any]:
    return {
        "definition": found.definition,
        "on": found.on,
        "infusions_18m": found.infusions_18m,
        "mean_weeks": found.mean_weeks,
        "by_infusions": _verdict(found.by_infusions),
        "by_mean": _verdict(found.by_mean),
        "by_delay": _verdict(found.by_delay),
    }


def _verdict(found: Verdict) -> dict[str, Any]:
    return {"extended": found.extended, "value": found.value, "why": found.why, "source": found.source}


def _avoided(found: Avoided) -> dict[str, Any]:
    return {
        "definition": found.definition,
        "avoided": found.avoided,
        "expected": found.expected,
        "given": found.given,
        "days": found.days,
        "n_pauses": found.n_pauses,
        "every_days": found.every_days,
        "on": found.on,
    }


def _agreement(found: Figures) -> dict[str, Any]:
    agreement, paired = found.agreement, found.paired
    return {
        "definition": agreement.definition,
        "n": agreement.n,
        "n_censored": paired.n_censored,
        "n_alone": paired.n_alone,
        "pairs": [{"capillary": pair.capillary, "venous": pair.venous} for pair in paired.pairs],
        "bias": figures.estimate(agreement.bias),
        "lower": figures.estimate(agreement.lower),
        "upper": figures.estimate(agreement.upper),
        "sd": agreement.sd,
    }
