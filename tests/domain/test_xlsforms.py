"""XLSForm: what a definition has a place for is carried, and every cell that is not is told: sheet, row, column."""

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain import xlsforms
from backend.domain.definitions import read, written
from backend.domain.errors import ClinicError
from backend.domain.imported import Imported
from backend.domain.questionnaires import Form, Item

LABEL = "label::English (en)"
CHOICES = [["list_name", "name", LABEL], ["yn", "y", "Yes"], ["yn", "n", "No"], ["num", "1", "One"], ["num", "2", "2"],
    ["num", "3", "Three"]]  # fmt: skip
SETTINGS = [["form_id", "form_title"], ["a-form", "A form"]]


def taken_in(*rows: dict[str, str], **sheets: Any) -> tuple[Form, dict[str, str], Imported]:
    """Return the form that these rows of a survey come to, what is lost by pointer, and the import."""
    header = list(dict.fromkeys(name for row in rows for name in row))
    survey = [header, *([row.get(name, "") for name in header] for row in rows)]
    told = xlsforms.read({"survey": survey, "choices": CHOICES, "settings": SETTINGS} | sheets)
    return read(told.definition), {one.pointer: one.reason for one in told.lost}, told


def row(kind: str, name: str = "q", **told: str) -> dict[str, str]:
    return {"type": kind, "name": name, LABEL: name} | told


def item(*rows: dict[str, str]) -> Item:
    return taken_in(*rows)[0].item(rows[-1]["name"])


@pytest.mark.parametrize(
    ("kind", "of", "repeats"),
    [
        ("text", "string", False),
        ("integer", "integer", False),
        ("int", "integer", False),
        ("decimal", "decimal", False),
        ("date", "date", False),
        ("time", "time", False),
        ("dateTime", "dateTime", False),
        ("note", "display", False),
        ("range", "integer", False),
        ("acknowledge", "choice", False),
        ("select_one yn", "choice", False),
        ("select one yn", "choice", False),
        ("select_multiple yn", "choice", True),
        ("select all that apply yn", "choice", True),
        ("select_one yn or_other", "open-choice", False),
        ("select_multiple yn or other", "open-choice", True),
    ],
)
def test_types_are_those_of_a_definition(kind: str, of: str, repeats: bool) -> None:
    found = item(row(kind))
    assert (found.type.value, found.repeats) == (of, repeats)


@pytest.mark.parametrize(
    "kind",
    ["calculate", "geopoint", "image", "rank yn", "select_one_from_file a.csv", "select_one nowhere", "hidden", "start",
     "barcode", "xml-external", "no such type"],
)  # fmt: skip
def test_what_cannot_be_asked_here_is_left_out_and_told(kind: str) -> None:
    form, lost, _ = taken_in(row(kind), row("note", "n", relevant="${q} = 'y'"))
    assert list(form.places) == ["n"]
    assert {"/survey/2/type", "/survey/3/relevant"} <= lost.keys()


