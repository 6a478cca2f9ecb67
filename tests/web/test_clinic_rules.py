"""Dosing rules and findings on a patient's page: shown with reasons, nothing chosen before, changed by decisions."""

from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.house import Staff
from tests.journeys.people import Person
from tests.web.axe import barriers
from tests.web.clinic_pages import Desk, at
from tests.web.phones import Anna

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def carla(desk: Desk) -> Staff:
    """A clinician."""
    return desk.colleague("clinician", name="Carla")


@pytest.fixture(scope="module")
def rita(desk: Desk, carla: Staff) -> Anna:
    """A patient at six weeks with two good troughs, in a study that shows PDNMS; a dose is planned."""
    made = desk.clinic.enrol(given=(-126, -84, -42, -1), planned=41, name="Rita Ruled")
    desk.clinic.nurse.post(made.path("/care-relationships"), {"staff_id": str(carla.id)})
    doctor = Person(desk.clinic.installation, carla.headers)
    admin = Person(desk.clinic.installation, desk.colleague("admin").headers)
    study = admin.post("/studies", {"name": f"Stretching {uuid4()}"})["id"]
    switched = {"enabled": True, "reason": "approved"}
    doctor.ask("PUT", f"/studies/{study}/protocols/PDNMS", switched)
    doctor.post(made.path(f"/studies/{study}/consent"), status=200)
    for days in (-42, -1):
        sample = doctor.post(made.path("/samples"), {"matrix": "venous_serum"})["id"]
        step = {"state": "collected", "occurred": desk.clinic.slot(days, "08:00")}
        doctor.post(made.path(f"/samples/{sample}/steps"), step)
        level = {"analyte": "level", "value": 18, "unit": "ug/mL", "comparator": "="}
        doctor.post(made.path(f"/samples/{sample}/results"), level)
    return made


def plans(patient: Anna) -> list[dict[str, Any]]:
    """The versions of a patient's plan."""
    versions: list[dict[str, Any]] = patient.clinic.nurse.get(patient.path("/treatments"))["items"][0]["plans"]
    return versions


def test_a_nurse_sees_the_rule_its_values_and_conditions_and_can_decide_nothing(desk: Desk, rita: Anna) -> None:
    page = at(desk.logged_in(desk.clinic.bram, language="en").new_page(), desk.url, f"patient/{rita.id}/protocols")
    expect(page.get_by_role("table", name="Measured").locator("tbody tr")).to_have_count(2)
    conditions = page.get_by_role("table", name="Conditions")
    expect(conditions).to_be_visible()
    (shown,) = desk.clinic.nurse.get(rita.path("/protocols"))["items"]
    expect(conditions.locator("tbody tr")).to_have_count(len(shown["conditions"]))
    for one in shown["conditions"]:
        expect(conditions).to_contain_text(one["text_en"])
    expect(page.get_by_text(shown["source"])).to_be_visible()
    expect(page.get_by_text("It is no advice.")).to_be_visible()
    expect(page.locator("#decide-PDNMS")).to_have_count(0)
    assert barriers(page) == []
    page.close()


