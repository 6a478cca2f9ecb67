"""The wall clock of a zone, as far as reminders need it: local time to UTC, and UTC to local day and time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def known_zone(name: str) -> bool:
    """Tell whether the IANA database has a zone of that name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such zone, not a zone's name, a folder of zones
        return False
    return True


def at_wall(on: date, clock: time, zone: str, fold: int = 0) -> datetime:
    """Return the UTC moment of a local wall-clock time (P13).

    A time the clocks skip becomes the first valid instant after the gap; of one that happens twice, `fold`
    0 is the first and 1 the second. Raises zoneinfo.ZoneInfoNotFoundError (a KeyError) for an unknown zone.
    """
    here = ZoneInfo(zone)
    by_old, by_new = (datetime.combine(on, clock, here).replace(fold=n).astimezone(UTC) for n in (0, 1))
    if by_old <= by_new:
        return by_new if fold else by_old
    return _transition(by_new.replace(microsecond=0), by_old, here)


def local(at: datetime, zone: str) -> datetime:
    """Return the moment on the wall clock of a zone."""
    return at.astimezone(ZoneInfo(zone))


def _transition(low: datetime, high: datetime, here: ZoneInfo) -> datetime:
    """Return the instant in (low, high] at which the offset changes; zones change on whole seconds."""
    before = low.astimezone(here).utcoffset()
    first, last = 0, int((high - low).total_seconds())
    while last - first > 1:
        middle = (first + last) // 2
        if (low + timedelta(seconds=middle)).astimezone(here).utcoffset() == before:
            first = middle
        else:
            last = middle
    return low + timedelta(seconds=last)
