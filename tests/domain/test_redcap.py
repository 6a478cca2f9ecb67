"""REDCap: an instrument of a data dictionary is carried as it is branched there, and every cell that is not is told."""

import contextlib
import csv
import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain import redcap, redcap_records
from backend.domain.datasets import DATASETS
from backend.domain.definitions import read, written
from backend.domain.enabling import settle
from backend.domain.errors import ClinicError
from backend.domain.questionnaires import Form
from backend.domain.redcap_rows import HEADERS

GOLDEN = (Path(__file__).parents[1] / "data" / "redcap.csv").read_bytes()


def dictionary(*rows: Mapping[str, str], separator: str = ",") -> bytes:
    """Return a data dictionary with these rows, as it is downloaded."""
    told = io.StringIO()
    writer = csv.writer(told, delimiter=separator)
    writer.writerow(HEADERS)
    writer.writerows([[row.get(name, "") for name in HEADERS.values()] for row in rows])
    return told.getvalue().encode()


def field(name: str, kind: str, **told: str) -> dict[str, str]:
    return {"field_name": name, "form_name": "made", "field_type": kind, "field_label": name} | told


def taken_in(*rows: Mapping[str, str]) -> tuple[Form, dict[str, str]]:
    told = redcap.read(dictionary(*rows), "en")
    return read(told.definition), {one.pointer: one.reason for one in told.lost}


def test_the_golden_dictionary_comes_to_what_was_worked_out_by_hand() -> None:
    told = redcap.read(GOLDEN, "en", "baseline")
    form = read(told.definition)
    assert (form.key, form.version, form.languages, form.title.en) == ("baseline", "1", ("en",), "baseline")
    assert {place.item.key: place.parent for place in form.places.values()} == {
        "birth-section": None, "birth": "birth-section", "age": "birth-section", "weight": "birth-section",
        "height": "birth-section", "mail": "birth-section", "visit": "birth-section", "seen": "birth-section",
        "smoke-section": None, "smoke": "smoke-section", "often": "smoke-section", "signs": "smoke-section",
        "other": "smoke-section", "cane": "smoke-section", "sure": "smoke-section", "pain": "smoke-section",
        "mood-section": None, "mood": "mood-section", "sleep": "mood-section",
        "thanks-section": None, "thanks": "thanks-section",
    }  # fmt: skip
    assert {key: place.item.type.value for key, place in form.places.items() if not place.item.items} == {
        "birth": "date", "age": "integer", "weight": "decimal", "height": "decimal", "mail": "string", "visit": "time",
        "seen": "dateTime", "smoke": "choice", "often": "choice", "signs": "choice", "other": "text", "cane": "boolean",
        "sure": "boolean", "pain": "integer", "mood": "choice", "sleep": "choice", "thanks": "display",
    }  # fmt: skip
    bounds = {key: (form.item(key).low, form.item(key).high) for key in ("birth", "age", "weight", "visit", "pain")}
    assert bounds == {"birth": ("1920-01-01", "2010-12-31"), "age": (18, 120), "weight": (30.5, 200),
        "visit": ("08:00", "18:00"), "pain": (0, 100)}  # fmt: skip
    assert [(one.code, one.text.en) for one in form.item("smoke").options] == [
        ("1", "Yes"), ("0", "No"), ("minus-9", "Unknown")]  # fmt: skip
    assert [one.text.en for one in form.item("often").options] == ["Daily", "Weekly, or so", "Less"]
    assert [key for key, place in form.places.items() if place.item.required] == ["birth", "smoke"]
    assert (form.item("signs").repeats, form.item("birth").help) == (True, form.item("birth").help)
    assert [one.en for one in form.item("pain").ends or ()] == ["None", "Worst"]
    assert (form.item("smoke").text or form.title).en == "Do you smoke?"
    assert {key: conditions(form, key) for key in form.places if form.item(key).enable_when} == {
        "age": "birth exists True", "weight": "age >= 18 & age < 80", "often": "smoke = 1",
        "signs": "often exists True & often != 3", "other": "signs = 99 | signs != 2", "cane": "smoke != minus-9",
        "sure": "cane = False",
    }  # fmt: skip


def conditions(form: Form, key: str) -> str:
    item = form.item(key)
    join = " | " if item.enable_behavior == "any" else " & "
    return join.join(f"{one.question} {one.operator.value} {one.answer}" for one in item.enable_when)


