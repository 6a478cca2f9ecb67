"""When and how long something is told: the steps of each kind, quiet hours, and when it expires."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from notifications.reminder import Due, Person
from notifications.walltime import at_wall, local

DEFAULT_CLOCK = time(9)
_BEFORE_QUIET = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Step:
    """One telling, so many local days before the due day.

    `at` is the local clock time (None: 09:00). With `lead`, and where the due moment is known, it is told
    that long before it; with both, at whichever is earlier.
    """

    name: str
    days_before: int
    at: time | None = None
    lead: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """The steps of a kind, earliest first, and for how many days after the due day telling still makes sense.

    With `until_moment` it stops at the due moment where that is known. With `asked` somebody waits for it at this
    very moment, so that quiet hours do not hold it up.
    """

    steps: tuple[Step, ...]
    useful_days: int = 0
    until_moment: bool = False
    asked: bool = False


_BEFORE_IT = Step("same-day", 0, time(8), timedelta(hours=2))
_AT_IT = Step("same-day", 0, None, timedelta(0))
_ON_THE_DAY = Step("same-day", 0)
_WEEK_BEFORE = Step("week-before", 7)

RULES: Mapping[str, Rule] = {
    "dose": Rule((_WEEK_BEFORE, Step("day-before", 1), _BEFORE_IT), until_moment=True),
    "dose-expected": Rule((_WEEK_BEFORE,), useful_days=7),
    "home-dose": Rule((_AT_IT,)),
    "sample-kit": Rule((_ON_THE_DAY,), useful_days=3),
    "sample": Rule((Step("day-before", 1), _BEFORE_IT), until_moment=True),
    "sample-post": Rule((_ON_THE_DAY,), useful_days=1),
    "form": Rule((Step("opens", 0),), useful_days=5),
    "monitoring": Rule((_WEEK_BEFORE,), useful_days=7),
    "test": Rule((Step("now", 0),), asked=True),
}
"""The defaults (DOMAIN.md, Finger prick; Doses and reminders): the clinic says the day, these the telling."""


def rule(kind: str) -> Rule:
    """Return the rule of a kind, or raise ValueError when there is none."""
    if kind not in RULES:
        raise ValueError("unknown kind of due thing")
    return RULES[kind]


def send_at(due: Due, step: Step, person: Person) -> datetime:
    """Return the UTC moment at which a step is told, outside the person's quiet hours."""
    day = due.on - timedelta(days=step.days_before)
    moments = [at_wall(day, step.at, person.zone)] if step.at else []
    if step.lead is not None and due.at is not None:
        moments.append(due.at.astimezone(UTC) - step.lead)
    planned = min(moments, default=at_wall(day, DEFAULT_CLOCK, person.zone))
    return outside_quiet(planned, person, not_after=due.at or end_of_day(due.on, person.zone))


def expires_at(due: Due, person: Person) -> datetime:
    """Return the UTC moment from which telling a due thing makes no sense any more.

    That is the due moment itself, or the end of the local due day plus the days it stays useful.
    """
    terms = rule(due.kind)
    if terms.until_moment and due.at is not None:
        return due.at.astimezone(UTC)
    return end_of_day(due.on + timedelta(days=terms.useful_days), person.zone)


def end_of_day(on: date, zone: str) -> datetime:
    """Return the UTC moment at which a local day is over."""
    return at_wall(on + timedelta(days=1), time(0), zone)


def outside_quiet(at: datetime, person: Person, not_after: datetime | None = None) -> datetime:
    """Return `at`, or when it falls into quiet hours their end.

    Where the end would not come before `not_after`, the minute before they begin instead.
    """
    quiet_from, quiet_to = person.quiet_from, person.quiet_to
    if quiet_from is None or quiet_to is None:
        return at
    here = local(at, person.zone)
    if not _within(here.time(), quiet_from, quiet_to):
        return at
    over_midnight = quiet_from > quiet_to
    ends_on = here.date() + timedelta(days=over_midnight and here.time() >= quiet_from)
    end = _quiet_end(at, ends_on, quiet_to, person.zone)
    if not_after is None or end < not_after:
        return end
    began_on = here.date() - timedelta(days=over_midnight and here.time() < quiet_to)
    return min(at, at_wall(began_on, quiet_from, person.zone) - _BEFORE_QUIET)


def _within(clock: time, start: time, stop: time) -> bool:
    if start <= stop:
        return start <= clock < stop
    return clock >= start or clock < stop


def _quiet_end(at: datetime, on: date, quiet_to: time, zone: str) -> datetime:
    """Return the end of quiet after `at`; when the clocks go back its time may come round a second time."""
    end = at_wall(on, quiet_to, zone)
    return end if end > at else at_wall(on, quiet_to, zone, fold=1)
