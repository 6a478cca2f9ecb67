"""Distributions: how the ratings of the first and the last week of an interval are spread, by planned length."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from backend.domain.spans import Span
from backend.domain.statistics import Quartiles, quartiles


@dataclass(frozen=True, slots=True)
class Distribution:
    """Quartiles over intervals assessable by the diary: mean of the first window and of the last, and the difference.

    In points (0-10; the difference -10 to 10), each None where no interval was assessable.
    """

    first: Quartiles | None
    last: Quartiles | None
    difference: Quartiles | None


def by_weeks(patients: Iterable[Sequence[Span]]) -> Mapping[int | None, list[Span]]:
    """Return the spans of all patients by planned weeks, shortest first and those without whole weeks last."""
    classes: dict[int | None, list[Span]] = defaultdict(list)
    for spans in patients:
        for span in spans:
            classes[span.interval.planned_weeks].append(span)
    return {weeks: classes[weeks] for weeks in sorted(classes, key=lambda weeks: (weeks is None, weeks or 0))}


def distribution(spans: Iterable[Span]) -> Distribution:
    """Return how the ratings of some intervals are spread; those not assessable are left out."""
    judged = [span.diary for span in spans if span.diary.assessable]
    return Distribution(
        quartiles(one.first_mean for one in judged if one.first_mean is not None),
        quartiles(one.last_mean for one in judged if one.last_mean is not None),
        quartiles(one.difference for one in judged if one.difference is not None),
    )
