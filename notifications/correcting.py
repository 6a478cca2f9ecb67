"""Corrections: what to tell somebody who was told of a day that is no longer right."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Protocol

from notifications.policy import end_of_day, local_day, withheld
from notifications.reminder import Due, Person, Reminder
from notifications.states import TOLD

KIND = "correction"
STEP = "now"

DATED = frozenset({"dose", "home-dose", "sample", "sample-kit", "checklist"})
"""Kinds whose message names a day that somebody may act on; a day the plan only guessed was told as such."""


class Told(Protocol):
    """A stored reminder, as far as correcting it goes."""

    @property
    def key(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def subject(self) -> str: ...  # noqa: D102
    @property
    def version(self) -> int: ...  # noqa: D102
    @property
    def due_on(self) -> date: ...  # noqa: D102
    @property
    def due_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def in_flight(self) -> bool: ...  # noqa: D102
    @property
    def unsure(self) -> bool: ...  # noqa: D102
    @property
    def lease_until(self) -> datetime | None: ...  # noqa: D102


def wrong(
    told: Iterable[Told], dues: Iterable[Due], met: Collection[tuple[str, str]], person: Person, now: datetime
) -> Mapping[str, Due]:
    """Return the due things somebody was told of, or may have been, that are no longer so, by correction key.

    `dues` is what falls due now: a day on which something of the same kind still does, and at the clock time that was
    told, is right, whatever else changed behind it. `met` holds kind and subject of what was done: that needs no
    correction, and neither does a day that has passed. A day told more than once is corrected once. The moment of each
    is when its correction may go out: at once, or once whoever is telling the old day must have ended.
    """
    right = {day for due in dues for day in ((due.kind, due.on, None), (due.kind, due.on, _utc(due.at)))}
    rows = [
        row
        for row in told
        if _was_dated(row, person.zone, now)
        and (row.kind, row.due_on, _utc(row.due_at)) not in right
        and (row.kind, row.subject) not in met
    ]
    newest: dict[tuple[object, ...], int] = {}
    for row in rows:
        newest[_day(row)] = max(row.version, newest.get(_day(row), row.version))
    found: dict[str, Due] = {}
    for row in rows:
        if row.version == newest[_day(row)]:
            key = _key(row)
            at = max(now, row.lease_until) if row.in_flight and row.lease_until else now
            at = max(at, found[key].at or at) if key in found else at
            found[key] = Due(KIND, row.subject, row.version, local_day(row.due_on, row.due_at, person.zone), at)
    return found


def correction(key: str, due: Due, person: Person, send_at: datetime) -> Reminder:
    """Return the message that an earlier one is no longer right; it makes sense until the day it named is over."""
    ends_at = end_of_day(due.on, person.zone)
    channel = person.channels[0] if person.channels else ""
    why = withheld(KIND, send_at, person)
    return Reminder(key, KIND, due.subject, due.version, STEP, due.on, None, send_at, ends_at, channel, why)


def _was_dated(row: Told, zone: str, now: datetime) -> bool:
    """Tell whether somebody was told, is being told, or may have been, of a day that they can still act on."""
    over_at = row.due_at or end_of_day(row.due_on, zone)
    return (row.status in TOLD or row.in_flight or row.unsure) and row.kind in DATED and over_at > now


def _day(row: Told) -> tuple[object, ...]:
    return row.kind, row.subject, row.due_on, row.due_at


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at else None


def _key(row: Told) -> str:
    clock = f"T{row.due_at:%H%M}Z" if row.due_at else ""
    return f"{KIND}:{row.kind}:{row.subject}:{row.version}:{row.due_on.isoformat()}{clock}"
