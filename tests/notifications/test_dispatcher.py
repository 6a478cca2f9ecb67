"""The dispatcher: at least once, fenced, late rather than silent, and one bad message delays no other."""

import logging
from contextlib import suppress
from dataclasses import replace
from datetime import time, timedelta
from typing import Never

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.dispatcher import BACK_OFF_S, Dispatcher, Tally
from notifications.reminder import Accepted, Claimed, Failed, Message, Status
from tests.notifications.making import ClaimedFactory, claimed, utc
from tests.notifications.memory import Clock, Crash, MemoryChannel, MemoryOutbox

MONDAY_NINE = utc("2026-03-09 08:00")  # when the made reminders are to be sent
LEASE = timedelta(minutes=2)


def house(*many: Claimed) -> tuple[MemoryOutbox, MemoryChannel, Clock, Dispatcher]:
    outbox, channel, clock = MemoryOutbox(), MemoryChannel(), Clock(MONDAY_NINE)
    outbox.put(*many)
    return outbox, channel, clock, Dispatcher(outbox, {"email": channel}, "one", clock, LEASE)


def raising(trouble: BaseException) -> Never:
    raise trouble


@pytest.mark.promise("P11")
def test_a_due_reminder_is_sent_once_and_written_down() -> None:
    outbox, channel, clock, dispatcher = house(ClaimedFactory.build(message_id="m-1"))
    assert dispatcher.run_once() == Tally(sent=1)
    clock.forward(hours=1)
    assert dispatcher.run_once() == Tally()
    assert [(address, message.message_id) for address, message in channel.sent] == [("anna@example.org", "m-1")]
    assert outbox.statuses() == ["sent"]
    assert outbox.beats == [("one", MONDAY_NINE), ("one", MONDAY_NINE + timedelta(hours=1))]


def test_what_is_not_yet_due_waits() -> None:
    _, channel, clock, dispatcher = house(ClaimedFactory.build())
    clock.forward(seconds=-1)
    assert dispatcher.run_once() == Tally()
    assert channel.sent == []


@pytest.mark.promise("P14")
def test_what_expired_is_listed_and_never_sent() -> None:
    outbox, channel, clock, dispatcher = house(ClaimedFactory.build())
    clock.now = utc("2026-03-10 06:00")
    assert dispatcher.run_once() == Tally(expired=1)
    assert (channel.sent, outbox.statuses()) == ([], ["expired"])


@pytest.mark.promise("P11")
def test_a_crash_between_call_and_acknowledgement_sends_again_with_the_same_message_id() -> None:
    outbox, channel, clock, dispatcher = house(ClaimedFactory.build())
    channel.answer = lambda _: raising(Crash())
    with pytest.raises(Crash):
        dispatcher.run_once()
    channel.answer = lambda message: Accepted(message.message_id)
    other = replace(dispatcher, worker="two")
    assert other.run_once() == Tally()  # the lease still runs
    clock.forward(minutes=2)
    assert other.run_once() == Tally(sent=1)
    assert len(channel.sent) == 2
    assert len({message.message_id for _, message in channel.sent}) == 1
    assert [row.attempts for row in outbox.rows.values()] == [2]


@pytest.mark.promise("P11")
@given(st.lists(st.sampled_from(["take", "refuse", "crash", "drop"]), max_size=4), st.integers(1, 4))
def test_whatever_the_provider_does_every_reminder_ends_and_copies_are_accounted_for(
    answers: list[str], many: int
) -> None:
    outbox, channel, clock, dispatcher = house(
        *(claimed(expires_at=MONDAY_NINE + timedelta(days=7)) for _ in range(many))
    )
    told, excused, script = [], [0], iter(answers)

    def answer(message: Message) -> Accepted | Failed:
        does = next(script, "take")
        if does != "refuse":
            told.append(message.message_id)
        if does in ("crash", "drop"):
            excused[0] += 1
            raise Crash if does == "crash" else TimeoutError
        return Failed(permanent=False, why="busy") if does == "refuse" else Accepted("ref")

    channel.answer = answer
    for _ in range(20):
        with suppress(Crash):
            dispatcher.run_once()
        clock.forward(hours=1)
    assert set(outbox.statuses()) == {"sent"}
    assert len(set(told)) == many
    assert len(told) <= many + excused[0]


def test_two_dispatchers_share_the_work_and_send_nothing_twice() -> None:
    _, channel, _, dispatcher = house(*(ClaimedFactory.build() for _ in range(5)))
    first, second = replace(dispatcher, batch=3), replace(dispatcher, worker="two", batch=3)
    assert (first.run_once().sent, second.run_once().sent, first.run_once().sent) == (3, 2, 0)
    assert len({message.message_id for _, message in channel.sent}) == 5


def test_a_worker_that_was_away_too_long_cannot_overwrite_what_its_successor_wrote() -> None:
    outbox, channel, clock, slow = house(ClaimedFactory.build())
    quick_channel = MemoryChannel()
    quick = Dispatcher(outbox, {"email": quick_channel}, "two", clock, LEASE)

    def hangs(_: Message) -> Failed:
        clock.forward(minutes=3)
        assert quick.run_once() == Tally(sent=1)
        return Failed(permanent=True, why="gone")

    channel.answer = hangs
    assert slow.run_once() == Tally(lost=1)
    assert outbox.statuses() == ["sent"]


@pytest.mark.promise("P12")
def test_a_reminder_cancelled_after_it_was_claimed_is_not_sent() -> None:
    outbox, channel, _, dispatcher = house(ClaimedFactory.build(), ClaimedFactory.build())
    first, second = outbox.rows.values()

    def cancels(message: Message) -> Accepted:
        second.status = Status.CANCELLED
        return Accepted(message.message_id)

    channel.answer = cancels
    assert dispatcher.run_once() == Tally(sent=1, lost=1)
    assert (first.status, second.status, len(channel.sent)) == ("sent", "cancelled", 1)


