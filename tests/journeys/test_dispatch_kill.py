"""Dispatchers killed again and again under a moody provider: each reminder is told, and doubled only where it must."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from time import monotonic
from uuid import UUID

import pytest
from sqlalchemy import exists, func, select

from backend.storage.ledger import AttemptRow, ChangeRow
from backend.storage.reminders import ReminderRow
from tests.house import House
from tests.journeys.dispatching import BACK_OFF, Reachable, Warm, falling_due, put, reachable
from tests.journeys.processes import Installation, until
from tests.journeys.sink import Says, Sink, held_for, moody, open_sink

A_SECOND, DISPATCHERS, WIDTH, LEASE_S, ENDS_S = 24, 2, 4, 4, 60.0
MOODY, HOLD_S = 0.1, 0.03
EVERY_S = (0.3, 0.7)
"""Seconds between two kills."""
NEVER = Event()

TERMS = {
    "planned": "waiting",
    "due": "waiting",
    "claimed": "open",
    "sent": "accepted",
    "failed": "rejected",
    "expired": "expired",
    "cancelled": "cancelled",
}
ENDS = {"sent", "failed", "expired", "cancelled"}

pytestmark = pytest.mark.journey


@dataclass
class Books:
    """What the database says while all this goes on, each time in one snapshot."""

    house: House
    samples: list[Counter[str]] = field(default_factory=list)

    def look(self) -> Counter[str]:
        """Return how many reminders stand under each term, by the newest line of their ledger."""
        last = select(func.max(ChangeRow.id)).where(ChangeRow.reminder_id == ReminderRow.id).correlate(ReminderRow)
        taken = exists().where(AttemptRow.reminder_id == ReminderRow.id, AttemptRow.outcome == "accepted")
        query = select(ReminderRow.status, ChangeRow.state, taken.label("taken"))
        each = query.outerjoin(ChangeRow, ChangeRow.id == last.scalar_subquery()).subquery()
        found: Counter[str] = Counter()
        with self.house.unit(writes=False) as ctx:
            for status, state, accepted, count in ctx.session.execute(
                select(each.c.status, each.c.state, each.c.taken, func.count()).group_by(*each.c)
            ):
                assert status == state, f"{count} are {status}, their ledger says {state}"
                assert (status == "sent") == accepted, f"{count} are {status}, accepted: {accepted}"
                found[TERMS[state]] += count
        self.samples.append(found)
        return found

    def ended(self) -> bool:
        """Whether nothing can happen to any reminder any more."""
        NEVER.wait(0.2)
        return not {"waiting", "open"} & self.look().keys()

    def outcomes(self) -> dict[UUID, Counter[str]]:
        """Return how the attempts of each reminder ended."""
        found: dict[UUID, Counter[str]] = {}
        with self.house.unit(writes=False) as ctx:
            for row in ctx.session.scalars(select(AttemptRow)):
                found.setdefault(row.reminder_id, Counter())[row.outcome] += 1
        return found

    def statuses(self) -> dict[UUID, str]:
        """Return how each reminder ended."""
        with self.house.unit(writes=False) as ctx:
            rows = ctx.session.execute(select(ReminderRow.id, ReminderRow.status))
            return {row.id: row.status for row in rows}


def killing(installation: Installation, warm: Warm, chance: random.Random, lasts_s: float, books: Books) -> int:
    """Kill one of the dispatchers twice a second and start another; return how many were killed."""
    pids = [warm.fork(installation.environ) for _ in range(DISPATCHERS)]
    began, killed = monotonic(), 0
    while monotonic() - began < lasts_s:
        NEVER.wait(chance.uniform(*EVERY_S))
        victim = chance.randrange(DISPATCHERS)
        warm.kill(pids[victim])
        pids[victim] = warm.fork(installation.environ)
        killed += 1
        if killed % 2:
            books.look()
    return killed


def check(books: Books, sink: Sink, whose: dict[UUID, Reachable], killed: int) -> None:
    """Hold what arrived against what was lost and what was open at a kill, reminder by reminder."""
    copies = Counter(copy.message_id for copy in sink.taken())
    calls = Counter(copy.message_id for copy in sink.calls)
    lost = Counter(copy.message_id for copy in sink.calls if copy.said is Says.HUNG_UP)
    outcomes, statuses = books.outcomes(), books.statuses()
    assert {(copy.to, copy.message_id) for copy in sink.calls} == {
        (one.number, f"reminder-{row}") for row, one in whose.items()
    }, "every copy of a message has the same id"
    for row in whose:
        name, tried = f"reminder-{row}", outcomes[row]
        told = f"{name} ended as {statuses[row]}: {copies[name]} copies, {lost[name]} unanswered, attempts {tried}"
        assert copies[name] >= 1, told
        assert copies[name] - tried["accepted"] <= lost[name] + tried["open"], told
        assert calls[name] <= tried.total(), told
        assert statuses[row] in ENDS, told
    opened = sum(tried["open"] for tried in outcomes.values())
    extra = copies.total() - len(whose)
    assert extra <= lost.total() + opened
    assert 0 < opened <= killed * WIDTH, f"{killed} kills met {opened} attempts"
    assert lost.total() > 0
    print(f"{len(whose)} reminders, {killed} kills, {opened} attempts open, {lost.total()} unanswered, {extra} extra")


@pytest.mark.promise("P11")
@pytest.mark.promise("P15")
def test_every_reminder_is_told_though_its_dispatchers_are_killed_twice_a_second(
    installation: Installation, seeded: House, warm: Warm, chance: random.Random, pytestconfig: pytest.Config
) -> None:
    lasts_s = float(pytestconfig.getoption("--dispatch-s"))
    people = reachable(seeded, int(A_SECOND * lasts_s))
    begins = installation.now() + timedelta(seconds=1)
    at = [begins + timedelta(seconds=place / A_SECOND) for place in range(len(people))]
    whose = put(seeded, list(zip(people, falling_due(at), strict=True)))
    installation.told |= {"UITWERK_LEASE_S": str(LEASE_S), "UITWERK_TEST_BACK_OFF_S": BACK_OFF}
    installation.told |= {"UITWERK_DISPATCH_EVERY_S": "0.25", "UITWERK_DISPATCH_WIDTH": str(WIDTH)}
    books = Books(seeded)
    with open_sink(moody(chance, MOODY), held_for(HOLD_S)) as sink:
        installation.told |= sink.environ
        killed = killing(installation, warm, chance, lasts_s, books)
        until(books.ended, f"everything has ended, the last being {books.samples[-1]}", ENDS_S)
    assert all(sample.total() == len(people) for sample in books.samples), books.samples
    check(books, sink, whose, killed)
