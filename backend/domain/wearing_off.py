"""Wearing-off as the diary shows it: per dosing interval, from daily ratings, or not assessable and why."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import lt
from statistics import fmean
from typing import ClassVar

from backend.domain.errors import ClinicError

_EXACT = 9  # decimals kept of a mean: enough to see 1 point, too few to see the noise of binary fractions


@dataclass(frozen=True, slots=True)
class Settings:
    """The numbers of the rule, carried by every result so that they can be printed under every figure.

    `threshold` in points (0-10); `window_days` the length of either window; `min_rated_days` per window;
    `leave_out_flagged` drops days with fever or infection, steroids or a relapse before anything else.

    The first window is days 1-7 after the dose, the last the seven days before the next (`days_before_actual`
    1-7). The day of a dose is in neither: it is half a day coloured by the visit, and a report that names
    only the day may come from after the dose. So the windows mirror each other, and an interval of 14 days
    or fewer is too short for both. Raises ClinicError `out-of-bounds` for numbers that make no sense.
    """

    threshold: float = 1.0
    window_days: int = 7
    min_rated_days: int = 3
    leave_out_flagged: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 10 or not 1 <= self.min_rated_days <= self.window_days:
            raise ClinicError("out-of-bounds", "The settings of the wearing-off rule make no sense.")

    @property
    def shortest_days(self) -> int:
        """The shortest interval, in days, whose two windows share no day."""
        return 2 * self.window_days + 1


DEFAULT = Settings()


@dataclass(frozen=True, slots=True)
class RatedDay:
    """What the diary says about one calendar day: a rating 0-10, and whether something sets the day apart.

    `day_since_dose` counts local calendar days from the dose (0 is its day); `days_before_actual` to the next
    given dose, None while that has not been given.
    """

    day_since_dose: int
    days_before_actual: int | None
    rating: float
    flagged: bool = False


def by_day(entries: Iterable[RatedDay]) -> tuple[RatedDay, ...]:
    """Return one rated day per calendar day, in order: several entries average, one flag flags the day."""
    told = tuple(entries)
    order = [entry.day_since_dose for entry in told]
    if all(map(lt, order, order[1:])):
        return told  # one a day and in order, as most are: nothing to average
    days: dict[int, list[RatedDay]] = defaultdict(list)
    for entry in told:
        days[entry.day_since_dose].append(entry)
    return tuple(_merged(days[day]) for day in sorted(days))


def _merged(entries: Sequence[RatedDay]) -> RatedDay:
    known = [entry.days_before_actual for entry in entries if entry.days_before_actual is not None]
    return RatedDay(
        day_since_dose=entries[0].day_since_dose,
        days_before_actual=min(known, default=None),
        rating=fmean(entry.rating for entry in entries),
        flagged=any(entry.flagged for entry in entries),
    )


class Reason(StrEnum):
    """Why an interval is not assessable."""

    OPEN_INTERVAL = "open-interval"
    TOO_SHORT = "too-short"
    TOO_FEW_FIRST_DAYS = "too-few-first-days"
    TOO_FEW_LAST_DAYS = "too-few-last-days"


@dataclass(frozen=True, slots=True)
class DiaryResult:
    """Wearing-off of one interval by the diary; never to be merged with what a patient recalls (DOMAIN.md).

    Means and `difference` are points (0-10). `onset_day` counts from the dose, `onset_days_before_dose` to
    the next, `relief_days` from the next. `n_first` and `n_last` are the rated days used, `n_flagged` those
    of both windows that were set apart, used or not. `wearing_off` is None when not assessable; see `why`.
    """

    assessable: bool
    why: tuple[Reason, ...]
    first_mean: float | None
    last_mean: float | None
    difference: float | None
    wearing_off: bool | None
    onset_day: int | None
    onset_days_before_dose: int | None
    relief_days: int | None
    n_first: int
    n_last: int
    n_flagged: int
    settings: Settings
    instrument: ClassVar[str] = "diary"


def diary_based(
    days: Sequence[RatedDay],
    length_days: int | None,
    next_days: Sequence[RatedDay] = (),
    settings: Settings = DEFAULT,
) -> DiaryResult:
    """Return the wearing-off of one interval: last window's mean minus the first's, at least `threshold`.

    `days` are rated days of the interval in any order (averaged per day first), `length_days` its actual
    length (None while open), `next_days` those of the interval that follows. Source: DOMAIN.md, wearing-off.
    """
    rated = by_day(days)
    used = _used(rated, settings)
    first, last = _first(used, settings), _last(used, length_days, settings)
    why = _reasons(len(first), len(last), length_days, settings)
    before, after = _mean(first, settings), _mean(last, settings)
    difference = None if why or before is None or after is None else round(after - before, _EXACT)
    wearing_off = None if difference is None else difference >= settings.threshold
    high = before + settings.threshold if wearing_off and before is not None else None
    onset = None if high is None else _onset(used, length_days, high)
    return DiaryResult(
        assessable=not why,
        why=why,
        first_mean=before,
        last_mean=after,
        difference=difference,
        wearing_off=wearing_off,
        onset_day=onset,
        onset_days_before_dose=None if onset is None or length_days is None else length_days - onset,
        relief_days=None if high is None else _relief(_used(by_day(next_days), settings), high),
        n_first=len(first),
        n_last=len(last),
        n_flagged=_flagged(rated, length_days, settings),
        settings=settings,
    )


def _flagged(days: Sequence[RatedDay], length_days: int | None, settings: Settings) -> int:
    """Return how many days of either window are flagged; a day in both counts once."""
    flagged = [day for day in days if day.flagged]
    return len({*_first(flagged, settings), *_last(flagged, length_days, settings)})


def _used(days: Sequence[RatedDay], settings: Settings) -> Sequence[RatedDay]:
    if not settings.leave_out_flagged:
        return days
    return tuple(day for day in days if not day.flagged)


def _before(day: RatedDay, length_days: int | None) -> int:
    """Return the days from a rated day to the next dose, 0 while there is none."""
    if day.days_before_actual is not None:
        return day.days_before_actual
    return 0 if length_days is None else length_days - day.day_since_dose


def _first(days: Sequence[RatedDay], settings: Settings) -> tuple[RatedDay, ...]:
    return tuple(day for day in days if 1 <= day.day_since_dose <= settings.window_days)


def _last(days: Sequence[RatedDay], length_days: int | None, settings: Settings) -> tuple[RatedDay, ...]:
    return tuple(day for day in days if 1 <= _before(day, length_days) <= settings.window_days)


def _reasons(n_first: int, n_last: int, length_days: int | None, settings: Settings) -> tuple[Reason, ...]:
    why: list[Reason] = []
    if length_days is None:
        why.append(Reason.OPEN_INTERVAL)
    elif length_days < settings.shortest_days:
        why.append(Reason.TOO_SHORT)
    if n_first < settings.min_rated_days:
        why.append(Reason.TOO_FEW_FIRST_DAYS)
    if length_days is not None and n_last < settings.min_rated_days:
        why.append(Reason.TOO_FEW_LAST_DAYS)
    return tuple(why)


def _mean(window: Sequence[RatedDay], settings: Settings) -> float | None:
    if len(window) < settings.min_rated_days:
        return None
    return round(fmean(day.rating for day in window), _EXACT)


def _onset(days: Sequence[RatedDay], length_days: int | None, high: float) -> int | None:
    """Return the first rated day from which every rated day before that of the next dose is at least `high`.

    None when the last of them is not, though the mean may be high. Between two rated days it is not known
    when complaints began, so the onset is the latest it can have been.
    """
    onset: int | None = None
    for day in reversed(days):
        if _before(day, length_days) < 1:
            continue
        if _low(day, high):
            break
        onset = day.day_since_dose
    return onset


def _relief(next_days: Sequence[RatedDay], high: float) -> int | None:
    """Return the first rated day after the next dose (0: that same day) below `high`; None when not seen."""
    return next((day.day_since_dose for day in next_days if _low(day, high)), None)


def _low(day: RatedDay, high: float) -> bool:
    return round(day.rating - high, _EXACT) < 0


@dataclass(frozen=True, slots=True)
class DiarySummary:
    """Counts over intervals: all, assessable, with wearing-off; how many were not assessable, and why."""

    n: int
    n_assessable: int
    n_wearing_off: int
    n_not_assessable: Mapping[Reason, int] = field(default_factory=dict)


def summary(results: Sequence[DiaryResult]) -> DiarySummary:
    """Return the counts; a share is `n_wearing_off` of `n_assessable`, never of `n`."""
    return DiarySummary(
        n=len(results),
        n_assessable=sum(result.assessable for result in results),
        n_wearing_off=sum(result.wearing_off is True for result in results),
        n_not_assessable={
            reason: count for reason in Reason if (count := sum(reason in result.why for result in results))
        },
    )
