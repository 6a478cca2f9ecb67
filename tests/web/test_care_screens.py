"""The screens of care on a phone: the finger prick, forms, a dose at home, and what is asked of the clinic."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.journeys.people import Person
from tests.web.axe import barriers
from tests.web.phones import Anna, Clinic

pytestmark = pytest.mark.journey

SIZES: dict[str, ViewportSize] = {"phone": {"width": 320, "height": 640}, "tablet": {"width": 768, "height": 1024}}
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
def faults() -> Iterator[list[str]]:
    """What goes wrong in a page; anything at all fails the test."""
    found: list[str] = []
    yield found
    assert not found, found


@pytest.fixture
def soon(clinic: Clinic) -> Anna:
    """A patient whose next dose is tomorrow: the day to prick, and the form of the interval is open."""
    return clinic.enrol(given=(-83, -41), planned=1)


@pytest.fixture
def soon_app(soon: Anna, chromium: Browser, faults: list[str]) -> Iterator[Page]:
    """Her phone, paired."""
    phone = watched(soon.phone(chromium), faults)
    yield soon.pair(phone)
    phone.close()


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


def watched(phone: BrowserContext, faults: list[str]) -> BrowserContext:
    """Gather what goes wrong on a phone."""
    phone.on("weberror", lambda error: faults.append(str(error.error)))
    return phone


def go(page: Page, where: str) -> None:
    """Go to a screen and wait until it stands."""
    page.evaluate("where => { location.hash = '#/' + where }", where)
    expect(page.locator(f".screen-{where.partition('/')[0]} h1")).to_be_focused()


def press(page: Page, name: str) -> None:
    """Press a button or a link by its name, with the keyboard."""
    found = page.get_by_role("button", name=name, exact=True).or_(page.get_by_role("link", name=name, exact=True))
    found.first.focus()
    page.keyboard.press("Enter")


def tick(page: Page, question: str, answer: str) -> None:
    """Choose an answer to a question, by keyboard."""
    found = page.get_by_role("group", name=question).or_(page.get_by_role("radiogroup", name=question))
    box = found.get_by_label(answer, exact=True)
    box.focus()
    box.press("Space")
    expect(box).to_be_checked()


def synced(page: Page) -> None:
    """Wait until everything is sent."""
    expect(page.locator("#queue")).to_contain_text("Alles verstuurd")


def fetched(page: Page) -> None:
    """Begin anew, as one does the next morning, and wait until what is new is there."""
    with page.expect_response(lambda answer: answer.url.endswith("/me/sync")):
        page.reload()
    synced(page)


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
    synced(page)
    (stored,) = nurse.get(soon.path("/samples"))["items"]
    assert (stored["id"], stored["state"]) == (sample["id"], "posted")
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
    synced(page)
    (stored,) = soon.clinic.nurse.get(soon.path("/samples"))["items"]
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


# Forms


def test_a_form_goes_question_by_question_and_spares_what_does_not_apply(soon: Anna, soon_app: Page) -> None:
    page = soon_app
    go(page, "forms/end-of-interval")
    press(page, "Beginnen")
    expect(page.locator("h1")).to_have_text("Vraag 1 van 12")
    press(page, "Volgende")
    press(page, "Volgende")
    expect(page.get_by_text("Beantwoord deze vraag om verder te gaan.")).to_be_visible()
    expect(page.get_by_label("Ja")).to_be_focused()
    tick(page, "Merkte u dit ook", "Nee")
    press(page, "Volgende")
    expect(page.locator("h1")).to_have_text("Vraag 3 van 3")
    expect(page.get_by_role("progressbar")).to_have_attribute("max", "3")
    page.go_back()
    expect(page.get_by_label("Nee")).to_be_checked()
    page.go_forward()
    press(page, "Volgende")
    expect(page.locator(".safety")).to_contain_text("112")
    press(page, "Klaar, versturen")
    expect(page.locator("h1")).to_have_text("Dank je wel")
    synced(page)
    (stored,) = soon.clinic.nurse.get(soon.path("/responses"))["items"]
    assert (stored["completed"], stored["answers"]) == (True, {"experienced": "no"})
    go(page, "forms")
    expect(page.locator("main")).to_contain_text("Er staat nu geen vragenlijst voor je klaar.")


def test_answers_that_a_later_answer_hides_are_not_sent(soon: Anna, soon_app: Page) -> None:
    page = soon_app
    go(page, "forms/end-of-interval/2/all")
    tick(page, "Merkte u dit ook", "Ja")
    page.get_by_label("Hoeveel dagen vóór de gift begon het?").fill("4000")
    press(page, "Antwoorden nakijken")
    expect(page.get_by_text("Een heel getal van 0 tot en met 365.").last).to_be_visible()
    page.get_by_label("Hoeveel dagen vóór de gift begon het?").fill("6")
    expect(page.get_by_role("group", name="Weet u de dag niet precies")).to_be_hidden()
    tick(page, "Hoe erg was het op het ergste moment?", "7")
    tick(page, "Merkte u dit ook", "Weet ik niet zeker")
    expect(page.get_by_role("radiogroup", name="Hoe erg was het")).to_be_hidden()
    press(page, "Antwoorden nakijken")
    expect(page.locator(".answers")).not_to_contain_text("Hoe erg")
    press(page, "Klaar, versturen")
    synced(page)
    (stored,) = soon.clinic.nurse.get(soon.path("/responses"))["items"]
    assert stored["answers"] == {"experienced": "unsure"}


def test_a_form_that_was_begun_is_finished_on_another_phone_and_corrected_there(
    soon: Anna, soon_app: Page, chromium: Browser, faults: list[str]
) -> None:
    go(soon_app, "forms/end-of-interval/2/experienced")
    tick(soon_app, "Merkte u dit ook", "Ja")
    press(soon_app, "Volgende")
    press(soon_app, "Bewaren en later verdergaan")
    synced(soon_app)
    phone = watched(soon.phone(chromium), faults)
    page = soon.pair(phone)
    go(page, "forms/end-of-interval")
    expect(page.locator("main")).to_contain_text("Je hebt al 1 vraag beantwoord.")
    go(page, "forms/end-of-interval/2/work_missed_days")
    press(page, "Eén meer")
    press(page, "Eén meer")
    press(page, "Volgende")
    press(page, "Klaar, versturen")
    synced(page)
    (stored,) = soon.clinic.nurse.get(soon.path("/responses"))["items"]
    assert (stored["version"], stored["completed"]) == (2, True)
    assert stored["answers"] == {"experienced": "yes", "work_missed_days": 1}
    go(page, "forms")
    press(page, "Nakijken of veranderen Terugblik op de tijd tussen twee giften")
    press(page, "Antwoorden nakijken")
    press(page, "Wijzigen Hoeveel dagen kon u hierdoor niet werken?")
    press(page, "Eén meer")
    press(page, "Volgende")
    press(page, "Klaar, versturen")
    synced(page)
    (stored,) = soon.clinic.nurse.get(soon.path("/responses"))["items"]
    assert (stored["version"], stored["answers"]["work_missed_days"]) == (3, 2)
    phone.close()


def test_what_was_answered_is_still_there_after_the_app_was_closed(soon_app: Page) -> None:
    go(soon_app, "forms/end-of-interval/2/experienced")
    tick(soon_app, "Merkte u dit ook", "Ja")
    soon_app.reload()
    expect(soon_app.get_by_label("Ja")).to_be_checked()
    go(soon_app, "forms")
    press(soon_app, "Verdergaan")
    press(soon_app, "Verdergaan")
    expect(soon_app.locator("h1")).to_have_text("Vraag 2 van 12")


# A dose at home


def test_a_dose_at_home_is_recorded_with_its_checks_and_place_and_a_no_brings_the_advice(
    home: Anna, home_app: Page
) -> None:
    page = home_app
    go(page, "dose")
    expect(page.get_by_label("Linker bovenbeen")).to_have_accessible_description("")
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
    synced(page)
    stored = home.clinic.nurse.get(home.path("/doses"))["items"][-1]
    assert (stored["status"], stored["source"]) == ("given", "patient")
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
    synced(page)
    (asked,) = nurse.get(soon.path("/requests"))["items"]
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
    nurse, page = soon.clinic.nurse, soon_app
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
    synced(page)
    expect(page.locator(".requests")).to_contain_text("Staat in de lijst van je kliniek")
    page.get_by_role("button", name="Intrekken").click()
    press(page, "Ja, intrekken")
    expect(page.locator("h1")).to_be_focused()
    synced(page)
    (asked,) = nurse.get(soon.path("/requests"))["items"]
    assert asked["status"] == "withdrawn"


# Everybody can use them

CARE = ("prick", "prick/how", "prick/new", "forms", "forms/end-of-interval", "dose", "contact", "move")
CARE_FORM = tuple(f"forms/end-of-interval/2/{view}" for view in ("experienced", "overall_intensity", "check", "all"))


@pytest.mark.parametrize(("size", "language"), [("phone", "nl"), ("tablet", "en")])
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
