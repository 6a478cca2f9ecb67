"""Days set apart: from a finding's own day to its end, or for as long as its kind takes where no end is known."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.apart import NONE, SETTING_APART, Found, flagged_days, span
from backend.domain.findings import Kind, kinds
from tests.factories.findings import GOOD

ON = date(2026, 3, 20)


def found(kind: Kind, on: date = ON, ended_on: date | None = None, values: dict[str, Any] | None = None) -> Found:
    return Found(kind, on, ended_on, GOOD[kind] | (values or {}))


def test_relapses_courses_of_steroids_and_infections_set_days_apart_and_nothing_else() -> None:
    assert set(SETTING_APART) == {Kind.RELAPSE, Kind.STEROID_COURSE, Kind.INFECTION}
    for kind in Kind:
        assert (span(found(kind)) is None) == (kind not in SETTING_APART)
    assert flagged_days(found(kind) for kind in Kind if kind not in SETTING_APART) == NONE


@pytest.mark.parametrize(
    ("kind", "values", "days"),
    [
        (Kind.RELAPSE, {}, 30),
        (Kind.INFECTION, {}, 7),
        (Kind.STEROID_COURSE, {"days": 3}, 3),
        (Kind.STEROID_COURSE, {"days": 1}, 1),
        (Kind.STEROID_COURSE, {"days": None}, 7),
    ],
)
def test_without_an_end_it_lasts_as_long_as_it_says_or_as_its_kind_takes(
    kind: Kind, values: dict[str, Any], days: int
) -> None:
    assert span(found(kind, values=values)) == (ON, ON + timedelta(days=days - 1))
    apart = flagged_days([found(kind, values=values)])
    inside = [on for on in (ON + timedelta(days=n) for n in range(-5, 60)) if on in apart]
    assert inside == [ON + timedelta(days=n) for n in range(days)]


@pytest.mark.parametrize("kind", SETTING_APART)
def test_an_end_that_was_entered_is_the_last_day(kind: Kind) -> None:
    end = ON + timedelta(days=11)
    assert span(found(kind, ended_on=end)) == (ON, end)
    assert span(found(kind, ended_on=ON)) == (ON, ON)


def test_days_are_calendar_days_also_where_the_clocks_change() -> None:
    apart = flagged_days([found(Kind.STEROID_COURSE, date(2026, 3, 28), values={"days": 3})])  # the 29th has 23 hours
    assert apart.spans == ((date(2026, 3, 28), date(2026, 3, 30)),)


@given(st.lists(st.tuples(st.sampled_from(Kind), st.integers(0, 200), st.none() | st.integers(0, 40)), max_size=12))
def test_a_day_is_apart_exactly_when_some_finding_covers_it(told: list[tuple[Kind, int, int | None]]) -> None:
    every = [
        found(kind, ON + timedelta(days=start), None if end is None else ON + timedelta(days=start + end))
        for kind, start, end in told
    ]
    apart = flagged_days(every)
    covered = {
        on
        for first, last in filter(None, map(span, every))
        for on in (first + timedelta(days=n) for n in range((last - first).days + 1))
    }
    days = [ON + timedelta(days=n) for n in range(-3, 280)]
    assert [on for on in days if on in apart] == sorted(covered)
    assert list(apart.spans) == sorted(apart.spans)
    gaps = zip(apart.last, apart.first[1:], strict=False)
    assert all(later - earlier > timedelta(days=1) for earlier, later in gaps)
    assert flagged_days(reversed(every)) == apart


def test_what_is_no_day_is_in_none() -> None:
    assert "2026-03-20" not in flagged_days([found(Kind.RELAPSE)])


def test_the_lengths_are_told_with_their_reason() -> None:
    assert {kind: kinds()[kind].apart_days for kind in SETTING_APART} == {
        Kind.RELAPSE: 30,
        Kind.STEROID_COURSE: 7,
        Kind.INFECTION: 7,
    }