@pytest.mark.parametrize(
    ("kind", "told", "carried"),
    [
        ("integer", {"constraint": ". >= 1 and . <= 5"}, {"low": 1, "high": 5}),
        ("integer", {"constraint": "(. > 0) and 10 > ."}, {"low": 1, "high": 9}),
        ("integer", {"constraint": ". >= -2.5"}, {"low": -2}),
        ("decimal", {"constraint": ". >= 0.5 and . <= 1"}, {"low": 0.5, "high": 1}),
        ("date", {"constraint": ". >= date('2026-01-01')"}, {"low": "2026-01-01"}),
        ("text", {"constraint": "string-length(.) <= 20"}, {"max_length": 20}),
        ("text", {"constraint": "string-length(.) < 1000"}, {"max_length": 999, "type": "text"}),
        ("text", {"appearance": "multiline"}, {"type": "text"}),
        ("range", {"parameters": "start=0 end=10 step=1"}, {"low": 0, "high": 10}),
        ("range", {"parameters": "start=0;end=10", "constraint": ". > 2"}, {"low": 3, "high": 10}),
        ("integer", {"required": "TRUE"}, {"required": True}),
        ("integer", {"required": "no", "read_only": "no"}, {}),
        ("integer", {"default": "3"}, {"initial": (3,)}),
        ("date", {"default": "2026-01-01 00:00:00"}, {"initial": ("2026-01-01",)}),
        ("text", {"default": "well-known"}, {"initial": ("well-known",)}),
        ("select_one yn", {"default": "n"}, {"initial": ("n",)}),
        ("select_multiple yn", {"default": "n y"}, {"initial": ("n", "y")}),
        ("acknowledge", {"default": "OK"}, {"initial": ("OK",)}),
    ],
)
def test_bounds_and_first_answers_are_carried(kind: str, told: dict[str, str], carried: dict[str, Any]) -> None:
    form, lost, _ = taken_in(row(kind, **told))
    assert {name: getattr(form.item("q"), name) for name in carried} == carried
    assert set(lost) <= {"/survey/1/type", "/choices/2", "/choices/4"}


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("integer", {"constraint": ". > 1 or . < 0"}),
        ("integer", {"constraint": ". != 3"}),
        ("integer", {"constraint": ". > ${other}"}),
        ("integer", {"constraint": ". <= 99999999999"}),
        ("decimal", {"constraint": ". > 0"}),
        ("date", {"constraint": ". <= today()"}),
        ("date", {"constraint": ". <= '2026-01-01'"}),
        ("time", {"constraint": ". >= '09:00'"}),
        ("text", {"constraint": "regex(., '[a-z]')"}),
        ("text", {"constraint": "string-length(.) > 3"}),
        ("select_one yn", {"constraint": ". != 'y'"}),
        ("range", {"parameters": "start=0 end=1 step=0.1"}),
        ("range", {"parameters": "start=0 end=10 step=2"}),
        ("text", {"parameters": "rows=3"}),
        ("text", {"appearance": "numbers"}),
        ("integer", {"appearance": "multiline"}),
        ("integer", {"required": "${other} = 1"}),
        ("note", {"required": "yes"}),
        ("note", {"default": "x"}),
        ("integer", {"read_only": "yes"}),
        ("integer", {"default": "1 + 1"}),
        ("integer", {"default": "7", "constraint": ". < 5"}),
        ("date", {"default": "today()"}),
        ("text", {"default": "concat(${other}, 'x')"}),
        ("select_one yn", {"default": "maybe"}),
        ("select_one yn", {"choice_filter": "a = ${other}"}),
        ("text", {"media::image": "a.png"}),
        ("text", {"constraint_message::English (en)": "No!"}),
        ("text", {"guidance_hint": "For staff"}),
        ("begin repeat", {"repeat_count": "3"}),
    ],
)
def test_what_has_no_place_is_told_in_its_cell_and_changes_nothing(kind: str, told: dict[str, str]) -> None:
    rows = [row(kind, **told)]
    if kind.startswith("begin"):
        rows += [row("note", "inner"), {"type": "end repeat"}]
    form, lost, _ = taken_in(row("integer", "other"), *rows)
    name = next(iter(told))
    assert f"/survey/3/{name}" in lost
    found = form.item("q")
    assert (found.required, found.initial, found.max_length, found.repeats) == (
        False, (), None, kind == "begin repeat")  # fmt: skip
    if name == "constraint":
        assert (found.low, found.high) == (None, None)


def test_of_a_constraint_the_parts_that_have_a_place_are_carried() -> None:
    form, lost, _ = taken_in(row("integer", constraint=". <= 3 and . >= 5 and regex(., '1')"))
    assert (form.item("q").low, form.item("q").high, "/survey/2/constraint" in lost) == (None, 3, True)


NO_ANSWER = {"question": "q", "operator": "exists", "answer": False}


