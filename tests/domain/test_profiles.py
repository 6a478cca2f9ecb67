"""Profiles: the rating by day since the dose and around it, one value per interval and day."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.profiles import DayPoint, around_dose, lines_around_dose, lines_since_dose, since_dose
from backend.domain.spans import Span, spans
from backend.domain.wearing_off import RatedDay, Settings
from tests.factories.spans import dosed, felt, weekly

RATINGS = st.dictionaries(st.integers(0, 28), st.integers(0, 10), max_size=29)
WITHOUT_FLAGGED = Settings(leave_out_flagged=True)


def patient(*intervals: dict[int, float], weeks: int = 4, flagged: frozenset[int] = frozenset()) -> tuple[Span, ...]:
    """Return closed intervals with these ratings by day since the dose."""
    length = 7 * weeks
    days = {
        number: [RatedDay(day, length - day, rating, day in flagged) for day, rating in told.items()]
        for number, told in enumerate(intervals, start=1)
    }
    return spans(weekly(*[weeks] * len(intervals)), days, {})


def test_each_day_since_the_dose_has_its_quartiles_over_the_intervals() -> None:
    told = patient({1: 2, 20: 4}, {1: 4, 20: 8}, {1: 3})
    (four,) = since_dose([told]).items
    assert (four.planned_weeks, four.n_intervals) == (4, 3)
    assert four.points == (DayPoint(1, 3, 2.5, 3, 3.5), DayPoint(20, 2, 5, 6, 7))
    assert [line.points for line in lines_since_dose(told)] == [((1, 2), (20, 4)), ((1, 4), (20, 8)), ((1, 3),)]


def test_days_before_the_dose_run_up_to_it_and_the_week_after_is_from_the_interval_that_follows() -> None:
    told = patient({21: 3, 27: 6, 28: 8}, {0: 4, 1: 2, 7: 1, 8: 9, 27: 5})
    first, second = lines_around_dose(told)
    assert list(first.points) == [(-7, 3), (-1, 6), (0, 6), (1, 2), (7, 1)]
    assert list(second.points) == [(-28, 4), (-27, 2), (-21, 1), (-20, 9), (-1, 5)]
    assert lines_around_dose(told, after_days=1)[0].points[-1] == (1, 2)
    made = around_dose([told])
    (four,) = made.items
    assert DayPoint(-1, 2, 5.25, 5.5, 5.75) in four.points
    assert (made.axis.value, made.after_days, four.n_intervals) == ("days_around_dose", 7, 2)


def test_an_open_interval_counts_since_its_dose_and_not_before_the_next() -> None:
    line = dosed([28])
    told = spans(line, {1: [RatedDay(27, 1, 5)], 2: [RatedDay(3, None, 1)]}, {})
    assert [one.interval for one in lines_since_dose(told)] == [1, 2]
    assert [one.points for one in lines_around_dose(told)] == [((-1, 5), (3, 1))]


def test_the_week_after_is_only_taken_from_the_interval_that_dose_opened() -> None:
    first, _, third, _ = felt(weekly(4, 4, 4), [3, 3, 3])
    assert {day for day, _ in lines_around_dose((first, third))[0].points} == set(range(-27, 0))


def test_several_entries_of_a_day_are_one_value_of_their_interval() -> None:
    told = spans(weekly(4), {1: [RatedDay(5, 23, 2), RatedDay(5, 23, 6)]}, {})
    (four,) = since_dose([told]).items
    assert four.points == (DayPoint(5, 1, 4, 4, 4),)


def test_days_before_the_dose_are_counted_where_they_were_lived_and_else_from_the_length() -> None:
    abroad = spans(weekly(4), {1: [RatedDay(20, 9, 3), RatedDay(21, None, 2)]}, {})
    assert lines_around_dose(abroad)[0].points == ((-9, 3), (-7, 2))


def test_flagged_days_are_left_out_only_when_asked_and_the_words_say_so() -> None:
    told = patient({3: 9, 4: 1}, flagged=frozenset({3}))
    assert [point.day for point in since_dose([told]).items[0].points] == [3, 4]
    without = since_dose([told], WITHOUT_FLAGGED)
    assert [point.day for point in without.items[0].points] == [4]
    assert "relapse left out" in without.definition
    assert "relapse included" in since_dose([told]).definition
    assert around_dose([patient({3: 9}, flagged=frozenset({3}))], WITHOUT_FLAGGED).items == ()


def test_lengths_are_kept_apart_and_intervals_without_whole_weeks_come_last() -> None:
    made = since_dose([felt(weekly(4, 6, None, 5), [1, 1, 1, 1]), felt(weekly(6), [1])])
    assert [(one.planned_weeks, one.n_intervals) for one in made.items] == [(4, 1), (5, 1), (6, 2), (None, 1)]
    assert since_dose([]).items == ()


@given(st.lists(RATINGS, min_size=1, max_size=8))
def test_the_quartiles_of_every_day_are_numpys_over_the_intervals_that_have_it(told: list[dict[int, float]]) -> None:
    made = since_dose([patient(one) for one in told])
    points = {point.day: point for profile in made.items for point in profile.points}
    assert set(points) == {day for one in told for day in one}
    for day, point in points.items():
        values = [one[day] for one in told if day in one]
        assert point.n == len(values)
        assert (point.q1, point.median, point.q3) == pytest.approx(tuple(np.percentile(values, [25, 50, 75])))


@given(RATINGS)
def test_both_axes_show_the_same_ratings_of_an_interval_that_nothing_follows(told: dict[int, float]) -> None:
    alone = patient(told)
    since = [(day - 28, rating) for line in lines_since_dose(alone) for day, rating in line.points]
    assert [point for line in lines_around_dose(alone) for point in line.points] == since
