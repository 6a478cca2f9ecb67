"""What the app asks and sends of a form is what the server would ask and take, for the shipped forms and any other."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from backend.api.endpoint import dump
from backend.api.form_shapes import items_shown
from backend.domain.definitions import read, written
from backend.domain.errors import ClinicError
from backend.domain.forms import form, forms
from backend.domain.questionnaires import NOT_ASKED, Form, Item, Type
from backend.domain.responses import as_json, check
from tests.factories.forms import POOLS, answers_to, asks, definition, definitions, filled, group, question
from tests.web.care_pages import modules
from tests.web.care_pages import run as called

pytestmark = pytest.mark.journey

_SHARED = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """A page that can load the module."""
    with modules(chromium) as opened:
        yield opened


def run(page: Page, name: str, *args: Any) -> Any:
    """Call a function of the module."""
    return called(page, "formlogic", name, *args)


def sent(asked: Form) -> list[dict[str, Any]]:
    """Return the items as the server sends them."""
    told: list[dict[str, Any]] = orjson.loads(dump(items_shown(asked, "nl")))
    return told


def refused(asked: Form, answers: dict[str, Any], *, completed: bool) -> set[str]:
    """Return the questions for which the server refuses the answers; of what stands in an instance, its group."""
    try:
        check(asked, answers, completed=completed)
    except ClinicError as error:
        return {pointer.split("/")[2] for pointer in error.pointers}
    return set()


def shipped() -> st.SearchStrategy[tuple[Form, dict[str, Any]]]:
    """Fill in the forms we ship, whether or not a question is put."""
    found = []
    for one in forms().values():
        some = {
            place.item.key: st.integers(low, min(high, low + 40))
            for place in one.places.values()
            if isinstance(low := place.item.low, int) and isinstance(high := place.item.high, int)
        }
        chosen = answers_to([told for told in written(one)["items"] if told["type"] != "integer"])
        found.append(st.tuples(st.just(one), st.builds(dict.__or__, chosen, st.fixed_dictionaries({}, optional=some))))
    return st.one_of(found)


ANY_FORM = st.one_of(filled(definitions()).map(lambda told: told[1:]), shipped())
"""Any form: groups that repeat, in each other too, whose questions hang on those beside and around them."""


@given(ANY_FORM)
@_SHARED
def test_what_is_sent_is_taken_whatever_was_ticked_before(page: Page, told: tuple[Form, dict[str, Any]]) -> None:
    asked, answers = told
    kept = run(page, "kept", sent(asked), answers)
    assert all(answers[key] == value for key, value in kept.items() if not asked.item(key).instances)
    found = check(asked, kept)
    assert (as_json(found.answers), found.dropped) == (kept, ())


@given(filled(definitions()))
@_SHARED
def test_the_app_keeps_what_the_server_would_keep(page: Page, told: tuple[Any, Form, dict[str, Any]]) -> None:
    _, asked, answers = told
    assert run(page, "kept", sent(asked), answers) == as_json(check(asked, answers).answers)


OPERATORS = [asks("n", "exists", False), *(asks("n", one, 1) for one in ("=", "!=", ">", "<", ">=", "<="))]
"""Every operator, asking what stands outside the groups."""


def nested() -> st.SearchStrategy[tuple[Form, dict[str, Any]]]:
    """Fill in instances within instances, whose questions hang on those beside, around and outside them."""

    def made(rule: dict[str, Any], behavior: str) -> dict[str, Any]:
        told = {"enable_when": [rule, asks("a", "=", True)], "enable_behavior": behavior}
        inner = group("h", question("y", "boolean", required=True, **told), question("z", "boolean"), repeats=True)
        a, x = question("a", "boolean"), question("x", "boolean", enable_when=[rule], required=True)
        hidden = group("k", question("l", "boolean"), repeats=True, enable_when=[asks("z2", "exists", True)])
        return definition(
            question("n", "integer"), group("g", a, x, inner, question("z2", "boolean"), hidden, repeats=True)
        )

    forms_ = st.builds(made, st.sampled_from(OPERATORS), st.sampled_from(["all", "any"]))
    return filled(forms_).map(lambda told: told[1:])


@given(nested())
@settings(_SHARED, max_examples=120)
def test_within_instances_the_app_keeps_and_misses_what_the_server_would(
    page: Page, told: tuple[Form, dict[str, Any]]
) -> None:
    asked, answers = told
    kept = run(page, "kept", sent(asked), answers)
    assert kept == as_json(check(asked, answers).answers)
    missing = {one["key"] for one in run(page, "missing", sent(asked), answers)}
    assert missing == refused(asked, kept, completed=True)


@given(ANY_FORM)
@_SHARED
def test_the_questions_put_are_those_the_server_shows(page: Page, told: tuple[Form, dict[str, Any]]) -> None:
    asked, answers = told
    kept = run(page, "kept", sent(asked), answers)
    put = [one["key"] for one in run(page, "asked", sent(asked), answers)]
    questions = {
        key: place.item
        for key, place in asked.places.items()
        if not place.within and (place.item.instances or place.item.type not in NOT_ASKED)
    }
    # The server drops an answer exactly where it would not put the question.
    shown = [key for key, item in questions.items() if key not in _dropped(asked, kept, key)]
    assert put == [key for key in shown if questions[key].band_of not in kept]
    assert set(kept) <= set(put)


def _dropped(asked: Form, kept: dict[str, Any], key: str) -> set[str]:
    """Return what the server drops when a question is answered too."""
    item = asked.item(key)
    if key in kept:
        return set()
    pool = [{}] if item.instances else _codes(item, kept) if item.options else POOLS[item.type]
    value = item.low if item.type is Type.INTEGER and item.low is not None else pool[0]
    # A band may not disagree with its number, which is another matter.
    said = {one: answer for one, answer in kept.items() if asked.item(one).band_of != key}
    dropped = check(asked, said | {key: [value] if item.repeats else value}).dropped
    return {pointer.removeprefix("/") for pointer in dropped}


@given(ANY_FORM)
@_SHARED
def test_what_is_told_to_be_missing_is_what_the_server_would_miss(
    page: Page, told: tuple[Form, dict[str, Any]]
) -> None:
    asked, answers = told
    kept = run(page, "kept", sent(asked), answers)
    missing = {one["key"] for one in run(page, "missing", sent(asked), answers)}
    assert missing == refused(asked, kept, completed=True)


def _codes(item: Item, kept: dict[str, Any]) -> list[str]:
    """Return an option, of a band one that its number lies in."""
    number = kept.get(item.band_of) if item.band_of else None
    fits = [one.code for one in item.options if number is None or (one.low or 0) <= number <= (one.high or number)]
    return fits or [item.options[0].code]


@given(ANY_FORM)
@_SHARED
def test_next_and_back_walk_the_same_questions_and_the_bar_never_goes_back(
    page: Page, told: tuple[Form, dict[str, Any]]
) -> None:
    asked, answers = told
    questions = sent(asked)
    put = [one["key"] for one in run(page, "asked", questions, answers)]
    far = 0.0
    for at, key in enumerate(put):
        after, before = (run(page, "beside", questions, answers, key, step) for step in (1, -1))
        assert (after and after["key"]) == (put[at + 1] if at + 1 < len(put) else None)
        assert (before and before["key"]) == (put[at - 1] if at else None)
        told_far = run(page, "progress", questions, answers, key)
        assert 1 <= told_far["at"] <= told_far["of"] <= len(questions)
        assert told_far["at"] / told_far["of"] >= far
        far = told_far["at"] / told_far["of"]


def test_the_form_is_as_long_as_it_may_become_and_shrinks_when_an_answer_spares_questions(page: Page) -> None:
    questions = sent(form("end-of-interval"))
    assert run(page, "progress", questions, {}, "experienced") == {"at": 2, "of": 12}
    assert run(page, "progress", questions, {"experienced": "no"}, "frequency") == {"at": 3, "of": 3}
    assert run(page, "progress", questions, {"experienced": "yes"}, "frequency") == {"at": 3, "of": 12}


def test_an_exact_day_spares_the_question_about_when_it_was(page: Page) -> None:
    questions = sent(form("end-of-interval"))
    answers = {"experienced": "yes", "onset_band": "gt_4wk", "onset_days_before_dose": 3}
    assert run(page, "kept", questions, answers) == {"experienced": "yes", "onset_days_before_dose": 3}
    after = run(page, "beside", questions, answers, "onset_days_before_dose")
    assert after["key"] == "not_resolved"


def test_a_yes_or_no_question_decides_by_its_answer_and_by_nothing_that_looks_like_it(page: Page) -> None:
    rule = asks("still", "!=", True)
    assert [run(page, "met", rule, "boolean", one) for one in (True, False, None, "true")] == [False, True, True, True]


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [("", None), ("0", None), (" 7 ", None), ("10", None), ("11", "bounds"), ("-1", "bounds"), ("7,5", "whole"),
     ("1e1", "whole"), ("٧", "whole"), (None, None)],
)  # fmt: skip
def test_a_number_is_taken_as_typed_or_told_to_be_wrong(page: Page, typed: str | None, wrong: str | None) -> None:
    assert run(page, "wrong", {"type": "integer", "low": 0, "high": 10}, typed) == wrong


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [("", None), ("0,5", None), ("0.5", None), ("1", None), ("1,6", "bounds"), ("a", "number"), ("1e1", "number")],
)
def test_a_number_with_a_comma_is_taken_as_typed_or_told_to_be_wrong(page: Page, typed: str, wrong: str | None) -> None:
    item = {"type": "quantity", "unit": "mg", "low": {"value": 0, "unit": "mg"}, "high": {"value": 1.5, "unit": "mg"}}
    assert run(page, "wrong", item, typed) == wrong


def test_an_answer_that_counts_again_brings_back_what_hung_on_its_absence(page: Page) -> None:
    asked = read(
        definition(
            question("a", "boolean"),
            question("b", "boolean", enable_when=[asks("a", "=", True)]),
            question("c", "boolean", enable_when=[asks("b", "exists", False)]),
        )
    )
    assert run(page, "kept", sent(asked), {"a": False, "b": True, "c": True}) == {"a": False, "c": True}


def test_the_last_question_of_a_hidden_row_leads_on_to_what_is_put(page: Page) -> None:
    questions = sent(form("end-of-interval"))
    answers = {"experienced": "no"}
    assert run(page, "beside", questions, answers, "overall_intensity") is None
    assert run(page, "beside", questions, answers, "overall_intensity", -1)["key"] == "frequency"
    assert run(page, "beside", questions, answers, None)["key"] == "ever_experienced"