def test_the_golden_dictionary_tells_all_that_it_loses() -> None:
    lost = {one.pointer: one.reason for one in redcap.read(GOLDEN, "en", "baseline").lost}
    validation = "text_validation_type_or_show_slider_number"
    choices = "select_choices_or_calculations"
    assert set(lost) == {
        "/form", "/1/field_type", "/1/text_validation_min", "/1/text_validation_max", "/2/form_name", "/2/field_name",
        "/3/identifier", "/5/custom_alignment", "/6/question_number", f"/7/{validation}", f"/8/{validation}",
        "/10/text_validation_min", "/11/field_label", f"/11/{choices}", f"/12/{validation}", "/14/field_label",
        "/14/field_annotation", "/16/field_type", f"/17/{choices}", f"/17/{validation}", "/17/branching_logic",
        "/18/matrix_group_name", "/18/matrix_ranking", "/19/matrix_group_name", "/19/matrix_ranking",
        "/20/field_type", "/21/field_type", "/22/branching_logic", "/23/field_annotation",
    }  # fmt: skip
    assert lost["/form"] == "Only baseline is read; the file also holds followup."


@pytest.mark.parametrize(("form", "why"), [(None, "several instruments"), ("nowhere", "no such instrument")])
def test_a_file_with_several_instruments_says_which_there_are(form: str | None, why: str) -> None:
    with pytest.raises(ClinicError) as caught:
        redcap.read(GOLDEN, "nl", form)
    assert why in caught.value.pointers["/form"]
    assert "baseline, followup" in caught.value.pointers["/form"]


def test_what_another_instrument_asks_is_no_condition_here() -> None:
    told = redcap.read(GOLDEN, "nl", "followup")
    assert told.definition["items"] == [{"key": "again", "type": "boolean", "text": {"nl": "Again?"}}]
    assert "/24/branching_logic" in {one.pointer for one in told.lost}


@pytest.mark.parametrize(
    ("logic", "carried"),
    [
        ("[r] = '1'", "r = 1"), ('[r]="2"', "r = 2"), ("[r] <> '1'", "r != 1"), ("[r] != 1", "r != 1"),
        ("[r] > 1", "r = 2"), ("[r] >= '1'", "r exists True & r != minus-9"), ("[r] = '7'", None),
        ("[r] = ''", "r exists False"),
        ("[c(2)] = '1'", "c = 2"), ("[c(2)] = 0", "c != 2"), ("[c(2)] <> '1'", "c != 2"), ("[c(2)] > 0", "c = 2"),
        ("[c(7)] = '1'", None), ("[c] = '1'", None), ("[c] <> ''", None),
        ("[y] = '1'", "y = True"), ("[y] <> 1", "y != True"), ("[y] < 1", "y = False"),
        ("[n] > '5'", "n > 5"), ("5 >= [n]", "n <= 5"), ("[n] <> ''", "n exists True"),
        ("[t] = 'a'", "t = a"), ("[t] > 5", None), ("[d] > '2026-01-01'", None), ("[d] <> ''", "d exists True"),
        ("[r] = '1' AND [n] > 5", "r = 1 & n > 5"), ("([r] = '1') or ([y] = '1')", "r = 1 | y = True"),
        ("[r] = '1' and ([n] > 5 or [y] = '1')", None), ("[r] = '1' or [n] > 5 and [y] = '1'", None),
        ("[visit_1][r] = '1'", None), ("datediff([d], 'today', 'd') > 3", None), ("[n] + 1 > 3", None),
        ("[r] = [y]", None), ("# why\n[r] = '1'", None), ("[r] =", None),
    ],
)  # fmt: skip
def test_branching_logic_becomes_the_same_conditions_or_is_told(logic: str, carried: str | None) -> None:
    choices = "1, One | 2, Two | -9, None"
    form, lost = taken_in(
        field("r", "radio", select_choices_or_calculations=choices),
        field("c", "checkbox", select_choices_or_calculations=choices), field("y", "yesno"),
        field("n", "text", text_validation_type_or_show_slider_number="integer"), field("t", "text"),
        field("d", "text", text_validation_type_or_show_slider_number="date_mdy"),
        field("last", "descriptive", branching_logic=logic),
    )  # fmt: skip
    assert (conditions(form, "last"), "branching_logic" in " ".join(lost)) == (carried or "", carried is None)


KINDS = ["radio", "checkbox", "yesno", "integer", "number", "text", "slider"]
CODES = ["1", "2", "-9"]


