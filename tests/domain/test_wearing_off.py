"""Wearing-off of an interval: the rule of the diary, and the form beside it."""

from dataclasses import replace
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.errors import ClinicError
from backend.domain.forms import form
from backend.domain.recall import Group, RecallResult, recall
from backend.domain.responses import check
from backend.domain.wearing_off import RatedDay, Reason, Settings, by_day, diary_based, summary

WEEKS_4 = 28
Ratings = dict[int, float]


def days(ratings: Ratings, length: int = WEEKS_4, flagged: frozenset[int] = frozenset()) -> list[RatedDay]:
    return [RatedDay(day, length - day, rating, day in flagged) for day, rating in ratings.items()]


def steady(low: float, high: float, onset: int, length: int = WEEKS_4) -> Ratings:
    return {day: low if day < onset else high for day in range(1, length)}


RATINGS = st.dictionaries(st.integers(0, WEEKS_4), st.integers(0, 10).map(float), max_size=29)
FULL = st.lists(st.integers(0, 10).map(float), min_size=27, max_size=27).map(lambda r: dict(enumerate(r, start=1)))


def test_a_patient_with_onset_on_day_21_and_relief_a_day_later_gives_exactly_those() -> None:
    after = days({0: 6, 1: 2, 2: 2})
    result = diary_based(days(steady(2, 6, 21)), WEEKS_4, after)
    assert (result.assessable, result.why, result.wearing_off) == (True, (), True)
    assert (result.first_mean, result.last_mean, result.difference) == (2, 6, 4)
    assert (result.onset_day, result.onset_days_before_dose, result.relief_days) == (21, 7, 1)
    assert (result.n_first, result.n_last, result.n_flagged) == (7, 7, 0)
    assert result.settings == Settings()


@given(st.integers(2, 9), st.integers(8, 27), st.integers(0, 20))
def test_onset_and_relief_are_found_wherever_they_are(weeks: int, onset: int, relief: int) -> None:
    length = max(weeks * 7, onset + 7)
    after = {day: 7.0 if day < relief else 1.0 for day in range(29)}
    result = diary_based(days(steady(1, 7, onset, length), length), length, days(after))
    if result.assessable:
        assert (result.onset_day, result.relief_days) == (onset, relief)
        assert result.onset_days_before_dose == length - onset


@given(FULL, st.integers(-5, 5), st.permutations(range(27)))
def test_a_patient_who_always_scores_higher_has_the_same_difference(
    ratings: Ratings, shift: int, order: list[int]
) -> None:
    raised = days({day: rating + shift for day, rating in ratings.items()})
    here, there = diary_based(days(ratings), WEEKS_4), diary_based(raised, WEEKS_4)
    assert here.assessable
    assert there.difference == pytest.approx(here.difference, abs=1e-8)
    assert there.wearing_off is here.wearing_off
    assert there.onset_day == here.onset_day
    assert diary_based([raised[place] for place in order], WEEKS_4) == there


@given(RATINGS, st.integers(1, 4))
def test_fewer_than_three_rated_days_in_a_window_is_never_assessable(ratings: Ratings, copies: int) -> None:
    result = diary_based(days(ratings) * copies, WEEKS_4)
    first = sum(1 <= day <= 7 for day in ratings)
    last = sum(21 <= day <= 27 for day in ratings)
    assert (result.n_first, result.n_last) == (first, last)
    assert result.assessable is (first >= 3 and last >= 3)
    assert result.assessable is (result.wearing_off is not None) is (result.difference is not None)
    assert (Reason.TOO_FEW_FIRST_DAYS in result.why) is (first < 3)
    assert (Reason.TOO_FEW_LAST_DAYS in result.why) is (last < 3)


def test_one_point_is_enough_and_a_little_less_is_not() -> None:
    assert diary_based(days(steady(2.1, 3.1, 21)), WEEKS_4).wearing_off is True
    assert diary_based(days(steady(2.1, 3.1, 21)), WEEKS_4).onset_day == 21
    short = diary_based(days(steady(2, 2.99, 21)), WEEKS_4)
    assert (short.wearing_off, short.onset_day, short.relief_days) == (False, None, None)
    assert diary_based(days(steady(2, 3, 21)), WEEKS_4, settings=Settings(threshold=1.5)).wearing_off is False


def test_getting_better_is_not_wearing_off() -> None:
    assert diary_based(days(steady(6, 2, 21)), WEEKS_4).wearing_off is False


def test_the_days_of_the_doses_belong_to_neither_window() -> None:
    calm = steady(2, 2, 21)
    assert diary_based(days({**calm, 0: 10, 28: 10}), WEEKS_4).difference == 0
    assert diary_based(days({**calm, 7: 9}), WEEKS_4).difference == -1
    assert diary_based(days({**calm, 8: 9, 20: 9}), WEEKS_4).difference == 0
    assert diary_based(days({**calm, 21: 9}), WEEKS_4).difference == 1


def test_an_interval_whose_windows_would_share_a_day_is_too_short() -> None:
    assert diary_based(days(steady(2, 6, 8, 14), 14), 14).why == (Reason.TOO_SHORT,)
    assert diary_based(days(steady(2, 6, 8, 15), 15), 15).wearing_off is True


