"""Calls: what became of calling a patient about something on the worklist, and for how long that takes it off."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from backend.domain import requests
from backend.domain.errors import invalid


class Outcome(StrEnum):
    """What became of a call.

    `reached`: it is dealt with. `agreed`: a day was agreed on. `later`: to be looked at again from a day on. `removed`:
    nothing is needed, for a reason in words.
    """

    REACHED = "reached"
    AGREED = "agreed"
    LATER = "later"
    REMOVED = "removed"


DATED = frozenset({Outcome.AGREED, Outcome.LATER})
"""Outcomes that name a day."""

SPOKEN = timedelta(days=7)
"""So long something that is still so stays off the list once somebody was spoken to."""

REQUESTED = {
    Outcome.REACHED: requests.Outcome.REACHED,
    Outcome.AGREED: requests.Outcome.AGREED,
    Outcome.LATER: requests.Outcome.LATER,
    Outcome.REMOVED: requests.Outcome.NOT_NEEDED,
}
"""What each outcome says of a request of the patient's own, or of what did not reach them."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the newest call about a thing says: its outcome, the day it names if any, and when it was made (aware).

    The day of `at` is the one in its own offset.
    """

    outcome: Outcome
    on: date | None
    at: datetime


def check(outcome: Outcome, on: date | None, words: str | None) -> None:
    """Pass for an outcome that says enough.

    Raises ClinicError `invalid` for `removed` without words or a dated outcome without its day, `contradiction` for a
    day with any other.
    """
    if outcome is Outcome.REMOVED and not (words or "").strip():
        raise invalid("/words", "Say why nothing is needed.")
    if outcome in DATED and on is None:
        raise invalid("/on", "Say which day.")
    if outcome not in DATED and on is not None:
        raise invalid("/on", "Only a day agreed on, or to come back to it, goes here.", "contradiction")


def check_day(on: date | None, today: date) -> None:
    """Pass for a day that has not passed on the patient's calendar. Raises ClinicError `out-of-time`."""
    if on is not None and on < today:
        raise invalid("/on", "Must not lie in the past.", "out-of-time")


def hides(said: Said | None, since: datetime, today: date, *, comes_back: bool = False) -> bool:
    """Tell whether a call takes something off the list that has needed something `since` a moment (aware).

    Reached and removed take it off for good; a day takes it off until that day. What `comes_back` is not dealt with by
    having spoken to somebody: reached takes it off for a week. A call made before it began to need something was about
    another matter.
    """
    if said is None or said.at < since:
        return False
    if comes_back and said.outcome is Outcome.REACHED:
        return today < said.at.date() + SPOKEN
    return said.outcome not in DATED or (said.on is not None and today < said.on)
