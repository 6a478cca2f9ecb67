"""Planning: the reminders that ought to stand, and the difference between those and the ones that do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Protocol

from notifications import policy, states
from notifications.policy import RULES, SNOOZED, Rule, Step
from notifications.reminder import Due, Person, Reminder, Status

_LIVE = states.OPEN | {Status.SUPPRESSED}
_WAITING = frozenset({Status.PLANNED, Status.DUE})
_NOTHING: Mapping[str, datetime] = MappingProxyType({})


class Standing(Protocol):
    """A reminder as it is stored; any row with these attributes will do. `status` is a value of Status."""

    @property
    def key(self) -> str: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def send_at(self) -> datetime: ...  # noqa: D102
    @property
    def expires_at(self) -> datetime: ...  # noqa: D102
    @property
    def channel(self) -> str: ...  # noqa: D102
    @property
    def why(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Change:
    """What to write so that what stands is what is wanted.

    `cancel`: keys of open or suppressed rows no longer wanted. `create`: rows that are new, where `suppressed` says
    why held back from the beginning. `renew`: rows that keep their key and id but get these times and this channel
    and are planned (again). `keep`: keys of wanted rows that stay untouched. `suppress`: rows that waited, or were held
    back for another reason or time, and are held back for the reason these reminders give.
    """

    cancel: tuple[str, ...] = ()
    create: tuple[Reminder, ...] = ()
    renew: tuple[Reminder, ...] = ()
    keep: tuple[str, ...] = ()
    suppress: tuple[Reminder, ...] = ()


def plan(
    dues: Iterable[Due],
    person: Person,
    rules: Mapping[str, Rule] = RULES,
    snoozes: Mapping[str, datetime] = _NOTHING,
) -> tuple[Reminder, ...]:
    """Return the reminders that ought to stand, by send_at and key; when it is asked makes no difference.

    A step expires when the next one of the same due thing is told, so that nobody is told the same twice at
    once. What the person does not want to hear, or cannot, is there with `suppressed`. `snoozes` maps the key of a
    reminder to the moment (aware) at which somebody wants to hear it once more: at that moment it is told under a key
    of its own, for as long as the thing itself is due, whatever its version is by then. Raises ValueError for an
    unknown kind.
    """
    again: dict[str, dict[str, datetime]] = {}
    for key, until in sorted(snoozes.items(), key=lambda pair: pair[1]):
        origin = key.partition(SNOOZED)[0]
        again.setdefault(_unversioned(origin), {})[origin] = until
    found = [reminder for due in dues for reminder in _of(due, person, rules, again)]
    wanted = {one.key: _held(one, person) for one in found}
    return tuple(sorted(wanted.values(), key=lambda reminder: (reminder.send_at, reminder.key)))


def present(wanted: Iterable[Reminder], person: Person, now: datetime) -> tuple[Reminder, ...]:
    """Return what is wanted with what is due already judged by `now`, as whoever sends it will judge it."""
    return tuple(
        replace(one, suppressed=policy.withheld(one.kind, now, person)) if one.send_at <= now else one for one in wanted
    )


def change(standing: Iterable[Standing], wanted: Iterable[Reminder], now: datetime, *, mended: bool = False) -> Change:
    """Return the difference between what stands, of any status, and what is wanted.

    A key that was told or expired is never sent again, one that failed only where the way to the person was `mended`
    since. One that was cancelled or suppressed and is wanted again is renewed. What has expired at `now` is neither
    created nor brought back. One that is being sent stays with its sender, who asks the person's wishes again; one
    given back for another try keeps its channel.
    """
    rows = {row.key: row for row in standing}
    wishes = {reminder.key: reminder for reminder in wanted}
    stale = [key for key, row in rows.items() if key not in wishes and row.status in _LIVE]
    renewed = [wish for key, wish in wishes.items() if key in rows and _differs(rows[key], wish, now, mended)]
    held = [wish for key, wish in wishes.items() if key in rows and _is_held(rows[key], wish, now)]
    return Change(
        cancel=tuple(sorted(stale)),
        create=tuple(wish for key, wish in wishes.items() if key not in rows and wish.expires_at > now),
        renew=tuple(renewed),
        keep=tuple(sorted(wishes.keys() & rows.keys() - {wish.key for wish in (*renewed, *held)})),
        suppress=tuple(held),
    )


def named(on: date, at: datetime | None) -> str:
    """Return how a key names a day, and the UTC clock time where one is known: two doses a day may share the rest."""
    return f"{on}T{at.astimezone(UTC):%H%M}Z" if at else f"{on}"


def _differs(row: Standing, wish: Reminder, now: datetime, mended: bool) -> bool:
    if wish.suppressed:
        return False
    if row.status in {Status.CANCELLED, Status.SUPPRESSED} or (mended and row.status == Status.FAILED):
        return wish.expires_at > now
    moved = _times(row) != _times(wish)
    if row.status == Status.DUE:
        return moved  # its channel is the dispatcher's matter by now
    return row.status == Status.PLANNED and (moved or row.channel != wish.channel)


def _is_held(row: Standing, wish: Reminder, now: datetime) -> bool:
    """Whether a row is to be held back, or is and for another reason or time; what is over keeps the reason it had."""
    if not wish.suppressed or row.status in _WAITING:
        return bool(wish.suppressed)
    differs = (row.why, *_times(row)) != (wish.suppressed, *_times(wish))
    return row.status == Status.SUPPRESSED and differs and wish.expires_at > now


def _times(one: Standing | Reminder) -> tuple[datetime, datetime]:
    return one.send_at, one.expires_at


def _of(
    due: Due, person: Person, rules: Mapping[str, Rule], again: Mapping[str, Mapping[str, datetime]]
) -> list[Reminder]:
    """Return the reminders of one due thing, and those of them that were snoozed once more."""
    told = _steps(due, person, rules)
    over = policy.expires_at(due, person, rules)
    asked = [(one, key, until) for one in told for key, until in again.get(_unversioned(one.key), {}).items()]
    return told + [_snoozed(one, key, until, over) for one, key, until in asked if until < over]


def _steps(due: Due, person: Person, rules: Mapping[str, Rule]) -> list[Reminder]:
    """Return the reminders of one due thing; a step the next one has overtaken is left out."""
    ends_at = policy.expires_at(due, person, rules)
    reminders: list[Reminder] = []
    for step in reversed(_in_order(due, person, rules)):
        send_at = policy.send_at(due, step, person, rules)
        if send_at is not None and send_at < ends_at:
            reminders.append(_reminder(due, step, send_at, ends_at))
            ends_at = send_at
    return reminders


def _in_order(due: Due, person: Person, rules: Mapping[str, Rule]) -> list[Step]:
    """Return the steps by when they would be told without quiet hours; days and parts of a stretch may interleave."""
    moments = [(policy.planned_at(due, step, person.zone), step) for step in policy.rule(due.kind, rules).steps]
    return [step for _, step in sorted(((at, step) for at, step in moments if at), key=lambda pair: pair[0])]


def _reminder(due: Due, step: Step, send_at: datetime, expires_at: datetime) -> Reminder:
    """Return a reminder under its key: the same step about the same version and day is told once, for ever.

    A part of a stretch bears the day it began: when its end moves while it runs, as a form's does when the dose is
    given at last, what was told of its beginning is not told again.
    """
    moment = due.at.astimezone(UTC) if due.at else None
    about = f"{due.since}" if step.fraction is not None else named(due.on, moment)
    key = f"{due.kind}:{due.subject}:{due.version}:{about}:{step.name}"
    return Reminder(key, due.kind, due.subject, due.version, step.name, due.on, moment, send_at, expires_at, "")


def _unversioned(key: str) -> str:
    """Return the key of a reminder without the version of what it tells of."""
    thing, _version, *about = key.rsplit(":", 3)
    return ":".join((thing, *about))


def _snoozed(origin: Reminder, key: str, until: datetime, expires_at: datetime) -> Reminder:
    """Return a reminder that is told once more; its key stays that of the one somebody put off."""
    at = until.astimezone(UTC)
    return replace(origin, key=f"{key}{SNOOZED}{at:%Y%m%dT%H%MZ}", send_at=at, expires_at=expires_at)


def _held(reminder: Reminder, person: Person) -> Reminder:
    """Return a reminder with its channel, and with why it is held back where it is."""
    why = policy.withheld(reminder.kind, reminder.send_at, person)
    return replace(reminder, channel=person.channels[0] if person.channels else "", suppressed=why)
