"""What the app asks and sends of a form is what the server would ask and take, for the shipped forms and any other."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from backend.api import questionnaires as wire
from backend.domain.errors import ClinicError
from backend.domain.questionnaires import Choice, Condition, Form, Item, Kind, Words, check, form, forms
from tests.web.care_pages import modules
from tests.web.care_pages import run as called

pytestmark = pytest.mark.journey

WORDS = Words("vraag", "question")
YES = Condition("felt", "yes")
_SHARED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """A page that can load the module."""
    with modules(chromium) as opened:
        yield opened


def run(page: Page, name: str, *args: Any) -> Any:
    """Call a function of the module."""
    return called(page, "formlogic", name, *args)


def sent(asked: Form) -> list[dict[str, Any]]:
    """Return the questions as the server sends them."""
    return [wire._item(item, "nl") for item in asked.items.values()]


def refused(asked: Form, answers: dict[str, Any], *, completed: bool) -> set[str]:
    """Return the questions for which the server refuses the answers."""
    try:
        check(asked, answers, completed=completed)
    except ClinicError as error:
        return {pointer.removeprefix("/answers/") for pointer in error.pointers}
    return set()


def item(key: str, kind: Kind = Kind.CHOICE, **told: Any) -> Item:
    """Make a question of a form of our own."""
    choices = tuple(Choice(code, code, code) for code in ("yes", "no")) if kind in {Kind.CHOICE, Kind.CHOICES} else ()
    low, high = (0, 10) if kind is Kind.INTEGER else (None, None)
    unset: dict[str, Any] = {"required": False, "low": low, "high": high, "choices": choices}
    none: dict[str, Any] = {"show_when": None, "hide_when": None, "band_of": None, "ends": None}
    return Item(key, kind, WORDS, **{**unset, **none, **told})


def values(of: Item) -> st.SearchStrategy[Any]:
    """Return answers that fit a question by themselves."""
    if of.kind is Kind.INTEGER:
        return st.integers(of.low or 0, min(of.high or 0, (of.low or 0) + 40))
    if of.kind is Kind.BOOLEAN:
        return st.booleans()
    codes = st.sampled_from([choice.code for choice in of.choices])
    return codes if of.kind is Kind.CHOICE else st.lists(codes, unique=True, min_size=1)


@st.composite
def made_forms(draw: st.DrawFn) -> Form:
    """Make a form whose questions hang on each other, some of them in a chain."""
    items: dict[str, Item] = {}
    for at in range(draw(st.integers(2, 7))):
        before = [one for one in items.values() if one.kind in {Kind.CHOICE, Kind.BOOLEAN}]
        rules = st.none() | (st.sampled_from(before).flatmap(_rule) if before else st.none())
        told = {"show_when": draw(rules), "hide_when": draw(rules), "required": draw(st.booleans())}
        items[f"q{at}"] = item(f"q{at}", draw(st.sampled_from(list(Kind))), **told)
    return Form("made", "1", WORDS, items)


def _rule(of: Item) -> st.SearchStrategy[Condition]:
    wanted: st.SearchStrategy[Any] = st.booleans() if of.kind is Kind.BOOLEAN else st.sampled_from(["yes", "no"])
    return wanted.map(lambda equals: Condition(of.key, equals))


def filled(asked: Form) -> st.SearchStrategy[tuple[Form, dict[str, Any]]]:
    """Fill in some of the questions, whether or not they are put."""
    some = st.fixed_dictionaries({}, optional={key: values(one) for key, one in asked.items.items()})
    return some.map(lambda answers: (asked, answers))


ANY_FORM = st.one_of(made_forms(), st.sampled_from(list(forms().values()))).flatmap(filled)


@given(ANY_FORM)
@_SHARED
def test_what_is_sent_is_taken_whatever_was_ticked_before(page: Page, told: tuple[Form, dict[str, Any]]) -> None:
    asked, answers = told
    kept = run(page, "kept", sent(asked), answers)
    assert kept.items() <= answers.items()
    assert refused(asked, kept, completed=False) == set()


@given(ANY_FORM)
@_SHARED
def test_the_questions_put_are_those_the_server_shows(page: Page, told: tuple[Form, dict[str, Any]]) -> None:
    asked, answers = told
    kept = run(page, "kept", sent(asked), answers)
    put = [one["key"] for one in run(page, "asked", sent(asked), answers)]
    shown = [key for key, one in asked.items.items() if one.shown(kept) and not (one.band_of and one.band_of in kept)]
    assert put == shown
    assert set(kept) <= set(put)


@given(ANY_FORM)
@_SHARED
def test_what_is_told_to_be_missing_is_what_the_server_would_miss(
    page: Page, told: tuple[Form, dict[str, Any]]
) -> None:
    asked, answers = told
    kept = run(page, "kept", sent(asked), answers)
    missing = {one["key"] for one in run(page, "missing", sent(asked), answers)}
    assert missing == refused(asked, kept, completed=True)


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
    asked = {"key": "next", "hide_when": {"key": "still", "equals": "true"}, "show_when": None, "band_of": None}
    said: tuple[Any, ...] = (True, False, 1, ["true"])
    assert [run(page, "shown", asked, {"still": one}) for one in said] == [False, True, True, True]


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [("", None), ("0", None), (" 7 ", None), ("10", None), ("11", "bounds"), ("-1", "bounds"), ("7,5", "whole"),
     ("1e1", "whole"), ("٧", "whole"), (None, None)],
)  # fmt: skip
def test_a_number_is_taken_as_typed_or_told_to_be_wrong(page: Page, typed: str | None, wrong: str | None) -> None:
    assert run(page, "wrong", {"low": 0, "high": 10}, typed) == wrong


def test_the_last_question_of_a_hidden_row_leads_on_to_what_is_put(page: Page) -> None:
    questions = sent(form("end-of-interval"))
    answers = {"experienced": "no"}
    assert run(page, "beside", questions, answers, "overall_intensity") is None
    assert run(page, "beside", questions, answers, "overall_intensity", -1)["key"] == "frequency"
    assert run(page, "beside", questions, answers, None)["key"] == "ever_experienced"
