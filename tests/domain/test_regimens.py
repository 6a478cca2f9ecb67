"""Regimens: which day the next dose is due, and which days a pattern plans."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.drugs import catalogue, drug
from backend.domain.errors import ClinicError
from backend.domain.regimens import (
    Courses,
    Cycle,
    Regimen,
    Span,
    Unit,
    check_plan,
    next_due,
    occurrences,
    parts_of,
)

STARTS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
GAPS = st.lists(st.integers(1, 400), max_size=8)
REGIMENS = [
    pytest.param(entry.regimens[i], id=f"{key}-{entry.regimens[i].key}")
    for key, entry in catalogue().items()
    for i in range(len(entry.regimens))
]
START = date(2026, 1, 5)  # a Monday


def regimen(key: str, which: str = "standard") -> Regimen:
    return drug(key).regimen(which)


def parts(which: Regimen, index: int) -> list[tuple[int, int | None]]:
    return [(part.day, None if part.mg is None else int(part.mg)) for part in parts_of(which, index)]


def weeks_for(which: Regimen) -> int | None:
    """The plan gives an interval only where the label has none."""
    return 26 if isinstance(which.pattern, Cycle) and which.pattern.every is None else None


def planned(which: Regimen, start: date, days: int = 800, weeks: int | None = None) -> list[date]:
    return list(occurrences(which, start, start, start + timedelta(days=days), weeks or weeks_for(which)))


def days_after(start: date, days: list[date]) -> list[int]:
    return [(on - start).days for on in days]


def follow(which: Regimen, start: date, doses: int, weeks: int | None = None) -> list[date]:
    """Give every dose on the day it is due."""
    history: list[date] = []
    for _ in range(doses):
        due = next_due(which, start, history, weeks or weeks_for(which))
        if due is None:
            break
        history.append(due)
    return history


@pytest.mark.parametrize("which", REGIMENS)
@given(start=STARTS)
def test_a_history_given_on_plan_is_the_plan(which: Regimen, start: date) -> None:
    history = follow(which, start, 9)
    assert history[0] == start
    assert history == planned(which, start, 2400)[: len(history)]


@pytest.mark.parametrize("which", REGIMENS)
@given(start=STARTS, gaps=GAPS)
def test_the_next_dose_comes_after_the_last_given(which: Regimen, start: date, gaps: list[int]) -> None:
    history = [start]
    for gap in gaps:
        history.append(history[-1] + timedelta(days=gap))
    due = next_due(which, start, history, weeks_for(which))
    assert due is None or due > history[-1]


@given(start=STARTS, months=st.integers(1, 40))
def test_months_counted_from_the_anchor_never_drift(start: date, months: int) -> None:
    on = Span(months, Unit.MONTH).after(start)
    assert (on.year * 12 + on.month) - (start.year * 12 + start.month) == months
    assert on.day == start.day or (on.day < start.day and (on + timedelta(days=1)).day == 1)


def test_a_monthly_drug_started_on_the_31st_returns_to_the_31st() -> None:
    history = follow(regimen("ofatumumab", "maintenance"), date(2026, 1, 31), 4)
    assert history == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]


def test_half_yearly_doses_return_to_the_31st_after_the_first_maintenance_dose() -> None:
    history = follow(regimen("ocrelizumab_iv"), date(2025, 8, 31), 3)
    assert history == [date(2025, 8, 31), date(2026, 2, 28), date(2026, 8, 31)]


def test_after_a_dose_off_plan_the_months_count_from_that_dose_without_drift() -> None:
    history = [date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 28)]  # the second came a day early
    assert next_due(regimen("ofatumumab", "maintenance"), history[0], history) == date(2026, 3, 31)


@given(start=STARTS, weeks=st.integers(4, 9), gaps=GAPS)
def test_a_span_in_weeks_keeps_the_weekday_of_the_last_dose(start: date, weeks: int, gaps: list[int]) -> None:
    history = [start]
    for gap in gaps:
        history.append(history[-1] + timedelta(days=gap))
    due = next_due(regimen("natalizumab_iv"), start, history, weeks)
    assert due == history[-1] + timedelta(weeks=weeks)
    assert due.isoweekday() == history[-1].isoweekday()


LOADING_THEN_MAINTENANCE = {
    ("natalizumab_iv", "standard"): [0, 28, 56, 84],
    ("natalizumab_sc", "standard"): [0, 28, 56, 84],
    ("ocrelizumab_iv", "standard"): [0, 181, 365, 546],
    ("ocrelizumab_iv", "maintenance"): [0, 181, 365, 546],
    ("ocrelizumab_sc", "standard"): [0, 181, 365, 546],
    ("ofatumumab", "standard"): [0, 7, 14, 28, 56, 87],
    ("ofatumumab", "maintenance"): [0, 31, 59, 90],
    ("alemtuzumab", "standard"): [0, 365],
    ("cladribine", "standard"): [0, 28, 365, 393],
    ("dimethyl_fumarate", "standard"): [0, 1, 2],
    ("teriflunomide", "standard"): [0, 1, 2],
    ("fingolimod", "standard"): [0, 1, 2],
    ("ozanimod", "standard"): [0, 1, 2],
    ("siponimod", "standard"): [0, 1, 2],
    ("interferon_beta", "avonex"): [0, 7, 14],
    ("interferon_beta", "betaferon"): [0, 2, 4],
    ("interferon_beta", "rebif"): [0, 2, 4, 7, 9],
    ("interferon_beta", "plegridy-sc"): [0, 14, 28],
    ("interferon_beta", "plegridy-im"): [0, 14, 28],
    ("glatiramer", "daily"): [0, 1, 2],
    ("glatiramer", "three-a-week"): [0, 2, 4, 7, 9],
    ("rituximab", "site-defined"): [0, 182, 364],
}


def test_every_regimen_of_the_catalogue_has_its_sequence_written_out() -> None:
    there = {(key, one.key) for key, entry in catalogue().items() for one in entry.regimens}
    assert there == set(LOADING_THEN_MAINTENANCE)


@pytest.mark.parametrize(("names", "expected"), LOADING_THEN_MAINTENANCE.items())
def test_each_drug_goes_through_its_loading_and_then_its_maintenance(
    names: tuple[str, str], expected: list[int]
) -> None:
    assert days_after(START, follow(regimen(*names), START, len(expected))) == expected


def test_a_late_loading_dose_shifts_the_rest_of_the_loading_with_it() -> None:
    ofatumumab = regimen("ofatumumab")
    history = [START, START + timedelta(days=10)]  # three days late
    assert next_due(ofatumumab, START, history) == START + timedelta(days=17)
    history.append(START + timedelta(days=17))
    assert next_due(ofatumumab, START, history) == START + timedelta(days=31)


def test_an_early_loading_dose_leaves_the_loading_days_where_they_were() -> None:
    history = [START, START + timedelta(days=6)]
    assert next_due(regimen("ofatumumab"), START, history) == START + timedelta(days=14)


def test_loading_counts_from_the_first_dose_given_not_from_the_planned_start() -> None:
    late = START + timedelta(days=5)
    assert next_due(regimen("ofatumumab"), START, [late]) == late + timedelta(days=7)


def test_a_late_maintenance_dose_resets_the_half_year() -> None:
    history = [date(2026, 1, 5), date(2026, 8, 3)]
    assert next_due(regimen("ocrelizumab_iv"), START, history) == date(2027, 2, 3)


def test_a_personal_interval_replaces_the_maintenance_span_and_never_the_loading() -> None:
    assert days_after(START, follow(regimen("ofatumumab"), START, 6, weeks=6)) == [0, 7, 14, 28, 70, 112]
    assert days_after(START, follow(regimen("ocrelizumab_iv"), START, 3, weeks=30)) == [0, 181, 181 + 210]


def test_a_stretched_interval_counts_from_the_last_dose_given() -> None:
    history = [START, START + timedelta(weeks=4), START + timedelta(weeks=8)]
    assert next_due(regimen("natalizumab_iv"), START, history, 6) == START + timedelta(weeks=14)


def test_courses_end_and_the_next_year_counts_from_the_first_day_of_the_course() -> None:
    cladribine = regimen("cladribine")
    history = [START, START + timedelta(days=40)]  # week 5 came twelve days late
    assert next_due(cladribine, START, history) == date(2027, 1, 5)
    history += [date(2027, 1, 20)]
    assert next_due(cladribine, START, history) == date(2027, 2, 17)
    assert next_due(cladribine, START, [*history, date(2027, 2, 17)]) is None


def test_a_third_course_counts_from_the_first_day_of_the_second_as_it_was_given() -> None:
    cladribine = regimen("cladribine")
    assert isinstance(cladribine.pattern, Courses)
    first, second = cladribine.pattern.courses
    three = replace(cladribine, pattern=Courses((first, second, second)))
    history = [START, START + timedelta(days=28), date(2027, 2, 1), date(2027, 3, 1)]
    assert next_due(three, START, history) == date(2028, 2, 1)


def test_a_course_that_ended_after_the_next_was_due_moves_the_next_behind_it() -> None:
    history = [START, date(2027, 3, 1)]
    assert next_due(regimen("cladribine"), START, history) == date(2028, 3, 1)


@pytest.mark.parametrize("key", ["alemtuzumab", "cladribine"])
def test_nothing_is_due_after_the_last_course(key: str) -> None:
    which = regimen(key)
    assert isinstance(which.pattern, Courses)
    blocks = sum(len(course.blocks) for course in which.pattern.courses)
    assert len(follow(which, START, 20)) == len(planned(which, START, 4000)) == blocks


def test_chosen_weekdays_are_kept_and_the_first_dose_waits_for_one() -> None:
    rebif, slots = regimen("interferon_beta", "rebif"), (2, 4, 6)
    assert next_due(rebif, START, [], weekdays=slots) == date(2026, 1, 6)
    assert next_due(rebif, START, [date(2026, 1, 7)], weekdays=slots) == date(2026, 1, 8)
    days = list(occurrences(rebif, START, START, date(2026, 3, 1), weekdays=slots))
    assert {on.isoweekday() for on in days} == set(slots)


@given(start=STARTS)
def test_weekdays_left_open_are_spread_with_a_day_of_rest_between(start: date) -> None:
    days = planned(regimen("glatiramer", "three-a-week"), start, 60)
    assert days[0] == start
    assert {(after - before).days for before, after in pairwise(days)} == {2, 3}


@given(start=STARTS, first=st.integers(-50, 300), length=st.integers(0, 200))
def test_a_window_shows_exactly_the_planned_days_inside_it(start: date, first: int, length: int) -> None:
    low, high = start + timedelta(days=first), start + timedelta(days=first + length)
    whole = planned(regimen("ofatumumab"), start)
    assert list(occurrences(regimen("ofatumumab"), start, low, high)) == [on for on in whole if low <= on <= high]


def test_split_doses_are_one_event_with_its_parts() -> None:
    assert parts(regimen("ocrelizumab_iv"), 0) == [(0, 300), (14, 300)]
    assert parts(regimen("ocrelizumab_iv"), 1) == [(0, None)]
    assert parts(regimen("natalizumab_sc"), 7) == [(0, 150), (0, 150)]
    both = regimen("natalizumab_sc").parts
    assert both is not None
    assert both.max_gap_min == 30


def test_the_days_of_a_course_are_parts_and_a_fifth_day_can_be_optional() -> None:
    alemtuzumab = regimen("alemtuzumab")
    assert [len(parts_of(alemtuzumab, index)) for index in (0, 1)] == [5, 3]
    assert [part.optional for part in parts_of(regimen("cladribine"), 3)] == [False] * 4 + [True]


@pytest.mark.parametrize(
    ("names", "weeks", "weekdays", "pointer"),
    [
        (("rituximab", "site-defined"), None, (), "/interval_weeks"),
        (("natalizumab_iv", "standard"), 0, (), "/interval_weeks"),
        (("teriflunomide", "standard"), 4, (), "/interval_weeks"),
        (("natalizumab_iv", "standard"), 4, (1,), "/weekdays"),
        (("glatiramer", "three-a-week"), None, (1, 3), "/weekdays"),
        (("glatiramer", "three-a-week"), None, (1, 3, 3), "/weekdays"),
        (("glatiramer", "three-a-week"), None, (1, 3, 8), "/weekdays"),
    ],
)
def test_a_plan_that_does_not_fit_its_regimen_is_refused(
    names: tuple[str, str], weeks: int | None, weekdays: tuple[int, ...], pointer: str
) -> None:
    which = regimen(*names)
    for attempt in (
        lambda: check_plan(which, weeks, weekdays),
        lambda: next_due(which, START, [], weeks, weekdays),
        lambda: occurrences(which, START, START, START, weeks, weekdays),
    ):
        with pytest.raises(ClinicError) as caught:
            attempt()
        assert caught.value.error.code == "invalid"
        assert list(caught.value.pointers) == [pointer]
