"""Study days: counted from the first or the last given dose, and the calendar only where a study tells it."""

from datetime import timedelta

import pytest

from backend.domain.linking import Chain
from backend.domain.study_days import Days, reckoning
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
