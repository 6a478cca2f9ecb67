"""FHIR R4 parts of an item of another system: bounds, unit, options, first answers and conditions, or why not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.domain.conditions import NOT_CARRIED
from backend.domain.fhir import values as fhir
from backend.domain.fhir.values import quantity_read, value_read, words_read
from backend.domain.imported import Lost
from backend.domain.questionnaires import KEY, NOT_ASKED, ORDERED, WRITTEN, Behavior, Operator, Type

_BOUNDS = {fhir.LOW: "low", fhir.HIGH: "high"}
_QUANTITY_BOUNDS = {fhir.LOW_QUANTITY: "low", fhir.HIGH_QUANTITY: "high"}
_CHOSEN = frozenset({Type.CHOICE, Type.OPEN_CHOICE})


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known while a resource is read: its language, what its items are called here, what was lost so far."""

    first: str
    linked: Mapping[str, tuple[str, Type]]
    lost: list[Lost]
    seen: set[str] = field(default_factory=set)

    def lose(self, pointer: str, reason: str) -> None:
        """Tell that something could not be carried."""
        self.lost.append(Lost(pointer, reason))


def control(item: Any) -> str | None:
    """Return what a display item is below another: `help`, `lower` or `upper`; None for any other item."""
    if not isinstance(item, dict) or item.get("type") != "display" or not isinstance(item.get("linkId"), str):
        return None
    if not set(item) <= {"linkId", "type", "text", "_text", "extension"}:
        return None
    codes = [_coded(one) for one in item.get("extension", [])]
    return codes[0] if len(codes) == 1 and codes[0] in {"help", "lower", "upper"} else None


def _coded(extension: Any) -> str | None:
    if not isinstance(extension, dict) or extension.get("url") != fhir.ITEM_CONTROL:
        return None
    coding = extension.get("valueCodeableConcept", {}).get("coding", [])
    code = coding[0].get("code") if len(coding) == 1 and coding[0].get("system") == fhir.CONTROLS else None
    return code if isinstance(code, str) else None


def unit(extension: Any) -> str | None:
    """Return the UCUM unit an extension tells, None for any other."""
    if not isinstance(extension, dict) or extension.get("url") != fhir.UNIT:
        return None
    coding = extension.get("valueCoding", {})
    return coding.get("code") if coding.get("system") == fhir.UCUM else None


def bounds(told: Mapping[str, Any], kind: Type, pointer: str, reading: Reading) -> dict[str, Any]:
    """Return `low`, `high` and `unit`; every other extension is lost."""
    found: dict[str, Any] = {}
    for index, one in enumerate(told.get("extension", [])):
        name, value = _extension(one, kind)
        if name is None or value is None or name in found:
            reading.lose(f"{pointer}/extension/{index}", "A definition has no place for this extension.")
            continue
        found[name] = value
        for also in sorted(_coding(one, "valueCoding").keys() - {"system", "code"}):
            reading.lose(f"{pointer}/extension/{index}/valueCoding/{also}", "A unit is its UCUM code.")
    return found


def _extension(told: Any, kind: Type) -> tuple[str | None, Any]:
    if not isinstance(told, dict):
        return None, None
    url = told.get("url")
    if kind is Type.QUANTITY:
        return ("unit", unit(told)) if url == fhir.UNIT else _quantity_bound(told)
    return (_BOUNDS.get(str(url)), value_read(kind, told, "value")) if kind in ORDERED else (None, None)


def _quantity_bound(told: Mapping[str, Any]) -> tuple[str | None, Any]:
    return _QUANTITY_BOUNDS.get(str(told.get("url"))), quantity_read(told.get("valueQuantity"))


def flags(told: Mapping[str, Any], kind: Type, pointer: str, reading: Reading) -> dict[str, Any]:
    """Return `required`, `repeats` and `max_length` where the type has them."""
    found: dict[str, Any] = {}
    asked = kind is not Type.DISPLAY
    repeats = asked and told.get("repeats") is True
    may = {"repeats": asked, "required": asked and (kind is not Type.GROUP or repeats)}
    for name, has in may.items():
        if told.get(name) is True and has:
            found[name] = True
        elif told.get(name, False) is not False:
            reading.lose(f"{pointer}/{name}", f"An item of type {kind.value} has no place for this.")
    if kind in WRITTEN and "maxLength" in told:
        found["max_length"] = told["maxLength"]
    elif "maxLength" in told:
        reading.lose(f"{pointer}/maxLength", f"An item of type {kind.value} has no place for this.")
    return found


