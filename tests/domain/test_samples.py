"""Samples: the chain of states, appended corrections, and whether a sample can be used."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.errors import ClinicError
from backend.domain.moments import Occurred, on_day
from backend.domain.samples import (
    ASIDE,
    FROM_THE_PHONE,
    RANK,
    Problem,
    State,
    Step,
    Unusable,
    ValiditySettings,
    advance,
    enough_drops,
    find,
    standing,
    state,
    validity,
)

ZONE = "Europe/Amsterdam"
MONDAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)
CHAIN = [one for one in RANK if one is not State.REJECTED]


def step(to: State, day: int = 0, drops: int | None = None, corrects: int | None = None) -> Step:
    reason = "spilled in the mail" if to is State.REJECTED or corrects is not None else None
    return Step(to, on_day(MONDAY + timedelta(days=day), ZONE), "anna", NOON, NOON, reason, drops, corrects=corrects)


def walk(*steps: Step | State) -> tuple[Step, ...]:
    history: tuple[Step, ...] = ()
    for one in steps:
        history = advance(history, one if isinstance(one, Step) else step(one))
    return history


def refused(history: tuple[Step, ...], wanted: Step) -> str:
    with pytest.raises(ClinicError) as caught:
        advance(history, wanted)
    return caught.value.error.code


@given(st.sets(st.sampled_from(CHAIN), min_size=1))
def test_a_lab_may_skip_states_but_each_one_reported_moves_the_sample_on(reported: set[State]) -> None:
    path = sorted(reported, key=RANK.__getitem__)
    assert state(walk(*path)) is path[-1]


@given(st.lists(st.sampled_from([one for one in State if one is not State.WITHDRAWN]), max_size=12))
def test_a_sample_never_goes_back(tried: list[State]) -> None:
    history: tuple[Step, ...] = ()
    for wanted in tried:
        before = state(history)
        try:
            after = advance(history, step(wanted))
        except ClinicError:
            continue
        assert after[:-1] == history
        history, now = after, state(after)
        if before in RANK and now in RANK:
            assert RANK[now] > RANK[before] or (now is before and wanted in FROM_THE_PHONE)
        if before in ASIDE:
            assert now is before


@pytest.mark.parametrize("done", [State.RECEIVED, State.ANALYSED, State.REPORTED])
@pytest.mark.parametrize("wanted", [State.ORDERED, State.KIT_SENT, State.KIT_RECEIVED])
def test_a_logged_lab_step_cannot_be_followed_by_a_kit_step(done: State, wanted: State) -> None:
    assert refused(walk(done), step(wanted)) == "wrong-state"


def test_a_phone_logs_the_prick_of_a_kit_nobody_registered() -> None:
    assert state(walk(step(State.COLLECTED, drops=8), State.POSTED)) is State.POSTED


def test_a_prick_that_an_offline_phone_reports_after_the_lab_is_kept_and_moves_nothing() -> None:
    history = walk(State.ORDERED, State.RECEIVED, step(State.COLLECTED, drops=9))
    assert state(history) is State.RECEIVED
    late = find(history, State.COLLECTED)
    assert late is not None
    assert late.drops == 9
    assert refused(history, step(State.COLLECTED)) == "wrong-state"


def test_a_rejected_sample_is_reported_but_never_analysed() -> None:
    rejected = walk(State.RECEIVED, State.REJECTED)
    assert refused(rejected, step(State.ANALYSED)) == "wrong-state"
    assert state(advance(rejected, step(State.REPORTED))) is State.REPORTED
    assert refused(walk(State.ANALYSED), step(State.REJECTED)) == "wrong-state"


@pytest.mark.parametrize("aside", sorted(ASIDE))
def test_a_sample_is_set_aside_until_it_is_analysed_and_then_stays_aside(aside: State) -> None:
    history = walk(State.ORDERED, aside)
    assert state(history) is aside
    assert refused(history, step(State.RECEIVED)) == "wrong-state"
    assert refused((), step(aside)) == "wrong-state"
    assert refused(walk(State.ANALYSED), step(aside)) == "wrong-state"


def test_a_correction_is_appended_and_stands_where_the_mistake_stood() -> None:
    history = walk(State.ORDERED, step(State.COLLECTED, day=1, drops=3), State.POSTED)
    corrected = advance(history, step(State.COLLECTED, day=2, drops=8, corrects=1))
    assert corrected[:-1] == history
    assert [one.state for one in standing(corrected)] == [State.ORDERED, State.COLLECTED, State.POSTED]
    found = find(corrected, State.COLLECTED)
    assert found is not None
    assert (found.drops, found.at.on, state(corrected)) == (8, MONDAY + timedelta(days=2), State.POSTED)
    assert refused(corrected, step(State.COLLECTED, corrects=1)) == "wrong-state"
    again = advance(corrected, step(State.COLLECTED, drops=10, corrects=3))
    assert [one.drops for one in standing(again)] == [None, 10, None]


def test_a_sample_called_lost_by_mistake_is_found_again() -> None:
    lost = walk(State.POSTED, State.LOST)
    assert state(advance(lost, step(State.RECEIVED, corrects=1))) is State.RECEIVED
    assert state(advance(lost, step(State.WITHDRAWN, corrects=1))) is State.POSTED
    assert refused(lost, step(State.WITHDRAWN)) == "invalid"


def test_a_correction_cannot_make_an_impossible_history() -> None:
    history = walk(State.ORDERED, State.RECEIVED, State.ANALYSED)
    assert refused(history, step(State.REPORTED, corrects=1)) == "wrong-state"
    assert refused(history, step(State.RECEIVED, corrects=3)) == "out-of-bounds"
    assert refused(history, step(State.RECEIVED, corrects=-1)) == "out-of-bounds"


@pytest.mark.parametrize(("to", "corrects"), [(State.REJECTED, None), (State.ORDERED, 0)])
def test_a_rejection_and_a_correction_need_a_reason(to: State, corrects: int | None) -> None:
    silent = Step(to, on_day(MONDAY, ZONE), "bram", NOON, NOON, reason=" ", corrects=corrects)
    assert refused(walk(State.ORDERED), silent) == "invalid"


def test_drops_are_at_least_one_and_belong_to_the_prick() -> None:
    assert refused((), step(State.COLLECTED, drops=0)) == "out-of-bounds"
    assert walk(step(State.COLLECTED, drops=1))
    assert refused((), step(State.POSTED, drops=8)) == "contradiction"
    problem = Step(State.POSTED, Occurred(NOON, MONDAY, ZONE), "anna", NOON, NOON, problems=(Problem.SPILLED,))
    assert refused((), problem) == "contradiction"


def test_eight_drops_are_enough_and_seven_are_not() -> None:
    assert enough_drops(8)
    assert not enough_drops(7)


def test_a_good_sample_and_one_of_which_little_is_known_have_nothing_against_them() -> None:
    good = walk(step(State.COLLECTED, drops=8), step(State.POSTED), step(State.RECEIVED, day=4))
    assert validity(good) == ()
    assert validity(walk(State.RECEIVED)) == ()


def test_every_reason_against_a_sample_is_named() -> None:
    bad = walk(step(State.COLLECTED, drops=7), step(State.POSTED, day=1), step(State.RECEIVED, day=5), State.REJECTED)
    assert validity(bad) == (
        Unusable.REJECTED,
        Unusable.TOO_FEW_DROPS,
        Unusable.POSTED_LATE,
        Unusable.LATE_AT_LAB,
    )
    lenient = ValiditySettings(min_drops=5, post_days=1, lab_days=5)
    assert validity(bad, lenient) == (Unusable.REJECTED,)
    assert validity(walk(State.POSTED, State.LOST)) == (Unusable.SET_ASIDE,)
    assert validity(walk(step(State.COLLECTED, day=2), State.RECEIVED)) == (Unusable.TIMES_CONTRADICT,)
