"""The dispatcher: at least once, fenced, late rather than silent, and one bad message delays no other."""

import logging
from contextlib import suppress
from dataclasses import replace
from datetime import time, timedelta
from typing import Any, Never

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.dispatcher import POINTS, Dispatcher, Tally
from notifications.reminder import Accepted, Claimed, Failed, Message, Status
from tests.notifications.making import ClaimedFactory, PersonFactory, claimed, utc
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
    broken = ClaimedFactory.build(person__zone="Europe/Uitwerk"), ClaimedFactory.build(address="")
    outbox, _, _, dispatcher = house(*broken, ClaimedFactory.build())
    assert dispatcher.run_once() == Tally(sent=1, failed=2)
    assert outbox.reasons() == ["unknown-zone", "no-address", ""]


@pytest.mark.promise("P30")
def test_a_channel_that_raises_is_a_failure_named_by_its_class_and_the_log_holds_no_person(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outbox, channel, _, dispatcher = house(ClaimedFactory.build())
    channel.answer = lambda _: raising(RuntimeError("no post for anna@example.org"))
    with caplog.at_level(logging.DEBUG):
        assert dispatcher.run_once() == Tally(retried=1)
    assert outbox.reasons() == ["RuntimeError"]
    assert [record.__dict__["code"] for record in caplog.records] == ["RuntimeError"]
    assert "anna" not in "".join(str(record.__dict__) for record in caplog.records)


@pytest.mark.promise("P12")
@pytest.mark.parametrize("handed_over", [True, False])
def test_what_goes_wrong_once_a_channel_has_the_message_leaves_open_whether_it_was_told(handed_over: bool) -> None:
    outbox, channel, _, dispatcher = house(ClaimedFactory.build())
    if handed_over:
        channel.answer = lambda _: raising(RuntimeError())
    else:
        dispatcher = replace(dispatcher, reach=lambda at: raising(RuntimeError()) if at == "rendered" else None)
    assert dispatcher.run_once() == Tally(retried=1)
    assert [(row.why, row.unsure) for row in outbox.rows.values()] == [("RuntimeError", handed_over)]


def test_on_the_last_channel_it_is_tried_five_times_and_never_before_its_time() -> None:
    outbox, channel, clock, dispatcher = house(claimed(expires_at=MONDAY_NINE + timedelta(days=7)))
    channel.answer = lambda _: Failed(permanent=False, why="busy")
    for minutes in (1, 5, 15, 60):
        assert dispatcher.run_once() == Tally(retried=1)
        clock.forward(minutes=minutes, seconds=-1)
        assert dispatcher.run_once() == Tally()
        clock.forward(seconds=1 + minutes * 15)  # a quarter more at most
    assert dispatcher.run_once() == Tally(failed=1)
    clock.forward(days=1)
    assert dispatcher.run_once() == Tally()
    assert (len(channel.sent), outbox.statuses()) == (5, ["failed"])


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
    assert outbox.reasons() == ["tries-used-up"]


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
    quiet = ClaimedFactory.build(person=PersonFactory.build(quiet_to=time(6, 30)))
    outbox, channel, clock, dispatcher = house(quiet)
    clock.now = utc("2026-03-09 23:00")
    assert dispatcher.run_once() == Tally(deferred=1)
    clock.now = utc("2026-03-10 05:30")
    assert dispatcher.run_once() == Tally(sent=1)
    assert [row.attempts for row in outbox.rows.values()] == [1]
    assert channel.sent[0][1].subject == "Herinnering: taak vandaag"


def test_better_in_quiet_hours_than_too_late() -> None:
    quiet = ClaimedFactory.build(person=PersonFactory.build(quiet_to=time(10)))
    _, _, clock, dispatcher = house(quiet)
    clock.now = utc("2026-03-09 23:00")
    assert dispatcher.run_once() == Tally(sent=1)


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "test", "step": "now"},
        {"kind": "correction", "step": "now"},
        {"key": "dose:dose-1:1:2026-03-10:day-before:snoozed:20260309T2300Z"},
    ],
)
def test_what_somebody_waits_for_at_this_moment_is_not_held_up_by_quiet_hours(asked: dict[str, str]) -> None:
    _, _, clock, dispatcher = house(replace(claimed(**asked), person=PersonFactory.build(quiet_to=time(6, 30))))
    clock.now = utc("2026-03-09 23:00")
    assert dispatcher.run_once() == Tally(sent=1)


FROM_NOW = {"paused_from": MONDAY_NINE}
UP_TO_NOW = {"paused_from": MONDAY_NINE - timedelta(days=1), "paused_until": MONDAY_NINE}
FROM_TOMORROW = {"paused_from": MONDAY_NINE + timedelta(days=1)}


