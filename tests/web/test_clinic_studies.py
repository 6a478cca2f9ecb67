"""Studies at the desk: which dosing rules each shows, off until switched on, by whom, and only by those who may."""

from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.house import Staff
from tests.journeys.people import Person
from tests.web.axe import barriers
from tests.web.clinic_pages import SIZES, Desk, fresh, lost, told

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def admin(desk: Desk) -> Staff:
    """An administrator."""
    return desk.colleague("admin", name="Ed Minster")


@pytest.fixture(scope="module")
def carla(desk: Desk) -> Staff:
    """A clinician."""
    return desk.colleague("clinician", name="Carla")


@pytest.fixture(scope="module")
def doctor(desk: Desk, carla: Staff) -> Person:
    """The clinician, over the API."""
    return Person(desk.clinic.installation, carla.headers)


@pytest.fixture
def study(desk: Desk, admin: Staff) -> dict[str, Any]:
    """A study of the site, in which nothing is switched on."""
    owner = Person(desk.clinic.installation, admin.headers)
    made: dict[str, Any] = owner.post("/studies", {"name": f"Longer {uuid4().hex[:6]}"})
    return made


@pytest.fixture(scope="module")
def window(desk: Desk, carla: Staff) -> Page:
    """A page in English at which the clinician is logged in."""
    return desk.logged_in(carla, language="en").new_page()


def standing(doctor: Person, study: dict[str, Any], key: str) -> dict[str, Any]:
    """What a study says of a rule."""
    items = doctor.get(f"/studies/{study['id']}/protocols")["items"]
    return next(one for one in items if one["key"] == key)


def test_a_clinician_switches_a_rule_on_and_off_by_keyboard_with_a_reason(
    desk: Desk, window: Page, doctor: Person, study: dict[str, Any]
) -> None:
    page = fresh(window, desk, f"studies/{study['id']}")
    expect(page.get_by_text("0 of 11 rules on")).to_be_visible()
    rule = page.get_by_role("region", name="PDNMS")
    expect(rule).to_contain_text("Never switched on.")
    expect(rule).to_contain_text("NCT03516526")
    assert barriers(page) == []
    page.locator("#switch_on-PDNMS").press("Enter")
    page.locator("#switch-look").press("Enter")
    expect(page.locator("#switch-reason")).to_be_focused()
    page.keyboard.type("approved by the committee")
    page.locator("#switch-look").press("Enter")
    expect(page.locator(".difference")).to_contain_text("State: from off to on")
    expect(page.locator(".difference")).to_contain_text("Nobody's plan changes.")
    assert standing(doctor, study, "PDNMS")["enabled"] is False
    assert barriers(page) == []
    expect(page.locator("#switch-keep")).to_be_focused()
    page.keyboard.press("Enter")
    expect(rule).to_contain_text("Switched on or changed by Carla")
    expect(rule).to_contain_text("approved by the committee")
    expect(page.get_by_text("1 of 11 rules on")).to_be_visible()
    expect(page.locator("#switch_off-PDNMS")).to_be_focused()
    page.keyboard.press("Enter")
    page.locator("#switch-reason").fill("the study is full")
    page.locator("#switch-look").click()
    page.locator("#switch-keep").click()
    expect(rule).to_contain_text("Switched off by Carla")
    said = standing(doctor, study, "PDNMS")
    assert (said["enabled"], said["version"], said["reason"]) == (False, 2, "the study is full")


