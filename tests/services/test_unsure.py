"""A day that may have been told, or was told all the same, is taken back too; on both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from backend.domain.dosing import Dose
from backend.domain.moments import local_date
from backend.domain.requests import Outcome
from backend.domain.samples import State
from backend.services import callbacks, receipts, undelivered
from backend.services.receipts import Receipt
from backend.services.reminders import Moved
from notifications.callback import Told
from notifications.reminder import Again, Claimed, Deferred, Failed
from tests.factories.chains import ZONE
from tests.house import House, Staff
from tests.services.treated import Anna, treated

BROKEN_OFF = Failed(permanent=False, why="smtp-broken-off", unsure=True)
REFUSED = Failed(permanent=False, why="smtp-451")
FATAL = Failed(permanent=True, why="smtp-550")


@pytest.fixture
def bram(house: House) -> Staff:
    return house.login("nurse")


@pytest.fixture
def anna(house: House, bram: Staff) -> Anna:
    house.clock.now = house.clock.now.replace(month=6, day=1)
    made = treated(house)
    made.cared_for(bram)
    return made


def tried(anna: Anna) -> Claimed:
    (claimed,) = anna.claim()
    assert anna.outbox().attempt(claimed, anna.house.clock.now)
    return claimed


def ended(anna: Anna, outcome: Failed | Deferred) -> None:
    """Let one try of the dose's reminder end so, with another to come in a minute."""
    again = Again(anna.house.clock.now + timedelta(minutes=1), "email")
    assert anna.outbox().acknowledge(tried(anna), outcome, anna.house.clock.now, again)


def silent_and_given_back(anna: Anna) -> None:
    """Let a sender die while it sends, and another give its reminder back unsent."""
    tried(anna)
    anna.forward(minutes=3)
    (claimed,) = anna.claim()
    again = Again(anna.house.clock.now + timedelta(hours=5), "email")
    assert anna.outbox().acknowledge(claimed, Deferred("quiet-hours"), anna.house.clock.now, again)


def corrected(anna: Anna) -> list[tuple[date, str]]:
    return [(row.due_on, row.status) for row in anna.of("correction")]


def day(anna: Anna, days: int) -> date:
    return local_date(anna.house.clock.now, ZONE) + timedelta(days=days)


@pytest.mark.promise("P12")
@pytest.mark.parametrize(
    "happens", [lambda anna: ended(anna, BROKEN_OFF), silent_and_given_back], ids=["answer lost", "sender died"]
)
def test_a_day_that_may_have_been_told_is_corrected_at_once_and_named_in_the_answer(
    anna: Anna, happens: Callable[[Anna], None]
) -> None:
    planned, _ = anna.plan(3)
    happens(anna)
    (unsure,) = [row for row in anna.open() if row.step == "week-before"]
    anna.forward(seconds=20)
    _, moved = anna.move(planned, 10)
    assert [one.id for one in moved.in_flight] == [unsure.id]
    assert corrected(anna) == [(day(anna, 3), "planned")]
    assert len(anna.claim("correction")) == 1
    assert anna.replan() == Moved((), (), ())


def test_a_day_whose_message_was_refused_was_told_to_nobody(anna: Anna) -> None:
    planned, _ = anna.plan(3)
    ended(anna, REFUSED)
    assert anna.move(planned, 10)[1].in_flight == ()
    assert corrected(anna) == []


@pytest.mark.promise("P12")
def test_what_ended_without_anybody_knowing_is_corrected_too(anna: Anna) -> None:
    planned, _ = anna.plan(2)
    claimed = tried(anna)
    anna.forward(seconds=30)
    lost = replace(BROKEN_OFF, permanent=True)
    assert anna.outbox().acknowledge(claimed, lost, anna.house.clock.now, None)
    _, moved = anna.move(planned, 10)
    assert (moved.in_flight, corrected(anna)) == ((), [(day(anna, 2), "planned")])


def called_off(anna: Anna) -> UUID:
    """Plan a dose, move it before anybody was told, and return what would have told of the first day."""
    planned, _ = anna.plan(3)
    (row,) = [row for row in anna.open() if row.step == "week-before"]
    anna.move(planned, 10)
    assert corrected(anna) == []
    return row.id


def shown(anna: Anna, reminder_id: UUID, state: str = "shown") -> None:
    with anna.house.unit(replace(anna.patient.actor, session_id=uuid4())) as ctx:
        receipts.take(ctx, anna.row(ctx), [Receipt(reminder_id, state, ctx.now)])


def delivered(anna: Anna, reminder_id: UUID, state: str = "delivered") -> None:
    with anna.house.unit() as ctx:
        callbacks.take(ctx, Told(f"reminder-{reminder_id}", state, ctx.now))


@pytest.mark.promise("P12")
@pytest.mark.parametrize("says", [shown, delivered])
def test_a_day_told_after_it_was_called_off_is_corrected_as_soon_as_that_is_heard(
    anna: Anna, says: Callable[[Anna, UUID], None]
) -> None:
    reminder_id, old = called_off(anna), day(anna, 3)
    anna.forward(minutes=5)
    says(anna, reminder_id)
    assert corrected(anna) == [(old, "planned")]
    says(anna, reminder_id)
    assert corrected(anna) == [(old, "planned")]


def test_what_came_by_the_plan_that_stands_is_not_corrected(anna: Anna) -> None:
    anna.plan(3)
    (row,) = [row for row in anna.open() if row.step == "week-before"]
    shown(anna, row.id)
    assert corrected(anna) == []


@pytest.mark.parametrize("day_of", ["the slot", "the day it was given"])
def test_a_finger_prick_before_a_dose_that_was_given_needs_no_correction(anna: Anna, day_of: str) -> None:
    planned: Dose = anna.plan(1)[0]
    anna.sample(State.KIT_SENT, State.KIT_RECEIVED)
    assert {"dose", "sample"} <= {one.reminder.kind for one in anna.tell()}
    if day_of == "the day it was given":
        anna.forward(hours=20, minutes=30)  # half an hour before its time; the prick is still only on the phone
    anna.give(planned)
    assert corrected(anna) == []


def test_a_finger_prick_before_a_dose_that_moved_to_the_day_of_another_does(anna: Anna) -> None:
    planned: Dose = anna.plan(1)[0]
    anna.sample(State.KIT_SENT, State.KIT_RECEIVED)
    anna.tell()
    planned, _ = anna.move(planned, 2)
    assert corrected(anna) == [(day(anna, 1), "planned")] * 2
    anna.forward(hours=1)
    anna.give(planned)
    assert sorted(row.status for row in anna.of("correction") if row.subject.startswith("sample")) == ["planned"]


@pytest.mark.promise("P12")
def test_a_correction_that_reached_nobody_stays_on_the_list_until_somebody_looked_at_it(
    anna: Anna, bram: Staff
) -> None:
    planned: Dose = anna.plan(1)[0]
    anna.tell()
    anna.move(planned, 10)
    anna.tell(FATAL)
    (item,) = [item for item in anna.items() if item.kind == "correction"]
    anna.forward(days=2)
    anna.replan()
    assert [one.settled_at for one in anna.items() if one.id == item.id] == [None]
    with anna.house.unit(bram) as ctx:
        undelivered.settle(ctx, item.id, item.version, None, Outcome.REACHED)
    anna.replan()
    assert [one.outcome for one in anna.items() if one.id == item.id] == ["reached"]
