"""Troughs: the dose a prick is measured against."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from backend.domain.dosing import Dose, PartGiven, record_new
from backend.domain.levels import TroughClass
from backend.domain.moments import at_moment, on_day
from backend.domain.regimens import Route
from backend.domain.treatment import Expected
from backend.domain.troughs import Trough, trough

ZONE = "Europe/Amsterdam"
START = datetime(2026, 3, 9, 8, tzinfo=UTC)
WEEKS = timedelta(weeks=4)


def dose(at: datetime, *, day_only: bool = False) -> Dose:
    when = on_day(at.date(), ZONE) if day_only else at_moment(at, ZONE)
    return record_new(uuid4(), UUID(int=1), [PartGiven(when)], Route.IV, at + timedelta(days=1))


def coming(at: datetime) -> Expected:
    return Expected(at.date(), at, UUID(int=1), None, "after:dose", 1)


LINE = [dose(START), dose(START + WEEKS)]


@given(st.integers(min_value=1, max_value=28 * 24 * 60))
def test_the_class_is_that_of_the_hours_to_the_dose_that_ends_the_interval(minutes: int) -> None:
    at = START + WEEKS - timedelta(minutes=minutes)
    found = trough(at_moment(at, ZONE), LINE, coming(START + 2 * WEEKS))
    if at.date() == START.date():
        assert found.trough_class is TroughClass.NOT_A_TROUGH
    else:
        hours = minutes / 60
        wanted = TroughClass.NEAR_TROUGH if hours <= 72 else TroughClass.EARLY
        assert found == Trough(TroughClass.TROUGH if hours <= 24 else wanted, provisional=False)


def test_while_the_interval_is_open_the_expected_dose_gives_a_provisional_class() -> None:
    pricked = at_moment(START + 2 * WEEKS - timedelta(hours=2), ZONE)
    assert trough(pricked, LINE, coming(START + 2 * WEEKS)) == Trough(TroughClass.TROUGH, provisional=True)
    assert trough(pricked, LINE, None) == Trough(TroughClass.UNKNOWN, provisional=False)
    later = dose(START + 2 * WEEKS + timedelta(days=2))
    assert trough(pricked, [*LINE, later], None) == Trough(TroughClass.NEAR_TROUGH, provisional=False)


def test_after_the_start_of_the_dose_of_that_day_it_is_no_trough_even_when_treatment_stopped() -> None:
    pricked = at_moment(START + WEEKS + timedelta(hours=1), ZONE)
    wanted = Trough(TroughClass.NOT_A_TROUGH, provisional=False)
    assert trough(pricked, LINE, coming(START + 2 * WEEKS)) == wanted
    assert trough(pricked, LINE, None) == wanted


def test_a_drug_taken_every_day_has_its_trough_on_the_dose_day() -> None:
    daily = [dose(START), dose(START + timedelta(days=1))]
    pricked = at_moment(START + timedelta(hours=10), ZONE)
    assert trough(pricked, daily, None).trough_class is TroughClass.TROUGH


def test_where_only_a_day_is_known_on_the_dose_day_nothing_is_claimed() -> None:
    assert trough(on_day(START.date(), ZONE), LINE, None).trough_class is TroughClass.UNKNOWN
    vague = [dose(START, day_only=True), LINE[1]]
    assert trough(at_moment(START, ZONE), vague, None).trough_class is TroughClass.UNKNOWN
    assert trough(None, LINE, None) == Trough(TroughClass.UNKNOWN, provisional=False)
