"""When and how long something is told: the steps of each kind, quiet hours, and when it expires."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from notifications.reminder import Due, Person, Reminder
from notifications.walltime import at_wall, local

DEFAULT_CLOCK = time(9)
SNOOZED = ":snoozed:"
"""Stands in the key of a reminder that somebody wanted to hear once more, before the moment they named."""

_BEFORE_QUIET = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Step:
    """One telling, so many local days before the due day; below 0 is after it.

    `at` is the local clock time (None: 09:00). With `lead`, and where the due moment is known, it is told
    that long before it; with both, at whichever is earlier. With `fraction` (0-1) the day is that part of the way from
    `Due.since` to the due day, rounded to whole local days (a half up), whatever `days_before` says; where nobody
    knows since when, the step is left out.
    """

    name: str
    days_before: int = 0
    at: time | None = None
    lead: timedelta | None = None
    fraction: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """The steps of a kind, and for how many days after the due day telling still makes sense.

    With `until_moment` it stops at the due moment where that is known. With `asked` somebody waits for it at this
    very moment, so that quiet hours do not hold it up. With `minor` nobody needs to be called when it did not arrive.
    """

    steps: tuple[Step, ...]
    useful_days: int = 0
    until_moment: bool = False
    asked: bool = False
    minor: bool = False


_BEFORE_IT = Step("same-day", 0, time(8), timedelta(hours=2))
_AT_IT = Step("same-day", 0, None, timedelta(0))
_ON_THE_DAY = Step("same-day", 0)
_DAY_BEFORE = Step("day-before", 1)
_WEEK_BEFORE = Step("week-before", 7)
_NOW = Step("now", 0)
_LATE = Rule((Step("late", 0),), useful_days=7)

RULES: Mapping[str, Rule] = {
    "dose": Rule((_WEEK_BEFORE, _DAY_BEFORE, _BEFORE_IT), until_moment=True),
    "dose-expected": Rule((_WEEK_BEFORE,), useful_days=7),
    "dose-late": _LATE,
    "home-dose": Rule((_AT_IT,)),
    "home-dose-late": _LATE,
    "checklist": Rule((_DAY_BEFORE,)),
    "sample-kit": Rule((_ON_THE_DAY,), useful_days=3),
    "sample": Rule((_DAY_BEFORE, _BEFORE_IT), until_moment=True),
    "sample-post": Rule((Step("same-day", 0, time(16)), Step("next-day", -1, time(10))), useful_days=1),
    "form": Rule((Step("opens", fraction=0), Step("half-way", fraction=0.5), Step("last-day", 0))),
    "diary": Rule((Step("evening", 0, time(19)),), minor=True),
    "monitoring": Rule((_WEEK_BEFORE,), useful_days=7),
    "correction": Rule((_NOW,), asked=True),
    "test": Rule((_NOW,), asked=True, minor=True),
}
"""The defaults (DOMAIN.md, Finger prick; Doses and reminders): the clinic says the day, these the telling."""

OWN = frozenset({"correction", "test"})
"""Kinds that are told the moment their cause is there: neither a site nor a patient changes when, or whether."""


MOST_STEPS = 6
_NAME = re.compile(r"[a-z0-9-]{1,20}", re.ASCII)
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)


def read(raw: Mapping[str, object]) -> Mapping[str, Rule]:
    """Return the rules of a site: the defaults, and in their place what it decided, by kind, as JSON.

    A kind is `{"steps": [...], "useful_days": 0-30}`, either of which may be left out; a step is `{"name": ...}` with
    `days_before` (-30 to 60) or `fraction` (0-1), and `at` ("HH:MM") and `lead_minutes` (0-1440, not beside a fraction)
    where wanted. No steps: nobody is told. Raises ValueError whose only argument points at what is wrong, like
    `/dose/steps/0/at`.
    """
    own = {kind: _rule(kind, told) for kind, told in raw.items()}
    return {**RULES, **own}


def written(rules: Mapping[str, Rule]) -> dict[str, object]:
    """Return rules as the JSON that `read` reads, every kind a site decides on."""
    return {
        kind: {"steps": [_step_written(step) for step in terms.steps], "useful_days": terms.useful_days}
        for kind, terms in rules.items()
        if kind not in OWN
    }


def _rule(kind: str, told: object) -> Rule:
    at = f"/{kind}"
    if kind not in RULES or kind in OWN:
        raise ValueError(at)
    fields = _fields(told, {"steps", "useful_days"}, at)
    standing = RULES[kind]
    useful_days = _whole(fields.get("useful_days", standing.useful_days), 0, 30, f"{at}/useful_days")
    own_steps = "steps" in fields
    steps = _steps_read(fields["steps"], f"{at}/steps") if own_steps else standing.steps
    for place, step in enumerate(steps):
        if step.fraction is None and -step.days_before > useful_days:  # it would never be told
            raise ValueError(f"{at}/steps/{place}/days_before" if own_steps else f"{at}/useful_days")
    return replace(standing, steps=steps, useful_days=useful_days)


def _steps_read(told: object, at: str) -> tuple[Step, ...]:
    if not isinstance(told, list) or len(told) > MOST_STEPS:
        raise ValueError(at)
    steps = tuple(_step(one, f"{at}/{place}") for place, one in enumerate(told))
    for place, step in enumerate(steps):
        if step.name in {earlier.name for earlier in steps[:place]}:
            raise ValueError(f"{at}/{place}/name")
    return steps


def _step(told: object, at: str) -> Step:
    fields = _fields(told, {"name", "days_before", "fraction", "at", "lead_minutes"}, at)
    name, clock = fields.get("name"), fields.get("at")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"{at}/name")
    if clock is not None and not (isinstance(clock, str) and _CLOCK.fullmatch(clock)):
        raise ValueError(f"{at}/at")
    told_at = time.fromisoformat(clock) if clock is not None else None
    if "fraction" in fields:
        return Step(name, at=told_at, fraction=_fraction(fields, at))
    days_before = _whole(fields.get("days_before"), -30, 60, f"{at}/days_before")
    lead = fields.get("lead_minutes")
    minutes = None if lead is None else timedelta(minutes=_whole(lead, 0, 1440, f"{at}/lead_minutes"))
    return Step(name, days_before, told_at, minutes)


def _fraction(fields: Mapping[str, object], at: str) -> float:
    part = fields["fraction"]
    if isinstance(part, bool) or not isinstance(part, int | float) or not 0 <= part <= 1:
        raise ValueError(f"{at}/fraction")
    for name in ("days_before", "lead_minutes"):
        if fields.get(name) is not None:
            raise ValueError(f"{at}/{name}")
    return float(part)


def _fields(told: object, known: set[str], at: str) -> Mapping[str, object]:
    if not isinstance(told, dict):
        raise ValueError(at)  # noqa: TRY004 - what somebody wrote, not what a caller passed
    for name in told:
        if name not in known:
            raise ValueError(f"{at}/{name}")
    return told


def _whole(told: object, least: int, most: int, at: str) -> int:
    if isinstance(told, bool) or not isinstance(told, int) or not least <= told <= most:
        raise ValueError(at)
    return told


def _step_written(step: Step) -> dict[str, object]:
    told: dict[str, object] = {"name": step.name}
    if step.fraction is not None:
        told["fraction"] = step.fraction
    else:
        told["days_before"] = step.days_before
    if step.at is not None:
        told["at"] = f"{step.at:%H:%M}"
    if step.lead is not None:
        told["lead_minutes"] = int(step.lead.total_seconds() // 60)
    return told


def rule(kind: str, rules: Mapping[str, Rule] = RULES) -> Rule:
    """Return the rule of a kind, or raise ValueError when there is none."""
    if kind not in rules:
        raise ValueError("unknown kind of due thing")
    return rules[kind]


def asked(reminder: Reminder) -> bool:
    """Tell whether somebody asked to hear this at its very moment: quiet hours do not hold it up."""
    known = RULES.get(reminder.kind)
    return SNOOZED in reminder.key or (known is not None and known.asked)


def withheld(kind: str, at: datetime, person: Person) -> str:
    """Return the short code of why a person is not told of a kind at a moment, empty where they are.

    A test goes out whatever they wish. A correction cannot be stopped as a kind: it takes back what they were told.
    """
    if not person.channels:
        return "no-channel"
    if kind == "test":
        return ""
    if kind in person.stopped and kind not in OWN:
        return "stopped"
    return "paused" if person.paused(at) else ""


def local_day(on: date, at: datetime | None, zone: str) -> date:
    """Return the day on which something falls due where a person is.

    `on` is a day of the plan's own zone: with a moment (aware) that may be another one on the person's calendar.
    """
    return on if at is None else local(at, zone).date()


def day(due: Due, step: Step, zone: str) -> date | None:
    """Return the local day of a step, None where it is a part of a stretch that nobody knows the beginning of."""
    on = local_day(due.on, due.at, zone)
    if step.fraction is None:
        return on - timedelta(days=step.days_before)
    if due.since is None:
        return None
    return due.since + timedelta(days=int(step.fraction * max((on - due.since).days, 0) + 0.5))


def planned_at(due: Due, step: Step, zone: str) -> datetime | None:
    """Return the UTC moment of a step, quiet hours or not; None as `day`."""
    on = day(due, step, zone)
    if on is None:
        return None
    moments = [at_wall(on, step.at, zone)] if step.at else []
    if step.lead is not None and due.at is not None:
        moments.append(due.at.astimezone(UTC) - step.lead)
    return min(moments, default=at_wall(on, DEFAULT_CLOCK, zone))


def send_at(due: Due, step: Step, person: Person, rules: Mapping[str, Rule] = RULES) -> datetime | None:
    """Return the UTC moment at which a step is told, outside the person's quiet hours; None as `day`."""
    planned = planned_at(due, step, person.zone)
    if planned is None:
        return None
    in_time = due.at or end_of_day(due.on, person.zone)
    # What is told after the due day, as that something is still to be done, has until it makes no sense any more.
    return outside_quiet(planned, person, not_after=in_time if planned < in_time else expires_at(due, person, rules))


def expires_at(due: Due, person: Person, rules: Mapping[str, Rule] = RULES) -> datetime:
    """Return the UTC moment from which telling a due thing makes no sense any more.

    That is the due moment itself, or the end of the local due day plus the days it stays useful.
    """
    terms = rule(due.kind, rules)
    if terms.until_moment and due.at is not None:
        return due.at.astimezone(UTC)
    return end_of_day(local_day(due.on, due.at, person.zone) + timedelta(days=terms.useful_days), person.zone)


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
