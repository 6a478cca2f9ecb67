"""FHIR: a form leaves as a valid R4 Questionnaire and comes back the same, and what cannot be carried is told."""

import copy
from typing import Any

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.definitions import read, written
from backend.domain.errors import ClinicError
from backend.domain.fhir import reading
from backend.domain.fhir.questionnaires import export
from backend.domain.forms import form, forms
from tests.factories.forms import TEXT, asks, definition, definitions, group, question, with_junk

TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
FOREIGN: list[tuple[str, Any]] = [
    ("prefix", "1."),
    ("readOnly", True),
    ("definition", "http://example.org/element"),
    ("code", [{"system": "http://loinc.org", "code": "75325-1"}]),
    ("extension", [{"url": "http://example.org/colour", "valueString": "red"}]),
    ("modifierExtension", [{"url": "http://example.org/not", "valueBoolean": True}]),
]
"""What items of other systems hold and ours have no place for."""


def valid(resource: dict[str, Any]) -> bool:
    """Tell whether a resource is a Questionnaire by the published definition of R4B."""
    again = Questionnaire.model_validate(copy.deepcopy(resource))
    return bool(again.item)


def without(resource: dict[str, Any], pointers: list[str]) -> dict[str, Any]:
    """Return a resource without what stands at these pointers, and without what is empty then."""
    left = copy.deepcopy(resource)
    for pointer in pointers:
        *steps, last = pointer.split("/")[1:]
        inner: Any = left
        for step in steps:
            inner = inner[int(step)] if isinstance(inner, list) else inner[step]
        # Emptied first and pruned later, so that the pointers beside it go on meaning the same.
        inner[int(last) if isinstance(inner, list) else last] = None
    pruned: dict[str, Any] = plain(left)
    return pruned


def plain(node: Any) -> Any:
    """Return JSON without what says nothing, and extensions by their address."""
    if isinstance(node, list):
        kept = [one for one in map(plain, node) if one is not None]
        urls = all(isinstance(one, dict) and "url" in one for one in kept)
        return (sorted(kept, key=lambda one: str(one["url"])) if urls else kept) or None
    if isinstance(node, dict):
        told = {key: plain(inner) for key, inner in node.items()}
        return {
            key: inner for key, inner in told.items() if (inner is not None and inner is not False) or key in TRUTHS
        }
    return node


TRUTHS = {"valueBoolean", "answerBoolean"}


@pytest.mark.parametrize("key", list(forms()))
def test_every_shipped_form_leaves_as_a_valid_questionnaire_and_comes_back(key: str) -> None:
    left = export(form(key), base="https://clinic.example/fhir")
    assert valid(left.resource)
    assert left.resource["url"] == f"https://clinic.example/fhir/Questionnaire/{key}"
    told = reading.read(left.resource)
    assert [one.pointer for one in told.lost] == ["/url"]
    back = written(read(told.definition))
    assert back == without(written(form(key)), [one.pointer for one in left.lost])


def test_what_has_no_place_in_fhir_is_told_where_it_stands() -> None:
    assert [one.pointer for one in export(form("end-of-interval")).lost] == [
        "/items/4/band_of",
        *(f"/items/4/options/{at}/{end}" for at in range(3) for end in ("low", "high")),
    ]
    told = definition({"key": "a", "type": "display", "text": TEXT, "help": TEXT}, version="2", moved={"old": "a"})
    assert [one.pointer for one in export(read(told)).lost] == ["/moved", "/items/0/help"]


@given(definitions())
def test_any_form_leaves_valid_and_comes_back_as_it_left_with_nothing_lost(made: dict[str, Any]) -> None:
    left = export(read(made))
    assert valid(left.resource)
    told = reading.read(left.resource)
    assert (left.lost, told.lost) == ((), ())
    back = read(told.definition)
    assert export(back).resource == left.resource
    assert (back.order, back.languages) == (read(made).order, ("nl", "en"))


@given(definitions(tuple(sorted({"boolean", "integer", "decimal", "date", "string", "text", "choice", "open-choice"}))))
def test_a_form_without_times_of_day_comes_back_equal(made: dict[str, Any]) -> None:
    asked = read(made)
    assert read(reading.read(export(asked).resource).definition) == asked


@st.composite
def foreign(draw: st.DrawFn) -> dict[str, Any]:
    """Make a resource of another system: what we would send, with things in it that have no place here."""
    resource = export(read(draw(definitions()))).resource
    resource["date"] = "2026-01-01"

    def walk(items: list[dict[str, Any]]) -> None:
        for item in items:
            for name, value in draw(st.lists(st.sampled_from(FOREIGN), max_size=2, unique_by=lambda one: one[0])):
                item[name] = item.get(name, []) + value if isinstance(value, list) else value
            if item["type"] == "group":
                walk(item["item"])
        if draw(st.booleans()):
            items.insert(0, {"linkId": f"other-{items[0]['linkId']}", "type": "attachment", "text": "Upload"})

    walk(resource["item"])
    return resource


@given(foreign())
def test_a_resource_comes_back_as_what_it_was_without_exactly_what_was_told_to_be_lost(
    resource: dict[str, Any],
) -> None:
    assert valid(resource)
    told = reading.read(resource)
    assert plain(export(read(told.definition)).resource) == without(resource, [one.pointer for one in told.lost])


