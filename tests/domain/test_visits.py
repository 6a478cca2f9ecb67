"""Visits of a study: on which days they fall, how they stand, and that what was said of one is never lost."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.assignment_days import Course
from backend.domain.errors import ClinicError
from backend.domain.rounds import Version
from backend.domain.study_plans import plan, told_plan
from backend.domain.visits import Fate, State, Timing, Told, due, planned

JOINED = date(2026, 1, 31)
MONTHLY = {"anchor": "enrolment", "series": {"unit": "mo", "at": [0, 1, 3], "opens_days": 0, "closes_days": 6}}


def visit(key: str = "v", **days: Any) -> dict[str, Any]:
    return {"key": key, "names": {"nl": "Bezoek"}, "days": {**MONTHLY, "grace_days": 3, **days}}


def stand(today: date, said: dict[str, Told] | None = None, left_on: date | None = None) -> Any:
    days = plan({"arms": [], "visits": [visit()]}).visits[0].days
    course = Course((), JOINED, JOINED, left_on)
    return planned("v", [Version(days, JOINED)], course, said or {}, today)


def test_visits_count_from_the_day_somebody_joined_and_from_the_end_of_short_months() -> None:
    assert [one.opens_on for one in stand(JOINED)] == [JOINED, date(2026, 2, 28), date(2026, 4, 30)]


@pytest.mark.parametrize(
    ("days", "state"),
    [(-1, State.AHEAD), (0, State.OPEN), (6, State.OPEN), (9, State.OPEN), (10, State.OVERDUE)],
)
def test_a_visit_is_open_until_its_grace_is_over_and_then_overdue(days: int, state: State) -> None:
    assert stand(JOINED + timedelta(days=days))[0].state is state


@pytest.mark.parametrize(
    ("days", "timing"),
    [
        (-1, Timing.EARLY),
        (0, Timing.WITHIN),
        (6, Timing.WITHIN),
        (7, Timing.GRACE),
        (9, Timing.GRACE),
        (10, Timing.LATE),
    ],
)
def test_the_day_of_a_held_visit_lies_somewhere_to_its_days(days: int, timing: Timing) -> None:
    second = stand(JOINED)[1]
    found = stand(date(2026, 4, 1), {second.turn: Told(Fate.HELD, second.opens_on + timedelta(days=days))})[1]
    assert (found.state, found.timing) == (State.HELD, timing)


def test_who_left_is_asked_nothing_more_but_what_was_held_stays() -> None:
    turns = [one.turn for one in stand(JOINED)]
    said = {turns[0]: Told(Fate.HELD, JOINED)}
    assert [one.state for one in stand(date(2026, 5, 30), said, left_on=date(2026, 2, 10))] == [State.HELD]


def test_the_next_visit_is_the_oldest_of_which_nothing_was_said() -> None:
    turns = [one.turn for one in stand(JOINED)]
    today = date(2026, 3, 20)
    assert (due(stand(today)) or stand(today)[-1]).turn == turns[0]
    missed = {turns[0]: Told(Fate.MISSED), turns[1]: Told(Fate.HELD, date(2026, 3, 1))}
    assert (due(stand(today, missed)) or stand(today)[0]).turn == turns[2]


@given(
    st.lists(st.tuples(st.sampled_from(Fate), st.integers(0, 200)), max_size=3),
    st.integers(0, 250),
    st.none() | st.integers(0, 200),
)
def test_whatever_moves_each_visit_that_was_held_is_there_just_once(
    told: list[tuple[Fate, int]], today: int, left: int | None
) -> None:
    turns = [one.turn for one in stand(JOINED)]
    said = {
        turn: Told(fate, JOINED + timedelta(days=on) if fate is Fate.HELD else None)
        for turn, (fate, on) in zip(turns, told, strict=False)
    }
    left_on = None if left is None else JOINED + timedelta(days=left)
    found = stand(JOINED + timedelta(days=today), said, left_on)
    held = [one.turn for one in found if one.state is State.HELD]
    assert sorted(held) == sorted(turn for turn, one in said.items() if one.fate is Fate.HELD)
    assert len({one.turn for one in found}) == len(found)
    assert [one.opens_on for one in found] == sorted(one.opens_on for one in found)


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ({"arms": [{"key": "A b", "names": {"nl": "a"}}]}, "/arms/0/key"),
        ({"arms": [{"key": "a", "names": {"nl": "a"}}] * 2}, "/arms/1/key"),
        ({"arms": [{"key": "a", "names": {}}]}, "/arms/0/names"),
        ({"arms": [{"key": "a", "names": {"nl": " "}}]}, "/arms/0/names/nl"),
        ({"visits": [visit(daily=True)]}, "/visits/0/days"),
        ({"visits": [visit(series=None)]}, "/visits/0/days/series"),
    ],
)
def test_a_plan_that_cannot_be_meant_is_refused_where_it_is_wrong(told: dict[str, Any], pointer: str) -> None:
    with pytest.raises(ClinicError) as refused:
        plan({"arms": [], "visits": [], **told})
    assert list(refused.value.pointers) == [pointer]


def test_a_plan_that_was_written_is_read_as_the_same() -> None:
    dose = {
        "anchor": "dose",
        "window": {"opens": {"from": "after-dose", "n": 7}, "closes": {"from": "before-next", "n": 0}},
    }
    arms = [{"key": "a", "names": {"nl": "a", "en": "b"}}]
    told = plan({"arms": arms, "visits": [visit(), visit("w", series=None, **dose)]})
    assert plan(told_plan(told)) == told
