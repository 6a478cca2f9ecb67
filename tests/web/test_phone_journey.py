"""A patient's week with two phones: paired by link and by code, offline, reloaded, contradicting, reminded by push."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from backend.app import create_app, db
from backend.settings import load
from tests.house import House, SetClock
from tests.journeys.processes import Installation, until
from tests.web.app_core_page import SHOWN
from tests.web.diary import arrived, go, rate
from tests.web.phones import Anna, Clinic
from tests.web.test_app_worker import deliver

pytestmark = pytest.mark.journey

PHONE: ViewportSize = {"width": 360, "height": 740}
TABLET: ViewportSize = {"width": 768, "height": 1024}
SAID = {
    "nl": {"waits": "Offline: 3 wachten", "sent": "Alles verstuurd", "mine": "Wat ik hier zei klopt"},
    "en": {"waits": "Offline: 3 waiting", "sent": "All sent", "mine": "What I said here is right"},
}


LOOKS: dict[str, tuple[str, ViewportSize]] = {"sqlite": ("nl", PHONE), "postgresql": ("en", TABLET)}
"""One language and size on either database: the longest journey of a phone is gone through twice, not four times."""


@pytest.fixture
def anywhere(installation: Installation) -> Iterator[Clinic]:
    """A clinic on each database, whose clock is the machine's own."""
    installation.clock_file.unlink()
    installation.serve(workers=2)
    settings, clock = load(installation.environ), SetClock()
    app = create_app(settings, clock)
    yield Clinic(installation, House(app, settings, clock))
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def trouble() -> list[str]:
    """What went wrong on a page, or was asked of another host."""
    return []


def watched(phone: BrowserContext, trouble: list[str]) -> BrowserContext:
    """Write down a phone's faults and every request that leaves our own host."""
    phone.on("weberror", lambda error: trouble.append(str(error.error)))
    phone.on("request", lambda asked: None if "//127.0.0.1:" in asked.url else trouble.append(asked.url))
    return phone


def typed(anna: Anna, phone: BrowserContext) -> Page:
    """Pair by the code that is typed."""
    page = phone.new_page()
    page.goto(f"{anna.clinic.installation.base_url}/app")
    page.locator("#pair-code").fill(str(anna.pairing()["code"]).lower())
    page.locator("#pair-go").click()
    page.locator("#begin").click()
    expect(page.locator("#main[aria-busy]")).to_have_count(0)
    return page


def logged(page: Page, number: int) -> None:
    """Log one complaint with the form."""
    go(page, "entry")
    rate(page, "fatigue", number)
    page.locator("#save").click()
    expect(page.locator("#logged")).to_be_visible()


def changed(page: Page, entry_id: str, number: int) -> None:
    """Change an entry's number with the form."""
    go(page, f"entry/{entry_id}")
    rate(page, "fatigue", number)
    page.locator("#save").click()
    expect(page.locator(".screen-entry")).to_have_count(0)


@pytest.mark.promise("P05")
def test_what_is_logged_without_signal_arrives_once_and_what_contradicts_is_settled_by_the_patient(
    anywhere: Clinic, chromium: Browser, trouble: list[str]
) -> None:
    language, size = LOOKS[anywhere.installation.kind]
    anna = anywhere.enrol(language=language)
    told: dict[str, Any] = {"language": language, "viewport": size}
    first, second = (watched(anna.phone(chromium, worker=True, **told), trouble) for _ in range(2))
    page = anna.pair(first)
    page.evaluate("() => navigator.serviceWorker.ready.then(() => null)")
    go(page, "entry")
    expect(page.locator("#symptom-fatigue")).to_be_visible()
    first.set_offline(True)
    for number in (3, 5, 7):
        logged(page, number)
    page.reload()
    expect(page.locator("#queue")).to_contain_text(SAID[language]["waits"])
    first.set_offline(False)
    arrived(anna, lambda found: sorted(e["ratings"][0]["intensity"] for e in found) == [3, 5, 7])
    page.reload()
    expect(page.locator("#queue")).to_contain_text(SAID[language]["sent"])
    kept = arrived(anna, lambda found: len(found) == 3)

    other = typed(anna, second)
    for one in (page, other):
        go(one, "days")
        expect(one.locator(".an-entry")).to_have_count(3)
        go(one, f"entry/{kept[0]['id']}")
        expect(one.locator("#symptom-fatigue")).to_be_visible()
    for phone in (first, second):
        phone.set_offline(True)
    changed(page, kept[0]["id"], 2)
    changed(other, kept[0]["id"], 9)
    first.set_offline(False)
    arrived(anna, lambda found: 2 in [e["ratings"][0]["intensity"] for e in found])
    second.set_offline(False)
    go(other, "trouble")
    other.get_by_role("button", name=SAID[language]["mine"]).click()
    arrived(anna, lambda found: sorted(e["ratings"][0]["intensity"] for e in found) == [3, 5, 9] or len(found) != 3)
    assert [e["version"] for e in arrived(anna, bool) if e["id"] == kept[0]["id"]] == [3]
    for phone in (first, second):
        phone.close()
    assert not trouble


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)  # the worker of the page is what is new here
def test_a_message_of_the_clinic_is_received_opened_and_told(
    anywhere: Clinic, whole_chromium: Browser, trouble: list[str]
) -> None:
    anna = anywhere.enrol()
    phone = watched(anna.phone(whole_chromium, worker=True, permissions=["notifications"]), trouble)
    page = anna.pair(phone)
    (waiting, *_) = [r for r in anywhere.nurse.get(anna.path("/reminders"))["items"] if r["status"] == "planned"]
    deliver(page, orjson.dumps({"id": waiting["id"], "title": "Uitwerk", "body": "Kijk in de app"}).decode())
    until(lambda: page.evaluate(SHOWN), "a notification")
    phone.service_workers[0].evaluate(
        "async () => { const [one] = await self.registration.getNotifications();"
        " self.dispatchEvent(new NotificationEvent('notificationclick', {notification: one})) }"
    )

    def ended() -> Any:
        (same,) = [r for r in anywhere.nurse.get(anna.path("/reminders"))["items"] if r["id"] == waiting["id"]]
        return same if same["status"] == "opened" else None

    assert until(ended, "the reminder is told by the phone")["why"] == "told-by-phone"
    phone.close()
    assert not trouble
