"""Moments and days: local wall-clock time, offsets, zones, and the anchor that puts reports and doses in one order."""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from zoneinfo import ZoneInfo, available_timezones

from backend.domain.errors import ClinicError, invalid

_ZONES = frozenset(available_timezones())
_TICK = timedelta(microseconds=1)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_FUTURE = timedelta(days=366 * 2)


class Precision(StrEnum):
    """How well a moment is known: to the minute, or only the calendar day."""

    MINUTE = "minute"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Occurred:
    """When something happened, as claimed by whoever reports it.

    `at` is aware with the reporter's own offset and None when only the day is known; `on` is the local
    calendar day; `zone` the IANA zone the reporter was in.
    """

    at: datetime | None
    on: date
    zone: str

    @property
    def precision(self) -> Precision:
        """How well the moment is known."""
        return Precision.DAY if self.at is None else Precision.MINUTE

    @property
    def anchor(self) -> datetime:
        """Place of a *report* in the order of things (aware, UTC).

        A day without a time counts as before anything that happened on it (DOMAIN.md, linking), so it
        stands one microsecond before its local midnight.
        """
        return self.at.astimezone(UTC) if self.at else at_wall(self.on, time(0), self.zone) - _TICK

    @property
    def dose_anchor(self) -> datetime:
        """Place of a *dose* in the order of things (aware, UTC).

        A dose whose time is not known counts as after every report of its day.
        """
        return self.at.astimezone(UTC) if self.at else at_wall(self.on + timedelta(days=1), time(0), self.zone) - _TICK


def at_moment(at: datetime, zone: str) -> Occurred:
    """Return the occurrence at an exact aware moment; its day is the day in the moment's own offset."""
    return Occurred(at, at.date(), zone)


def at_instant(at: datetime, zone: str) -> Occurred:
    """Return the occurrence at a moment of our own clock, on the calendar of a zone."""
    return at_moment(local(at, zone), zone)


def on_day(on: date, zone: str) -> Occurred:
    """Return the occurrence on a calendar day whose time is not known."""
    return Occurred(None, on, zone)


def with_offset(at: datetime, offset_minutes: int) -> datetime:
    """Return the UTC moment `at` carrying the offset it was reported with."""
    return at.astimezone(timezone(timedelta(minutes=offset_minutes)))


def offset_minutes(at: datetime) -> int:
    """Return the offset of an aware moment in whole minutes."""
    offset = at.utcoffset()
    if offset is None:
        raise ValueError("a moment without an offset")
    return int(offset.total_seconds() // 60)


def known_zone(name: str, pointer: str = "/zone") -> str:
    """Return the IANA zone name, or raise ClinicError `invalid` when there is none of that name."""
    if name not in _ZONES:
        raise invalid(pointer, "Not a time zone of the IANA database.")
    return name


def at_wall(on: date, clock: time, zone: str) -> datetime:
    """Return the UTC moment of a local wall-clock time (P13).

    A time that the clocks skip becomes the first valid instant after the gap; one that happens twice, the first.
    """
    wall = datetime.combine(on, clock.replace(fold=0), ZoneInfo(zone))  # the first of two
    moment = wall.astimezone(UTC)
    if local(moment, zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return moment
    return _after_gap(moment - timedelta(days=1), moment + timedelta(days=1), zone, clock, on)


def _after_gap(low: datetime, high: datetime, zone: str, clock: time, on: date) -> datetime:
    """Return the first instant whose local wall-clock time is past the skipped one, by bisection to the second."""
    wanted = datetime.combine(on, clock)
    here = ZoneInfo(zone)
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(here).replace(tzinfo=None) < wanted:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def local(at: datetime, zone: str) -> datetime:
    """Return a moment in the offset of a zone."""
    return at.astimezone(ZoneInfo(zone))


def local_date(at: datetime, zone: str) -> date:
    """Return the calendar day of a moment in a zone."""
    return local(at, zone).date()


def add_months(on: date, months: int) -> date:
    """Return the same day of the month so many months later, or the month's last day where it is shorter."""
    index = on.year * 12 + on.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(on.day, calendar.monthrange(year, month + 1)[1]))


def plausible(at: datetime, now: datetime, pointer: str) -> datetime:
    """Return `at`, or raise ClinicError `out-of-time` outside the years 2000 to now + 2 (P06)."""
    if not EARLIEST <= at.astimezone(UTC) <= now + _FUTURE:
        raise _implausible(pointer)
    return at


def plausible_on(on: date, now: datetime, pointer: str) -> date:
    """Return the day `on`, or raise as `plausible`."""
    if not EARLIEST.date() <= on <= (now + _FUTURE).date():
        raise _implausible(pointer)
    return on


def _implausible(pointer: str) -> ClinicError:
    return invalid(pointer, "Must lie between the year 2000 and two years from now.", "out-of-time")