@st.composite
def made(draw: st.DrawFn) -> list[dict[str, str]]:
    """Make an instrument whose fields branch on those before them."""
    found: list[dict[str, str]] = []
    for number in range(draw(st.integers(2, 6))):
        kind = draw(st.sampled_from(KINDS))
        told = field(f"f{number}", "text" if kind in {"integer", "number"} else kind, required_field=draw(
            st.sampled_from(["", "y"])), section_header=draw(st.sampled_from(["", "", "Part"])))  # fmt: skip
        if kind in {"integer", "number"}:
            told["text_validation_type_or_show_slider_number"] = kind
        if kind in {"radio", "checkbox"}:
            told["select_choices_or_calculations"] = " | ".join(f"{code}, Code {code}" for code in CODES)
        branches: bool = draw(st.booleans())
        if found and branches:
            parts = [_leaf(draw, draw(st.sampled_from(found))) for _ in range(draw(st.integers(1, 3)))]
            told["branching_logic"] = draw(st.sampled_from([" and ", " or ", " OR ", "\nAND "])).join(parts)
        found.append(told)
    return found


def _leaf(draw: st.DrawFn, of: Mapping[str, str]) -> str:
    operator = draw(st.sampled_from(["=", "<>", ">", "<", ">=", "<="]))
    name, kind = of["field_name"], of["field_type"]
    if kind == "checkbox":
        return f"[{name}({draw(st.sampled_from(CODES))})] {operator} '{draw(st.sampled_from('01'))}'"
    if kind == "text" and "text_validation_type_or_show_slider_number" not in of:
        return f"[{name}] {draw(st.sampled_from(['=', '<>']))} '{draw(st.sampled_from(['', 'a', '1']))}'"
    told = draw(st.sampled_from(["0", "1", "2", "-9", "1.5"]))
    leaf = draw(st.sampled_from([f"[{name}] {operator} {told}", f"[{name}]{operator}'{told}'", f"[{name}] <> ''"]))
    return draw(st.sampled_from([leaf, f"({leaf})"]))


Draw = Callable[[st.SearchStrategy[Any]], Any]
POOLS = {"radio": CODES, "yesno": ["1", "0"], "slider": ["0", "1", "2"], "integer": ["0", "1", "2"],
    "number": ["1", "1.5"], "text": ["a", "b"]}  # fmt: skip


