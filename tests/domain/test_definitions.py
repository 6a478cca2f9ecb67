"""Definitions: what is read is what was written, and what cannot be a form is refused where it stands."""

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.definitions import content_hash, read, written
from backend.domain.errors import ClinicError
from backend.domain.forms import forms
from backend.domain.responses import check
from tests.factories.forms import TEXT, Filled, asks, definition, definitions, filled, group, question, with_junk

SCALE = {"low": 0, "high": 10, "ends": {"low": TEXT, "high": TEXT}}

BAND = {"code": "x", "text": TEXT, "low": 0, "high": 1}


def refused(told: Any) -> tuple[str, str]:
    with pytest.raises(ClinicError) as caught:
        read(told)
    (pointer,) = caught.value.pointers
    return caught.value.error.code, pointer


@given(definitions())
@settings(max_examples=60)
def test_what_was_read_is_written_so_that_it_reads_as_the_same_form(told: dict[str, Any]) -> None:
    form = read(told)
    assert read(written(form)) == form
    assert content_hash(read(written(form))) == content_hash(form)


@given(definitions())
def test_every_item_can_be_decided_after_its_group_and_what_its_conditions_ask(told: dict[str, Any]) -> None:
    form = read(told)
    assert sorted(form.order) == sorted(form.places)
    seen: set[str] = set()
    for key in form.order:
        place = form.places[key]
        assert {rule.question for rule in place.item.enable_when} <= seen
        assert place.parent is None or place.parent in seen
        seen.add(key)


def test_the_hash_of_every_shipped_version_stands_and_is_told_of_no_other_content() -> None:
    # A shipped version never changes: responses and the migration name it by this hash. Make a new version instead.
    assert {(key, form.version): content_hash(form)[:16] for key, form in forms().items()} == {
        ("end-of-interval", "1"): "4050ba69cbc0bbe3",
        ("nrs-11-fatigue", "1"): "3361778b80b8c73b",
        ("vas-100", "1"): "548107e3f93a9b3d",
    }


def test_the_hash_does_not_hang_on_how_a_definition_is_laid_out() -> None:
    told = definition(question("a", "integer", low=0), question("b"))
    turned = {name: told[name] for name in reversed(told)}
    turned["items"] = [{**told["items"][0], "required": False, "enable_behavior": "all"}, told["items"][1]]
    assert content_hash(read(told)) == content_hash(read(turned))
    other = definition(question("a", "integer", low=1), question("b"))
    assert content_hash(read(told)) != content_hash(read(other))


