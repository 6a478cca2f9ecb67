"""A dispatcher killed at any moment between claim and acknowledgement loses nothing and doubles only what it must."""

import signal
from collections import Counter
from datetime import timedelta
from threading import Event
from uuid import UUID

import pytest
from sqlalchemy import select

from backend.storage.ledger import AttemptRow
from backend.storage.reminders import ReminderRow
from notifications.dispatcher import POINTS
from tests.factories.base import NOW
from tests.house import House
from tests.journeys.dispatching import BACK_OFF, Reachable, Warm, falling_due, put, reachable
from tests.journeys.processes import Installation, until
from tests.journeys.sink import Says, Sink, open_sink

STEP, LEASE = timedelta(minutes=10), timedelta(hours=6)
COPIES = {"claimed": 1, "attempted": 1, "rendered": 1, "answered": 2, "acknowledged": 1}
"""How often a message arrives whose sender was killed there: twice only when its answer was known to nobody else."""
OPEN = {"claimed": 0, "attempted": 1, "rendered": 1, "answered": 1, "acknowledged": 0}
"""How many attempts of it stay open for ever."""

pytestmark = pytest.mark.journey


def statuses(house: House) -> Counter[str]:
    with house.unit(writes=False) as ctx:
        return Counter(ctx.session.scalars(select(ReminderRow.status)))


def attempts(house: House) -> dict[UUID, list[str]]:
    """Return how the attempts of each reminder ended, in order."""
    found: dict[UUID, list[str]] = {}
    with house.unit(writes=False) as ctx:
        for row in ctx.session.scalars(select(AttemptRow).order_by(AttemptRow.attempt)):
            found.setdefault(row.reminder_id, []).append(row.outcome)
    return found


def killed_one_by_one(installation: Installation, warm: Warm, sink: Sink, point: str, kills: int) -> None:
    """Let a reminder fall due, and the dispatcher that has it end at the point; then the next, all leases running."""
    installation.told |= sink.environ
    installation.told |= {"UITWERK_LEASE_S": str(int(LEASE.total_seconds())), "UITWERK_TEST_BACK_OFF_S": BACK_OFF}
    for number in range(1, kills + 1):
        installation.move_clock(NOW + number * STEP + STEP / 2)
        pid = warm.fork(installation.environ, FAILPOINT=f"{point}:kill")
        assert warm.ended(pid) == -signal.SIGKILL, f"nobody came to {point}"


@pytest.mark.promise("P11")
@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_a_named_point_loses_nothing_and_doubles_only_an_unknown_answer(
    installation: Installation, seeded: House, warm: Warm, point: str, kills: int
) -> None:
    people = reachable(seeded, kills)
    due = falling_due([NOW + number * STEP for number in range(1, kills + 1)])
    whose: dict[UUID, Reachable] = put(seeded, list(zip(people, due, strict=True)))
    with open_sink() as sink:
        killed_one_by_one(installation, warm, sink, point, kills)
        assert set(attempts(seeded)) == (set() if point == "claimed" else set(whose)), "each kill hit its own"
        installation.move_clock(NOW + kills * STEP + 2 * LEASE)
        pid = warm.fork(installation.environ)
        until(lambda: statuses(seeded) == {"sent": kills}, "everything is sent in the end", 60)
        warm.kill(pid)
        told = Counter((copy.to, copy.message_id) for copy in sink.taken())
    assert told == {(one.number, f"reminder-{row}"): COPIES[point] for row, one in whose.items()}
    assert attempts(seeded) == dict.fromkeys(whose, ["open"] * OPEN[point] + ["accepted"])


@pytest.mark.promise("P11")
def test_a_sender_whose_answer_comes_after_its_lease_changes_nothing(
    installation: Installation, seeded: House, warm: Warm
) -> None:
    (one,), (reminder,) = reachable(seeded, 1), falling_due([NOW])
    (row,) = put(seeded, [(one, reminder)])
    heard, answers = len(warm.log.read_text()), (Event(), Event())
    late, taken = (Says.LATER, Says.TAKEN)
    with open_sink(lambda _, nth: (late, taken)[min(nth, 1)], lambda nth: answers[min(nth, 1)].wait(60)) as sink:
        installation.told |= {**sink.environ, "UITWERK_TEST_BACK_OFF_S": "0", "UITWERK_LEASE_S": "3600"}
        warm.fork(installation.environ)
        until(lambda: sink.arrived() == 1, "the first sender calls")
        installation.move_clock(NOW + timedelta(hours=1, seconds=1))
        warm.fork(installation.environ)
        until(lambda: sink.arrived() == 2, "its lease having run out, another does")
        answers[0].set()
        until(lambda: "fenced" in warm.log.read_text()[heard:], "the first is refused as a messenger")
        answers[1].set()
        until(lambda: statuses(seeded) == {"sent": 1}, "it is sent")
    assert attempts(seeded) == {row: ["open", "accepted"]}
    assert [copy.said for copy in sink.calls] == [late, taken]
