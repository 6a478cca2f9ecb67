"""A patient's wearing-off over HTTP: both instruments per interval, and the rated days behind them."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Room
from backend.api.results import LARGEST
from backend.domain.levels import Comparator
from backend.domain.recall import RecallResult
from backend.domain.regimens import Route
from backend.domain.spans import Span
from backend.domain.wearing_off import Reason
from backend.services import trends
from backend.services.context import Context

room = Room("trends")


class SettingsOut(Schema):
    """The numbers of the rule, printed under every figure."""

    threshold = fields.Number(0, 10, required=True)
    window_days = fields.Integer(1, 100, required=True)
    min_rated_days = fields.Integer(1, 100, required=True)
    leave_out_flagged = fields.Flag(required=True)


class DiaryOut(Schema):
    """What the diary shows of one interval."""

    instrument = fields.Words("diary", required=True)
    assessable = fields.Flag(required=True)
    why_not = fields.Many(fields.Choice(Reason), most=10, required=True)
    first_mean = fields.Number(0, 10, required=True, allow_none=True)
    last_mean = fields.Number(0, 10, required=True, allow_none=True)
    difference = fields.Number(-10, 10, required=True, allow_none=True)
    wearing_off = fields.Flag(required=True, allow_none=True)
    onset_day = fields.Integer(0, 100_000, required=True, allow_none=True)
    onset_days_before_dose = fields.Integer(0, 100_000, required=True, allow_none=True)
    relief_days = fields.Integer(0, 100_000, required=True, allow_none=True)
    n_first = fields.Integer(0, 100_000, required=True)
    n_last = fields.Integer(0, 100_000, required=True)
    n_flagged = fields.Integer(0, 100_000, required=True)


class RecallOut(Schema):
    """What one end-of-interval form says."""

    instrument = fields.Words("recall", required=True)
    ever = fields.Text(20, required=True, allow_none=True)
    experienced = fields.Text(20, required=True, allow_none=True)
    frequency = fields.Text(20, required=True, allow_none=True)
    onset_days_before_dose = fields.Integer(0, 365, required=True, allow_none=True)
    onset_day = fields.Integer(0, 100_000, required=True, allow_none=True)
    onset_band = fields.Text(20, required=True, allow_none=True)
    relief_days = fields.Integer(0, 365, required=True, allow_none=True)
    not_resolved = fields.Flag(required=True, allow_none=True)
    intensity = fields.Integer(0, 10, required=True, allow_none=True)


class SpanOut(Schema):
    """One interval with both instruments side by side."""

    interval = fields.Integer(1, 100_000, required=True)
    drug = fields.Text(40, required=True)
    route = fields.Choice(Route, required=True)
    route_switch = fields.Flag(required=True)
    opened_on = fields.Day(required=True)
    closed_on = fields.Day(required=True, allow_none=True)
    length_days = fields.Integer(0, 100_000, required=True, allow_none=True)
    planned_weeks = fields.Integer(1, 1000, required=True, allow_none=True)
    entries = fields.Integer(0, 1_000_000, required=True)
    rated_days = fields.Integer(0, 100_000, required=True)
    diary = fields.Part(DiaryOut, required=True)
    recall = fields.Many(fields.Part(RecallOut), most=1000, required=True)


class PointOut(Schema):
    """One rated day."""

    on = fields.Day(required=True)
    interval = fields.Integer(1, 100_000, required=True)
    day_since_dose = fields.Integer(0, 100_000, required=True)
    days_before_actual = fields.Integer(0, 100_000, required=True, allow_none=True)
    rating = fields.Number(0, 10, required=True)
    flagged = fields.Flag(required=True)


class TrendOut(Schema):
    """Wearing-off over the intervals, with the definition and the settings the figures rest on."""

    intervals = fields.Many(fields.Part(SpanOut), most=100_000, required=True)
    days = fields.Many(fields.Part(PointOut), most=100_000, required=True)
    settings = fields.Part(SettingsOut, required=True)
    definition = fields.Text(500, required=True)
    traps = fields.Many(fields.Text(200), most=10, required=True)


class OpeningOut(Schema):
    """The dose that opened an interval."""

    on = fields.Day(required=True)
    drug = fields.Text(40, required=True)
    route = fields.Choice(Route, required=True)


class LevelOut(Schema):
    """A level released to the patient, on the day its blood was taken; null places lie before the first dose."""

    on = fields.Day(required=True)
    interval = fields.Integer(1, 100_000, required=True, allow_none=True)
    day_since_dose = fields.Integer(0, 100_000, required=True, allow_none=True)
    value = fields.Number(0, LARGEST, required=True)
    unit = fields.Text(20, required=True)
    comparator = fields.Choice(Comparator, required=True)


class OwnTrendOut(TrendOut):
    """One's own wearing-off over the intervals, with the doses that opened them and the levels one was told."""

    doses = fields.Many(fields.Part(OpeningOut), most=100_000, required=True)
    levels = fields.Many(fields.Part(LevelOut), most=100_000, required=True)


