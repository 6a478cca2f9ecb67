"""Planning: the reminders that ought to stand, and the difference between those and the ones that do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from notifications import policy
from notifications.reminder import Due, Person, Reminder, Status

_OPEN = frozenset({Status.WAITING, Status.CLAIMED})


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


@dataclass(frozen=True, slots=True)
class Change:
    """What to write so that what stands is what is wanted.

    `cancel`: keys of open rows no longer wanted. `create`: rows that are new. `renew`: rows that keep their
    key and id but get these times and this channel and are waiting (again). `keep`: keys of wanted rows
    that stay untouched.
    """

    cancel: tuple[str, ...] = ()
    create: tuple[Reminder, ...] = ()
    renew: tuple[Reminder, ...] = ()
    keep: tuple[str, ...] = ()


def plan(dues: Iterable[Due], person: Person) -> tuple[Reminder, ...]:
    """Return the reminders that ought to stand, by send_at and key; when it is asked makes no difference.

    A step expires when the next one of the same due thing is told, so that nobody is told the same twice at
    once. A person without a channel gets none. Raises ValueError for an unknown kind.
    """
    wanted = {reminder.key: reminder for due in dues for reminder in _steps(due, person)}
    return tuple(sorted(wanted.values(), key=lambda reminder: (reminder.send_at, reminder.key)))


def change(standing: Iterable[Standing], wanted: Iterable[Reminder], now: datetime) -> Change:
    """Return the difference between what stands, of any status, and what is wanted.

    A key that was sent, failed or expired is never sent again. One that was cancelled and is wanted again is
    renewed. What has expired at `now` is neither created nor brought back.
    """
    rows = {row.key: row for row in standing}
    wishes = {reminder.key: reminder for reminder in wanted}
    stale = [key for key, row in rows.items() if key not in wishes and row.status in _OPEN]
    renewed = [wish for key, wish in wishes.items() if key in rows and _differs(rows[key], wish, now)]
    return Change(
        cancel=tuple(sorted(stale)),
        create=tuple(wish for key, wish in wishes.items() if key not in rows and wish.expires_at > now),
        renew=tuple(renewed),
        keep=tuple(sorted(wishes.keys() & rows.keys() - {wish.key for wish in renewed})),
    )


def _differs(row: Standing, wish: Reminder, now: datetime) -> bool:
    if row.status == Status.CANCELLED:
        return wish.expires_at > now
    here, there = ((r.send_at, r.expires_at, r.channel) for r in (row, wish))
    return row.status == Status.WAITING and here != there


def _steps(due: Due, person: Person) -> list[Reminder]:
    """Return the reminders of one due thing; a step the next one has overtaken is left out."""
    if not person.channels:
        return []
    ends_at = policy.expires_at(due, person)
    reminders: list[Reminder] = []
    for step in reversed(policy.rule(due.kind).steps):
        send_at = policy.send_at(due, step, person)
        if send_at < ends_at:
            reminders.append(_reminder(due, step.name, send_at, ends_at, person.channels[0]))
            ends_at = send_at
    return reminders


def _reminder(due: Due, step: str, send_at: datetime, expires_at: datetime, channel: str) -> Reminder:
    moment = due.at.astimezone(UTC) if due.at else None
    clock = f"T{moment:%H%M}Z" if moment else ""  # two doses a day may share subject and version
    key = f"{due.kind}:{due.subject}:{due.version}:{due.on.isoformat()}{clock}:{step}"
    return Reminder(key, due.kind, due.subject, due.version, step, due.on, moment, send_at, expires_at, channel)