def test_an_open_interval_is_not_assessable_yet_but_shows_its_first_week() -> None:
    ongoing = [replace(day, days_before_actual=None) for day in days(steady(2, 6, 21))]
    result = diary_based(ongoing, None)
    assert (result.why, result.first_mean, result.last_mean) == ((Reason.OPEN_INTERVAL,), 2, None)
    assert result.wearing_off is None


def test_complaints_that_came_and_went_begin_at_the_last_start() -> None:
    ratings = {**steady(2, 6, 18), 23: 2.0}
    assert diary_based(days(ratings), WEEKS_4).onset_day == 24


def test_complaints_gone_on_the_day_before_the_dose_have_no_onset() -> None:
    result = diary_based(days({**steady(2, 6, 18), 27: 2.0}), WEEKS_4)
    assert (result.wearing_off, result.onset_day, result.onset_days_before_dose) == (True, None, None)


def test_a_report_on_the_day_of_the_next_dose_does_not_undo_the_onset() -> None:
    assert diary_based(days({**steady(2, 6, 21), 28: 2.0}), WEEKS_4).onset_day == 21


def test_relief_that_was_never_rated_is_not_made_up() -> None:
    assert diary_based(days(steady(2, 6, 21)), WEEKS_4).relief_days is None
    assert diary_based(days(steady(2, 6, 21)), WEEKS_4, days({1: 6, 5: 6})).relief_days is None


def test_days_with_fever_are_counted_and_left_out_only_when_asked() -> None:
    ill = days({**steady(2, 2, 21), 25: 10.0, 26: 10.0}, flagged=frozenset({12, 25, 26}))
    kept = diary_based(ill, WEEKS_4)
    left_out = diary_based(ill, WEEKS_4, settings=Settings(leave_out_flagged=True))
    assert (kept.wearing_off, kept.n_last, kept.n_flagged) == (True, 7, 2)
    assert (left_out.wearing_off, left_out.n_last, left_out.n_flagged) == (False, 5, 2)


def test_several_entries_on_a_day_are_one_day_with_their_mean_and_any_flag() -> None:
    told = [RatedDay(3, 25, 2.0), RatedDay(1, 27, 5.0), RatedDay(3, 25, 4.0, flagged=True)]
    assert by_day(told) == (RatedDay(1, 27, 5.0), RatedDay(3, 25, 3.0, flagged=True))
    assert by_day(by_day(told)) == by_day(told)


@pytest.mark.parametrize("wrong", [{"threshold": 0}, {"min_rated_days": 0}, {"window_days": 2}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ClinicError):
        Settings(**wrong)  # type: ignore[arg-type]  # several fields, one table


def test_the_summary_counts_only_what_could_be_assessed_and_says_why_not() -> None:
    felt, calm = diary_based(days(steady(2, 6, 21)), 28), diary_based(days(steady(2, 2, 21)), 28)
    counts = summary([felt, calm, diary_based([], 28), diary_based([], None)])
    assert (counts.n, counts.n_assessable, counts.n_wearing_off) == (4, 2, 1)
    assert counts.n_not_assessable[Reason.TOO_FEW_FIRST_DAYS] == 2
    assert counts.n_not_assessable[Reason.OPEN_INTERVAL] == 1
    assert Reason.TOO_SHORT not in counts.n_not_assessable


def told(**answers: object) -> RecallResult:
    return recall(check(form("end-of-interval"), answers, completed=True).answers)


def test_a_hundred_recalled_intervals_give_the_table_of_ratchford_2014() -> None:
    now = [
        told(
            ever_experienced="yes",
            experienced="yes",
            onset_days_before_dose=7 + spread,
            resolved_days_after_dose=1,
        )
        for spread in range(-3, 4)
    ]
    forms = now * 8 + now[3:4]
    forms += [told(ever_experienced="yes", experienced="no")] * 10
    forms += [told(ever_experienced="no", experienced="no")] * 33
    assert [sum(one.group is group for one in forms) for group in Group] == [57, 10, 33]
    assert median(day for one in forms if (day := one.onset_day(28)) is not None) == 21
    assert median(one.relief_days for one in forms if one.relief_days is not None) == 1


def test_what_was_not_asked_is_not_inferred_from_what_was() -> None:
    felt = told(experienced="yes")
    assert (felt.ever, felt.frequency, felt.relief_days, felt.not_resolved) == (None, None, None, None)
    assert told(experienced="no").group is None
    assert told(experienced="no", ever_experienced="unsure").group is None
    assert told(experienced="unsure", ever_experienced="no").group is None
    assert told(experienced="unsure", ever_experienced="yes").group is None


def test_an_onset_recalled_from_before_the_interval_has_no_day_in_it() -> None:
    assert told(experienced="yes", onset_days_before_dose=28).onset_day(28) == 0
    assert told(experienced="yes", onset_days_before_dose=29).onset_day(28) is None
    assert told(experienced="yes", onset_days_before_dose=7).onset_day(None) is None


def test_diary_and_recall_carry_their_own_label() -> None:
    assert (diary_based([], 28).instrument, told(experienced="no").instrument) == ("diary", "recall")
