"""XLSForm: what we make of a workbook agrees with pyxform's own conversion of it in everything not told as lost."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pyxform.xls2xform import ConvertResult, convert

from backend.api.workbooks import opened
from backend.domain import xlsforms
from backend.domain.answers import taken
from backend.domain.definitions import read
from backend.domain.enabling import settle
from backend.domain.errors import ClinicError
from backend.domain.imported import Imported
from backend.domain.questionnaires import Form
from tests.api.xform import XForm
from tests.factories.workbooks import encoded
from tests.factories.xlsforms import DAYS, LISTS, Made, answers, branched, forms

TYPES = {
    "text": "string", "integer": "integer", "decimal": "decimal", "date": "date", "range": "integer", "note": "display",
    "acknowledge": "choice", "select one": "choice", "select all that apply": "choice", "group": "group",
    "repeat": "group",
}  # fmt: skip
LANGUAGES = {"nl": "Nederlands (nl)", "en": "English (en)"}
RENAMED = re.compile(r"Became the (?:key|code) (.*)\.")


class Both:
    """A workbook in both readings: ours with what is lost, and pyxform's."""

    def __init__(self, made: Made) -> None:
        self.made = made
        self.ours: Imported = xlsforms.read(opened(encoded(made.workbook), "/xlsx"))
        self.form: Form = read(self.ours.definition)
        self.theirs: ConvertResult = convert(made.workbook, file_type=".xlsx")
        self.xform = XForm(self.theirs.xform)
        self.lost = {one.pointer: one.reason for one in self.ours.lost}
        self.keys = {row[1]: self._key(number, row[1]) for number, row in enumerate(made.rows, 2) if len(row) > 1}
        self.rows = {row[1]: number for number, row in enumerate(made.rows, 2) if len(row) > 1}
        codes = [code for listed in LISTS.values() for code in listed]
        self.codes = dict(zip(codes, (self._code(at, code) for at, code in enumerate(codes, 2)), strict=True))
        for name in self.rows:
            for attribute in ("relevant", "required"):
                if self.is_lost(name, attribute):
                    self.xform.ignore(name, attribute)

    def _key(self, row: int, name: str) -> str:
        told = RENAMED.fullmatch(self.lost.get(f"/survey/{row}/name", ""))
        return told[1] if told else name

    def _code(self, row: int, name: str) -> str:
        told = RENAMED.fullmatch(self.lost.get(f"/choices/{row}/name", ""))
        return told[1] if told else name

    def carried(self, name: str) -> bool:
        """Tell whether a row was not told as left out."""
        return name in self.rows and not self.is_lost(name, "type")

    def expected(self, children: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield pyxform's items as a definition has them, in order, without what was told as lost."""
        for child in children:
            name, of = child["name"], child["type"]
            if not self.carried(name):
                continue
            text = {code: child["label"][spoken] for code, spoken in LANGUAGES.items() if spoken in child["label"]}
            told: dict[str, Any] = {"key": self.keys[name], "text": text, "type": TYPES[of]}
            if "choices" in child:
                told["options"] = [self._option(one) for one in child["choices"] if one["name"] != "other"]
                told["type"] = "open-choice" if any(one["name"] == "other" for one in child["choices"]) else "choice"
            if of in {"repeat", "select all that apply"}:
                told["repeats"] = True
            if child.get("bind", {}).get("required") in {"yes", "true()"} and not self.is_lost(name, "required"):
                told["required"] = True
            inner = list(self.expected(child["children"])) if "children" in child else []
            yield told | ({"items": inner} if inner else {})

    def is_lost(self, name: str, column: str) -> bool:
        """Tell whether a cell was told as lost."""
        return f"/survey/{self.rows[name]}/{column}" in self.lost

    def _option(self, told: dict[str, Any]) -> dict[str, Any]:
        return {
            "code": self.codes[told["name"]],
            "text": {code: told["label"][name] for code, name in LANGUAGES.items()},
        }


def structure(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return our items with what pyxform tells too."""
    names = ("key", "text", "type", "repeats", "required", "options")
    told = [{name: item[name] for name in names if name in item} | (
        {"items": structure(item["items"])} if "items" in item else {}) for item in items]  # fmt: skip
    for item in told:
        if item["type"] == "choice" and [one["code"] for one in item["options"]] == ["OK"]:
            del item["options"]
    return told


@given(forms())
@settings(max_examples=30, deadline=None)
def test_items_options_texts_and_order_are_those_of_pyxform(made: Made) -> None:
    both = Both(made)
    assert structure(both.ours.definition["items"]) == list(both.expected(both.theirs._pyxform["children"]))
    assert len(both.lost) == len(both.ours.lost)


@given(forms(), st.data())
@settings(max_examples=25, deadline=None)
def test_whatever_is_answered_the_same_questions_are_put(made: Made, data: st.DataObject) -> None:
    _answer(made, data, 3)


@given(branched(), st.data())
@settings(max_examples=15, deadline=None)
def test_every_kind_of_condition_holds_for_the_same_answers(made: Made, data: st.DataObject) -> None:
    _answer(made, data, 5)


def _answer(made: Made, data: st.DataObject, times: int) -> None:
    both = Both(made)
    for _ in range(times):
        told: dict[str, Any] = {}
        for name, kind in made.kinds.items():
            repeat = made.within[name]
            if not both.carried(name) or repeat is not None:
                continue
            told[name] = answers(data.draw, kind, both.codes)
        repeats = {name for name in made.within.values() if name is not None and both.carried(name)}
        for repeat in sorted(repeats):
            inner = [name for name, of in made.within.items() if of == repeat and both.carried(name)]
            told[repeat] = [
                {name: answers(data.draw, made.kinds[name], both.codes) for name in inner}
                for _ in range(data.draw(st.integers(1, 2)))
            ]
        _agree(both, told)


def _agree(both: Both, told: dict[str, Any]) -> None:
    mine = settle(both.form, _here(both, told))
    answered, unanswered = both.xform.settled(_there(told))
    names = {key: name for name, key in both.keys.items()}
    assert {(names[key], at): _text(both, names[key], one) for key, at, one in _flat(mine.kept)} == answered
    missing = [pointer.split("/") for pointer in mine.missing]
    assert {(names[steps[-1]], int(steps[-2]) if len(steps) > 2 else 0) for steps in missing} == {
        spot for spot in unanswered if both.carried(spot[0]) and both.xform.required(spot[0])
    }


def _here(both: Both, told: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for name, one in told.items():
        if isinstance(one, list):
            found[both.keys[name]] = tuple(_here(both, inner) for inner in one)
        elif one is not None:
            found[both.keys[name]] = one.here
    return found


def _there(told: dict[str, Any]) -> dict[str, Any]:
    return {
        name: [_there(inner) for inner in one] if isinstance(one, list) else one.there
        for name, one in told.items()
        if one is not None
    }


def _flat(kept: Any, at: int = 0) -> Iterator[tuple[str, int, Any]]:
    """Yield what is kept: its key, in which instance of a repeat, and the answer."""
    for key, answer in kept.items():
        if isinstance(answer, tuple) and answer and isinstance(answer[0], dict):
            for number, one in enumerate(answer):
                yield from _flat(one, number)
        else:
            yield key, at, answer


def _text(both: Both, name: str, answer: Any) -> str:
    """Return an answer of ours as their instance holds it."""
    kind = both.made.kinds[name]
    codes = {code: told for told, code in both.codes.items()}
    if isinstance(answer, dict):
        return "other"
    if kind == "date":
        return str(date.fromisoformat(answer).toordinal())
    if kind.startswith("select"):
        return " ".join(codes[one] for one in (answer if isinstance(answer, tuple) else (answer,)))
    return str(answer)


@given(forms())
@settings(max_examples=25, deadline=None)
def test_the_same_answers_are_within_bounds(made: Made) -> None:
    both = Both(made)
    for name, kind in made.kinds.items():
        if kind not in PROBES or both.is_lost(name, "constraint"):
            continue
        for here, there in PROBES[kind]:
            assert _takes(both.form, both.keys[name], here) is both.xform.takes(name, there), (made.rows, name, here)


PROBES: dict[str, list[tuple[Any, str]]] = {
    "integer": [(number, str(number)) for number in range(-1, 6)],
    "decimal": [(number, str(number)) for number in (-0.5, 0, 1, 1.5, 2, 2.5, 3, 4, 4.25)],
    "text": [("x" * length, "x" * length) for length in range(1, 6)],
    "date": [(day, str(date.fromisoformat(day).toordinal())) for day in DAYS],
}


def _takes(form: Form, key: str, answer: Any) -> bool:
    try:
        taken(form.item(key), answer, "")
    except ClinicError:
        return False
    return True