@pytest.mark.promise("P15")
@pytest.mark.parametrize("bad", [{"kind": "walk"}, {"channel": "pigeon"}])
def test_one_bad_message_does_not_delay_the_next(bad: dict[str, str]) -> None:
    _, channel, _, dispatcher = house(claimed(**bad), ClaimedFactory.build())
    assert dispatcher.run_once() == Tally(sent=1, retried=1)
    assert len(channel.sent) == 1


@pytest.mark.promise("P15")
def test_a_person_without_address_or_with_a_bad_zone_fails_for_good_and_alone() -> None:
    broken = ClaimedFactory.build(zone="Europe/Uitwerk"), ClaimedFactory.build(address="")
    outbox, _, _, dispatcher = house(*broken, ClaimedFactory.build())
    assert dispatcher.run_once() == Tally(sent=1, failed=2)
    assert [row.why for row in outbox.rows.values()] == ["unknown-zone", "no-address", ""]


@pytest.mark.promise("P30")
def test_a_channel_that_raises_is_a_failure_named_by_its_class_and_the_log_holds_no_person(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outbox, channel, _, dispatcher = house(ClaimedFactory.build())
    channel.answer = lambda _: raising(RuntimeError("no post for anna@example.org"))
    with caplog.at_level(logging.DEBUG):
        assert dispatcher.run_once() == Tally(retried=1)
    assert [row.why for row in outbox.rows.values()] == ["RuntimeError"]
    assert [record.__dict__["code"] for record in caplog.records] == ["RuntimeError"]
    assert "anna" not in "".join(str(record.__dict__) for record in caplog.records)


def test_failures_back_off_1_5_15_60_minutes_and_then_are_final() -> None:
    outbox, channel, clock, dispatcher = house(claimed(expires_at=MONDAY_NINE + timedelta(days=7)))
    channel.answer = lambda _: Failed(permanent=False, why="busy")
    for minutes in (1, 5, 15, 60):
        assert dispatcher.run_once() == Tally(retried=1)
        clock.forward(minutes=minutes, seconds=-1)
        assert dispatcher.run_once() == Tally()
        clock.forward(seconds=1)
    assert dispatcher.run_once() == Tally(failed=1)
    assert (len(channel.sent), outbox.statuses()) == (len(BACK_OFF_S) + 1, ["failed"])


def test_a_provider_may_ask_for_more_patience_but_not_for_less() -> None:
    outbox, channel, _, dispatcher = house(ClaimedFactory.build(), ClaimedFactory.build())
    waits = iter([600, 1])
    channel.answer = lambda _: Failed(permanent=False, why="busy", retry_after_s=next(waits))
    assert dispatcher.run_once() == Tally(retried=2)
    tries = [row.try_at - MONDAY_NINE for row in outbox.rows.values()]
    assert tries == [timedelta(seconds=600), timedelta(seconds=60)]


def test_a_permanent_failure_is_not_tried_again() -> None:
    _, channel, clock, dispatcher = house(ClaimedFactory.build())
    channel.answer = lambda _: Failed(permanent=True, why="gone")
    assert dispatcher.run_once() == Tally(failed=1)
    clock.forward(hours=2)
    assert dispatcher.run_once() == Tally()


def test_a_message_that_kills_every_worker_is_given_up() -> None:
    outbox, channel, clock, dispatcher = house(claimed(expires_at=MONDAY_NINE + timedelta(days=7)))
    channel.answer = lambda _: raising(Crash())
    for _ in range(5):
        with pytest.raises(Crash):
            dispatcher.run_once()
        clock.forward(minutes=2)
    assert dispatcher.run_once() == Tally(failed=1)
    assert [row.why for row in outbox.rows.values()] == ["tries-used-up"]


def test_a_slow_provider_does_not_eat_the_lease_of_the_rest() -> None:
    outbox, channel, clock, dispatcher = house(*(ClaimedFactory.build() for _ in range(4)))

    def slow(message: Message) -> Accepted:
        clock.forward(seconds=30)
        return Accepted(message.message_id)

    channel.answer = slow
    assert dispatcher.run_once() == Tally(sent=2, deferred=2)
    assert dispatcher.run_once() == Tally(sent=2)
    assert [row.attempts for row in outbox.rows.values()] == [1, 1, 1, 1]


def test_what_was_held_up_into_quiet_hours_waits_for_their_end() -> None:
    quiet = replace(claimed(), quiet_from=time(22), quiet_to=time(6, 30))
    outbox, channel, clock, dispatcher = house(quiet)
    clock.now = utc("2026-03-09 23:00")
    assert dispatcher.run_once() == Tally(deferred=1)
    clock.now = utc("2026-03-10 05:30")
    assert dispatcher.run_once() == Tally(sent=1)
    assert [row.attempts for row in outbox.rows.values()] == [1]
    assert channel.sent[0][1].subject == "Herinnering: taak vandaag"


def test_better_in_quiet_hours_than_too_late() -> None:
    quiet = replace(claimed(), quiet_from=time(22), quiet_to=time(10))
    _, _, clock, dispatcher = house(quiet)
    clock.now = utc("2026-03-09 23:00")
    assert dispatcher.run_once() == Tally(sent=1)


def test_an_outbox_that_is_away_is_not_mistaken_for_a_bad_message(monkeypatch: pytest.MonkeyPatch) -> None:
    outbox, channel, _, dispatcher = house(ClaimedFactory.build())
    monkeypatch.setattr(outbox, "attempt", lambda *_: raising(ConnectionError()))
    with pytest.raises(ConnectionError):
        dispatcher.run_once()
    assert channel.sent == []
