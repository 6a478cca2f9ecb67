"""Items: one item of a form as JSON, read strictly by its type, and written again."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from backend.domain.answers import taken
from backend.domain.errors import invalid
from backend.domain.questionnaires import Behavior, Condition, Item, Operator, Option, Type, Words
from backend.domain.strict import fields, flag, key, listed, named, whole, words, words_told

Inner = Callable[[object, str], tuple[Item, ...]]
"""Reads the items of a group, which lie at a pointer."""

MOST_OPTIONS = 200
MOST_CONDITIONS = 20
MOST_INITIAL = 20
_BAND = (-1_000_000, 1_000_000)

_ALWAYS = ("text", "help", "enable_when", "enable_behavior")
_QUESTION = (*_ALWAYS, "required", "repeats", "initial")
_BOUNDS = ("low", "high")
_MAY: Mapping[Type, tuple[str, ...]] = {
    Type.GROUP: (*_ALWAYS, "items", "repeats", "required"),
    Type.DISPLAY: _ALWAYS,
    Type.BOOLEAN: _QUESTION,
    Type.INTEGER: (*_QUESTION, *_BOUNDS, "ends"),
    Type.DECIMAL: (*_QUESTION, *_BOUNDS, "ends"),
    Type.DATE: (*_QUESTION, *_BOUNDS),
    Type.DATE_TIME: (*_QUESTION, *_BOUNDS),
    Type.TIME: (*_QUESTION, *_BOUNDS),
    Type.STRING: (*_QUESTION, "max_length"),
    Type.TEXT: (*_QUESTION, "max_length"),
    Type.CHOICE: (*_QUESTION, "options", "band_of"),
    Type.OPEN_CHOICE: (*_QUESTION, "options", "max_length"),
    Type.QUANTITY: (*_QUESTION, *_BOUNDS, "unit"),
}
"""What an item of a type may say beside `key` and `type`; anything else is refused."""

_NEEDS: Mapping[Type, tuple[str, ...]] = {
    Type.GROUP: ("items",),
    Type.CHOICE: ("text", "options"),
    Type.OPEN_CHOICE: ("text", "options"),
    Type.QUANTITY: ("text", "unit"),
}


def read(told: object, first: str, pointer: str, inner: Inner) -> Item:
    """Return one item; `first` is the form's first language. Raises ClinicError as `definitions.read`."""
    kind = named(Type, told.get("type") if isinstance(told, dict) else None, f"{pointer}/type")
    one = fields(told, pointer, needed=("key", "type", *_NEEDS.get(kind, ("text",))), also=_MAY[kind])
    found = Item(
        key=key(one["key"], f"{pointer}/key"),
        type=kind,
        text=_words(one, "text", first, pointer),
        help=_words(one, "help", first, pointer),
        required=flag(one, "required", pointer),
        repeats=flag(one, "repeats", pointer),
        low=one.get("low"),
        high=one.get("high"),
        max_length=whole(one, "max_length", pointer, 1, 4000),
        unit=_unit(one, f"{pointer}/unit"),
        options=_options(one, first, f"{pointer}/options"),
        enable_when=_conditions(one, f"{pointer}/enable_when"),
        enable_behavior=named(Behavior, one.get("enable_behavior", "all"), f"{pointer}/enable_behavior"),
        ends=_ends(one, first, f"{pointer}/ends"),
        band_of=key(one["band_of"], f"{pointer}/band_of") if "band_of" in one else None,
        items=inner(one["items"], f"{pointer}/items") if kind is Type.GROUP else (),
    )
    _check(found, pointer)
    return replace(found, initial=_initial(found, one, f"{pointer}/initial")) if "initial" in one else found


