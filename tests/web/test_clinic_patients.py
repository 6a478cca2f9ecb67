"""The page of patients: found as people write, sorted and narrowed, by keyboard, and smooth with two thousand."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.axe import barriers
from tests.web.clinic_lists import NAMES, STATES, patient, roster
from tests.web.clinic_pages import SIZES, Desk, at, sat_at, stands, told
from tests.web.phones import Clinic

pytestmark = pytest.mark.journey

MANY = 2000
SHAPE = """mark => {
  const { borderRadius, borderStyle, borderColor, backgroundImage, backgroundColor } = getComputedStyle(mark);
  return [borderRadius, borderStyle, borderColor, backgroundImage === "none", backgroundColor].join();
}"""


@pytest.fixture(scope="module")
def desk(clinic: Clinic, chromium: Browser) -> Iterator[Desk]:
    """A desk at which the server knows nobody whom a test made up."""
    with sat_at(clinic, chromium, refusals=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def window(desk: Desk) -> Page:
    """The page of two thousand patients, in Dutch, at which a nurse is logged in."""
    opened = desk.logged_in(desk.colleague())
    told(opened, "/roster", roster(MANY, desk.clinic.today))
    return at(opened.new_page(), desk.url, "patients")


@pytest.fixture
def page(window: Page) -> Page:
    """The same, as one finds it at first."""
    window.reload()
    stands(window)
    expect(window.locator(".line").first).to_be_visible()
    return window


def names(page: Page) -> list[str]:
    """Return the names in sight, from the top."""
    return [text.strip() for text in page.locator(".line .name").all_inner_texts()]


def lines(page: Page) -> int:
    """Return how many rows are in the page."""
    return page.locator(".line").count()


def here(page: Page) -> str:
    """Return the name on the row that has the focus."""
    found: str = page.evaluate("document.activeElement.querySelector('.name')?.textContent ?? ''")
    return found


def test_of_two_thousand_only_those_in_sight_are_in_the_page_and_the_last_is_reached(page: Page) -> None:
    grid = page.get_by_role("grid", name="Patiënten")
    expect(grid).to_have_attribute("aria-rowcount", str(MANY + 1))
    assert lines(page) < 60
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    last = page.locator(f".line[aria-rowindex='{MANY + 1}']")
    expect(last).to_be_visible()
    expect(last.locator(".name")).to_have_text("Zoë Smit 1994")
    assert lines(page) < 60
    page.mouse.wheel(0, -3000)
    expect(last).to_have_count(0)
    assert lines(page) < 60
    # One row can always be reached with Tab, wherever one scrolled to.
    expect(page.locator(".line[tabindex='0']")).to_have_count(1)


def test_the_keyboard_goes_through_the_list_and_opens_a_patient_and_comes_back_to_the_row(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    assert here(page) == "Anna de Vries 0000"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert here(page) == "Anna de Vries 0007"
    page.keyboard.press("End")
    assert here(page) == "Zoë Smit 1994"
    expect(page.locator(".line:focus")).to_be_in_viewport()
    page.keyboard.press("PageUp")
    assert here(page) != "Zoë Smit 1994"
    page.keyboard.press("Home")
    page.keyboard.type("ger")
    assert here(page) == "Gerda Gerritsen 0005"
    expect(page.locator("h1")).to_have_text("Patiënten")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/clinic#/patient/00000000-0000-4000-8000-000000000012")
    page.go_back()
    expect(page.locator(".line:focus .name")).to_have_text("Gerda Gerritsen 0012")
    expect(page.locator(".line:focus")).to_be_in_viewport()


def test_a_patient_is_found_as_people_write(page: Page) -> None:
    born = ("15-3-1964", "1964-03-15", "15/03/64", "15031964", "15-3")
    wanted = {
        "ozdemir 1000002": ["Çelik Özdemir 0002"],
        "BERG els 1000004": ["Els van den Berg 0004"],
        "1000011": ["Els van den Berg 0011"],
        **{f"{one} 1000014": ["Anna de Vries 0014"] for one in born},
        "nobody": [],
    }
    for typed, found in wanted.items():
        page.locator("#search").fill(typed)
        expect(page.locator("#count")).to_have_text(f"{len(found)} van 2.000 patiënten")
        assert names(page) == found, typed
        expect(page.locator(".empty")).to_be_visible(visible=not found)


def test_the_list_is_narrowed_by_drug_and_interval_and_says_how_many_are_left(page: Page) -> None:
    page.locator("#drug").select_option("natalizumab_sc")
    page.locator("#weeks").select_option("8")
    expect(page.locator("#count")).to_have_text("133 van 2.000 patiënten")
    expect(page.locator("#live")).to_have_text("133 van 2.000 patiënten")
    expect(page.locator(".line").first).to_contain_text("natalizumab (injectie) s.c.")
    expect(page.locator(".line").first).to_contain_text("8 weken")


def test_a_heading_sorts_both_ways_and_says_so(page: Page) -> None:
    heading = page.get_by_role("columnheader", name="Geboren")
    heading.get_by_role("button").press("Enter")
    expect(heading).to_have_attribute("aria-sort", "ascending")
    expect(page.locator(".line .birth").first).to_have_text("1 jan 1950")
    heading.get_by_role("button").press("Enter")
    expect(heading).to_have_attribute("aria-sort", "descending")
    expect(heading.get_by_role("button")).to_be_focused()
    expect(page.locator(".line .birth").first).to_contain_text("1999")
    expect(page.locator("#live")).to_have_text("Gesorteerd op Geboren, aflopend")


def test_each_of_three_definitions_of_an_extended_interval_can_be_chosen(page: Page) -> None:
    row = page.locator(".line").first  # every 4 weeks, of whom infusions say that it is extended
    expect(row.locator(".eid")).to_have_text("ja")
    page.locator("#eid").select_option("by_mean")
    expect(row.locator(".eid")).to_have_text("nee")
    page.locator("#eid").select_option("by_delay")
    expect(row.locator(".eid")).to_have_text("n.t.b.")


def test_eight_states_differ_by_shape_and_letter_and_are_heard_in_words(desk: Desk, page: Page) -> None:
    forms = [{"interval": 1 + at, "state": state} for at, state in enumerate(STATES)]
    told(page, "/roster", {**roster(0, desk.clinic.today), "items": [patient(1, desk.clinic.today, adherence=forms)]})
    page.reload()
    marks = page.locator(".line .forms .form-mark")
    expect(marks).to_have_count(8)
    assert len(set(marks.all_inner_texts())) == 8
    assert len({mark.evaluate(SHAPE) for mark in marks.all()}) == 8
    heard = page.locator(".line .forms .unseen").inner_text()
    assert heard.startswith("interval 1 op tijd; interval 2 te laat; interval 3 deels; interval 4 gemist")
    expect(page.locator(".list-legend .key")).to_have_count(8)
    page.unroute("**/api/v1/roster")
    told(page, "/roster", roster(MANY, desk.clinic.today))


def test_a_next_dose_says_whether_it_is_planned_or_expected(page: Page) -> None:
    page.locator("#search").fill("1000000")
    expect(page.locator(".line .next")).to_contain_text("gepland")
    page.locator("#search").fill("1000007")
    expect(page.locator(".line .next")).to_contain_text("verwacht")


def test_somebody_whose_name_is_not_known_is_listed_by_number_after_the_others(desk: Desk, page: Page) -> None:
    nobody: dict[str, Any] = dict.fromkeys(
        ("name", "birth_on", "drug", "route", "interval_weeks", "days_since_dose", "next_dose", "last_entry_on")
    )
    unknown = patient(3, desk.clinic.today, **nobody, adherence=[])
    told(page, "/roster", {**roster(2, desk.clinic.today), "items": [unknown, patient(1, desk.clinic.today)]})
    page.reload()
    expect(page.locator(".line")).to_have_count(2)
    assert names(page) == [f"{NAMES[1]} 0001", "1000003"]
    expect(page.locator(".line").last).to_contain_text("geen behandeling")
    page.unroute("**/api/v1/roster")
    told(page, "/roster", roster(MANY, desk.clinic.today))


@pytest.mark.parametrize(
    ("size", "language", "scheme", "title"),
    [("ward", "nl", "dark", "Patiënten"), ("pocket", "en", "light", "Patients")],
)
def test_nothing_keeps_anybody_from_using_the_list(
    desk: Desk, size: str, language: str, scheme: str, title: str
) -> None:
    opened = desk.logged_in(desk.colleague(), language=language, size=SIZES[size], color_scheme=scheme)
    told(opened, "/roster", roster(12, desk.clinic.today))
    page = at(opened.new_page(), desk.url, "patients")
    expect(page.locator("h1")).to_have_text(title)
    page.keyboard.press("/")
    page.keyboard.press("Enter")
    expect(page.locator(".line:focus")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert barriers(page) == []


def test_a_list_of_nobody_says_so(desk: Desk) -> None:
    opened = desk.logged_in(desk.colleague())
    told(opened, "/roster", roster(0, desk.clinic.today))
    page = at(opened.new_page(), desk.url, "patients")
    expect(page.locator(".empty")).to_have_text("U bent nog bij geen enkele patiënt betrokken.")
