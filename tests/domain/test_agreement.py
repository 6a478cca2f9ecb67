"""Agreement: finger prick against vein, by the published example, by hand, and which levels make a pair."""

from datetime import date
from decimal import Decimal
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from backend.domain.agreement import Agreement, Measured, Pair, Paired, bland_altman, paired
from backend.domain.levels import Comparator
from backend.domain.samples import Matrix
from backend.domain.statistics import Estimate

LARGE = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
LEVEL = st.floats(0.1, 80)
FIRST, SECOND = date(2026, 5, 4), date(2026, 6, 1)


def bounds(one: Estimate) -> tuple[float, float]:
    assert one.low is not None
    assert one.high is not None
    return one.low, one.high


def told(on: date, matrix: Matrix, value: str, comparator: Comparator = Comparator.EQUAL) -> Measured:
    return Measured(on, matrix, Decimal(value), comparator)


def test_the_flow_meters_of_bland_and_altman_1986_give_their_printed_numbers() -> None:
    made = bland_altman([Pair(large, mini) for large, mini in zip(LARGE, MINI, strict=True)])
    assert (made.n, f"{made.bias.value:.1f}", f"{made.sd:.1f}") == (17, "-2.1", "38.8")
    assert [f"{one:.1f}" for one in bounds(made.bias)] == ["-22.0", "17.8"]


@given(st.lists(st.builds(Pair, LEVEL, LEVEL), min_size=2, max_size=60), st.sampled_from([0.9, 0.95]))
def test_bias_limits_and_intervals_are_those_made_with_scipy(pairs: list[Pair], level: float) -> None:
    differences = np.array([pair.capillary - pair.venous for pair in pairs])
    n, sd, z = len(pairs), differences.std(ddof=1), stats.norm.ppf((1 + level) / 2)
    made = bland_altman(pairs, level)
    assert made.sd == pytest.approx(sd, abs=1e-9)
    limits = ((made.bias, 0, 0.0), (made.lower, -z, z * z / (2 * (n - 1))), (made.upper, z, z * z / (2 * (n - 1))))
    for one, place, spread in limits:
        middle, error = differences.mean() + place * sd, sd * sqrt(1 / n + spread)
        assert one.value == pytest.approx(middle, abs=1e-9)
        assert bounds(one) == pytest.approx(stats.t.interval(level, n - 1, middle, error or 1e-300), abs=1e-6)


def test_five_pairs_by_hand() -> None:
    made = bland_altman([Pair(10, 11), Pair(12, 12), Pair(14, 13.5), Pair(8, 9), Pair(20, 21)])
    assert made.bias.value == -0.5
    assert made.sd == pytest.approx(sqrt(0.5))
    assert (made.lower.value, made.upper.value) == pytest.approx((-1.8859, 0.8859), abs=1e-4)
    assert bounds(made.bias) == pytest.approx((-0.5 - 2.776445 * sqrt(0.1), -0.5 + 2.776445 * sqrt(0.1)), abs=1e-5)
    wide = 2.776445 * sqrt(0.5) * sqrt(1 / 5 + 1.959964**2 / 8)
    assert bounds(made.upper) == pytest.approx((0.8859 - wide, 0.8859 + wide), abs=1e-4)
    assert "1.96 standard deviations" in made.definition


def test_thirty_patients_with_the_published_bias_show_it_with_its_interval() -> None:
    made = bland_altman([Pair(20 - 0.36 + spread, 20) for spread in (-1, 1)] * 15)
    assert made.n == 30
    assert made.bias.value == pytest.approx(-0.36)
    half = 2.04523 * sqrt(30 / 29) / sqrt(30)
    assert bounds(made.bias) == pytest.approx((-0.36 - half, -0.36 + half), abs=1e-5)


@pytest.mark.parametrize("pairs", [[], [Pair(4, 5)]])
def test_fewer_than_two_pairs_show_no_agreement(pairs: list[Pair]) -> None:
    nothing = Estimate(None, None, None, 0.95)
    assert bland_altman(pairs) == Agreement(len(pairs), nothing, None, nothing, nothing, 0.95)


def test_a_prick_and_a_vein_of_one_day_make_a_pair_and_what_is_alone_is_counted() -> None:
    made = paired(
        [
            told(SECOND, Matrix.VENOUS_SERUM, "12"),
            told(FIRST, Matrix.CAPILLARY_WET, "9"),
            told(FIRST, Matrix.VENOUS_SERUM, "10"),
            told(SECOND, Matrix.CAPILLARY_WET, "13"),
            told(SECOND, Matrix.CAPILLARY_WET, "14"),
            told(date(2026, 7, 1), Matrix.CAPILLARY_WET, "3"),
            told(date(2026, 7, 2), Matrix.VENOUS_SERUM, "3"),
        ]
    )
    assert made == Paired((Pair(9, 10), Pair(13.5, 12)), n_censored=0, n_alone=1)
    assert [(pair.difference, pair.mean) for pair in made.pairs] == [(-1, 9.5), (1.5, 12.75)]


def test_a_level_below_its_limit_makes_no_pair_and_is_counted() -> None:
    below = told(FIRST, Matrix.CAPILLARY_WET, "0.5", Comparator.BELOW)
    assert paired([below, told(FIRST, Matrix.VENOUS_SERUM, "1")]) == Paired((), n_censored=1, n_alone=0)


def test_wet_and_dried_blood_are_never_put_together() -> None:
    levels = [told(FIRST, Matrix.CAPILLARY_WET, "9"), told(FIRST, Matrix.CAPILLARY_DRIED, "5")]
    levels.append(told(FIRST, Matrix.VENOUS_SERUM, "10"))
    assert paired(levels).pairs == (Pair(9, 10),)
    assert paired(levels, Matrix.CAPILLARY_DRIED).pairs == (Pair(5, 10),)
