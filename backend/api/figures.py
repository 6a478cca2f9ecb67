"""Figures over HTTP: the shapes in which shares, quartiles, curves and profiles leave, of one patient or of many."""

from collections.abc import Iterable
from typing import Any

from marshmallow import Schema

from backend.api import fields
from backend.domain.lengths import FEW_BELOW, Felt, Length
from backend.domain.onsets import Band, Onset
from backend.domain.profiles import Line, Profile
from backend.domain.statistics import Estimate, Method, Share
from backend.domain.stretching import Period
from backend.domain.survival import Curve
from backend.domain.wearing_off import DEFAULT, Settings

MANY = 10_000_000


class SettingsIn(Schema):
    """The numbers of the wearing-off rule that a reader may choose."""

    threshold = fields.Text(6, pattern=r"[0-9]{1,2}(\.[0-9]{1,3})?", load_default=f"{DEFAULT.threshold:g}")
    window_days = fields.Text(2, pattern=r"[0-9]{1,2}", load_default=str(DEFAULT.window_days))
    min_rated_days = fields.Text(2, pattern=r"[0-9]{1,2}", load_default=str(DEFAULT.min_rated_days))
    leave_out_flagged = fields.Words("true", "false", load_default="false")


def settings(query: dict[str, Any]) -> Settings:
    """Return the settings a `SettingsIn` asks for. Raises ClinicError `out-of-bounds` for what makes no sense."""
    days = int(query["window_days"]), int(query["min_rated_days"])
    return Settings(float(query["threshold"]), *days, query["leave_out_flagged"] == "true")


def counted(**told: Any) -> fields.Integer:
    """Return a field that counts."""
    return fields.Integer(0, MANY, required=True, **told)


class QuartilesOut(Schema):
    """The quartiles of `n` values."""

    n = counted()
    q1 = fields.Number(-MANY, MANY, required=True)
    median = fields.Number(-MANY, MANY, required=True)
    q3 = fields.Number(-MANY, MANY, required=True)


class EstimateOut(Schema):
    """A number with the interval around it, each null where it cannot be told."""

    value = fields.Number(-MANY, MANY, required=True, allow_none=True)
    low = fields.Number(-MANY, MANY, required=True, allow_none=True)
    high = fields.Number(-MANY, MANY, required=True, allow_none=True)


class ShareOut(Schema):
    """`k` of `n` with its interval; `few` where it rests on so little that it is greyed."""

    k = counted()
    n = counted()
    share = fields.Number(0, 1, required=True, allow_none=True)
    low = fields.Number(0, 1, required=True, allow_none=True)
    high = fields.Number(0, 1, required=True, allow_none=True)
    level = fields.Number(0, 1, required=True)
    method = fields.Choice(Method, required=True)
    few = fields.Flag(required=True)


class FeltOut(ShareOut):
    """The share of the assessable intervals with wearing-off, and why others could not be judged."""

    n_not_assessable = counted()
    not_assessable = fields.Object(required=True)


class LengthOut(Schema):
    """The intervals of one class, null for regimens without whole weeks, by either instrument."""

    planned_weeks = fields.Integer(1, 1000, required=True, allow_none=True)
    n_intervals = counted()
    n_patients = counted()
    diary = fields.Part(FeltOut, required=True)
    recall = fields.Part(FeltOut, required=True)


class DayPointOut(Schema):
    """The ratings of one day over the intervals that have one."""

    day = fields.Integer(-100_000, 100_000, required=True)
    n = counted()
    q1 = fields.Number(0, 10, required=True)
    median = fields.Number(0, 10, required=True)
    q3 = fields.Number(0, 10, required=True)


class RatingProfileOut(Schema):
    """The ratings of one interval class by day."""

    planned_weeks = fields.Integer(1, 1000, required=True, allow_none=True)
    n_intervals = counted()
    points = fields.Many(fields.Part(DayPointOut), most=100_000, required=True)


class LineOut(Schema):
    """The thin line of one interval: pairs of day and rating."""

    interval = fields.Integer(1, 100_000, required=True)
    planned_weeks = fields.Integer(1, 1000, required=True, allow_none=True)
    points = fields.Many(fields.Many(fields.Number(-100_000, 100_000), most=2), most=100_000, required=True)


