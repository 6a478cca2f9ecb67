"""A patient's wearing-off over the intervals: what the diary shows beside what was recalled, never merged."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.domain.linking import Chain
from backend.domain.recall import RecallResult
from backend.domain.spans import Span, spans
from backend.domain.wearing_off import DEFAULT, Settings, by_day
from backend.services import events, gate, intervals, results
from backend.services.context import Context
from backend.services.instruments import Rated, rated, recalled
from backend.services.results import Analyte, Result
from backend.storage.patients import PatientRow

DEFINITION = (
    "Mean rating of the last {window} days before the dose minus that of days 1-{window} after the previous one, "
    "at least {threshold} point(s), with at least {days} rated days in each window; otherwise not assessable."
)
TRAPS = (
    "Patients know how late they are.",
    "The interval was chosen from the level.",
)


@dataclass(frozen=True, slots=True)
class Point:
    """One rated day: local day, where it stands, mean rating 0-10, and whether something sets it apart."""

    on: date
    interval: int
    day_since_dose: int
    days_before_actual: int | None
    rating: float
    flagged: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """The spans in order, the days behind them, and the settings every figure rests on."""

    spans: tuple[Span, ...]
    points: tuple[Point, ...]
    settings: Settings
    definition: str
    traps: tuple[str, ...] = TRAPS


@dataclass(frozen=True, slots=True)
class Level:
    """A level the patient was told: when the blood was taken, and where that stands (None before the first dose)."""

    on: date
    interval: int | None
    day_since_dose: int | None
    told: Result


@dataclass(frozen=True, slots=True)
class OwnTrend:
    """A patient's own trend, with the levels that were released to them, oldest first."""

    trend: Trend
    levels: tuple[Level, ...]


def of_patient(ctx: Context, patient_id: UUID, settings: Settings = DEFAULT) -> Trend:
    """Return a patient's trend, for those who treat them."""
    patient = gate.patient(ctx, "trend:read", patient_id)
    events.note(ctx, "trend:read", patient.id)
    return _trend(ctx, patient.id, settings)


def of_own(ctx: Context, settings: Settings = DEFAULT) -> OwnTrend:
    """Return the acting patient's own trend."""
    patient = gate.own(ctx, "own-entries:read")
    events.note(ctx, "own-entries:read", patient.id, "trend")
    return OwnTrend(_trend(ctx, patient.id, settings), tuple(_levels(ctx, patient)))


def build(
    line: Chain, days: Mapping[int, Rated], forms: Mapping[int, tuple[RecallResult, ...]], settings: Settings
) -> Trend:
    """Return the trend of a chain of intervals from its rated days and forms, by interval number."""
    ratings = {number: [day for _, day in here.days] for number, here in days.items()}
    found = spans(line, ratings, forms, settings, {number: here.entries for number, here in days.items()})
    told = DEFINITION.format(
        window=settings.window_days, threshold=f"{settings.threshold:g}", days=settings.min_rated_days
    )
    return Trend(found, tuple(_points(days)), settings, told)


def _trend(ctx: Context, patient_id: UUID, settings: Settings) -> Trend:
    line = intervals.line(ctx, patient_id).chain
    return build(line, rated(ctx, patient_id, line), recalled(ctx, patient_id, line), settings)


def _levels(ctx: Context, patient: PatientRow) -> Iterator[Level]:
    for sample, told in ((one.sample, one.results) for one in results.released(ctx, patient)):
        if sample.collected is None or sample.place is None:
            continue  # nobody knows when that blood was taken, so it stands nowhere
        for result in told:
            if result.analyte == Analyte.LEVEL:
                yield Level(sample.collected.on, sample.place.interval, sample.place.day_since_dose, result)


def _points(days: Mapping[int, Rated]) -> Iterator[Point]:
    for number in sorted(days):
        on = {day.day_since_dose: moment for moment, day in days[number].days}
        for day in by_day([day for _, day in days[number].days]):
            since = day.day_since_dose
            yield Point(on[since], number, since, day.days_before_actual, day.rating, day.flagged)