@room.route("GET", "/patients/<uuid:patient_id>/trend", permission="trend:read", gives=TrendOut, problems=(404,))
def get_trend(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """Get a patient's wearing-off over the intervals."""
    return _shown(trends.of_patient(ctx, patient_id))


@room.route("GET", "/me/trend", permission="own-entries:read", gives=OwnTrendOut)
def get_own_trend(ctx: Context) -> dict[str, Any]:
    """Get one's own wearing-off over the intervals, with doses and released levels."""
    own = trends.of_own(ctx)
    doses = [
        {"on": span.interval.opened_on, "drug": span.interval.drug_key, "route": span.interval.route}
        for span in own.trend.spans
    ]
    return _shown(own.trend) | {"doses": doses, "levels": [_level(level) for level in own.levels]}


def _level(level: trends.Level) -> dict[str, Any]:
    return {
        "on": level.on,
        "interval": level.interval,
        "day_since_dose": level.day_since_dose,
        "value": level.told.value,
        "unit": level.told.unit,
        "comparator": level.told.comparator,
    }


def _shown(trend: trends.Trend) -> dict[str, Any]:
    return {
        "intervals": [span_shown(span) for span in trend.spans],
        "days": trend.points,
        "settings": trend.settings,
        "definition": trend.definition,
        "traps": trend.traps,
    }


def span_shown(span: Span) -> dict[str, Any]:
    """Return one interval with both instruments as it leaves."""
    interval, diary = span.interval, span.diary
    return {
        "interval": interval.number,
        "drug": interval.drug_key,
        "route": interval.route,
        "route_switch": interval.route_switch,
        "opened_on": interval.opened_on,
        "closed_on": interval.closed_on,
        "length_days": interval.length_days,
        "planned_weeks": interval.planned_weeks,
        "entries": span.entries,
        "rated_days": span.rated_days,
        "diary": {
            "instrument": diary.instrument,
            "assessable": diary.assessable,
            "why_not": diary.why,
            "first_mean": diary.first_mean,
            "last_mean": diary.last_mean,
            "difference": diary.difference,
            "wearing_off": diary.wearing_off,
            "onset_day": diary.onset_day,
            "onset_days_before_dose": diary.onset_days_before_dose,
            "relief_days": diary.relief_days,
            "n_first": diary.n_first,
            "n_last": diary.n_last,
            "n_flagged": diary.n_flagged,
        },
        "recall": [_recalled(told, interval.length_days) for told in span.recalled],
    }


def _recalled(told: RecallResult, length_days: int | None) -> dict[str, Any]:
    return {
        "instrument": told.instrument,
        "ever": told.ever,
        "experienced": told.experienced,
        "frequency": told.frequency,
        "onset_days_before_dose": told.onset_days_before_dose,
        "onset_day": told.onset_day(length_days),
        "onset_band": told.onset_band,
        "relief_days": told.relief_days,
        "not_resolved": told.not_resolved,
        "intensity": told.intensity,
    }
