"""Forms: what they take, drop and refuse, and the published tables they can hold."""

from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.errors import ClinicError
from backend.domain.forms import form, forms
from backend.domain.languages import LANGUAGES
from backend.domain.questionnaires import Answer, Type
from backend.domain.responses import check
from backend.domain.symptoms import vocabulary

END = form("end-of-interval")
FELT = {"experienced": "yes"}
DETAILS = [key for key, place in END.places.items() if place.item.enable_when]


def refused(answers: Mapping[str, object], *, completed: bool = False) -> tuple[str, list[str]]:
    with pytest.raises(ClinicError) as caught:
        check(END, answers, completed=completed)
    return caught.value.error.code, list(caught.value.pointers)


def kept(answers: Mapping[str, object], *, completed: bool = False) -> Mapping[str, Answer]:
    """Return what the end-of-interval form takes of answers of which it drops none."""
    found = check(END, answers, completed=completed)
    assert found.dropped == ()
    return found.answers


def test_every_shipped_form_asks_in_two_languages_and_looks_back_only_at_questions_before() -> None:
    for shipped in forms().values():
        assert shipped.languages == LANGUAGES
        before: set[str] = set()
        for key, place in shipped.places.items():
            item = place.item
            assert item.text is not None
            assert all(item.text.told(language, "") for language in LANGUAGES)
            assert (item.low is not None and item.high is not None) is (item.type is Type.INTEGER)
            assert bool(item.options) is (item.type is Type.CHOICE)
            asked = {rule.question for rule in item.enable_when}
            assert asked | ({item.band_of} if item.band_of else set()) <= before
            before.add(key)


def test_we_ship_our_own_form_and_generic_scales_only() -> None:
    assert set(forms()) == {"end-of-interval", "nrs-11-fatigue", "vas-100"}
    assert check(form("nrs-11-fatigue"), {"fatigue": 10}, completed=True).answers == {"fatigue": 10}
    assert check(form("vas-100"), {"trouble": 100}, completed=True).answers == {"trouble": 100}
    with pytest.raises(ClinicError, match="unknown-form"):
        form("msis-29")


@given(st.sampled_from(DETAILS), st.sampled_from([{}, {"experienced": "no"}, {"experienced": "unsure"}]))
def test_details_are_kept_only_from_who_felt_it(key: str, answers: dict[str, object]) -> None:
    item = END.item(key)
    value: object = {Type.INTEGER: 3, Type.BOOLEAN: False}.get(item.type, "")
    if item.options:
        value = [item.options[0].code] if item.repeats else item.options[0].code
    found = check(END, {**answers, key: value})
    assert (found.answers, found.dropped) == (answers, (f"/{key}",))
    assert key in kept({**FELT, key: value})


def test_the_three_questions_stay_apart_even_where_they_seem_to_disagree() -> None:
    odd = {"ever_experienced": "no", "experienced": "yes", "frequency": "never"}
    assert kept(odd, completed=True) == odd
    assert kept({"frequency": "regularly"}) == {"frequency": "regularly"}


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("experienced", "maybe", "invalid"),
        ("experienced", True, "invalid"),
        ("experienced", None, "invalid"),
        ("overall_intensity", 11, "out-of-bounds"),
        ("overall_intensity", -1, "out-of-bounds"),
        ("overall_intensity", 7.9, "invalid"),
        ("overall_intensity", "7", "invalid"),
        ("overall_intensity", True, "invalid"),
        ("overall_intensity", float("nan"), "invalid"),
        ("overall_intensity", float("inf"), "invalid"),
        ("onset_days_before_dose", 366, "out-of-bounds"),
        ("not_resolved", 1, "invalid"),
        ("not_resolved", "yes", "invalid"),
        ("symptoms", "pain", "invalid"),
        ("symptoms", ["pain", "pain"], "invalid"),
    ],
)
def test_an_answer_of_the_wrong_sort_or_size_is_refused_where_it_stands(key: str, value: object, code: str) -> None:
    assert refused({**FELT, key: value}) == (code, [f"/answers/{key}"])


def test_a_wrong_choice_among_several_is_pointed_at() -> None:
    assert refused({**FELT, "symptoms": ["pain", "itch"]}) == ("invalid", ["/answers/symptoms/1"])


def test_a_whole_number_written_with_a_point_is_the_same_number() -> None:
    assert kept({**FELT, "overall_intensity": 10.0})["overall_intensity"] == 10


def test_an_unknown_question_is_refused_and_a_hostile_name_is_not_echoed() -> None:
    assert refused({"mood_today": 3}) == ("unknown-form", ["/answers/mood_today"])
    assert refused({"a/~\ud800": 3}) == ("unknown-form", ["/answers"])


def test_nothing_ticked_is_no_answer() -> None:
    assert kept({**FELT, "symptoms": []}) == FELT


def test_a_required_question_may_stay_open_until_the_form_is_completed() -> None:
    assert kept({}) == {}
    assert refused({}, completed=True) == ("invalid", ["/answers/experienced"])


def test_who_still_has_complaints_cannot_say_when_they_went() -> None:
    answers: dict[str, object] = {**FELT, "resolved_days_after_dose": 2}
    assert kept({**answers, "not_resolved": False})
    found = check(END, {**answers, "not_resolved": True})
    assert found.answers == {**FELT, "not_resolved": True}
    assert found.dropped == ("/resolved_days_after_dose",)


@given(st.integers(0, 365), st.sampled_from(["lt_1wk", "wk1_4", "gt_4wk"]))
def test_a_band_that_disagrees_with_the_days_is_refused(days: int, band: str) -> None:
    answers: dict[str, object] = {**FELT, "onset_days_before_dose": days, "onset_band": band}
    low, high = {"lt_1wk": (0, 7), "wk1_4": (7, 28), "gt_4wk": (28, 365)}[band]
    if low <= days <= high:
        assert kept(answers) == answers
    else:
        assert refused(answers) == ("contradiction", ["/answers/onset_band"])


@given(st.lists(st.sampled_from(list(vocabulary())), unique=True, min_size=1))
def test_chosen_symptoms_come_back_in_the_order_of_the_vocabulary(chosen: list[str]) -> None:
    answers = kept({"symptoms": chosen, **FELT})
    assert answers["symptoms"] == tuple(key for key in vocabulary() if key in chosen)
    assert list(answers) == ["experienced", "symptoms"]


def test_the_frequencies_of_bergen_2020_can_be_told() -> None:
    told = ["regularly"] * 8 + ["sometimes"] * 9 + ["never"] * 23
    answers = [kept({"experienced": "unsure", "frequency": one}, completed=True) for one in told]
    assert Counter(one["frequency"] for one in answers) == {"regularly": 8, "sometimes": 9, "never": 23}


def test_the_american_ocrelizumab_chart_review_can_be_told() -> None:
    answers = [
        kept(
            {
                **FELT,
                "existing_complaints_worse": "yes" if place < 104 else "no",
                "symptoms": ["fatigue"] if place < 88 else ["pain"],
                "onset_days_before_dose": 21 if place < 78 else 3,
            },
            completed=True,
        )
        for place in range(131)
    ] + [kept({"experienced": "no"}, completed=True)] * 397
    felt = [one for one in answers if one["experienced"] == "yes"]
    assert (len(answers), len(felt)) == (528, 131)
    assert sum(one["existing_complaints_worse"] == "yes" for one in felt) == 104
    assert sum("fatigue" in one["symptoms"] for one in felt if isinstance(one["symptoms"], tuple)) == 88
    assert sum(one["onset_days_before_dose"] in range(14, 29) for one in felt) == 78
