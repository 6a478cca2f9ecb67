"""Adherence: the eight states of the form about an interval, each for its own reason, and only ever forward."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.adherence import Answer, Said, State, by_interval, state
from backend.domain.linking import Chain, Interval, chain
from backend.domain.occasions import About
from tests.factories.doses import TreatmentFactory, moment, planned
from tests.factories.doses import given as dose

FIRST, SECOND, THIRD = "2026-01-05 09:00", "2026-02-02 09:00", "2026-03-02 09:00"
COMING = date(2026, 3, 30)
RANK = {
    State.NOT_ASKED: 0,
    State.NOT_OPEN: 0,
    State.OPEN: 1,
    State.BEGUN: 2,
    State.MISSED: 3,
    State.PARTIAL: 4,
    State.IN_TIME: 5,
    State.LATE: 5,
}


def lined(*given_at: str) -> Chain:
    treatment = TreatmentFactory.build()
    return chain([treatment], [dose(treatment, at) for at in given_at])


def said(at: str, about: About = About.CURRENT, *, completed: bool = True) -> Said:
    return Said(moment(at), about, completed)


def on(day: str, *answers: Said, line: Chain | None = None) -> list[State]:
    """Return the states of all intervals on a day, oldest first."""
    found = by_interval(line or lined(FIRST, SECOND, THIRD), COMING, answers, date.fromisoformat(day))
    return list(found.values())


@pytest.mark.parametrize(
    ("day", "answers", "expected"),
    [
        ("2026-02-27", [], State.NOT_OPEN),
        ("2026-02-28", [], State.OPEN),
        ("2026-03-09", [], State.OPEN),
        ("2026-03-10", [], State.MISSED),
        ("2026-03-01", [said("2026-02-28 10:00", completed=False)], State.BEGUN),
        ("2026-03-10", [said("2026-02-28 10:00", completed=False)], State.PARTIAL),
        ("2026-03-01", [said("2026-02-28 10:00")], State.IN_TIME),
        ("2026-03-20", [said("2026-03-09 10:00", About.PREVIOUS)], State.IN_TIME),
        ("2026-03-20", [said("2026-03-10 10:00", About.PREVIOUS)], State.LATE),
        ("2026-03-20", [said("2026-03-10 10:00", About.PREVIOUS, completed=False)], State.PARTIAL),
    ],
)
def test_each_state_has_its_own_reason(day: str, answers: list[Said], expected: State) -> None:
    assert on(day, *answers)[1] is expected


def test_an_interval_too_short_or_without_an_end_in_sight_is_not_asked_about() -> None:
    weekly = lined("2026-01-05 09:00", "2026-01-12 09:00", "2026-01-19 09:00")
    assert by_interval(weekly, None, [], date(2026, 1, 20)) == dict.fromkeys((1, 2, 3), State.NOT_ASKED)


def test_an_answer_counts_though_nobody_asked() -> None:
    weekly = lined("2026-01-05 09:00", "2026-01-12 09:00")
    assert on("2026-01-20", said("2026-01-11 10:00"), line=weekly)[0] is State.IN_TIME


def test_the_form_about_the_running_interval_stays_open_while_its_dose_is_late() -> None:
    assert [on(day)[2] for day in ("2026-03-27", "2026-03-28", "2026-04-20")] == [
        State.NOT_OPEN,
        State.OPEN,
        State.OPEN,
    ]


def test_an_answer_is_about_the_interval_it_falls_in_or_the_one_before() -> None:
    assert on("2026-03-20", said("2026-02-01 10:00")) == [State.IN_TIME, State.MISSED, State.NOT_OPEN]
    assert on("2026-03-20", said("2026-02-03 10:00", About.PREVIOUS)) == [State.IN_TIME, State.MISSED, State.NOT_OPEN]
    assert on("2026-03-20", said("2026-01-06 10:00", About.PREVIOUS)) == [State.MISSED, State.MISSED, State.NOT_OPEN]


def test_a_dose_put_in_later_moves_answers_to_where_they_belong() -> None:
    answer = said("2026-02-01 10:00")
    assert on("2026-03-20", answer, line=lined(FIRST, THIRD))[0] is State.IN_TIME
    assert on("2026-03-20", answer, line=lined(FIRST, SECOND, THIRD)) == [State.IN_TIME, State.MISSED, State.NOT_OPEN]


def test_only_the_last_intervals_are_told_of_where_only_those_are_asked_for() -> None:
    line, today = lined(FIRST, SECOND, THIRD), date(2026, 3, 20)
    every = by_interval(line, COMING, [], today)
    for last in range(5):
        found = by_interval(line, COMING, [], today, last)
        assert found == {number: every[number] for number in list(every)[len(every) - min(last, 3) :]}


def test_the_days_of_the_plan_open_the_form_although_the_dose_was_late() -> None:
    treatment = TreatmentFactory.build()
    late = dose(treatment, "2026-02-06 09:00", planned=moment("2026-02-02 09:00"))
    line = chain([treatment], [dose(treatment, FIRST), late, planned(treatment, "2026-03-06 09:00")])
    days = [date(2026, 1, 30) + timedelta(days=n) for n in range(16)]
    found = [by_interval(line, date(2026, 3, 6), [], day)[1] for day in days]
    assert found == [State.NOT_OPEN, *[State.OPEN] * 14, State.MISSED]


EPOCH = date(2026, 1, 5)
days_from = st.integers(min_value=-10, max_value=120).map(lambda n: EPOCH + timedelta(days=n))
some_answers = st.lists(st.builds(Answer, days_from, st.booleans()), max_size=4)


@st.composite
def some_interval(draw: st.DrawFn) -> tuple[Interval, date | None]:
    """Draw an interval, running or ended, as planned or not, with the day of the dose expected next if any."""
    treatment, length = TreatmentFactory.build(), draw(st.integers(min_value=1, max_value=70))
    opener, ended_on = dose(treatment, FIRST), EPOCH + timedelta(days=length)
    slot = EPOCH + timedelta(days=draw(st.integers(min_value=1, max_value=70)))
    told = {"planned": moment(f"{slot} 09:00")} if draw(st.booleans()) else {}
    closer = [dose(treatment, f"{ended_on} 09:00", **told)] if draw(st.booleans()) else []
    coming_on = draw(st.none() | st.just(ended_on))
    return chain([treatment], [opener, *closer]).intervals[0], coming_on


def conditions(interval: Interval, coming_on: date | None, answers: list[Answer], today: date) -> dict[State, bool]:
    """Return for each state whether its own words hold, written without a look at the others."""
    end, told = interval.closed_on or coming_on, [one for one in answers if one.on <= today]
    slot = interval.planned_end_on if interval.closed_on else coming_on
    opens = min(slot or end, end) - timedelta(days=2) if end else None
    closes = interval.closed_on + timedelta(days=7) if interval.closed_on else date.max
    done = sorted(one.on for one in told if one.completed)
    asked = end is not None and (end - interval.opened_on).days >= 15
    over = today > closes
    waits = asked and not done and opens is not None
    return {
        State.NOT_ASKED: not asked and not done,
        State.NOT_OPEN: waits and today < (opens or date.max),
        State.OPEN: waits and (opens or date.max) <= today <= closes and not told,
        State.BEGUN: waits and (opens or date.max) <= today <= closes and bool(told),
        State.IN_TIME: bool(done) and done[0] <= closes,
        State.LATE: bool(done) and done[0] > closes,
        State.PARTIAL: waits and over and bool(told),
        State.MISSED: waits and over and not told,
    }


@given(some_interval(), some_answers, days_from)
def test_every_interval_is_in_exactly_one_state(
    drawn: tuple[Interval, date | None], answers: list[Answer], today: date
) -> None:
    holding = [one for one, holds in conditions(*drawn, answers, today).items() if holds]
    assert holding == [state(*drawn, answers, today)]


@given(some_interval(), some_answers)
def test_states_only_move_forward_as_days_pass(drawn: tuple[Interval, date | None], answers: list[Answer]) -> None:
    days = [EPOCH + timedelta(days=n) for n in range(-10, 130)]
    found = [state(*drawn, answers, day) for day in days]
    ranks = [RANK[one] for one in found]
    assert ranks == sorted(ranks)
    assert len({one for one in found if RANK[one] == max(RANK.values())}) <= 1
