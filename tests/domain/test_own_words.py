"""Own words: found wherever a form lets somebody write, gone from what stays, and put back as they were."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.definitions import read
from backend.domain.own_words import apart, cells, together
from backend.domain.responses import as_json, check
from tests.factories.forms import POOLS, Filled, definition, definitions, filled, group, question

WORDS = {"x", "y"}
"""What the made-up answers write; no code is one of these."""


def told(whole: Any) -> set[str]:
    """Return every text within JSON."""
    if isinstance(whole, dict):
        return {text for one in whole.values() for text in told(one)}
    if isinstance(whole, list):
        return {text for one in whole for text in told(one)}
    return {whole} if isinstance(whole, str) else set()


@settings(max_examples=60)
@given(filled(definitions()))
def test_no_word_stays_and_every_one_comes_back(made: Filled) -> None:
    _, form, answers = made
    whole = as_json(check(form, answers).answers)
    plain, words = apart(form, whole)
    assert not told(plain) & WORDS
    assert together(plain, words) == whole
    assert apart(form, whole) == (plain, words)
    assert (told(whole) & WORDS != set()) is (words != {})
    assert not {text for _, value in cells(plain) for text in str(value).split()} & WORDS


def test_codes_numbers_and_days_are_told_to_researchers_and_words_are_not() -> None:
    form = read(
        definition(
            question("why", "open-choice", repeats=True),
            question("note", "text"),
            question("amount", "quantity"),
            question("amounts", "quantity", repeats=True),
            question("sure", "boolean"),
            group("drugs", question("name", "string"), question("since", "date"), repeats=True),
        )
    )
    answers: dict[str, Any] = {
        "why": ["a", {"other": "my cat"}, "b"],
        "note": "long story",
        "amount": {"value": 1.5, "unit": "mg"},
        "amounts": [{"value": 1, "unit": "mg"}, {"value": 2, "unit": "mg"}],
        "sure": True,
        "drugs": [{"name": "secret", "since": "2026-01-01"}, {"name": "other"}],
    }
    plain, words = apart(form, as_json(check(form, answers).answers))
    assert words == {
        "/why/1": {"other": "my cat"}, "/note": "long story", "/drugs/0/name": "secret", "/drugs/1/name": "other",
    }  # fmt: skip
    assert dict(cells(plain)) == {
        "why": "a b", "amount": "1.5 mg", "amounts[1]": "1 mg", "amounts[2]": "2 mg", "sure": True,
        "drugs[1].since": "2026-01-01",
    }  # fmt: skip


@given(st.sampled_from(["string", "text", "open-choice"]), st.booleans())
def test_a_form_of_words_alone_leaves_nothing_behind(kind: str, repeats: bool) -> None:
    form = read(definition(question("q", kind, repeats=repeats)))
    said = POOLS[kind][-1]
    plain, _ = apart(form, as_json(check(form, {"q": [said] if repeats else said}).answers))
    assert list(cells(plain)) == []