@pytest.mark.parametrize(
    ("kind", "wish", "why"),
    [
        ("dose", FROM_NOW, "paused"),
        ("dose", {"stopped": frozenset({"dose"})}, "stopped"),
        ("correction", FROM_NOW, "paused"),
        ("correction", {"stopped": frozenset({"correction"})}, ""),
        ("test", {**FROM_NOW, "stopped": frozenset({"test"})}, ""),
        ("dose", UP_TO_NOW, ""),
        ("dose", FROM_TOMORROW, ""),
        ("dose", {"stopped": frozenset({"form"})}, ""),
    ],
)
def test_what_somebody_does_not_want_to_hear_by_now_is_held_back_untried(
    kind: str, wish: dict[str, Any], why: str
) -> None:
    person = PersonFactory.build(quiet_from=None, quiet_to=None, **wish)
    step = "day-before" if kind == "dose" else "now"
    outbox, channel, _, dispatcher = house(replace(claimed(kind=kind, step=step), person=person))
    assert dispatcher.run_once() == (Tally(suppressed=1) if why else Tally(sent=1))
    assert (outbox.reasons(), len(channel.sent)) == ([why], not why)
    assert outbox.statuses() == ["suppressed" if why else "sent"]


def test_somebody_whom_nothing_reaches_any_more_is_a_failure_and_no_wish_of_theirs() -> None:
    nowhere = PersonFactory.build(channels=(), paused_from=MONDAY_NINE)
    outbox, _, _, dispatcher = house(ClaimedFactory.build(person=nowhere, address=""))
    assert dispatcher.run_once() == Tally(failed=1)
    assert outbox.reasons() == ["no-address"]


@pytest.mark.promise("P15")
def test_a_lane_keeps_to_what_waits_for_its_channel() -> None:
    outbox, channel, _, mail = house(claimed(channel="email"), claimed(channel="push"), claimed(channel="email"))
    push = replace(mail, channels={"push": MemoryChannel()}, lane="push")
    assert replace(mail, lane="email").run_once() == Tally(sent=2)
    assert (len(channel.sent), outbox.statuses()) == (2, ["sent", "planned", "sent"])
    assert push.run_once() == Tally(sent=1)


def test_told_ids_it_handles_those_that_are_due_and_no_others() -> None:
    due, unnamed = ClaimedFactory.build(), ClaimedFactory.build()
    later = claimed(send_at=MONDAY_NINE + timedelta(hours=1))
    over = claimed(expires_at=MONDAY_NINE)
    outbox, channel, _, dispatcher = house(due, unnamed, later, over)
    assert dispatcher.deliver([due.id, later.id, over.id, "nobody"]) == Tally(sent=1)
    assert dispatcher.deliver([]) == Tally()
    assert outbox.statuses() == ["sent", "planned", "planned", "planned"]
    assert ([message.message_id for _, message in channel.sent], outbox.beats) == ([due.message_id], [])


@pytest.mark.promise("P11")
@pytest.mark.parametrize("point", POINTS)
def test_wherever_the_process_dies_the_reminder_comes_and_twice_at_most(point: str) -> None:
    outbox, channel, clock, dispatcher = house(ClaimedFactory.build())
    dying = replace(dispatcher, reach=lambda reached: raising(Crash()) if reached == point else None)
    with pytest.raises(Crash):
        dying.run_once()
    clock.forward(minutes=2)
    dispatcher.run_once()
    assert outbox.statuses() == ["sent"]
    assert len(channel.sent) == (2 if point == "answered" else 1)


@pytest.mark.parametrize("width", [1, 2])
def test_told_to_stop_it_gives_back_what_it_has_not_begun_and_somebody_else_sends_that_at_once(width: int) -> None:
    outbox, channel, _, dispatcher = house(*(ClaimedFactory.build() for _ in range(6)))
    stopping = replace(dispatcher, stopping=lambda: bool(channel.sent), width=width)
    given_back = stopping.run_once().deferred
    assert given_back >= 6 - width
    assert outbox.statuses().count("due") == outbox.reasons().count("stopping") == given_back
    assert replace(dispatcher, worker="two").run_once() == Tally(sent=given_back)
    assert {row.attempts for row in outbox.rows.values()} == {1}


@pytest.mark.promise("P15")
def test_told_ids_it_keeps_to_its_lane_too() -> None:
    mail, push = claimed(channel="email"), claimed(channel="push")
    outbox, _, _, dispatcher = house(mail, push)
    assert replace(dispatcher, lane="email").deliver([mail.id, push.id]) == Tally(sent=1)
    assert outbox.statuses() == ["sent", "planned"]


def test_on_the_way_to_one_reminder_it_passes_every_point_in_order() -> None:
    _, _, _, dispatcher = house(ClaimedFactory.build())
    passed: list[str] = []
    replace(dispatcher, reach=passed.append).run_once()
    assert tuple(passed) == POINTS


def test_what_expires_while_the_batch_is_sent_is_not_sent_any_more() -> None:
    outbox, channel, clock, dispatcher = house(
        ClaimedFactory.build(), claimed(expires_at=MONDAY_NINE + timedelta(seconds=20))
    )

    def slow(message: Message) -> Accepted:
        clock.forward(seconds=20)
        return Accepted(message.message_id)

    channel.answer = slow
    assert dispatcher.run_once() == Tally(sent=1, deferred=1)
    assert dispatcher.run_once() == Tally(expired=1)
    assert outbox.statuses() == ["sent", "expired"]


def test_an_outbox_that_is_away_is_not_mistaken_for_a_bad_message(monkeypatch: pytest.MonkeyPatch) -> None:
    outbox, channel, _, dispatcher = house(ClaimedFactory.build())
    monkeypatch.setattr(outbox, "attempt", lambda *_: raising(ConnectionError()))
    with pytest.raises(ConnectionError):
        dispatcher.run_once()
    assert channel.sent == []
