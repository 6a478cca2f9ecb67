"""The screens of care for everybody: narrow, wide and zoomed, dark, in both languages, by keyboard alone."""

from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.web.axe import barriers
from tests.web.care_pages import go, watched
from tests.web.phones import Clinic

pytestmark = pytest.mark.journey

SIZES: dict[str, ViewportSize] = {
    "phone": {"width": 320, "height": 640},
    "zoomed": {"width": 180, "height": 370},
    "tablet": {"width": 768, "height": 1024},
}
CARE = ("prick", "prick/how", "prick/new", "forms", "forms/end-of-interval", "dose", "contact", "move")
CARE_FORM = tuple(f"forms/end-of-interval/2/{view}" for view in ("experienced", "overall_intensity", "check", "all"))


@pytest.mark.parametrize(("size", "language"), [("phone", "nl"), ("zoomed", "nl"), ("tablet", "en")])
def test_nothing_keeps_anybody_from_using_a_screen_of_care(
    clinic: Clinic, chromium: Browser, faults: list[str], size: str, language: str
) -> None:
    anna = clinic.enrol(given=(-83, -41), planned=1, language=language)
    clinic.nurse.post(anna.path("/samples"), {"id": str(uuid4())})
    phone = watched(anna.phone(chromium, language=language, viewport=SIZES[size], color_scheme="dark"), faults)
    page = anna.pair(phone)
    page.evaluate("location.hash = '#/forms/end-of-interval/2/experienced'")
    page.locator("main input").first.check()
    for where in (*CARE, *CARE_FORM):
        go(page, where)
        # What is half behind the bar at the foot counts as small; sizes are measured below.
        assert barriers(page, without=("target-size",)) == [], where
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where
        small = page.evaluate(SMALL)
        assert small == [], where
    phone.close()


SMALL = """() => [...document.querySelectorAll("button, a.button, .menu a, summary, .choice, .step")]
  .filter((one) => one.offsetParent && one.closest("main") && Math.min(one.offsetHeight, one.offsetWidth) < 44)
  .map((one) => one.outerHTML.slice(0, 120))"""


def test_a_question_is_answered_with_tab_space_and_enter_alone(soon_app: Page) -> None:
    page = soon_app
    go(page, "forms/end-of-interval/2/experienced")
    expect(page.locator("h1")).to_have_text("Vraag 2 van 12")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Nee")).to_be_checked()
    for name in ("Wis keuze", "Volgende"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=name)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Vraag 3 van 3")
    expect(page.locator("h1")).to_be_focused()


def test_what_arrives_meanwhile_leaves_the_focus_and_what_was_opened_alone(clinic: Clinic, soon_app: Page) -> None:
    page = soon_app
    go(page, "prick/new")
    page.get_by_role("button", name="Opslaan").click()
    link = page.get_by_role("link", name="Het is op de post")
    expect(link).to_be_visible()
    link.focus()
    with page.expect_response(lambda answer: answer.url.endswith("/me/sync")):
        page.evaluate("import('/static/patient/sync.js').then(({ sync }) => sync('asked'))")
    expect(page.locator(".chain")).not_to_contain_text("nog niet verstuurd")
    expect(link).to_be_focused()
