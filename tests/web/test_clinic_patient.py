"""One patient's page: asked once, drawn small, the same in figure, table and API, by keyboard, and what goes wrong."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.factories.cohorts import Shape, cohort
from tests.web.axe import barriers
from tests.web.clinic_pages import SIZES, Desk, at, lost, refusal, sat_at, stands, told
from tests.web.phones import ZONE, Clinic

pytestmark = pytest.mark.journey

YEARS = Shape(weeks=(4,) * 14 + (6,) * 17, writes=0.9, rises=1.0)
SHORT = Shape(weeks=(4,) * 5 + (6,) * 4, writes=0.9, answers=1.0, pricks=1.0, rises=1.0)
_made: Counter[int] = Counter()
PARTS = ("timeline", "intervals", "stretching", "forms", "findings", "reminders", "history")


def made(clinic: Clinic, shape: Shape, seed: int) -> str:
    """Write a patient whom Bram treats, with findings; return the id."""
    clinic.house.clock.now = clinic.installation.now()
    # A test that is tried once more makes another patient: ids follow from the seed, and the clinic stays.
    (found,) = cohort(clinic.house, clinic.bram, 1, seed=seed + 1000 * _made[seed], shape=shape)
    _made[seed] += 1
    for kind, days, values in (
        ("relapse", -90, {"severity": "mild", "confirmed": True}),
        ("edss", -80, {"score": 2.5}),
        ("lab", -80, {"analyte": "jcv_index", "value": 0.9, "unit": "1"}),
    ):
        occurred = {"on": (clinic.today + timedelta(days=days)).isoformat(), "zone": ZONE}
        body = {"id": str(uuid4()), "kind": kind, "occurred": occurred, "values": values}
        clinic.nurse.post(f"/patients/{found}/findings", body)
    return str(found)


@pytest.fixture(scope="module")
def vera(clinic: Clinic) -> str:
    """A patient stretched from four weeks to six, whose complaints rise before every dose."""
    return made(clinic, SHORT, 11)


@pytest.fixture(scope="module")
def known(clinic: Clinic, vera: str) -> dict[str, Any]:
    """What the API says of her."""
    found: dict[str, Any] = clinic.nurse.get(f"/patients/{vera}/overview")
    return found


@pytest.fixture
def desk(clinic: Clinic, chromium: Browser) -> Iterator[Desk]:
    """A desk on the ward; a console error or a call to another host fails the test."""
    with sat_at(clinic, chromium) as found:
        yield found


@pytest.fixture
def refused(clinic: Clinic, chromium: Browser) -> Iterator[Desk]:
    """A desk at which the server is meant to refuse."""
    with sat_at(clinic, chromium, refusals=True) as found:
        yield found


@pytest.fixture
def open_at(desk: Desk, vera: str) -> Callable[..., Page]:
    """Open a part of her page, as Bram."""

    def opened(part: str = "timeline", patient: str = vera, **look: Any) -> Page:
        page = desk.logged_in(desk.clinic.bram, **look).new_page()
        return ready(at(page, desk.url, f"patient/{patient}/{part}"))

    return opened


def ready(page: Page) -> Page:
    """Wait until the part that was chosen is drawn."""
    expect(page.locator("#part .panel").first).to_be_visible()
    return stands(page)


def asked(page: Page) -> list[str]:
    """Gather what a page asks about patients from now on."""
    found: list[str] = []
    page.on("request", lambda one: found.append(one.url) if "/api/v1/patients/" in one.url else None)
    return found


def test_three_years_are_asked_for_once_and_drawn_with_few_elements(desk: Desk) -> None:
    years = made(desk.clinic, YEARS, 5)
    page = desk.logged_in(desk.clinic.bram).new_page()
    found = asked(page)
    ready(at(page, desk.url, f"patient/{years}"))
    days = len(desk.clinic.nurse.get(f"/patients/{years}/overview")["days"])
    assert days > 900
    page.get_by_role("button", name="Alles", exact=True).click()
    assert page.locator(".stack *").count() < 300
    for part in PARTS[1:3]:
        page.locator(f"#tab-{part}").click()
        ready(page)
        assert page.locator("main *").count() < 1500
    assert len(found) == 1


def test_the_head_says_who_it_is_and_the_answers_one_comes_for(
    open_at: Callable[..., Page], known: dict[str, Any]
) -> None:
    page = open_at()
    facts = page.locator(".facts")
    expect(facts).to_contain_text("elke 6 weken")
    expect(facts.locator(".eid")).to_contain_text(f"Giften bespaard: {known['avoided']['avoided']}")
    recent = [one["diary"] for one in known["intervals"] if one["closed_on"]][-3:]
    judged = [one for one in recent if one["assessable"]]
    felt = sum(one["wearing_off"] for one in judged)
    expect(facts.locator(".felt")).to_contain_text(f"dagboek: {felt} van {len(judged)}")
    expect(page.locator(".watch")).to_contain_text("berekent geen urgentie")


def test_the_slider_tells_each_day_and_zooms_by_keyboard(open_at: Callable[..., Page], known: dict[str, Any]) -> None:
    page = open_at()
    slider = page.locator("#line-day")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    yesterday = int(slider.input_value())
    said = slider.get_attribute("aria-valuetext") or ""
    assert said.startswith(page.locator(".told strong").inner_text())
    last = known["intervals"][-1]
    assert f"interval {last['interval']}" in said
    wide = [int(slider.get_attribute(end) or 0) for end in ("min", "max")]
    page.keyboard.press("+")
    narrow = [int(slider.get_attribute(end) or 0) for end in ("min", "max")]
    assert narrow[1] - narrow[0] < wide[1] - wide[0]
    assert narrow[0] <= yesterday <= narrow[1]
    expect(page.get_by_role("button", name="Eigen keuze")).to_have_attribute("aria-pressed", "true")


def test_a_period_is_chosen_by_dragging_over_the_figure(open_at: Callable[..., Page]) -> None:
    page = open_at()
    box = page.locator(".stack").bounding_box()
    assert box
    page.mouse.move(box["x"] + 500, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 700, box["y"] + 60, steps=4)
    expect(page.locator(".selection")).to_be_visible()
    page.mouse.up()
    expect(page.locator(".selection")).to_be_hidden()
    expect(page.get_by_role("button", name="Eigen keuze")).to_be_visible()


def test_the_tables_say_what_the_api_says(open_at: Callable[..., Page], known: dict[str, Any]) -> None:
    page = open_at()
    page.get_by_role("button", name="Alles", exact=True).click()
    page.locator("#line-table").click()
    rows = {name: page.get_by_role("region", name=name).locator("tbody tr") for name in ("Giften", "Spiegels")}
    # The dose that is expected next stands below those that were given.
    expect(rows["Giften"]).to_have_count(len(known["doses"]) + 1)
    expect(rows["Spiegels"]).to_have_count(len(known["levels"]))
    expect(page.get_by_role("region", name="Cijfers per dag").locator("tbody tr")).to_have_count(len(known["days"]))
    first = f"{known['levels'][0]['value']:.1f}".replace(".", ",").removesuffix(",0")
    expect(rows["Spiegels"].first).to_contain_text(f"{first} µg/mL")


def test_intervals_lie_over_each_other_by_chosen_lengths_with_their_medians(
    open_at: Callable[..., Page], known: dict[str, Any]
) -> None:
    page = open_at("intervals")
    expect(page.locator(".overlay canvas")).to_have_count(1)
    page.get_by_text("Dagen vóór de gift, en de week erna").click()
    page.get_by_role("checkbox", name=re.compile("4 weken")).uncheck()
    page.locator(".as-table summary").first.click()
    table = page.get_by_role("region", name=re.compile("Mediaan van het cijfer"))
    six = next(one for one in known["profiles"]["before_dose"] if one["planned_weeks"] == 6)
    expect(table.locator("tbody tr")).to_have_count(len(six["points"]))
    assert table.locator("thead th").count() == 2
    expect(page.locator(".footing").first).to_contain_text("intervallen van een lengte die niet is gekozen")


def test_diary_and_recall_stand_beside_each_other_in_the_list_of_intervals(
    open_at: Callable[..., Page], known: dict[str, Any]
) -> None:
    page = open_at("intervals")
    rows = page.locator(".spans tbody tr")
    expect(rows).to_have_count(len(known["intervals"]))
    expect(rows.first).to_contain_text("niet te beoordelen: loopt nog")
    heads = page.locator(".spans thead tr").first.locator("th").all_inner_texts()
    assert heads == ["Interval", "Dagboek", "Achteraf gezegd, in de vragenlijst"]


def test_before_and_after_says_it_in_words_and_never_with_a_p_value(
    open_at: Callable[..., Page], known: dict[str, Any]
) -> None:
    page = open_at("stretching")
    states = {"same": "Hetzelfde", "worse": "Meer uitwerken", "better": "Beter"}
    expect(page.locator(".answer strong")).to_have_text(states[known["stretching"]["state"]])
    expect(page.locator(".answer")).to_contain_text("van 4 naar 6 weken")
    expect(page.locator(".differences")).to_have_attribute("aria-label", re.compile("intervallen te beoordelen"))
    said = page.locator("main").inner_text()
    assert not re.search(r"\bp\s*[=<]|p-waarde|significant|McNemar|Wilcoxon", said)
    lengths = page.get_by_role("region", name=re.compile("per geplande lengte")).locator("tbody tr")
    expect(lengths).to_have_count(len(known["by_length"]["items"]))
    few = [one["diary"]["few"] and one["diary"]["n"] > 0 for one in known["by_length"]["items"]]
    assert [row.locator("td").nth(1).locator(".few").count() == 1 for row in lengths.all()] == few


def test_other_settings_are_asked_for_once_and_printed_under_every_figure(open_at: Callable[..., Page]) -> None:
    page = open_at("intervals")
    found = asked(page)
    page.locator("#patient-settings").click()
    page.locator("#set-threshold").fill("0")
    page.keyboard.press("Enter")
    expect(page.locator("#set-threshold")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#set-threshold")).to_be_focused()
    page.locator("#set-threshold").fill("2,5")
    page.get_by_label("Bijzondere dagen weglaten").check()
    page.locator("#set-apply").click()
    expect(page.locator(".footing").first).to_contain_text("drempel 2,5")
    assert [url.partition("?")[2] for url in found] == ["threshold=2.5&leave_out_flagged=true"]
    for footing in page.locator(".footing").all():
        expect(footing).to_contain_text("zijn weggelaten")
        expect(footing).to_contain_text("Twee valkuilen")
        expect(footing).to_contain_text("n = ")
    expect(page.locator("#tab-intervals")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#patient-settings")).to_be_focused()


def test_the_parts_are_gone_through_with_the_keyboard_alone(open_at: Callable[..., Page], vera: str) -> None:
    page = open_at()
    tabs = [one.get_attribute("id") or "" for one in page.get_by_role("tab").all()]
    parts = [tab.removeprefix("tab-") for tab in tabs]
    assert set(PARTS) <= set(parts)
    page.locator("#tab-timeline").focus()
    for part in parts[1:]:
        page.keyboard.press("ArrowRight")
        expect(page.locator(f"#tab-{part}")).to_be_focused()
        expect(page.locator(f"#part .part-{part} h2").first).to_be_visible()
        assert page.evaluate("location.hash") == f"#/patient/{vera}/{part}"
    page.keyboard.press("Home")
    expect(page.locator("#tab-timeline")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('part').contains(document.activeElement)")


def test_findings_have_the_names_of_the_catalogue_and_history_says_who(open_at: Callable[..., Page]) -> None:
    page = open_at("findings")
    rows = page.locator(".part-findings tbody tr")
    expect(rows).to_have_count(3)
    expect(page.locator(".part-findings")).to_contain_text("JC-virusindex: 0,9")
    page.locator("#tab-history").click()
    first = page.locator(".part-history tbody tr").first
    expect(first).to_contain_text("Bevinding vastgelegd")
    expect(first).to_contain_text("Bram")


def test_what_is_shown_is_what_was_asked_last_when_one_goes_on_quickly(open_at: Callable[..., Page]) -> None:
    page = open_at()
    page.evaluate(
        "for (const name of ['history', 'reminders', 'forms']) document.getElementById(`tab-${name}`).click()"
    )
    expect(page.locator("#part > .part")).to_have_count(1)
    expect(page.locator("#part .part-forms h2").first).to_be_visible()
    stands(page)


def test_who_had_no_dose_and_wrote_nothing_is_shown_as_such(desk: Desk) -> None:
    nobody = desk.clinic.enrol(given=(), planned=None)
    page = desk.logged_in(desk.clinic.bram, language="en").new_page()
    ready(at(page, desk.url, f"patient/{nobody.id}"))
    expect(page.locator("h1")).to_have_text("Anna")
    expect(page.locator(".facts")).to_contain_text("no dose yet")
    for part in PARTS:
        page.locator(f"#tab-{part}").click()
        ready(page)
    page.locator("#tab-intervals").click()
    expect(page.locator("#part .empty").first).to_contain_text("There is no interval yet")


@pytest.mark.parametrize(
    ("status", "said"),
    [(500, "Dat lukte niet"), (404, "Dit bestaat niet, of u bent niet bij deze patiënt betrokken")],
)
def test_what_goes_wrong_is_said_and_can_be_tried_again(refused: Desk, vera: str, status: int, said: str) -> None:
    context = refused.logged_in(refused.clinic.bram)
    told(context, f"/patients/{vera}/overview*", refusal("broken"), status)
    page = context.new_page()
    at(page, refused.url, f"patient/{vera}")
    expect(page.locator(".trouble")).to_contain_text(said)
    context.unroute(f"**/api/v1/patients/{vera}/overview*")
    page.locator("#again").click()
    ready(page)


def test_without_a_connection_that_is_said(refused: Desk, vera: str) -> None:
    context = refused.logged_in(refused.clinic.bram)
    lost(context, f"/patients/{vera}/overview*")
    page = context.new_page()
    at(page, refused.url, f"patient/{vera}")
    expect(page.locator(".trouble")).to_contain_text("Geen verbinding")


def test_who_is_not_in_the_care_of_somebody_does_not_exist_for_them(refused: Desk, vera: str) -> None:
    page = refused.logged_in(refused.colleague("clinician")).new_page()
    at(page, refused.url, f"patient/{vera}")
    expect(page.locator(".trouble")).to_contain_text("niet bij deze patiënt betrokken")


@pytest.mark.parametrize(("language", "size", "scheme"), [("nl", "ward", "light"), ("en", "pocket", "dark")])
def test_nothing_of_the_page_keeps_anybody_out(
    open_at: Callable[..., Page], language: str, size: str, scheme: str
) -> None:
    page = open_at(language=language, size=SIZES[size], color_scheme=scheme)
    wrong = {}
    for part in PARTS:
        page.locator(f"#tab-{part}").click()
        expect(ready(page).locator(f"#tab-{part}")).to_have_attribute("aria-selected", "true")
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        if wide or (found := barriers(page)):
            wrong[part] = wide or found
    assert not wrong


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_sheets_are_one_or_two_pages_and_say_by_whom(open_at: Callable[..., Page], language: str) -> None:
    page = open_at(language=language)
    sheets = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", sheets)) in {1, 2}
    # The sheet is there while somebody prints, and nowhere else.
    expect(page.locator(".paper")).to_be_empty()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    paper = page.locator(".paper")
    expect(paper).to_contain_text({"nl": "door Bram", "en": "by Bram"}[language])
    expect(paper.locator("svg.whole-line")).to_be_visible()
    expect(paper.locator("footer")).to_contain_text({"nl": "Twee valkuilen", "en": "Two traps"}[language])
    for gone in ("header.top", ".tablist", ".patient-head"):
        expect(page.locator(gone)).to_be_hidden()
