"""Confirmed worsening: when it counts, from which visit, and which visit confirms it."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.findings import Kind
from backend.domain.moments import add_months
from backend.domain.worsening import Course, Measure, Settings, Visit, Worsening, edss_step, visits, worsening

FIRST = date(2026, 1, 31)
MONTHLY = [add_months(FIRST, n) for n in range(12)]


def seen(*values: str) -> list[Visit]:
    """Return visits a month apart."""
    return [Visit(on, Decimal(value)) for on, value in zip(MONTHLY, values, strict=False)]


def said(found: Worsening) -> tuple[Course, date | None, date | None]:
    return found.course, found.event.on if found.event else None, found.confirmed_on


@pytest.mark.parametrize(
    ("baseline", "step"),
    [("0", "1.5"), ("1.0", "1.0"), ("3.5", "1.0"), ("5.5", "1.0"), ("6.0", "0.5"), ("6.5", "0.5"), ("9.5", "0.5")],
)
def test_the_edss_step_depends_on_the_baseline(baseline: str, step: str) -> None:
    assert edss_step(Decimal(baseline)) == Decimal(step)
    risen = str(Decimal(baseline) + Decimal(step))
    short = str(Decimal(risen) - Decimal("0.5"))
    assert worsening(Measure.EDSS, seen(baseline, *[risen] * 4)).course is Course.CONFIRMED
    assert worsening(Measure.EDSS, seen(baseline, *[short] * 4)).course is Course.NONE


@pytest.mark.parametrize(
    ("measure", "baseline", "worse", "not_yet"),
    [
        (Measure.T25FW, "5.0", "6.0", "5.99"),
        (Measure.NHPT_DOMINANT, "20.5", "24.6", "24.59"),
        (Measure.NHPT_OTHER, "20.5", "24.6", "24.59"),
        (Measure.SDMT, "60", "56", "57"),  # four points come before 10 %
        (Measure.SDMT, "30", "27", "28"),  # and here 10 % before four points
        (Measure.SDMT, "0", "0", "1"),
    ],
)
def test_a_test_is_worse_from_exactly_its_limit_on(measure: Measure, baseline: str, worse: str, not_yet: str) -> None:
    course = Course.NONE if baseline == worse else Course.CONFIRMED
    assert worsening(measure, seen(baseline, *[worse] * 4)).course is course
    assert worsening(measure, seen(baseline, *[not_yet] * 4)).course is Course.NONE


def test_it_is_confirmed_by_the_first_visit_three_calendar_months_on() -> None:
    found = worsening(Measure.EDSS, seen("2.0", "3.0", "3.0", "3.5", "3.0", "3.0"))
    assert said(found) == (Course.CONFIRMED, MONTHLY[1], MONTHLY[4])
    assert found.event == Visit(MONTHLY[1], Decimal("3.0"))
    assert found.baseline == Visit(FIRST, Decimal("2.0"))


def test_a_day_short_of_three_months_does_not_confirm() -> None:
    begun = Visit(date(2026, 3, 10), Decimal("3.0"))
    for on, course in ((date(2026, 6, 9), Course.AWAITING), (date(2026, 6, 10), Course.CONFIRMED)):
        found = worsening(Measure.EDSS, [Visit(FIRST, Decimal("2.0")), begun, Visit(on, Decimal("3.0"))])
        assert found.course is course


def test_one_visit_between_at_which_it_does_not_hold_undoes_it() -> None:
    assert said(worsening(Measure.EDSS, seen("2.0", "3.0", "2.5", "3.0", "3.0"))) == (Course.AWAITING, MONTHLY[3], None)
    assert said(worsening(Measure.EDSS, seen("2.0", "3.0", "3.0", "3.0", "2.0"))) == (Course.NONE, None, None)


def test_a_later_worsening_counts_after_an_earlier_one_passed() -> None:
    found = worsening(Measure.EDSS, seen("2.0", "4.0", "2.0", "3.0", "3.0", "3.0", "3.0"))
    assert said(found) == (Course.CONFIRMED, MONTHLY[3], MONTHLY[6])


def test_what_comes_after_the_confirmation_does_not_take_it_back() -> None:
    found = worsening(Measure.EDSS, seen("2.0", "3.0", "3.0", "3.0", "3.0", "2.0"))
    assert said(found) == (Course.CONFIRMED, MONTHLY[1], MONTHLY[4])


def test_visits_need_not_lie_a_month_apart() -> None:
    two_years = [Visit(FIRST, Decimal(2)), Visit(date(2027, 1, 31), Decimal(3)), Visit(date(2028, 1, 31), Decimal(3))]
    assert said(worsening(Measure.EDSS, two_years)) == (Course.CONFIRMED, date(2027, 1, 31), date(2028, 1, 31))


@pytest.mark.parametrize("values", [(), ("2.0",)])
def test_with_fewer_than_two_visits_nothing_can_be_said(values: tuple[str, ...]) -> None:
    found = worsening(Measure.EDSS, seen(*values))
    assert said(found) == (Course.NOT_ASSESSABLE, None, None)


def test_the_settings_are_carried_and_said_in_the_definition() -> None:
    settings = Settings(confirm_months=6, slower_percent=25, sdmt_points=None)
    found = worsening(Measure.T25FW, seen("5.0", "6.0", "6.0", "6.0", "6.0"), settings)
    assert (found.course, found.settings) == (Course.NONE, settings)
    assert "25 %" in found.definition
    assert "6 calendar months" in found.definition
    assert worsening(Measure.SDMT, seen("60", "56"), settings).course is Course.NONE
    assert "10 % fewer" in worsening(Measure.SDMT, seen("60", "56"), settings).definition
    assert "4 points or 10 % fewer" in worsening(Measure.SDMT, seen("60", "56")).definition


@pytest.mark.parametrize(
    "told",
    [{"confirm_months": 0}, {"slower_percent": 0}, {"sdmt_points": 0}, {"sdmt_points": None, "sdmt_percent": None}],
)
def test_settings_that_cannot_be_are_refused(told: dict[str, int | None]) -> None:
    with pytest.raises(ValueError, match=r"setting|SDMT"):
        Settings(**told)  # type: ignore[arg-type]


def test_results_are_taken_from_the_findings_as_they_are_entered() -> None:
    found: list[tuple[Kind, date, dict[str, Any]]] = [
        (Kind.T25FW, date(2026, 3, 1), {"seconds_1": 6, "seconds_2": 6.5, "aid": None}),
        (Kind.T25FW, date(2026, 1, 1), {"seconds_1": 5.2, "seconds_2": None, "aid": True}),
        (Kind.NHPT, date(2026, 1, 1), {"dominant_s": 20.5, "other_s": 22}),
        (Kind.EDSS, date(2026, 1, 1), {"score": 2.5}),
        (Kind.EDSS, date(2026, 1, 1), {"score": 3}),
        (Kind.SDMT, date(2026, 1, 1), {"correct": 55}),
        (Kind.RELAPSE, date(2026, 1, 1), {"confirmed": True}),
    ]
    by_measure = {measure: [(one.on, str(one.value)) for one in visits(measure, found)] for measure in Measure}
    assert by_measure == {
        Measure.EDSS: [(date(2026, 1, 1), "3")],
        Measure.SDMT: [(date(2026, 1, 1), "55")],
        Measure.T25FW: [(date(2026, 1, 1), "5.2"), (date(2026, 3, 1), "6.25")],
        Measure.NHPT_DOMINANT: [(date(2026, 1, 1), "20.5")],
        Measure.NHPT_OTHER: [(date(2026, 1, 1), "22")],
    }


def slow_edss(points: list[tuple[int, int]], months: int) -> tuple[date, date] | None:
    """Return event and confirmation by trying every pair of visits; values are in half points."""
    (_, base), *later = points
    step = Fraction(3, 2) if base == 0 else Fraction(1) if base < 12 else Fraction(1, 2)
    days = [FIRST + timedelta(days=offset) for offset, _ in later]
    holds = [Fraction(value, 2) - Fraction(base, 2) >= step for _, value in later]
    pairs = [
        (i, j)
        for i in range(len(later))
        for j in range(i + 1, len(later))
        if all(holds[i : j + 1]) and days[j] >= add_months(days[i], months)
    ]
    if not pairs:
        return None
    # The visit that confirms first; of those it confirms the earliest.
    i, j = min(pairs, key=lambda pair: (pair[1], pair[0]))
    return days[i], days[j]


@given(
    st.integers(2, 18),
    st.lists(st.tuples(st.integers(1, 120), st.integers(2, 20)), min_size=1, max_size=12),
    st.integers(1, 6),
)
def test_any_course_is_judged_as_by_trying_every_pair_of_visits(
    base: int, steps: list[tuple[int, int]], months: int
) -> None:
    points, day = [(0, base)], 0
    for gap, value in steps:
        day += gap
        points.append((day, value))
    course = [Visit(FIRST + timedelta(days=offset), Decimal(value) / 2) for offset, value in points]
    found = worsening(Measure.EDSS, course, Settings(confirm_months=months))
    event_on = found.event.on if found.event else None
    wanted = slow_edss(points, months)
    assert (found.course is Course.CONFIRMED) == (wanted is not None)
    if wanted:
        assert (event_on, found.confirmed_on) == wanted
