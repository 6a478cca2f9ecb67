"""The app's service worker: the app without internet, messages and their receipts, sending with the app closed."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from backend.web import pages
from tests.journeys.processes import until
from tests.web.app_core_page import REGISTER, SHOWN, Phone, Scripted, phone_of, serving
from tests.web.test_app_every_screen import SCREENS

pytestmark = pytest.mark.journey


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A server that does as it is told."""
    with serving(Scripted()) as server:
        yield server


@pytest.fixture
def phone(whole_chromium: Browser, server: Scripted) -> Iterator[Phone]:
    """A paired phone with its service worker in place."""
    with phone_of(whole_chromium, server, permissions=["notifications"]) as phone:
        phone.pair()
        phone.page.evaluate(REGISTER)
        yield phone


def test_the_app_opens_without_internet(server: Scripted, phone: Phone) -> None:
    phone.call("sync.sync")
    server.gone()
    for path in ("/app#/trouble", "/app", "/pair"):
        page = phone.tab(path)
        expect(page.locator("h1")).to_be_visible()


def test_every_screen_opens_without_internet_also_one_that_was_never_looked_at(server: Scripted, phone: Phone) -> None:
    phone.call("sync.sync")
    page = phone.tab("/app")
    expect(page.locator(".screen-today h1")).to_be_visible()
    assert phone.call("worker.standing", page=page) == "keeps"
    server.gone()
    for name in SCREENS:
        page.evaluate("name => { location.hash = `#/${name}` }", name)
        heading = page.locator(f".screen-{name} h1")
        expect(heading).to_be_visible()
        expect(heading).not_to_have_text("Dit scherm werkt nu niet")


def test_a_browser_whose_workers_are_no_modules_opens_the_app_too(whole_chromium: Browser, server: Scripted) -> None:
    with phone_of(whole_chromium, server) as phone:
        phone.context.add_init_script(
            "const {register} = ServiceWorkerContainer.prototype; ServiceWorkerContainer.prototype.register ="
            " function (url, options) { if (options) throw new TypeError('none'); return register.call(this, url) }"
        )
        phone.page.reload()
        phone.page.evaluate(REGISTER)
        assert phone.page.evaluate("async () => (await navigator.serviceWorker.ready).active.scriptURL").endswith(
            "/sw.js"
        )
        server.gone()
        expect(phone.tab("/app").locator("h1")).to_be_visible()


def test_the_pages_of_the_staff_take_nothing_that_the_app_keeps(server: Scripted, phone: Phone) -> None:
    phone.page.evaluate(
        "async () => { const [name] = await caches.keys(); const cache = await caches.open(name);"
        " const old = new Response('throw new Error(`old`)', {headers: {'Content-Type': 'text/javascript'}});"
        " await cache.put('/static/shared/dom.js', old) }"
    )
    page = phone.context.new_page()
    page.goto(f"{server.url}/clinic")
    expect(page.locator("#login")).to_be_visible()


def test_a_new_version_takes_the_place_of_the_old_as_a_whole(server: Scripted, phone: Phone, tmp_path: Path) -> None:
    before = phone.page.evaluate("() => caches.keys()")
    open_before = phone.tab("/app")
    expect(open_before.locator(".screen-today h1")).to_be_visible()
    server.gone()
    shutil.copytree(pages.ROOT, tmp_path / "web", ignore=shutil.ignore_patterns("__pycache__"))
    clock = tmp_path / "web" / "patient" / "clock.js"
    clock.write_text(clock.read_text() + "export const renewed = () => 1;\n")
    with serving(server, tmp_path / "web"):
        # The new frame comes with its own files at once, while the kept ones are still those of before.
        fresh = phone.tab("/app#/trouble")
        expect(fresh.locator("h1")).to_be_visible()
        assert phone.call("clock.renewed", page=fresh) == 1
        fresh.evaluate("async () => { await (await navigator.serviceWorker.ready).update() }")
        until(lambda: fresh.evaluate("() => caches.keys()") != before, "the new version")
        until(lambda: len(fresh.evaluate("() => caches.keys()")) == 1, "the old version gone")
    offline = phone.tab("/app#/trouble")
    expect(offline.locator("h1")).to_be_visible()
    assert phone.call("clock.renewed", page=offline) == 1
    # A page of before has no screens of another version put into it: it begins anew with that screen.
    assert phone.call("worker.standing", page=open_before) == "another"
    with open_before.expect_event("load"):
        open_before.evaluate("() => { location.hash = '#/trouble' }")
    expect(open_before.locator(".screen-trouble h1")).to_be_visible()
    assert phone.call("clock.renewed", page=open_before) == 1


