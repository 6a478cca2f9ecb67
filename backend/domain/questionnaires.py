"""Questionnaires: the forms a patient fills in, as data, and which answers a form takes."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from backend.domain.errors import ClinicError, invalid
from backend.domain.symptoms import vocabulary

Answer = str | int | bool | tuple[str, ...]
"""A choice, a whole number, a yes or no, or several choices in the order of the form."""

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class Kind(StrEnum):
    """What sort of answer a question takes."""

    CHOICE = "choice"
    CHOICES = "choices"
    INTEGER = "integer"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages (Dutch first, language level B1)."""

    nl: str
    en: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose; `low` to `high` (both included) where it is a band of another question."""

    code: str
    nl: str
    en: str
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds when another question of the form has exactly this answer."""

    key: str
    equals: str | bool

    def holds(self, answers: Mapping[str, object]) -> bool:
        """Return whether the answer given is the one meant; an open question is no answer."""
        return self.key in answers and answers[self.key] == self.equals


@dataclass(frozen=True, slots=True)
class Item:
    """One question; integers lie from `low` to `high`, both included; `ends` are a scale's end words."""

    key: str
    kind: Kind
    text: Words
    required: bool
    low: int | None
    high: int | None
    choices: tuple[Choice, ...]
    show_when: Condition | None
    hide_when: Condition | None
    band_of: str | None
    ends: tuple[Words, Words] | None

    def shown(self, answers: Mapping[str, object]) -> bool:
        """Return whether the question is put to a patient who gave these answers."""
        if self.hide_when and self.hide_when.holds(answers):
            return False
        return self.show_when is None or self.show_when.holds(answers)


@dataclass(frozen=True, slots=True)
class Form:
    """One version of a form; its items are keyed and in the order in which they are asked."""

    key: str
    version: str
    title: Words
    items: Mapping[str, Item]


@cache
def forms() -> Mapping[str, Form]:
    """Return the forms we ship whole, by key: our own and generic scales, no licensed text (forms.json)."""
    told = json.loads(files("backend.domain").joinpath("forms.json").read_text("utf-8"))
    return MappingProxyType({one["key"]: _form(one) for one in told["forms"]})


def form(key: str) -> Form:
    """Return the form of that key, or raise ClinicError `unknown-form`."""
    if key not in forms():
        raise invalid("/form", "There is no such form.", "unknown-form")
    return forms()[key]


def _form(told: dict[str, Any]) -> Form:
    items = MappingProxyType({item["key"]: _item(item) for item in told["items"]})
    return Form(told["key"], told["version"], Words(**told["title"]), items)


def _item(told: dict[str, Any]) -> Item:
    ends = told.get("ends")
    return Item(
        key=told["key"],
        kind=Kind(told["kind"]),
        text=Words(**told["text"]),
        required=told.get("required", False),
        low=told.get("low"),
        high=told.get("high"),
        choices=_choices(told),
        show_when=_condition(told.get("show_when")),
        hide_when=_condition(told.get("hide_when")),
        band_of=told.get("band_of"),
        ends=(Words(**ends["low"]), Words(**ends["high"])) if ends else None,
    )


def _choices(told: dict[str, Any]) -> tuple[Choice, ...]:
    if told.get("choices_from") == "symptoms":
        return tuple(Choice(one.key, one.nl, one.en) for one in vocabulary().values())
    return tuple(Choice(**choice) for choice in told.get("choices", ()))


def _condition(told: dict[str, Any] | None) -> Condition | None:
    return Condition(**told) if told else None


def check(asked: Form, answers: Mapping[str, object], *, completed: bool = False) -> Mapping[str, Answer]:
    """Return the answers in the order of the form, or raise ClinicError with pointers `/answers/<key>`.

    Codes: `unknown-form` (no such question), `invalid` (wrong type or choice; when `completed`, a required
    question left open), `out-of-bounds` (a number outside its range), `contradiction` (an answer to a
    question that these answers hide, or a band its number does not lie in). No answer is ever
    inferred from another.
    """
    for key in answers:
        if key not in asked.items:
            pointer = f"/answers/{key}" if KEY.fullmatch(key) else "/answers"
            raise invalid(pointer, "The form has no such question.", "unknown-form")
    given = {key: _answer(item, answers[key]) for key, item in asked.items.items() if key in answers}
    for key in given:
        _check_shown(asked.items[key], given)
        _check_band(asked.items[key], given)
    if completed:
        _check_required(asked, given)
    return MappingProxyType(given)


def _answer(item: Item, value: object) -> Answer:
    pointer = f"/answers/{item.key}"
    if item.kind is Kind.INTEGER:
        return _whole(item, value, pointer)
    if item.kind is Kind.BOOLEAN:
        if not isinstance(value, bool):
            raise invalid(pointer, "Must be true or false.")
        return value
    return _chosen(item, value, pointer) if item.kind is Kind.CHOICE else _several(item, value, pointer)


def _whole(item: Item, value: object, pointer: str) -> int:
    """Return a whole number within bounds; JSON writes 10 as 10.0 too, but 7.9, "7" and true are refused."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value % 1 != 0:
        raise invalid(pointer, "Must be a whole number.")
    if (item.low is not None and value < item.low) or (item.high is not None and value > item.high):
        raise invalid(pointer, f"Must lie from {item.low} to {item.high}.", "out-of-bounds")
    return int(value)


def _chosen(item: Item, value: object, pointer: str) -> str:
    if not isinstance(value, str) or value not in (choice.code for choice in item.choices):
        raise invalid(pointer, "Must be one of the choices.")
    return value


def _several(item: Item, value: object, pointer: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise invalid(pointer, "Must be a list of choices.")
    chosen = [_chosen(item, one, f"{pointer}/{index}") for index, one in enumerate(value)]
    if len(set(chosen)) < len(chosen):
        raise invalid(pointer, "A choice stands here twice.")
    return tuple(choice.code for choice in item.choices if choice.code in chosen)


def _check_shown(item: Item, given: Mapping[str, Answer]) -> None:
    if not item.shown(given):
        raise invalid(f"/answers/{item.key}", "The other answers hide this question.", "contradiction")


def _check_band(item: Item, given: Mapping[str, Answer]) -> None:
    number = given.get(item.band_of) if item.band_of else None
    if not isinstance(number, int):
        return
    band = next(choice for choice in item.choices if choice.code == given[item.key])
    if band.low is not None and band.high is not None and not band.low <= number <= band.high:
        raise invalid(f"/answers/{item.key}", f"Does not agree with {item.band_of}.", "contradiction")


def _check_required(asked: Form, given: Mapping[str, Answer]) -> None:
    open_items = [i.key for i in asked.items.values() if i.required and i.key not in given and i.shown(given)]
    if open_items:
        why = "This question needs an answer."
        raise ClinicError("invalid", why, {f"/answers/{key}": why for key in open_items})
