"""Visits: on which days a study asks a patient to come, and what was said to have become of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from backend.domain.adherence import State as Window
from backend.domain.assignment_days import Course
from backend.domain.rounds import Version, rounds


class Fate(StrEnum):
    """What staff say became of a visit."""

    HELD = "held"
    MISSED = "missed"


class State(StrEnum):
    """How a visit stands: nothing was said of the first three, and `overdue` may still be held or said to be missed."""

    AHEAD = "ahead"
    OPEN = "open"
    OVERDUE = "overdue"
    HELD = "held"
    MISSED = "missed"


class Timing(StrEnum):
    """Where the day of a held visit lies: before its days, within them, within the grace after them, or later."""

    EARLY = "early"
    WITHIN = "within"
    GRACE = "grace"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Told:
    """The last that was said of one visit: what became of it, and the local day on which it was held."""

    fate: Fate
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """One visit of one patient, from `opens_on` to `closes_on` and with grace to `grace_on`, all local, included.

    `key` names the visit in the study's plan, `turn` which time it is; `interval` the dosing interval it hangs on.
    """

    key: str
    turn: str
    interval: int | None
    opens_on: date
    closes_on: date
    grace_on: date
    state: State
    on: date | None = None
    timing: Timing | None = None


def planned(
    key: str,
    versions: Sequence[Version],
    course: Course,
    said: Mapping[str, Told],
    today: date,
    ended_on: date | None = None,
) -> tuple[Planned, ...]:
    """Return every time a visit is asked of one patient, in order.

    `versions` are those of its days, oldest first, `said` what was last said by turn, `ended_on` the day from which
    the plan has it no more. What something was said of stays, though its days moved away; a dose that moves moves
    the others.
    """
    found = [
        _planned(key, one.key, one.interval, (one.opens_on, one.closes_on, one.grace_on), said.get(one.key), today)
        for one in rounds(versions, course, (), today, ended_on)
        if one.state is not Window.NOT_ASKED or one.key in said
    ]
    here = {one.turn for one in found}
    gone = [
        _planned(key, turn, None, (told.on, told.on, told.on), told, today)
        for turn, told in said.items()
        if turn not in here and told.on is not None
    ]
    return tuple(sorted([*found, *gone], key=lambda one: (one.opens_on, one.turn)))


def due(found: Iterable[Planned]) -> Planned | None:
    """Return the visit that comes next or is waited for, the oldest first; None for none."""
    waited = (one for one in found if one.state in {State.OVERDUE, State.OPEN, State.AHEAD})
    return next(waited, None)


def _planned(
    key: str, turn: str, interval: int | None, days: tuple[date, date, date], told: Told | None, today: date
) -> Planned:
    on = told.on if told and told.fate is Fate.HELD else None
    return Planned(key, turn, interval, *days, _state(days, told, today), on, None if on is None else _timing(days, on))


def _state(days: tuple[date, date, date], told: Told | None, today: date) -> State:
    if told is not None:
        return State(told.fate.value)
    if today < days[0]:
        return State.AHEAD
    return State.OPEN if today <= days[2] else State.OVERDUE


def _timing(days: tuple[date, date, date], on: date) -> Timing:
    opens_on, closes_on, grace_on = days
    if on < opens_on:
        return Timing.EARLY
    if on <= closes_on:
        return Timing.WITHIN
    return Timing.GRACE if on <= grace_on else Timing.LATE
