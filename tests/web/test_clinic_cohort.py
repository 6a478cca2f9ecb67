"""The cohort's page: what it shows is what the API says, with n, what was left out and the traps under each figure."""

from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.factories.cohorts import Shape, cohort
from tests.house import Staff
from tests.journeys.people import Person
from tests.journeys.processes import until
from tests.web.axe import barriers
from tests.web.clinic_pages import SIZES, Desk, at, refusal, stands, told

pytestmark = pytest.mark.journey

STRETCHED = Shape(weeks=(4,) * 6 + (6,) * 4, writes=0.9, answers=0.8, rises=0.5)
FIGURES = 10
_seeds = count(4242)  # ids follow from the seed, and the clinic stays when a test is tried once more


@pytest.fixture(scope="module")
def carla(desk: Desk) -> Staff:
    """A clinician with twelve patients of her own, stretched from four weeks to six."""
    found = desk.colleague("clinician", name="Carla")
    cohort(desk.clinic.house, found, 12, seed=next(_seeds), shape=STRETCHED)
    return found


@pytest.fixture(scope="module")
def said(desk: Desk, carla: Staff) -> dict[str, Any]:
    """What the API says of them."""
    answer: dict[str, Any] = Person(desk.clinic.installation, carla.headers).get("/cohort")
    return answer


@pytest.fixture(scope="module")
def page(desk: Desk, carla: Staff) -> Page:
    """The page, in English."""
    return at(desk.logged_in(carla, language="en").new_page(), desk.url, "cohort")


def test_the_tables_hold_the_figures_of_the_answer(page: Page, said: dict[str, Any]) -> None:
    assert said["patients"]["n"] == 12
    expect(page.locator(".glance .fact").first).to_contain_text("12")
    for item in said["lengths"]["items"]:
        row = page.get_by_role("row", name=f"{item['planned_weeks']} weeks", exact=False).first
        expect(row).to_contain_text(f"{item['diary']['k']} of {item['diary']['n']}")
        expect(row).to_contain_text(f"{item['recall']['k']} of {item['recall']['n']}")
    pair = page.get_by_role("row", name="before → after")
    expect(pair).to_contain_text(str(said["stretching"]["before_after"]["n"]))
    states = said["stretching"]["counts"]
    shown = (
        page.get_by_role("table", name="Patients who were stretched").locator("tbody th, tbody td").all_inner_texts()
    )
    assert [int(text) for text in shown] == [
        states[name] for name in ("better", "same", "worse", "new", "not-assessable")
    ]
    lines = sum(1 for one in said["stretching"]["points"] if one["state"] != "not-assessable")
    expect(page.locator(".pair polyline")).to_have_count(lines)


def test_nothing_waits_for_another_that_need_not(desk: Desk, carla: Staff) -> None:
    opened = desk.logged_in(carla, language="en").new_page()
    held: list[Route] = []
    for late in ("**/api/v1/access/refresh", "**/api/v1/studies"):
        opened.route(late, lambda route: held.append(route))  # noqa: PLW0108 - a builtin cannot be marked by the driver
    with opened.expect_request("**/static/clinic/cohort.js"):
        opened.goto(f"{desk.url}#/cohort", wait_until="commit")
    with opened.expect_request("**/api/v1/cohort"):
        until(lambda: (opened.title(), held)[1], "it is asked who this is").pop().continue_()
    expect(opened.locator(".glance .fact").first).to_contain_text("12")
    expect(opened.locator("#cohort-study, #cohort-drug")).to_have_count(0)
    held.pop().continue_()
    expect(stands(opened).locator("#cohort-drug")).to_be_visible()
    opened.close()


def test_under_every_figure_stand_n_what_was_left_out_settings_and_both_traps(page: Page) -> None:
    expect(page.locator(".footing")).to_have_count(FIGURES)
    for foot in page.locator(".footing").all():
        expect(foot).to_contain_text("n = ")
        expect(foot).to_contain_text("Left out: ")
        expect(foot.locator(".traps")).to_contain_text("patients know how late they are")
        expect(foot.locator(".traps")).to_contain_text("chosen from the level")


def test_other_settings_and_another_route_are_asked_for_and_said(page: Page, said: dict[str, Any]) -> None:
    page.locator("#cohort-set").click()
    page.locator("#set-threshold").fill("2")
    with page.expect_response(lambda answer: "/cohort?" in answer.url) as caught:
        page.locator("#set-apply").click()
    assert caught.value.json()["settings"]["threshold"] == 2
    expect(page.locator(".footing").first).to_contain_text("threshold 2")
    page.locator("#cohort-route").select_option("sc")
    expect(page.locator(".empty")).to_have_text("No patient fits this choice.")
    page.locator("#cohort-route").select_option("")
    expect(page.locator(".footing")).to_have_count(FIGURES)


def test_who_is_who_is_one_step_away(page: Page, said: dict[str, Any]) -> None:
    expect(page.locator(".footing")).to_have_count(FIGURES)
    page.get_by_text("By patient", exact=True).click()
    link = page.get_by_role("table", name="By patient").get_by_role("link").first
    known = {one["patient_id"] for one in said["stretching"]["points"]}
    assert str(link.get_attribute("href")).split("/")[2] in known


@pytest.mark.parametrize(("size", "language"), [("ward", "nl"), ("pocket", "en")])
def test_nothing_on_the_page_keeps_anybody_out(desk: Desk, carla: Staff, size: str, language: str) -> None:
    page = desk.logged_in(carla, language=language, size=SIZES[size]).new_page()
    at(page, desk.url, "cohort")
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()


def test_nobody_yet_and_a_broken_server_are_said_in_words_and_a_coordinator_is_kept_out(desk: Desk) -> None:
    alone = desk.logged_in(desk.colleague("nurse", name="New"))
    page = alone.new_page()
    at(page, desk.url, "cohort")
    expect(page.locator(".empty")).to_have_text("Er is nog geen patiënt met een gift.")
    told(alone, "/cohort", refusal("internal"), 500)
    page.reload()
    expect(page.locator(".trouble")).to_be_visible()
    alone.close()
    els = desk.logged_in(desk.colleague("coordinator", name="Els"))
    page = at(els.new_page(), desk.url, "cohort")
    expect(page.locator("#places").get_by_role("link", name="Cohort")).to_have_count(0)
    expect(page.locator("h1")).not_to_have_text("Cohort")
    els.close()
