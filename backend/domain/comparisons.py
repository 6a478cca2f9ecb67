"""Comparisons: exact and rank tests for a cohort, two-sided, never for one patient (DOMAIN.md, clinicians)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import groupby
from math import comb, sqrt
from statistics import NormalDist

from backend.domain.errors import ClinicError

EXACT_TO = 50
"""Up to how many differences the distribution of ranks is counted out, when none is 0 and no two are alike."""
PERMUTED_TO = 13
"""Up to how many it is counted out when some are."""


@dataclass(frozen=True, slots=True)
class McNemar:
    """Pairs that went from no to yes (`b`) and from yes to no (`c`), and the chance `p` of so uneven a split."""

    b: int
    c: int
    p: float


def mcnemar_exact(b: int, c: int) -> McNemar:
    """Return McNemar's exact test: of `b + c` changed pairs each way is as likely as heads (McNemar 1947).

    Twice the smaller tail of the binomial distribution with 1/2, at most 1. Raises ClinicError `out-of-bounds` for a
    count below 0.
    """
    _counts(b, c)
    n = b + c
    tail = sum(comb(n, k) for k in range(min(b, c) + 1))
    return McNemar(b, c, min(1.0, float(Fraction(2 * tail, 2**n))))


class Ranking(StrEnum):
    """How the chance of a rank sum was found; `none` where every difference is 0."""

    EXACT = "exact"
    PERMUTATION = "permutation"
    NORMAL = "normal"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Wilcoxon:
    """The signed-rank test of `n` differences; `n_zero` more were 0 and left out.

    `positive` is the rank sum of the differences above 0, `statistic` the smaller of that and the other one; they and
    `p` are None when no difference is left.
    """

    n: int
    n_zero: int
    positive: float | None
    statistic: float | None
    p: float | None
    method: Ranking


def wilcoxon(differences: Iterable[float]) -> Wilcoxon:
    """Return Wilcoxon's signed-rank test (Wilcoxon 1945, Biometrics Bulletin 1:80-83).

    Differences of 0 are left out; equal sizes share their mean rank. The distribution is counted out for up to 50
    differences, all unlike each other and 0 (`exact`), and for up to 13 whatever they are (`permutation`, given their
    ranks); beyond that it is normal, with the correction for equal sizes and none for continuity. So p is the one that
    SciPy 1.17 gives by default. Differences that should be equal must be so to the last digit: round them first.
    """
    told = list(differences)
    kept = [one for one in told if one != 0]
    n_zero = len(told) - len(kept)
    if not kept:
        return Wilcoxon(0, n_zero, None, None, None, Ranking.NONE)
    doubled, ties = _ranks(kept)
    plus = sum(rank for one, rank in zip(kept, doubled, strict=True) if one > 0)
    method = _method(len(told), uneven=n_zero > 0 or any(size > 1 for size in ties))
    p = _normal(plus, ties) if method is Ranking.NORMAL else _counted(plus, doubled)
    return Wilcoxon(len(kept), n_zero, plus / 2, min(plus, sum(doubled) - plus) / 2, p, method)


def _method(told: int, *, uneven: bool) -> Ranking:
    if not uneven:
        return Ranking.EXACT if told <= EXACT_TO else Ranking.NORMAL
    return Ranking.PERMUTATION if told <= PERMUTED_TO else Ranking.NORMAL


def _ranks(values: Sequence[float]) -> tuple[list[int], list[int]]:
    """Return twice the rank of every size (whole, also where a rank is shared), and how many share each rank."""
    order = sorted(range(len(values)), key=lambda at: abs(values[at]))
    doubled, ties, done = [0] * len(values), [], 0
    for _, group in groupby(order, key=lambda at: abs(values[at])):
        same = list(group)
        for at in same:
            doubled[at] = 2 * done + len(same) + 1
        ties.append(len(same))
        done += len(same)
    return doubled, ties


def _counted(plus: int, doubled: Sequence[int]) -> float:
    """Return twice the smaller tail over all ways to give the ranks a sign, at most 1."""
    ways = Counter({0: 1})
    for rank in doubled:
        ways = ways + Counter({total + rank: count for total, count in ways.items()})
    below = sum(count for total, count in ways.items() if total <= plus)
    above = sum(count for total, count in ways.items() if total >= plus)
    return min(1.0, float(Fraction(2 * min(below, above), 2 ** len(doubled))))


def _normal(plus: int, ties: Sequence[int]) -> float:
    n = sum(ties)
    spread = (n * (n + 1) * (2 * n + 1) - sum(t**3 - t for t in ties) / 2) / 24
    z = (plus / 2 - n * (n + 1) / 4) / sqrt(spread)
    return 2 * NormalDist().cdf(-abs(z))


@dataclass(frozen=True, slots=True)
class Fisher:
    """The table [[a, b], [c, d]] and the chance `p` of one as unlikely, with the same margins."""

    a: int
    b: int
    c: int
    d: int
    p: float


def fisher_exact(a: int, b: int, c: int, d: int) -> Fisher:
    """Return Fisher's exact test: every table with these margins that is no more likely than this one, added up.

    Fisher 1922 (J R Stat Soc 85:87-94). Counted in whole numbers, so equally likely tables are found equal. Raises
    ClinicError `out-of-bounds` for a count below 0.
    """
    _counts(a, b, c, d)
    row, column, n = a + b, a + c, a + b + c + d
    low, high = max(0, row + column - n), min(row, column)
    ways = [comb(row, low) * comb(n - row, column - low)]
    for x in range(low, high):
        ways.append(ways[-1] * (row - x) * (column - x) // ((x + 1) * (n - row - column + x + 1)))
    here = ways[a - low]
    return Fisher(a, b, c, d, float(Fraction(sum(way for way in ways if way <= here), sum(ways))))


def _counts(*counts: int) -> None:
    if min(counts) < 0:
        raise ClinicError("out-of-bounds", "A count cannot be below 0.")
