"""Somebody new: enrolled by keyboard, a phone paired by QR code, typed code or letter, and emergency access."""

import re
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.web.axe import barriers
from tests.web.clinic_pages import SIZES, Desk, at, fresh, refusal, told

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def window(desk: Desk) -> Page:
    """A page in Dutch at which Bram is logged in."""
    return desk.logged_in(desk.clinic.bram).new_page()


def typed(page: Page, *texts: str) -> None:
    """Fill in field after field as with a keyboard."""
    for text in texts:
        page.keyboard.insert_text(text)
        page.keyboard.press("Tab")


def test_a_patient_is_enrolled_by_keyboard_and_the_code_pairs_a_phone(desk: Desk, window: Page) -> None:
    page = fresh(window, desk, "enrol")
    expect(page.locator("#enrol-name")).to_be_focused()
    typed(page, "Nadia El Amrani")
    page.locator("#enrol-number").fill(f"N {uuid4().hex[:8]}")
    page.locator("#enrol-go").press("Enter")
    expect(page.get_by_text("Vul een e-mailadres in, of kies sms.")).to_be_visible()
    expect(page.locator("#enrol-email")).to_be_focused()
    typed(page, "nadia@home.example")
    page.locator("#enrol-go").press("Enter")
    expect(page.locator("h1")).to_have_text("Nadia El Amrani is aangemeld")
    expect(page.locator("#pair-now")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".qr svg")).to_be_visible()
    shown = page.locator("#pairing-code").inner_text()
    expect(page.locator("#pairing-left")).to_contain_text("15 minuten")
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{8}", shown)
    assert barriers(page) == []
    paired = desk.clinic.nurse.post("/access/pairing", {"code": shown, "device_name": "her phone"})
    assert paired["role"] == "patient"
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Naar de pagina van de patiënt").click()
    page.get_by_role("tab", name="Telefoons en zorg").click()
    expect(page.get_by_role("row", name=re.compile("her phone"))).to_be_visible()


def test_the_letter_alone_goes_on_paper_and_is_one_page(desk: Desk, window: Page) -> None:
    nina = desk.clinic.enrol(name="Nina Letter")
    page = fresh(window, desk, f"patient/{nina.id}/care")
    page.evaluate("window.print = () => { document.body.dataset.printed = 'yes' }")
    page.locator("#care-pair").click()
    page.locator("#pairing-print").click()
    assert page.locator("body").get_attribute("data-printed") == "yes"
    page.emulate_media(media="print")
    expect(page.get_by_text("Beste Nina Letter")).to_be_visible()
    expect(page.locator("#pairing-code")).to_be_visible()
    expect(page.locator("main")).to_be_hidden()
    assert page.pdf(format="A4").count(b"/Type /Page\n") == 1
    page.emulate_media(media="screen")
    page.keyboard.press("Escape")


def test_a_hospital_number_that_is_there_already_is_said_at_its_field(desk: Desk, window: Page) -> None:
    number = uuid4().hex[:8]
    desk.clinic.enrol(name="Olga First", hospital_number=f"O {number}")
    page = fresh(window, desk, "enrol")
    for field, text in (("name", "Olga Second"), ("number", f"o{number}"), ("email", "o@home.example")):
        page.locator(f"#enrol-{field}").fill(text)
    page.locator("#enrol-go").click()
    expect(page.locator("#enrol-error")).to_contain_text("al een patiënt")
    expect(page.locator("#enrol-number")).to_have_attribute("aria-invalid", "true")


def test_a_colleague_is_let_in_and_the_involvement_ended(desk: Desk, window: Page) -> None:
    pia = desk.clinic.enrol(name="Pia Shared")
    cora = desk.colleague("clinician", name="Cora Colleague")
    page = fresh(window, desk, f"patient/{pia.id}/care")
    page.locator("#care-let-in").click()
    page.locator("#care-whom").select_option(str(cora.id))
    page.locator("#care-save").click()
    expect(page.get_by_role("row", name=re.compile("Cora Colleague"))).to_contain_text("doorlopend")
    page.get_by_role("button", name="Betrokkenheid van Cora Colleague beëindigen").click()
    page.get_by_role("dialog").get_by_role("button", name="Beëindigen").click()
    expect(page.get_by_role("row", name=re.compile("Cora Colleague"))).to_contain_text("beëindigd")


def test_in_an_emergency_a_record_opens_with_a_reason_and_everybody_hears_of_it(desk: Desk) -> None:
    who: dict[str, Any] = {
        "name": "Quinta Stranger",
        "hospital_number": f"Q {uuid4().hex[:8]}",
        "birth_on": "1980-02-29",
    }
    quinta = desk.clinic.enrol(**who)
    context = desk.logged_in(desk.colleague("clinician", name="Dora Duty"))
    page = context.new_page()
    at(page, desk.url, "enrol")
    page.locator("#glass summary").press("Enter")
    page.locator("#glass-number").fill(who["hospital_number"])
    page.locator("#glass-birth").fill(date(1981, 2, 28).isoformat())
    page.locator("#glass-reason").fill("found unconscious")
    page.locator("#glass-go").click()
    sure = page.get_by_role("dialog", name="Dit dossier openen?")
    sure.get_by_role("button", name="Dossier openen").click()
    expect(page.locator("#glass-error")).to_contain_text("Geen patiënt van uw centrum")
    told(page, "/emergency-access", refusal("emergency-limit", retry_after=3600), status=429)
    page.locator("#glass-go").click()
    sure.get_by_role("button", name="Dossier openen").click()
    expect(page.locator("#glass-error")).to_contain_text("Vraag een collega die bij de patiënt betrokken is")
    page.unroute("**/api/v1/emergency-access")
    page.locator("#glass-birth").fill(who["birth_on"])
    page.locator("#glass-go").click()
    sure.get_by_role("button", name="Dossier openen").click()
    page.get_by_role("dialog", name="Het dossier is open").get_by_role("button", name="Naar de patiënt").click()
    expect(page.locator("h1")).to_have_text("Quinta Stranger")
    waiting = desk.clinic.nurse.get("/worklist")["items"]
    assert "emergency" in {one["kind"] for one in waiting if one["patient_id"] == quinta.id}
    context.close()


@pytest.mark.parametrize(("size", "language"), [("ward", "en"), ("pocket", "nl")])
def test_nothing_on_the_page_keeps_anybody_out(desk: Desk, size: str, language: str) -> None:
    page = desk.logged_in(desk.clinic.bram, language=language, size=SIZES[size]).new_page()
    at(page, desk.url, "enrol")
    page.locator("#glass summary").click()
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()
