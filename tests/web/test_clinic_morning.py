"""The nurse's morning as one journey: from the worklist to a call, a moved dose, and the page for the consultation."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.people import Person
from tests.web.axe import barriers
from tests.web.clinic_pages import Desk, at, sat_at, stands
from tests.web.phones import Anna, Clinic

pytestmark = pytest.mark.journey

WORDS = "Can it be Thursday?"


@pytest.fixture
def desk(clinic: Clinic, chromium: Browser) -> Iterator[Desk]:
    """A desk on the ward; a console error or a call to another host fails the test."""
    with sat_at(clinic, chromium) as found:
        yield found


def test_from_the_worklist_to_a_call_a_moved_dose_and_a_printed_page(desk: Desk) -> None:
    name = f"Wilma {uuid4().hex[:6]}"
    wilma = desk.clinic.enrol(given=(-126, -84, -42), planned=3, name=name)
    asks_for_another_day(desk, wilma)
    page = at(desk.logged_in(desk.clinic.bram, language="en").new_page(), desk.url, "worklist/move")

    # Who needs something? Wilma asks for another day.
    page.keyboard.press("/")
    page.keyboard.type(name)
    page.keyboard.press("ArrowDown")
    expect(page.locator(".line:focus, .line:focus-within")).to_contain_text(WORDS)
    assert barriers(page) == []

    moves_the_dose(desk, page, wilma)
    records_the_call(page, name)
    (call,) = desk.clinic.nurse.get(wilma.path("/calls"))["items"]
    assert (call["outcome"], call["kind"], call["words"]) == ("reached", "move", "Thursday it is")

    # Her page for the consultation, on paper.
    at(page, desk.url, f"patient/{wilma.id}")
    expect(page.locator("h1")).to_have_text(name)
    assert barriers(page) == []
    sheets = page.pdf(prefer_css_page_size=True)
    assert 1 <= sheets.count(b"/Type /Page\n") <= 2
    page.get_by_role("tab", name="History").click()
    expect(page.get_by_text("asked by the patient").first).to_be_visible()
    page.close()


def asks_for_another_day(desk: Desk, wilma: Anna) -> None:
    """Let her ask, on her phone."""
    phone = Person(desk.clinic.installation, desk.clinic.phone_of(wilma))
    asked = {"id": str(uuid4()), "kind": "move", "treatment_id": wilma.treatment, "words": WORDS}
    phone.post("/me/requests", {**asked, "recorded_at": desk.clinic.installation.now().isoformat()})


def moves_the_dose(desk: Desk, page: Page, wilma: Anna) -> None:
    """On the day ward's calendar her dose goes to the day they agreed on."""
    dose = next(one for one in desk.clinic.nurse.get(wilma.path("/doses"))["items"] if one["status"] == "planned")
    to = date.fromisoformat(dose["planned"]["on"]) + timedelta(days=2)
    at(page, desk.url, f"doses/{dose['planned']['on']}")
    page.locator(f"#dose-{dose['id']}").press("Enter")
    page.get_by_label("Move").press("Space")
    page.locator("#act-on").fill(to.isoformat())
    page.locator("#act-reason").fill("asked by the patient")
    page.locator("#act-look").press("Enter")
    expect(page.locator(".difference")).to_contain_text("Planned: from")
    page.locator("#act-keep").press("Enter")
    expect(page.locator("#notice")).to_contain_text("The dose is moved")


def records_the_call(page: Page, name: str) -> None:
    """The call is recorded, and she is off the list."""
    page.keyboard.press("g")
    page.keyboard.press("w")
    stands(page)
    page.locator("#search").fill(name)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_label("Spoken").press("Space")
    page.locator("#call-words").fill("Thursday it is")
    page.locator("#call-save").press("Enter")
    expect(page.locator(".line").filter(has_text=WORDS)).to_have_count(0)
