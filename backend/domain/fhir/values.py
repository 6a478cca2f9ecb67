"""FHIR R4 values: how texts with their translations and answers of each type stand in a resource."""

from collections.abc import Mapping
from typing import Any

from backend.domain.errors import invalid
from backend.domain.imported import Lost
from backend.domain.languages import LANGUAGES
from backend.domain.questionnaires import Type, Value, Words

_CORE = "http://hl7.org/fhir/StructureDefinition"
TRANSLATION = f"{_CORE}/translation"
ITEM_CONTROL = f"{_CORE}/questionnaire-itemControl"
UNIT = f"{_CORE}/questionnaire-unit"
LOW, HIGH = f"{_CORE}/minValue", f"{_CORE}/maxValue"
_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire"
LOW_QUANTITY, HIGH_QUANTITY = f"{_SDC}-minQuantity", f"{_SDC}-maxQuantity"
CONTROLS = "http://hl7.org/fhir/questionnaire-item-control"
"""Help texts and the words at the ends of a scale are display items below a question, marked `help`, `lower`, `upper`
(hl7.org/fhir/R4/valueset-questionnaire-item-control.html)."""
UCUM = "http://unitsofmeasure.org"

SUFFIX: Mapping[Type, str] = {
    Type.BOOLEAN: "Boolean",
    Type.DECIMAL: "Decimal",
    Type.INTEGER: "Integer",
    Type.DATE: "Date",
    Type.DATE_TIME: "DateTime",
    Type.TIME: "Time",
    Type.STRING: "String",
    Type.TEXT: "String",
    Type.CHOICE: "Coding",
    Type.OPEN_CHOICE: "Coding",
    Type.QUANTITY: "Quantity",
}
"""The end of the name under which a value stands: `valueDate`, `answerCoding`."""


_TEXTS = frozenset({"linkId", "type", "text", "question", "operator", "enableBehavior", "url", "display"})
_LISTS = frozenset({"item", "extension", "answerOption", "initial", "enableWhen", "coding"})
_CODED = frozenset({"valueCoding", "answerCoding", "valueQuantity", "answerQuantity", "valueCodeableConcept"})
_OBJECTS = _CODED | {"_text", "_title", "_display"}


def check(node: Mapping[str, Any], pointer: str) -> None:
    """Raise ClinicError `invalid` where what we read of an item does not have the shape that FHIR gives it."""
    for name, told in node.items():
        at = f"{pointer}/{name}"
        if name in _TEXTS and not isinstance(told, str):
            raise invalid(at, "Must be a text.")
        if name in _LISTS:
            _check_each(told, at)
        if name in _OBJECTS:
            if not isinstance(told, dict):
                raise invalid(at, "Must be an object.")
            check(told, at)


def _check_each(told: object, pointer: str) -> None:
    if not isinstance(told, list):
        raise invalid(pointer, "Must be a list.")
    for index, one in enumerate(told):
        if not isinstance(one, dict):
            raise invalid(f"{pointer}/{index}", "Must be an object.")
        check(one, f"{pointer}/{index}")


def value_told(of: Type, value: Value, stem: str) -> dict[str, Any]:
    """Return a value as an element named by `stem` (`value`, `answer`) and its type."""
    if of is Type.OPEN_CHOICE and isinstance(value, Mapping):
        return {f"{stem}String": value["other"]}
    return {f"{stem}{SUFFIX[of]}": _told(of, value)}


def _told(of: Type, value: Value) -> Any:
    if of in {Type.CHOICE, Type.OPEN_CHOICE}:
        return {"code": value}
    if of is Type.QUANTITY and isinstance(value, Mapping):
        return {"value": value["value"], "unit": value["unit"], "system": UCUM, "code": value["unit"]}
    # FHIR asks for seconds where there is a time of day.
    if of is Type.TIME:
        return f"{value}:00"[:8]
    if of is Type.DATE_TIME and str(value)[16:17] != ":":
        return f"{str(value)[:16]}:00{str(value)[16:]}"
    return value


def value_read(of: Type, told: Mapping[str, Any], stem: str) -> Any:
    """Return a value of that type as an answer has it, None where there is none that can be carried."""
    if of is Type.OPEN_CHOICE and f"{stem}String" in told:
        return {"other": told[f"{stem}String"]}
    value = told.get(f"{stem}{SUFFIX[of]}")
    if of in {Type.CHOICE, Type.OPEN_CHOICE}:
        return value.get("code") if isinstance(value, dict) else None
    if of is Type.QUANTITY:
        return quantity_read(value)
    return value


def quantity_read(told: Any) -> dict[str, Any] | None:
    """Return a quantity with its UCUM unit, None for one with a comparator or a unit of another system."""
    if not isinstance(told, dict) or not {"value", "code"} <= set(told) or "comparator" in told:
        return None
    return {"value": told["value"], "unit": told["code"]} if told.get("system") == UCUM else None


def words_told(name: str, words: Words | None, first: str) -> dict[str, Any]:
    """Return a text in the resource's language, with the others as translations beside it."""
    if words is None:
        return {}
    others = [(language, text) for language in LANGUAGES if language != first and (text := getattr(words, language))]
    told: dict[str, Any] = {name: words.told(first, first)}
    if others:
        told[f"_{name}"] = {"extension": [_translation(language, text) for language, text in others]}
    return told


def _translation(language: str, text: str) -> dict[str, Any]:
    inner = [{"url": "lang", "valueCode": language}, {"url": "content", "valueString": text}]
    return {"url": TRANSLATION, "extension": inner}


def words_read(told: Mapping[str, Any], name: str, first: str, pointer: str, lost: list[Lost]) -> dict[str, str]:
    """Return a text by language, empty where there is none; translations into other languages are lost."""
    found = {first: told[name]} if isinstance(told.get(name), str) and told[name].strip() else {}
    beside = told.get(f"_{name}")
    if beside is None:
        return found
    extensions = beside.get("extension", []) if isinstance(beside, dict) else []
    for index, one in enumerate(extensions):
        at = f"{pointer}/_{name}/extension/{index}"
        language, text = _translated(one)
        if language in LANGUAGES and isinstance(text, str) and language not in found and found:
            found[str(language)] = text
        else:
            lost.append(Lost(at, "Only translations into the languages of a form are carried."))
    if not isinstance(beside, dict) or set(beside) != {"extension"}:
        lost.append(Lost(f"{pointer}/_{name}", "Holds more than translations."))
    return found


def _translated(told: Any) -> tuple[Any, Any]:
    if not isinstance(told, dict) or told.get("url") != TRANSLATION:
        return None, None
    inner = {one.get("url"): one for one in told.get("extension", []) if isinstance(one, dict)}
    return inner.get("lang", {}).get("valueCode"), inner.get("content", {}).get("valueString")
