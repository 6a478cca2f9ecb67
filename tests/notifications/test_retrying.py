"""Trying again: when, and by which channel, so that nothing fails silently and nobody is stormed."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.dispatcher import Dispatcher, Tally
from notifications.reminder import Accepted, Again, Claimed, Failed, Message
from notifications.retrying import BACK_OFF_S, again
from tests.notifications.making import ClaimedFactory, claimed, utc
from tests.notifications.memory import Clock, MemoryChannel, MemoryOutbox

NOW = utc("2026-03-09 08:00")
LATE = NOW + timedelta(days=7)
PASSING, FATAL = Failed(permanent=False, why="busy"), Failed(permanent=True, why="gone")


def tried(attempt: int = 1, *others: str, expires_at: datetime = LATE) -> Claimed:
    return replace(claimed(expires_at=expires_at, channel="push"), attempt=attempt, others=others)


def wait_s(made: Again | None) -> float:
    assert made is not None
    return (made.at - NOW).total_seconds()


@pytest.mark.parametrize(("attempt", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 60)])
def test_on_the_last_channel_the_waits_are_1_5_15_and_60_minutes_and_up_to_a_quarter_more(
    attempt: int, minutes: int
) -> None:
    waits = {wait_s(again(PASSING, tried(attempt), NOW)) for _ in range(30)}
    assert minutes * 60 <= min(waits) < max(waits) <= minutes * 75
    assert len(waits) > 15  # what failed together does not come back together


def test_the_same_message_and_try_wait_the_same_whoever_asks() -> None:
    one = tried()
    assert again(PASSING, one, NOW) == again(PASSING, one, NOW)
    assert again(PASSING, one, NOW) != again(PASSING, replace(one, message_id="another"), NOW)


def test_the_fifth_failure_on_the_last_channel_is_final_and_a_permanent_one_at_once() -> None:
    assert again(PASSING, tried(5), NOW) is None
    assert again(FATAL, tried(1), NOW) is None


@pytest.mark.parametrize(("attempt", "channel"), [(1, "push"), (2, "sms"), (3, "sms")])
def test_two_passing_failures_and_the_next_channel_has_its_turn_at_once(attempt: int, channel: str) -> None:
    made = again(PASSING, tried(attempt, "sms", "email"), NOW)
    assert made is not None
    assert (made.channel, made.at == NOW) == (channel, channel == "sms")


def test_what_will_not_pass_goes_to_the_next_channel_at_once() -> None:
    assert again(FATAL, tried(1, "sms", "email"), NOW) == Again(NOW, "sms")


def test_where_the_last_address_is_gone_the_ways_are_looked_at_once_more() -> None:
    assert again(replace(FATAL, gone=("phone",)), tried(1), NOW) == Again(NOW, "push")


@pytest.mark.parametrize(
    ("asked_s", "at_least", "at_most"), [(600, 600, 600), (1, 60, 75), (None, 60, 75), (0, 60, 75)]
)
def test_a_provider_may_ask_for_more_patience_but_not_for_less(
    asked_s: int | None, at_least: int, at_most: int
) -> None:
    waited = wait_s(again(replace(PASSING, retry_after_s=asked_s), tried(), NOW))
    assert at_least <= waited <= at_most


@pytest.mark.parametrize("expires_s", [60, 600])
def test_where_the_next_try_would_come_too_late_the_next_channel_has_its_turn(expires_s: int) -> None:
    waits = replace(PASSING, retry_after_s=600)
    ends = NOW + timedelta(seconds=expires_s)
    assert again(waits, tried(1, "email", expires_at=ends), NOW) == Again(NOW, "email")
    assert again(waits, tried(1, "email", expires_at=NOW + timedelta(seconds=601)), NOW) == Again(
        NOW + timedelta(seconds=600), "push"
    )
    # Without another it stays where it is: it expires, which is told, and does not vanish.
    assert again(waits, tried(1, expires_at=ends), NOW) == Again(NOW + timedelta(seconds=600), "push")


@pytest.mark.parametrize(("asked_s", "channel"), [(3600, "push"), (3601, "email"), (86400, "email")])
def test_who_asks_for_more_patience_than_we_ever_have_holds_up_no_other_channel(asked_s: int, channel: str) -> None:
    made = again(replace(PASSING, retry_after_s=asked_s), tried(1, "email"), NOW)
    assert made == Again(NOW if channel == "email" else NOW + timedelta(seconds=asked_s), channel)
    assert again(replace(PASSING, retry_after_s=86400), tried(1), NOW) == Again(NOW + timedelta(days=1), "push")


def test_tests_may_wait_less_and_other_waits_mean_other_tries() -> None:
    assert wait_s(again(PASSING, tried(1), NOW, (2.0,))) <= 2.5
    assert again(PASSING, tried(2), NOW, (2.0,)) is None
    assert again(PASSING, tried(1, "email"), NOW, ()) == Again(NOW, "email")


OUTCOMES = st.sampled_from([PASSING, FATAL, replace(PASSING, retry_after_s=900)])


@pytest.mark.promise("P11")
@given(st.lists(OUTCOMES, min_size=20, max_size=20), st.permutations(["sms", "email", "fcm"]), st.integers(0, 3))
def test_whatever_fails_it_goes_down_the_channels_in_order_and_ends(
    outcomes: list[Failed], order: list[str], many: int
) -> None:
    now, held, gone_by = NOW, tried(1, *order[:many]), ["push"]
    for failed in outcomes:
        made = again(failed, held, now)
        if made is None:
            break
        assert made.at >= now
        if made.channel != held.reminder.channel:
            gone_by.append(made.channel)
            held = replace(
                held, attempt=1, reminder=replace(held.reminder, channel=made.channel), others=held.others[1:]
            )
        else:
            held = replace(held, attempt=held.attempt + 1)
        assert held.attempt <= (2 if held.others else len(BACK_OFF_S) + 1)
        now = made.at
    else:
        pytest.fail("it never ends")
    assert gone_by == ["push", *order[:many]]


def house(one: Claimed, **channels: MemoryChannel) -> tuple[MemoryOutbox, Clock, Dispatcher]:
    outbox, clock = MemoryOutbox(), Clock(NOW)
    outbox.put(one)
    return outbox, clock, Dispatcher(outbox, channels, "one", clock)


@pytest.mark.promise("P11")
def test_a_dead_provider_is_given_two_tries_and_then_the_next_one_sends() -> None:
    push, email = MemoryChannel(lambda _: PASSING), MemoryChannel()
    outbox, clock, dispatcher = house(tried(1, "email"), push=push, email=email)
    for _ in range(2):
        assert dispatcher.run_once() == Tally(retried=1)
        clock.forward(minutes=2)
    assert dispatcher.run_once() == Tally(sent=1)
    assert (len(push.sent), len(email.sent), outbox.statuses()) == (2, 1, ["sent"])


def test_a_message_that_kills_its_sender_on_one_channel_goes_by_the_next_with_its_tries_anew() -> None:
    class Dies(BaseException):
        pass

    def dies(_: Message) -> Accepted:
        raise Dies

    email = MemoryChannel(lambda _: PASSING)
    outbox, clock, dispatcher = house(tried(1, "email"), push=MemoryChannel(dies), email=email)
    for _ in range(5):
        with pytest.raises(Dies):
            dispatcher.run_once()
        clock.forward(minutes=2)
    assert dispatcher.run_once() == Tally(retried=1)
    assert (outbox.reasons(), email.sent) == (["tries-used-up"], [])
    for left in (4, 3, 2, 1):
        assert dispatcher.run_once() == Tally(retried=1), left
        clock.forward(hours=2)
    assert dispatcher.run_once() == Tally(failed=1)
    assert len(email.sent) == 5


def test_a_channel_nobody_set_up_is_passed_over_like_a_dead_one() -> None:
    email = MemoryChannel()
    outbox, clock, dispatcher = house(tried(1, "email"), email=email)
    while outbox.statuses() != ["sent"]:
        assert dispatcher.run_once() == Tally(retried=1) or email.sent
        clock.forward(minutes=2)
    assert len(email.sent) == 1


def test_an_empty_address_leads_to_the_next_channel_untried() -> None:
    push = MemoryChannel()
    one = replace(ClaimedFactory.build(address=""), others=("sms",))
    outbox, _, dispatcher = house(one, push=push)
    assert dispatcher.run_once() == Tally(retried=1)
    assert ([row.channel for row in outbox.rows.values()], outbox.reasons()) == (["sms"], ["no-address"])
