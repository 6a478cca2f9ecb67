"""Lengths: the share with wearing-off per planned length, diary and recall each by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.lengths import FEW_BELOW, NotTold, by_length
from backend.domain.spans import Span, spans
from backend.domain.statistics import wilson
from backend.domain.wearing_off import Reason, Settings
from tests.factories.spans import felt, form, rated, weekly

RISES = st.lists(st.tuples(st.sampled_from([4, 5, 6]), st.sampled_from([None, 0.0, 0.5, 1.0, 3.0])), max_size=12)


def forms(*experienced: str | None) -> tuple[Span, ...]:
    """Return four-weekly intervals without a diary, each with a form; None is one without."""
    told = {number: [form(word)] for number, word in enumerate(experienced, start=1) if word}
    return spans(weekly(*[4] * len(experienced)), {}, told)


def test_each_length_counts_its_own_intervals_with_the_interval_of_wilson() -> None:
    told = [felt(weekly(4, 4, 4, 6, 6), [3, 0, None, 3, 3]), felt(weekly(4, 4, 6), [1, 0.5, 0])]
    four, six = by_length(told).items
    assert (four.planned_weeks, four.diary.share) == (4, wilson(2, 4))
    assert (six.planned_weeks, six.diary.share) == (6, wilson(2, 3))
    assert (four.n_intervals, four.n_patients, six.n_intervals, six.n_patients) == (7, 2, 3, 2)


@given(st.lists(RISES, max_size=4))
def test_what_is_assessable_and_what_is_not_add_up_to_all(patients: list[list[tuple[int, float | None]]]) -> None:
    told = [felt(weekly(*[w for w, _ in one]), [rise for _, rise in one]) for one in patients]
    made = by_length(told)
    assert sum(one.n_intervals for one in made.items) == sum(len(one) + 1 for one in patients)
    for one in made.items:
        assert one.diary.share.n + one.diary.n_not_assessable == one.n_intervals
        assert one.recall.share.n + one.recall.n_not_assessable == one.n_intervals
        assert one.diary.few is (one.diary.share.n < FEW_BELOW)
        assert sum(one.recall.not_assessable.values()) == one.recall.n_not_assessable
        assert sum(one.diary.not_assessable.values()) >= one.diary.n_not_assessable


def test_fewer_than_five_are_few_and_five_are_not() -> None:
    assert by_length([felt(weekly(4, 4, 4, 4), [3] * 4)]).items[0].diary.few is True
    assert by_length([felt(weekly(4, 4, 4, 4, 4), [3] * 5)]).items[0].diary.few is False


def test_reasons_are_counted_each_by_itself() -> None:
    (four,) = by_length([felt(weekly(4, 4, 4), [3, None, None])]).items
    assert four.diary.n_not_assessable == 3
    assert four.diary.not_assessable == {
        Reason.OPEN_INTERVAL: 1,
        Reason.TOO_FEW_FIRST_DAYS: 3,
        Reason.TOO_FEW_LAST_DAYS: 2,
    }


def test_recall_counts_yes_among_yes_and_no_and_says_what_the_rest_said() -> None:
    (four,) = by_length([forms("yes", "no", "no", "unsure", None)]).items
    assert four.recall.share == wilson(1, 3)
    assert four.recall.not_assessable == {NotTold.UNSURE: 1, NotTold.NO_FORM: 1, NotTold.OPEN_INTERVAL: 1}
    blank = spans(weekly(4), {}, {1: [form(None)]})
    assert by_length([blank]).items[0].recall.not_assessable == {NotTold.NOT_ANSWERED: 1, NotTold.OPEN_INTERVAL: 1}


def test_of_several_forms_about_an_interval_the_newest_counts_once() -> None:
    told = spans(weekly(4), {}, {1: [form("yes"), form("no")]})
    assert told[0].recall == form("no")
    assert by_length([told]).items[0].recall.share == wilson(0, 1)


def test_diary_and_recall_of_one_interval_never_touch_each_other() -> None:
    calm = {1: rated(28, 0), 2: rated(28, 0)}
    (four,) = by_length([spans(weekly(4, 4), calm, {1: [form("yes")], 2: [form("yes")]})]).items
    assert (four.diary.share, four.recall.share) == (wilson(0, 2), wilson(2, 2))


def test_intervals_without_whole_weeks_stand_apart_and_last() -> None:
    made = by_length([felt(weekly(None, 8, 4), [3, 0, 0])])
    assert [one.planned_weeks for one in made.items] == [4, 8, None]
    assert made.items[-1].diary.share == wilson(1, 1)


@pytest.mark.parametrize(("threshold", "k"), [(1.0, 2), (2.5, 1), (4.0, 0)])
def test_the_settings_used_are_told_with_the_numbers(threshold: float, k: int) -> None:
    used = Settings(threshold=threshold)
    made = by_length([felt(weekly(4, 4), [3, 2], used)], used, level=0.9)
    assert (made.items[0].diary.share, made.settings) == (wilson(k, 2, 0.9), used)
    assert f"threshold {threshold:g}" in made.definition
    assert "90%" in made.definition


def test_published_counts_of_recall_give_their_printed_shares() -> None:
    (four,) = by_length([forms(*["yes"] * 57, *["no"] * 43)]).items  # Ratchford 2014: 57 of 100 now
    assert (four.recall.share.k, four.recall.share.n, four.recall.share.share) == (57, 100, 0.57)
    assert (four.recall.share.low, four.recall.share.high) == pytest.approx((0.4722, 0.6627), abs=5e-5)
