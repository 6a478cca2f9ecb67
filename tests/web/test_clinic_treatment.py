"""A treatment at the desk: started, changed and stopped by keyboard, seen before it is kept, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.axe import barriers
from tests.web.clinic_pages import SIZES, Desk, fresh, lost, refusal, told
from tests.web.phones import Anna, Clinic

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def window(desk: Desk) -> Page:
    """A page in English at which Bram is logged in."""
    return desk.logged_in(desk.clinic.bram, language="en").new_page()


def untreated(clinic: Clinic, name: str = "Nora New") -> Anna:
    """Enrol somebody without a treatment."""
    body = {"name": name, "email": "nora@home.example", "language": "nl"}
    return Anna(clinic, clinic.nurse.post("/patients", body)["id"])


def treatments(patient: Anna) -> list[dict[str, Any]]:
    """A patient's treatments, as they stand."""
    items: list[dict[str, Any]] = patient.clinic.nurse.get(patient.path("/treatments"))["items"]
    return items


def on(clinic: Clinic, days: int) -> str:
    """A day so many from today."""
    return (clinic.today + timedelta(days=days)).isoformat()


def typed(page: Page, **fields: str) -> None:
    """Fill in fields of the window, by the ends of their ids."""
    for name, text in fields.items():
        page.locator(f"#treat-{name}").fill(text)