def test_a_text_that_is_not_told_in_a_language_is_told_in_the_first_of_the_form() -> None:
    form = read(definition(question("a", "string", text={"nl": "vraag"}), question("b", "string")))
    told = [form.item(key).text for key in ("a", "b")]
    assert [one and one.told("en", form.languages[0]) for one in told] == ["vraag", "question"]
    assert [form.language(wanted) for wanted in ("nl-BE", "en", "fr")] == ["nl", "en", "nl"]


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ([], "/"),
        ({}, "/key"),
        (definition(question("a"), colour="red"), "/colour"),
        (definition(question("a"), key="Not A Key"), "/key"),
        (definition(question("a"), version="0"), "/version"),
        (definition(question("a"), languages=[]), "/languages"),
        (definition(question("a"), languages=["nl", "fr"]), "/languages/1"),
        (definition(question("a"), languages=["nl", "nl"]), "/languages"),
        (definition(question("a"), title={"en": "only"}), "/title/nl"),
        (definition(question("a"), title={"nl": "\x00"}), "/title/nl"),
        (definition(), "/items"),
        (definition(question("a"), question("a")), "/items/1/key"),
        (definition(question("a"), group("g", question("a"))), "/items/1/items/0/key"),
        (definition(question("a b")), "/items/0/key"),
        (definition(question("a", "slider")), "/items/0/type"),
        (definition(question("a", "boolean", low=1)), "/items/0/low"),
        (definition(question("a", "boolean", text=None)), "/items/0/text"),
        (definition(question("a", "string", required="yes")), "/items/0/required"),
        (definition(question("a", "integer", low="1")), "/items/0/low"),
        (definition(question("a", "integer", low=2, high=1)), "/items/0/high"),
        (definition(question("a", "date", low="2026-02-30")), "/items/0/low"),
        (definition(question("a", "integer", ends={"low": TEXT, "high": TEXT})), "/items/0/ends"),
        (definition(question("a", "integer", **SCALE | {"ends": {"low": TEXT}})), "/items/0/ends/high"),
        (definition(question("a", "string", max_length=0)), "/items/0/max_length"),
        (definition(question("a", "quantity", unit="mg per ml")), "/items/0/unit"),
        (definition(question("a", options=[])), "/items/0/options"),
        (definition(question("a", options=[{"code": "x", "text": TEXT}] * 2)), "/items/0/options/1/code"),
        (definition(question("a", options=[BAND])), "/items/0/options/0/low"),
        (definition(question("a", "boolean", initial=["yes"])), "/items/0/initial/0"),
        (definition(question("a", "boolean", initial=[True, False])), "/items/0/initial"),
        (definition(question("a", "string", items=[question("b")])), "/items/0/items"),
        (definition(group("a")), "/items/0/items"),
        (definition(group("a", question("b"), required=True)), "/items/0/required"),
        (definition({"key": "a", "type": "display", "text": TEXT, "required": True}), "/items/0/required"),
        (definition(question("a"), moved={"old": "gone"}), "/moved/old"),
        (definition(question("a"), moved={"a": "a"}), "/moved/a"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_form_is_refused_where_it_stands(told: Any, pointer: str) -> None:
    assert refused(told)[1] == pointer


NEXT = "/items/1/enable_when/0"


@pytest.mark.parametrize(
    ("asked", "rule", "pointer"),
    [
        (question("a"), asks("gone", "=", "a"), f"{NEXT}/question"),
        (group("a", question("c")), asks("a", "exists", True), f"{NEXT}/question"),
        (group("g", question("a"), repeats=True), asks("a", "=", "a"), f"{NEXT}/question"),
        (question("a"), asks("a", "~", "a"), f"{NEXT}/operator"),
        (question("a"), asks("a", ">", "a"), f"{NEXT}/operator"),
        (question("a", "string"), asks("a", "<=", "a"), f"{NEXT}/operator"),
        (question("a"), asks("a", "=", "z"), f"{NEXT}/answer"),
        (question("a", "integer"), asks("a", "=", "1"), f"{NEXT}/answer"),
        (question("a", "integer"), asks("a", "=", 1.5), f"{NEXT}/answer"),
        (question("a", "boolean"), asks("a", "=", 1), f"{NEXT}/answer"),
        (question("a", "boolean"), asks("a", "exists", "true"), f"{NEXT}/answer"),
        (question("a", "quantity"), asks("a", ">", {"value": 1, "unit": "g"}), f"{NEXT}/answer/unit"),
        (question("a"), asks("b", "exists", True), "/items/1/enable_when"),
        (question("a"), asks("a", "=", "a") | {"also": 1}, f"{NEXT}/also"),
    ],
)
def test_a_condition_that_cannot_be_asked_is_refused_where_it_stands(
    asked: dict[str, Any], rule: dict[str, Any], pointer: str
) -> None:
    assert refused(definition(asked, question("b", enable_when=[rule])))[1] == pointer


def test_conditions_that_go_round_in_a_circle_are_refused() -> None:
    two = definition(question("a", enable_when=[asks("b", "=", "a")]), question("b", enable_when=[asks("a", "=", "a")]))
    assert refused(two) == ("invalid", "/items/0/enable_when") or refused(two) == ("invalid", "/items/1/enable_when")
    # A group that hangs on a question in it is one too.
    within = definition(group("g", question("a"), enable_when=[asks("a", "=", "a")]))
    assert refused(within) == ("invalid", "/items/0/enable_when")
    banded = definition(
        question("n", "integer", enable_when=[asks("b", "=", "x")]), question("b", options=[BAND], band_of="n")
    )
    assert refused(banded) == ("invalid", "/items/0/enable_when")


def test_a_condition_within_a_repeating_group_may_ask_there_and_outside() -> None:
    rules = [asks("a", "=", "a"), asks("outside", "=", "a")]
    inner = group("inner", question("b", enable_when=rules), repeats=True)
    assert read(definition(question("outside"), group("g", question("a"), inner, repeats=True)))
    beside = group("g", group("one", question("x"), repeats=True), question("y", enable_when=[asks("x", "=", "a")]))
    assert refused(definition(beside))[1] == "/items/0/items/1/enable_when/0/question"


def test_a_form_that_is_too_deep_or_too_long_is_refused() -> None:
    deep = question("q")
    for depth in range(7):
        deep = group(f"g{depth}", deep)
    assert refused(definition(deep))[0] == "out-of-bounds"
    assert refused(definition(*(question(f"q{at}", "string") for at in range(501))))[0] == "out-of-bounds"
    many = [group(f"g{at}", *(question(f"q{at}-{nr}", "string") for nr in range(99))) for at in range(6)]
    assert refused(definition(*many)) == ("out-of-bounds", "/items")


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("boolean", [True], [1, "true", None, []]),
        ("decimal", [1, 1.5, -2.25, 10.0], ["1", True, float("nan"), float("inf"), 10**16]),
        ("integer", [1, 10.0], [1.5, "1", 2**31, float("nan")]),
        ("date", ["2026-03-29"], ["2026-02-30", "29-03-2026", "2026-W13-7", "1899-12-31", 20260329]),
        ("dateTime", ["2026-03-29T09:00:00+02:00", "2026-03-29T09:00Z"], ["2026-03-29T09:00:00", "2026-03-29"]),
        ("time", ["09:00", "09:00:30"], ["9:00", "24:00", "09:00:60"]),
        ("string", ["x"], ["", " ", "\x00", "\ud800", 1, "x" * 256]),
        ("text", ["x\ny", "x" * 4000], ["x" * 4001]),
        ("choice", ["a"], ["z", 1, {"other": "x"}, ["a"]]),
        ("open-choice", ["a", {"other": "x"}], ["z", {"other": ""}, {"other": "x", "more": 1}]),
        ("quantity", [{"value": 1.5, "unit": "mg"}], [{"value": 1.5}, {"value": 1, "unit": "g"}, 1.5]),
    ],
)
def test_each_type_takes_its_own_sort_of_answer(kind: str, good: list[Any], bad: list[Any]) -> None:
    form = read(definition(question("a", kind)))
    for value in good:
        assert check(form, {"a": value}).answers == {"a": value}
    for value in bad:
        with pytest.raises(ClinicError) as caught:
            check(form, {"a": value})
        assert all(pointer.startswith("/answers/a") for pointer in caught.value.pointers)


