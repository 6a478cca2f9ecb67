"""Studies at the desk: paper, arm, visits and the end with a patient; texts, plan and participants of a study."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.factories.studies import Study
from tests.house import Staff
from tests.web.axe import barriers
from tests.web.clinic_pages import SIZES, Desk, fresh, lost, told
from tests.web.phones import Anna, Clinic
from tests.web.study_pages import ARMS, VISIT, place, signed, stands, written

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def window(desk: Desk) -> Page:
    """A page in English at which the nurse is logged in."""
    return desk.logged_in(desk.clinic.bram, language="en").new_page()


@pytest.fixture(scope="module")
def found(clinic: Clinic) -> Study:
    """A study that asks for everything."""
    return written(clinic, "Longer")


@pytest.fixture(scope="module")
def els(desk: Desk) -> Staff:
    """A coordinator."""
    return desk.colleague("coordinator", name="Els")


def test_paper_an_arm_visits_and_the_end_are_recorded_by_keyboard(
    desk: Desk, window: Page, anna: Anna, found: Study
) -> None:
    page = place(window, desk, anna)
    expect(page.get_by_text("was not asked for any study yet")).to_be_visible()
    page.locator("#pstudy-which").select_option(found.id)
    page.locator("#pstudy-record").press("Enter")
    page.get_by_role("dialog").get_by_label("Read in").select_option("en")
    page.get_by_text("Read the text").press("Enter")
    expect(page.get_by_role("dialog").locator(".consent-text")).to_contain_text("without my name")
    assert barriers(page) == []
    page.locator("#paper-send").press("Enter")
    expect(page.get_by_role("row", name="Taking part in the study")).to_contain_text("1 (English)")
    page.locator(f"#arm-{found.id}").select_option("longer")
    page.locator(f"#arm-put-{found.id}").press("Enter")
    expect(page.locator("#notice")).to_contain_text("The arm is on record.")
    expect(page.locator(f"#arm-{found.id}")).to_be_focused()
    page.locator(f"#held-{found.id}-month-mo0").press("Enter")
    page.locator("#held-send").press("Enter")
    visit = page.get_by_role("row", name="Monthly visit").first
    expect(visit).to_contain_text("held")
    page.get_by_role("button", name="Missed: Monthly visit").press("Enter")
    expect(visit).to_contain_text("missed")
    page.locator(f"#finish-{found.id}").press("Enter")
    page.locator("#finish-send").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Choose one.")
    page.get_by_label("All was done").check()
    page.locator("#finish-send").press("Enter")
    expect(page.get_by_role("region", name="Longer").first).to_contain_text("nothing more is asked")
    page.locator(f"#past-{found.id} summary").press("Enter")
    past = page.locator(f"#past-{found.id} tbody tr")
    expect(past).to_have_count(5)
    expect(past.first).to_contain_text("Study over: All was done")
    expect(past.last).to_contain_text("Agreed: Taking part in the study, version 1, English")
    assert barriers(page) == []


def test_a_withdrawal_says_what_follows_and_asks_what_is_taken_back(
    desk: Desk, window: Page, anna: Anna, found: Study
) -> None:
    signed(found, anna, "study", "contact")
    page = place(window, desk, anna)
    page.locator(f"#withdraw-{found.id}").press("Enter")
    box = page.get_by_role("dialog")
    expect(box).to_contain_text("Researchers get no more data at once")
    expect(box.locator("input:checked")).to_have_count(0)
    page.locator("#withdraw-send").press("Enter")
    expect(box).to_contain_text("Choose one.")
    assert stands(found, anna)["contact"] == "given"
    box.get_by_label("Only being contacted").check()
    page.locator("#withdraw-send").press("Enter")
    expect(page.get_by_role("row", name="May be contacted")).to_contain_text("taken back")
    assert stands(found, anna) == {"study": "given", "care": "none", "contact": "withdrawn"}
    page.locator(f"#withdraw-{found.id}").press("Enter")
    box.get_by_label("The whole study").check()
    page.locator("#withdraw-send").press("Enter")
    expect(page.get_by_role("region", name="Longer").first).to_contain_text("Took part from")
    assert page.locator(f"#withdraw-{found.id}").count() == 0


def test_a_coordinator_sees_the_studies_of_a_patient_and_who_may_be_contacted(
    desk: Desk, clinic: Clinic, els: Staff
) -> None:
    here = written(clinic, "Contact")
    one, other = clinic.enrol(name="Joke Vis"), clinic.enrol(name="Kees Bot")
    for who, purposes in ((one, ("study", "contact")), (other, ("study",))):
        signed(here, who, *purposes)
        clinic.nurse.post(who.path("/care-relationships"), {"staff_id": str(els.id)})
    page = desk.logged_in(els).new_page()
    fresh(page, desk, f"studies/{here.id}/participants")
    expect(page.get_by_role("tab")).to_have_count(3)
    expect(page.locator("#part tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Mag worden benaderd").press("Enter")
    expect(page.locator("#part tbody tr")).to_have_count(1)
    assert barriers(page) == []
    page.get_by_role("link", name="Joke Vis").press("Enter")
    expect(page.locator("h1")).to_have_text("Joke Vis")
    expect(page.get_by_role("tab")).to_have_count(3)
    expect(page.get_by_role("row", name="Benaderd mogen worden")).to_contain_text("akkoord")
    assert barriers(page) == []
    page.close()


def test_an_administrator_publishes_a_text_and_sees_first_what_follows(desk: Desk, clinic: Clinic) -> None:
    here = written(clinic, "Texts", "study")
    page = desk.logged_in(here.admin, language="en").new_page()
    fresh(page, desk, f"studies/{here.id}/texts")
    expect(page.get_by_role("region", name="May be contacted").first).to_contain_text("No text yet.")
    page.get_by_role("button", name="Read: Taking part in the study, version 1").press("Enter")
    expect(page.get_by_role("dialog").locator("[lang=nl]")).to_contain_text("zonder mijn naam")
    page.keyboard.press("Escape")
    page.locator("#publish-study").press("Enter")
    page.locator("#text-look").press("Enter")
    expect(page.locator("#text-error")).to_contain_text("Nothing changes.")
    page.locator("#text-nl").fill("Ik doe mee, ook met mijn bloed.")
    page.locator("#text-needed").fill("2020-01-01T09:00")
    page.locator("#text-look").press("Enter")
    expect(page.locator("#text-needed-error")).to_contain_text("still to come")
    page.locator("#text-needed").fill(f"{clinic.today + timedelta(days=30)}T09:00")
    page.locator("#text-look").press("Enter")
    expect(page.locator(".difference")).to_contain_text("This becomes version 2, for good.")
    expect(page.locator(".difference")).to_contain_text("leaves the data from then on, until they agree")
    assert barriers(page) == []
    page.locator("#text-keep").press("Enter")
    expect(page.get_by_role("region", name="Taking part in the study").locator("tbody tr")).to_have_count(2)
    expect(page.locator("#publish-study")).to_be_focused()
    page.close()


def test_arms_and_visits_are_decided_and_nobody_is_overwritten(desk: Desk, clinic: Clinic, els: Staff) -> None:
    here = written(clinic, "Plan", "study")
    page = desk.logged_in(els, language="en").new_page()
    fresh(page, desk, f"studies/{here.id}/plan")
    expect(page.get_by_role("row", name="Maandbezoek")).to_contain_text("0, 1 months after consent, from day 0")
    page.locator("#arm-add").press("Enter")
    page.locator("#arm-send").press("Enter")
    expect(page.locator("#name-nl-error")).to_contain_text("at least one language")
    page.locator("#name-en").fill("Usual interval")
    page.locator("#arm-send").press("Enter")
    expect(page.locator("#rename-usual-interval")).to_be_visible()
    page.locator("#visit-add").press("Enter")
    page.locator("#name-en").fill("Blood before the dose")
    page.locator("#visit-send").press("Enter")
    expect(page.locator("#visit-at-error")).to_contain_text("Whole numbers")
    page.get_by_label("Each dose").check()
    assert barriers(page) == []
    page.locator("#visit-send").press("Enter")
    expect(page.get_by_role("row", name="Blood before the dose")).to_contain_text("from 3 days before the next dose")
    assert here.plan(3, arms=ARMS, visits=[VISIT]).status_code == 200
    page.locator("#rename-longer").press("Enter")
    page.locator("#name-en").fill("Too late")
    page.locator("#arm-send").press("Enter")
    expect(page.locator("#notice")).to_contain_text("Somebody else changed the arms or visits meanwhile.")
    expect(page.locator("#part")).not_to_contain_text("Too late")
    expect(page.locator("#part tbody tr")).to_have_count(3)
    page.close()


def test_what_is_empty_and_what_is_away_is_said_at_the_desk(desk: Desk, window: Page, anna: Anna, found: Study) -> None:
    told(window, f"/patients/{anna.id}/studies", {"items": []})
    told(window, "/studies", {"items": []})
    page = place(window, desk, anna)
    expect(page.get_by_text("was not asked for any study yet")).to_be_visible()
    window.unroute("**/api/v1/studies")
    window.unroute(f"**/api/v1/patients/{anna.id}/studies")
    back = lost(window, f"/studies/{found.id}/participants")
    page = fresh(window, desk, f"studies/{found.id}/participants")
    expect(page.get_by_role("alert")).to_contain_text("No connection to the server")
    back()
    told(window, f"/studies/{found.id}/participants", {"items": []})
    page.get_by_role("button", name="Try again").press("Enter")
    expect(page.get_by_text("None of your patients takes part.")).to_be_visible()
    window.unroute(f"**/api/v1/studies/{found.id}/participants")


def test_it_all_fits_in_dutch_on_the_ward_and_in_a_pocket(desk: Desk, anna: Anna, found: Study) -> None:
    signed(found, anna, "study", "care", "contact")
    for size in SIZES.values():
        page = place(desk.logged_in(desk.clinic.bram, size=size).new_page(), desk, anna)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for part in ("texts", "plan", "participants"):
            fresh(page, desk, f"studies/{found.id}/{part}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), part
            assert size != SIZES["pocket"] or barriers(page) == [], part
        page.close()
