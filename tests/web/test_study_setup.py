"""Setting a study up at the desk: its name and its days, and who may pull its data until when."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.house import Staff
from tests.journeys.people import Person
from tests.web.axe import barriers
from tests.web.clinic_pages import SIZES, Desk, fresh

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def admin(desk: Desk) -> Staff:
    """An administrator."""
    return desk.colleague("admin", name="Ed Minster")


@pytest.fixture(scope="module")
def office(desk: Desk, admin: Staff) -> Person:
    """The administrator, over the API."""
    return Person(desk.clinic.installation, admin.headers)


@pytest.fixture(scope="module")
def window(desk: Desk, admin: Staff) -> Page:
    """A page in English at which the administrator is logged in."""
    return desk.logged_in(admin, language="en").new_page()


@pytest.fixture(scope="module")
def dirk(desk: Desk) -> Staff:
    """A researcher."""
    return desk.colleague("researcher", name="Dirk Zoeker")


@pytest.fixture
def study(office: Person) -> dict[str, Any]:
    """A study of the site."""
    made: dict[str, Any] = office.post("/studies", {"name": f"Longer {uuid4().hex[:6]}"})
    return made


def named(office: Person, name: str) -> list[dict[str, Any]]:
    """The studies of a name."""
    return [one for one in office.get("/studies")["items"] if one["name"] == name]


def test_an_administrator_sets_a_study_up_by_keyboard_and_is_told_what_leaves_it(
    desk: Desk, window: Page, office: Person
) -> None:
    page, name = fresh(window, desk, "studies"), f"Stretched {uuid4().hex[:6]}"
    page.locator("#study-new").press("Enter")
    page.locator("#study-new-look").press("Enter")
    expect(page.locator("#study-name")).to_be_focused()
    expect(page.get_by_role("dialog")).to_contain_text("Fill this in.")
    page.keyboard.type(name)
    page.get_by_label("How the data tell days").select_option("since-last-dose")
    page.locator("#study-new-look").press("Enter")
    expect(page.locator(".difference")).to_contain_text("counted from the last dose of each patient")
    assert barriers(page) == []
    assert named(office, name) == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.locator("#notice")).to_contain_text(f"The study {name} is set up.")
    expect(page.locator("#study-new")).to_be_focused()
    (made,) = named(office, name)
    assert made["days"] == "since-last-dose"
    page.keyboard.press("Enter")
    page.locator("#study-name").fill(name)
    page.locator("#study-new-look").click()
    page.locator("#study-new-keep").click()
    expect(page.get_by_role("dialog")).to_contain_text("There is a study of that name.")
    page.keyboard.press("Escape")


def test_a_researcher_is_admitted_until_a_day_and_let_go_again(
    desk: Desk, window: Page, office: Person, study: dict[str, Any], dirk: Staff
) -> None:
    puller = Person(desk.clinic.installation, dirk.headers)

    def pulls() -> bool:
        return study["id"] in [one["id"] for one in puller.get("/research/studies")["items"]]

    assert not pulls()
    page = fresh(window, desk, f"studies/{study['id']}/researchers")
    expect(page.get_by_text("Nobody pulls the data of this study yet.")).to_be_visible()
    page.locator("#researcher-admit").press("Enter")
    page.get_by_label("Researcher", exact=True).select_option(label="Dirk Zoeker")
    past = desk.clinic.installation.now() - timedelta(days=3)
    page.locator("#researcher-until").fill(past.date().isoformat())
    page.locator("#researcher-look").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("That day is over.")
    page.locator("#researcher-until").fill((past + timedelta(days=33)).date().isoformat())
    page.locator("#researcher-look").press("Enter")
    expect(page.locator(".difference")).to_contain_text(f"Dirk Zoeker may pull the data of {study['name']} until")
    page.keyboard.press("Enter")
    row = page.get_by_role("row", name="Dirk Zoeker")
    expect(row).to_contain_text("admitted")
    assert pulls()
    assert barriers(page) == []
    page.locator("#researcher-admit").press("Enter")
    page.get_by_label("Researcher", exact=True).select_option(label="Dirk Zoeker")
    page.locator("#researcher-look").press("Enter")
    expect(page.locator(".difference")).to_contain_text("Dirk Zoeker is admitted until the end of")
    page.keyboard.press("Escape")
    row.get_by_role("button", name="End: Dirk Zoeker").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="End", exact=True).press("Enter")
    expect(row).to_contain_text("ended")
    expect(page.locator("#researcher-admit")).to_be_focused()
    assert not pulls()


@pytest.mark.parametrize(("size", "language"), [("ward", "nl"), ("pocket", "en")])
def test_it_can_be_read_at_every_width_and_a_nurse_finds_no_way_to_it(
    desk: Desk, admin: Staff, study: dict[str, Any], dirk: Staff, office: Person, size: str, language: str
) -> None:
    office.post(f"/studies/{study['id']}/researchers", {"staff_id": str(dirk.id)}, status=204)
    page = desk.logged_in(admin, language=language, size=SIZES[size]).new_page()
    page.goto(f"{desk.url}#/studies/{study['id']}/researchers")
    expect(page.get_by_role("row", name="Dirk Zoeker")).to_be_visible()
    assert barriers(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    nurse = desk.logged_in(desk.clinic.bram, language=language).new_page()
    nurse.goto(f"{desk.url}#/studies/{study['id']}/researchers")
    expect(nurse.get_by_role("heading", name=study["name"])).to_be_visible()
    expect(nurse.locator("#study-new, #researcher-admit")).to_have_count(0)