ELSEWHERE = {
    "resourceType": "Questionnaire",
    "id": "phq",
    "url": "http://example.org/Questionnaire/Mood_Check",
    "version": "2.0.1",
    "language": "en-GB",
    "title": "Mood",
    "_title": {"extension": [{"url": TRANSLATION, "extension": [
        {"url": "lang", "valueCode": "de"}, {"url": "content", "valueString": "Stimmung"}]}]},
    "status": "retired",
    "publisher": "Somebody",
    "item": [
        {"linkId": "/1 mood", "type": "choice", "text": "Mood?", "repeats": True, "answerOption": [
            {"valueCoding": {"system": "http://loinc.org", "code": "LA6568-5", "display": "Not at all"}},
            {"valueCoding": {"code": "LA6569-3"}, "initialSelected": True},
            {"valueString": "Other"}]},
        {"linkId": "set", "type": "choice", "text": "From a set", "answerValueSet": "http://example.org/set"},
        {"linkId": "file", "type": "attachment", "text": "A file"},
        {"linkId": "2", "type": "boolean", "enableBehavior": "any", "enableWhen": [
            {"question": "/1 mood", "operator": "=",
             "answerCoding": {"system": "http://loinc.org", "code": "LA6568-5"}},
            {"question": "file", "operator": "exists", "answerBoolean": True}],
         "item": [{"linkId": "2.1", "type": "string", "text": "Why?"}]},
        {"linkId": "3", "type": "group", "text": "Group", "required": True, "item": [
            {"linkId": "3.1", "type": "quantity", "text": "Weight", "extension": [
                {"url": "http://hl7.org/fhir/StructureDefinition/questionnaire-unit",
                 "valueCoding": {"system": "http://unitsofmeasure.org", "code": "kg", "display": "kilo"}}]},
            {"linkId": "3.2", "type": "quantity", "text": "Length"}]},
        {"linkId": "4", "type": "group", "text": "Only a file", "item": [
            {"linkId": "4.1", "type": "reference", "text": "Who"}]},
        {"linkId": "3.1", "type": "string", "text": "Twice"},
    ],
}  # fmt: skip


def test_everything_of_another_system_that_has_no_place_is_told_with_its_pointer() -> None:
    assert valid(ELSEWHERE)
    told = reading.read(ELSEWHERE)
    assert {one.pointer for one in told.lost} == {
        "/id", "/publisher", "/url", "/version", "/language", "/status", "/_title/extension/0",
        "/item/0/linkId", "/item/0/answerOption/0/valueCoding/system", "/item/0/answerOption/1/valueCoding/display",
        "/item/0/answerOption/1/initialSelected", "/item/0/answerOption/2", "/item/1", "/item/2", "/item/3/text",
        "/item/3/enableWhen/0/answerCoding/system", "/item/3/enableWhen/1", "/item/3/item/0", "/item/4/required",
        "/item/4/item/0/extension/0/valueCoding/display", "/item/4/item/1", "/item/5", "/item/6",
    }  # fmt: skip
    back = read(told.definition)
    assert (back.key, back.version, back.languages) == ("mood-check", "1", ("en",))
    assert list(back.places) == ["1-mood", "2", "3", "3.1"]
    assert [rule.question for rule in back.item("2").enable_when] == ["1-mood"]
    assert len(told.lost) == len({one.pointer for one in told.lost})


def test_help_and_the_ends_of_a_scale_stand_as_display_items_below_their_question() -> None:
    scale = {"low": 0, "high": 10, "ends": {"low": TEXT, "high": {"nl": "veel"}}, "help": TEXT}
    made = definition(question("a", "integer", **scale), group("g", question("b", help=TEXT), help=TEXT))
    left = export(read(made)).resource
    assert valid(left)
    assert [one["linkId"] for one in left["item"][0]["item"]] == ["a/help", "a/lower", "a/upper"]
    told = reading.read(left)
    assert (read(told.definition), told.lost) == (read(made), ())


def test_bounds_units_first_answers_and_several_conditions_are_carried() -> None:
    mg = {"value": 1.5, "unit": "mg"}
    made = definition(
        question("a", "quantity", low=mg, high={"value": 3, "unit": "mg"}, initial=[mg]),
        question("b", "decimal", low=0.5, high=1.5),
        question("c", "dateTime", low="2026-01-01T09:00Z"),
        question("d", "open-choice", initial=[{"other": "x"}], max_length=20),
        question("e", "string", enable_when=[asks("a", ">", mg), asks("b", "!=", 1)], enable_behavior="any"),
    )
    left = export(read(made)).resource
    assert valid(left)
    told = reading.read(left)
    assert told.lost == ()
    assert export(read(told.definition)).resource == left


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ([], "/resourceType"),
        ({"resourceType": "Patient"}, "/resourceType"),
        ({"resourceType": "Questionnaire"}, "/item"),
    ],
)
def test_what_is_no_questionnaire_is_refused(told: Any, pointer: str) -> None:
    with pytest.raises(ClinicError) as caught:
        reading.read(told)
    assert list(caught.value.pointers) == [pointer]


@given(st.one_of(foreign(), st.just(ELSEWHERE)), st.data())
@settings(max_examples=100)
def test_a_resource_in_which_anything_stands_anywhere_is_read_or_refused(
    resource: dict[str, Any], data: st.DataObject
) -> None:
    broken = data.draw(with_junk(resource))
    try:
        found = read(reading.read(broken).definition)
    except ClinicError:
        return
    assert read(written(found)) == found
