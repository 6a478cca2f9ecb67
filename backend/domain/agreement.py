"""Agreement: how far a finger prick differs from the blood of a vein, by Bland and Altman."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import sqrt
from statistics import fmean, stdev

from backend.domain.levels import Comparator
from backend.domain.quantiles import t_quantile, two_sided
from backend.domain.samples import Matrix
from backend.domain.statistics import LEVEL, Estimate


@dataclass(frozen=True, slots=True)
class Measured:
    """One level of a patient in ug/ml: the local day it was taken, and what it was taken from."""

    on: date
    matrix: Matrix
    value: Decimal
    comparator: Comparator = Comparator.EQUAL


@dataclass(frozen=True, slots=True)
class Pair:
    """A finger prick and the blood of a vein of one day, both in ug/ml."""

    capillary: float
    venous: float

    @property
    def difference(self) -> float:
        """Finger prick minus vein."""
        return self.capillary - self.venous

    @property
    def mean(self) -> float:
        """Middle of both, the place on the level axis."""
        return (self.capillary + self.venous) / 2


@dataclass(frozen=True, slots=True)
class Paired:
    """The pairs of one patient in order, and the days left out.

    `n_censored`: days with both, one of them only above or below a limit; `n_alone`: days with a finger prick and
    nothing from a vein.
    """

    pairs: tuple[Pair, ...]
    n_censored: int
    n_alone: int


def paired(measured: Iterable[Measured], capillary: Matrix = Matrix.CAPILLARY_WET) -> Paired:
    """Return the pairs among one patient's levels: a finger prick and a vein on one local day make a pair.

    Several of one kind on a day average. Wet and dried blood are never put together: `capillary` says which is meant.
    """
    pricks: dict[date, list[Measured]] = defaultdict(list)
    veins: dict[date, list[Measured]] = defaultdict(list)
    for one in measured:
        if one.matrix is capillary:
            pricks[one.on].append(one)
        elif one.matrix is Matrix.VENOUS_SERUM:
            veins[one.on].append(one)
    both = [day for day in sorted(pricks) if day in veins]
    sure = [day for day in both if all(one.comparator is Comparator.EQUAL for one in (*pricks[day], *veins[day]))]
    pairs = tuple(Pair(_mean(pricks[day]), _mean(veins[day])) for day in sure)
    return Paired(pairs, len(both) - len(sure), len(pricks) - len(both))


def _mean(measured: Sequence[Measured]) -> float:
    return float(sum((one.value for one in measured), Decimal(0)) / len(measured))


@dataclass(frozen=True, slots=True)
class Agreement:
    """The mean difference `bias` and the limits `lower` and `upper` of agreement, each with its interval (ug/ml).

    `sd` is the standard deviation of the differences; everything is None below two pairs.
    """

    n: int
    bias: Estimate
    sd: float | None
    lower: Estimate
    upper: Estimate
    level: float

    @property
    def definition(self) -> str:
        """What the numbers are, in one sentence."""
        return (
            "Finger prick minus vein of the same day: the mean, and the mean plus and minus "
            f"{two_sided(self.level):.2f} standard deviations, with {self.level:.0%} intervals by Student's t."
        )


def bland_altman(pairs: Sequence[Pair], level: float = LEVEL) -> Agreement:
    """Return the agreement of finger pricks with the blood of veins.

    Bland and Altman 1986 (Lancet 327:307-310); the intervals of the limits as in their paper of 1999 (Stat Methods Med
    Res 8:135-160), from a standard error of sd times the root of 1/n + z^2 / (2 (n - 1)). Published: a bias of -0.36
    ug/ml in 30 patients (PMC9972227). Every pair counts as independent: several of one patient make limits too narrow.
    """
    n, z = len(pairs), two_sided(level)
    if n < 2:
        nothing = Estimate(None, None, None, level)
        return Agreement(n, nothing, None, nothing, nothing, level)
    differences = [pair.difference for pair in pairs]
    bias, sd = fmean(differences), stdev(differences)
    t = t_quantile((1 + level) / 2, n - 1)
    wide = t * sd * sqrt(1 / n + z * z / (2 * (n - 1)))
    return Agreement(
        n=n,
        bias=_around(bias, t * sd / sqrt(n), level),
        sd=sd,
        lower=_around(bias - z * sd, wide, level),
        upper=_around(bias + z * sd, wide, level),
        level=level,
    )


def _around(value: float, half: float, level: float) -> Estimate:
    return Estimate(value, value - half, value + half, level)
