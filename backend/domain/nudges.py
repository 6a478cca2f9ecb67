"""Nudges: the person's own wearing-off window before the next dose, on whose evenings the diary is asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from statistics import median

from backend.domain.linking import Interval
from backend.domain.occasions import is_asked
from backend.domain.recall import RecallResult
from backend.domain.wearing_off import DEFAULT, DiaryResult

USUAL_DAYS = DEFAULT.window_days
"""Days before the dose from which to ask while no onset was seen: the last window of the diary's own rule."""
MOST_NIGHTS = 14
"""At most so many evenings of one interval, the last before the dose."""
INTERVALS = 3
"""The median onset of so many intervals with wearing-off, the latest."""

LOOKED_BACK = 8
"""Onsets are looked for in so many intervals that ended: longer ago says little of now."""

Seen = tuple[DiaryResult, Sequence[RecallResult]]
"""What the two instruments say of one interval, the forms oldest first."""


@dataclass(frozen=True, slots=True)
class Nudges:
    """That somebody wants to be asked for the diary: their onset as it was seen, and the days already written down.

    `onset_days` counts from the onset to the dose, None where no onset was seen; `logged` are local calendar days.
    """

    onset_days: int | None = None
    logged: frozenset[date] = frozenset()


def onset_days(spans: Iterable[Seen]) -> int | None:
    """Return how many days before the dose wearing-off began, None where none was seen; `spans` oldest first.

    The median of the latest intervals with wearing-off, of two middle ones the earlier day. Of each interval one
    instrument speaks: the diary where it can be assessed, else what was last recalled on the form. They are never
    averaged with each other (DOMAIN.md), and where the diary shows none, what was recalled does not count.
    """
    found = [days for span in reversed(list(spans)) if (days := _onset(*span)) is not None]
    return ceil(median(found[:INTERVALS])) if found else None


def evenings(interval: Interval, coming_on: date, nudges: Nudges) -> tuple[date, ...]:
    """Return the days of the running interval on whose evening the diary is asked for, of those not yet written down.

    From the onset, or the last week, up to the day before the expected dose; its own day is in neither window of the
    diary's rule. None for an interval too short to show wearing-off.
    """
    if interval.closed_on is not None or not is_asked(interval, coming_on):
        return ()
    days = USUAL_DAYS if nudges.onset_days is None else nudges.onset_days
    nights = range(max(1, min(days, MOST_NIGHTS)), 0, -1)
    window = (coming_on - timedelta(days=before) for before in nights)
    return tuple(on for on in window if on not in nudges.logged)


def _onset(diary: DiaryResult, forms: Sequence[RecallResult]) -> int | None:
    if diary.assessable:
        return diary.onset_days_before_dose if diary.wearing_off else None
    last = forms[-1] if forms else None
    return last.onset_days_before_dose if last is not None and last.experienced == "yes" else None
