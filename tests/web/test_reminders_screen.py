"""The reminders screen in a browser: what is coming, how one is reached, messages on this phone, the calendar link."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.web.axe import barriers
from tests.web.phones import Anna, Clinic

pytestmark = pytest.mark.journey

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/604.1"
NO_PUSH = "delete globalThis.PushManager;"
# A browser whose push service answers without a network, and whose owner answers `ANSWER` when asked.
PUSHING = """
if (globalThis.ServiceWorkerContainer) {
  globalThis.questions = 0;
  let said = FIRST, made = null;
  Object.defineProperty(Notification, "permission", { get: () => said });
  Notification.requestPermission = async () => { questions += 1; said = ANSWER; return said; };
  const given = GIVEN;
  const subscribe = async ({ applicationServerKey }) => {
    if (given === null) throw new DOMException("no push service", "AbortError");
    const unsubscribe = async () => { made = null; return true; };
    made = { endpoint: given.endpoint, options: { applicationServerKey }, toJSON: () => given, unsubscribe };
    return made;
  };
  const worker = { pushManager: { subscribe, getSubscription: async () => made } };
  Object.defineProperty(ServiceWorkerContainer.prototype, "ready", { get: async () => worker });
  ServiceWorkerContainer.prototype.getRegistration = async () => worker;
}
"""
Open = Callable[..., Page]


def browser_of(answer: str, *, first: str = "default", reached: bool = True) -> str:
    """Return the script of a browser whose owner answers so when it asks."""
    point = (
        ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    )
    keys = {"p256dh": unpadded(point), "auth": unpadded(uuid4().bytes)}
    given = {"endpoint": f"https://fcm.googleapis.com/fcm/send/{uuid4()}", "keys": keys} if reached else None
    told = {"FIRST": first, "ANSWER": answer, "GIVEN": given}
    script = PUSHING
    for name, value in told.items():
        script = script.replace(name, json.dumps(value))
    return script


def unpadded(raw: bytes) -> str:
    """Return bytes in base64url."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.fixture
def opened(anna: Anna, chromium: Browser) -> Iterator[Open]:
    """Opens the screen on a phone of Anna's, into which a script may be put first; a fault fails the test."""
    phones: list[BrowserContext] = []
    faults: list[str] = []

    def open_it(script: str = "", **told: Any) -> Page:
        phone = anna.phone(chromium, **told)
        phones.append(phone)
        phone.on("weberror", lambda error: faults.append(str(error.error)))
        if script:
            phone.add_init_script(script)
        page = anna.pair(phone)
        page.evaluate("location.hash = '#/reminders'")
        expect(page.locator("#reminders-save")).to_be_visible()
        expect(page.locator("#main[aria-busy]")).to_have_count(0)
        return page

    yield open_it
    for phone in phones:
        phone.close()
    assert not faults, faults


def profile(anna: Anna) -> dict[str, Any]:
    """Return how she wants to be reached, as the clinic has it."""
    found: dict[str, Any] = anna.clinic.nurse.get(anna.path(""))
    return found


def saved(page: Page) -> None:
    """Press save and wait until it says so."""
    page.locator("#reminders-save").click()
    expect(page.locator("form [role=status]")).to_contain_text("Opgeslagen")


def only_by_phone(page: Page) -> None:
    """Choose messages on the phone and nothing else."""
    page.get_by_role("checkbox", name="Op mijn telefoon").check()
    page.get_by_role("checkbox", name="Per e-mail").uncheck()


def test_what_is_coming_is_told_in_plain_words_by_day(opened: Open) -> None:
    coming = opened().locator("section").first
    expect(coming).to_contain_text("Afspraak voor je infuus of injectie")
    expect(coming).to_contain_text("om 09:00")
    expect(coming).to_contain_text("Eerste bericht")
    assert "taak" not in coming.inner_text()


