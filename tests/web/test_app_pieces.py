"""The pieces screens are built from, by keyboard and for a screen reader: the scale, choices, fields, questions."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.axe import barriers
from tests.web.phones import PHONE, Clinic

pytestmark = pytest.mark.journey

DRAW = """async script => {
    const [ui, dom, words] = await Promise.all(
        ["patient/ui", "shared/dom", "shared/words"].map(name => import(`/static/${name}.js`)));
    const draw = new Map(Object.entries({
        scale: () => ui.scale("Vermoeidheid", "fatigue", {low: "niets", high: "ergst", onchange: told}),
        choices: () => ui.choices("Oorzaken", "cause", CAUSES, {value: ["heat"], multiple: true, onchange: told}),
        field: () => ui.field("Naam", dom.h("input", {type: "text", id: "name"}), {hint: "Zoals je heet"}),
        button: () => ui.button("Sturen", async () => told(await ui.confirm("Zeker?", "Ja", "Nee")), {id: "ask"}),
    }));
    const CAUSES = [{value: "heat", text: "Warmte"}, {value: "stress", text: "Stress"}];
    function told(value) { document.body.dataset.told = JSON.stringify(value); }
    const piece = draw.get(script)();
    dom.fill(document.getElementById("main"), dom.h("h1", {}, "Proef"), piece);
    globalThis.piece = piece;
    globalThis.words = words;
}"""


@pytest.fixture
def page(clinic: Clinic, chromium: Browser) -> Iterator[Page]:
    """The app's page, on which a test draws a piece."""
    opened = chromium.new_page(viewport=PHONE, locale="nl-NL", reduced_motion="reduce")
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.goto(f"{clinic.installation.base_url}/app")
    expect(opened.locator("#pair-code")).to_be_visible()
    yield opened
    opened.close()
    assert not faults, faults


def told(page: Page, value: str) -> None:
    """Wait until the piece told this value."""
    expect(page.locator("body")).to_have_attribute("data-told", value)


def test_the_scale_is_one_stop_for_tab_and_moves_by_arrow(page: Page) -> None:
    page.evaluate(DRAW, "scale")
    assert not barriers(page)
    group = page.get_by_role("radiogroup", name="Vermoeidheid")
    expect(group.get_by_role("radio")).to_have_count(11)
    expect(group.get_by_role("radio", name="0 (niets)")).to_be_visible()
    group.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    told(page, "0")
    page.keyboard.press("ArrowRight")
    told(page, "1")
    page.get_by_role("button", name="Wis keuze").focus()
    page.keyboard.press("Enter")
    told(page, "null")
    expect(page.get_by_role("button", name="Wis keuze")).to_be_hidden()
    expect(group.get_by_role("radio").first).to_be_focused()


@pytest.mark.parametrize(("width", "columns"), [(180, 2), (320, 4), (360, 6), (768, 11)])
def test_the_scale_wraps_instead_of_shrinking(page: Page, width: int, columns: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    page.evaluate(DRAW, "scale")
    boxes = page.evaluate("[...document.querySelectorAll('.step')].map(step => step.getBoundingClientRect().toJSON())")
    assert min(box["width"] for box in boxes) >= 44
    assert min(box["height"] for box in boxes) >= 44
    assert len({box["x"] for box in boxes}) >= columns
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_choices_are_real_boxes_in_a_named_group(page: Page) -> None:
    page.evaluate(DRAW, "choices")
    assert not barriers(page)
    group = page.get_by_role("group", name="Oorzaken")
    expect(group.get_by_role("checkbox", name="Warmte")).to_be_checked()
    group.get_by_role("checkbox", name="Stress").focus()
    page.keyboard.press("Space")
    told(page, '["heat","stress"]')
    assert page.evaluate("piece.chosen()") == ["heat", "stress"]


def test_a_field_carries_its_hint_and_what_is_wrong_with_it(page: Page) -> None:
    page.evaluate(DRAW, "field")
    field = page.get_by_role("textbox", name="Naam")
    expect(field).to_have_accessible_description("Zoals je heet")
    page.evaluate("piece.refuse('Vul je naam in.')")
    expect(field).to_have_accessible_description("Zoals je heet Vul je naam in.")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert not barriers(page)
    page.evaluate("piece.refuse(null)")
    expect(field).not_to_have_attribute("aria-invalid", "true")


def test_a_question_takes_the_keyboard_and_gives_it_back(page: Page) -> None:
    page.evaluate(DRAW, "button")
    page.locator("#ask").focus()
    page.keyboard.press("Enter")
    box = page.get_by_role("dialog", name="Zeker?")
    expect(box).to_be_visible()
    assert not barriers(page)
    page.keyboard.press("Escape")
    told(page, "false")
    expect(box).to_have_count(0)
    expect(page.locator("#ask")).to_be_focused()
    page.keyboard.press("Enter")
    box.get_by_role("button", name="Ja").click()
    told(page, "true")


def test_days_and_numbers_are_written_as_the_language_does(page: Page) -> None:
    page.evaluate(DRAW, "field")
    written = "[words.day('2031-11-21').replace(',', ''), words.number(3.5), words.t('app.queue.waiting', {n: 1})]"
    assert page.evaluate(written) == ["vrijdag 21 november 2031", "3,5", "1 wacht"]
    page.evaluate("words.setLanguage('en')")
    assert page.evaluate(written) == ["Friday 21 November 2031", "3.5", "1 waiting"]


def test_a_text_that_is_missing_is_a_fault_for_us_and_not_for_the_reader(clinic: Clinic, chromium: Browser) -> None:
    page = chromium.new_page(locale="nl-NL")
    page.goto(f"{clinic.installation.base_url}/app")
    page.evaluate(DRAW, "field")
    with page.expect_event("pageerror") as fault:
        assert page.evaluate("words.t('no.such')") == "no.such"
    assert "no.such" in str(fault.value)
    page.close()
