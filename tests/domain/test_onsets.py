"""Onsets: when wearing-off began, in bands and as a curve, diary and recall each by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.onsets import Band, Onset, band, diary_observations, onsets, recall_observations
from backend.domain.recall import RecallResult
from backend.domain.spans import Span, spans
from backend.domain.statistics import Quartiles, wilson
from backend.domain.survival import Observation
from backend.domain.wearing_off import RatedDay, Settings
from tests.factories.spans import dosed, felt, form, rated, weekly


def diary(*onset: int | None, weeks: int = 4) -> tuple[Span, ...]:
    """Return intervals rated every day, with wearing-off from a day on; None is one without."""
    days = {number: rated(7 * weeks, 0 if day is None else 3, onset=day) for number, day in enumerate(onset, start=1)}
    return spans(weekly(*[weeks] * len(onset)), days, {})


def recalled(*told: RecallResult, weeks: int = 4) -> tuple[Span, ...]:
    """Return intervals with a form each."""
    return spans(weekly(*[weeks] * len(told)), {}, {number: [one] for number, one in enumerate(told, start=1)})


def bands(made: Onset) -> list[int]:
    return [one.share.k for one in made.bands]


@pytest.mark.parametrize(
    ("days", "name"), [(0, "lt_1wk"), (6, "lt_1wk"), (7, "wk1_4"), (28, "wk1_4"), (29, "gt_4wk"), (180, "gt_4wk")]
)
def test_the_bands_meet_at_a_week_and_at_four(days: int, name: str) -> None:
    assert band(days).value == name


def test_the_diary_gives_onset_bands_quartiles_and_the_curve() -> None:
    made = onsets([diary(22, 24, None), diary(30, 8, weeks=6)]).diary
    assert (made.instrument, made.n, made.n_wearing_off, made.n_unknown) == ("diary", 5, 4, 0)
    assert bands(made) == [2, 1, 1]
    assert [one.share for one in made.bands] == [wilson(2, 4), wilson(1, 4), wilson(1, 4)]
    assert made.onset_day == Quartiles(4, 18.5, 23, 25.5)
    assert made.days_before_dose == Quartiles(4, 5.5, 9, 17.5)
    assert [(step.day, step.at_risk, step.events, step.censored) for step in made.curve.steps] == [
        (8, 5, 1, 0),
        (22, 4, 1, 0),
        (24, 3, 1, 0),
        (28, 2, 0, 1),
        (30, 1, 1, 0),
    ]
    assert made.curve.median == 24


def test_an_onset_nobody_saw_is_counted_and_the_dose_ends_the_looking() -> None:
    days = [*rated(28, 3), RatedDay(27, 1, -1.0)]  # the mean of the last day falls below again
    told = spans(weekly(4), {1: days}, {})
    assert (told[0].diary.wearing_off, told[0].diary.onset_day) == (True, None)
    made = onsets([told]).diary
    assert (made.n, made.n_wearing_off, made.n_unknown, bands(made)) == (1, 1, 1, [0, 0, 0])
    assert made.onset_day is None
    assert diary_observations(told) == (Observation(28, event=False),)


def test_intervals_the_diary_cannot_judge_are_in_neither_the_bands_nor_the_curve() -> None:
    told = felt(weekly(4, 4), [None, 0])
    assert diary_observations(told) == (Observation(28, event=False),)
    assert onsets([told]).diary.n == 1


def test_recall_takes_the_band_as_told_else_that_of_the_day_and_never_a_day_from_a_band() -> None:
    made = onsets(
        [
            recalled(
                form("yes", 3),
                form("yes", 7),
                form("yes", band="gt_4wk"),
                form("yes"),
                form("no"),
                form("unsure"),
                form("yes", 28, "gt_4wk"),
                weeks=5,
            )
        ]
    ).recall
    assert (made.instrument, made.n, made.n_wearing_off, made.n_unknown) == ("recall", 6, 5, 1)
    assert bands(made) == [1, 1, 2]
    assert made.days_before_dose == Quartiles(3, 5, 7, 17.5)
    assert made.onset_day == Quartiles(3, 17.5, 28, 30)


def test_the_curve_of_recall_holds_who_said_no_and_whose_day_is_known() -> None:
    told = recalled(form("yes", 7), form("yes", band="lt_1wk"), form("no"), form("unsure"), form("yes", 29))
    assert recall_observations(told) == (Observation(21, event=True), Observation(28, event=False))
    still_open = spans(dosed([]), {}, {1: [form("no")]})
    assert recall_observations(still_open) == ()


def test_of_several_forms_the_newest_is_what_was_said() -> None:
    told = spans(weekly(4), {}, {1: [form("no"), form("yes", 2)]})
    assert recall_observations(told) == (Observation(26, event=True),)


def test_diary_and_recall_are_never_merged() -> None:
    told = spans(weekly(4), {1: rated(28, 0)}, {1: [form("yes", 5)]})
    made = onsets([told])
    assert (made.diary.n_wearing_off, made.recall.n_wearing_off) == (0, 1)
    assert (made.diary.curve.n_events, made.recall.curve.n_events) == (0, 1)


def test_ratchfords_hundred_give_the_printed_median_day_21() -> None:
    current = [form("yes", 7 + spread) for spread in range(-3, 4)]
    made = onsets([recalled(*current * 8, form("yes", 7), *[form("no")] * 43)]).recall
    assert made.onset_day is not None
    assert (made.n, made.n_wearing_off, made.onset_day.median) == (100, 57, 21)


def test_toorops_bands_give_the_printed_shares() -> None:
    told = [form("yes", band=name) for name, k in (("lt_1wk", 13), ("wk1_4", 57), ("gt_4wk", 43)) for _ in range(k)]
    made = onsets([recalled(*told, *[form("yes")] * 4, weeks=26)]).recall
    assert (made.n_wearing_off, made.n_unknown) == (117, 4)
    assert [f"{k / made.n_wearing_off:.0%}" for k in bands(made)] == ["11%", "49%", "37%"]


@given(st.lists(st.integers(8, 40) | st.none(), max_size=10))
def test_every_judged_interval_is_in_the_curve_once_and_in_at_most_one_band(onset: list[int | None]) -> None:
    made = onsets([diary(*onset, weeks=6)]).diary
    assert made.curve.n == made.n == len(onset)
    assert sum(bands(made)) + made.n_unknown == made.n_wearing_off == made.curve.n_events
    assert {one.share.n for one in made.bands} == {made.n_wearing_off - made.n_unknown}


def test_the_settings_used_are_told_with_the_numbers() -> None:
    used = Settings(threshold=2.5)
    made = onsets([felt(weekly(4), [2], used)], used, level=0.9)
    assert (made.settings, made.diary.n_wearing_off, made.diary.curve.level) == (used, 0, 0.9)
    assert "plus 2.5" in made.definition
    assert [one.band for one in made.recall.bands] == list(Band)