def test_several_messages_about_one_thing_are_one_line_with_the_next_of_them(opened: Open) -> None:
    told = opened().evaluate(
        """async () => {
          const { things } = await import("/static/patient/reminders.js");
          const one = (kind, due_on, sent_on) => {
            const [send_at, expires_at] = [`${sent_on}T09:00:00Z`, `${due_on}T23:00:00Z`];
            return { kind, due_on, due_at: null, send_at, expires_at, text: { title: "?" } };
          };
          const items = [
            one("dose", "2026-12-08", "2026-12-07"), one("form", "2026-12-01", "2026-12-01"),
            one("dose", "2026-12-08", "2026-12-01"), one("dose", "2026-11-20", "2026-11-19"),
          ];
          return things(items, new Date("2026-11-21T12:00:00Z")).map((thing) => [thing.kind, thing.due_on, thing.next]);
        }"""
    )
    assert told == [["form", "2026-12-01", "2026-12-01T09:00:00Z"], ["dose", "2026-12-08", "2026-12-01T09:00:00Z"]]


def test_quiet_hours_language_and_zone_are_kept_at_the_clinic(opened: Open, anna: Anna) -> None:
    page = opened()
    page.get_by_label("Stuur me op vaste uren niets").check()
    page.get_by_label("Stil vanaf").fill("21:30")
    page.get_by_label("Stil tot").fill("07:15")
    page.get_by_text("Taal en tijdzone").click()
    page.get_by_label("Tijdzone").select_option("Europe/Lisbon")
    saved(page)
    kept = profile(anna)
    assert (kept["quiet_from"], kept["quiet_to"], kept["zone"]) == ("21:30", "07:15", "Europe/Lisbon")
    assert (kept["email"], kept["channels"], kept["language"]) == ("anna@home.example", ["email"], "nl")
    page.get_by_label("Stuur me op vaste uren niets").uncheck()
    page.get_by_label("Taal van de app").select_option("en")
    page.locator("#reminders-save").click()
    expect(page.locator("h1")).to_have_text("Reminders")
    kept = profile(anna)
    assert (kept["quiet_from"], kept["language"]) == (None, "en")


