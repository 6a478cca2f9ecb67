"""Everything off for 26 hours: what still makes sense is told once and soon, what does not is listed, nothing lies."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import cycle
from uuid import UUID

import pytest
from sqlalchemy import select

from backend.domain.moments import at_wall, local_date
from backend.storage.ledger import ChangeRow
from backend.storage.outbox import SqlOutbox
from backend.storage.reminders import ReminderRow
from backend.storage.undelivered import UndeliveredRow
from backend.worker import make_dispatcher
from notifications.planning import plan
from notifications.reminder import Due, Person, Reminder
from tests.factories.base import NOW
from tests.house import House
from tests.journeys.dispatching import Reachable, Warm, put, reachable
from tests.journeys.processes import Installation, until
from tests.journeys.sink import Copy, open_sink

ZONE, PEOPLE, DUE, OFF, WITHIN_S = "Europe/Amsterdam", 320, 300, timedelta(hours=26), 120.0
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


BOTH_STEPS = Falls("sample-post", -1, None, late=("same-day",), useful=("next-day",))
CASES = (
    Falls("dose", 0, "10:00", late=("same-day",)),
    Falls("dose", 0, "17:00", useful=("same-day",)),
    Falls("dose", 1, "10:00", useful=("day-before",)),
    Falls("dose", 7, "10:00", useful=("week-before",)),
    Falls("dose-late", -1, None, useful=("late",)),
    Falls("form", 0, None, useful=("last-day",)),
    Falls("diary", -1, None, late=("evening",), minor=True),
    Falls("checklist", 1, None, useful=("day-before",)),
    Falls("sample", 1, None, useful=("day-before",)),
    BOTH_STEPS,
)
"""What falls into the stretch from Monday noon to Tuesday 14:00; what was told before Monday noon is not looked at."""


@dataclass(frozen=True, slots=True)
class Stood:
    """A reminder that fell due while everything was off, and whether telling it still makes sense."""

    case: Falls
    reminder: Reminder
    useful: bool


def planned(people: Sequence[Reachable], cases: Sequence[Falls] = CASES) -> Iterator[tuple[Reachable, Stood]]:
    """Yield what falls due to each of them while everything is off, one case after the other."""
    whom = Person(ZONE, "nl", None, None, ("sms",))
    for number, (one, case) in enumerate(zip(people, cycle(cases), strict=False)):
        for reminder in plan([case.due(f"{case.kind}:{number}")], whom):
            if NOW <= reminder.send_at <= NOW + OFF:
                assert reminder.step in case.late + case.useful, reminder
                yield one, Stood(case, reminder, reminder.step in case.useful)


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


def check_listed(house: House, stood: dict[UUID, Stood]) -> None:
    """What came too late has a line in the ledger, and where nothing else told of it somebody is to look at it."""
    late = {row for row, one in stood.items() if not one.useful}
    told = {one.reminder.subject for one in stood.values() if one.useful}
    with house.unit(writes=False) as ctx:
        lines = {
            (row.reminder_id, row.state, row.why, row.by)
            for row in ctx.session.scalars(select(ChangeRow).where(ChangeRow.reminder_id.in_(late)))
        }
        listed = {row.reminder_id for row in ctx.session.scalars(select(UndeliveredRow)) if row.settled_at is None}
    assert {(row, "expired", "too-late", "dispatcher") for row in late} <= lines
    assert listed == {row for row in late if not stood[row].case.minor and stood[row].reminder.subject not in told}


@pytest.mark.promise("P14")
def test_after_26_hours_off_what_is_of_use_is_told_once_and_the_rest_is_listed(
    installation: Installation, seeded: House, warm: Warm
) -> None:
    half = [reachable(seeded, PEOPLE // 2, PEOPLE * place, language=told) for place, told in enumerate(LANGUAGES)]
    people = [one for pair in zip(*half, strict=True) for one in pair]
    language = {one.number: spoken for some, spoken in zip(half, LANGUAGES, strict=True) for one in some}
    due = list(planned(people))
    whose = put(seeded, [(one, stood.reminder) for one, stood in due])
    stood = {row: one for row, (_, one) in zip(whose, due, strict=True)}
    with open_sink() as sink:
        installation.told |= sink.environ
        installation.move_clock(NOW + OFF)
        warm.fork(installation.environ)
        until(lambda: settled(seeded), "what is of use is told, and the rest has expired", WITHIN_S)
    with seeded.unit(writes=False) as ctx:
        rows = {f"reminder-{row.id}": row for row in ctx.session.scalars(select(ReminderRow))}
        ctx.session.expunge_all()
    useful = {f"reminder-{row}" for row, one in stood.items() if one.useful}
    assert (len(rows) >= DUE, len(useful) > DUE // 2, len(rows) - len(useful) > DUE // 5) == (True, True, True)
    assert Counter(copy.message_id for copy in sink.taken()) == dict.fromkeys(useful, 1)
    assert {name: row.status for name, row in rows.items()} == {
        name: "sent" if name in useful else "expired" for name in rows
    }
    check_texts(sink.taken(), rows, language)
    check_listed(seeded, stood)


@pytest.mark.promise("P14")
@pytest.mark.parametrize("first", ["tend", "work"])
def test_what_a_later_step_told_of_is_on_nobodys_list_whatever_comes_first(house: House, first: str) -> None:
    (one,) = reachable(house, 1)
    put(house, [(who, stood.reminder) for who, stood in planned([one], [BOTH_STEPS])])
    house.clock.now = NOW + OFF
    with open_sink() as sink:
        dispatcher = make_dispatcher(replace(house.settings, sms_url=sink.environ["UITWERK_SMS_URL"]), house.clock)
        getattr(dispatcher, first)()
        dispatcher.run_once()
    assert isinstance(dispatcher.outbox, SqlOutbox)
    dispatcher.outbox.engine.dispose()
    with house.unit(writes=False) as ctx:
        rows = ctx.session.scalars(select(ReminderRow).order_by(ReminderRow.send_at))
        assert [(row.step, row.status) for row in rows] == [("same-day", "expired"), ("next-day", "sent")]
        assert [item for item in ctx.session.scalars(select(UndeliveredRow)) if item.settled_at is None] == []
