"""The private calendar feed: what is planned as iCalendar (RFC 5545), telling a stranger nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event

_TITLES = {"nl": "Afspraak", "en": "Appointment"}
_LASTS = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One thing in the feed: `uid` opaque and the same for ever, `version` grows with every change.

    `at` is aware; None makes it a whole day `on`. A language without a title gets the Dutch one.
    """

    uid: str
    at: datetime | None
    on: date
    language: str
    version: int = 0


def feed(entries: Iterable[CalendarEntry], now: datetime) -> bytes:
    """Return the calendar file (text/calendar, UTF-8); moments are UTC instants, without zone tables."""
    calendar = Calendar()
    calendar.add("prodid", "-//Uitwerk//NL")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for entry in sorted(entries, key=lambda entry: (entry.on, entry.uid)):
        calendar.add_component(_event(entry, now))
    content: bytes = calendar.to_ical()
    return content


def _event(entry: CalendarEntry, now: datetime) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.version)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("summary", _TITLES.get(entry.language[:2], _TITLES["nl"]))
    event.add("class", "PRIVATE")
    if entry.at is None:
        event.add("dtstart", entry.on)
        event.add("dtend", entry.on + timedelta(days=1))
    else:
        event.add("dtstart", entry.at.astimezone(UTC))
        event.add("dtend", entry.at.astimezone(UTC) + _LASTS)
    return event
