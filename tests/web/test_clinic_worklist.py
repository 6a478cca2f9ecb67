"""The worklist: what waits longest at the top, narrowed and gone through by keyboard, and what became of a call."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.house import Staff
from tests.web.axe import barriers
from tests.web.clinic_lists import KINDS, NAMES, WORDS, id_of, task, worklist
from tests.web.clinic_pages import SIZES, Desk, at, lost, refusal, sat_at, sent, stands, told
from tests.web.phones import Clinic

pytestmark = pytest.mark.journey

SAID = {
    "contact": "De patiënt vraagt om contact",
    "move": r"Andere dag gevraagd voor natalizumab \(infuus\), voor \w\w 3 dec",
    "undelivered": r"Herinnering aan de gift van \w\w 25 nov · e‑mailadres klopt niet · doorgezet",
    "dose_missed": r"Natalizumab \(infuus\) van \w\w 20 nov is niet gegeven",
    "dose_overdue": r"Ocrelizumab \(infuus\) stond voor \w\w 24 nov; er is nog niets vastgelegd",
    "sample_missing": r"Vingerprik voor \w\w 22 nov is er nog niet · set verstuurd",
    "sample_rejected": r"Vingerprik van \w\w 19 nov · te weinig druppels",
    "result_to_release": r"Spiegel \(bloed uit een ader van \w\w 12 nov\) is nog niet vrijgegeven",
    "form_overdue": r"interval tot \w\w 21 nov; het kon tot \w\w 28 nov · niet ingevuld",
    "monitoring_due": r"JC-virusantistoffen met index, voor natalizumab \(infuus\) · over tijd",
    "emergency": r"Carla opende dit dossier in nood.*found unconscious",
}


@pytest.fixture(scope="module")
def desk(clinic: Clinic, chromium: Browser) -> Iterator[Desk]:
    """A desk at which the server may refuse."""
    with sat_at(clinic, chromium, refusals=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def bram(desk: Desk) -> Staff:
    """The nurse who is logged in."""
    return desk.colleague()


@pytest.fixture(scope="module")
def window(desk: Desk, bram: Staff) -> Page:
    """A page in Dutch at which he is logged in."""
    return desk.logged_in(bram).new_page()


@pytest.fixture
def now(desk: Desk) -> datetime:
    """This moment."""
    return desk.clinic.installation.now()


@pytest.fixture
def page(desk: Desk, window: Page, bram: Staff, now: datetime) -> Iterator[Page]:
    """A worklist with one thing of each kind, of which one is his; the first waits longest."""
    items = [task(kind, 11 - at_, now) for at_, kind in enumerate(KINDS)]
    items[3]["owner"] = {"id": str(bram.id), "name": "Bram"}
    asked = {
        "outcome": "later",
        "on": f"{now.year}-11-30",
        "at": now.isoformat(),
        "by": {"id": id_of(1), "name": "Els"},
        "words": "voicemail",
    }
    items[4]["call"] = asked
    told(window, "/worklist", worklist(items, now))
    window.goto("about:blank")
    yield at(window, desk.url)
    window.unroute_all(behavior="wait")


def calls(page: Page, status: int = 201) -> list[dict[str, Any]]:
    """Let the server take calls, and return what it was sent."""
    return sent(page, "/patients/*/calls", status)


def first(page: Page) -> None:
    """Go to the first row by keyboard."""
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")


def test_each_kind_says_in_words_who_needs_what_and_the_oldest_is_at_the_top(page: Page) -> None:
    rows = page.locator(".line")
    expect(rows).to_have_count(len(KINDS))
    for row, said in zip(rows.all(), (SAID[kind] for kind in KINDS), strict=True):
        expect(row.locator(".what")).to_contain_text(re.compile(said))
    assert page.locator(".line .since strong").all_inner_texts() == [
        f"{n} {'dag' if n == 1 else 'dagen'}" for n in range(11, 0, -1)
    ]
    expect(rows.first.locator("q")).to_have_text(WORDS)
    expect(rows.first.locator(".who")).to_contain_text("1000011")
    expect(rows.nth(4).locator(".call")).to_have_text(re.compile(r"opnieuw op \w\w 30 novdoor Els"))
    expect(rows.nth(3).locator(".owner")).to_have_text("Bram")
    expect(rows.first.locator(".owner")).to_have_text("niemand")


def test_kinds_mine_and_a_name_narrow_the_list_and_the_counts_follow(page: Page) -> None:
    page.get_by_role("button", name="Gift gemist 1").press("Enter")
    expect(page.locator(".line")).to_have_count(1)
    expect(page.get_by_role("button", name="Gift gemist 1")).to_be_focused()
    expect(page.locator("#count")).to_have_text("1 van 11")
    page.get_by_role("button", name="Alles 11").press("Enter")
    page.get_by_role("button", name="Van mij").press("Enter")
    expect(page.locator(".line")).to_have_count(1)
    expect(page.locator(".line .kind").first).to_have_text("Gift gemist")
    expect(page.get_by_role("button", name="Alles 1")).to_be_visible()
    page.locator("#search").fill("nobody")
    expect(page.locator(".empty")).to_have_text("Niets past bij deze keuze.")
    page.get_by_role("button", name="Van iedereen").press("Enter")
    page.locator("#search").fill("zoe")
    expect(page.locator(".line .who")).to_contain_text([NAMES[6]])


def test_the_keyboard_records_what_became_of_a_call_and_goes_on_to_the_next_row(page: Page, now: datetime) -> None:
    taken = calls(page)
    first(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    window = page.get_by_role("dialog", name=f"Wil verzetten · {NAMES[3]} 0010")
    expect(window).to_contain_text(WORDS)
    assert barriers(page) == []
    page.locator("#call-save").press("Enter")
    expect(window.get_by_text("Kies een uitkomst.")).to_be_visible()
    window.get_by_label("Afgesproken").press("Space")
    page.locator("#call-save").press("Enter")
    expect(window.get_by_text("Kies een dag vanaf vandaag.")).to_be_visible()
    expect(page.locator("#call-on")).to_be_focused()
    day = (now + timedelta(days=3)).date().isoformat()
    page.locator("#call-on").fill(day)
    page.locator("#call-words").fill("  rather a Thursday ")
    page.locator("#call-save").press("Enter")
    expect(window).to_have_count(0)
    [body] = taken
    assert len(body.pop("id")) == 36
    told_ = {
        "kind": "move",
        "subject": "10",
        "version": 1,
        "outcome": "agreed",
        "on": day,
        "words": "rather a Thursday",
    }
    assert body == told_
    expect(page.locator("#notice")).to_contain_text(f"Vastgelegd: Afgesproken bij {NAMES[3]} 0010")
    expect(page.locator(".line")).to_have_count(len(KINDS) - 1)
    expect(page.locator(".line:focus .kind").first).to_have_text("Bericht kwam niet aan")
    expect(page.get_by_role("button", name="Wil verzetten")).to_have_count(0)


def test_taking_something_off_the_list_asks_why(page: Page) -> None:
    taken = calls(page)
    first(page)
    page.keyboard.press("Enter")
    window = page.get_by_role("dialog")
    window.get_by_label("Van de lijst halen").check()
    expect(page.locator("#call-on")).to_be_hidden()
    page.locator("#call-save").click()
    expect(window.get_by_text("Geef een reden.")).to_be_visible()
    expect(page.locator("#call-words")).to_be_focused()
    page.locator("#call-words").fill("moved to another clinic")
    page.locator("#call-save").click()
    expect(window).to_have_count(0)
    assert (taken[0]["outcome"], taken[0]["on"], taken[0]["words"]) == (
        "removed",
        None,
        "moved to another clinic",
    )


def test_an_answer_that_was_lost_is_asked_for_again_under_the_same_id(page: Page) -> None:
    back = lost(page, "/patients/*/calls")
    first(page)
    page.keyboard.press("Enter")
    window = page.get_by_role("dialog")
    window.get_by_label("Gesproken, klaar").check()
    with page.expect_event("requestfailed") as failed:
        page.locator("#call-save").click()
    expect(window.get_by_role("alert")).to_contain_text("niet zeker of dit is vastgelegd")
    before = failed.value.post_data_json
    back()
    taken = calls(page, status=200)
    page.keyboard.press("Escape")
    expect(window).to_have_count(0)
    expect(page.locator(".line:focus .kind").first).to_have_text("Wil contact")
    page.keyboard.press("Enter")
    window.get_by_label("Gesproken, klaar").check()
    page.locator("#call-save").click()
    expect(window).to_have_count(0)
    assert taken == [before]


def test_other_words_are_another_call(page: Page) -> None:
    back = lost(page, "/patients/*/calls")
    first(page)
    page.keyboard.press("Enter")
    window = page.get_by_role("dialog")
    window.get_by_label("Gesproken, klaar").check()
    with page.expect_event("requestfailed") as failed:
        page.locator("#call-save").click()
    expect(window.get_by_role("alert")).to_be_visible()
    back()
    taken = calls(page)
    page.locator("#call-words").fill("feels better")
    page.locator("#call-save").click()
    expect(window).to_have_count(0)
    assert taken[0]["id"] not in (failed.value.post_data or "")


def test_what_a_colleague_did_first_leaves_the_list_and_is_told(page: Page, now: datetime) -> None:
    told(page, "/patients/*/calls", refusal("wrong-version"), status=409)
    told(page, "/worklist", worklist([task("emergency", 1, now)], now))
    first(page)
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_label("Gesproken, klaar").check()
    page.locator("#call-save").click()
    expect(page.locator("#notice")).to_contain_text("Iemand anders was u voor")
    expect(page.locator(".line")).to_have_count(1)
    expect(page.locator(".line .what")).to_contain_text("Carla opende dit dossier in nood")


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ({"opened_before": 2, "after_ended": False}, "in nood, voor de 3e keer binnen een dag"),
        ({"opened_before": 1, "after_ended": True}, "in nood, opnieuw, nadat een collega die toegang had beëindigd"),
    ],
)
def test_a_record_opened_again_in_an_emergency_is_said_to_be(
    page: Page, now: datetime, detail: dict[str, Any], said: str
) -> None:
    item = task("emergency", 1, now)
    told(page, "/worklist", worklist([{**item, "detail": {**item["detail"], **detail}}], now))
    page.reload()
    expect(stands(page).locator(".line .what")).to_contain_text(said)


def test_a_refused_call_says_so_and_keeps_what_was_typed(page: Page) -> None:
    told(page, "/patients/*/calls", refusal("storage-unavailable"), status=503)
    first(page)
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_label("Gesproken, klaar").check()
    page.locator("#call-words").fill("feels better")
    page.locator("#call-save").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("De server kan dit nu niet")
    expect(page.locator("#call-words")).to_have_value("feels better")


def test_one_key_opens_the_patient(page: Page) -> None:
    first(page)
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile(rf"/clinic#/patient/{id_of(11)}$"))


def test_five_hundred_things_stay_a_short_page(page: Page, now: datetime) -> None:
    many = [task(kind, 1 + n * 11 + at_, now) for n in range(46) for at_, kind in enumerate(KINDS)][:500]
    told(page, "/worklist", worklist(many, now))
    page.get_by_role("button", name="Vernieuwen").press("Enter")
    expect(page.locator("#count")).to_have_text("500 van 500")
    expect(page.get_by_role("button", name="Vernieuwen")).to_be_focused()
    assert page.locator(".line").count() < 60
    first(page)
    page.keyboard.press("End")
    expect(page.locator(".line:focus .since strong")).to_have_text("1 dag")
    expect(page.locator(".line:focus")).to_be_in_viewport()


def test_a_list_that_cannot_be_had_says_so_and_an_empty_one_too(page: Page, now: datetime) -> None:
    told(page, "/worklist", refusal("internal"), status=500)
    page.get_by_role("button", name="Vernieuwen").press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Dat lukte niet")).to_be_visible()
    told(page, "/worklist", worklist([], now))
    page.get_by_role("button", name="Opnieuw proberen").press("Enter")
    expect(stands(page).locator(".empty")).to_have_text("Niemand heeft nu iets nodig.")


@pytest.mark.parametrize(
    ("size", "language", "scheme", "title"),
    [("ward", "nl", "light", "Werklijst"), ("pocket", "en", "dark", "Worklist")],
)
def test_nothing_keeps_anybody_from_using_the_list(
    desk: Desk, bram: Staff, now: datetime, size: str, language: str, scheme: str, title: str
) -> None:
    opened = desk.logged_in(bram, language=language, size=SIZES[size], color_scheme=scheme)
    told(opened, "/worklist", worklist([task(kind, 1 + at_, now) for at_, kind in enumerate(KINDS)], now))
    told(opened, "/reminders/standing", {"delayed_since": None, "undelivered": 3, "unowned": 0})
    page = at(opened.new_page(), desk.url)
    expect(page.locator("h1")).to_have_text(title)
    expect(page.locator("#standing a")).to_have_count(1)
    first(page)
    expect(page.locator(".line:focus")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert barriers(page) == []


def test_with_the_server_itself_a_late_dose_is_called_about_and_found_among_the_patients(
    desk: Desk, clinic: Clinic
) -> None:
    anna = clinic.enrol(name="Wilhelmina Overtijd", given=(-100, -58), planned=None)
    page = at(desk.logged_in(clinic.bram).new_page(), desk.url, "worklist/dose_overdue")
    page.locator("#search").fill("wilhelmina")
    expect(page.locator(".line")).to_have_count(1)
    expect(page.locator(".line .since strong")).to_have_text("vandaag")  # when the clinic came to know of it
    expect(page.locator(".line .what")).to_contain_text("er is nog niets vastgelegd")
    page.locator("#search").press("Enter")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_label("Later opnieuw").check()
    page.locator("#call-on").fill((clinic.today + timedelta(days=2)).isoformat())
    page.locator("#call-save").press("Enter")
    expect(page.locator("#notice")).to_contain_text("Vastgelegd: Later opnieuw bij Wilhelmina")
    [call] = clinic.nurse.get(anna.path("/calls"))["items"]
    assert (call["kind"], call["outcome"], call["by"]["name"]) == ("dose_overdue", "later", "Bram")
    page.get_by_role("button", name="Vernieuwen").press("Enter")
    expect(page.locator(".empty")).to_be_visible()
    at(page, desk.url, "patients")
    page.locator("#search").fill("wilhelmina")
    row = page.locator(".line")
    expect(row).to_have_count(1)
    expect(row.locator(".interval")).to_have_text("6 weken")
    expect(row.locator(".since")).to_contain_text("58")
    expect(row.locator(".next")).to_contain_text("verwacht")
    expect(row.locator(".form-mark")).to_have_count(2)