@pytest.mark.parametrize(
    ("typed", "said"), [("anna", "klopt niet"), ("", "Vul je e-mailadres in"), ("a@b", "klopt niet")]
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_saved(
    opened: Open, anna: Anna, typed: str, said: str
) -> None:
    page = opened()
    page.locator("#reminders-email").fill(typed)
    page.keyboard.press("Enter")
    expect(page.locator("#reminders-email-error")).to_contain_text(said)
    assert page.evaluate("document.activeElement.id") == "reminders-email"
    assert profile(anna)["email"] == "anna@home.example"


def test_quiet_hours_of_one_moment_are_refused(opened: Open) -> None:
    page = opened()
    page.get_by_label("Stuur me op vaste uren niets").check()
    page.get_by_label("Stil tot").fill("22:00")
    page.locator("#reminders-save").click()
    expect(page.locator("#quiet-to-error")).to_contain_text("twee verschillende tijden")


def test_without_internet_saving_says_so_and_keeps_what_was_typed(opened: Open, anna: Anna) -> None:
    page = opened()
    page.locator("#reminders-email").fill("new@home.example")
    page.context.set_offline(True)
    page.locator("#reminders-save").click()
    expect(page.locator("form .trouble")).to_contain_text("geen internet")
    page.context.set_offline(False)
    saved(page)
    assert profile(anna)["email"] == "new@home.example"


def test_the_phone_asks_only_after_a_tap_and_then_messages_come_here(opened: Open, anna: Anna) -> None:
    page = opened(browser_of("granted"))
    page.get_by_role("checkbox", name="Op mijn telefoon").check()
    expect(page.locator("#push-panel")).to_contain_text("nog geen berichten")
    assert page.evaluate("questions") == 0
    page.locator("#push-on").click()
    expect(page.locator("#push-panel")).to_contain_text("krijgt je berichten")
    assert page.evaluate("questions") == 1
    expect(page.locator("form [role=status]")).to_contain_text("Opgeslagen")
    assert profile(anna)["channels"] == ["push", "email"]
    assert barriers(page, without=("region",)) == []
    page.locator("#push-off").click()
    page.get_by_role("dialog").get_by_role("button", name="Uitzetten op deze telefoon").click()
    expect(page.locator("#push-on")).to_be_focused()


def test_saving_with_the_phone_chosen_switches_it_on(opened: Open, anna: Anna) -> None:
    page = opened(browser_of("granted"))
    page.get_by_role("checkbox", name="Op mijn telefoon").check()
    expect(page.locator("#push-on")).to_be_visible()
    saved(page)
    expect(page.locator("#push-off")).to_be_visible()
    assert profile(anna)["channels"] == ["push", "email"]


def test_a_phone_that_says_no_is_told_how_to_allow_it_and_nothing_is_saved(opened: Open, anna: Anna) -> None:
    page = opened(browser_of("denied"))
    only_by_phone(page)
    expect(page.locator("#push-on")).to_be_visible()
    page.locator("#reminders-save").click()
    expect(page.locator("#push-panel")).to_contain_text("Zo zet je ze aan")
    expect(page.locator("#push-check")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#push-panel")).to_contain_text("Nog niet")
    assert profile(anna)["channels"] == ["email"]
    assert barriers(page) == []


def test_a_push_service_that_does_not_answer_is_no_dead_end(opened: Open, anna: Anna) -> None:
    page = opened(browser_of("granted", reached=False))
    page.get_by_role("checkbox", name="Op mijn telefoon").check()
    page.locator("#push-on").click()
    expect(page.locator("#push-panel .trouble")).to_contain_text("kies e-mail")
    expect(page.locator("#push-on")).to_be_visible()
    page.get_by_role("checkbox", name="Op mijn telefoon").uncheck()
    expect(page.locator("#push-panel")).to_be_hidden()
    saved(page)
    assert profile(anna)["channels"] == ["email"]


@pytest.mark.parametrize(
    ("agent", "said"), [(None, "Deze browser kan geen berichten laten zien"), (IPHONE, "Zet op beginscherm")]
)
def test_where_it_cannot_be_the_way_round_it_is_told(opened: Open, agent: str | None, said: str) -> None:
    page = opened(NO_PUSH, **({"user_agent": agent} if agent else {}))
    only_by_phone(page)
    expect(page.locator("#push-panel")).to_contain_text(said)
    page.locator("#reminders-save").click()
    expect(page.locator("#push-panel .trouble")).to_contain_text("kies e-mail")


def test_a_test_message_goes_the_way_of_reminders_and_not_without_end(opened: Open) -> None:
    page = opened()
    for _ in range(5):
        page.locator("#reminders-test").click()
        expect(page.locator("#main .note").filter(has_text="onderweg naar anna@home.example")).to_be_visible()
        expect(page.locator("#reminders-test[aria-busy]")).to_have_count(0)
    page.locator("#reminders-test").click()
    expect(page.locator("#main .trouble")).to_contain_text("minuten")


def test_the_calendar_link_works_until_it_is_ended(opened: Open, clinic: Clinic) -> None:
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    page.get_by_text("In je eigen agenda").click()
    page.locator("#calendar-make").click()
    page.get_by_role("button", name="Maak een nieuwe link").click()
    expect(page.locator("#calendar-url")).to_be_focused()
    url = page.locator("#calendar-url").input_value()
    assert httpx2.get(url).headers["Content-Type"].startswith("text/calendar")
    page.locator("#calendar-copy").click()
    expect(page.locator("#notice")).to_contain_text("Gekopieerd")
    assert page.evaluate("navigator.clipboard.readText()") == url
    page.locator("#calendar-stop").click()
    page.get_by_role("button", name="Ja, laten vervallen").click()
    expect(page.locator("#main .note").filter(has_text="werkt niet meer")).to_be_visible()
    assert page.locator("#calendar-url").count() == 0
    assert httpx2.get(url).status_code == 404


def test_late_reminders_are_said_to_be_late(opened: Open) -> None:
    page = opened()
    page.evaluate(
        """async () => {
          const { mine } = await import("/static/patient/phone.js");
          const { tell } = await import("/static/patient/bus.js");
          const data = { reminders_delayed_since: new Date().toISOString() };
          await mine(["documents"], "readwrite", ({ documents }) => documents.put({ kind: "bootstrap", data }));
          tell("changed", null);
        }"""
    )
    expect(page.locator("#main .note").first).to_contain_text("later dan normaal")