def written(item: Item) -> dict[str, Any]:
    """Return an item as `read` takes it, with nothing in it that says nothing."""
    told: dict[str, Any] = {
        "text": words_told(item.text) if item.text else None,
        "help": words_told(item.help) if item.help else None,
        "required": item.required,
        "repeats": item.repeats,
        "initial": list(item.initial),
        "low": item.low,
        "high": item.high,
        "max_length": item.max_length,
        "unit": item.unit,
        "options": [_option_told(one) for one in item.options],
        "enable_when": [_condition_told(one) for one in item.enable_when],
        "enable_behavior": "any" if item.enable_behavior is Behavior.ANY else None,
        "ends": {"low": words_told(item.ends[0]), "high": words_told(item.ends[1])} if item.ends else None,
        "band_of": item.band_of,
        "items": [written(one) for one in item.items],
    }
    # A bound of 0 says something; no, nothing and an empty list do not.
    said = {name: value for name, value in told.items() if value is not None and value is not False and value != []}
    return {"key": item.key, "type": item.type.value, **said}


def _check(item: Item, pointer: str) -> None:
    """Refuse what an item's type takes, but not together."""
    if item.type is Type.GROUP and item.required and not item.repeats:
        raise invalid(f"{pointer}/required", "Only a group that repeats can be required.")
    if item.band_of and (item.required or item.repeats):
        raise invalid(f"{pointer}/band_of", "A band neither repeats nor must be answered.")
    if item.ends and (item.low is None or item.high is None):
        raise invalid(f"{pointer}/ends", "A scale has a low and a high end.")


def _words(told: Mapping[str, Any], name: str, first: str, pointer: str) -> Words | None:
    return words(told[name], first, f"{pointer}/{name}") if name in told else None


def _unit(told: Mapping[str, Any], pointer: str) -> str | None:
    if "unit" not in told:
        return None
    unit = told["unit"]
    if not isinstance(unit, str) or not 1 <= len(unit) <= 40 or not all("!" <= sign <= "~" for sign in unit):
        raise invalid(pointer, "Must be a unit (UCUM).", "unknown-unit")
    return unit


def _options(told: Mapping[str, Any], first: str, pointer: str) -> tuple[Option, ...]:
    if "options" not in told:
        return ()
    found: dict[str, Option] = {}
    for index, one in enumerate(listed(told["options"], MOST_OPTIONS, pointer)):
        at = f"{pointer}/{index}"
        option = _option(one, first, at, banded="band_of" in told)
        if option.code in found:
            raise invalid(f"{at}/code", "Another option has this code.")
        found[option.code] = option
    return tuple(found.values())


def _option(told: object, first: str, pointer: str, *, banded: bool) -> Option:
    one = fields(told, pointer, needed=("code", "text"), also=_BOUNDS if banded else ())
    low, high = (whole(one, name, pointer, *_BAND) for name in _BOUNDS)
    if (low is None) is not (high is None) or (low is not None and high is not None and low > high):
        raise invalid(pointer, "A band has a low and a high end.")
    return Option(key(one["code"], f"{pointer}/code"), words(one["text"], first, f"{pointer}/text"), low, high)


def _option_told(option: Option) -> dict[str, Any]:
    band = {"low": option.low, "high": option.high} if option.low is not None else {}
    return {"code": option.code, "text": words_told(option.text), **band}


def _conditions(told: Mapping[str, Any], pointer: str) -> tuple[Condition, ...]:
    if "enable_when" not in told:
        return ()
    return tuple(
        _condition(one, f"{pointer}/{index}")
        for index, one in enumerate(listed(told["enable_when"], MOST_CONDITIONS, pointer))
    )


def _condition(told: object, pointer: str) -> Condition:
    one = fields(told, pointer, needed=("question", "operator", "answer"))
    operator = named(Operator, one["operator"], f"{pointer}/operator")
    return Condition(key(one["question"], f"{pointer}/question"), operator, one["answer"])


def _condition_told(condition: Condition) -> dict[str, Any]:
    return {"question": condition.question, "operator": condition.operator.value, "answer": condition.answer}


def _ends(told: Mapping[str, Any], first: str, pointer: str) -> tuple[Words, Words] | None:
    if "ends" not in told:
        return None
    ends = fields(told["ends"], pointer, needed=("low", "high"))
    return words(ends["low"], first, f"{pointer}/low"), words(ends["high"], first, f"{pointer}/high")


def _initial(item: Item, told: Mapping[str, Any], pointer: str) -> tuple[Any, ...]:
    found = listed(told["initial"], MOST_INITIAL if item.repeats else 1, pointer)
    return tuple(taken(item, one, f"{pointer}/{index}") for index, one in enumerate(found))
