"""Extension: extended or not by three definitions, with why not to say, and the doses it saved."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.extension import Avoided, Extension, Why, avoided, extension
from backend.domain.linking import Chain
from backend.domain.regimens import Route
from tests.factories.spans import START, dosed

OCRELIZUMAB = "ocrelizumab_iv"
LENGTHS = st.lists(st.integers(1, 120), max_size=30)


def every(weeks: int, n: int, *, then: int = 0) -> tuple[Chain, date]:
    """Return a chain of doses every so many weeks, and the day so many days after the last."""
    line = dosed([7 * weeks] * n)
    return line, line.days[-1] + timedelta(then)


def why(made: Extension) -> tuple[list[str], list[str], list[str]]:
    verdicts = (made.by_infusions, made.by_mean, made.by_delay)
    first, second, third = ([one.value for one in verdict.why] for verdict in verdicts)
    return first, second, third


@pytest.mark.parametrize(
    ("weeks", "infusions", "extended", "by_mean"),
    [(4, 20, False, False), (5, 16, False, True), (6, 13, True, True), (8, 10, True, True)],
)
def test_regular_doses_are_extended_by_the_infusions_and_by_the_mean(
    weeks: int, infusions: int, extended: bool, by_mean: bool
) -> None:
    made = extension(*every(weeks, 40))
    assert (made.by_infusions.extended, made.infusions_18m, made.by_infusions.value) == (extended, infusions, infusions)
    assert (made.by_mean.extended, made.mean_weeks) == (by_mean, weeks)
    assert why(made) == ([], [], ["other-drug"])
    assert made.by_delay.extended is None


def test_fifteen_infusions_in_18_months_are_extended_and_sixteen_are_not() -> None:
    on = date(2026, 1, 1)  # 18 months back is 1 July 2024, of which the dose no longer counts
    days = [date(2024, 7, 1), *(date(2024, 7, 22) + timedelta(35 * k) for k in range(16))]
    sixteen = dosed([(after - before).days for before, after in pairwise(days)], start=days[0])
    fifteen = dosed([(after - before).days for before, after in pairwise(days[:-1])], start=days[0])
    assert (extension(fifteen, on).by_infusions.value, extension(fifteen, on).by_infusions.extended) == (15, True)
    assert (extension(sixteen, on).by_infusions.value, extension(sixteen, on).by_infusions.extended) == (16, False)


def test_under_18_months_on_the_drug_nothing_is_said_of_the_infusions() -> None:
    made = extension(dosed([42] * 13), START + timedelta(42 * 13))  # one day short of 18 months
    assert why(made)[0] == ["under-18-months"]
    assert (made.by_infusions.extended, made.infusions_18m) == (None, 14)
    assert made.by_mean.extended is True
    assert why(extension(dosed([42] * 13), date(2024, 7, 2)))[0] == []


@pytest.mark.parametrize(("days", "reason"), [(20, "interval-under-3-weeks"), (85, "interval-over-12-weeks")])
def test_an_interval_outside_three_to_twelve_weeks_drops_the_patient(days: int, reason: str) -> None:
    made = extension(dosed([42] * 14 + [days]), START + timedelta(42 * 14 + days))
    assert (why(made)[0], made.by_infusions.extended) == ([reason], None)
    assert made.by_mean.extended is True
    inside = extension(dosed([42] * 14 + [21, 84]), START + timedelta(42 * 14 + 105))
    assert why(inside)[0] == []


def test_an_odd_interval_drops_the_patient_only_while_it_lies_within_the_18_months() -> None:
    line = dosed([85] + [42] * 20)
    assert why(extension(line, START + timedelta(85 + 42 * 12)))[0] == ["interval-over-12-weeks"]
    assert why(extension(line, START + timedelta(85 + 42 * 14)))[0] == []


def test_waiting_over_twelve_weeks_for_the_next_dose_counts_as_such_an_interval() -> None:
    line, _ = every(6, 20)
    assert why(extension(line, line.days[-1] + timedelta(84)))[0] == []
    assert why(extension(line, line.days[-1] + timedelta(85)))[0] == ["interval-over-12-weeks"]


def test_five_weeks_on_average_are_extended_and_a_day_less_in_all_is_not() -> None:
    made, less = (
        extension(dosed([28, 42, 35]), START + timedelta(105)),
        extension(dosed([28, 42, 34]), date(2024, 1, 1)),
    )
    assert (made.by_mean.extended, made.mean_weeks) == (True, 5)
    assert less.by_mean.extended is False
    assert less.mean_weeks == pytest.approx(104 / 21)


def test_the_mean_looks_two_years_back() -> None:
    line = dosed([28] * 26 + [42] * 18)  # two years of six weeks after two of four
    assert extension(line, line.days[-1]).mean_weeks == 6


def test_one_interval_makes_no_mean() -> None:
    made = extension(dosed([42]), START + timedelta(50))
    assert (made.by_mean.extended, made.mean_weeks, why(made)[1]) == (None, 6, ["too-few-intervals"])


def test_who_stopped_or_was_given_another_drug_is_not_classified() -> None:
    stopped = extension(dosed([42] * 20, stopped=True), START + timedelta(42 * 20 + 7))
    assert why(stopped) == (["stopped"], ["stopped"], ["other-drug"])
    switched = dosed([42] * 20 + [28], drugs=["natalizumab_iv"] * 21 + [OCRELIZUMAB])
    made = extension(switched, START + timedelta(42 * 20 + 40))
    assert why(made) == (["other-drug"], ["other-drug"], ["too-few-intervals"])
    assert (made.infusions_18m, made.mean_weeks) == (None, None)


def test_an_injection_goes_on_where_the_infusions_ended() -> None:
    drugs = ["natalizumab_iv"] * 11 + ["natalizumab_sc"] * 10
    line = dosed([42] * 20, drugs=drugs, routes=[Route.IV] * 11 + [Route.SC] * 10)
    assert extension(line, line.days[-1]) == extension(dosed([42] * 20), line.days[-1])


def ocrelizumab(*days: int) -> Chain:
    return dosed(list(days), [None] * len(days), OCRELIZUMAB, open_weeks=None)


@pytest.mark.parametrize(("late", "extended"), [(27, False), (28, True), (-10, False)])
def test_ocrelizumab_four_weeks_beyond_six_months_is_extended(late: int, extended: bool) -> None:
    line = ocrelizumab(181 + late)  # 2 January to 2 July 2023 is 181 days
    made = extension(line, line.days[-1]).by_delay
    assert (made.extended, made.value, made.why) == (extended, late / 7, ())


def test_a_delay_counts_for_a_year_and_one_that_still_grows_counts_too() -> None:
    line = ocrelizumab(220, 181, 181, 181)
    assert extension(line, line.days[1] + timedelta(360)).by_delay.extended is True
    assert extension(line, line.days[1] + timedelta(370)).by_delay.extended is False
    waiting = ocrelizumab(181)
    assert extension(waiting, date(2024, 1, 29)).by_delay.extended is False
    assert extension(waiting, date(2024, 1, 30)).by_delay.extended is True
    assert why(extension(ocrelizumab(), date(2023, 7, 1)))[2] == ["too-few-intervals"]


def test_every_verdict_names_its_source_and_the_numbers_it_used() -> None:
    made = extension(*every(6, 20))
    sources = [verdict.source for verdict in (made.by_infusions, made.by_mean, made.by_delay)]
    assert all(part in one for part, one in zip(["93:e1452", "PMC7007494", "PMC8362352"], sources, strict=True))
    assert "at most 15 natalizumab doses in the last 18 months" in made.definition
    stricter = extension(*every(6, 20), replace(made.rules, max_infusions=10))
    assert stricter.by_infusions.extended is False
    assert "at most 10" in stricter.definition


def test_doses_after_the_day_asked_about_do_not_count() -> None:
    line, _ = every(6, 40)
    on = line.days[20] + timedelta(3)
    known = dosed([42] * 20)
    assert (extension(line, on), avoided(line, on)) == (extension(known, on), avoided(known, on))


def test_a_patient_without_any_dose_is_not_classified() -> None:
    assert why(extension(Chain((), (), ()), START)) == ([Why.OTHER_DRUG], [Why.OTHER_DRUG], [Why.OTHER_DRUG])
    assert avoided(Chain((), (), ()), START) is None
    assert avoided(ocrelizumab(181), date(2026, 1, 1)) is None


@pytest.mark.parametrize(("weeks", "saved"), [(4, 0), (6, 13 - 9), (8, 13 - 7), (3, 13 - 17)])
def test_a_year_of_doses_saves_what_four_weekly_ones_would_have_been_more(weeks: int, saved: int) -> None:
    line = dosed([7 * weeks] * (48 // weeks))
    made = avoided(line, START + timedelta(48 * 7))
    assert made == Avoided(saved, 13, 13 - saved, 336, 0, 28, START + timedelta(336))


@pytest.mark.parametrize("then", [0, 27, 28, 29, 60, 120])
def test_the_running_interval_saves_nothing_until_a_dose_closes_it(then: int) -> None:
    regular, on = every(4, 6, then=then)
    made = avoided(regular, on)
    assert made is not None
    assert (made.expected, made.given, made.avoided, made.days, made.n_pauses) == (7, 7, 0, 168, 0)
    assert avoided(dosed([28] * 6, stopped=True), on) == made


def test_a_long_interval_counts_from_the_day_its_dose_is_given() -> None:
    line = dosed([42, 42])
    waiting, given = (avoided(line, line.days[-1] + timedelta(days)) for days in (-1, 0))
    assert waiting is not None
    assert given is not None
    assert (waiting.expected, waiting.given, waiting.avoided, waiting.days) == (2, 2, 0, 42)
    assert (given.expected, given.given, given.avoided, given.days) == (4, 3, 1, 84)


@pytest.mark.parametrize(
    ("lengths", "saved"),
    [([25], 0), ([24], -1), ([27, 28, 29], 0), ([27] * 4, -1), ([31] * 8, 0), ([32] * 8, 1), ([53], 1), ([52], 0)],
)
def test_a_dose_up_to_three_days_early_is_no_extra_one(lengths: list[int], saved: int) -> None:
    made = avoided(dosed(lengths), START + timedelta(sum(lengths)))
    assert made is not None
    assert (made.avoided, made.given) == (saved, len(lengths) + 1)


def test_a_pause_of_over_twelve_weeks_saves_nothing() -> None:
    made = avoided(dosed([42, 200, 42]), START + timedelta(284))
    assert made is not None
    assert (made.avoided, made.expected, made.given, made.days, made.n_pauses) == (0, 4, 4, 84, 1)


def test_the_time_on_another_drug_saves_nothing_and_coming_back_starts_anew() -> None:
    drugs = ["natalizumab_iv", "natalizumab_iv", OCRELIZUMAB, "natalizumab_iv", "natalizumab_iv"]
    made = avoided(dosed([56, 40, 181, 56], drugs=drugs), START + timedelta(56 + 40 + 181 + 56))
    assert made is not None
    assert (made.expected, made.given, made.avoided, made.days, made.n_pauses) == (6, 4, 2, 112, 0)


@given(LENGTHS, st.integers(0, 100))
def test_every_dose_is_counted_once_and_only_closed_intervals_are(lengths: list[int], then: int) -> None:
    line = dosed(lengths)
    made = avoided(line, line.days[-1] + timedelta(then))
    assert made is not None
    assert made.given == len(lengths) + 1
    assert made.avoided == made.expected - made.given
    assert made.n_pauses == sum(days > 84 for days in lengths)
    assert made.days == sum(days for days in lengths if days <= 84)


@given(st.lists(st.integers(-1, 1), min_size=1, max_size=40), st.integers(0, 200))
def test_four_weekly_doses_save_none_though_each_is_a_day_early_or_late(moved: list[int], then: int) -> None:
    days = [START + timedelta(28 * index + off) for index, off in enumerate(moved)]
    line = dosed([(after - before).days for before, after in pairwise(days)], start=days[0])
    made = avoided(line, days[-1] + timedelta(then))
    assert made is not None
    assert made.avoided == 0


def test_the_doses_avoided_say_how_they_are_counted() -> None:
    made = avoided(dosed([42, 42]), START + timedelta(84))
    assert made is not None
    assert "up to the last given dose" in made.definition
    assert "every 28 days" in made.definition
    assert "up to 3 days early" in made.definition