def test_what_the_api_says_is_never_kept_by_the_worker(server: Scripted, phone: Phone) -> None:
    page = phone.tab("/app")
    expect(page.locator("h1")).to_be_visible()
    kept = page.evaluate(
        "async () => (await Promise.all((await caches.keys()).map(async (name) =>"
        " (await (await caches.open(name)).keys()).map(({url}) => new URL(url).pathname)))).flat()"
    )
    assert "/app" in kept
    assert "/static/patient/sync.js" in kept
    assert not [path for path in kept if path.startswith("/api/") or "sw." in path]


def deliver(page: Page, data: str) -> None:
    """Let a message arrive at the service worker, as the browser's push service would."""
    cdp, registration = worker(page)
    origin = page.evaluate("() => location.origin")
    cdp.send("ServiceWorker.deliverPushMessage", {"origin": origin, "registrationId": registration, "data": data})


def worker(page: Page) -> tuple[CDPSession, str]:
    """Return a way to talk to the browser about service workers, and the registration's id."""
    cdp, ids = page.context.new_cdp_session(page), list[str]()
    cdp.on("ServiceWorker.workerRegistrationUpdated", lambda told: ids.extend(_ids(told)))
    cdp.send("ServiceWorker.enable")
    page.evaluate("() => navigator.serviceWorker.ready.then(() => null)")
    # The browser tells in its own time; what it told is heard while we ask the page something.
    until(lambda: page.evaluate("() => true") and ids, "the registration is told")
    return cdp, ids[0]


def _ids(told: dict[str, Any]) -> list[str]:
    return [one["registrationId"] for one in told["registrations"] if not one["isDeleted"]]


def receipts(server: Scripted) -> list[tuple[str, str]]:
    """Return the receipts that were sent."""
    return [(one["id"], one["state"]) for body in server.asked("/me/sync") for one in body["receipts"]]


def test_a_message_is_shown_with_its_own_words_and_told_to_the_server_once(server: Scripted, phone: Phone) -> None:
    phone.call("sync.sync")
    id_ = str(uuid4())
    for _ in range(2):
        deliver(phone.page, orjson.dumps({"id": id_, "title": "Uitwerk", "body": "Tomorrow"}).decode())
    until(lambda: receipts(server), "a receipt")
    assert phone.page.evaluate(SHOWN) == [["Uitwerk", "Tomorrow", id_]]
    phone.call("sync.sync")
    assert receipts(server) == [(id_, "shown")]


@pytest.mark.parametrize("data", ["", "no json", "[1]", '{"title": 3}'])
def test_a_message_that_cannot_be_read_says_something_neutral(server: Scripted, phone: Phone, data: str) -> None:
    phone.call("sync.sync")
    deliver(phone.page, data)
    until(lambda: phone.page.evaluate(SHOWN), "a notification")
    assert phone.page.evaluate(SHOWN) == [["Uitwerk", "Er staat iets voor je klaar.", ""]]


@pytest.mark.parametrize(("event", "state"), [("notificationclick", "opened"), ("notificationclose", "dismissed")])
def test_what_became_of_a_message_is_told(server: Scripted, phone: Phone, event: str, state: str) -> None:
    phone.call("sync.sync")
    id_ = str(uuid4())
    deliver(phone.page, orjson.dumps({"id": id_, "title": "Uitwerk", "body": "Tomorrow"}).decode())
    until(lambda: phone.page.evaluate(SHOWN), "a notification")
    phone.context.service_workers[0].evaluate(
        "async (name) => { const [notification] = await self.registration.getNotifications();"
        " self.dispatchEvent(new NotificationEvent(name, {notification})) }",
        event,
    )
    until(lambda: (id_, state) in receipts(server), "a receipt")
    assert receipts(server).count((id_, state)) == 1


def test_what_waits_is_sent_when_there_is_internet_again_with_the_app_closed(server: Scripted, phone: Phone) -> None:
    phone.call("sync.sync")
    cdp, registration = worker(phone.page)
    with phone.offline():
        written = phone.write()
        phone.page.goto("about:blank")
    told = {"origin": server.url, "registrationId": registration, "tag": "uitwerk", "lastChance": False}
    cdp.send("ServiceWorker.dispatchSyncEvent", told)
    sent = until(lambda: server.sent, "an upload")
    assert [change["id"] for change in sent] == [written]
