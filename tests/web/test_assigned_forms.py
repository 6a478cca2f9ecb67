"""Questionnaires that were assigned, on a phone: every sort of question, without internet, late, and for everybody."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.assigned_forms import KEY, assign, publish
from tests.web.axe import barriers
from tests.web.care_pages import arrived, go, press, tick, watched
from tests.web.phones import Anna, Clinic

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def published(clinic: Clinic) -> None:
    """The clinic has a questionnaire of its own with every sort of question."""
    publish(clinic)


def test_what_is_assigned_is_filled_in_without_internet_and_arrives_once(published: None, anna: Anna, chromium: Browser, faults: list[str]) -> None:
    assign(anna, -1, 3)
    phone = watched(anna.phone(chromium), faults)
    page = anna.pair(phone)
    expect(page.locator(".screen-today")).to_contain_text("Hoe ging het met je?")
    phone.set_offline(True)
    go(page, f"forms/asked/{KEY}")
    press(page, "Beginnen")
    expect(page.locator(".display")).to_have_text("Deze lijst gaat over de afgelopen week.")
    tick(page, "Hoe ging het?", "Moe")
    press(page, "Alle vragen op één pagina")
    helped = page.get_by_role("group", name="Wat hielp?")
    helped.get_by_label("Goed").check()
    helped.get_by_label("Anders").check()
    helped.get_by_label("Wat dan?").fill("slapen")
    page.get_by_role("group", name="Waardoor kwam het?").get_by_label("Anders").check()
    expect(page.get_by_role("textbox", name="Temperatuur")).to_have_value("37")
    page.get_by_label("Gewicht").fill("71,5")
    page.get_by_label("Aantal stappen").fill("4000")
    page.get_by_role("textbox", name="Hoeveel last?").fill("40")
    page.get_by_label("Hoe laat werd je wakker?").fill("07:30")
    worst = page.get_by_role("group", name="Wanneer was het het ergst?")
    worst.get_by_label("Dag").fill("2026-03-28")
    days = page.get_by_role("group", name="Op welke dagen?")
    days.get_by_label("Op welke dagen? 1", exact=True).fill("2026-03-28")
    press(page, "Nog een antwoord")
    expect(days.get_by_label("Op welke dagen? 2", exact=True)).to_be_focused()
    days.get_by_label("Op welke dagen? 2", exact=True).fill("2026-03-29")
    tick(page, "Heb je gelopen?", "Nee")
    press(page, "Toevoegen: Medicijnen")
    one = page.get_by_role("group", name="Medicijnen 1", exact=True)
    tick(page, "Elke dag?", "Nee")
    one.get_by_label("Hoe vaak per week?").fill("3")
    one.get_by_role("button", name="Toevoegen: Bijwerkingen").press("Enter")
    one.get_by_label("Bijwerking", exact=True).fill("hoofdpijn")
    tick(page, "Hoe erg?", "Stijf")
    page.get_by_label("Wil je nog iets kwijt?").fill("Nee hoor.")
    press(page, "Antwoorden nakijken")
    for said in ("Schrijf op wat het is", "Vul de dag en de tijd in.", "Beantwoord deze vraag"):
        expect(page.locator(".error:visible").filter(has_text=said)).to_have_count(1)
    assert not barriers(page)
    page.get_by_role("group", name="Waardoor kwam het?").get_by_label("Wat dan?").fill("warmte")
    worst.get_by_label("Tijd").fill("02:30")
    one.get_by_label("Naam").fill("paracetamol")
    press(page, "Antwoorden nakijken")
    expect(page.locator(".answers")).to_contain_text("71,5 kg")
    expect(page.locator(".answers")).to_contain_text("hoofdpijn")
    expect(page.locator(".display")).to_contain_text("Je arts leest dit")
    assert not barriers(page)
    press(page, "Klaar, versturen")
    expect(page.locator("h1")).to_have_text("Dank je wel")
    go(page, "forms")
    expect(page.locator("main")).to_contain_text("Er staat nu geen vragenlijst voor je klaar.")
    phone.set_offline(False)
    stored: dict[str, Any] = arrived(anna, "/responses")
    assert stored["answers"] == ANSWERS
    (round_,) = anna.clinic.nurse.get(anna.path("/assignments"))["items"][0]["rounds"]
    assert (round_["state"], round_["completed_by"]) == ("in_time", stored["id"])
    phone.close()


ANSWERS = {
    "felt": "tired",
    "helped": ["good", {"other": "slapen"}],
    "why": {"other": "warmte"},
    "temperature": 37,
    "weight": {"value": 71.5, "unit": "kg"},
    "steps": 4000,
    "line": 40,
    "woke": "07:30",
    "worst": "2026-03-28T02:30:00+01:00",
    "days": ["2026-03-28", "2026-03-29"],
    "walked": False,
    "drugs": [
        {"name": "paracetamol", "daily": False, "times": 3, "effects": [{"effect": "hoofdpijn", "bad": "stiff"}]},
    ],
    "note": "Nee hoor.",
}
