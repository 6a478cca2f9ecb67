"""The frame of the staff's pages: what each role may go to, the shortcuts, refusals in words, and how it is served."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from backend.web.pages import POLICY, ROOT
from tests.web.axe import barriers
from tests.web.clinic_lists import task
from tests.web.clinic_pages import Desk, at, lost, refusal, sat_at, stands, told
from tests.web.phones import Clinic

pytestmark = pytest.mark.journey

EMPTY = {"items": [], "counts": {}, "generated_at": "2026-11-28T08:12:00+01:00"}
STANDING = {"delayed_since": None, "undelivered": 3, "unowned": 1}


@pytest.fixture
def desk(clinic: Clinic, chromium: Browser) -> Iterator[Desk]:
    """A desk at which the server may refuse."""
    with sat_at(clinic, chromium, refusals=True) as opened:
        yield opened


@pytest.fixture
def page(desk: Desk) -> Page:
    """An empty worklist before a nurse, in English."""
    opened = desk.logged_in(desk.colleague(), language="en")
    told(opened, "/worklist", EMPTY)
    told(opened, "/roster", EMPTY)
    told(opened, "/reminders/standing", STANDING)
    return at(opened.new_page(), desk.url)


def test_a_researcher_is_told_that_a_page_of_patients_is_not_for_them(desk: Desk) -> None:
    page = at(desk.logged_in(desk.colleague("researcher")).new_page(), desk.url, "patients")
    expect(page.locator("h1")).to_have_text("Hier is niets voor uw rol")
    expect(page.locator("#places a")).to_have_count(1)
    expect(page.get_by_role("link", name="Naar Onderzoek")).to_be_visible()
    assert barriers(page) == []
    page.locator("#log-out").click()
    expect(page.locator("#email")).to_be_visible()


def test_a_coordinator_goes_where_no_symptoms_are(desk: Desk) -> None:
    opened = desk.logged_in(desk.colleague("coordinator"))
    told(opened, "/worklist", EMPTY)
    page = at(opened.new_page(), desk.url)
    expect(page.locator("#places")).to_contain_text("Patiënten")
    expect(page.locator("#places")).not_to_contain_text("Cohort")


def test_shortcuts_go_everywhere_and_a_window_lists_them_until_somebody_turns_them_off(page: Page) -> None:
    page.keyboard.press("g")
    page.keyboard.press("p")
    expect(page.locator("h1")).to_have_text("Patients")
    expect(page.locator("h1")).to_be_focused()
    page.keyboard.press("?")
    listed = page.get_by_role("dialog", name="Shortcuts")
    expect(listed.get_by_role("row", name="g p To Patients")).to_be_visible()
    assert barriers(page) == []
    listed.get_by_label("Use shortcuts").uncheck()
    page.keyboard.press("Escape")
    expect(listed).to_have_count(0)
    page.keyboard.press("g")
    page.keyboard.press("w")
    page.keyboard.press("?")
    expect(page.locator("h1")).to_have_text("Patients")
    expect(page.locator("dialog")).to_have_count(0)
    page.locator("#help").press("Enter")
    expect(listed.get_by_label("Use shortcuts")).not_to_be_checked()


def test_letters_typed_into_a_field_go_nowhere(page: Page) -> None:
    told(page, "/worklist", {**EMPTY, "items": [item()]})
    page.reload()
    stands(page)
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("g?p")
    expect(page.locator("#search")).to_have_value("g?p")
    expect(page.locator("h1")).to_have_text("Worklist")


def item() -> dict[str, object]:
    return task("contact", 3, datetime.now(UTC))


def test_the_frame_tells_what_did_not_arrive_and_goes_there(page: Page) -> None:
    told(page, "/worklist", {**EMPTY, "items": [item()]})
    page.get_by_role("link", name="3 messages did not arrive").click()
    expect(page.get_by_role("button", name="Message did not arrive 0")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("1 message did not arrive at a patient nobody cares for")).to_be_visible()


def test_the_keyboard_skips_the_frame_and_reads_it_in_order(page: Page) -> None:
    order: list[str] = []
    page.evaluate("document.activeElement.blur()")
    while "log-out" not in order and len(order) < 20:
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
    assert order[:3] == ["skip", "place-worklist", "place-patients"]
    assert order[-3:] == ["language-other", "help", "log-out"]
    page.locator("#skip").press("Enter")
    expect(page.locator("#main")).to_be_focused()
    expect(page.locator("h1")).to_have_text("Worklist")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (403, "Your role may not see"),
        (404, "you are not involved"),
        (429, "too busy"),
        (503, "cannot do this now"),
        (500, "did not work"),
    ],
)
def test_a_refusal_is_said_in_words_and_can_be_tried_again(page: Page, status: int, said: str) -> None:
    told(page, "/roster", refusal("x"), status=status)
    page.locator("#place-patients").click()
    expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible()
    page.unroute("**/api/v1/roster")
    page.get_by_role("button", name="Try again").press("Enter")
    expect(page.locator("#main")).to_contain_text("not yet involved in any patient")


def test_without_a_connection_the_page_says_so_and_comes_back_with_it(page: Page) -> None:
    back = lost(page, "/roster")
    page.locator("#place-patients").click()
    expect(page.get_by_role("alert").filter(has_text="No connection to the server")).to_be_visible()
    back()
    page.get_by_role("button", name="Try again").press("Enter")
    expect(page.locator("#main")).to_contain_text("not yet involved in any patient")


def test_a_page_that_cannot_be_fetched_says_so_and_comes_when_tried_again(page: Page) -> None:
    page.route("**/static/clinic/patients.js", lambda route: route.abort())
    page.locator("#place-patients").click()
    expect(page.get_by_role("alert").filter(has_text="No connection to the server")).to_be_visible()
    page.unroute("**/static/clinic/patients.js")
    page.get_by_role("button", name="Try again").press("Enter")
    expect(page.locator("#main")).to_contain_text("not yet involved in any patient")


def test_only_what_is_looked_at_is_fetched(desk: Desk) -> None:
    opened = desk.logged_in(desk.colleague())
    fetched: list[str] = []
    opened.on("request", lambda asked: fetched.append(asked.url.rpartition("/")[2]))
    page = at(opened.new_page(), desk.url)
    assert "worklist.js" in fetched
    assert len([name for name in fetched if name.endswith(".js")]) < 50
    assert not {"cohort.js", "patient.js", "uplot.js"} & set(fetched)
    page.locator("#place-cohort").click()
    stands(page)
    assert "cohort.js" in fetched


def test_the_page_is_served_under_the_strict_policy_and_what_others_wrote_as_they_wrote_it(clinic: Clinic) -> None:
    base = clinic.installation.base_url
    answer = httpx2.get(f"{base}/clinic")
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["Cache-Control"] == "no-cache"
    for name in ("uplot.js", "uplot.css"):
        assert httpx2.get(f"{base}/static/vendor/{name}").content == (ROOT / "vendor" / name).read_bytes()
    assert "MIT" in (ROOT / "vendor" / "uplot.LICENSE.txt").read_text(encoding="utf-8")
