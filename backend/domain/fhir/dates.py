"""FHIR R4 search by date: a value with its prefix as a stretch of time, and whether something lies in it.

Prefixes eq, ne, gt, lt, ge, le, sa, eb as hl7.org/fhir/R4/search.html#date and #prefix define them over stretches; `ap`
(approximately) is left out, since it says nothing exact.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from backend.domain.moments import Occurred, at_wall

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb")
_FORM = re.compile(
    r"(?P<prefix>[a-z]{2})?(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)"
    r"(T(?P<hour>\d\d):(?P<minute>\d\d)(:(?P<second>\d\d)(\.\d{1,9})?)?(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
_MINUTE, _SECOND = timedelta(minutes=1), timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time from `low` on (aware), up to but without `high`; None is open on that side."""

    low: datetime | None
    high: datetime | None


@dataclass(frozen=True, slots=True)
class Sought:
    """What a search asks of a date."""

    prefix: str
    span: Span

    def holds(self, target: Span) -> bool:
        """Tell whether something that took place in a stretch is what is sought."""
        return _HOLDS[self.prefix](self.span, target)


def of_moment(moment: Occurred) -> Span:
    """Return when something happened: the minute its reporter told, or the whole local day."""
    if moment.at is None:
        return of_day(moment.on, moment.zone)
    return of_instant(moment.at)


def of_instant(at: datetime) -> Span:
    """Return a moment as the shortest stretch there is."""
    return Span(at.astimezone(UTC), at.astimezone(UTC) + timedelta(microseconds=1))


def of_day(on: date, zone: str) -> Span:
    """Return a local calendar day."""
    return Span(at_wall(on, time(0), zone), at_wall(on + timedelta(days=1), time(0), zone))


def read(text: str, zone: str) -> Sought | None:
    """Return what a search asks of a date, without an offset on the clock of `zone`; None for what is no such value."""
    found = _FORM.fullmatch(text)
    prefix = (found["prefix"] or "eq") if found else ""
    if found is None or prefix not in PREFIXES:
        return None
    try:
        return Sought(prefix, _span(found, zone))
    except (ValueError, OverflowError):  # no such day, or one that no calendar has
        return None


def _span(found: re.Match[str], zone: str) -> Span:
    year, month, day = (int(found[part]) if found[part] else None for part in ("year", "month", "day"))
    if year is None or month is None:
        return _days(date(year or 0, 1, 1), date((year or 0) + 1, 1, 1), zone)
    if day is None:
        return _days(date(year, month, 1), date(year + month // 12, month % 12 + 1, 1), zone)
    if found["hour"] is None:
        return of_day(date(year, month, day), zone)
    clock = time(int(found["hour"]), int(found["minute"]), int(found["second"] or 0))
    start = _instant(datetime.combine(date(year, month, day), clock), found["zone"], zone)
    return Span(start, start + (_SECOND if found["second"] else _MINUTE))


def _days(first: date, after: date, zone: str) -> Span:
    return Span(at_wall(first, time(0), zone), at_wall(after, time(0), zone))


def _instant(wall: datetime, offset: str | None, zone: str) -> datetime:
    if offset is None:
        return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return datetime.fromisoformat(wall.isoformat() + offset.replace("Z", "+00:00")).astimezone(UTC)


def _within(span: Span, target: Span) -> bool:
    return _before(span.low, target.low) and _before(target.high, span.high, high=True)


def _before(one: datetime | None, other: datetime | None, *, high: bool = False) -> bool:
    """Tell whether one end lies at or before another; an open end lies at infinity, of lows the early one."""
    if high:
        return other is None or (one is not None and one <= other)
    return one is None or (other is not None and one <= other)


def _above(span: Span, target: Span) -> bool:
    """Tell whether any of the target lies after the stretch that is sought."""
    return span.high is not None and (target.high is None or target.high > span.high)


def _below(span: Span, target: Span) -> bool:
    return span.low is not None and (target.low is None or target.low < span.low)


_HOLDS: Mapping[str, Callable[[Span, Span], bool]] = {
    "eq": _within,
    "ne": lambda span, target: not _within(span, target),
    "gt": _above,
    "lt": _below,
    "ge": lambda span, target: _above(span, target) or _within(span, target),
    "le": lambda span, target: _below(span, target) or _within(span, target),
    "sa": lambda span, target: target.low is not None and span.high is not None and target.low >= span.high,
    "eb": lambda span, target: target.high is not None and span.low is not None and target.high <= span.low,
}
