"""Emergency access in the domain: how often somebody may open a record again, and what counts as opened before."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from backend.domain.emergency import DAY, MOST_ENDED, MOST_RECORDS, Opening, before, free_at

NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANNA = uuid4()


def opened(hours_ago: float, *, record: UUID = ANNA, ended: bool = False) -> Opening:
    """An access of four hours that began so long ago, perhaps ended after one."""
    at = NOW - hours_ago * HOUR
    return Opening(record, at, at + (HOUR if ended else 4 * HOUR), 4 * HOUR)


def test_what_was_over_by_itself_never_counts_against_the_same_record() -> None:
    assert free_at([opened(hours) for hours in range(1, 24)], ANNA, NOW) is None


@pytest.mark.parametrize("ended", range(5))
def test_of_those_that_were_ended_the_second_is_the_last(ended: int) -> None:
    mine = [opened(hours, ended=True) for hours in range(2, 2 + ended)]
    free = free_at(mine, ANNA, NOW)
    assert (free is None) == (ended < MOST_ENDED)
    if free is not None:
        # Free again once only one of them lies within a day.
        assert free == sorted(one.starts_at for one in mine)[-MOST_ENDED] + DAY
        assert free_at(mine, ANNA, free - timedelta(seconds=1)) is not None
        assert free_at(mine, ANNA, free) is None


def test_what_was_ended_at_one_record_says_nothing_of_another() -> None:
    assert free_at([opened(2, ended=True), opened(4, ended=True)], uuid4(), NOW) is None


def test_ten_records_a_day_and_the_same_one_again_is_none_more() -> None:
    records = [uuid4() for _ in range(MOST_RECORDS)]
    mine = [opened(hours, record=record) for hours, record in enumerate(records, 1)]
    free = free_at(mine, ANNA, NOW)
    assert free == NOW - MOST_RECORDS * HOUR + DAY
    assert free_at(mine, ANNA, free) is None
    assert free_at(mine, records[0], NOW) is None
    assert free_at(mine[1:], ANNA, NOW) is None


def test_opened_before_counts_a_day_and_tells_whether_the_last_was_ended() -> None:
    this = opened(1)
    assert before([this], this) == (0, False)
    assert before([opened(25), this], this) == (0, False)
    assert before([opened(20, ended=True), opened(6), this, opened(0)], this) == (2, False)
    assert before([opened(6), opened(2, ended=True), this], this) == (2, True)
