"""REDCap field types: what a field is as an item of a definition, or why it is left out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.domain.imported import Lose, fresh_key
from backend.domain.imported_texts import plain
from backend.domain.items import MOST_OPTIONS
from backend.domain.questionnaires import Type, Value
from backend.domain.redcap_rows import ASKED, CHOICES, VALIDATION, Field

_TYPES: Mapping[str, Type] = {
    "text": Type.STRING,
    "notes": Type.TEXT,
    "radio": Type.CHOICE,
    "dropdown": Type.CHOICE,
    "checkbox": Type.CHOICE,
    "yesno": Type.BOOLEAN,
    "truefalse": Type.BOOLEAN,
    "slider": Type.INTEGER,
    "descriptive": Type.DISPLAY,
}
_VALIDATED: Mapping[str, Type] = {
    "integer": Type.INTEGER,
    "number": Type.DECIMAL,
    "date_ymd": Type.DATE,
    "date_mdy": Type.DATE,
    "date_dmy": Type.DATE,
    "time": Type.TIME,
    "time_hh_mm_ss": Type.TIME,
}
_NUMBER = re.compile(r"number_(?:\d+dp)?_?(?:comma_decimal)?")
_MOMENT = re.compile(r"datetime_(?:seconds_)?[ymd]{3}")
_NOT_ASKED = re.compile(r"@(?:HIDDEN(?:-SURVEY)?|CALCTEXT|CALCDATE)(?![\w-])")
"""Action tags of fields that nobody answers."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a field is: its type here, its options as a definition tells them, and what its codes are as answers."""

    type: Type
    repeats: bool = False
    options: tuple[dict[str, Any], ...] = ()
    answers: Mapping[str, Value] = field(default_factory=dict)


def why_not(told: Field) -> tuple[str, str] | None:
    """Return the column by which a field is left out, and why; None where it is carried."""
    name = told.get("field_type").lower()
    if name not in _TYPES:
        return "field_type", f"Fields of type {name[:60]} are not asked here."
    if told.said("identifier"):
        return "identifier", "Identifies a person, which a questionnaire does not ask."
    if _NOT_ASKED.search(told.get("field_annotation")):
        return "field_annotation", "Is hidden or reckoned there."
    if _TYPES[name] is Type.CHOICE and told.get(CHOICES).count("|") >= MOST_OPTIONS:
        return CHOICES, f"Has more than {MOST_OPTIONS} options."
    return None


def kind(told: Field, first: str, lose: Lose) -> Kind:
    """Return what a field that is carried is; `first` is the language of its texts."""
    name = told.get("field_type").lower()
    of = _TYPES[name]
    if of is Type.BOOLEAN:
        return Kind(of, answers={"1": True, "0": False})
    if of is Type.CHOICE:
        return Kind(of, name == "checkbox", *_options(told, first, lose))
    return Kind(validated(told.get(VALIDATION))[0] if name == "text" else of)


def validated(told: str) -> tuple[Type, bool]:
    """Return the type of a text with that validation, and whether it asks nothing more."""
    name = told.lower()
    if name in _VALIDATED:
        return _VALIDATED[name], True
    if _NUMBER.fullmatch(name):
        return Type.DECIMAL, False
    return (Type.DATE_TIME, True) if _MOMENT.fullmatch(name) else (Type.STRING, not name)


def _options(told: Field, first: str, lose: Lose) -> tuple[tuple[dict[str, Any], ...], dict[str, Value]]:
    at = told.at(CHOICES)
    options: list[dict[str, Any]] = []
    answers: dict[str, Value] = {}
    taken: dict[str, int] = {}
    for part in told.get(CHOICES).strip("| \n").split("|"):
        code, _, label = (piece.strip() for piece in part.partition(","))
        if not code:
            lose(at, "Leaves out an option without a code.")
            continue
        if code in answers:
            lose(at, f"{code[:60]} stands there twice; the first is kept.")
            continue
        key = fresh_key(code, taken)
        if key != code:
            lose(at, f"{code[:60]} became the code {key}.")
        text = plain(label, at, lose, ASKED, markdown=False)
        if not text:
            lose(at, f"{code[:60]} has no text; the code is shown in its place.")
        answers[code] = key
        options.append({"code": key, "text": {first: text or key}})
    return tuple(options), answers