@pytest.mark.parametrize(
    ("kind", "told", "conditions"),
    [
        ("select_one yn", "${q} = 'y'", "q = y"),
        ("select_one yn", " selected( ${q},'y' ) ", "q = y"),
        ("select_one yn", "not(selected(${q}, 'y'))", "q != y"),
        ("select_one yn", "'y' != ${q}", "q != y"),
        ("select_multiple yn", "selected(${q}, 'y') and not(selected(${q}, 'n'))", "q = y & q != n"),
        ("select_multiple yn", "${q} != ''", "q exists True"),
        ("text", "not(${q} != '')", "q exists False"),
        ("text", "${q} = 'x' or ${q} = \"y y\"", "q = x | q = y y"),
        ("integer", "${q} > 17.5 and 65 >= ${q}", "q >= 18 & q <= 65"),
        ("integer", "not(${q} > 5)", "q <= 5 | q exists False"),
        ("integer", "not(${q} < 1 or ${q} = 7)", None),
        ("integer", "not(${q} < 1 and ${q} = 7)", "q >= 1 | q exists False | q != 7"),
        ("integer", "${q} = '5'", "q = 5"),
        ("integer", "${q} = '05'", None),
        ("decimal", "${q} = '5'", None),
        ("decimal", "${q} = -.5", "q = -0.5"),
        ("date", "${q} < date('2026-01-02')", "q < 2026-01-02"),
        ("date", "${q} < date('2026-02-30')", None),
        ("date", "${q} < '2026-01-02'", None),
        ("time", "${q} = '09:00'", None),
        ("time", "${q} != ''", "q exists True"),
        ("acknowledge", "${q} = 'OK'", "q = OK"),
        ("select_one num", "${q} = 1", "q = 1"),
        ("select_one num", "${q} >= 2", "q exists True & q != 1"),
        ("select_one num", "${q} >= 2 or ${q} = ''", "q = 2 | q = 3 | q exists False"),
        ("select_one num", "not(${q} >= 2)", "q != 2 & q != 3"),
        ("select_one num", "${q} = '4'", None),
        ("select_one num or_other", "${q} >= 2", "q = 2 | q = 3"),
        ("select_one num or_other", "${q} = 'other'", None),
        ("select_multiple num", "${q} = '1'", None),
        ("integer", "true()", ""),
        ("integer", "${q} = 1 and (${q} = 2 or ${q} = 3)", None),
        ("integer", "${q} + 1 = 2", None),
        ("integer", "${q}", None),
        ("integer", "/data/q = 1", None),
        ("integer", "${nowhere} = 1", None),
        ("integer", "${q} = ${q}", None),
        ("integer", "count-selected(${q}) > 1", None),
        ("integer", "((((${q} = 1))))", "q = 1"),
        ("integer", "(" * 40 + "${q} = 1" + ")" * 40, None),
        ("integer", "${q} = 1 and", None),
        ("integer", "${q} > 99999999999", None),
    ],
)
def test_a_relevant_becomes_the_same_conditions_or_is_told(kind: str, told: str, conditions: str | None) -> None:
    form, lost, _ = taken_in(row(kind), row("note", "n", relevant=told))
    found = form.item("n")
    join = " | " if found.enable_behavior == "any" else " & "
    text = join.join(f"{one.question} {one.operator.value} {one.answer}" for one in found.enable_when)
    assert (text, "/survey/3/relevant" in lost) == (conditions or "", conditions is None)


def test_what_stands_in_a_repeat_is_asked_within_it_only() -> None:
    form, lost, _ = taken_in(
        row("begin repeat", "r"), row("integer", "a"), row("note", "b", relevant="${a} = 1"), {"type": "end repeat"},
        row("note", "c", relevant="${a} = 1"),
    )  # fmt: skip
    assert [rule.question for rule in form.item("b").enable_when] == ["a"]
    assert form.item("c").enable_when == ()
    assert lost["/survey/6/relevant"].endswith("the item is put whatever is answered.")


def test_names_that_are_no_keys_become_some_each_time_the_same_and_are_told() -> None:
    rows = [row("text", "_a b"), row("text", "a-b"), row("text", "é"), row("text", ""), row("text", "x" * 70)]
    form, lost, _ = taken_in(*rows)
    assert list(form.places) == ["a-b", "a-b-2", "item", "item-2", "x" * 60]
    assert lost["/survey/2/name"] == "Became the key a-b."
    assert {f"/survey/{number}/name" for number in range(2, 7)} <= lost.keys()
    assert list(taken_in(*rows)[0].places) == list(form.places)


def test_the_same_name_in_two_groups_is_no_one_question() -> None:
    group, end = row("begin group", "g"), {"type": "end group"}
    form, lost, _ = taken_in(
        group, row("integer", "a"), end, row("integer", "a"), row("note", "n", relevant="${a} = 1")
    )
    assert list(form.places) == ["g", "a", "a-2", "n"]
    assert {"/survey/5/name", "/survey/6/relevant"} <= lost.keys()


def test_texts_are_told_in_the_languages_of_a_form_and_columns_in_others_are_told() -> None:
    header = ["type", "name", "label::Français (fr)", "label::English (en-GB)", "label::Nederlands", "hint"]
    survey = [header, ["note", "a", "Oui", "Yes", "Ja", "Tip"], ["note", "b", "Oui", "", "Nee", ""]]
    told = xlsforms.read({"survey": survey, "settings": [["default_language"], ["Nederlands (nl)"]]}, None)
    assert told.definition["languages"] == ["nl", "en"]
    assert told.definition["items"][0]["text"] == {"nl": "Ja", "en": "Yes"}
    assert told.definition["items"][0]["help"] == {"nl": "Tip"}
    assert "/survey/1/label::Français (fr)" in {one.pointer for one in told.lost}
    english = xlsforms.read({"survey": survey})
    assert english.definition["items"][1]["text"] == {"en": "Nee", "nl": "Nee"}
    assert {"/survey/1/hint", "/survey/3/label::Nederlands"} <= {one.pointer for one in english.lost}


