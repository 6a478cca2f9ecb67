"""Forms on a phone: question by question or on one page, begun on one phone and finished on another."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.care_pages import arrived, go, press, tick, watched
from tests.web.phones import Anna

pytestmark = pytest.mark.journey


def test_a_form_goes_question_by_question_and_spares_what_does_not_apply(soon: Anna, soon_app: Page) -> None:
    page = soon_app
    go(page, "forms/end-of-interval")
    press(page, "Beginnen")
    expect(page.locator("h1")).to_have_text("Vraag 1 van 12")
    press(page, "Volgende")
    expect(page.locator("h1")).to_have_text("Vraag 2 van 12")
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
    stored = arrived(soon, "/responses")
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
    assert arrived(soon, "/responses")["answers"] == {"experienced": "unsure"}


def test_a_form_that_was_begun_is_finished_on_another_phone_and_corrected_there(
    soon: Anna, soon_app: Page, chromium: Browser, faults: list[str]
) -> None:
    go(soon_app, "forms/end-of-interval/2/experienced")
    tick(soon_app, "Merkte u dit ook", "Ja")
    press(soon_app, "Volgende")
    press(soon_app, "Bewaren en later verdergaan")
    arrived(soon, "/responses")
    phone = watched(soon.phone(chromium), faults)
    page = soon.pair(phone)
    go(page, "forms/end-of-interval")
    expect(page.locator("main")).to_contain_text("Je hebt al 1 vraag beantwoord.")
    go(page, "forms/end-of-interval/2/work_missed_days")
    press(page, "Eén meer")
    press(page, "Eén meer")
    press(page, "Volgende")
    press(page, "Klaar, versturen")
    stored = arrived(soon, "/responses", lambda one: one["completed"])
    assert stored["version"] == 2
    assert stored["answers"] == {"experienced": "yes", "work_missed_days": 1}
    go(page, "forms")
    press(page, "Nakijken of veranderen Terugblik op de tijd tussen twee giften")
    press(page, "Antwoorden nakijken")
    press(page, "Wijzigen Hoeveel dagen kon u hierdoor niet werken?")
    press(page, "Eén meer")
    press(page, "Volgende")
    press(page, "Klaar, versturen")
    stored = arrived(soon, "/responses", lambda one: one["version"] == 3)
    assert (stored["answers"]["work_missed_days"], stored["about_interval"]) == (2, 2)
    phone.close()


def test_what_was_answered_is_still_there_after_the_app_was_closed(soon_app: Page) -> None:
    go(soon_app, "forms/end-of-interval/2/experienced")
    tick(soon_app, "Merkte u dit ook", "Ja")
    soon_app.reload()
    expect(soon_app.get_by_label("Ja")).to_be_checked()
    go(soon_app, "forms")
    press(soon_app, "Verdergaan")
    expect(soon_app.locator("main")).to_contain_text("Je hebt al 1 vraag beantwoord.")
    press(soon_app, "Verdergaan")
    expect(soon_app.locator("h1")).to_have_text("Vraag 2 van 12")
