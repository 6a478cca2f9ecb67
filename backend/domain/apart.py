"""Days set apart: what relapses, courses of steroids and infections keep out of a fair comparison of diary days."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from backend.domain.findings import Kind, kinds


@dataclass(frozen=True, slots=True)
class Found:
    """What a finding says of time: its kind, the local calendar day it began, when it ended if that was entered."""

    kind: Kind
    on: date
    ended_on: date | None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Apart:
    """Stretches of local calendar days, both ends inclusive, in order and without overlap."""

    first: tuple[date, ...] = ()
    last: tuple[date, ...] = ()

    def __contains__(self, on: object) -> bool:
        """Whether a calendar day lies in one of the stretches."""
        if not isinstance(on, date):
            return False
        index = bisect_right(self.first, on) - 1
        return index >= 0 and on <= self.last[index]

    @property
    def spans(self) -> tuple[tuple[date, date], ...]:
        """First and last day of each stretch."""
        return tuple(zip(self.first, self.last, strict=True))


NONE = Apart()
SETTING_APART = tuple(kind for kind, held in kinds().items() if held.apart_days is not None)
"""Kinds of findings that set days apart (DOMAIN.md, wearing-off)."""


def span(found: Found) -> tuple[date, date] | None:
    """Return the first and last day that a finding sets apart, None where it sets none.

    From its own day to the day it ended; where no end was entered, for as many days as the finding itself says (a
    course of steroids) or as its kind usually takes (`apart_days` of findings.json), its own day included.
    """
    held = kinds()[found.kind]
    if held.apart_days is None:
        return None
    if found.ended_on is not None:
        return found.on, max(found.ended_on, found.on)
    said = found.values.get(held.apart_field) if held.apart_field else None
    return found.on, found.on + timedelta(days=(said or held.apart_days) - 1)


def flagged_days(findings: Iterable[Found]) -> Apart:
    """Return the days that findings set apart, in any order: what overlaps or touches is one stretch."""
    merged: list[tuple[date, date]] = []
    for first, last in sorted(one for one in map(span, findings) if one is not None):
        if merged and first <= merged[-1][1] + timedelta(days=1):
            merged[-1] = merged[-1][0], max(merged[-1][1], last)
        else:
            merged.append((first, last))
    return Apart(tuple(first for first, _ in merged), tuple(last for _, last in merged))
