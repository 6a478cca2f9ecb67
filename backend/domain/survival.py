"""Survival: the share of intervals in which nothing was felt yet, by day since the dose (Kaplan-Meier)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, log, sqrt

from backend.domain.quantiles import two_sided
from backend.domain.statistics import LEVEL


@dataclass(frozen=True, slots=True)
class Observation:
    """One interval: wearing-off began on `day` since the dose (`event`), or had not by the next dose, on that day."""

    day: int
    event: bool


@dataclass(frozen=True, slots=True)
class Step:
    """What happened on one day, and the share `survival` (0-1) still without wearing-off after it.

    `at_risk` are those without wearing-off and without a next dose when the day began; `variance` is Greenwood's;
    `low` to `high` the interval on the scale of log(-log), None where the share is 1 or 0.
    """

    day: int
    at_risk: int
    events: int
    censored: int
    survival: float
    variance: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """The steps in order of day, one for each day on which something happened.

    `median` is the first day with half or fewer left without wearing-off, None when more than half never felt it.
    """

    n: int
    n_events: int
    steps: tuple[Step, ...]
    median: int | None
    level: float


def kaplan_meier(observations: Iterable[Observation], level: float = LEVEL) -> Curve:
    """Return the curve of the day wearing-off began, with the next dose as the end of looking.

    Kaplan and Meier 1958 (J Am Stat Assoc 53:457-481); variance by Greenwood 1926; interval on log(-log) by Kalbfleisch
    and Prentice 1980, which stays within 0-1. On one day, what began counts before what was censored.
    """
    told = list(observations)
    begun = Counter(one.day for one in told if one.event)
    ended = Counter(one.day for one in told if not one.event)
    z = two_sided(level)
    at_risk, left, summed = len(told), 1.0, 0.0
    steps = []
    for day in sorted(begun.keys() | ended.keys()):
        events, censored = begun[day], ended[day]
        still = at_risk - events
        left = left * still / at_risk
        summed += events / (at_risk * still) if still else 0.0
        low, high = _bounds(left, summed, z)
        steps.append(Step(day, at_risk, events, censored, left, left * left * summed, low, high))
        at_risk = still - censored
    median = next((step.day for step in steps if step.survival <= 0.5 + 1e-12), None)
    return Curve(len(told), sum(begun.values()), tuple(steps), median, level)


def _bounds(left: float, summed: float, z: float) -> tuple[float | None, float | None]:
    if not 0 < left < 1:
        return None, None
    wide = z * sqrt(summed) / -log(left)
    return left ** exp(wide), left ** exp(-wide)
