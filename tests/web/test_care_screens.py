"""The finger prick, a dose at home, and what is asked of the clinic: on a phone, with and without internet."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.people import Person
from tests.web.care_pages import arrived, fetched, go, press, tick, watched
from tests.web.phones import Anna, Clinic

pytestmark = pytest.mark.journey

CHECKLIST: dict[str, Any] = {
    "drug": "ofatumumab",
    "route": "sc",
    "at_home": True,
    "items": [
        {"key": "well", "nl": "Ik heb geen koorts.", "en": "I have no fever."},
        {"key": "pen", "nl": "De pen is goed koel bewaard.", "en": "The pen was kept cool."},
    ],
    "advice": {"nl": "Bel eerst je verpleegkundige.", "en": "Call your nurse first."},
}


@pytest.fixture
def home(clinic: Clinic) -> Anna:
    """A patient who injects at home; the site's checklist asks two things before each dose."""
    doctor = Person(clinic.installation, clinic.house.login("clinician").headers)
    doctor.ask("PUT", "/sites/own/checklists", CHECKLIST)
    anna = Anna(clinic, clinic.nurse.post("/patients", {"name": "Anna", "email": "a@home.example"})["id"])
    started = clinic.slot(-60)["at"][:10]
    plan = {"drug": "ofatumumab", "regimen": "maintenance", "route": "sc", "started_on": started, "slot": "09:00"}
    made = clinic.nurse.post(anna.path("/treatments"), {**plan, "reason": "came to us"})
    anna.treatment = made["treatment"]["id"]
    given = {"occurred": clinic.slot(-30), "body_site": "thigh_left"}
    dose = {"treatment_id": anna.treatment, "status": "given", "parts": [given], "reason": "the first one, here"}
    clinic.nurse.post(anna.path("/doses"), dose)
    return anna


@pytest.fixture
def home_app(home: Anna, chromium: Browser, faults: list[str]) -> Iterator[Page]:
    """The phone of the patient who injects at home, paired."""
    phone = watched(home.phone(chromium), faults)
    yield home.pair(phone)
    phone.close()


# The finger prick


def test_a_prick_goes_step_by_step_from_the_kit_to_the_post_without_internet(soon: Anna, soon_app: Page) -> None:
    nurse, page = soon.clinic.nurse, soon_app
    sample = nurse.post(soon.path("/samples"), {"id": str(uuid4())})
    fetched(page)
    go(page, "prick")
    expect(page.get_by_role("heading", name="Je pakketje komt nog")).to_be_visible()
    page.context.set_offline(True)
    press(page, "Mijn pakketje is binnen")
    press(page, "Opslaan")
    expect(page.get_by_role("heading", name="Tijd om te prikken")).to_be_visible()
    expect(page.locator(".chain .now")).to_contain_text("Geprikt")
    expect(page.locator(".chain")).to_contain_text("nog niet verstuurd")
    press(page, "Ik heb geprikt")
    tick(page, "Hoeveel druppels?", "6")
    expect(page.get_by_role("status").filter(has_text="Minder dan 8")).to_be_visible()
    tick(page, "Hoeveel druppels?", "9")
    tick(page, "Ging er iets mis?", "Er is bloed gemorst")
    press(page, "Opslaan")
    expect(page.get_by_text("Doe het buisje vandaag nog op de post.").first).to_be_visible()
    press(page, "Het is op de post")
    press(page, "Opslaan")
    expect(page.get_by_role("heading", name="Wachten op het lab")).to_be_visible()
    assert nurse.get(soon.path("/samples"))["items"][0]["state"] == "ordered"
    page.context.set_offline(False)
    stored = arrived(soon, "/samples", lambda one: one["state"] == "posted")
    assert stored["id"] == sample["id"]
    states = [(step["state"], step["drops"], step["problems"]) for step in stored["steps"]]
    assert states[1:] == [("kit_received", None, []), ("collected", 9, ["spilled"]), ("posted", None, [])]
    expect(page.locator(".chain")).not_to_contain_text("nog niet verstuurd")


def test_the_day_to_prick_follows_the_dose(clinic: Clinic, chromium: Browser, faults: list[str]) -> None:
    anna = clinic.enrol(given=(-74, -32), planned=10, language="en")
    clinic.nurse.post(anna.path("/samples"), {"id": str(uuid4())})
    phone = watched(anna.phone(chromium, language="en"), faults)
    page = anna.pair(phone)
    go(page, "prick")
    expect(page.get_by_text("Wait 9 more days before you prick.")).to_be_visible()
    press(page, "My kit has arrived")
    press(page, "Save")
    expect(page.get_by_role("heading", name="Do not prick yet")).to_be_visible()
    expect(page.locator(".buttons .primary")).to_have_count(0)
    phone.close()


def test_a_prick_that_was_never_ordered_is_written_down_with_its_own_time(soon: Anna, soon_app: Page) -> None:
    page = soon_app
    go(page, "prick/new")
    tick(page, "Wanneer heb je geprikt?", "Eerder")
    page.get_by_label("Dag").fill(soon.clinic.slot(-1)["at"][:10])
    press(page, "Opslaan")
    expect(page.get_by_text("Vul de tijd in")).to_be_visible()
    page.get_by_label("Tijd").fill("07:45")
    tick(page, "Hoeveel druppels?", "meer")
    page.get_by_label("Hoeveel precies?").fill("101")
    press(page, "Opslaan")
    expect(page.get_by_text("Vul een heel getal in")).to_be_visible()
    page.get_by_label("Hoeveel precies?").fill("18")
    press(page, "Opslaan")
    expect(page.get_by_text("Doe het buisje zo snel mogelijk op de post.")).to_be_visible()
    stored = arrived(soon, "/samples")
    assert stored["steps"][0]["drops"] == 18
    assert stored["collected"]["at"].startswith(soon.clinic.slot(-1)["at"][:11] + "07:45")


