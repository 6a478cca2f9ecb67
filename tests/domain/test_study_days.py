"""Study days: counted from the first or the last given dose, and the calendar only where a study tells it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.linking import Chain
from backend.domain.study_days import Days, Reckoning, reckoning
from tests.factories.spans import START, dosed

LINE = dosed([28, 42])
ON = START + timedelta(10)


@pytest.mark.parametrize(
    ("days", "study_day"), [(Days.SINCE_FIRST_DOSE, 10), (Days.SINCE_LAST_DOSE, -60), (Days.CALENDAR, 10)]
)
def test_a_day_is_counted_from_the_dose_the_study_names(days: Days, study_day: int) -> None:
    assert reckoning(days, LINE).cells(ON)["study_day"] == study_day


@pytest.mark.promise("P20")
@pytest.mark.parametrize("days", [Days.SINCE_FIRST_DOSE, Days.SINCE_LAST_DOSE])
def test_only_a_study_that_tells_the_calendar_gives_a_date_or_the_day_of_the_pull(days: Days) -> None:
    told = reckoning(days, LINE)
    assert told.cells(ON)["date"] is None
    assert told.pull(ON) == {"as_of_study_day": None, "as_of_date": None}
    open_one = reckoning(Days.CALENDAR, LINE)
    assert open_one.cells(ON) == {"study_day": 10, "date": ON.isoformat()}
    assert open_one.pull(ON) == {"as_of_study_day": 10, "as_of_date": ON.isoformat()}


def test_cells_bear_the_name_of_what_happened_and_no_day_is_no_cell() -> None:
    told = reckoning(Days.CALENDAR, LINE)
    assert told.cells(ON, "ended") == {"ended_study_day": 10, "ended_date": ON.isoformat()}
    assert told.cells(None, "ended") == {"ended_study_day": None, "ended_date": None}


@pytest.mark.parametrize("days", Days)
def test_before_any_dose_there_is_no_day_to_count_from(days: Days) -> None:
    told = reckoning(days, Chain((), (), ()))
    assert told.cells(ON) == {"study_day": None, "date": ON.isoformat() if days is Days.CALENDAR else None}


@given(st.sampled_from([Days.SINCE_FIRST_DOSE, Days.SINCE_LAST_DOSE]), st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_a_day_that_is_answered_is_counted_where_no_dates_are_told(days: Days, on: date) -> None:
    told = Reckoning(days, date(2026, 3, 2))
    for said in (on.isoformat(), f"{on}T09:00:00+02:00"):
        assert told.answer(said) == (on - date(2026, 3, 2)).days
        assert told.answer([said, "fatigue"]) == [(on - date(2026, 3, 2)).days, "fatigue"]
        assert Reckoning(Days.CALENDAR, None).answer(said) == said
        assert Reckoning(days, None).answer(said) is None


@pytest.mark.parametrize("said", ["2026-02-30", "2026", "fatigue", 7, True, None, "09:00"])
def test_what_is_no_day_is_told_as_it_is(said: object) -> None:
    assert Reckoning(Days.SINCE_FIRST_DOSE, date(2026, 3, 2)).answer(said) == said
