"""Statistics of a table: shares with their interval, quartiles and the odds ratio."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, log, sqrt

from backend.domain.errors import ClinicError
from backend.domain.quantiles import beta_quantile, two_sided

LEVEL = 0.95


class Method(StrEnum):
    """How the interval of a share was made."""

    WILSON = "wilson"
    CLOPPER_PEARSON = "clopper-pearson"


@dataclass(frozen=True, slots=True)
class Share:
    """`k` of `n`, with the interval from `low` to `high` (0-1) at `level`; both None when `n` is 0."""

    k: int
    n: int
    low: float | None
    high: float | None
    level: float
    method: Method

    @property
    def share(self) -> float | None:
        """The share itself (0-1), None when `n` is 0."""
        return self.k / self.n if self.n else None


def wilson(k: int, n: int, level: float = LEVEL) -> Share:
    """Return `k` of `n` with Wilson's score interval (Wilson 1927, J Am Stat Assoc 22:209-212).

    The interval takes the `n` as independent of each other, which the intervals of one patient are not: read it as a
    guide to how little a small `n` says. Raises ClinicError `out-of-bounds` for numbers that are no share.
    """
    _check(k, n)
    z = two_sided(level)
    if n == 0:
        return Share(k, n, None, None, level, Method.WILSON)
    p, scale = k / n, 1 + z * z / n
    centre = (p + z * z / (2 * n)) / scale
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / scale
    low = 0.0 if k == 0 else max(0.0, centre - half)
    high = 1.0 if k == n else min(1.0, centre + half)
    return Share(k, n, low, high, level, Method.WILSON)


def clopper_pearson(k: int, n: int, level: float = LEVEL) -> Share:
    """Return `k` of `n` with the exact interval, for zero events too (Clopper and Pearson 1934, Biometrika 26:404-413).

    0 of 48 gives 0-7.4 % (van Kempen 2020, Neurology 95:e745-e754). Raises ClinicError as `wilson` does.
    """
    _check(k, n)
    tail = (1 - level) / 2
    if n == 0:
        return Share(k, n, None, None, level, Method.CLOPPER_PEARSON)
    low = 0.0 if k == 0 else beta_quantile(tail, k, n - k + 1)
    high = 1.0 if k == n else 1 - beta_quantile(tail, n - k, k + 1)
    return Share(k, n, low, high, level, Method.CLOPPER_PEARSON)


def _check(k: int, n: int) -> None:
    if not 0 <= k <= n:
        raise ClinicError("out-of-bounds", "A share counts some of all, from 0 up.")


@dataclass(frozen=True, slots=True)
class Quartiles:
    """The quartiles of `n` values."""

    n: int
    q1: float
    median: float
    q3: float


def quartiles(values: Iterable[float]) -> Quartiles | None:
    """Return the quartiles, None without values.

    Between two values the quartile is read off the straight line (type 7 of Hyndman and Fan 1996, Am Stat 50:361-365),
    as NumPy does by default.
    """
    ordered = sorted(values)
    if not ordered:
        return None
    return Quartiles(len(ordered), _cut(ordered, 0.25), _cut(ordered, 0.5), _cut(ordered, 0.75))


def _cut(ordered: Sequence[float], share: float) -> float:
    place = (len(ordered) - 1) * share
    index = int(place)
    here = ordered[index]
    if place == index:
        return here
    return here + (ordered[index + 1] - here) * (place - index)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with the interval around it at `level`; each None where it cannot be told."""

    value: float | None
    low: float | None
    high: float | None
    level: float


def odds_ratio(a: int, b: int, c: int, d: int, level: float = LEVEL) -> Estimate:
    """Return the odds ratio `ad / bc` of the table [[a, b], [c, d]] with Wald's interval on the logarithm.

    Woolf 1955 (Ann Hum Genet 19:251-253). All None where a cell is 0: nothing is added to the cells. Raises ClinicError
    `out-of-bounds` for a count below 0.
    """
    if min(a, b, c, d) < 0:
        raise ClinicError("out-of-bounds", "A count cannot be below 0.")
    z = two_sided(level)
    if not all((a, b, c, d)):
        return Estimate(None, None, None, level)
    middle = log(a) + log(d) - log(b) - log(c)
    half = z * sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    return Estimate(a * d / (b * c), exp(middle - half), exp(middle + half), level)
