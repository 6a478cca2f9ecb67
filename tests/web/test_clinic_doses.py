"""The day ward's calendar: a dose moves once its difference was seen, is taken back, planned, read from a list."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.web.axe import barriers
from tests.web.clinic_pages import SIZES, Desk, at, fresh, refusal, told
from tests.web.phones import Anna, Clinic

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def window(desk: Desk) -> Page:
    """A page in Dutch at which Bram is logged in."""
    return desk.logged_in(desk.clinic.bram).new_page()


@pytest.fixture
def mona(clinic: Clinic) -> Anna:
    """A patient whose next dose is planned in ten days, under a name of her own."""
    return clinic.enrol(name="Mona van den Berg", hospital_number=None)


def planned(patient: Anna) -> dict[str, Any]:
    """Return the dose that is planned for a patient."""
    items = patient.clinic.nurse.get(patient.path("/doses"))["items"]
    found: dict[str, Any] = next(one for one in items if one["status"] == "planned")
    return found


def card(page: Page, dose: dict[str, Any]) -> Any:
    """The card of a dose on the calendar."""
    return page.locator(f"#dose-{dose['id']}")


def test_a_dose_moves_once_its_difference_was_seen_and_its_reminders_with_it(
    desk: Desk, window: Page, mona: Anna
) -> None:
    dose = planned(mona)
    page = fresh(window, desk, f"doses/{dose['planned']['on']}")
    card(page, dose).press("Enter")
    box = page.get_by_role("dialog", name="Mona van den Berg")
    box.get_by_label("Verzetten").press("Space")
    page.locator("#act-look").press("Enter")
    expect(box.get_by_text("Vul dit in.")).to_be_visible()
    to = date.fromisoformat(dose["planned"]["on"]) + timedelta(days=2)
    page.locator("#act-on").fill(to.isoformat())
    page.locator("#act-reason").fill("holiday")
    page.locator("#act-look").press("Enter")
    expect(page.locator(".difference")).to_contain_text(re.compile(r"Gepland: van .+ naar .+"))
    expect(page.locator(".difference")).to_contain_text("nieuwe herinnering")
    assert planned(mona)["version"] == dose["version"]
    expect(page.locator("#act-keep")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text("De gift is verzet")
    moved = planned(mona)
    assert (moved["planned"]["on"], moved["reason"], moved["version"]) == (to.isoformat(), "holiday", 2)


def test_what_was_recorded_last_is_taken_back_with_a_reason(desk: Desk, window: Page, mona: Anna) -> None:
    given = [one for one in mona.clinic.nurse.get(mona.path("/doses"))["items"] if one["status"] == "given"][-1]
    page = fresh(window, desk, f"doses/{given['given']['on']}")
    card(page, given).click()
    page.locator("#act-reason").fill("another patient's")
    page.locator("#act-look").click()
    expect(page.locator(".difference")).to_contain_text("van gegeven naar nooit vastgelegd")
    page.locator("#act-keep").click()
    expect(page.locator("#notice")).to_contain_text("Teruggedraaid")
    after = {one["id"]: one["status"] for one in mona.clinic.nurse.get(mona.path("/doses"))["items"]}
    assert after[given["id"]] == "undone"


def test_a_dose_that_somebody_else_moved_first_is_left_as_it_is(desk: Desk, window: Page, mona: Anna) -> None:
    dose = planned(mona)
    page = fresh(window, desk, f"doses/{dose['planned']['on']}")
    slot = mona.clinic.slot(11)
    mona.clinic.nurse.post(mona.path(f"/doses/{dose['id']}/move"), {"planned": slot, "reason": "full"}, 200, version=1)
    card(page, dose).click()
    page.get_by_label("Afzeggen").check()
    page.locator("#act-reason").fill("ill")
    page.locator("#act-look").click()
    expect(page.locator("#notice")).to_contain_text("Iemand anders")
    assert planned(mona)["reason"] == "full"


def test_a_dose_that_only_the_plan_expects_is_planned_from_the_calendar(desk: Desk, window: Page) -> None:
    lia = desk.clinic.enrol(planned=None, name="Lia Expected")
    on = desk.clinic.nurse.get(lia.path("/treatments"))["items"][0]["expected"]["on"]
    page = fresh(window, desk, f"doses/{on}")
    page.get_by_role("button", name="Gift plannen voor Lia Expected").click()
    page.locator("#plan-save").click()
    expect(page.locator(".week .dose.planned").filter(has_text="Lia Expected")).to_have_count(1)
    assert planned(lia)["planned"]["on"] == on


def test_a_list_is_shown_before_anything_of_it_is_stored(desk: Desk, window: Page) -> None:
    number = f"K {uuid4().hex[:8]}"
    kim = desk.clinic.enrol(given=(-74,), planned=None, name="Kim Listed", hospital_number=number)
    on = (desk.clinic.today - timedelta(days=32)).isoformat()
    rows = ["hospital_number,drug,given_on", f"{number},natalizumab_iv,{on}", f"X 99,natalizumab_iv,{on}"]
    page = fresh(window, desk, "doses")
    page.locator("#doses-take-in").click()
    page.locator("#intake-look").click()
    expect(page.get_by_role("dialog").get_by_text("Vul dit in.")).to_be_visible()
    body = {"name": "doses.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode()}
    page.locator("#intake-file").set_input_files(body)  # type: ignore[arg-type]
    page.locator("#intake-look").click()
    expect(page.locator("#intake-found")).to_contain_text("1 nieuwe gift")
    expect(page.locator("#intake-found")).to_contain_text("1 regel is niet overgenomen")
    assert len(desk.clinic.nurse.get(kim.path("/doses"))["items"]) == 1
    page.locator("#intake-store").click()
    expect(page.locator("#intake-found")).to_contain_text("1 gift vastgelegd")
    assert len(desk.clinic.nurse.get(kim.path("/doses"))["items"]) == 2
    page.locator("#intake-done").click()


@pytest.mark.parametrize(("size", "language"), [("ward", "nl"), ("pocket", "en")])
def test_nothing_on_the_calendar_keeps_anybody_out(desk: Desk, mona: Anna, size: str, language: str) -> None:
    dose = planned(mona)
    page = desk.logged_in(desk.clinic.bram, language=language, size=SIZES[size]).new_page()
    at(page, desk.url, f"doses/{dose['planned']['on']}")
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    card(page, dose).click()
    page.get_by_role("radio").nth(1).check()
    assert barriers(page) == []
    page.close()


def test_an_empty_week_and_a_broken_server_are_said_in_words(desk: Desk) -> None:
    context = desk.logged_in(desk.clinic.bram)
    page = context.new_page()
    at(page, desk.url, "doses/2027-08-16")
    expect(page.locator(".week .day")).to_have_count(7)
    expect(page.get_by_text("geen giften").first).to_be_visible()
    told(context, "/ward?*", refusal("storage-unavailable"), 503)
    page.goto(f"{desk.url}#/doses/2027-08-23")
    expect(page.locator(".trouble")).to_contain_text("kan dit nu niet")
    expect(page.locator("#again")).to_be_visible()
    context.close()