def answer(draw: Draw, of: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
    """Return an answer as we keep it, None for none, and the raw values that REDCap keeps."""
    name, kind = of["field_name"], of["field_type"]
    none = draw(st.integers(0, 2)) == 0
    if kind == "checkbox":
        ticked = [] if none else draw(st.lists(st.sampled_from(CODES), min_size=1, unique=True))
        here = tuple(here_of(code) for code in CODES if code in ticked)
        return here or None, {f"{name}({code})": str(int(code in ticked)) for code in CODES}
    if none:
        return None, {name: ""}
    pools = {"radio": CODES, "yesno": ["1", "0"], "slider": ["0", "1", "2"]}
    text = of.get("text_validation_type_or_show_slider_number", "")
    raw = draw(
        st.sampled_from(pools.get(kind) or {"integer": ["0", "1", "2"], "number": ["1", "1.5"]}.get(text, ["a", "b"]))
    )
    if kind == "radio":
        return here_of(raw), {name: raw}
    value = raw == "1" if kind == "yesno" else float(raw) if kind == "slider" or text else raw
    return value, {name: raw}


def here_of(code: str) -> str:
    return code.replace("-", "minus-")


class Raw(str):
    """A raw value as REDCap's own script compares it: quoted texts as texts, and by size or unquoted as numbers, of
    which an empty one is none (its `chkNull`)."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return str(self) == other if isinstance(other, str) else self != "" and float(self) == other

    def __ne__(self, other: object) -> bool:
        return not self == other

    def size(self, other: object) -> float | None:
        return None if str(self) == "" else float(self) - float(str(other))

    def __lt__(self, other: object) -> bool:
        return (gap := self.size(other)) is not None and gap < 0

    def __gt__(self, other: object) -> bool:
        return (gap := self.size(other)) is not None and gap > 0

    def __le__(self, other: object) -> bool:
        return (gap := self.size(other)) is not None and gap <= 0

    def __ge__(self, other: object) -> bool:
        return (gap := self.size(other)) is not None and gap >= 0


def holds(logic: str, values: Mapping[str, str]) -> bool:
    """Tell whether branching logic shows a field, by Python's own evaluation of it."""
    told = re.sub(r"\[([^\]]+)\]", r'raw["\1"]', logic.replace("<>", "!=").replace("\n", " "))
    told = re.sub(r"(?<![<>!])=", "==", told)
    told = re.sub(r"\b(AND|OR)\b", lambda word: word[0].lower(), told)
    return bool(eval(told, {"raw": {name: Raw(value) for name, value in values.items()}}))


def shown(rows: list[dict[str, str]], raw: Mapping[str, Mapping[str, str]], lost: set[str]) -> set[str]:
    """Return the fields that REDCap shows, which empties what it hides; logic that was lost hides nothing."""
    values = {name: value for told in raw.values() for name, value in told.items()}
    found: set[str] = set()
    for line, row in enumerate(rows, 2):
        logic = row.get("branching_logic", "")
        if not logic or line_lost(rows, line, lost) or holds(logic, values):
            found.add(row["field_name"])
        else:
            values |= {name: "0" if "(" in name else "" for name in raw[row["field_name"]]}
    return found


def line_lost(rows: list[dict[str, str]], line: int, lost: set[str]) -> bool:
    """Tell whether a row's logic was lost; a line break within a cell is a line of the file too."""
    before = sum(row.get("branching_logic", "").count("\n") for row in rows[: line - 2])
    return f"/{line + before}/branching_logic" in lost


@given(made(), st.data())
@settings(max_examples=250, deadline=None)
def test_whatever_is_answered_the_same_fields_are_shown(rows: list[dict[str, str]], data: st.DataObject) -> None:
    form, lost = taken_in(*rows)
    for _ in range(3):
        answers = {row["field_name"]: answer(data.draw, row) for row in rows}
        raw = {name: there for name, (_, there) in answers.items()}
        there = shown(rows, raw, set(lost))
        told = settle(form, {name: here for name, (here, _) in answers.items() if here is not None})
        assert set(told.kept) == {name for name in there if answers[name][0] is not None}
        needed = {row["field_name"] for row in rows if row["required_field"] == "y"}
        missing = {pointer.rpartition("/")[2] for pointer in told.missing}
        assert missing == {name for name in there & needed if answers[name][0] is None}


@pytest.mark.parametrize("separator", [",", ";"])
def test_the_headers_of_the_api_and_of_a_download_are_the_same_columns(separator: str) -> None:
    rows = [field("a", "yesno"), field("b", "notes")]
    told = dictionary(*rows, separator=separator)
    _first, _, rest = told.partition(b"\r\n")
    named = separator.join(HEADERS.values()).encode()
    assert redcap.read(b"\xef\xbb\xbf" + named + b"\r\n" + rest, "nl") == redcap.read(told, "nl")


def test_a_data_dictionary_that_leaves_here_is_one_that_comes_in() -> None:
    left = redcap_records.dictionary(tuple(DATASETS))
    for name in DATASETS:
        form = read(redcap.read(left, "en", name).definition)
        assert len(form.places) == len(DATASETS[name]) - 1


def test_cells_that_a_list_would_refuse_are_texts_here_and_a_row_of_another_length_is_told() -> None:
    told = dictionary(field("a", "notes", field_label="-1 or = 2?\nTell\x07 us " + "x" * 600)) + b"b,made,text\r\n"
    found = redcap.read(told, "nl")
    assert found.definition["items"][0]["text"]["nl"].startswith("-1 or = 2?\nTell us xxx")
    assert {"/2/field_label", "/4"} <= {one.pointer for one in found.lost}


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"a,b\n1,2\n", dictionary(), b'"' + b"x" * 200_000, dictionary(field("a", "calc"))]
)
def test_what_is_no_data_dictionary_is_refused(content: bytes) -> None:
    with pytest.raises(ClinicError) as caught:
        redcap.read(content, "nl")
    assert caught.value.error.code == "invalid"


CELLS = st.sampled_from(["", "text", "radio", "slider", "checkbox", "1, a | 2, b", "|", "a", "-1, x", "y", "[a] = '1'",
    "[", "integer", "1e9", "\x00", "Made"])  # fmt: skip


@given(st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(HEADERS.values(), CELLS)), max_size=6))
@settings(max_examples=200, deadline=None)
def test_whatever_stands_in_the_cells_is_read_or_refused(rows: list[dict[str, str]]) -> None:
    told = dictionary(*({"field_name": "a", "form_name": "f", "field_type": "text"} | row for row in rows))
    with contextlib.suppress(ClinicError):
        form = read(redcap.read(told, "nl", "f").definition)
        assert read(written(form)) == form
