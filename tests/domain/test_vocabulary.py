"""The words a phone shows: every key the diary knows, in both languages, and the safety text with the right number."""

import pytest

from backend.domain import symptoms
from backend.domain.safety import safety
from backend.domain.vocabulary import vocabulary


@pytest.mark.parametrize("language", ["nl", "en"])
def test_everything_the_diary_takes_has_words(language: str) -> None:
    words = vocabulary(language)
    assert [word.key for word in words.symptoms] == list(symptoms.vocabulary())
    assert [word.key for word in words.causes] == [cause.value for cause in symptoms.OtherCause]
    assert [word.key for word in words.wearing_off] == [felt.value for felt in symptoms.WearingOffFelt]
    assert all(word.text for part in (words.symptoms, words.causes, words.wearing_off) for word in part)


def test_the_languages_differ_and_an_unknown_one_is_dutch() -> None:
    assert vocabulary("nl").causes[1].text != vocabulary("en").causes[1].text
    assert vocabulary("fr") == vocabulary("nl")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_safety_text_names_the_clinics_number_the_out_of_hours_gp_and_112(language: str) -> None:
    said = " ".join(safety(language, "+31 20 000 {0}").lines)
    assert "+31 20 000 {0}" in said
    assert "112" in said
    assert ("huisartsenpost" if language == "nl" else "out-of-hours GP") in said


def test_without_a_number_nothing_stands_in_its_place() -> None:
    assert "In kantoortijd: bel je kliniek." in safety("nl", " ").lines
    assert len(safety("nl", "").lines) == len(safety("nl", "1").lines)
