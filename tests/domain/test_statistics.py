"""Statistics: every number as SciPy and statsmodels have it, and as worked out by hand or printed."""

from math import exp, log, sqrt

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import betainc
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from backend.domain.comparisons import Ranking, fisher_exact, mcnemar_exact, wilcoxon
from backend.domain.errors import ClinicError
from backend.domain.quantiles import beta_cdf, beta_quantile, normal_quantile, t_quantile, two_sided
from backend.domain.statistics import Method, Quartiles, clopper_pearson, odds_ratio, quartiles, wilson

COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
LEVELS = st.sampled_from([0.8, 0.9, 0.95, 0.99])
CELLS = st.integers(0, 60)
FULL = st.integers(1, 60)
SOME = st.integers(-8, 8).map(float)
ALIKE = st.lists(SOME, min_size=1, max_size=5) | st.lists(SOME, min_size=14, max_size=70)  # between SciPy takes long
TWELVE = [3.0, -1, 2, 2, 0, 5, -3, 4, 1, 1, -2, 6]
UNLIKE = st.lists(st.floats(-10, 10).filter(bool), min_size=1, max_size=70, unique_by=abs)


@given(COUNTS, LEVELS)
def test_the_interval_of_a_share_is_the_one_of_statsmodels(told: tuple[int, int], level: float) -> None:
    for made, method in ((wilson(*told, level), "wilson"), (clopper_pearson(*told, level), "beta")):
        low, high = proportion_confint(*told, alpha=1 - level, method=method)
        assert made.low == pytest.approx(low, abs=1e-11)
        assert made.high == pytest.approx(high, abs=1e-11)
        assert (made.k, made.n, made.level) == (*told, level)


@given(COUNTS)
def test_a_share_lies_within_its_interval_and_turning_it_round_mirrors_it(told: tuple[int, int]) -> None:
    k, n = told
    for method in (wilson, clopper_pearson):
        made, turned = method(k, n), method(n - k, n)
        assert made.low is not None
        assert made.high is not None
        assert made.share == k / n
        assert 0 <= made.low <= k / n <= made.high <= 1
        assert turned.low == pytest.approx(1 - made.high)
        assert turned.high == pytest.approx(1 - made.low)


def test_no_event_in_48_gives_the_printed_0_to_7_4_percent() -> None:
    zero = clopper_pearson(0, 48)
    assert (zero.low, zero.method) == (0, Method.CLOPPER_PEARSON)
    assert zero.high == pytest.approx(1 - 0.025 ** (1 / 48), abs=1e-12)
    assert f"{zero.high:.1%}" == "7.4%"
    every = clopper_pearson(48, 48)
    assert (f"{every.low:.1%}", every.high) == ("92.6%", 1)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(57, 100, 0.4722, 0.6627), (8, 40, 0.1050, 0.3476), (0, 5, 0, 0.4345), (5, 5, 0.5655, 1)],
    ids=["ratchford 2014, current", "bergen 2020, regularly", "none of five", "all of five"],
)
def test_the_wilson_interval_of_published_counts_is_the_one_worked_out_by_hand(
    k: int, n: int, low: float, high: float
) -> None:
    made = wilson(k, n)
    assert (made.low, made.high) == pytest.approx((low, high), abs=5e-5)


def test_a_share_of_nothing_has_no_interval_and_what_is_no_share_is_refused() -> None:
    for method in (wilson, clopper_pearson):
        nothing = method(0, 0)
        assert (nothing.share, nothing.low, nothing.high) == (None, None, None)
        for wrong in ((-1, 3), (4, 3), (1, -1)):
            with pytest.raises(ClinicError, match="out-of-bounds"):
                method(*wrong)
    for level in (0, 1, 1.5):
        with pytest.raises(ClinicError, match="out-of-bounds"):
            wilson(1, 3, level)


@given(st.floats(0.001, 0.999), st.floats(0.5, 500), st.floats(0.5, 500))
def test_the_beta_distribution_is_the_one_of_scipy_and_its_quantile_leads_back(x: float, a: float, b: float) -> None:
    assert beta_cdf(x, a, b) == pytest.approx(betainc(a, b, x), abs=1e-11)
    assert betainc(a, b, beta_quantile(x, a, b)) == pytest.approx(x, abs=1e-9)
    assert (beta_cdf(0, a, b), beta_cdf(1, a, b)) == (0, 1)


@given(st.floats(0.0005, 0.9995), st.integers(1, 3000))
def test_the_quantiles_of_t_and_of_the_normal_are_those_of_scipy(p: float, df: int) -> None:
    assert t_quantile(p, df) == pytest.approx(stats.t.ppf(p, df), rel=1e-7, abs=1e-9)
    assert normal_quantile(p) == pytest.approx(stats.norm.ppf(p), rel=1e-9, abs=1e-9)


def test_quantiles_printed_in_every_table_are_found() -> None:
    assert f"{t_quantile(0.975, 29):.3f}" == "2.045"
    assert f"{t_quantile(0.975, 1):.3f}" == "12.706"
    assert (t_quantile(0.5, 4), f"{two_sided(0.95):.4f}") == (0, "1.9600")
    with pytest.raises(ClinicError):
        beta_quantile(1, 2, 3)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_quartiles_are_those_of_numpy(values: list[float]) -> None:
    made = quartiles(values)
    assert made is not None
    assert made.n == len(values)
    assert (made.q1, made.median, made.q3) == pytest.approx(tuple(np.percentile(values, [25, 50, 75])), abs=1e-6)


