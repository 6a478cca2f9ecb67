"""The calendar feed, read back."""

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar

from notifications.calendar import CalendarEntry, feed
from notifications.walltime import at_wall
from tests.notifications.making import AMSTERDAM, utc

NOW = utc("2026-03-09 08:00")
DOSE_AT = utc("2026-03-10 08:00")


def _entry(version: int = 0, at: datetime | None = DOSE_AT, language: str = "nl") -> CalendarEntry:
    return CalendarEntry("9f3c@uitwerk", at, date(2026, 3, 10), language, version)


def test_an_entry_reads_back_as_a_neutral_event_at_a_utc_instant() -> None:
    calendar = Calendar.from_ical(feed([_entry(3)], NOW))
    (event,) = calendar.events
    assert (event.start, event.end) == (utc("2026-03-10 08:00"), utc("2026-03-10 09:00"))
    assert (str(event["summary"]), str(event["uid"]), event["sequence"]) == ("Afspraak", "9f3c@uitwerk", 3)
    assert event.decoded("dtstamp") == NOW
    assert set(event) == {"UID", "SEQUENCE", "DTSTAMP", "SUMMARY", "CLASS", "DTSTART", "DTEND"}


@pytest.mark.promise("P13")
@pytest.mark.parametrize("on", [date(2026, 3, 29), date(2026, 10, 25)])
def test_on_the_days_the_clocks_change_nine_stays_nine_without_a_zone_table(on: date) -> None:
    at = at_wall(on, datetime(2026, 1, 1, 9, tzinfo=UTC).time(), AMSTERDAM)
    content = feed([CalendarEntry("u", at.astimezone(), on, "nl")], NOW)
    assert f"DTSTART:{on:%Y%m%d}T{at.hour:02}0000Z".encode() in content
    assert b"VTIMEZONE" not in content
    assert b"TZID" not in content


def test_a_day_without_a_time_is_a_whole_day() -> None:
    (event,) = Calendar.from_ical(feed([_entry(at=None, language="en")], NOW)).events
    assert event.start == date(2026, 3, 10)
    assert event.end - event.start == timedelta(days=1)
    assert str(event["summary"]) == "Appointment"


def test_the_feed_is_the_same_in_whatever_order_and_empty_is_a_feed_too() -> None:
    later = CalendarEntry("b", None, date(2026, 4, 10), "nl")
    assert feed([_entry(), later], NOW) == feed([later, _entry()], NOW)
    assert Calendar.from_ical(feed([], NOW)).events == []
