"""Messages put off from the notification itself, kept until the server heard of it; and whether reminders come late."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.processes import until
from tests.web.app_core_page import REGISTER, SHOWN, Phone, Scripted, phone_of, refusal, serving
from tests.web.test_app_worker import deliver, receipts, worker

pytestmark = pytest.mark.journey

ACTIONS = (
    "async () => (await (await navigator.serviceWorker.ready).getNotifications())"
    ".flatMap(({actions}) => actions.map(({action, title}) => [action, title]))"
)
TAP = (
    "async () => { const [notification] = await self.registration.getNotifications();"
    " self.dispatchEvent(new NotificationEvent('notificationclick', {notification, action: 'later'})) }"
)
WAITS = "later.waitingLater"


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A server that does as it is told, by the machine's own clock."""
    with serving(Scripted(server_time=datetime.now(UTC).isoformat())) as server:
        yield server


@pytest.fixture
def phone(whole_chromium: Browser, server: Scripted) -> Iterator[Phone]:
    """A paired phone with its service worker in place."""
    with phone_of(whole_chromium, server, permissions=["notifications"]) as phone:
        phone.pair()
        phone.page.evaluate(REGISTER)
        yield phone


def planned(server: Scripted, kind: str = "form", left: timedelta = timedelta(days=1)) -> str:
    """Let the phone know of a reminder that makes sense for so much longer; return its id."""
    ends = datetime.now(UTC) + left
    one = {"id": str(uuid4()), "kind": kind, "send_at": ends.isoformat(), "expires_at": ends.isoformat()}
    server.documents["reminders"] = {"items": [one], "told": []}
    return one["id"]


def arrived(phone: Phone, id_: str) -> None:
    """Let a message about it arrive and wait until it is shown."""
    phone.call("sync.sync")
    deliver(phone.page, orjson.dumps({"id": id_, "title": "Uitwerk", "body": "Tomorrow"}).decode())
    until(lambda: phone.page.evaluate(SHOWN), "a notification")


def snoozes(server: Scripted, id_: str) -> list[datetime]:
    """Return for when the server was asked to tell of it once more."""
    return [datetime.fromisoformat(body["until"]) for body in server.asked(f"/me/reminders/{id_}/snooze")]


def test_a_message_can_be_put_off_by_an_hour_from_the_lock_screen(server: Scripted, phone: Phone) -> None:
    id_ = planned(server)
    arrived(phone, id_)
    assert phone.page.evaluate(ACTIONS) == [["later", "Over een uur"]]
    before = datetime.now(UTC)
    phone.context.service_workers[0].evaluate(TAP)
    (asked,) = until(lambda: snoozes(server, id_), "it is put off")
    assert timedelta(minutes=59) < asked - before < timedelta(minutes=61)
    until(lambda: (id_, "dismissed") in receipts(server), "the server knows that it was seen")
    assert (id_, "opened") not in receipts(server)
    until(lambda: phone.call(WAITS) == [], "nothing waits")
    phone.call("sync.sync")
    assert len(snoozes(server, id_)) == 1


@pytest.mark.parametrize(
    ("kind", "left"), [("test", timedelta(days=1)), ("correction", timedelta(days=1)), ("form", timedelta(minutes=90))]
)
def test_what_would_be_too_late_or_is_said_once_cannot_be_put_off(
    server: Scripted, phone: Phone, kind: str, left: timedelta
) -> None:
    arrived(phone, planned(server, kind, left))
    assert phone.page.evaluate(ACTIONS) == []


def test_a_message_the_phone_knows_nothing_of_cannot_be_put_off(phone: Phone) -> None:
    arrived(phone, str(uuid4()))
    assert phone.page.evaluate(ACTIONS) == []


def test_what_could_not_be_sent_at_once_is_sent_when_the_browser_wakes_the_worker(
    server: Scripted, phone: Phone
) -> None:
    id_ = planned(server)
    arrived(phone, id_)
    server.paths[f"/me/reminders/{id_}/snooze"] = lambda _: refusal(503)
    cdp, registration = worker(phone.page)
    phone.page.goto("about:blank")
    phone.context.service_workers[0].evaluate(TAP)
    until(lambda: snoozes(server, id_), "it is tried")
    del server.paths[f"/me/reminders/{id_}/snooze"]
    server.calls.clear()
    told = {"origin": server.url, "registrationId": registration, "tag": "uitwerk", "lastChance": False}
    cdp.send("ServiceWorker.dispatchSyncEvent", told)
    assert until(lambda: snoozes(server, id_), "it is put off")


def put_off(phone: Phone, id_: str, until_: datetime) -> None:
    """Leave on the phone what the service worker leaves there."""
    phone.call("store.saveDraft", f"later:{id_}", {"until": until_.timestamp() * 1000})


def test_a_moment_that_has_passed_meanwhile_is_at_once(server: Scripted, phone: Phone) -> None:
    id_ = str(uuid4())
    put_off(phone, id_, datetime.now(UTC) - timedelta(hours=3))
    before = datetime.now(UTC)
    phone.call("sync.sync")
    (asked,) = snoozes(server, id_)
    assert timedelta(minutes=1) < asked - before < timedelta(minutes=4)


def test_what_the_server_refuses_is_not_asked_again_and_what_it_could_not_answer_is(
    server: Scripted, phone: Phone
) -> None:
    over, later = sorted(str(uuid4()) for _ in range(2))
    server.paths[f"/me/reminders/{over}/snooze"] = lambda _: refusal(422, "out-of-bounds")
    server.paths[f"/me/reminders/{later}/snooze"] = lambda _: refusal(503)
    for id_ in (over, later):
        put_off(phone, id_, datetime.now(UTC) + timedelta(hours=1))
    assert phone.call("sync.sync")["error"] == "server"
    assert [one["id"] for one in phone.call(WAITS)] == [later]
    del server.paths[f"/me/reminders/{later}/snooze"]
    phone.call("sync.sync")
    assert phone.call(WAITS) == []
    assert (len(snoozes(server, over)), len(snoozes(server, later))) == (1, 2)


def test_that_reminders_come_late_is_fresh_with_every_exchange(server: Scripted, phone: Phone) -> None:
    wishes: dict[str, Any] = {"paused_from": None, "paused_until": None, "stopped": [], "nudges": False, "version": 0}
    reached = {"channels": ["email"], "channels_offered": ["email"], "email": "anna@home.example", "zone": "Etc/UTC"}
    server.documents["profile"] = {"language": "nl", "reminder_wishes": wishes, **reached}
    phone.call("sync.sync")
    page = phone.tab("/app#/reminders")
    expect(page.locator("#queue")).to_contain_text("Alles verstuurd")
    expect(page.locator("#pause-set")).to_be_visible()
    expect(page.locator(".banner")).to_have_count(0)

    def says(since: str | None) -> None:
        server.sync = lambda body: server.taken(body, reminders_delayed_since=since)
        phone.call("sync.sync", page=page)

    says("2026-06-01T09:00:00Z")
    expect(page.locator(".banner.delayed")).to_contain_text("later dan normaal")
    note = page.locator("#main .note").filter(has_text="Sinds ma 1 jun")
    expect(note).to_be_visible()
    says(None)
    expect(page.locator(".banner")).to_have_count(0)
    expect(note).to_have_count(0)
