"""Profiles: the rating by day since the dose and by days around the actual dose, per interval and per length."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import lt
from statistics import fmean

from backend.domain.spans import Span
from backend.domain.statistics import quartiles
from backend.domain.wearing_off import DEFAULT, RatedDay, Settings

WEEK_AFTER = 7


class Axis(StrEnum):
    """What a day counts from.

    `day_since_dose`: 0 is the day of the dose that opens the interval. `days_around_dose`: -1 is the day before the
    dose that ends it, 0 its day, 1 and on the days after it, which lie in the interval that follows.
    """

    SINCE = "day_since_dose"
    AROUND = "days_around_dose"


@dataclass(frozen=True, slots=True)
class Line:
    """One interval, by its number: a rating (0-10) for each rated day, in order of day."""

    interval: int
    planned_weeks: int | None
    points: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class DayPoint:
    """The ratings of one day over `n` intervals: their quartiles, in points (0-10)."""

    day: int
    n: int
    q1: float
    median: float
    q3: float


@dataclass(frozen=True, slots=True)
class Profile:
    """The days of all intervals planned for one length; `n_intervals` have at least one rated day here."""

    planned_weeks: int | None
    n_intervals: int
    points: tuple[DayPoint, ...]


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profiles of each length, shortest first and those without whole weeks last.

    `after_days` is how far the axis runs beyond the dose, None on the axis that begins with it.
    """

    axis: Axis
    items: tuple[Profile, ...]
    after_days: int | None
    settings: Settings

    @property
    def definition(self) -> str:
        """What the numbers are, in one sentence."""
        counted = "since the dose" if self.axis is Axis.SINCE else "before and after the actual dose"
        flagged = "left out" if self.settings.leave_out_flagged else "included"
        return (
            f"Mean rating (0-10) of a day, by days {counted}: median and quartiles over intervals, one value per "
            f"interval and day; days with fever or infection, steroids or a relapse {flagged}."
        )


def lines_since_dose(spans: Sequence[Span], settings: Settings = DEFAULT) -> tuple[Line, ...]:
    """Return one line per interval of a patient that has a rated day, by day since its dose."""
    lines = (_line(span, [(day.day_since_dose, day) for day in span.days], settings) for span in spans)
    return tuple(line for line in lines if line.points)


def lines_around_dose(
    spans: Sequence[Span], settings: Settings = DEFAULT, after_days: int = WEEK_AFTER
) -> tuple[Line, ...]:
    """Return one line per closed interval of a patient (in order), by days around the dose that ended it.

    What lies after the dose is from the interval that follows, up to `after_days`. The day of the dose is the mean of
    what was rated before and after it. An open interval has no actual dose yet, so no line.
    """
    lines = []
    for at, span in enumerate(spans):
        length = span.interval.length_days
        if length is None:
            continue
        told = [(-_before(day, length), day) for day in span.days]
        following = spans[at + 1] if at + 1 < len(spans) else None
        if following is not None and following.interval.opened_by == span.interval.closed_by:
            told += [(day.day_since_dose, day) for day in following.days if day.day_since_dose <= after_days]
        lines.append(_line(span, told, settings))
    return tuple(line for line in lines if line.points)


def since_dose(patients: Iterable[Sequence[Span]], settings: Settings = DEFAULT) -> Profiles:
    """Return the profiles by day since the dose, over all intervals of all patients."""
    lines = [line for spans in patients for line in lines_since_dose(spans, settings)]
    return Profiles(Axis.SINCE, _profiles(lines), None, settings)


def around_dose(
    patients: Iterable[Sequence[Span]], settings: Settings = DEFAULT, after_days: int = WEEK_AFTER
) -> Profiles:
    """Return the profiles by days around the dose that ended the interval, over all patients."""
    lines = [line for spans in patients for line in lines_around_dose(spans, settings, after_days)]
    return Profiles(Axis.AROUND, _profiles(lines), after_days, settings)


def _line(span: Span, told: Iterable[tuple[int, RatedDay]], settings: Settings) -> Line:
    aside = settings.leave_out_flagged
    points = [(day, rated.rating) for day, rated in told if not (aside and rated.flagged)]
    return Line(span.interval.number, span.interval.planned_weeks, _one_a_day(points))


def _one_a_day(points: Sequence[tuple[int, float]]) -> tuple[tuple[int, float], ...]:
    days = [day for day, _ in points]
    if all(map(lt, days, days[1:])):
        return tuple(points)  # in order and one a day, as nearly always: nothing to average
    ratings: dict[int, list[float]] = defaultdict(list)
    for day, rating in points:
        ratings[day].append(rating)
    return tuple((day, _mean(ratings[day])) for day in sorted(ratings))


def _mean(ratings: Sequence[float]) -> float:
    return ratings[0] if len(ratings) == 1 else fmean(ratings)  # nearly always one, and fmean is slow


def _before(day: RatedDay, length_days: int) -> int:
    return length_days - day.day_since_dose if day.days_before_actual is None else day.days_before_actual


def _profiles(lines: Sequence[Line]) -> tuple[Profile, ...]:
    classes: dict[int | None, list[Line]] = defaultdict(list)
    for line in lines:
        classes[line.planned_weeks].append(line)
    return tuple(_profile(weeks, classes[weeks]) for weeks in sorted(classes, key=lambda w: (w is None, w or 0)))


def _profile(weeks: int | None, lines: Sequence[Line]) -> Profile:
    ratings: dict[int, list[float]] = defaultdict(list)
    for line in lines:
        for day, rating in line.points:
            ratings[day].append(rating)
    cut = ((day, quartiles(ratings[day])) for day in sorted(ratings))
    points = tuple(DayPoint(day, one.n, one.q1, one.median, one.q3) for day, one in cut if one is not None)
    return Profile(weeks, len(lines), points)
