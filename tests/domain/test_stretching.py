"""Stretching: which intervals are compared, what they say, and why they say nothing."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from backend.domain.comparisons import mcnemar_exact
from backend.domain.errors import ClinicError
from backend.domain.regimens import Route
from backend.domain.stretched import Pattern, Unclear, stretched
from backend.domain.stretching import Period, Rule, State, Stretching, Why, compare, stretching
from backend.domain.wearing_off import Settings
from tests.factories.spans import felt, weekly

RISES = st.lists(st.tuples(st.integers(4, 8), st.sampled_from([None, 0.0, 0.5, 1.0, 2.0, 4.0])), max_size=16)
PERIODS = st.builds(Period, st.just(4), st.just(()), st.just(2), st.just(1), st.booleans(), st.floats(-5, 5), st.none())


def patient(weeks: Sequence[int | None], rises: Sequence[float | None], **told: Settings | Rule) -> Stretching:
    return stretching(felt(weekly(*weeks), rises), **told)  # type: ignore[arg-type]  # either, by name


def intervals(made: Stretching) -> list[tuple[int, ...] | None]:
    return [None if one is None else one.intervals for one in (made.earlier, made.before, made.after)]


def test_the_last_three_at_the_old_length_stand_against_the_first_three_at_the_new() -> None:
    made = patient([4] * 8 + [6] * 5, [0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0])
    assert intervals(made) == [(3, 4, 5), (6, 7, 8), (9, 10, 11)]
    assert (made.old_weeks, made.new_weeks, made.stretched_on) == (4, 6, weekly(*[4] * 8).days[8])
    assert (made.state, made.why, made.passed_over) == (State.NEW, (), 0)
    assert made.after == Period(6, (9, 10, 11), 3, 2, wearing_off=True, mean_difference=2, median_onset_day=35)
    assert made.before == Period(4, (6, 7, 8), 3, 0, wearing_off=False, mean_difference=0, median_onset_day=None)


@pytest.mark.parametrize(
    ("before", "after", "state"),
    [
        ([0, 0, 0], [3, 3, 0], State.NEW),
        ([3, 3, 0], [0, 0, 3], State.BETTER),
        ([0, 0, 0.5], [0.5, 0, 0], State.SAME),
        ([2, 2, 2], [2.9, 2.9, 2.9], State.SAME),
        ([2, 2, 2], [3, 3, 3], State.WORSE),
        ([4, 3, 2], [2, 2, 2], State.BETTER),
        ([4, 3, 2], [2.1, 2, 2], State.SAME),
        ([0, None, 3], [0, 0, 3], State.BETTER),
    ],
    ids=["no-yes", "yes-no", "no-no", "a little", "a point more", "a point less", "almost", "half is enough"],
)
def test_the_state_follows_from_both_periods(before: list[float], after: list[float], state: State) -> None:
    assert patient([4] * 3 + [6] * 3, [*before, *after]).state is state


def test_the_threshold_is_that_of_the_settings() -> None:
    line, rises = weekly(4, 4, 4, 6, 6, 6), [2, 2, 2, 3, 3, 3]
    assert stretching(felt(line, rises)).state is State.WORSE
    used = Settings(threshold=1.5)
    made = stretching(felt(line, rises, used), used)
    assert (made.state, made.settings) == (State.SAME, used)
    assert "from 1.5 point(s)" in made.definition


@pytest.mark.parametrize(
    ("weeks", "rises", "why"),
    [
        ([4, 4, 4], [1, 1, 1], [Why.NEVER_STRETCHED]),
        ([8, 6, 4], [1, 1, 1], [Why.NEVER_STRETCHED]),
        ([], [], [Why.NEVER_STRETCHED]),
        ([4, 6, 6], [1, 1, 1], [Why.TOO_FEW_BEFORE]),
        ([4, 4, 4, 6, 6], [None, None, 1, 1, 1], [Why.TOO_FEW_BEFORE]),
        ([4, 4, 6], [1, 1, 1], [Why.TOO_FEW_AFTER]),
        ([4, 4, 6, 6, 6], [1, 1, 1, None, None], [Why.TOO_FEW_AFTER]),
        ([4, 4, 6, 4, 4], [1, 1, 1, 1, 1], [Why.NOT_KEPT]),
        ([4, 4, 6, 6, 4], [1, 1, None, 1, 1], [Why.TOO_FEW_AFTER]),
        ([4, 6], [1, 1], [Why.TOO_FEW_BEFORE, Why.TOO_FEW_AFTER]),
        ([None, None, 6, 6], [1, 1, 1, 1], [Why.NEVER_STRETCHED]),
    ],
)
def test_it_says_why_nothing_can_be_said(weeks: list[int | None], rises: list[float | None], why: list[Why]) -> None:
    made = patient(weeks, rises)
    assert (made.state, list(made.why)) == (State.NOT_ASSESSABLE, why)
    assert made.returned is None


def test_a_length_passed_too_quickly_to_judge_is_passed_over() -> None:
    made = patient([4, 4, 4, 5, 6, 6, 6], [0, 0, 0, 3, 3, 3, 3])
    assert (made.old_weeks, made.new_weeks, made.passed_over) == (4, 6, 1)
    assert intervals(made)[1:] == [(1, 2, 3), (5, 6, 7)]


def test_of_steps_each_kept_the_first_is_compared() -> None:
    made = patient([4] * 3 + [5] * 3 + [6] * 3, [0] * 3 + [0] * 3 + [3] * 3)
    assert (made.old_weeks, made.new_weeks, made.state) == (4, 5, State.SAME)


def test_when_too_little_is_known_of_the_first_step_the_next_that_can_be_judged_is_taken() -> None:
    made = patient([4] * 2 + [5] * 3 + [6] * 3, [None] * 2 + [0] * 3 + [3] * 3)
    assert (made.old_weeks, made.new_weeks, made.state) == (5, 6, State.NEW)


def test_a_try_that_was_given_up_does_not_hide_a_later_one_that_was_kept() -> None:
    made = patient([4, 4, 6, 4, 4, 4, 5, 5, 5], [0, 0, 3, 0, 0, 0, 3, 3, 0])
    assert (made.old_weeks, made.new_weeks, made.state) == (4, 5, State.NEW)
    assert intervals(made) == [None, (4, 5, 6), (7, 8, 9)]


def test_another_drug_or_intervals_without_whole_weeks_begin_anew() -> None:
    rises = [1.0] * 6
    assert patient([4, 4, None, 6, 6, 6], rises).why == (Why.NEVER_STRETCHED,)
    drugs = ["natalizumab_iv"] * 3 + ["ocrelizumab_iv"] * 4
    made = stretching(felt(weekly(4, 4, 4, 24, 24, 24, drugs=drugs), rises))
    assert made.why == (Why.NEVER_STRETCHED,)


def test_going_from_infusion_to_injection_is_no_other_drug_and_is_told() -> None:
    drugs = ["natalizumab_iv"] * 3 + ["natalizumab_sc"] * 4
    routes = [Route.IV] * 3 + [Route.SC] * 4
    line = weekly(4, 4, 4, 6, 6, 6, drugs=drugs, routes=routes)
    made = stretching(felt(line, [0] * 6))
    assert (made.state, made.route_switch) == (State.SAME, True)
    assert patient([4] * 3 + [6] * 3, [0] * 6).route_switch is False


def test_a_good_spell_before_and_the_usual_after_shows_as_returned() -> None:
    made = patient([4] * 6 + [6] * 3, [3, 3, 3, 0, 0, 0, 3, 3, 3])
    assert (made.state, made.earlier_to_before, made.against_earlier) == (State.NEW, State.BETTER, State.SAME)
    assert made.returned is True


@pytest.mark.parametrize(
    ("earlier", "returned"), [([0, 0, 0], False), ([3, 3, 3], True), ([3], None), ([None, 3], None), ([], None)]
)
def test_whether_it_returned_needs_enough_of_the_time_before(earlier: list[float], returned: bool | None) -> None:
    made = patient([4] * (len(earlier) + 3) + [6] * 3, [*earlier, 0, 0, 0, 3, 3, 3])
    assert (made.state, made.returned) == (State.NEW, returned)


def test_a_patient_who_stays_the_same_has_not_returned() -> None:
    assert patient([4] * 6 + [6] * 3, [0] * 9).returned is False


def test_a_change_from_what_was_usual_has_not_returned() -> None:
    made = patient([4] * 6 + [6] * 3, [2] * 3 + [2.9] * 3 + [1.9] * 3)
    assert (made.state, made.earlier_to_before, made.against_earlier) == (State.BETTER, State.SAME, State.SAME)
    assert made.returned is False


@given(RISES)
def test_what_is_compared_lies_in_order_at_two_lengths_and_is_assessable_or_says_why(
    told: list[tuple[int, float | None]],
) -> None:
    made = patient([weeks for weeks, _ in told], [rise for _, rise in told])
    assert (made.state is State.NOT_ASSESSABLE) is bool(made.why)
    used = [number for one in intervals(made) for number in one or ()]
    assert used == sorted(set(used))
    assert all(told[number - 1][0] == made.old_weeks for one in intervals(made)[:2] for number in one or ())
    if made.before and made.after:
        assert made.old_weeks == made.before.weeks < made.after.weeks == made.new_weeks
        assert made.after.intervals[0] - made.before.intervals[-1] == made.passed_over + 1
        enough = min(made.before.n_assessable, made.after.n_assessable) >= made.rule.needed
        assert enough is (made.state is not State.NOT_ASSESSABLE)


@given(PERIODS, PERIODS)
def test_better_one_way_is_worse_or_new_the_other(first: Period, second: Period) -> None:
    there, back = compare(first, second, 1.0), compare(second, first, 1.0)
    assert (there is State.SAME) is (back is State.SAME)
    assert (there is State.BETTER) is (back in {State.WORSE, State.NEW})
    assert compare(first, first, 1.0) is State.SAME


def test_rules_that_make_no_sense_are_refused() -> None:
    for wrong in ((3, 4), (0, 0), (3, 0)):
        with pytest.raises(ClinicError, match="out-of-bounds"):
            Rule(*wrong)
    with pytest.raises(ClinicError, match="out-of-bounds"):
        Rule(alpha=1)
    strict = Rule(count=2, needed=2)
    assert patient([4] * 3 + [6] * 3, [0] * 6, rule=strict).before == Period(4, (2, 3), 2, 0, False, 0, None)


def cohort(*told: tuple[Sequence[float | None], int]) -> list[Stretching]:
    """Return so many patients with these rises in six intervals of 4 weeks and three of 6."""
    return [patient([4] * 6 + [6] * 3, rises) for rises, n in told for _ in range(n)]


def test_the_cohort_counts_states_reasons_and_pairs() -> None:
    new, better, calm = [0] * 6 + [3] * 3, [3] * 6 + [0] * 3, [0] * 9
    thin: list[float | None] = [*[0] * 6, None, None, 3]
    made = stretched([*cohort((new, 8), (better, 1), (calm, 3), (thin, 2)), patient([4, 4], [1, 1])])
    assert (made.n, made.before_after.n) == (15, 12)
    assert made.counts == {
        State.BETTER: 1, State.SAME: 3, State.WORSE: 0, State.NEW: 8, State.NOT_ASSESSABLE: 3,
    }  # fmt: skip
    assert made.not_assessable == {Why.NEVER_STRETCHED: 1, Why.TOO_FEW_AFTER: 2}
    assert (made.before_after.n_first, made.before_after.n_second) == (1, 8)
    assert made.before_after.mcnemar == mcnemar_exact(8, 1)
    assert made.before_after.differences.p == stats.wilcoxon([3.0] * 8 + [-3.0] + [0.0] * 3).pvalue
    assert made.before_after.onsets.p is None


def test_onsets_are_tested_in_those_who_have_one_in_both_periods() -> None:
    told = cohort(([3] * 9, 12), ([0] * 6 + [3] * 3, 4))
    made = stretched(told).before_after
    assert (made.onsets.n, made.onset_change and made.onset_change.median) == (12, 14)
    assert (made.differences.n, made.differences.n_zero) == (4, 12)


@pytest.mark.parametrize(
    ("told", "pattern", "why"),
    [
        ([([0] * 6 + [3] * 3, 12)], Pattern.EARLIER, []),
        ([([3] * 6 + [0] * 3, 12)], Pattern.LESS, []),
        ([([3] * 9, 12)], Pattern.NO_CHANGE, []),
        ([([3] * 3 + [0] * 3 + [3] * 3, 12)], Pattern.REGRESSION, []),
        ([([0] * 3 + [3] * 3 + [0] * 3, 12)], Pattern.REGRESSION, []),
        ([([0] * 6 + [3] * 3, 9)], Pattern.NOT_ASSESSABLE, [Unclear.TOO_FEW_PATIENTS]),
        ([([None] * 3 + [0] * 3 + [3] * 3, 12)], Pattern.NOT_ASSESSABLE, [Unclear.TOO_FEW_EARLIER]),
        ([([1.5] * 3 + [0] * 3 + [3] * 3, 6), ([4.5] * 3 + [3.1] * 3 + [4] * 3, 6)], Pattern.REGRESSION, []),
    ],
)
def test_the_pattern_follows_from_all_three_comparisons(
    told: list[tuple[list[float | None], int]], pattern: Pattern, why: list[Unclear]
) -> None:
    made = stretched(cohort(*told))
    assert (made.pattern, list(made.pattern_why)) == (pattern, why)


def test_an_unsure_change_is_called_unclear_and_disagreeing_tests_are_told() -> None:
    told = cohort(([2] * 3 + [0] * 3 + [2] * 3, 4), ([0] * 6 + [2] * 3, 4), ([0] * 9, 4))
    made = stretched(told)
    assert (made.pattern, list(made.pattern_why)) == (Pattern.NOT_ASSESSABLE, [Unclear.AGAINST_EARLIER])
    earlier_but_less = [
        replace(
            one,
            before=replace(one.before, mean_difference=4.0, median_onset_day=20.0),
            after=replace(one.after, mean_difference=2.0, median_onset_day=14.0),
        )
        for one in cohort(([3] * 9, 12))
        if one.before and one.after
    ]
    made = stretched(earlier_but_less)
    assert (made.pattern, list(made.pattern_why)) == (Pattern.NOT_ASSESSABLE, [Unclear.TESTS_DISAGREE])


def test_each_of_both_tests_has_half_of_alpha() -> None:
    told = cohort(([0] * 6 + [3] * 3, 6), ([0] * 9, 6))
    made = stretched(told)
    assert (made.before_after.differences.p, made.pattern) == (2 / 2**6, Pattern.NO_CHANGE)
    assert stretched(told, rule=Rule(alpha=0.1)).pattern is Pattern.EARLIER


def test_nobody_is_a_cohort_without_a_pattern() -> None:
    made = stretched([])
    assert (made.n, made.pattern, made.before_after.change) == (0, Pattern.NOT_ASSESSABLE, None)
    assert made.before_after.mcnemar.p == 1
