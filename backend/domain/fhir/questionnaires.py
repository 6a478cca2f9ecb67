"""FHIR R4 Questionnaire: a form as a resource for other systems, and what of it has no place there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from backend.domain.fhir import values as fhir
from backend.domain.fhir.values import value_told, words_told
from backend.domain.imported import Lost
from backend.domain.questionnaires import Behavior, Condition, Form, Item, Operator, Status, Type, Words

_STATUS: Mapping[Status, str] = {Status.DRAFT: "draft", Status.PUBLISHED: "active", Status.RETIRED: "retired"}


@dataclass(frozen=True, slots=True)
class Exported:
    """A Questionnaire as JSON, and what it could not carry: pointers into the definition."""

    resource: dict[str, Any]
    lost: tuple[Lost, ...]


def export(form: Form, status: Status = Status.PUBLISHED, *, base: str | None = None) -> Exported:
    """Return a form as a FHIR R4 Questionnaire; `base` is the address under which the site names what it publishes.

    Bands and what moved since the version before have no place there, nor has the help of a text that asks nothing.
    """
    first = form.languages[0]
    resource: dict[str, Any] = {
        "resourceType": "Questionnaire",
        "identifier": [{"value": form.key}],
        "version": form.version,
        "language": first,
        **words_told("title", form.title, first),
        "status": _STATUS[status],
        "item": [_item(form, one) for one in form.items],
    }
    if base is not None:
        resource["url"] = f"{base.rstrip('/')}/Questionnaire/{form.key}"
    return Exported(resource, tuple(_lost(form)))


def _item(form: Form, item: Item) -> dict[str, Any]:
    first = form.languages[0]
    told: dict[str, Any] = {"linkId": item.key, **words_told("text", item.text, first), "type": item.type.value}
    extension = list(_extensions(item))
    below = [*_beside(item, first), *(_item(form, one) for one in item.items)]
    parts: dict[str, Any] = {
        "extension": extension,
        "required": item.required,
        "repeats": item.repeats,
        "maxLength": item.max_length,
        "answerOption": [{"valueCoding": {"code": one.code, **words_told("display", one.text, first)}}
                         for one in item.options],
        "initial": [value_told(item.type, one, "value") for one in item.initial],
        "enableWhen": [_condition(form, one) for one in item.enable_when],
        "enableBehavior": _behavior(item),
        "item": below,
    }  # fmt: skip
    return told | {name: part for name, part in parts.items() if part}


def _behavior(item: Item) -> str | None:
    """Return how conditions are joined: FHIR asks for it where there are several (que-12)."""
    told = len(item.enable_when) > 1 or item.enable_behavior is Behavior.ANY
    return item.enable_behavior.value if told else None


def _condition(form: Form, condition: Condition) -> dict[str, Any]:
    told: dict[str, Any] = {"question": condition.question, "operator": condition.operator.value}
    if condition.operator is Operator.EXISTS:
        return told | {"answerBoolean": condition.answer}
    return told | value_told(form.item(condition.question).type, condition.answer, "answer")


def _extensions(item: Item) -> Iterator[dict[str, Any]]:
    quantity = item.type is Type.QUANTITY
    if item.low is not None:
        url = fhir.LOW_QUANTITY if quantity else fhir.LOW
        yield {"url": url, **value_told(item.type, item.low, "value")}
    if item.high is not None:
        url = fhir.HIGH_QUANTITY if quantity else fhir.HIGH
        yield {"url": url, **value_told(item.type, item.high, "value")}
    if item.unit is not None:
        yield {"url": fhir.UNIT, "valueCoding": {"system": fhir.UCUM, "code": item.unit}}


def _beside(item: Item, first: str) -> Iterator[dict[str, Any]]:
    """Yield the texts that FHIR keeps as display items below an item: its help, and the ends of its scale."""
    if item.help and item.type is not Type.DISPLAY:
        yield _display(item, "help", item.help, first)
    if item.ends:
        yield _display(item, "lower", item.ends[0], first)
        yield _display(item, "upper", item.ends[1], first)


def _display(item: Item, control: str, words: Words, first: str) -> dict[str, Any]:
    coded = {"coding": [{"system": fhir.CONTROLS, "code": control}]}
    return {
        # No key of ours holds a slash, so that this is nobody else's.
        "linkId": f"{item.key}/{control}",
        **words_told("text", words, first),
        "type": "display",
        "extension": [{"url": fhir.ITEM_CONTROL, "valueCodeableConcept": coded}],
    }


def _lost(form: Form) -> Iterator[Lost]:
    if form.moved:
        yield Lost("/moved", "FHIR R4 does not tell which items moved since the version before.")
    for place in form.places.values():
        if place.item.band_of:
            yield Lost(f"{place.pointer}/band_of", "FHIR R4 has no bands of another question.")
            for index, option in enumerate(place.item.options):
                if option.low is not None:
                    yield Lost(f"{place.pointer}/options/{index}/low", "FHIR R4 has no bands of another question.")
                    yield Lost(f"{place.pointer}/options/{index}/high", "FHIR R4 has no bands of another question.")
        if place.item.help and place.item.type is Type.DISPLAY:
            yield Lost(f"{place.pointer}/help", "A display item has no items below it, and so no help.")
