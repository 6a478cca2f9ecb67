"""Survival: Kaplan-Meier as statsmodels and SciPy have it, as printed, and as worked out by hand."""

import warnings
from math import exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight

from backend.domain.quantiles import two_sided
from backend.domain.survival import Curve, Observation, Step, kaplan_meier

TOLD = st.lists(st.builds(Observation, st.integers(0, 63), st.booleans()), min_size=1, max_size=80)
LEUKAEMIA = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"  # 6-MP arm, Freireich 1963


def seen(text: str) -> list[Observation]:
    return [Observation(int(one.rstrip("+")), not one.endswith("+")) for one in text.split()]


def changes(curve: Curve) -> list[Step]:
    return [step for step in curve.steps if step.events]


@given(TOLD)
def test_shares_counts_and_errors_are_those_of_statsmodels(told: list[Observation]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # it divides by the nobody left at the end
        known = SurvfuncRight([one.day + 1 for one in told], [int(one.event) for one in told])
    made = changes(kaplan_meier(told))
    assert [step.day + 1 for step in made] == list(known.surv_times)
    assert [step.at_risk for step in made] == list(known.n_risk)
    assert [step.events for step in made] == list(known.n_events)
    assert [step.survival for step in made] == pytest.approx(list(known.surv_prob), abs=1e-12)
    errors = [0 if step.survival == 0 else known.surv_prob_se[at] for at, step in enumerate(made)]
    assert [sqrt(step.variance) for step in made] == pytest.approx(errors, abs=1e-12)


@given(TOLD, st.sampled_from([0.8, 0.95]))
def test_the_interval_is_scipys_on_log_minus_log(told: list[Observation], level: float) -> None:
    days = {event: [one.day for one in told if one.event is event] for event in (True, False)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        known = stats.ecdf(stats.CensoredData(days[True], right=days[False])).sf.confidence_interval(
            level, method="log-log"
        )
    made = kaplan_meier(told, level)
    for at, step in enumerate(made.steps):
        if step.low is None or step.high is None:
            assert step.survival in {0, 1}
            assert (step.low, step.high) == (None, None)
        else:
            assert step.low == pytest.approx(known.low.probabilities[at], abs=1e-9)
            assert step.high == pytest.approx(known.high.probabilities[at], abs=1e-9)


@given(TOLD)
def test_the_median_is_statsmodels_where_no_step_is_exactly_half(told: list[Observation]) -> None:
    made = kaplan_meier(told)
    if any(abs(step.survival - 0.5) < 1e-9 for step in made.steps):
        assert made.median is not None
        return
    known = SurvfuncRight([one.day + 1 for one in told], [int(one.event) for one in told]).quantile(0.5)
    assert made.median == (None if np.isnan(known) else known - 1)


def test_the_printed_table_of_the_first_trial_is_found() -> None:
    made = kaplan_meier(seen(LEUKAEMIA))
    assert [step.day for step in changes(made)] == [6, 7, 10, 13, 16, 22, 23]
    shares = " ".join(f"{step.survival:.3f}" for step in changes(made))
    assert shares == "0.857 0.807 0.753 0.690 0.627 0.538 0.448"
    errors = " ".join(f"{sqrt(step.variance):.3f}" for step in changes(made))
    assert errors == "0.076 0.087 0.096 0.107 0.114 0.128 0.135"
    assert (made.n, made.n_events, made.median) == (21, 9, 23)


def test_six_intervals_by_hand() -> None:
    made = kaplan_meier(seen("10 21 21 21+ 28+ 28+"))
    first, second, last = made.steps
    assert (first.day, first.at_risk, first.events, first.censored, first.survival) == (10, 6, 1, 0, 5 / 6)
    assert first.variance == pytest.approx((5 / 6) ** 2 / 30)
    wide = two_sided(0.95) * sqrt(1 / 30) / -log(5 / 6)
    assert (first.low, first.high) == pytest.approx(((5 / 6) ** exp(wide), (5 / 6) ** exp(-wide)))
    assert (first.low, first.high) == pytest.approx((0.2731, 0.9747), abs=5e-5)
    assert (second.at_risk, second.events, second.censored) == (5, 2, 1)
    assert second.survival == pytest.approx(0.5)
    assert second.variance == pytest.approx(0.25 * (1 / 30 + 2 / 15))
    assert (last.at_risk, last.events, last.censored, last.survival) == (2, 0, 2, second.survival)
    assert made.median == 21


def test_without_onsets_nobody_leaves_and_without_intervals_there_is_no_curve() -> None:
    calm = kaplan_meier(seen("28+ 28+ 42+"))
    assert [(step.survival, step.low, step.variance) for step in calm.steps] == [(1, None, 0)] * 2
    assert (calm.median, calm.n_events) == (None, 0)
    assert kaplan_meier([]) == Curve(0, 0, (), None, 0.95)


def test_when_all_felt_it_the_curve_ends_at_nought_without_an_interval() -> None:
    last = kaplan_meier(seen("20 24")).steps[-1]
    assert (last.survival, last.variance, last.low, last.high) == (0, 0, None, None)
