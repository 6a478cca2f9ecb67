"""Rounds of assignments: on the days that are meant, in eight states, and whatever happens to the doses told apart."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.adherence import State
from backend.domain.assignment_days import Course, leg_days
from backend.domain.assignments import Assignment, Dates, Doses, Edge, From, Series, read, written
from backend.domain.dosing import Status
from backend.domain.errors import ClinicError
from backend.domain.legs import Leg, ahead, legs, stopped_on
from backend.domain.linking import chain
from backend.domain.moments import local_date
from backend.domain.regimens import Unit
from backend.domain.rounds import Frame, Given, Round, Version, overtaken, rounds
from tests.factories.doses import TreatmentFactory, planned
from tests.factories.doses import given as dose

START = date(2026, 1, 5)
FIRST_WEEK = Doses(Edge(From.AFTER_DOSE, 1), Edge(From.AFTER_DOSE, 7))
LAST_WEEK = Doses(Edge(From.BEFORE_NEXT, 7), Edge(From.BEFORE_NEXT, 0))
MIDDLE = Doses(Edge(From.PERCENT, 45), Edge(From.PERCENT, 55))
LONG = Doses(Edge(From.BEFORE_NEXT, 2), Edge(From.BEFORE_NEXT, -7))


def day(n: int) -> date:
    return START + timedelta(days=n)


def line(*days: int, then: int | None = None) -> tuple[Leg, ...]:
    """The legs of doses given on these days, the next expected on `then`; each given as planned."""
    ends: list[int | None] = [*days[1:], None][: len(days)]
    return tuple(
        Leg(
            number=number,
            opened_by=UUID(int=100 + on),
            opened_on=day(on),
            ended_on=None if end is None else day(end),
            end_on=day(end) if end is not None else None if then is None else day(then),
            planned_end_on=day(end) if end is not None else None if then is None else day(then),
        )
        for number, (on, end) in enumerate(zip(days, ends, strict=True), start=1)
    )


def course(*days: int, then: int | None = None, joined: int = 0) -> Course:
    return Course(line(*days, then=then), day(joined), day(joined))


def of(when: Doses | Series | Dates, **told: Any) -> list[Version]:
    return [Version(Assignment("vas-100", when, **told), START)]


def said(on: int, *, completed: bool = True, planned_on: int | None = None) -> Given:
    return Given(uuid4(), day(on), completed, None if planned_on is None else day(planned_on))


def days_of(found: Sequence[Round]) -> list[tuple[int, int]]:
    return [((one.opens_on - START).days, (one.closes_on - START).days) for one in found]


@pytest.mark.parametrize(
    ("when", "days"),
    [
        (FIRST_WEEK, [(1, 7), (29, 35)]),
        (LAST_WEEK, [(21, 28), (63, 70)]),
        (MIDDLE, [(13, 15), (47, 51)]),
        (LONG, [(26, 35), (68, 77)]),
        (replace(FIRST_WEEK, first=2), [(29, 35)]),
        (replace(FIRST_WEEK, every=2), [(1, 7)]),
        (Doses(Edge(From.PERCENT, 50), Edge(From.BEFORE_NEXT, 0)), [(14, 28), (49, 70)]),
        # The whole interval: the dose's day belongs to the one that it opens.
        (Doses(Edge(From.AFTER_DOSE, 0), Edge(From.BEFORE_NEXT, 0)), [(0, 27), (28, 70)]),
    ],
)
def test_a_window_hangs_on_each_dose_that_is_meant(when: Doses, days: list[tuple[int, int]]) -> None:
    found = rounds(of(when), course(0, 28, then=70), [], day(0))
    assert days_of(found) == days
    assert [one.interval for one in found] == [1, 2][-len(days) if when.first == 2 else 0 :][: len(days)]


def test_a_series_counts_from_the_day_somebody_joined_and_keeps_the_end_of_the_month() -> None:
    joined = Course((), date(2027, 1, 31), date(2027, 1, 31))
    monthly = Series(Unit.MONTH, (0, 1, 2), every=1, opens_days=0, closes_days=3)
    found = rounds(of(monthly), joined, [], date(2027, 4, 30))
    assert [one.opens_on for one in found] == [date(2027, *on) for on in ((1, 31), (2, 28), (3, 31), (4, 30), (5, 31))]
    weekly = Series(Unit.WEEK, (0, 26))
    assert [one.opens_on for one in rounds(of(weekly), joined, [], START)] == [date(2027, 1, 31), date(2027, 8, 1)]


def test_fixed_dates_are_asked_of_those_who_joined_before_they_were_over() -> None:
    when = Dates(((day(0), day(3)), (day(10), day(12))))
    assert days_of(rounds(of(when), course(joined=4), [], day(4))) == [(10, 12)]
    assert days_of(rounds(of(when), course(joined=3), [], day(4))) == [(0, 3), (10, 12)]


@pytest.mark.parametrize(
    ("today", "answers", "state"),
    [
        (20, [], State.NOT_OPEN),
        (21, [], State.OPEN),
        (30, [], State.OPEN),  # two days of grace
        (31, [], State.MISSED),
        (22, [said(22, completed=False)], State.BEGUN),
        (31, [said(22, completed=False)], State.PARTIAL),
        (40, [said(28)], State.IN_TIME),
        (40, [said(29)], State.LATE),
        (40, [said(39)], State.LATE),
    ],
)
def test_each_state_follows_from_the_answer(today: int, answers: list[Given], state: State) -> None:
    (found,) = rounds(of(LAST_WEEK, grace_days=2, cycles=1), course(0, 28, then=56), answers, day(today))
    assert (found.state, found.late) == (state, state is State.LATE)
    done = [one for one in answers if one.completed]
    assert (found.completed_by, found.completed_on) == ((done[0].id, done[0].on) if done else (None, None))


def test_of_two_answers_to_one_round_only_one_completes_it() -> None:
    first, second = said(2), said(3)
    one, two = rounds(of(FIRST_WEEK), course(0, 28, then=56), [second, first], day(40))
    assert (one.completed_by, two.state) == (first.id, State.MISSED)


def test_a_burst_asks_every_day_or_so_many_times_within_its_window() -> None:
    daily = rounds(of(LAST_WEEK, daily=True), course(0, then=28), [said(22), said(22), said(24)], day(25))
    assert days_of(daily) == [(n, n) for n in range(21, 29)]
    missed, open_now, still = State.MISSED, State.OPEN, State.NOT_OPEN
    assert [one.state for one in daily] == [missed, State.IN_TIME, missed, State.IN_TIME, open_now, still, still, still]
    times = rounds(of(LAST_WEEK, times=3), course(0, then=28), [said(22), said(22)], day(25))
    assert days_of(times) == [(21, 28)] * 3
    assert [one.state for one in times] == [State.IN_TIME, State.IN_TIME, State.OPEN]
    assert (len({one.key for one in daily}), len({one.key for one in times})) == (8, 3)


@pytest.mark.parametrize(
    ("told", "course_told", "opens"),
    [
        ({"cycles": 2}, {}, [1, 29]),
        ({"until": day(29)}, {}, [1, 29]),
        ({"until": day(28)}, {}, [1]),
        ({"ends_with_treatment": True}, {"stopped_on": day(30)}, [1, 29]),
        ({}, {"stopped_on": day(30)}, [1, 29, 57]),
        ({}, {"left_on": day(29)}, [1]),
    ],
)
def test_it_ends_after_so_many_cycles_on_a_day_or_with_treatment_or_consent(
    told: dict[str, object], course_told: dict[str, Any], opens: list[int]
) -> None:
    where = replace(course(0, 28, 56, then=84), **course_told)
    found = rounds(of(FIRST_WEEK, **told), where, [], day(90))
    assert [opens_on for opens_on, _ in days_of(found)] == opens


def test_what_was_open_when_it_was_ended_is_no_longer_asked_and_nobody_missed_it() -> None:
    doses = course(0, 28, then=56)
    found = rounds(of(FIRST_WEEK), doses, [], day(50), ended_on=day(31))
    assert [one.state for one in found] == [State.MISSED, State.NOT_ASKED]
    answered = rounds(of(FIRST_WEEK), doses, [said(30)], day(50), ended_on=day(31))
    assert [one.state for one in answered] == [State.MISSED, State.IN_TIME]


def test_what_was_out_between_two_versions_is_not_asked_then_and_what_was_cut_off_only_if_it_is_back_in_time() -> None:
    doses = course(0, 28, 56, then=84)

    def states(until: int, back: int) -> list[tuple[int, State]]:
        first = Version(Assignment("vas-100", FIRST_WEEK), START, until_on=day(until))
        found = rounds([first, Version(Assignment("vas-100", FIRST_WEEK), day(back))], doses, [], day(70))
        return [((one.opens_on - START).days, one.state) for one in found]

    missed = State.MISSED
    assert states(20, 50) == [(1, missed), (57, missed)]
    assert states(31, 50) == [(1, missed), (29, State.NOT_ASKED), (57, missed)]
    assert states(31, 34) == [(1, missed), (29, missed), (57, missed)]
    assert states(20, 30) == [(1, missed), (29, missed), (57, missed)]


def test_a_change_leaves_what_had_opened_as_it_was() -> None:
    versions = [Version(Assignment("vas-100", FIRST_WEEK), START), Version(Assignment("vas-100", LAST_WEEK), day(30))]
    assert days_of(rounds(versions, course(0, 28, 56, then=84), [], day(60))) == [(1, 7), (29, 35), (77, 84)]
    same_day = [versions[0], replace(versions[1], from_on=START)]
    assert days_of(rounds(same_day, course(0, 28, then=56), [], day(30))) == [(21, 28), (49, 56)]


def test_who_answered_is_not_asked_again_when_the_dose_is_moved_and_who_did_not_is() -> None:
    moved = course(0, then=42)
    answered = said(23, planned_on=28)
    (kept,) = rounds(of(LAST_WEEK), moved, [answered], day(24))
    assert (days_of([kept]), kept.state, kept.completed_by) == ([(21, 28)], State.IN_TIME, answered.id)
    for other in (said(23, planned_on=28, completed=False), said(20, planned_on=28), said(23)):
        (asked,) = rounds(of(LAST_WEEK), moved, [other], day(24))
        assert (days_of([asked]), asked.state) == ([(35, 42)], State.NOT_OPEN)


def test_what_was_open_under_an_earlier_plan_is_told_and_what_was_not_is_not() -> None:
    at = datetime(2026, 1, 27, 9, tzinfo=UTC)
    before = rounds(of(LAST_WEEK), course(0, then=28), [], day(22))
    after = rounds(of(LAST_WEEK), course(0, then=42), [], day(22))
    (told,) = overtaken([Frame(at, day(22), before)], after)
    assert (told.opens_on, told.closes_on, told.until_at) == (day(21), day(28), at)
    assert overtaken([Frame(at, day(20), before)], after) == ()
    assert overtaken([Frame(at, day(22), before)], before) == ()


def test_days_are_those_of_the_calendar_where_the_clocks_change() -> None:
    (spring,) = rounds(of(Dates(((date(2026, 3, 29), date(2026, 3, 29)),))), course(), [], date(2026, 3, 29))
    zone = "Europe/Amsterdam"
    for at, state in (("2026-03-28T22:59", State.NOT_OPEN), ("2026-03-28T23:00", State.OPEN),
                      ("2026-03-29T21:59", State.OPEN), ("2026-03-29T22:00", State.MISSED)):  # fmt: skip
        today = local_date(datetime.fromisoformat(f"{at}+00:00"), zone)
        (found,) = rounds(of(Dates(((spring.opens_on, spring.closes_on),))), course(), [], today)
        assert found.state is state, at


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ({"anchor": "dose", "window": None}, "/window"),
        ({"series": {"unit": "wk", "at": [0], "opens_days": 0, "closes_days": 0}}, "/series"),
        ({"window": {"opens": {"from": "after-dose", "n": 3}, "closes": {"from": "after-dose", "n": 2}}},
         "/window/closes"),
        ({"window": {"opens": {"from": "before-next", "n": 2}, "closes": {"from": "before-next", "n": 3}}},
         "/window/closes"),
        ({"window": {"opens": {"from": "percent", "n": 101}, "closes": {"from": "percent", "n": 101}}},
         "/window/opens/n"),
        ({"daily": True, "times": 3}, "/times"),
        ({"anchor": "dates", "window": None, "dates": [{"opens_on": day(3), "closes_on": day(2)}]},
         "/dates/0/closes_on"),
        ({"anchor": "dates", "window": None, "dates": [{"opens_on": day(0), "closes_on": day(2)},
          {"opens_on": day(2), "closes_on": day(4)}]}, "/dates/1/opens_on"),
        ({"anchor": "enrolment", "window": None, "series": {"unit": "wk", "at": [2, 1], "opens_days": 0,
          "closes_days": 0}}, "/series/at"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_its_field(told: dict[str, object], pointer: str) -> None:
    with pytest.raises(ClinicError) as refused:
        read(written(Assignment("vas-100", FIRST_WEEK)) | told)
    assert list(refused.value.pointers) == [pointer]


# Generated: any assignment, over any history of doses that were planned, moved, given early and late, undone, stopped.

numbers = st.integers(0, 40)
edges = st.builds(Edge, st.sampled_from([From.AFTER_DOSE, From.PERCENT]), numbers) | st.builds(
    Edge, st.just(From.BEFORE_NEXT), st.integers(-9, 20)
)
windows = st.builds(Doses, edges, edges, st.integers(1, 3), st.integers(1, 3))
series = st.builds(
    Series,
    st.sampled_from([Unit.WEEK, Unit.MONTH]),
    st.lists(st.integers(0, 12), min_size=1, max_size=4, unique=True).map(lambda at: tuple(sorted(at))),
    st.none() | st.integers(1, 6),
    st.integers(-10, 0),
    st.integers(0, 40),
)
bursts: st.SearchStrategy[dict[str, Any]] = st.sampled_from([{}, {}, {"daily": True}, {"times": 3}])
whats = st.tuples(windows | series, st.integers(0, 9), st.none() | st.integers(1, 4), bursts).map(
    lambda told: Assignment("vas-100", told[0], grace_days=told[1], cycles=told[2], **told[3])
)
answers = st.lists(
    st.builds(
        lambda on, completed, ahead: said(on, completed=completed, planned_on=None if ahead is None else on + ahead),
        st.integers(0, 200), st.booleans(), st.none() | st.integers(0, 40),
    ),
    max_size=12,
)  # fmt: skip
acts = st.lists(
    st.tuples(st.sampled_from(["give", "give", "late", "early", "move", "undo", "stop"]), st.integers(1, 20)),
    min_size=1,
    max_size=8,
)


def lived(acts: list[tuple[str, int]], joined: int = 0) -> Course:
    """Return what hangs on doses after some acts, through the same chain as everywhere."""
    treatment = TreatmentFactory.build()
    done, coming, stopped = [dose(treatment, "2026-01-05 09:00")], 28, None
    for act, n in acts:
        on = {"give": coming, "late": coming + n, "early": max(coming - n, (done[-1].on - START).days + 1)}.get(act)
        if on is not None:
            done.append(dose(treatment, f"{day(on)} 09:00"))
            coming = on + 28
        elif act == "move":
            coming += n
        elif act == "undo" and len(done) > 1:
            done[-1] = replace(done[-1], status=Status.UNDONE)
            coming = (done[-1].on - START).days
            done.pop()
        elif act == "stop":
            stopped = done[-1].on + timedelta(days=n)
    treatment = replace(treatment, stopped_on=stopped)
    slots = [] if stopped else [planned(treatment, f"{day(coming)} 09:00")]
    found = chain([treatment], [*done, *slots])
    to_come = ahead([treatment], [*done, *slots], found)
    coming_on = None if stopped else day(coming)
    return Course(legs(found, coming_on, to_come), day(joined), day(joined), stopped_on=stopped_on([treatment]))


@settings(max_examples=60)
@given(whats, acts, answers, st.integers(0, 200), st.integers(0, 60))
def test_whatever_happens_rounds_stand_apart_and_each_answer_completes_one(
    told: Assignment, acts: list[tuple[str, int]], given: list[Given], today: int, joined: int
) -> None:
    versions, where = [Version(told, START)], lived(acts, joined)
    found = rounds(versions, where, given, day(today))
    assert rounds(versions, where, reversed(given), day(today)) == found or len({one.on for one in given}) < len(given)
    assert rounds(versions, where, given, day(today)) == found
    assert len({one.key for one in found}) == len(found)
    assert all(one.opens_on <= one.closes_on <= one.grace_on for one in found)
    pairs = list(pairwise(found))
    if told.times is None:
        assert all(one.grace_on < two.opens_on for one, two in pairs)
    done = [one.completed_by for one in found if one.completed_by is not None]
    assert len(done) == len(set(done))
    assert set(done) <= {one.id for one in given if one.completed and one.on <= day(today)}
    for one in found:
        assert (one.completed_by is not None) == (one.state in {State.IN_TIME, State.LATE})
        assert (one.state is State.NOT_OPEN) == (day(today) < one.opens_on and one.completed_by is None)
        assert one.state is not State.NOT_ASKED
    assert _refused(told) or read(written(told)) == told


def _refused(told: Assignment) -> bool:
    try:
        read(written(told))
    except ClinicError:
        return True
    return False


@settings(max_examples=50)
@given(windows, st.lists(st.integers(10, 60), min_size=3, max_size=8), st.data())
def test_a_moved_dose_moves_what_hangs_on_it_and_nothing_else(
    when: Doses, gaps: list[int], data: st.DataObject
) -> None:
    days = [0]
    for gap in gaps:
        days.append(days[-1] + gap)
    at = data.draw(st.integers(1, len(days) - 2))
    moved = list(days)
    moved[at] = data.draw(st.integers(days[at - 1] + 1, days[at + 1] - 1))
    before, after = (line(*some, then=some[-1] + 28) for some in (days, moved))
    # The dose itself is the same one, on another day.
    after = tuple(replace(one, opened_by=old.opened_by) for one, old in zip(after, before, strict=True))
    first, second = (
        {one.interval: one for one in rounds(of(when), Course(legs, START, START), [], START)}
        for legs in (before, after)
    )
    for old, new in zip(before, after, strict=True):
        number = old.number
        hangs = number in {at, at + 1}
        assert hangs or leg_days(when, old) == leg_days(when, new)
        one, two = first.get(number), second.get(number)
        if not hangs and number != at - 1:  # whose end the next window can cut off, and that one has moved
            assert one == two


@settings(max_examples=25)
@given(whats, acts, answers)
def test_as_days_go_by_a_round_only_moves_forward(
    told: Assignment, acts: list[tuple[str, int]], given: list[Given]
) -> None:
    rank = {State.NOT_OPEN: 0, State.OPEN: 1, State.BEGUN: 2, State.MISSED: 3, State.PARTIAL: 4}
    # An answer under an earlier plan brings the days of that plan back: that is no step in time.
    given = [replace(one, planned_on=None) for one in given]
    where, last = lived(acts), dict[str, int]()
    for today in range(0, 200, 9):
        for one in rounds([Version(told, START)], where, [one for one in given if one.on <= day(today)], day(today)):
            step = rank.get(one.state, 5)
            assert step >= last.get(one.key, 0) or told.burst
            last[one.key] = step
