"""The states of a reminder: each ends, none runs backwards, and what was told stays told."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.reminder import Status
from notifications.states import FOLLOWS, OPEN, TOLD, may_follow, shown
from tests.notifications.making import utc

NOW = utc("2026-03-09 08:00")
PHONE_OR_PROVIDER = {Status.DELIVERED, Status.DISMISSED, Status.OPENED}


def test_every_state_is_known_and_only_what_was_opened_is_the_very_end() -> None:
    assert set(FOLLOWS) == set(Status)
    assert [state for state in Status if not FOLLOWS[state]] == [Status.OPENED]


def test_from_every_state_the_patient_may_still_turn_out_to_have_been_told() -> None:
    for state in Status:
        reached, ahead = set[Status](), [state]
        while ahead:
            reached.add(one := ahead.pop())
            ahead += FOLLOWS[one] - reached
        assert Status.OPENED in reached, state


@pytest.mark.promise("P11")
def test_what_a_phone_or_provider_saw_never_waits_again() -> None:
    for state in PHONE_OR_PROVIDER:
        assert FOLLOWS[state] <= PHONE_OR_PROVIDER


@given(st.data())
def test_words_that_arrive_late_or_twice_only_move_it_forward(data: st.DataObject) -> None:
    order = [Status.DELIVERED, Status.DISMISSED, Status.OPENED]
    state, passed = Status.SENT, [Status.SENT]
    for word in data.draw(st.lists(st.sampled_from(order))):
        if may_follow(state, word):
            state = word
            passed.append(word)
    ranks = [-1 if one is Status.SENT else order.index(one) for one in passed]
    assert all(one < other for one, other in pairwise(ranks))


@pytest.mark.parametrize("state", [s for s in Status if s not in {Status.SENT, *PHONE_OR_PROVIDER, Status.FAILED}])
def test_a_sender_that_comes_back_late_with_a_yes_is_believed(state: Status) -> None:
    assert may_follow(state, Status.SENT) == (
        state is not Status.DUE
    )  # given back by the very sender, it is no longer its


def test_open_is_what_may_still_be_sent_and_told_what_reached_a_provider_at_least() -> None:
    assert {Status.PLANNED, Status.DUE, Status.CLAIMED} == OPEN
    assert {Status.SENT} | PHONE_OR_PROVIDER == TOLD
    assert not OPEN & TOLD


def test_what_expired_is_not_tried_again_and_what_failed_or_was_held_back_may_be_wanted_again() -> None:
    assert not FOLLOWS[Status.EXPIRED] & OPEN
    assert not (FOLLOWS[Status.FAILED] - {Status.PLANNED}) & OPEN  # by a mended address only
    for state in (Status.CANCELLED, Status.SUPPRESSED, Status.FAILED):
        assert may_follow(state, Status.PLANNED)


@pytest.mark.parametrize("state", Status)
def test_people_are_told_that_a_planned_one_is_due_from_its_moment_on(state: Status) -> None:
    early = NOW - timedelta(microseconds=1)
    assert shown(state, NOW, early) is state
    assert shown(state, NOW, NOW) is (Status.DUE if state is Status.PLANNED else state)
