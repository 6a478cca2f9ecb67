"""The person's own wearing-off window: where it begins, on which evenings the diary is asked for, and for how long."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.linking import Interval
from backend.domain.nudges import INTERVALS, MOST_NIGHTS, USUAL_DAYS, Nudges, Seen, evenings, onset_days
from backend.domain.recall import RecallResult, recall
from backend.domain.regimens import Route
from backend.domain.wearing_off import RatedDay, diary_based

START = date(2026, 1, 5)
OPENED = datetime(2026, 1, 5, 8, tzinfo=UTC)
RUNNING = Interval(
    1, UUID(int=1), "natalizumab_iv", Route.IV, UUID(int=2), START, OPENED, None, None, None, START, 4, False
)  # fmt: skip
NOTHING: Seen = (diary_based([], 28), ())


def in_days(days: int) -> date:
    return START + timedelta(days=days)


def rated(onset: int | None, length: int = 28) -> Seen:
    """A diary kept every day, that wears off so many days before the dose, or not at all."""
    high = length if onset is None else length - onset
    days = [RatedDay(day, length - day, 6 if day >= high else 2) for day in range(1, length)]
    return diary_based(days, length), ()


def told(onset: int | None, experienced: str = "yes") -> tuple[RecallResult, ...]:
    answers = {"experienced": experienced, "onset_days_before_dose": onset}
    return (recall({key: value for key, value in answers.items() if value is not None}),)


def both(diary: Seen, forms: Sequence[RecallResult]) -> Seen:
    return diary[0], forms


@pytest.mark.parametrize(
    ("spans", "days"),
    [
        ([], None),
        ([NOTHING], None),
        ([rated(5)], 5),
        ([rated(None)], None),
        ([rated(3), rated(7), rated(5)], 5),
        ([rated(4), rated(7)], 6),  # between two, the earlier day
        ([rated(12), rated(4), rated(4), rated(5)], 4),  # the latest three
        ([rated(6), rated(None), NOTHING, rated(4)], 5),  # those without wearing-off are passed over
        ([both(NOTHING, told(9))], 9),
        ([both(NOTHING, told(9, "no"))], None),
        ([both(NOTHING, told(None))], None),
        ([both(NOTHING, told(9) + told(3))], 3),  # what was said last
        ([both(rated(5), told(9))], 5),  # the diary speaks where it can, and is never averaged with the form
        ([both(rated(None), told(9))], None),
        ([rated(5), both(NOTHING, told(10)), rated(6)], 6),
    ],
)
def test_the_onset_is_the_median_of_the_latest_intervals_with_wearing_off(spans: list[Seen], days: int | None) -> None:
    assert onset_days(spans) == days


@given(st.lists(st.integers(2, 7), min_size=1, max_size=6))
def test_the_onset_lies_among_those_that_were_seen(onsets: list[int]) -> None:
    found = onset_days([rated(days) for days in onsets])
    latest = onsets[-INTERVALS:]
    assert found is not None
    assert min(latest) <= found <= max(latest)


def test_who_wears_off_on_no_known_day_is_asked_in_the_last_week() -> None:
    assert evenings(RUNNING, in_days(28), Nudges()) == tuple(in_days(day) for day in range(28 - USUAL_DAYS, 28))


def test_the_day_of_the_dose_is_not_asked_for_and_one_day_is_the_least() -> None:
    assert evenings(RUNNING, in_days(28), Nudges(onset_days=0)) == (in_days(27),)
    assert evenings(RUNNING, in_days(28), Nudges(onset_days=3)) == (in_days(25), in_days(26), in_days(27))


def test_a_day_that_was_written_down_is_not_asked_for() -> None:
    logged = frozenset({in_days(25), in_days(27), in_days(3)})
    assert evenings(RUNNING, in_days(28), Nudges(3, logged)) == (in_days(26),)


@given(st.integers(0, 90), st.integers(15, 70), st.sets(st.integers(0, 70)))
def test_nobody_is_asked_more_than_two_weeks_nor_outside_the_interval(
    onset: int, length: int, logged: set[int]
) -> None:
    days = frozenset(in_days(day) for day in logged)
    found = evenings(RUNNING, in_days(length), Nudges(onset, days))
    assert len(found) <= MOST_NIGHTS
    assert list(found) == sorted(set(found) - days)
    assert all(START < on < in_days(length) for on in found)
    assert all(in_days(length) - on <= timedelta(days=max(onset, 1)) for on in found)


def test_an_interval_that_ended_or_is_too_short_to_show_it_asks_nothing() -> None:
    assert evenings(RUNNING, in_days(14), Nudges()) == ()
    assert evenings(replace(RUNNING, closed_on=in_days(28)), in_days(28), Nudges()) == ()