def test_a_result_is_shown_in_plain_words_once_it_is_released(soon: Anna, soon_app: Page) -> None:
    clinic, page, sample = soon.clinic, soon_app, str(uuid4())
    clinic.nurse.post(soon.path("/samples"), {"id": sample})
    told = {"analyte": "level", "value": 0.5, "unit": "ug/mL", "comparator": "<"}
    made = clinic.nurse.post(soon.path(f"/samples/{sample}/results"), told)
    fetched(page)
    go(page, "prick")
    expect(page.locator("main")).not_to_contain_text("0,5")
    release = soon.path(f"/samples/{sample}/results/release")
    clinic.nurse.ask("POST", release, {"analyte": "level"}, 200, **{"If-Match": f'"{made["version"]}"'})
    fetched(page)
    expect(page.locator(".big")).to_have_text("minder dan 0,5 µg/ml")
    expect(page.locator("main")).to_contain_text("bespreek je met je kliniek")
    assert not re.search(r"\b(goed|laag|hoog|normaal)\b", page.locator("main").text_content() or "")


# A dose at home


def test_a_dose_at_home_is_recorded_with_its_checks_and_place_and_a_no_brings_the_advice(
    home: Anna, home_app: Page
) -> None:
    page = home_app
    go(page, "dose")
    expect(page.locator(".choice", has_text="Linker bovenbeen")).to_contain_text("laatst op")
    press(page, "Vastleggen")
    expect(page.get_by_text("Kies ja of nee.")).to_have_count(2)
    tick(page, "Ik heb geen koorts.", "Nee")
    expect(page.locator(".advice")).to_contain_text("Bel eerst je verpleegkundige.")
    expect(page.locator(".advice a")).to_have_attribute("href", re.compile(r"^tel:\+"))
    tick(page, "De pen is goed koel bewaard.", "Ja")
    press(page, "Vastleggen")
    expect(page.get_by_text("Kies een plek.")).to_be_visible()
    page.get_by_label("Rechter bovenbeen").check()
    page.context.set_offline(True)
    press(page, "Vastleggen")
    expect(page.get_by_role("dialog")).to_contain_text("Klopt dit?")
    press(page, "Ja, vastleggen")
    expect(page.locator(".list").last).to_contain_text("nog niet verstuurd")
    page.context.set_offline(False)
    stored = arrived(home, "/doses", lambda one: one["source"] == "patient")
    assert stored["parts"][0]["body_site"] == "thigh_right"
    press(page, "Vastleggen")
    expect(page.get_by_text("Kies ja of nee.")).to_have_count(2)


def test_who_gets_the_drug_at_the_clinic_is_told_so(soon_app: Page) -> None:
    go(soon_app, "dose")
    expect(soon_app.locator("main")).to_contain_text("Je hoeft hier niets in te vullen.")
    press(soon_app, "Vraag om een ander moment")
    expect(soon_app.locator("h1")).to_have_text("Afspraak verzetten")


# What is asked of the clinic


def test_asking_to_move_changes_nothing_until_the_clinic_does_and_its_answer_is_read(
    soon: Anna, soon_app: Page
) -> None:
    nurse, page = soon.clinic.nurse, soon_app
    go(page, "move")
    expect(page.locator(".note").first).to_contain_text("blijft staan tot je kliniek hem verzet")
    page.get_by_label("Welke dagen kun je wel?").fill("alle dinsdagen")
    page.get_by_label("Waarom wil je verzetten?").fill("ik ben er dan niet")
    press(page, "Verzoek versturen")
    asked = arrived(soon, "/requests")
    assert (asked["kind"], asked["treatment_id"]) == ("move", soon.treatment)
    assert "alle dinsdagen" in asked["words"]
    assert "ik ben er dan niet" in asked["words"]
    assert nurse.get(soon.path("/doses"))["items"][-1]["status"] == "planned"
    told = {"outcome": "later", "answer": "We kijken of dinsdag kan."}
    nurse.post(soon.path(f"/requests/{asked['id']}/outcome"), told, 200, asked["version"])
    fetched(page)
    expect(page.locator(".requests")).to_contain_text("We kijken of dinsdag kan.")
    expect(page.locator(".requests")).to_contain_text("komt erop terug")


def test_asking_for_contact_comes_with_the_safety_text_and_can_be_taken_back(soon: Anna, soon_app: Page) -> None:
    page = soon_app
    go(page, "contact")
    first = page.locator("main .safety, main .card").first
    expect(first).to_have_class("safety")
    expect(first).to_contain_text("112")
    expect(first.locator("a")).to_have_attribute("href", re.compile(r"^tel:\+"))
    page.get_by_label("Waar gaat het over?").fill("een vraag")
    page.context.set_offline(True)
    press(page, "Vraag om contact")
    expect(page.locator(".requests")).to_contain_text("Nog niet verstuurd")
    expect(page.locator("#words")).to_have_value("")
    page.context.set_offline(False)
    expect(page.locator(".requests")).to_contain_text("Staat in de lijst van je kliniek")
    page.get_by_role("button", name="Intrekken").click()
    press(page, "Ja, intrekken")
    expect(page.locator("h1")).to_be_focused()
    assert arrived(soon, "/requests", lambda one: one["status"] == "withdrawn")["words"] == "een vraag"
