"""Study days: how a study tells on which day something was, counted from a dose, or with the calendar's own day."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from backend.domain.linking import Chain


class Days(StrEnum):
    """How a study tells days: counted from the first given dose, from the last, or with the calendar's day as well.

    The last needs a protocol and a consent that allow it.
    """

    SINCE_FIRST_DOSE = "since-first-dose"
    SINCE_LAST_DOSE = "since-last-dose"
    CALENDAR = "calendar"


_DAY = re.compile(r"\d{4}-\d\d-\d\d(?!\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reckoning:
    """How the days of one patient are told in one study; `origin` is the day counted from, None before any dose."""

    days: Days
    origin: date | None

    def cells(self, on: date | None, name: str = "") -> dict[str, int | str | None]:
        """Return the two cells of a local day, under the name of what was on it: every date that leaves is from here.

        The second is empty unless the study tells the calendar.
        """
        start = f"{name}_" if name else ""
        return {f"{start}study_day": self._counted(on), f"{start}date": self._dated(on)}

    def answer(self, value: object) -> object:
        """Return an answer as the study may be told it: a day or moment in it is counted, unless dates are told.

        What has the form of a day is taken for one, whatever asked for it: a date that a form lets out dates the rest.
        """
        if isinstance(value, list):
            return [self.answer(one) for one in value]
        if self.days is Days.CALENDAR or not isinstance(value, str) or not _DAY.match(value):
            return value
        try:
            return self._counted(date.fromisoformat(value[:10]))
        except ValueError:  # no such day, so no day
            return value

    def pull(self, today: date) -> dict[str, int | str | None]:
        """Return the cells of the day of the pull, empty unless the study tells the calendar.

        Whoever pulls knows what day it is: days counted to it would give every other day its date.
        """
        return self.cells(today if self.days is Days.CALENDAR else None, "as_of")

    def _counted(self, on: date | None) -> int | None:
        return None if on is None or self.origin is None else (on - self.origin).days

    def _dated(self, on: date | None) -> str | None:
        return on.isoformat() if on is not None and self.days is Days.CALENDAR else None


def reckoning(days: Days, line: Chain) -> Reckoning:
    """Return how days are told of a patient with these intervals."""
    if not line.intervals:
        return Reckoning(days, None)
    return Reckoning(days, line.intervals[-1 if days is Days.SINCE_LAST_DOSE else 0].opened_on)