def test_quartiles_of_four_lie_between_them_and_of_none_nowhere() -> None:
    assert quartiles([4, 1, 3, 2]) == Quartiles(4, 1.75, 2.5, 3.25)
    assert quartiles(iter([7])) == Quartiles(1, 7, 7, 7)
    assert quartiles([]) is None


@given(FULL, FULL, FULL, FULL, LEVELS)
def test_the_odds_ratio_and_its_interval_are_those_of_statsmodels(a: int, b: int, c: int, d: int, level: float) -> None:
    table = sm.stats.Table2x2(np.array([[a, b], [c, d]]))
    made = odds_ratio(a, b, c, d, level)
    assert made.value == pytest.approx(table.oddsratio)
    assert (made.low, made.high) == pytest.approx(table.oddsratio_confint(1 - level))


def test_the_odds_ratio_of_a_table_done_by_hand_and_of_one_with_an_empty_cell() -> None:
    wide = 1.959964 * sqrt(1 / 10 + 1 / 20 + 1 / 5 + 1 / 40)
    made = odds_ratio(10, 20, 5, 40)
    assert made.value == 4
    assert (made.low, made.high) == pytest.approx((exp(log(4) - wide), exp(log(4) + wide)), rel=1e-6)
    assert (made.low, made.high) == pytest.approx((1.2045, 13.2835), abs=1e-4)
    for cells in ((0, 1, 2, 3), (1, 0, 2, 3), (1, 2, 0, 3), (1, 2, 3, 0)):
        empty = odds_ratio(*cells)
        assert (empty.value, empty.low, empty.high) == (None, None, None)
    with pytest.raises(ClinicError):
        odds_ratio(-1, 2, 3, 4)


@given(CELLS, CELLS)
def test_mcnemar_is_the_one_of_statsmodels(b: int, c: int) -> None:
    made = mcnemar_exact(b, c)
    assert made.p == pytest.approx(mcnemar([[3, b], [c, 4]], exact=True).pvalue, abs=1e-12)
    assert made.p == mcnemar_exact(c, b).p


def test_mcnemar_by_hand() -> None:
    assert mcnemar_exact(1, 8).p == 2 * (1 + 9) / 2**9
    assert mcnemar_exact(0, 6).p == 2 / 2**6
    assert (mcnemar_exact(4, 4).p, mcnemar_exact(0, 0).p) == (1, 1)
    with pytest.raises(ClinicError):
        mcnemar_exact(-1, 2)


@example(TWELVE)
@given(ALIKE.filter(any) | UNLIKE)
def test_the_signed_rank_test_is_scipys_with_all_its_defaults(differences: list[float]) -> None:
    made, known = wilcoxon(differences), stats.wilcoxon(differences)
    assert made.p == pytest.approx(known.pvalue, abs=1e-12)
    assert made.statistic == known.statistic
    assert made.n + made.n_zero == len(differences)


@given(UNLIKE)
def test_turning_every_difference_round_turns_the_ranks_and_keeps_the_chance(differences: list[float]) -> None:
    made, turned = wilcoxon(differences), wilcoxon([-one for one in differences])
    assert made.positive is not None
    assert turned.positive == made.n * (made.n + 1) / 2 - made.positive
    assert (made.p, made.statistic) == (turned.p, turned.statistic)


def test_the_signed_rank_test_says_how_it_was_done() -> None:
    def done(n: int, more: list[float]) -> Ranking:
        return wilcoxon([*map(float, range(1, n + 1)), *more]).method

    assert (done(50, []), done(51, [])) == (Ranking.EXACT, Ranking.NORMAL)
    assert (done(12, [-1]), done(13, [-1])) == (Ranking.PERMUTATION, Ranking.NORMAL)
    assert (done(12, [0]), done(13, [0])) == (Ranking.PERMUTATION, Ranking.NORMAL)
    nothing = wilcoxon([0.0, 0.0])
    assert (nothing.n, nothing.n_zero, nothing.p, nothing.method) == (0, 2, None, Ranking.NONE)
    assert wilcoxon([]).p is None


def test_the_signed_rank_test_by_hand_and_on_the_plants_of_darwin() -> None:
    assert wilcoxon([1, 2, 3, 4, 5, 6]).p == 2 / 2**6
    small = wilcoxon([1, -2, 3, 4, 5])
    assert (small.positive, small.statistic, small.p) == (13, 2, 2 * 3 / 2**5)
    tied = wilcoxon([1, 1, 1, -1, 0])
    assert (tied.n, tied.n_zero, tied.positive, tied.p) == (4, 1, 7.5, 2 * 5 / 2**4)
    plants = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    assert wilcoxon(plants).statistic == 24
    assert f"{wilcoxon(plants).p:.5f}" == "0.04126"


@given(CELLS, CELLS, CELLS, CELLS)
def test_fisher_is_the_one_of_scipy(a: int, b: int, c: int, d: int) -> None:
    assert fisher_exact(a, b, c, d).p == pytest.approx(stats.fisher_exact([[a, b], [c, d]]).pvalue, abs=1e-11)


def test_fisher_by_hand_on_the_lady_who_tasted_tea() -> None:
    assert fisher_exact(3, 1, 1, 3).p == 34 / 70
    assert fisher_exact(4, 0, 0, 4).p == 2 / 70
    assert fisher_exact(0, 0, 0, 0).p == 1
    with pytest.raises(ClinicError):
        fisher_exact(1, 2, 3, -1)