def test_the_table_of_a_site_is_filled_in_row_by_row_and_checked(
    desk: Desk, window: Page, doctor: Person, study: dict[str, Any]
) -> None:
    page = fresh(window, desk, f"studies/{study['id']}")
    page.locator("#switch_on-NEXT-MS-EID10").click()
    box = page.get_by_role("dialog")
    page.locator("#set-bands-add").press("Enter")
    box.get_by_label("Row 1: below").fill("5,5")
    box.get_by_label("Row 1: weeks").fill("7")
    box.get_by_label("Row 2: weeks").fill("6")
    page.locator("#switch-reason").fill("our own table")
    page.locator("#switch-look").click()
    page.locator("#switch-keep").click()
    expect(page.locator("#set-bands-error")).to_contain_text("never fewer weeks")
    box.get_by_label("Row 1: weeks").fill("5")
    assert barriers(page) == []
    page.locator("#switch-look").click()
    expect(page.locator(".difference")).to_contain_text("below 5.5 µg/mL: 5 weeks; above that: 6 weeks")
    page.locator("#switch-keep").click()
    expect(page.locator("#settings-NEXT-MS-EID10")).to_be_visible()
    rows = [{"below_ug_ml": 5.5, "weeks": 5}, {"below_ug_ml": None, "weeks": 6}]
    assert standing(doctor, study, "NEXT-MS-EID10")["settings"] == {"bands": rows}
    page.locator("#settings-NEXT-MS-EID10").click()
    page.locator("#switch-reason").fill("nothing")
    page.locator("#switch-look").click()
    expect(page.locator("#switch-error")).to_contain_text("Nothing changes.")
    box.get_by_role("button", name="Remove row 1").click()
    page.locator("#switch-look").click()
    expect(page.locator(".difference")).to_contain_text("Without a table this rule says nothing of an interval.")
    page.keyboard.press("Escape")


def test_what_a_colleague_switched_meanwhile_is_said_before_anything_is_kept(
    desk: Desk, window: Page, doctor: Person, study: dict[str, Any]
) -> None:
    page = fresh(window, desk, f"studies/{study['id']}")
    page.locator("#switch_on-SUPERNEXT").click()
    doctor.ask("PUT", f"/studies/{study['id']}/protocols/SUPERNEXT", {"enabled": True, "reason": "was first"})
    page.locator("#switch-reason").fill("too late")
    page.locator("#switch-look").click()
    expect(page.locator("#notice")).to_contain_text("Somebody else changed this meanwhile.")
    expect(page.get_by_role("region", name="SUPERNEXT")).to_contain_text("was first")


def test_a_nurse_sees_what_is_on_and_switches_nothing(desk: Desk, study: dict[str, Any]) -> None:
    page = desk.logged_in(desk.clinic.bram, language="en").new_page()
    fresh(page, desk, f"studies/{study['id']}")
    expect(page.get_by_text("Only a clinician or an administrator")).to_be_visible()
    assert page.get_by_role("button", name="Switch on").count() == 0
    assert barriers(page) == []
    page.close()


def test_an_administrator_begins_there_and_goes_to_no_patient(desk: Desk, admin: Staff, study: dict[str, Any]) -> None:
    page = desk.logged_in(admin, language="en").new_page()
    fresh(page, desk, "")
    expect(page.locator("h1")).to_have_text("Studies")
    expect(page.locator("#places a")).to_have_count(2)
    page.locator("#study").select_option(study["id"])
    expect(page.locator("h2").first).to_have_text(study["name"])
    assert page.url.endswith(study["id"])
    page.locator("#switch_on-NOVA").click()
    expect(page.get_by_role("dialog")).to_contain_text(study["name"])
    page.keyboard.press("Escape")
    fresh(page, desk, "patients")
    expect(page.locator("h1")).to_have_text("Nothing here for your role")
    page.get_by_role("link", name="To Studies").click()
    expect(page.locator("h1")).to_have_text("Studies")
    page.close()


def test_a_site_without_studies_and_a_server_that_is_away_are_said(
    desk: Desk, window: Page, study: dict[str, Any]
) -> None:
    told(window, "/studies", {"items": []})
    page = fresh(window, desk, "studies")
    expect(page.get_by_text("This centre has no study yet.")).to_be_visible()
    assert barriers(page) == []
    window.unroute("**/api/v1/studies")
    back = lost(window, "/studies")
    page = fresh(window, desk, "studies")
    expect(page.get_by_role("alert")).to_contain_text("No connection to the server")
    back()
    page.get_by_role("button", name="Try again").press("Enter")
    expect(page.get_by_role("region", name="PDNMS")).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
def test_the_page_fits_and_has_no_barriers_in_dutch(desk: Desk, carla: Staff, study: dict[str, Any], size: str) -> None:
    page = desk.logged_in(carla, size=SIZES[size]).new_page()
    fresh(page, desk, f"studies/{study['id']}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert barriers(page) == []
    page.locator("#switch_on-NEXT-MS-EID5").click()
    page.locator("#set-bands-add").click()
    assert page.locator("dialog").evaluate("box => box.scrollWidth <= box.clientWidth")
    assert barriers(page) == []
    page.close()
