"""The fields of a form: what each type of question tells when it is filled in, and what it says is wrong."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from playwright.sync_api import Browser, Page

from backend.api.endpoint import dump
from backend.api.form_shapes import items_shown
from backend.domain.definitions import read
from tests.factories.forms import TEXT, definition, group, question
from tests.web.care_pages import modules

pytestmark = pytest.mark.journey

DRAW = """async ([item, value]) => {
    const [fields, words, texts, frame] = await Promise.all(
        ["/formfields.js", "/shared/words.js", "/forms.words.js", "/frame.words.js"].map(name => import(name)));
    words.setLanguage("nl", { remember: false });
    words.add(texts.words);
    words.add(frame.words);
    globalThis.told = [];
    globalThis.field = fields.formField(item, value ?? undefined, one => told.push(one));
    globalThis.spoken = said => fields.spoken(item, said);
    document.body.replaceChildren(field);
}"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """A page that can load the module."""
    with modules(chromium) as opened:
        yield opened


def draw(page: Page, asked: dict[str, Any], value: Any = None) -> None:
    """Draw the field of a question, as the server sends it."""
    (item,) = items_shown(read(definition(asked)), "nl")
    page.evaluate(DRAW, [item, value])


QUESTIONS = [
    (question("a", "string"), "x", "x"),
    (question("a", "text"), "x\ny", "x\ny"),
    (question("a", "decimal"), "1,5", 1.5),
    (question("a", "decimal"), "-2.25", -2.25),
    (question("a", "quantity"), "1,5", {"value": 1.5, "unit": "mg"}),
    (question("a", "date"), "2026-03-29", "2026-03-29"),
    (question("a", "time"), "09:00", "09:00"),
    (question("a", "integer"), "12", 12),
]


@pytest.mark.parametrize(("asked", "typed", "told"), QUESTIONS)
def test_what_is_typed_is_told_as_the_answer_that_the_server_takes(
    page: Page, asked: dict[str, Any], typed: str, told: Any
) -> None:
    draw(page, asked)
    page.get_by_label("vraag").fill(typed)
    assert page.evaluate("[told.at(-1), field.fault()]") == [told, None]
    draw(page, asked, told)
    assert page.get_by_label("vraag").input_value().replace(".", ",") == typed.replace(".", ",")
    page.get_by_label("vraag").fill("")
    assert page.evaluate("told.at(-1)") is None


@pytest.mark.parametrize(
    ("asked", "typed"),
    [
        (question("a", "decimal"), "much"),
        (question("a", "decimal", low=0.5), "0,4"),
        (question("a", "quantity", high={"value": 2, "unit": "mg"}), "2,1"),
        (question("a", "date", low="2026-01-02"), "2026-01-01"),
        (question("a", "time", high="10:00"), "10:30"),
    ],
)
def test_what_is_no_answer_is_told_as_none_and_said_to_be_wrong(page: Page, asked: dict[str, Any], typed: str) -> None:
    draw(page, asked)
    page.get_by_label("vraag").fill(typed)
    told, fault = page.evaluate("[told.at(-1), field.fault()]")
    assert told is None
    assert fault


def test_several_choices_are_told_as_a_list_and_one_choice_by_its_code(page: Page) -> None:
    draw(page, question("a", repeats=True))
    for box in page.get_by_role("checkbox").all()[:2]:
        box.check()
    assert page.evaluate("told") == [["a"], ["a", "b"]]
    draw(page, question("a"))
    page.get_by_role("radio").nth(1).check()
    assert page.evaluate("told") == ["b"]


def test_words_of_ones_own_several_answers_and_a_moment_are_told_as_the_server_takes_them(page: Page) -> None:
    draw(page, question("a", "open-choice"))
    page.get_by_role("radio").last.check()
    assert page.evaluate("[told.at(-1), field.fault() !== null]") == [None, True]
    page.get_by_label("Wat dan?").fill("x")
    assert page.evaluate("[told.at(-1), field.fault()]") == [{"other": "x"}, None]
    draw(page, question("a", "open-choice", repeats=True), ["b", {"other": "x"}, {"other": "y"}])
    page.get_by_role("checkbox").first.check()
    assert page.evaluate("told.at(-1)") == ["a", "b", {"other": "x"}, {"other": "y"}]
    draw(page, question("a", "decimal", repeats=True, low=0), [1, 2.5])
    page.get_by_role("button", name="vraag 1 weghalen").click()
    page.get_by_role("button", name="Nog een antwoord").click()
    page.get_by_label("vraag 2", exact=True).fill("-1")
    assert page.evaluate("[told.at(-1), field.fault() !== null]") == [[2.5], True]
    draw(page, question("a", "dateTime", low="2026-01-02T00:00:00+00:00"), "2026-01-03T08:30:00Z")
    page.get_by_label("Dag").fill("2026-01-01")
    assert page.evaluate("[told.at(-1), field.fault() !== null]") == [None, True]
    page.get_by_label("Dag").fill("2026-01-05")
    assert page.evaluate("Date.parse(told.at(-1)) - Date.parse('2026-01-03T08:30:00Z')") == 2 * 86_400_000


def test_an_answer_is_spoken_as_its_patient_would_say_it(page: Page) -> None:
    draw(page, question("a", "quantity"))
    assert page.evaluate("spoken({value: 1.5, unit: 'mg'})") == "1,5 mg"
    draw(page, question("a", "decimal"))
    assert page.evaluate("spoken(0.25)") == "0,25"
    draw(page, question("a", "date"))
    assert "29 maart" in page.evaluate("spoken('2026-03-29')")


SAID = """async ([items, answers]) => {
    const { rows } = await import("/saying.js");
    const known = { ratings: new Map(), answers: new Map(items.map(item => [`made/${item.key}`, item])) };
    const difference = [{ field: "answers", standing: {}, yours: answers }];
    return rows({ difference, data: { form: "made" } }, known).map(({ name, yours }) => [name, yours]);
}"""


def test_answers_that_two_phones_contradict_are_told_with_the_words_of_their_questions(page: Page) -> None:
    draw(page, question("a"))
    inner = question("b", "quantity", text={"nl": "hoeveel", "en": "how much"})
    asked = definition(question("a", "open-choice", repeats=True), group("g", inner, repeats=True, text=TEXT))
    answers = {"a": ["b", {"other": "x"}], "g": [{"b": {"value": 1.5, "unit": "mg"}}]}
    page.evaluate(
        "import('/trouble.words.js').then(async ({ words }) => (await import('/shared/words.js')).add(words))"
    )
    told = page.evaluate(SAID, [orjson.loads(dump(items_shown(read(asked), "nl"))), answers])
    assert told == [["vraag", "vraag, x"], ["vraag", "hoeveel: 1,5 mg"]]
