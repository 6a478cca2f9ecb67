"""FHIR search by date: what a prefix means over stretches, held against moments counted one by one."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.fhir.dates import PREFIXES, Sought, Span, of_day, of_instant, of_moment, read
from backend.domain.moments import at_moment, on_day

ZONE = "Europe/Amsterdam"
START = datetime(2026, 3, 28, tzinfo=UTC)
HOUR = timedelta(hours=1)
WHOLE = range(60)
Ends = tuple[int, int]
NO_DATES = ["", "ge", "ap2026", "xx2026", "2026-13", "2026-02-30", "2026-01-01T25:00", "0000", "26", "2026-1-1", "٢٠٢٦"]
NO_DATES += ["9999", "2026-01-01T10:00+99:99", "0001-01-01T00:00:00+14:00", "2026-01-01T10"]


def span(first: int, last: int) -> Span:
    """Return a stretch of hours."""
    return Span(START + first * HOUR, START + last * HOUR)


stretches = st.tuples(st.integers(5, 40), st.integers(1, 12)).map(lambda told: (told[0], told[0] + told[1]))


@given(st.sampled_from(PREFIXES), stretches, stretches)
def test_a_prefix_means_what_r4_says_hour_by_hour(
    prefix: str, sought: tuple[int, int], target: tuple[int, int]
) -> None:
    """R4, search.html#prefix: over the ranges that are implicit in a value and in what is found."""
    inside, told = set(range(*sought)), set(range(*target))
    above, below = {hour for hour in WHOLE if hour >= sought[1]}, {hour for hour in WHOLE if hour < sought[0]}
    expected = {
        "eq": told <= inside,
        "ne": not told <= inside,
        "gt": bool(told & above),
        "lt": bool(told & below),
        "ge": bool(told & above) or told <= inside,
        "le": bool(told & below) or told <= inside,
        "sa": told <= above,
        "eb": told <= below,
    }
    assert Sought(prefix, span(*sought)).holds(span(*target)) is expected[prefix]


@given(st.sampled_from(PREFIXES), stretches)
def test_what_has_not_ended_reaches_beyond_every_date(prefix: str, sought: tuple[int, int]) -> None:
    open_end = Span(START, None)
    assert Sought(prefix, span(*sought)).holds(open_end) is (prefix in {"ne", "gt", "lt", "ge", "le"})


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2026", "2025-12-31T23:00", "2026-12-31T23:00"),
        ("2026-12", "2026-11-30T23:00", "2026-12-31T23:00"),
        ("2026-03-29", "2026-03-28T23:00", "2026-03-29T22:00"),  # the day of 23 hours
        ("2026-03-29T10:15", "2026-03-29T08:15", "2026-03-29T08:16"),
        ("2026-03-29T10:15:20", "2026-03-29T08:15:20", "2026-03-29T08:15:21"),
        ("2026-03-29T10:15:00Z", "2026-03-29T10:15", "2026-03-29T10:15:01"),
        ("2026-03-29T10:15:00+05:30", "2026-03-29T04:45", "2026-03-29T04:45:01"),
    ],
)
def test_a_value_is_as_long_as_it_is_exact_on_the_clock_of_the_zone(text: str, low: str, high: str) -> None:
    found = read(f"ge{text}", ZONE)
    assert found is not None
    assert found.prefix == "ge"
    ends = [datetime.fromisoformat(end).replace(tzinfo=UTC) for end in (low, high)]
    assert [found.span.low, found.span.high] == ends


@pytest.mark.parametrize("text", NO_DATES)
def test_what_is_no_date_is_none(text: str) -> None:
    assert read(text, ZONE) is None


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(0, 24 * 60 - 1))
def test_a_moment_is_found_on_its_own_local_day_and_on_no_other(on: date, minute: int) -> None:
    at = read(f"{on}T{minute // 60:02}:{minute % 60:02}", ZONE)
    assert at is not None
    assert at.span.low is not None
    local = of_moment(at_moment(at.span.low, ZONE))
    for days, holds in ((-1, False), (0, True), (1, False)):
        sought = read(f"{on + timedelta(days=days)}", ZONE)
        assert sought is not None
        assert sought.holds(local) is holds


def test_a_day_without_a_time_is_the_whole_of_it_and_a_moment_the_least_there_is() -> None:
    assert of_moment(on_day(date(2026, 5, 4), ZONE)) == of_day(date(2026, 5, 4), ZONE)
    told = of_instant(START)
    assert (told.low, told.high) == (START, START + timedelta(microseconds=1))