@pytest.mark.parametrize(
    ("kind", "low", "inside", "outside"),
    [
        ("decimal", 0.5, 0.5, 0.4),
        ("date", "2026-01-02", "2026-01-02", "2026-01-01"),
        ("dateTime", "2026-01-01T12:00:00+01:00", "2026-01-01T11:00:00Z", "2026-01-01T10:59:59Z"),
        ("time", "09:00", "09:00:00", "08:59"),
        ("quantity", {"value": 1, "unit": "mg"}, {"value": 1, "unit": "mg"}, {"value": 0.9, "unit": "mg"}),
    ],
)
def test_a_bound_holds_by_what_is_meant_and_not_by_how_it_is_written(
    kind: str, low: Any, inside: Any, outside: Any
) -> None:
    form = read(definition(question("a", kind, low=low)))
    assert check(form, {"a": inside}).answers == {"a": inside}
    with pytest.raises(ClinicError) as caught:
        check(form, {"a": outside})
    assert caught.value.error.code == "out-of-bounds"


def test_an_answer_to_what_is_not_asked_is_refused() -> None:
    form = read(definition(group("g", question("a")), {"key": "d", "type": "display", "text": TEXT}))
    for key in ("g", "d"):
        with pytest.raises(ClinicError) as caught:
            check(form, {key: [{}]})
        assert list(caught.value.pointers) == [f"/answers/{key}"]


SHIPPED = [written(form) | {"moved": {"old": next(iter(form.places))}} for form in forms().values()]


@given(st.one_of(definitions(), st.sampled_from(SHIPPED)), st.data())
@settings(max_examples=100)
def test_a_definition_in_which_anything_stands_anywhere_is_read_or_refused(
    told: dict[str, Any], data: st.DataObject
) -> None:
    broken = data.draw(with_junk(told))
    try:
        found = read(broken)
    except ClinicError:
        return
    assert read(written(found)) == found


@given(filled(definitions()).filter(lambda told: bool(told[2])), st.data())
@settings(max_examples=100)
def test_answers_in_which_anything_stands_anywhere_are_taken_or_refused(told: Filled, data: st.DataObject) -> None:
    _, asked, answers = told
    with contextlib.suppress(ClinicError):
        check(asked, data.draw(with_junk(answers)))
