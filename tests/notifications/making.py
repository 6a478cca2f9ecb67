"""Makers of the nouns these tests speak of."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from factory.base import Factory
from factory.declarations import Sequence, SubFactory

from notifications.reminder import Claimed, Due, Message, Person, Reminder

AMSTERDAM = "Europe/Amsterdam"


def utc(text: str) -> datetime:
    """Return the UTC moment written as `2026-03-10 08:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class DueFactory(Factory[Due]):
    class Meta:
        model = Due

    kind = "dose"
    subject = Sequence(lambda n: f"dose-{n}")
    version = 1
    on = date(2026, 3, 10)
    at = utc("2026-03-10 08:00")


class PersonFactory(Factory[Person]):
    class Meta:
        model = Person

    zone = AMSTERDAM
    language = "nl"
    quiet_from = time(22)
    quiet_to = time(7)
    channels = ("email",)


class ReminderFactory(Factory[Reminder]):
    class Meta:
        model = Reminder

    key = Sequence(lambda n: f"key-{n}")
    kind = "dose"
    subject = "dose-1"
    version = 1
    step = "day-before"
    due_on = date(2026, 3, 10)
    due_at = utc("2026-03-10 08:00")
    send_at = utc("2026-03-09 08:00")
    expires_at = utc("2026-03-10 06:00")
    channel = "email"


class ClaimedFactory(Factory[Claimed]):
    class Meta:
        model = Claimed

    id = Sequence(lambda n: f"row-{n}")
    fence = 1
    reminder = SubFactory(ReminderFactory)
    attempt = 1
    address = "anna@example.org"
    # Of these tests, those of quiet hours say so; the others send at any hour.
    person = SubFactory(PersonFactory, quiet_from=None, quiet_to=None)
    message_id = Sequence(lambda n: f"message-{n}")


class MessageFactory(Factory[Message]):
    class Meta:
        model = Message

    subject = "Herinnering: taak morgen"
    body = "Morgen staat er één taak voor u klaar.\n"
    message_id = Sequence(lambda n: f"message-{n}")
    late = False
    written_at = utc("2026-03-09 08:00")


def claimed(**of_reminder: Any) -> Claimed:
    """Return a claimed reminder with these fields of the reminder itself."""
    made = ClaimedFactory.build()
    return replace(made, reminder=replace(made.reminder, **of_reminder))
