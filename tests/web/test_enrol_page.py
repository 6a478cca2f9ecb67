"""The enrolment page in a browser: with the keyboard alone, on a phone and a desk, in Dutch and English."""

import re
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.people import PASSWORD, Colleague
from tests.journeys.processes import Installation
from tests.web.phones import Clinic

pytestmark = pytest.mark.journey

SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 800}}


@pytest.fixture
def link(installation: Installation) -> str:
    """An invitation's link, printed by the console, to a page that is being served."""
    installation.serve(workers=1)
    who = ("--name", "Fatima", "--email", "fatima@clinic.example", "--role", "admin")
    printed = installation.run("invite", "--site", "Voorbeeldziekenhuis", *who)
    found = re.search(r"http://\S+/enrol#\S+", printed)
    assert found
    return found[0]


def opened(browser: Browser, link: str, size: str, language: str) -> tuple[Page, list[str]]:
    """Open the page and gather what goes wrong on it or leaves for another host."""
    page = browser.new_page(viewport=SIZES[size], locale=f"{language}-NL")  # type: ignore[arg-type]
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda asked: None if "//127.0.0.1:" in asked.url else trouble.append(asked.url))
    page.goto(link)
    return page, trouble


LOOKS = {"sqlite": ("phone", "nl", "toegang"), "postgresql": ("desk", "en", "access")}
"""One size and language on either database, and what the page is called there."""


def test_a_colleague_enrols_with_the_keyboard_alone_and_can_log_in(
    installation: Installation, chromium: Browser, link: str
) -> None:
    size, language, title = LOOKS[installation.kind]
    page, trouble = opened(chromium, link, size, language)
    expect(page.locator("h1")).to_contain_text(re.compile(title, re.IGNORECASE))
    expect(page.locator("#who")).to_contain_text("Fatima")
    expect(page.locator("#qr svg, #qr img")).to_be_visible()
    secret = "".join((page.locator("#secret").text_content() or "").split())

    page.locator("#password").focus()
    page.keyboard.type("short")
    tab_to(page, "repeated")
    page.keyboard.type("other")
    tab_to(page, "code")
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    expect(page.locator(".error:not(:empty)").first).to_be_visible()

    for field in ("password", "repeated"):
        page.locator(f"#{field}").fill(PASSWORD)
    page.locator("#code").fill(pyotp.TOTP(secret).at(installation.now()))
    tab_to(page, "send")
    page.keyboard.press("Enter")
    expect(page.locator("#enrol")).to_be_hidden()
    assert "#" not in page.url or not page.url.split("#", 1)[1]
    page.locator("#onward a").press("Enter")
    expect(page.locator("#login-go")).to_be_visible()
    assert not trouble
    page.close()
    fatima = Colleague(installation, email="fatima@clinic.example", secret=secret).log_in()
    assert fatima.get("/access/session")["role"] == "admin"


def test_a_used_link_says_so_in_the_readers_language(chromium: Browser, clinic: Clinic) -> None:
    page, trouble = opened(chromium, f"{clinic.installation.base_url}/enrol#of-no-invitation-any-more", "phone", "nl")
    expect(page.locator("#status")).to_contain_text("werkt niet meer")
    expect(page.locator("#enrol")).to_be_hidden()
    page.get_by_role("button", name="English").click()
    expect(page.locator("#status")).to_contain_text("no longer works")
    assert not trouble
    page.close()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until an element has the focus, as somebody without a mouse would."""
    for _ in range(12):
        page.keyboard.press("Tab")
        focused: Any = page.evaluate("document.activeElement.id")
        if focused == name:
            return
    raise AssertionError(f"Tab does not reach {name}")
