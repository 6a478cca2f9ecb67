"""Everything off for 26 hours: what still makes sense is told once and soon, what does not is listed, nothing lies."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from uuid import UUID

import pytest
from sqlalchemy import select

from backend.domain.moments import at_wall, local_date
from backend.storage.ledger import ChangeRow
from backend.storage.reminders import ReminderRow
from backend.storage.undelivered import UndeliveredRow
from notifications.planning import plan
from notifications.reminder import Due, Person, Reminder
from tests.factories.base import NOW
from tests.house import House
from tests.journeys.dispatching import Reachable, Warm, put, reachable
from tests.journeys.processes import Installation, until
from tests.journeys.sink import Copy, open_sink

ZONE, DUE, OFF, WITHIN_S = "Europe/Amsterdam", 300, timedelta(hours=26), 120.0
ON = local_date(NOW + OFF, ZONE)
"""The day on which everything is on again, 14:00 on the clock of Amsterdam."""
LANGUAGES = ("nl", "en")
NEXT_DAY = {"nl": "morgen", "en": "tomorrow"}

pytestmark = pytest.mark.journey


@dataclass(frozen=True, slots=True)
class Falls:
    """What falls due for some of the patients, with the steps that fell into the outage, and those still of use."""

    kind: str
    days: int
    clock: str | None
    late: tuple[str, ...] = ()
    useful: tuple[str, ...] = ()
    minor: bool = False

    def due(self, subject: str) -> Due:
        """Return the due thing; `days` counts from the day everything is on again."""
        on = ON + timedelta(days=self.days)
        at = at_wall(on, datetime.strptime(self.clock, "%H:%M").time(), ZONE) if self.clock else None  # noqa: DTZ007
        return Due(self.kind, subject, 1, on, at, since=on - timedelta(days=9))


CASES = (
    Falls("dose", 0, "10:00", late=("same-day",)),
    Falls("dose", 0, "17:00", useful=("same-day",)),
    Falls("dose", 1, "10:00", useful=("day-before",)),
    Falls("dose", 7, "10:00", useful=("week-before",)),
    Falls("dose-late", -1, None, useful=("late",)),
    Falls("form", 0, None, useful=("last-day",)),
    Falls("diary", -1, None, late=("evening",), minor=True),
    Falls("checklist", 0, None),
    Falls("checklist", 1, None, useful=("day-before",)),
    Falls("sample", 1, None, useful=("day-before",)),
)
"""What falls into the stretch from Monday noon to Tuesday 14:00; what was told before Monday noon is not looked at."""


def planned() -> Iterator[tuple[Falls, Reminder]]:
    """Yield a reminder that falls due while everything is off, from one case after the other, without end."""
    whom = Person(ZONE, "nl", None, None, ("sms",))
    for number, case in enumerate(cycle(CASES)):
        for one in plan([case.due(f"{case.kind}:{number}")], whom):
            if NOW <= one.send_at <= NOW + OFF:
                assert one.step in case.late + case.useful, one
                yield case, one


def settled(house: House) -> bool:
    """Whether nothing of what fell due waits any more."""
    with house.unit(writes=False) as ctx:
        return not ctx.session.scalars(
            select(ReminderRow.id).where(ReminderRow.status.in_(("planned", "due", "claimed"))).limit(1)
        ).first()


def check_texts(copies: list[Copy], rows: dict[str, ReminderRow], language: dict[str, str]) -> None:
    """No message says tomorrow of anything but tomorrow."""
    for copy in copies:
        row, spoken = rows[copy.message_id], language[copy.to]
        says_tomorrow = NEXT_DAY[spoken] in copy.text.lower()
        assert says_tomorrow == (row.due_on == ON + timedelta(days=1)), (row.kind, row.step, row.due_on, copy.text)


def check_listed(house: House, late: dict[UUID, Falls]) -> None:
    """What came too late ended as such, with a line in the ledger, and somebody is to look at it where it matters."""
    with house.unit(writes=False) as ctx:
        lines = {
            (row.reminder_id, row.state, row.why, row.by)
            for row in ctx.session.scalars(select(ChangeRow).where(ChangeRow.reminder_id.in_(late)))
        }
        listed = {row.reminder_id for row in ctx.session.scalars(select(UndeliveredRow)) if row.settled_at is None}
    assert {(row, "expired", "too-late", "dispatcher") for row in late} <= lines
    assert listed == {row for row, case in late.items() if not case.minor}


@pytest.mark.promise("P14")
def test_after_26_hours_off_what_is_of_use_is_told_once_and_the_rest_is_listed(
    installation: Installation, seeded: House, warm: Warm
) -> None:
    half = [reachable(seeded, DUE // 2, language=spoken, start=place * DUE) for place, spoken in enumerate(LANGUAGES)]
    people: list[Reachable] = [one for pair in zip(*half, strict=True) for one in pair]
    language = {one.number: spoken for some, spoken in zip(half, LANGUAGES, strict=True) for one in some}
    told = [(one, *found) for one, found in zip(people, planned(), strict=False)]
    whose = put(seeded, [(one, reminder) for one, _, reminder in told])
    case = {row: (falls, reminder) for row, (_, falls, reminder) in zip(whose, told, strict=True)}
    late = {row: falls for row, (falls, reminder) in case.items() if reminder.step in falls.late}
    with open_sink() as sink:
        installation.told |= sink.environ
        installation.move_clock(NOW + OFF)
        warm.fork(installation.environ)
        until(lambda: settled(seeded), "what is of use is told, and the rest has expired", WITHIN_S)
    with seeded.unit(writes=False) as ctx:
        rows = {f"reminder-{row.id}": row for row in ctx.session.scalars(select(ReminderRow))}
        ctx.session.expunge_all()
    useful = {f"reminder-{row}" for row in case.keys() - late.keys()}
    assert Counter(copy.message_id for copy in sink.taken()) == dict.fromkeys(useful, 1)
    assert Counter(row.status for row in rows.values()) == {"sent": len(useful), "expired": len(late)}
    assert {name for name, row in rows.items() if row.status == "expired"} == {f"reminder-{row}" for row in late}
    assert len(useful) > DUE // 4
    assert len(late) > DUE // 10
    check_texts(sink.taken(), rows, language)
    check_listed(seeded, late)
