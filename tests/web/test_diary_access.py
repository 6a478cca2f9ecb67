"""The diary's screens for everybody: read aloud, enlarged, in the dark, in English, and before anything was fetched."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.web.axe import barriers
from tests.web.diary import begun, go
from tests.web.phones import Anna, Clinic

pytestmark = pytest.mark.journey

ZOOMED: ViewportSize = {"width": 180, "height": 370}
TABLET: ViewportSize = {"width": 768, "height": 1024}


def test_a_form_opened_before_the_list_of_complaints_was_there_gets_it_and_keeps_what_was_written(
    anna: Anna, chromium: Browser
) -> None:
    phone = anna.phone(chromium)
    phone.route("**/me/**", lambda route: route.abort())
    page = anna.pair(phone)
    go(page, "entry")
    expect(page.locator(".complaints")).to_contain_text("De lijst met klachten komt")
    page.locator("#note").fill("alvast dit")
    phone.unroute("**/me/**")
    page.evaluate("import('/static/patient/sync.js').then(({ sync }) => sync('asked'))")
    expect(page.locator("#symptom-fatigue")).to_be_visible()
    expect(page.locator("#note")).to_have_value("alvast dit")
    phone.close()


@pytest.mark.parametrize(("language", "scheme"), [("nl", "light"), ("en", "dark")])
def test_nothing_of_these_screens_keeps_anybody_out(
    clinic: Clinic, chromium: Browser, language: str, scheme: str
) -> None:
    anna = clinic.enrol(language=language)
    phone = anna.phone(chromium, language=language, color_scheme=scheme)
    page = anna.pair(phone)
    assert not barriers(page)
    begun(page)
    assert not barriers(page)
    go(page, "today")
    page.locator("#no-complaints").click()
    expect(page.locator("#logged")).to_be_visible()
    assert not barriers(page)
    go(page, "days")
    expect(page.locator(".an-entry")).to_be_visible()
    assert not barriers(page)
    phone.close()


def small(page: Page) -> Any:
    """Return what is too small to touch, by its beginning."""
    return page.evaluate(
        "[...document.querySelectorAll('#main :is(a, button, summary, select, input:not([type=radio], [type=checkbox]),"
        " label.choice, label.step)')].filter(e => e.checkVisibility())"
        ".filter(e => { const r = e.getBoundingClientRect(); return r.height < 44 || r.width < 24 })"
        ".map(e => e.outerHTML.slice(0, 120))"
    )


@pytest.mark.parametrize("size", [ZOOMED, TABLET])
def test_nothing_is_cut_off_or_too_small_to_touch(anna: Anna, chromium: Browser, size: ViewportSize) -> None:
    phone = anna.phone(chromium, viewport=size)
    page = anna.pair(phone)
    for show in (lambda page: go(page, "today"), begun, lambda page: go(page, "days")):
        show(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
        assert not small(page)
    phone.close()


def test_the_texts_are_there_in_english(clinic: Clinic, chromium: Browser) -> None:
    anna = clinic.enrol(language="en")
    phone = anna.phone(chromium, language="en")
    page = anna.pair(phone)
    expect(page.locator(".day-number")).to_contain_text("Day 32")
    expect(page.locator(".quick h2")).to_have_text("How are you today?")
    phone.close()