@pytest.mark.parametrize(("unnamed", "language"), [(None, "nl"), ("en", "en"), ("nl", "nl")])
def test_texts_that_name_no_language_are_in_the_one_that_was_told(unnamed: str | None, language: str) -> None:
    told = xlsforms.read({"Survey": [["Type", "Name", "Label"], ["note", "a", "Hi"]]}, unnamed)
    assert told.definition["items"][0]["text"] == {language: "Hi"}
    assert ("/Survey/1/Label" in {one.pointer for one in told.lost}) is (unnamed is None)


def test_what_is_too_much_is_refused_or_left_out_without_being_looked_at_again_and_again() -> None:
    with pytest.raises(ClinicError) as caught:
        taken_in(*(row("note", "?") for _ in range(20_000)))
    assert caught.value.pointers == {"/survey": "Holds more than 500 items."}
    choices = [["list_name", "name"], *(["yn", f"{number}"] for number in range(201))]
    form, lost, _ = taken_in(row("select_one yn"), row("note", "n"), choices=choices)
    assert (list(form.places), lost["/survey/2/type"]) == (["n"], "Its list has more than 200 options.")


def test_choices_and_settings_tell_what_they_lose() -> None:
    choices = [["list name", "name", LABEL, "image"], ["yn", "y z", "", "a.png"], ["yn", "y-z", "2", ""],
        ["yn", "y-z", "3", ""], ["yn", "", "4", ""], ["", "a", "5", ""], ["zz", "a", "6", ""]]  # fmt: skip
    extra = {"choices": choices, "settings": [["form_id", "version", "style"], ["X 1", "1.0", "pages"], ["y", "", ""]]}
    form, lost, _ = taken_in(row("select_one yn"), **extra, entities=[["a"]])
    assert [(one.code, one.text.en) for one in form.item("q").options] == [("y-z", "y-z"), ("y-z-2", "2")]
    assert (form.key, form.version, form.title.en) == ("x-1", "1", "x-1")
    assert set(lost) == {
        "/choices/1/image", "/choices/2/name", "/choices/2/label", "/choices/3/name", "/choices/4", "/choices/5",
        "/choices/6", "/choices/7", "/settings/2/form_id", "/settings/2/form_title", "/settings/2/version",
        "/settings/2/style", "/settings/3", "/entities",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("<b>Hoe</b> gaat&nbsp;het?<br>Nu", "Hoe gaat het?\nNu"),
        ("Dag ${naam}", "Dag ${naam}"),
        ("**Let op**", "**Let op**"),
        ("a\x00b", "ab"),
        ("x" * 2001, "x" * 2000),
        ("<script>alert(1)</script>Ja", "Ja"),
    ],
)
def test_what_a_text_loses_is_told(text: str, kept: str) -> None:
    form, lost, _ = taken_in(row("note", "n") | {LABEL: text})
    assert (form.item("n").text or form.title).en == kept
    assert f"/survey/2/{LABEL}" in lost


@pytest.mark.parametrize(
    ("rows", "pointer"),
    [
        ([row("begin group", "g")], "/survey/2/type"),
        ([{"type": "end group"}], "/survey/2/type"),
        ([row("begin group", "g"), {"type": "end repeat"}], "/survey/3/type"),
        ([row("calculate")], "/survey"),
        ([row("begin group", "g")] * 5_000, "/survey/7/type"),
        ([row("begin group", "g"), {"type": "end group"}], "/survey"),
    ],
)
def test_a_survey_that_asks_nothing_or_whose_groups_do_not_close_is_refused(
    rows: list[dict[str, str]], pointer: str
) -> None:
    with pytest.raises(ClinicError) as caught:
        taken_in(*rows)
    assert list(caught.value.pointers) == [pointer]


WORDS = st.sampled_from([
    "", "text", "begin group", "end group", "begin_repeat", "end repeat", "select_one yn", "q", "=", "${", "${q} = 1",
    "not(", "selected(${q}, 'y')", ". < 3", "yes", "<b>", "<b><![x", "\x00", "a" * 70, "1", "\ud800", "default",
    "9" * 400,
])  # fmt: skip
HEADERS = st.sampled_from([
    "type", "name", "label", "label::en", "relevant", "constraint", "default", "hint::x", "parameters", "list_name", "",
    "::", "label::", "disabled", "form_id", "default_language",
])  # fmt: skip
TABLE = st.tuples(st.lists(HEADERS, max_size=6), st.lists(st.lists(WORDS, max_size=6), max_size=6)).map(
    lambda told: [told[0], *told[1]]
)


@given(st.dictionaries(st.sampled_from(["survey", "choices", "settings", "x"]), TABLE))
@settings(max_examples=300, deadline=None)
def test_whatever_stands_in_the_cells_is_read_or_refused(sheets: dict[str, list[list[str]]]) -> None:
    with contextlib.suppress(ClinicError):
        form = read(xlsforms.read(sheets).definition)
        assert read(written(form)) == form
