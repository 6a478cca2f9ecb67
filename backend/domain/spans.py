"""Spans: one dosing interval with all that was told about it, the unit of every figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.domain.linking import Chain, Interval
from backend.domain.recall import RecallResult
from backend.domain.wearing_off import DEFAULT, DiaryResult, RatedDay, Settings, by_day, diary_based


@dataclass(frozen=True, slots=True)
class Span:
    """One interval with both instruments, each by itself, never merged (DOMAIN.md, wearing-off).

    `entries` counts the diary entries; `days` are the rated ones, one per calendar day, in order; `recalled` holds
    every form about the interval, oldest first.
    """

    interval: Interval
    entries: int
    days: tuple[RatedDay, ...]
    diary: DiaryResult
    recalled: tuple[RecallResult, ...]

    @property
    def rated_days(self) -> int:
        """How many days were rated."""
        return len(self.days)

    @property
    def recall(self) -> RecallResult | None:
        """The newest form about the interval: what the patient said last."""
        return self.recalled[-1] if self.recalled else None


def spans(
    line: Chain,
    days: Mapping[int, Sequence[RatedDay]],
    recalled: Mapping[int, Sequence[RecallResult]],
    settings: Settings = DEFAULT,
    entries: Mapping[int, int] | None = None,
) -> tuple[Span, ...]:
    """Return the spans of a patient's chain in order, from rated days and forms by interval number.

    Without `entries` each rating counts as one entry.
    """
    merged = {number: by_day(told) for number, told in days.items()}
    counts = {number: len(told) for number, told in days.items()} if entries is None else entries
    return tuple(
        Span(
            interval=interval,
            entries=counts.get(interval.number, 0),
            days=merged.get(interval.number, ()),
            diary=diary_based(
                merged.get(interval.number, ()),
                interval.length_days,
                merged.get(interval.number + 1, ()),
                settings,
            ),
            recalled=tuple(recalled.get(interval.number, ())),
        )
        for interval in line.intervals
    )
