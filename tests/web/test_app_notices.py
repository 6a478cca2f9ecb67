"""Reminders shown by the open app: when they are due, once, and told to the server."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser

from tests.journeys.processes import until
from tests.web.app_core_page import REGISTER, SHOWN, Phone, Scripted, phone_of, serving

pytestmark = pytest.mark.journey

NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)


def reminder(sends: timedelta, expires: timedelta = timedelta(hours=5)) -> dict[str, Any]:
    """Return a reminder told so long after now."""
    told = {"id": str(uuid4()), "kind": "dose", "step": "day", "due_on": "2026-06-02", "due_at": None}
    moments = {"send_at": (NOW + sends).isoformat(), "expires_at": (NOW + expires).isoformat()}
    return {**told, **moments, "text": {"title": "Uitwerk", "body": "Morgen"}}


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A server that does as it is told; by its own clock it is ten o'clock."""
    with serving(Scripted(server_time=NOW.isoformat())) as server:
        yield server


@pytest.fixture
def phone(whole_chromium: Browser, server: Scripted) -> Iterator[Phone]:
    """A paired phone whose clock is off, that may show notices."""
    with phone_of(whole_chromium, server, permissions=["notifications"]) as phone:
        yield phone


def begun(phone: Phone) -> list[Any]:
    """Pair, exchange, begin to watch, and return what is shown."""
    phone.pair()
    phone.page.evaluate(REGISTER)
    phone.call("sync.sync")
    phone.call("notices.start")
    phone.call("notices.look")
    return list(phone.page.evaluate(SHOWN))


def receipts(server: Scripted) -> list[tuple[str, str]]:
    """Return the receipts that were sent."""
    return [(one["id"], one["state"]) for body in server.asked("/me/sync") for one in body["receipts"]]


def test_what_is_due_by_the_servers_clock_is_shown_once_and_told(server: Scripted, phone: Phone) -> None:
    due = reminder(-timedelta(minutes=1))
    later, over = reminder(timedelta(minutes=1)), reminder(-timedelta(hours=9), -timedelta(hours=1))
    server.documents["reminders"] = {"items": [due, later, over]}
    assert begun(phone) == [["Uitwerk", "Morgen", due["id"]]]
    until(lambda: receipts(server), "a receipt")
    other = phone.tab()
    phone.call("notices.look", page=other)
    phone.call("notices.look")
    phone.call("sync.sync")
    assert receipts(server) == [(due["id"], "shown")]


def test_what_a_message_told_already_is_not_shown_again(server: Scripted, phone: Phone) -> None:
    due = reminder(-timedelta(minutes=1))
    begun(phone)
    phone.context.service_workers[0].evaluate(
        "(id) => self.dispatchEvent(new PushEvent('push', {data: JSON.stringify({id, title: 'A', body: 'B'})}))",
        due["id"],
    )
    until(lambda: receipts(server), "a receipt")
    phone.page.evaluate(
        "async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((one) => one.close())"
    )
    server.documents["reminders"] = {"items": [due]}
    phone.call("sync.sync", "start")
    phone.call("notices.look")
    assert phone.page.evaluate(SHOWN) == []


def test_a_reminder_that_falls_due_while_the_app_is_open_is_shown_then(server: Scripted, phone: Phone) -> None:
    phone.page.clock.install()
    phone.page.reload()
    due = reminder(timedelta(minutes=30))
    server.documents["reminders"] = {"items": [due]}
    assert begun(phone) == []
    phone.page.clock.fast_forward(31 * 60_000)
    until(lambda: phone.page.evaluate(SHOWN), "a notice")


def test_without_leave_nothing_is_shown_and_nothing_said(whole_chromium: Browser, server: Scripted) -> None:
    server.documents["reminders"] = {"items": [reminder(-timedelta(minutes=1))]}
    with phone_of(whole_chromium, server, permissions=[]) as phone:
        assert begun(phone) == []
        phone.call("sync.sync")
        assert receipts(server) == []
