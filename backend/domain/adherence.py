"""Adherence: how a patient stands with the end-of-interval form of each interval, one of eight states on any day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from backend.domain.linking import Chain, Interval, place
from backend.domain.moments import Occurred
from backend.domain.occasions import About, about_interval, is_asked, window


class State(StrEnum):
    """How it stands with the form about one interval.

    `not_asked`: the interval is too short, or no end is in sight. `not_open`, `open`: its days are to come, or have
    begun. `begun`: open, with an answer that is not completed. `in_time`, `late`: completed while it could be asked
    for, or after. `partial`, `missed`: its days are over, with an answer that never was completed, or with none.
    """

    NOT_ASKED = "not_asked"
    NOT_OPEN = "not_open"
    OPEN = "open"
    BEGUN = "begun"
    IN_TIME = "in_time"
    LATE = "late"
    PARTIAL = "partial"
    MISSED = "missed"


OVERDUE = frozenset({State.MISSED, State.PARTIAL})
"""The days of the form are over, and it was not completed."""


@dataclass(frozen=True, slots=True)
class Said:
    """One standing answer to the form: when it was given, which interval it is about, and whether it is complete."""

    occurred: Occurred
    about: About
    completed: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer about one interval, on a local calendar day."""

    on: date
    completed: bool


def state(interval: Interval, coming_on: date | None, answers: Iterable[Answer], today: date) -> State:
    """Return how it stands with the form about an interval on a day.

    `coming_on` is the day of the expected dose, `answers` are those about this interval; what comes after `today` is
    not looked at. A completed answer counts whether the form was asked or not.
    """
    days = window(interval, coming_on)
    return held(days, answers, today, asked=is_asked(interval, coming_on))


def held(
    days: tuple[date, date | None] | None,
    answers: Iterable[Answer],
    today: date,
    *,
    asked: bool = True,
    grace_on: date | None = None,
) -> State:
    """Return how it stands on a day with what is asked from the first of `days` to the last, both inclusive.

    `days` is None where no days are known, the last None where it is not known yet. Up to `grace_on`, where that comes
    after the last, it is still asked for, and an answer is late all the same.
    """
    until_now = [one for one in answers if one.on <= today]
    done_on = min((one.on for one in until_now if one.completed), default=None)
    closes_on = None if days is None else days[1]
    if done_on is not None:
        return State.LATE if closes_on is not None and done_on > closes_on else State.IN_TIME
    if days is None or not asked:
        return State.NOT_ASKED
    if today < days[0]:
        return State.NOT_OPEN
    if closes_on is None or today <= (grace_on or closes_on):
        return State.BEGUN if until_now else State.OPEN
    return State.PARTIAL if until_now else State.MISSED


def answer(one: Said, line: Chain) -> tuple[int | None, Answer]:
    """Return the number of the interval an answer is about (None where it is about none), and the answer itself."""
    number = about_interval(place(one.occurred, None, line).interval, one.about)
    return number, Answer(one.occurred.on, one.completed)


def by_interval(
    line: Chain, coming_on: date | None, said: Iterable[Said], today: date, last: int | None = None
) -> dict[int, State]:
    """Return the state of each interval of a patient by its number, oldest first; only the `last` so many if told.

    One pass over all answers, each placed by its moment, so that corrected doses move it; no query and no clock, so
    that it serves one patient and a cohort alike.
    """
    return states(line, coming_on, (answer(one, line) for one in said), today, last)


def states(
    line: Chain,
    coming_on: date | None,
    answers: Iterable[tuple[int | None, Answer]],
    today: date,
    last: int | None = None,
) -> dict[int, State]:
    """Return as `by_interval`, from answers with the numbers of the intervals they are about."""
    intervals = line.intervals if last is None else line.intervals[max(len(line.intervals) - last, 0) :]
    about: dict[int | None, list[Answer]] = {interval.number: [] for interval in intervals}
    for number, one in answers:
        if number in about:
            about[number].append(one)
    return {one.number: state(one, coming_on, about[one.number], today) for one in intervals}
