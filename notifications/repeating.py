"""Repeating: what somebody was told and still holds is not said once more because something behind it changed."""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from typing import Protocol

from notifications import correcting
from notifications.planning import named
from notifications.policy import SNOOZED
from notifications.reminder import Reminder, Status
from notifications.states import TOLD

_GONE = frozenset({Status.CANCELLED, Status.FAILED})
"""What nobody waits for any more, but planning would bring back."""

_Saying = tuple[str, str, str, date, datetime | None]


class Told(Protocol):
    """A stored reminder, as far as repeating it goes; `told_at` is when its patient heard it, where they did."""

    @property
    def key(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def subject(self) -> str: ...  # noqa: D102
    @property
    def step(self) -> str: ...  # noqa: D102
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
    def told_at(self) -> datetime: ...  # noqa: D102


def unheard(standing: Iterable[Told], wishes: Collection[Reminder]) -> tuple[Reminder, ...]:
    """Return those wishes that say something: what was heard last of the same step is another day or clock time.

    A version may grow without the day moving. A day that was taken back since, or is just being, says something again,
    and so does one told before another; where both fall due neither takes the place of the other. What stands under a
    wish's own key is left to `planning.change`, a correction is always news, and a moment somebody asked for stays;
    until then its origin is silent.
    """
    rows = {row.key: row for row in standing}
    told = [row for row in rows.values() if row.status in TOLD or _may_be_heard(row)]
    wanted = {_saying(one) for one in wishes}
    put_off = {_saying(one) for one in wishes if SNOOZED in one.key}

    def says_nothing(wish: Reminder) -> bool:
        if wish.kind == correcting.KIND or SNOOZED in wish.key:
            return False
        gone = wish.key not in rows or rows[wish.key].status in _GONE
        return gone and (_saying(wish) in put_off or _was_heard(wish, told, wanted))

    return tuple(wish for wish in wishes if not says_nothing(wish))


def _was_heard(wish: Reminder, told: Iterable[Told], wanted: Collection[_Saying]) -> bool:
    """Whether the last that was heard of a step is what a wish would say; of two at one moment the other came last."""
    said, heard = _saying(wish), False
    for row in sorted(told, key=lambda one: (one.status not in TOLD, one.told_at, _saying(one) != said)):
        if _saying(row) == said:
            heard = True
        elif _saying(row)[:3] == said[:3]:
            heard = heard and _saying(row) in wanted
        elif _takes_back(row, wish):
            heard = False
    return heard


def _may_be_heard(row: Told) -> bool:
    """Whether a correction is under way, or may have come: rather said once more than kept silent."""
    return row.kind == correcting.KIND and (row.in_flight or row.unsure)


def _takes_back(row: Told, wish: Reminder) -> bool:
    about = f":{named(wish.due_on, wish.due_at)}"
    return row.kind == correcting.KIND and row.subject == wish.subject and row.key.endswith(about)


def _saying(one: Told | Reminder) -> _Saying:
    return one.kind, one.subject, one.step, one.due_on, one.due_at.astimezone(UTC) if one.due_at else None
