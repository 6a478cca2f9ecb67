"""The diary entry: what may be said together, and what comes back out as it went in."""

import json
from dataclasses import asdict, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.errors import ClinicError
from backend.domain.symptoms import (
    Change,
    Diary,
    Impact,
    OtherCause,
    Rating,
    WearingOffFelt,
    check,
    content,
    own_words,
    rated,
    vocabulary,
    with_words,
)

WORDS = st.text(min_size=1, max_size=200).filter(lambda words: bool(words.strip()))


@st.composite
def ratings(draw: st.DrawFn) -> Rating:
    symptom = draw(st.sampled_from(list(vocabulary())))
    first, last = sorted((draw(st.dates()), draw(st.dates())))
    return Rating(
        symptom=symptom,
        intensity=draw(st.integers(0, 10)),
        change_vs_usual=draw(st.none() | st.sampled_from(Change)),
        impact=draw(st.none() | st.sampled_from(Impact)),
        onset_on=draw(st.sampled_from([None, first])),
        resolved_on=draw(st.sampled_from([None, last])),
        words=draw(WORDS) if symptom == "other" else None,
    )


CAUSES = st.frozensets(st.sampled_from([cause for cause in OtherCause if cause is not OtherCause.NONE_KNOWN]))
DIARIES = st.builds(
    Diary,
    ratings=st.lists(ratings(), min_size=1, unique_by=lambda rating: rating.symptom).map(tuple),
    wearing_off=st.none() | st.sampled_from(WearingOffFelt),
    other_causes=CAUSES | st.just(frozenset({OtherCause.NONE_KNOWN})),
    note=st.none() | st.text(max_size=50),
)


def refused(diary: Diary) -> tuple[str, list[str]]:
    with pytest.raises(ClinicError) as caught:
        check(diary)
    return caught.value.error.code, list(caught.value.pointers)


@given(DIARIES)
def test_what_a_patient_said_comes_back_exactly_after_json(diary: Diary) -> None:
    told = check(diary)
    stored = with_words(json.loads(json.dumps(content(told))), own_words(told))
    days = {"onset_on", "resolved_on"}
    for rating, kept in zip(told.ratings, stored["ratings"], strict=True):
        meant = asdict(rating) | {day: on.isoformat() if (on := getattr(rating, day)) else None for day in days}
        assert kept == meant
    assert (stored["no_complaints"], stored["wearing_off"]) == (told.no_complaints, told.wearing_off)
    assert set(stored["other_causes"]) == told.other_causes


@given(DIARIES)
def test_the_order_in_which_symptoms_are_tapped_makes_no_other_entry(diary: Diary) -> None:
    turned = replace(diary, ratings=tuple(reversed(diary.ratings)))
    assert check(turned) == check(diary)
    assert content(turned) == content(diary)


def test_the_note_never_stands_in_the_content() -> None:
    assert "kermis" not in json.dumps(content(Diary(no_complaints=True, note="kermis")))


def test_the_vocabulary_holds_fourteen_symptoms_in_two_languages_with_unconfirmed_codes_marked() -> None:
    assert len(vocabulary()) == 14
    assert all(one.nl and one.en for one in vocabulary().values())
    assert vocabulary()["fatigue"].snomed == "84229001"
    assert {one.status for one in vocabulary().values()} == {"ig", "m", None}


def test_a_symptom_is_rated_once() -> None:
    twice = Diary(ratings=(Rating("pain", 3), Rating("fatigue", 2), Rating("pain", 4)))
    assert refused(twice) == ("contradiction", ["/ratings/2/symptom"])


def test_an_unlisted_symptom_is_refused_where_it_stands() -> None:
    assert refused(Diary(ratings=(Rating("pain", 3), Rating("itch", 4)))) == (
        "unknown-symptom",
        ["/ratings/1/symptom"],
    )


@pytest.mark.parametrize("intensity", [-1, 11, 3.7, True])
def test_an_intensity_is_a_whole_number_from_0_to_10(intensity: int) -> None:
    assert refused(Diary(ratings=(Rating("pain", intensity),))) == ("out-of-bounds", ["/ratings/0/intensity"])


def test_no_complaints_beside_a_complaint_contradicts_and_beside_zeros_does_not() -> None:
    assert refused(Diary((Rating("pain", 1),), no_complaints=True)) == ("contradiction", ["/no_complaints"])
    assert check(Diary((Rating("pain", 0),), no_complaints=True)).no_complaints


@pytest.mark.parametrize("note", [None, "", "   \n"])
def test_an_entry_that_says_nothing_is_refused(note: str | None) -> None:
    assert refused(Diary(note=note))[0] == "invalid"


@pytest.mark.parametrize(
    "diary",
    [
        Diary(ratings=(Rating("pain", 0),)),
        Diary(no_complaints=True),
        Diary(wearing_off=WearingOffFelt.NO),
        Diary(note="moe"),
    ],
)
def test_any_one_thing_said_is_an_entry(diary: Diary) -> None:
    assert check(diary) == diary


def test_a_complaint_cannot_end_before_it_began_but_can_on_the_same_day() -> None:
    began = date(2026, 3, 4)
    wrong = Rating("pain", 2, onset_on=began, resolved_on=date(2026, 3, 3))
    assert refused(Diary(ratings=(wrong,))) == ("contradiction", ["/ratings/0/resolved_on"])
    assert check(Diary(ratings=(replace(wrong, resolved_on=began),))).ratings[0].resolved_on == began


def test_no_other_cause_known_stands_alone() -> None:
    causes = frozenset({OtherCause.NONE_KNOWN, OtherCause.HEAT})
    assert refused(Diary(no_complaints=True, other_causes=causes)) == ("contradiction", ["/other_causes"])


@pytest.mark.parametrize(
    ("rating", "code"),
    [
        (Rating("other", 2), "invalid"),
        (Rating("other", 2, words=" "), "invalid"),
        (Rating("other", 2, words="x" * 201), "invalid"),
        (Rating("pain", 2, words="rug"), "contradiction"),
    ],
)
def test_own_words_go_with_other_and_with_nothing_else(rating: Rating, code: str) -> None:
    assert refused(Diary(ratings=(rating,))) == (code, ["/ratings/0/words"])


def test_a_note_longer_than_four_thousand_characters_is_refused() -> None:
    assert check(Diary(note="x" * 4000)).note == "x" * 4000
    assert refused(Diary(note="x" * 4001)) == ("invalid", ["/note"])


def test_the_rating_of_an_entry_is_the_mean_and_no_complaints_is_zero_and_silence_is_nothing() -> None:
    assert rated(content(Diary(ratings=(Rating("pain", 3), Rating("fatigue", 6)))))[0] == 4.5
    assert rated(content(Diary(no_complaints=True)))[0] == 0.0
    assert rated(content(Diary(wearing_off=WearingOffFelt.YES)))[0] is None


@pytest.mark.parametrize("cause", OtherCause)
def test_fever_steroids_and_relapse_set_a_day_apart_and_heat_does_not(cause: OtherCause) -> None:
    apart = {"infection_fever", "steroids", "relapse"}
    entry = Diary(no_complaints=True, other_causes=frozenset({cause}))
    assert rated(content(entry))[1] is (cause.value in apart)