def answers(told: Mapping[str, Any], kind: Type, pointer: str, reading: Reading) -> dict[str, Any]:
    """Return `options` and `initial`."""
    found: dict[str, list[Any]] = {"options": [], "initial": []}
    for index, one in enumerate(told.get("answerOption", [])):
        option = _option(one, kind, f"{pointer}/answerOption/{index}", reading)
        found["options"] += [option] if option else []
    for index, one in enumerate(told.get("initial", [])):
        at = f"{pointer}/initial/{index}"
        value = value_read(kind, one, "value") if kind not in NOT_ASKED and isinstance(one, dict) else None
        if value is None:
            reading.lose(at, "Is no answer to this question.")
            continue
        found["initial"].append(value)
        _only_code(one, "valueCoding", at, reading)
    return {name: listed for name, listed in found.items() if listed}


def option_code(told: Any) -> str | None:
    """Return the code of an option that can be carried: a coding whose code is a key."""
    coding = told.get("valueCoding") if isinstance(told, dict) else None
    code = coding.get("code") if isinstance(coding, dict) else None
    return code if isinstance(code, str) and KEY.fullmatch(code) else None


def _option(told: Any, kind: Type, pointer: str, reading: Reading) -> dict[str, Any] | None:
    code = option_code(told)
    if code is None or kind not in _CHOSEN:
        reading.lose(pointer, "Only options that are codings are carried, with a code that can be a key.")
        return None
    coding = told["valueCoding"]
    text = words_read(coding, "display", reading.first, f"{pointer}/valueCoding", reading.lost)
    if not text:
        reading.lose(f"{pointer}/valueCoding/display", "Is missing; the code is shown in its place.")
    for name in sorted(coding.keys() - {"code", "display", "_display"}):
        reading.lose(f"{pointer}/valueCoding/{name}", "An option is its code and text.")
    for name in sorted(told.keys() - {"valueCoding"}):
        reading.lose(f"{pointer}/{name}", "An option is its code and text.")
    return {"code": code, "text": text or {reading.first: code}}


def conditions(told: Mapping[str, Any], pointer: str, reading: Reading) -> dict[str, Any]:
    """Return `enable_when` and `enable_behavior`; a condition that is lost is no condition any more."""
    found = []
    for index, one in enumerate(told.get("enableWhen", [])):
        condition = _condition(one, reading)
        at = f"{pointer}/enableWhen/{index}"
        if condition is None:
            reading.lose(at, NOT_CARRIED)
            continue
        found.append(condition)
        _only_code(one, "answerCoding", at, reading)
    behavior = told.get("enableBehavior", "all")
    if "enableBehavior" in told and (behavior not in {one.value for one in Behavior} or not found):
        reading.lose(f"{pointer}/enableBehavior", "Joins no conditions that were carried.")
        behavior = "all"
    return ({"enable_when": found} if found else {}) | ({"enable_behavior": "any"} if behavior == "any" else {})


def _condition(told: Mapping[str, Any], reading: Reading) -> dict[str, Any] | None:
    key, kind = reading.linked.get(told.get("question", ""), ("", Type.GROUP))
    if kind in NOT_ASKED or told.get("operator") not in {one.value for one in Operator}:
        return None
    exists = told["operator"] == Operator.EXISTS.value
    answer = told.get("answerBoolean") if exists else value_read(kind, told, "answer")
    return None if answer is None else {"question": key, "operator": told["operator"], "answer": answer}


def _only_code(told: Mapping[str, Any], name: str, pointer: str, reading: Reading) -> None:
    for also in sorted(_coding(told, name).keys() - {"code"}):
        reading.lose(f"{pointer}/{name}/{also}", "An answer is the code of an option.")


def _coding(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    coding = told.get(name)
    return coding if isinstance(coding, dict) else {}
