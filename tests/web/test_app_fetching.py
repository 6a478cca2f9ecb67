"""The app fetches a screen when somebody first goes there: what is fetched when, and what if it cannot be."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Route, expect

from backend.web.pages import ROOT
from tests.journeys.processes import until
from tests.web.axe import barriers
from tests.web.care_pages import go, watched
from tests.web.phones import Anna
from tests.web.test_app_every_screen import SCREENS
from tests.web.test_words import brought

pytestmark = pytest.mark.journey

NO_INTERNET = {"nl": "Je hebt nu geen internet", "en": "You have no internet right now"}
TO_TODAY = {"nl": "Naar Vandaag", "en": "Go to Today"}
EVERY = {path.name for screen in SCREENS for path in brought(ROOT / "patient" / f"{screen}.js")}
LATE = """export const screen = {name: "prick", words: {nl: {}, en: {}}, async render() {
    document.body.dataset.late = "drawn"; }}; document.body.dataset.late = "fetched";"""


@pytest.fixture
def fetched() -> list[str]:
    """The names of what a phone asked for and got."""
    return []


@pytest.fixture
def phone(anna: Anna, chromium: Browser, faults: list[str], fetched: list[str]) -> Iterator[BrowserContext]:
    """A phone of Anna's whose clock the test can move."""
    opened = watched(anna.phone(chromium), faults)
    opened.on("requestfinished", lambda asked: fetched.append(asked.url.rpartition("/")[2]))
    opened.clock.install()
    yield opened
    opened.close()


def test_only_what_is_looked_at_is_fetched(anna: Anna, phone: BrowserContext, fetched: list[str]) -> None:
    page = anna.pair(phone)
    scripts = {name for name in fetched if name.endswith(".js")}
    assert "today.js" in scripts
    assert len(scripts) < 45
    assert not {"entry.js", "intervals.js", "forms.js", "reminders.js", "prick.js", "more.js"} & scripts
    go(page, "entry")
    assert "entry.js" in fetched
    go(page, "today")
    go(page, "entry")
    assert fetched.count("entry.js") == 1


def test_where_no_worker_keeps_them_the_rest_is_fetched_a_while_after_the_start(
    anna: Anna, phone: BrowserContext, fetched: list[str]
) -> None:
    page = phone.new_page()
    page.goto(anna.link())
    expect(page.locator("#pair-go")).to_be_visible()
    page.clock.fast_forward(10_000)
    page.locator("#pair-go").click()
    expect(page.locator("#begin")).to_be_visible()
    assert "forms.js" not in fetched
    page.clock.fast_forward(10_000)
    until(lambda: page.evaluate("() => true") and set(fetched) >= EVERY, "all is there")
    phone.set_offline(True)
    for name in ("forms", "reminders", "move"):
        go(page, name)
        expect(page.get_by_role("alert").filter(has_text=NO_INTERNET["nl"])).to_have_count(0)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_screen_that_is_not_here_says_there_is_no_internet_and_comes_once_there_is(
    anna: Anna, phone: BrowserContext, language: str
) -> None:
    page = anna.pair(phone)
    if language == "en":
        go(page, "more")
        page.locator("#language-en").click()
        expect(page.locator("h1")).to_have_text("More")
    phone.set_offline(True)
    page.locator("#tab-prick").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text(NO_INTERNET[language])
    expect(page.locator("h1")).to_be_focused()
    assert not barriers(page)
    page.get_by_role("link", name=TO_TODAY[language]).press("Enter")
    expect(page.locator(".screen-today h1")).to_be_focused()
    phone.set_offline(False)
    page.locator("#tab-prick").press("Enter")
    expect(page.locator(".screen-prick h1")).to_be_focused()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_screen_that_comes_late_is_not_drawn_over_a_newer_one(anna: Anna, phone: BrowserContext) -> None:
    page = anna.pair(phone)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    phone.route("**/prick.js", hold)
    page.locator("#tab-prick").click()
    until(lambda: page.evaluate("() => true") and held, "it is asked for")
    go(page, "today")
    held[0].fulfill(body=LATE, content_type="text/javascript")
    expect(page.locator("body")).to_have_attribute("data-late", "fetched")
    page.evaluate("import('/static/patient/prick.js').then(() => new Promise(requestAnimationFrame))")
    expect(page.locator("body")).to_have_attribute("data-late", "fetched")
    expect(page.locator("h1")).to_have_text("Vandaag")


def test_a_browser_that_holds_on_to_what_failed_gets_a_fresh_page(anna: Anna, phone: BrowserContext) -> None:
    """So browsers did until 2026: they did not ask again for a module that had once not been there."""
    page = anna.pair(phone)
    phone.route("**/prick.js", _as_if_remembered)
    go_to_prick = page.locator("#tab-prick")
    go_to_prick.click()
    expect(page.get_by_role("alert")).to_contain_text(NO_INTERNET["nl"])
    go(page, "today")
    with page.expect_event("load"):
        go_to_prick.click()
    # Also where a fresh page does not help: it is not tried again and again.
    expect(page.get_by_role("alert")).to_contain_text(NO_INTERNET["nl"])
    phone.unroute_all()
    go(page, "today")
    go_to_prick.click()
    expect(page.locator(".screen-prick h1")).to_be_focused()


def _as_if_remembered(route: Route) -> None:
    route.abort() if route.request.resource_type == "script" else route.continue_()


def test_a_start_elsewhere_fetches_that_screen_too_and_later_the_rest(
    anna: Anna, phone: BrowserContext, fetched: list[str]
) -> None:
    page = anna.pair(phone)
    page.evaluate("location.hash = '#/contact'")
    expect(page.locator(".screen-contact h1")).to_be_visible()
    fetched.clear()
    page.reload()
    expect(page.locator(".screen-contact h1")).to_be_visible()
    assert fetched.count("contact.js") == 1
    assert "forms.js" not in fetched
    page.clock.fast_forward(10_000)
    until(lambda: page.evaluate("() => true") and set(fetched) >= EVERY, "all is there")