def test_the_first_treatment_is_started_by_keyboard_and_nothing_is_chosen_before(desk: Desk, window: Page) -> None:
    nora = untreated(desk.clinic)
    page = fresh(window, desk, f"patient/{nora.id}")
    page.locator("#patient-treat").press("Enter")
    expect(page.get_by_text("No treatment is on record yet.")).to_be_visible()
    page.locator("#treat-start").press("Enter")
    box = page.get_by_role("dialog", name="Start a treatment")
    expect(page.locator("#treat-drug")).to_have_value("")
    page.locator("#treat-look").press("Enter")
    expect(box.get_by_text("Choose a drug.")).to_be_visible()
    expect(page.locator("#treat-drug")).to_be_focused()
    page.locator("#treat-drug").select_option("natalizumab_iv")
    expect(box.get_by_role("radio", name="Standard")).to_be_checked()
    expect(page.locator("#treat-route")).to_have_value("iv")
    for empty in ("weeks", "slot", "started", "reason"):
        expect(page.locator(f"#treat-{empty}")).to_have_value("")
    page.locator("#treat-look").press("Enter")
    expect(page.locator("#treat-slot")).to_be_focused()
    typed(page, weeks="6", slot="09:30", started=on(desk.clinic, 7), reason="first choice together")
    assert barriers(page) == []
    page.locator("#treat-look").press("Enter")
    expect(page.locator(".difference")).to_contain_text("Interval: every 6 weeks")
    assert treatments(nora) == []
    expect(page.locator("#treat-keep")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text("The treatment is on record.")
    (stored,) = treatments(nora)
    plan = stored["plans"][0]
    assert (stored["drug"], stored["started_on"]) == ("natalizumab_iv", on(desk.clinic, 7))
    assert (plan["interval_weeks"], plan["route"], plan["slot"], plan["reason"]) == (
        6, "iv", "09:30", "first choice together",
    )  # fmt: skip
    expect(page.get_by_role("row", name="first choice together")).to_contain_text("Bram")
    expect(page.get_by_text("What happened to the reminders")).to_be_visible()
    expect(page.locator("#patient-treat")).to_have_count(0)
    assert barriers(page) == []


def test_where_the_catalogue_leaves_it_open_so_does_the_page(desk: Desk, window: Page) -> None:
    nora = untreated(desk.clinic)
    page = fresh(window, desk, f"patient/{nora.id}/treatment")
    page.locator("#treat-start").click()
    box = page.get_by_role("dialog")
    page.locator("#treat-drug").select_option("interferon_beta")
    assert box.get_by_role("radio", checked=True).count() == 0
    typed(page, slot="20:00", started=on(desk.clinic, 0), reason="at home")
    page.locator("#treat-look").click()
    expect(box.get_by_text("Choose a regimen.")).to_be_visible()
    box.get_by_label("Rebif").check()
    box.get_by_label("Monday").check()
    page.locator("#treat-look").click()
    page.locator("#treat-keep").click()
    expect(box.get_by_text("Choose as many days as the regimen says, or none.")).to_be_visible()
    assert treatments(nora) == []
    page.locator("#treat-drug").select_option("rituximab")
    page.locator("#treat-look").click()
    expect(page.locator("#treat-weeks")).to_be_focused()
    expect(page.locator("#treat-weeks-error")).to_have_text("Fill this in.")
    page.locator("#treat-weeks").fill("90")
    page.locator("#treat-look").click()
    page.locator("#treat-keep").click()
    expect(page.locator("#treat-weeks-error")).to_contain_text("from 1 to 60")
    expect(page.locator("#treat-weeks")).to_be_focused()
    assert barriers(page) == []
    page.keyboard.press("Escape")


def test_a_plan_changes_with_what_it_was_beside_it_and_planned_doses_stay(desk: Desk, window: Page) -> None:
    anna = desk.clinic.enrol(name="Ada Amended")
    page = fresh(window, desk, f"patient/{anna.id}/treatment")
    page.locator(f"#treat-amend-{anna.treatment}").press("Enter")
    expect(page.locator("#treat-weeks")).to_have_value("6")
    typed(page, reason="longer, decided together")
    page.locator("#treat-look").click()
    expect(page.locator("#treat-error")).to_have_text("This is what stands already. Nothing changes.")
    typed(page, weeks="8")
    page.locator("#treat-look").click()
    expect(page.locator(".difference")).to_contain_text("Interval: from every 6 weeks to every 8 weeks")
    expect(page.locator(".difference")).to_contain_text("1 planned dose stays as it is.")
    typed(page, weeks="7")
    expect(page.locator(".difference")).to_have_count(0)
    page.locator("#treat-look").click()
    page.locator("#treat-keep").click()
    expect(page.get_by_role("row", name="longer, decided together")).to_contain_text("every 7 weeks")
    assert [plan["interval_weeks"] for plan in treatments(anna)[0]["plans"]] == [6, 7]


def test_a_treatment_stops_with_a_reason_and_the_next_may_begin(desk: Desk, window: Page) -> None:
    anna = desk.clinic.enrol(name="Sam Stopped")
    page = fresh(window, desk, f"patient/{anna.id}/treatment")
    page.locator(f"#treat-stop-{anna.treatment}").press("Enter")
    typed(page, stopped=on(desk.clinic, 0))
    page.locator("#treat-look").click()
    expect(page.locator("#treat-reason")).to_be_focused()
    typed(page, reason="wish for a child")
    page.locator("#treat-look").click()
    expect(page.locator(".difference")).to_contain_text("No dose is expected any more")
    assert barriers(page) == []
    page.locator("#treat-keep").press("Enter")
    expect(page.get_by_role("row", name="wish for a child")).to_contain_text("stopped")
    assert treatments(anna)[0]["stopped_on"] == on(desk.clinic, 0)
    expect(page.locator(f"#treat-stop-{anna.treatment}")).to_have_count(0)


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_is_done_twice(desk: Desk, window: Page) -> None:
    anna = desk.clinic.enrol(name="Lo Lost")
    page = fresh(window, desk, f"patient/{anna.id}/treatment")
    page.locator(f"#treat-amend-{anna.treatment}").click()
    typed(page, weeks="5", reason="said once")
    page.locator("#treat-look").click()

    def arrives_and_is_lost(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route("**/api/v1/patients/*/treatments/*/plans", arrives_and_is_lost, times=1)
    page.locator("#treat-keep").click()
    expect(page.locator("#treat-error")).to_contain_text("No answer came.")
    page.locator("#treat-keep").click()
    expect(page.get_by_role("row", name="said once")).to_be_visible()
    assert [plan["interval_weeks"] for plan in treatments(anna)[0]["plans"]] == [6, 5]


def test_what_somebody_else_changed_meanwhile_is_said_and_shown(desk: Desk, window: Page) -> None:
    anna = desk.clinic.enrol(name="Otto Other")
    page = fresh(window, desk, f"patient/{anna.id}/treatment")
    page.locator(f"#treat-amend-{anna.treatment}").click()
    plan = {"interval_weeks": 4, "slot": "09:00", "reason": "somebody was first"}
    desk.clinic.nurse.post(anna.path(f"/treatments/{anna.treatment}/plans"), plan, version=1)
    typed(page, weeks="8", reason="too late")
    page.locator("#treat-look").click()
    page.locator("#treat-keep").click()
    expect(page.locator("#notice")).to_contain_text("Somebody else changed this meanwhile.")
    expect(page.get_by_role("row", name="somebody was first")).to_be_visible()


def test_without_an_answer_the_part_says_so_and_can_be_tried_again(desk: Desk, window: Page) -> None:
    anna = desk.clinic.enrol(name="Fay Fault")
    back = lost(window, f"/patients/{anna.id}/treatments")
    page = fresh(window, desk, f"patient/{anna.id}/treatment")
    expect(page.get_by_role("alert")).to_contain_text("No connection to the server")
    back()
    page.get_by_role("button", name="Try again").press("Enter")
    expect(page.locator(f"#treat-stop-{anna.treatment}")).to_be_visible()
    told(window, f"/patients/{anna.id}/treatments", refusal("forbidden"), status=403)
    page = fresh(window, desk, f"patient/{anna.id}/treatment")
    expect(page.get_by_role("alert")).to_contain_text("Your role may not see or do this.")
    window.unroute(f"**/api/v1/patients/{anna.id}/treatments")


@pytest.mark.parametrize("size", SIZES)
def test_the_window_fits_its_tab_is_in_sight_and_there_are_no_barriers_in_dutch(desk: Desk, size: str) -> None:
    nora = untreated(desk.clinic, "Nele Narrow")
    page = desk.logged_in(desk.clinic.bram, size=SIZES[size]).new_page()
    fresh(page, desk, f"patient/{nora.id}/treatment")
    chosen = page.locator("#tab-treatment").bounding_box()
    assert chosen is not None
    assert 0 <= chosen["x"] <= SIZES[size]["width"] - chosen["width"]
    page.locator("#treat-start").click()
    page.locator("#treat-drug").select_option("interferon_beta")
    page.get_by_label("Rebif").check()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("dialog").evaluate("box => box.scrollWidth <= box.clientWidth")
    assert barriers(page) == []
    page.close()
