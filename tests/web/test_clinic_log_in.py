"""Logging in as staff in a browser: by keyboard, over a page that stays, in every tab, and out again by itself."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.axe import barriers
from tests.web.clinic_pages import (
    SIZES,
    Desk,
    at,
    fill_in,
    lost,
    refusal,
    sat_at,
    sent,
    stands,
    told,
)
from tests.web.phones import Clinic

pytestmark = pytest.mark.journey

MINUTE = 60_000
EMPTY = {"items": [], "counts": {}, "generated_at": "2026-11-28T08:12:00+01:00"}
ASK = "import('/static/clinic/api.js').then(({ api }) => { window.asked = api('GET', '/reminders/standing') })"
CALL = "import('/static/clinic/api.js').then(({ api }) => { api('POST', '/patients/x/calls', { id: 1 }) })"
KEPT = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"


@pytest.fixture
def desk(clinic: Clinic, chromium: Browser) -> Iterator[Desk]:
    """A desk at which the server may refuse."""
    with sat_at(clinic, chromium, refusals=True) as opened:
        yield opened


@pytest.fixture
def door(desk: Desk) -> Page:
    """The log-in page, in Dutch, before an empty worklist."""
    opened = desk.context()
    told(opened, "/worklist", EMPTY)
    return at(opened.new_page(), desk.url)


@pytest.fixture
def inside(desk: Desk) -> Page:
    """The list of patients, at which a nurse is logged in, with a clock that is moved by hand."""
    opened = desk.logged_in(desk.colleague(name="Bram"))
    told(opened, "/worklist", EMPTY)
    told(opened, "/roster", {**EMPTY, "items": [patient()]})
    page = opened.new_page()
    page.clock.install()
    return at(page, desk.url, "patients")


def patient() -> dict[str, object]:
    eid = {"by_infusions": None, "by_mean": None, "by_delay": None, "infusions_18m": None, "mean_weeks": None}
    nothing = ("birth_on", "hospital_number", "drug", "route", "interval_weeks", "last_dose_on", "days_since_dose")
    known = {"patient_id": "00000000-0000-4000-8000-000000000001", "name": "Anna de Vries", "adherence": [], "eid": eid}
    return known | dict.fromkeys((*nothing, "next_dose", "last_entry_on"))


def test_a_nurse_logs_in_with_the_keyboard_alone_and_no_script_can_read_what_keeps_them_in(
    desk: Desk, door: Page
) -> None:
    expect(door.locator("h1")).to_have_text("Inloggen voor medewerkers")
    expect(door.locator("#email")).to_be_focused()
    fill_in(door, desk.joined(), desk.code())
    expect(door.locator("h1")).to_have_text("Werklijst")
    expect(door.locator(".who")).to_have_text("Bramverpleegkundige")
    [cookie] = door.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["secure"]) == ("__Host-uitwerk", True, True)
    assert (cookie["sameSite"], cookie["path"]) == ("Strict", "/")
    kept = door.evaluate(KEPT)
    assert cookie["value"] not in kept
    assert "bram" not in kept.lower()
    door.reload()
    expect(stands(door).locator(".who")).to_contain_text("Bram")
    assert door.context.cookies()[0]["value"] != cookie["value"]


@pytest.mark.parametrize(
    ("email", "password", "code", "said", "where"),
    [
        ("", "x", "123456", "naam@ziekenhuis.nl", "email"),
        ("bram@clinic.example", "", "123456", "Vul uw wachtwoord in", "password"),
        ("bram@clinic.example", "x", "12345", "Vul de 6 cijfers in", "code"),
        ("bram@clinic.example", "x", "12 34 56", "klopt niet. Neem een nieuwe code", "code"),
    ],
)
def test_what_is_wrong_is_said_in_words_and_the_focus_goes_there(
    door: Page, email: str, password: str, code: str, said: str, where: str
) -> None:
    fill_in(door, {"email": email, "password": password}, code)
    expect(door.locator("#login .error:visible, #login-error:visible")).to_contain_text(said)
    expect(door.locator(f"#{where}")).to_be_focused()
    expect(door.locator("h1")).to_have_text("Inloggen voor medewerkers")


def test_too_many_tries_say_how_long_to_wait_and_no_connection_says_so(door: Page) -> None:
    told(door, "/access/log-in", refusal("too-many-tries", retry_after=541), status=429)
    fill_in(door, {"email": "bram@clinic.example", "password": "x"}, "123456")
    expect(door.locator("#login-error")).to_contain_text("Wacht 10 minuten")
    door.unroute("**/api/v1/access/log-in")
    lost(door, "/access/log-in")
    door.locator("#code").fill("123456")
    door.keyboard.press("Enter")
    expect(door.locator("#login-error")).to_contain_text("Geen verbinding met de server")
    expect(door.locator("#code")).to_have_value("123456")


@pytest.mark.parametrize(("size", "language", "scheme"), [("pocket", "nl", "light"), ("ward", "en", "dark")])
def test_nothing_keeps_anybody_from_logging_in(desk: Desk, size: str, language: str, scheme: str) -> None:
    page = at(desk.context(language=language, size=SIZES[size], color_scheme=scheme).new_page(), desk.url)
    page.locator("#login-go").click()
    expect(page.locator(".error:visible")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert barriers(page) == []
    page.locator("#language-other").click()
    expect(page.locator("h1")).to_have_text({"en": "Inloggen voor medewerkers", "nl": "Log in for staff"}[language])


@pytest.mark.promise("P22")
def test_a_session_that_ended_is_asked_for_over_the_page_which_stays_as_it_was(desk: Desk) -> None:
    who = desk.joined(name="Carla")
    opened = desk.context()
    told(opened, "/worklist", EMPTY)
    told(opened, "/roster", {**EMPTY, "items": [patient()]})
    page = at(opened.new_page(), desk.url)
    fill_in(page, who, desk.code())
    stands(page)
    at(page, desk.url, "patients")
    page.locator("#search").fill("anna")
    opened.clear_cookies()
    told(page, "/reminders/standing", refusal("not-authenticated"), status=401)
    page.locator("#place-worklist").click()
    page.evaluate(ASK)
    again = page.get_by_role("dialog", name="Log opnieuw in")
    expect(again).to_be_visible()
    assert barriers(page) == []
    page.unroute("**/api/v1/reminders/standing")
    page.keyboard.press("Escape")
    expect(again).to_be_visible()
    fill_in(page, who, desk.code(next_one=True))
    expect(again).to_have_count(0)
    assert page.evaluate("window.asked.then(({ undelivered }) => undelivered)") == 0


def test_what_one_began_goes_on_in_nobody_elses_name(desk: Desk, inside: Page) -> None:
    calls = sent(inside, "/patients/x/calls")
    inside.context.clear_cookies()
    told(inside, "/access/refresh", refusal("not-authenticated"), status=401)
    inside.clock.fast_forward(6 * MINUTE)
    inside.evaluate(CALL)
    expect(inside.get_by_role("dialog", name="Log opnieuw in")).to_be_visible()
    inside.unroute("**/api/v1/access/refresh")
    fill_in(inside, desk.joined(role="clinician", name="Carla"), desk.code())
    expect(inside.locator(".who")).to_contain_text("Carla")
    expect(inside.locator("dialog")).to_have_count(0)
    assert calls == []


def test_who_walks_away_is_warned_and_then_out_and_nothing_is_left_on_the_screen(desk: Desk, inside: Page) -> None:
    expect(inside.locator("#main")).to_contain_text("Anna de Vries")
    inside.clock.fast_forward(18 * MINUTE)
    warning = inside.get_by_role("dialog", name="Bent u er nog?")
    expect(warning).to_contain_text("Over 120 seconden")
    assert barriers(inside) == []
    expect(inside.locator("#stay")).to_be_focused()
    inside.keyboard.press("Enter")
    expect(warning).to_have_count(0)
    inside.clock.fast_forward(17 * MINUTE)
    expect(warning).to_have_count(0)
    inside.clock.fast_forward(2 * MINUTE)
    expect(warning).to_be_visible()
    inside.clock.fast_forward(2 * MINUTE)
    expect(inside.locator("#main")).to_contain_text("omdat hier lang niets is gedaan")
    assert "Anna" not in inside.content()
    assert "Bram" not in inside.content()
    expect(inside.locator("dialog")).to_have_count(0)
    expect(inside.locator("#places")).to_be_hidden()
    inside.reload()
    expect(inside.locator("#email")).to_be_visible()
    assert inside.context.cookies() == []


def test_work_in_one_tab_keeps_the_others_in_and_logging_out_empties_them_all(desk: Desk, inside: Page) -> None:
    other = inside.context.new_page()
    other.clock.install()
    at(other, desk.url, "patients")
    inside.clock.fast_forward(17 * MINUTE)
    other.locator("#search").press("a")
    inside.clock.fast_forward(2 * MINUTE)
    expect(inside.locator("dialog")).to_have_count(0)
    with other.expect_response("**/access/log-out"):
        other.locator("#log-out").click()
    for page in (inside, other):
        expect(page.locator("#email")).to_be_visible()
        assert "Anna" not in page.content()
    assert inside.context.cookies() == []


@pytest.mark.promise("P22")
def test_logging_out_without_a_connection_ends_the_session_as_soon_as_there_is_one(desk: Desk, inside: Page) -> None:
    back = lost(inside.context, "/access/**")
    inside.locator("#log-out").click()
    expect(inside.locator("#email")).to_be_visible()
    assert inside.context.cookies() != []
    back()
    inside.reload()
    expect(inside.locator("#email")).to_be_visible()
    expect(inside.locator("#main")).not_to_contain_text("Anna")
    assert inside.context.cookies() == []
