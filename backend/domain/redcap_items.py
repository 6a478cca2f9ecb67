"""REDCap fields as items of a definition: their texts, bounds and branching logic, or why these are not carried."""

import re
from dataclasses import dataclass, field
from typing import Any

from backend.domain.answers import comparable, shaped
from backend.domain.conditions import NOT_CARRIED, Asked, Scope, made
from backend.domain.errors import ClinicError
from backend.domain.expressions import REDCAP, Unread, parsed
from backend.domain.imported import Lose, fresh_key
from backend.domain.imported_texts import plain
from backend.domain.questionnaires import NOT_ASKED, ORDERED, Item, Type, Value
from backend.domain.redcap_kinds import Kind, kind, validated, why_not
from backend.domain.redcap_rows import ASKED, CHOICES, VALIDATION, Field

_ELSEWHERE = ("custom_alignment", "question_number", "matrix_ranking", "field_annotation")
_UNCOMPARED = frozenset({Type.DATE, Type.TIME, Type.DATE_TIME})
_BOUNDS = {"low": "text_validation_min", "high": "text_validation_max"}
_SLIDER = {"low": 0, "high": 100}


@dataclass(frozen=True, slots=True)
class Kept:
    """A field that is carried: its key here, and what it is."""

    field: Field
    key: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known while an instrument is read: the language of its texts, and its questions by name."""

    language: str
    lose: Lose
    taken: dict[str, int] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)


def kept(told: Field, reading: Reading) -> Kept | None:
    """Return a field with its key, None where it is left out, which is told."""
    left = why_not(told)
    if left is not None:
        reading.lose(told.at(left[0]), left[1])
        return None
    of = kind(told, reading.language, reading.lose)
    if of.type is Type.CHOICE and not of.options:
        reading.lose(told.at(CHOICES), "Has no options.")
        return None
    name = told.get("field_name")
    key = fresh_key(name, reading.taken)
    if key != name:
        reading.lose(told.at("field_name"), f"Became the key {key}.")
    if of.type not in NOT_ASKED and name not in reading.asked:
        # A box is ticked or not; how an empty day compares there was not verified.
        one = Asked(key, of.type, of.repeats, of.answers, exists=not of.repeats, compared=of.type not in _UNCOMPARED)
        reading.asked[name] = one
    return Kept(told, key, of)


def item(one: Kept, reading: Reading) -> dict[str, Any]:
    """Return a field as an item; what of it has no place is told."""
    told, of, lose = one.field, one.kind, reading.lose
    text = plain(told.get("field_label"), told.at("field_label"), lose, ASKED, markdown=False)
    if not text:
        lose(told.at("field_label"), "Is missing; the key is shown in its place.")
    note = plain(told.get("field_note"), told.at("field_note"), lose, ASKED, markdown=False)
    found: dict[str, Any] = {"key": one.key, "type": of.type.value, "text": {reading.language: text or one.key}}
    found |= {"help": {reading.language: note}} if note else {}
    found |= {"options": list(of.options)} if of.options else {}
    found |= {"repeats": True} if of.repeats else {}
    found |= _required(told, of, lose) | _bounds(told, of, lose)
    if told.get("field_type").lower() == "slider":
        found |= _ends(told, reading)
    _tell(told, of, lose)
    return found | _branching(told, reading)


def _required(told: Field, of: Kind, lose: Lose) -> dict[str, Any]:
    if told.said("required_field") and of.type in NOT_ASKED:
        lose(told.at("required_field"), "Nothing is asked that could be answered.")
        return {}
    return {"required": True} if told.said("required_field") else {}


def _bounds(told: Field, of: Kind, lose: Lose) -> dict[str, Any]:
    """Return the lowest and highest answer; a slider goes from 0 to 100 where it says nothing else."""
    found: dict[str, Any] = dict(_SLIDER) if told.get("field_type").lower() == "slider" else {}
    for name, column in _BOUNDS.items():
        cell = told.get(column)
        bound = _bound(of.type, cell) if cell else None
        if bound is not None:
            found[name] = bound
        elif cell:
            lose(told.at(column), "Is no lowest or highest answer to this question.")
    if {"low", "high"} <= found.keys() and comparable(of.type, found["low"]) > comparable(of.type, found["high"]):
        lose(told.at(_BOUNDS["high"]), "Lies below the lowest; both are left out.")
        return {}
    return found


def _bound(of: Type, cell: str) -> Value | None:
    if of not in ORDERED:
        return None
    number = re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", cell, re.ASCII)
    value: Value = cell
    if of in {Type.INTEGER, Type.DECIMAL}:
        if number is None:
            return None
        value = float(cell)
    try:
        return shaped(Item("q", of), value, "")
    except ClinicError:
        return None


def _ends(told: Field, reading: Reading) -> dict[str, Any]:
    """Return the words at the ends of a slider; those in the middle are lost."""
    at = told.at(CHOICES)
    parts = [plain(one, at, reading.lose, ASKED, markdown=False) for one in told.get(CHOICES).split("|")]
    if not any(parts):
        return {}
    if len(parts) > 2 or not (parts[0] and parts[-1]):
        reading.lose(at, "A scale has words at both ends, and none in between.")
    if len(parts) < 2 or not (parts[0] and parts[-1]):
        return {}
    return {"ends": {"low": {reading.language: parts[0]}, "high": {reading.language: parts[-1]}}}


def _tell(told: Field, of: Kind, lose: Lose) -> None:
    """Tell what a field says beside what is carried of it."""
    name = told.get("field_type").lower()
    for column in _ELSEWHERE:
        if told.get(column):
            lose(told.at(column), "A definition has no place for this.")
    if told.get("matrix_group_name"):
        lose(told.at("matrix_group_name"), "Is put as a question of its own, not in a row of a table.")
    if told.get(CHOICES) and not of.options and name != "slider":
        lose(told.at(CHOICES), "Fields of this type have no choices here.")
    if told.get(VALIDATION) and not (name == "text" and validated(told.get(VALIDATION))[1]):
        lose(told.at(VALIDATION), f"Answers are of type {of.type.value} here, and not looked at in this way.")
    if name == "truefalse":
        lose(told.at("field_type"), "Is answered by yes or no here.")


def _branching(told: Field, reading: Reading) -> dict[str, Any]:
    logic = told.get("branching_logic")
    if not logic:
        return {}
    try:
        found = made(parsed(logic, REDCAP), Scope(reading.asked, ()))
    except Unread:
        found = None
    if found is None:
        reading.lose(told.at("branching_logic"), NOT_CARRIED)
    return found or {}
