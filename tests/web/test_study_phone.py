"""Studies on the phone: asked, read, agreed to or not, asked anew, taken back one by one, and without internet."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.axe import barriers
from tests.web.care_pages import fetched, go, modules, press, run
from tests.web.clinic_pages import sat_at
from tests.web.phones import Anna, Clinic, whole
from tests.web.study_pages import asked_on, invited, place, signed, stands, written

pytestmark = pytest.mark.journey

OTHERS = {"agreed": None, "language": None, "hash": None, "asks": 2, "since": None}


def test_a_nurse_asks_the_phone_reads_and_agrees_and_the_desk_shows_it(
    clinic: Clinic, anna: Anna, anna_app: Page, chromium: Browser
) -> None:
    found = written(clinic, "Longer", days="calendar")
    with sat_at(clinic, chromium) as desk:
        window = place(desk.logged_in(clinic.bram).new_page(), desk, anna)
        assert barriers(window) == []
        window.locator("#pstudy-which").select_option(found.id)
        window.locator("#pstudy-ask").press("Enter")
        expect(window.locator("#notice")).to_contain_text("op de telefoon")
        expect(window.get_by_role("region", name="Longer").first).to_contain_text("gevraagd")
        fetched(anna_app)
        asked_on(anna_app)
        question = anna_app.locator("section").filter(has_text="vraag aan jou")
        expect(question.locator(".reading")).to_contain_text("zonder mijn naam")
        expect(question).not_to_contain_text("benaderen")
        expect(anna_app.get_by_text("Ze krijgen ook de datums")).to_be_visible()
        assert barriers(anna_app) == []
        anna_app.get_by_role("button", name="Ik ga akkoord: Meedoen aan het onderzoek, Longer").press("Enter")
        expect(anna_app.locator("#main [role=status]")).to_be_focused()
        expect(anna_app.locator("#main [role=status]")).to_contain_text("Je doet mee aan Longer")
        assert stands(found, anna) == {"study": "given", "care": "asked", "contact": "asked"}
        anna_app.locator(f"#agree-care-{found.id}").press("Enter")
        expect(anna_app.locator("#main [role=status]")).to_contain_text("zorgverleners mogen dit zien")
        anna_app.locator(f"#decline-contact-{found.id}").press("Enter")
        expect(anna_app.locator("section").first).to_contain_text("Je zei hier nee tegen")
        assert barriers(anna_app) == []
        window.reload()
        row = window.get_by_role("row", name="Meedoen aan de studie")
        expect(row).to_contain_text("1 (Nederlands)")
        expect(row).to_contain_text("op de telefoon")
        expect(window.get_by_role("row", name="Benaderd mogen worden")).to_contain_text("wil niet")
        window.locator(f"#past-{found.id} summary").press("Enter")
        expect(window.locator(f"#past-{found.id}")).to_contain_text("patiënt, op de telefoon")
        assert barriers(window) == []


def test_a_newer_text_says_until_when_and_what_happens_otherwise(clinic: Clinic, anna: Anna, anna_app: Page) -> None:
    found = written(clinic, "Wearing-off", "study")
    signed(found, anna, "study")
    day = clinic.installation.now() + timedelta(days=9)
    found.publish(nl="Ik doe mee, ook met mijn bloed.", needed_from=day)
    fetched(anna_app)
    expect(anna_app.get_by_role("link", name="Nieuwe tekst van onderzoek: Wearing-off")).to_contain_text("nodig voor")
    asked_on(anna_app)
    card = anna_app.locator("section").filter(has_text="Er is een nieuwe tekst")
    expect(card).to_contain_text("akkoord met versie 1.")
    expect(card).to_contain_text("geen gegevens van jou meer naar de onderzoekers. Voor je behandeling verandert")
    expect(card.locator(".reading")).to_contain_text("ook met mijn bloed")
    expect(card.get_by_role("button", name="Stoppen met dit onderzoek")).to_be_visible()
    assert barriers(anna_app) == []
    card.get_by_role("button", name="Ik ga akkoord").press("Enter")
    expect(anna_app.locator("section").first).to_contain_text("akkoord met versie 2")
    assert stands(found, anna) == {"study": "given"}
    anna_app.locator("details").filter(has_text="Lees de tekst nog eens").locator("summary").press("Enter")
    expect(anna_app.locator(".reading")).to_contain_text("ook met mijn bloed")


def test_one_purpose_is_taken_back_and_the_study_goes_on(clinic: Clinic, anna: Anna, anna_app: Page) -> None:
    found = written(clinic, "Wearing-off")
    signed(found, anna, "study", "contact")
    go(anna_app, "consents")
    anna_app.locator(f"#back-contact-{found.id}").press("Enter")
    expect(anna_app.get_by_role("dialog")).to_contain_text("blijf je meedoen. Je behandeling blijft hetzelfde.")
    press(anna_app, "Ja, dit niet meer")
    expect(anna_app.locator("#main [role=status]")).to_contain_text("benaderen je niet meer")
    assert stands(found, anna) == {"study": "given", "care": "none", "contact": "withdrawn"}
    card = anna_app.locator("section").first
    expect(card).to_contain_text("Je nam dit terug op")
    expect(card).not_to_contain_text("Wat je zorgverleners zien")
    card.get_by_text("Lees de vraag opnieuw").press("Enter")
    anna_app.locator(f"#agree-contact-{found.id}").press("Enter")
    expect(anna_app.locator("#main [role=status]")).to_contain_text("mogen je benaderen")
    assert stands(found, anna)["contact"] == "given"


def test_who_declines_is_asked_no_more_and_may_read_it_again(
    clinic: Clinic, anna: Anna, chromium: Browser, faults: list[str]
) -> None:
    found = written(clinic, "Wearing-off")
    invited(found, anna)
    phone = anna.phone(chromium, language="en", viewport={"width": 180, "height": 370})
    phone.on("weberror", lambda error: faults.append(str(error.error)))
    page = anna.pair(phone)
    page.locator("#tab-more").click()
    page.locator("#language-en").click()
    go(page, "today")
    expect(page.get_by_role("link", name="A study asks you something: Wearing-off")).to_be_visible()
    asked_on(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert barriers(page) == []
    page.get_by_role("button", name="I do not take part: Taking part in the study").press("Enter")
    expect(page.locator("#main [role=status]")).to_contain_text("You do not take part in Wearing-off")
    assert stands(found, anna)["study"] == "declined"
    press(page, "Read the question again")
    expect(page.locator(".reading")).to_be_visible()
    page.reload()
    expect(page.get_by_text("You do not take part in a study right now.")).to_be_visible()
    phone.close()


def test_without_internet_what_is_asked_can_be_read_and_an_answer_says_that_it_needs_it(
    clinic: Clinic, anna: Anna, anna_app: Page
) -> None:
    found = written(clinic, "Wearing-off", "study")
    invited(found, anna)
    fetched(anna_app)
    # A while after it was opened, the app has all its screens.
    whole(anna_app)
    anna_app.context.set_offline(True)
    asked_on(anna_app)
    expect(anna_app.locator("section").first).to_contain_text("Wearing-off")
    expect(anna_app.locator(".trouble")).to_contain_text("De vraag blijft staan")
    anna_app.context.set_offline(False)
    go(anna_app, "today")
    go(anna_app, "consents")
    expect(anna_app.locator(".reading")).to_be_visible()
    anna_app.context.set_offline(True)
    go(anna_app, "today")
    go(anna_app, "consents")
    anna_app.get_by_role("button", name="Ik ga akkoord").press("Enter")
    expect(anna_app.locator(".trouble")).to_contain_text("Probeer het straks opnieuw")
    expect(anna_app.locator(".reading")).to_be_visible()
    anna_app.context.set_offline(False)
    assert stands(found, anna) == {"study": "asked"}


def test_a_text_that_was_overtaken_is_not_agreed_to_and_the_newer_one_is_shown(
    clinic: Clinic, anna: Anna, anna_app: Page
) -> None:
    found = written(clinic, "Wearing-off", "study")
    invited(found, anna)
    go(anna_app, "consents")
    overtaken = {"code": "stale-version", "title": "", "detail": "", "pointers": []}
    anna_app.route("**/answer", lambda route: route.fulfill(status=409, json=overtaken))
    anna_app.get_by_role("button", name="Ik ga akkoord").press("Enter")
    expect(anna_app.locator("#main [role=status]")).to_contain_text("Er is niets opgeslagen")
    expect(anna_app.get_by_role("button", name="Ik ga akkoord")).to_be_visible()
    assert stands(found, anna) == {"study": "asked"}


def test_what_a_phone_keeps_lapses_by_its_own_clock(chromium: Browser) -> None:
    purpose = {**OTHERS, "purpose": "study", "state": "renewing", "lapses_at": "2026-06-01T10:00:00Z"}
    consent = {"study_id": "1", "name": "S", "consented_at": "2026-05-01T10:00:00Z", "withdrawn_at": None}
    kept = {"items": [{**consent, "purposes": [purpose]}], "asked": []}
    with modules(chromium) as page:
        moments = [page.evaluate(f"Date.parse('2026-06-01T{clock}Z')") for clock in ("09:59:00", "10:00:00")]
        kinds = [run(page, "consentlogic", "toAnswer", kept, now)[0]["kind"] for now in moments]
        assert kinds == ["renewing", "lapsed"]
        assert run(page, "consentlogic", "toAnswer", None) == []
        assert run(page, "consentlogic", "toAnswer", {"items": [consent]}) == []
