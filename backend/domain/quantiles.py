"""Quantiles: where a normal, beta or t distribution has a given share below it, without a numerical library."""

from collections.abc import Iterator
from math import exp, lgamma, log, log1p, sqrt
from statistics import NormalDist

from backend.domain.errors import ClinicError

_TERMS = 100_000  # far more than any count of this clinic needs
_SMALL = 1e-300  # in place of 0 as a divisor
_NEAR = 1e-16


def normal_quantile(p: float) -> float:
    """Return the value with share `p` (0-1, both left out) of the standard normal distribution below it."""
    return NormalDist().inv_cdf(_inside(p))


def two_sided(level: float) -> float:
    """Return how many standard errors either way cover `level` (0-1) of a normal distribution: 1.96 for 0.95."""
    return normal_quantile((1 + _inside(level)) / 2)


def beta_cdf(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), for `a` and `b` above 0.

    By its continued fraction, on the side where that converges fast (Abramowitz and Stegun 1964, 26.5.8).
    """
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _below(1 - x, b, a)
    return _below(x, a, b)


def beta_quantile(p: float, a: float, b: float) -> float:
    """Return the x with I_x(a, b) = `p` (0-1, both left out), halving until no number lies between.

    I_x rises with x, so that cannot miss.
    """
    _inside(p)
    low, middle, high = 0.0, 0.5, 1.0
    while low < middle < high:
        if beta_cdf(middle, a, b) < p:
            low = middle
        else:
            high = middle
        middle = (low + high) / 2
    return middle


def t_quantile(p: float, df: float) -> float:
    """Return the value with share `p` of Student's t distribution with `df` degrees of freedom (above 0) below it.

    T squared over (df + T squared) has a beta distribution with 1/2 and df/2 (Abramowitz and Stegun 1964, 26.7.1).
    """
    if _inside(p) == 0.5:
        return 0.0
    share = beta_quantile(abs(2 * p - 1), 0.5, df / 2)
    size = sqrt(df * share / (1 - share))
    return size if p > 0.5 else -size


def _inside(p: float) -> float:
    if not 0 < p < 1:
        raise ClinicError("out-of-bounds", "A share must lie between 0 and 1.")
    return p


def _below(x: float, a: float, b: float) -> float:
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    return front * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction 1/(1 + d1/(1 + d2/(1 + ...))), from its front on until it stands still (Lentz)."""
    value = upper = 1.0
    lower = 0.0
    for term in _numerators(x, a, b):
        lower = 1 / _not_zero(1 + term * lower)
        upper = _not_zero(1 + term / upper)
        value *= upper * lower
        if abs(upper * lower - 1) < _NEAR:
            break
    return 1 / value


def _numerators(x: float, a: float, b: float) -> Iterator[float]:
    yield -(a + b) * x / (a + 1)
    for m in range(1, _TERMS):
        yield m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        yield -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))


def _not_zero(value: float) -> float:
    return value if abs(value) > _SMALL else _SMALL