def test_a_clinician_chooses_from_nothing_sees_the_difference_and_only_then_the_plan_changes(
    desk: Desk, rita: Anna, carla: Staff
) -> None:
    page = at(desk.logged_in(carla, language="en").new_page(), desk.url, f"patient/{rita.id}/protocols")
    page.locator("#decide-PDNMS").press("Enter")
    box = page.get_by_role("dialog", name="Record a decision")
    assert box.get_by_role("radio", checked=True).count() == 0
    page.locator("#decision-look").press("Enter")
    expect(box.get_by_text("Choose what you decide.")).to_be_visible()
    box.get_by_label("Change the interval").check()
    expect(page.locator("#decision-weeks")).to_have_value("")
    page.locator("#decision-weeks").fill("7")
    page.locator("#decision-reason").fill("two good troughs")
    page.locator("#decision-move").check()
    page.locator("#act-on").fill(desk.clinic.slot(48)["at"][:10])
    assert barriers(page) == []
    page.locator("#decision-look").click()
    expect(page.locator(".difference")).to_contain_text("Interval: from 6 to 7 weeks")
    expect(page.locator(".difference")).to_contain_text("Planned: from")
    assert [one["interval_weeks"] for one in plans(rita)] == [6]
    page.locator("#decision-keep").click()
    expect(page.locator("#notice")).to_contain_text("The decision is on record.")
    assert [one["interval_weeks"] for one in plans(rita)] == [6, 7]
    dose = next(one for one in desk.clinic.nurse.get(rita.path("/doses"))["items"] if one["status"] == "planned")
    assert dose["planned"]["on"] == desk.clinic.slot(48)["at"][:10]
    page.get_by_role("tab", name="Dosing rule").click()
    expect(page.get_by_role("row", name="two good troughs")).to_contain_text("from version 1 to 2")
    page.close()


def test_a_patient_in_no_such_study_has_no_rule(desk: Desk, window: Page) -> None:
    page = at(window, desk.url, f"patient/{desk.clinic.enrol(name='Sina Free').id}/protocols")
    expect(page.get_by_text("Geen studie van deze patiënt laat een doseerregel zien.")).to_be_visible()


@pytest.fixture(scope="module")
def window(desk: Desk) -> Page:
    """A page in Dutch at which Bram is logged in."""
    return desk.logged_in(desk.clinic.bram).new_page()


def test_a_finding_is_entered_corrected_and_retracted_and_none_is_lost(desk: Desk, window: Page) -> None:
    tess = desk.clinic.enrol(name="Tess Tested")
    page = at(window, desk.url, f"patient/{tess.id}/findings")
    page.locator("#finding-add").click()
    page.locator("#finding-kind").select_option("edss")
    page.locator("#finding-save").click()
    expect(page.get_by_role("dialog").get_by_text("Vul dit in.")).to_be_visible()
    page.get_by_role("dialog").get_by_label("Score").fill("3,5")
    page.locator("#finding-note").fill("walks with a stick")
    assert barriers(page) == []
    page.locator("#finding-save").click()
    row = page.get_by_role("row", name="EDSS")
    expect(row).to_contain_text("3,5")
    page.get_by_role("button", name="EDSS van").filter(has_text="Verbeteren").click()
    page.get_by_role("dialog").get_by_label("Score").fill("4")
    page.locator("#finding-reason").fill("misread")
    page.locator("#finding-save").click()
    expect(row).to_contain_text("verbeterd")
    (stored,) = desk.clinic.nurse.get(tess.path("/findings"))["items"]
    assert (stored["values"]["score"], stored["version"], stored["note"]) == (4, 2, "walks with a stick")
    page.get_by_role("button", name="EDSS van").filter(has_text="Intrekken").click()
    page.locator("#finding-reason").fill("another patient")
    page.locator("#finding-retract").click()
    expect(page.get_by_text("Er zijn nog geen bevindingen vastgelegd.")).to_be_visible()
    earlier = desk.clinic.nurse.get(tess.path(f"/findings/{stored['id']}/history"))["items"]
    assert [one["reason"] for one in earlier] == ["misread", "another patient"]


@pytest.mark.parametrize("kind", ["relapse", "reaction", "lab", "mri", "steroid_course"])
def test_every_kind_has_a_form_that_can_be_used(desk: Desk, window: Page, kind: str) -> None:
    una = desk.clinic.enrol(name="Una Forms")
    page = at(window, desk.url, f"patient/{una.id}/findings")
    page.locator("#finding-add").click()
    page.locator("#finding-kind").select_option(kind)
    fields = next(one for one in desk.clinic.nurse.get("/catalogue/findings")["items"] if one["key"] == kind)["fields"]
    for field in fields:
        named = page.locator("dialog label, dialog legend").filter(has_text=field["nl"])
        expect(named.first).to_be_visible()
    assert barriers(page) == []
    page.keyboard.press("Escape")