class PeriodOut(Schema):
    """Some intervals of one length; `intervals` are their numbers."""

    weeks = fields.Integer(1, 1000, required=True)
    intervals = fields.Many(fields.Integer(1, 100_000), most=1000, required=True)
    n_assessable = counted()
    n_wearing_off = counted()
    wearing_off = fields.Flag(required=True, allow_none=True)
    mean_difference = fields.Number(-10, 10, required=True, allow_none=True)
    median_onset_day = fields.Number(0, 100_000, required=True, allow_none=True)


class BandOut(ShareOut):
    """The share of intervals with wearing-off whose onset lies so long before the dose."""

    band = fields.Choice(Band, required=True)


class CurveStepOut(Schema):
    """What happened on one day since the dose, and the share still without wearing-off after it."""

    day = fields.Integer(0, 100_000, required=True)
    at_risk = counted()
    events = counted()
    censored = counted()
    survival = fields.Number(0, 1, required=True)
    low = fields.Number(0, 1, required=True, allow_none=True)
    high = fields.Number(0, 1, required=True, allow_none=True)


class CurveOut(Schema):
    """The share still without wearing-off by day since the dose (Kaplan-Meier, the next dose as censoring)."""

    n = counted()
    n_events = counted()
    median = fields.Integer(0, 100_000, required=True, allow_none=True)
    steps = fields.Many(fields.Part(CurveStepOut), most=100_000, required=True)


class OnsetOut(Schema):
    """When wearing-off began, by one instrument."""

    n = counted()
    n_wearing_off = counted()
    n_unknown = counted()
    bands = fields.Many(fields.Part(BandOut), most=10, required=True)
    onset_day = fields.Part(QuartilesOut, required=True, allow_none=True)
    days_before_dose = fields.Part(QuartilesOut, required=True, allow_none=True)
    curve = fields.Part(CurveOut, required=True)


def share(found: Share) -> dict[str, Any]:
    """Return a share as it leaves."""
    return {
        "k": found.k,
        "n": found.n,
        "share": found.share,
        "low": found.low,
        "high": found.high,
        "level": found.level,
        "method": found.method,
        "few": found.n < FEW_BELOW,
    }


def estimate(found: Estimate) -> dict[str, Any]:
    """Return an estimate as it leaves."""
    return {"value": found.value, "low": found.low, "high": found.high}


def length(found: Length) -> dict[str, Any]:
    """Return an interval class as it leaves."""
    return {
        "planned_weeks": found.planned_weeks,
        "n_intervals": found.n_intervals,
        "n_patients": found.n_patients,
        "diary": felt(found.diary),
        "recall": felt(found.recall),
    }


def felt(found: Felt) -> dict[str, Any]:
    """Return what one instrument says of an interval class as it leaves."""
    left_out = {"n_not_assessable": found.n_not_assessable, "not_assessable": dict(found.not_assessable)}
    return share(found.share) | left_out


def profiles(found: Iterable[Profile]) -> list[dict[str, Any]]:
    """Return profiles as they leave."""
    return [{"planned_weeks": one.planned_weeks, "n_intervals": one.n_intervals, "points": one.points} for one in found]


def lines(found: Iterable[Line]) -> list[dict[str, Any]]:
    """Return the lines of intervals as they leave."""
    return [{"interval": one.interval, "planned_weeks": one.planned_weeks, "points": one.points} for one in found]


def period(found: Period | None) -> dict[str, Any] | None:
    """Return a period as it leaves."""
    return None if found is None else {name: getattr(found, name) for name in PeriodOut().fields}


def onset(found: Onset) -> dict[str, Any]:
    """Return the onsets of one instrument as they leave."""
    return {
        "n": found.n,
        "n_wearing_off": found.n_wearing_off,
        "n_unknown": found.n_unknown,
        "bands": [{"band": one.band, **share(one.share)} for one in found.bands],
        "onset_day": found.onset_day,
        "days_before_dose": found.days_before_dose,
        "curve": curve(found.curve),
    }


def curve(found: Curve) -> dict[str, Any]:
    """Return a curve as it leaves."""
    steps = [
        {
            "day": step.day,
            "at_risk": step.at_risk,
            "events": step.events,
            "censored": step.censored,
            "survival": step.survival,
            "low": step.low,
            "high": step.high,
        }
        for step in found.steps
    ]
    return {"n": found.n, "n_events": found.n_events, "median": found.median, "steps": steps}
