"""Moments: wall-clock time across DST, anchors, and what can be true."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.errors import ClinicError
from backend.domain.moments import (
    EARLIEST,
    add_months,
    at_moment,
    at_wall,
    known_zone,
    local,
    local_date,
    offset_minutes,
    on_day,
    plausible,
    with_offset,
)
from notifications import walltime

ZONES = ("Europe/Amsterdam", "America/New_York", "Pacific/Auckland", "Australia/Lord_Howe", "UTC")
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
CLOCKS = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))


@pytest.mark.promise("P13")
@given(DAYS, CLOCKS, st.sampled_from(ZONES))
def test_the_clinic_and_its_reminders_read_the_same_wall_clock(on: date, clock: time, zone: str) -> None:
    """Reminders are a leaf and bring their own; the two must never differ."""
    assert at_wall(on, clock, zone) == walltime.at_wall(on, clock, zone)


@pytest.mark.promise("P13")
@given(st.sampled_from([date(2026, 3, 29), date(2026, 10, 25), date(2026, 4, 5), date(2026, 10, 4)]), CLOCKS)
def test_they_agree_on_the_days_the_clocks_change(on: date, clock: time) -> None:
    for zone in ZONES:
        assert at_wall(on, clock, zone) == walltime.at_wall(on, clock, zone)


@given(DAYS, CLOCKS, st.sampled_from(ZONES))
def test_a_wall_clock_time_is_kept_or_becomes_the_first_after_the_gap(on: date, clock: time, zone: str) -> None:
    shown = local(at_wall(on, clock, zone), zone).replace(tzinfo=None)
    wanted = datetime.combine(on, clock)
    assert shown == wanted or timedelta(0) < shown - wanted <= timedelta(hours=1)


def test_a_skipped_time_becomes_the_first_instant_after_the_gap() -> None:
    assert at_wall(date(2026, 3, 29), time(2, 30), ZONES[0]) == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_a_time_that_happens_twice_is_the_first() -> None:
    assert at_wall(date(2026, 10, 25), time(2, 30), ZONES[0]) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@given(DAYS, st.sampled_from(ZONES))
def test_a_day_without_a_time_stands_before_its_day_as_a_report_and_at_its_end_as_a_dose(on: date, zone: str) -> None:
    moment = on_day(on, zone)
    assert local_date(moment.anchor, zone) == on - timedelta(days=1)
    assert local_date(moment.dose_anchor, zone) == on
    assert local_date(moment.dose_anchor + timedelta(microseconds=1), zone) == on + timedelta(days=1)


def test_a_moment_keeps_its_own_offset_and_day() -> None:
    at = datetime.fromisoformat("2026-03-29T23:30:00-10:00")
    moment = at_moment(at, "Pacific/Honolulu")
    assert (moment.on, offset_minutes(at)) == (date(2026, 3, 29), -600)
    assert with_offset(moment.anchor, -600) == at
    assert local(moment.anchor, "Pacific/Honolulu").time() == time(23, 30)


def test_months_end_on_the_last_day_where_they_are_shorter() -> None:
    assert [add_months(date(2026, 1, 31), n) for n in (1, 2, 13, -2)] == [
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2027, 2, 28),
        date(2025, 11, 30),
    ]


def test_unknown_zones_and_impossible_years_are_refused() -> None:
    with pytest.raises(ClinicError, match="invalid"):
        known_zone("Europe/Atlantis")
    now = datetime(2026, 6, 1, tzinfo=UTC)
    assert plausible(EARLIEST, now, "/at") == EARLIEST
    for at in (EARLIEST - timedelta(seconds=1), now + timedelta(days=733)):
        with pytest.raises(ClinicError, match="out-of-time"):
            plausible(at, now, "/at")
