"""FHIR R4 QuestionnaireResponse: the answers to a form as a resource for other systems."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from backend.domain.enabling import values
from backend.domain.fhir import elements as fhir
from backend.domain.fhir.telling import Head, Telling
from backend.domain.fhir.values import value_told, words_told
from backend.domain.moments import Occurred
from backend.domain.questionnaires import Answer, Form, Item, Type, Value


def export(
    form: Form, answers: Mapping[str, Answer], *, completed: bool, authored: datetime, base: str | None = None
) -> dict[str, Any]:
    """Return checked answers (`responses.check`) as a QuestionnaireResponse; only what was answered stands in it.

    `authored` is the moment of answering, with its offset. With `base` the resource names the Questionnaire and its
    version. Who answered is for the caller to say: nothing here knows a patient.
    """
    resource: dict[str, Any] = {
        "resourceType": "QuestionnaireResponse",
        "status": "completed" if completed else "in-progress",
        "authored": authored.isoformat(timespec="seconds"),
    }
    if base is not None:
        resource["questionnaire"] = f"{base.rstrip('/')}/Questionnaire/{form.key}|{form.version}"
    items = list(_items(form, form.items, answers))
    return resource | ({"item": items} if items else {})


def of_patient(
    told: Telling,
    head: Head,
    form: Form | None,
    answers: Mapping[str, Answer],
    *,
    named: str,
    completed: bool,
    authored: Occurred,
) -> dict[str, Any]:
    """Return a patient's answers as a QuestionnaireResponse; `named` is the Questionnaire with its version.

    Without the form the items are left out; one that was taken back is entered-in-error, without what it said.
    """
    standing = "amended" if head.version > 1 else "completed"
    found = fhir.resource("QuestionnaireResponse", told, head) | {
        "identifier": fhir.identified(head.id) if told.named else None,
        "questionnaire": named,
        "status": standing if completed else "in-progress",
        "subject": fhir.subject(told),
    }
    if head.gone:
        return fhir.full(found | {"status": "entered-in-error"})
    items = [] if form is None else list(_items(form, form.items, answers))
    said = {"authored": told.moment(authored), "author": fhir.subject(told), "source": fhir.subject(told)}
    return fhir.full(found | said) | ({"item": items} if items else {})


def _items(form: Form, items: tuple[Item, ...], answers: Mapping[str, Answer]) -> Iterator[dict[str, Any]]:
    for item in items:
        told = {"linkId": item.key, **words_told("text", item.text, form.languages[0])}
        if item.instances:
            # FHIR writes every instance as an item of its own with the same linkId.
            for one in values(answers.get(item.key, ())):
                below = list(_items(form, item.items, one)) if isinstance(one, Mapping) else []
                yield told | ({"item": below} if below else {})
        elif item.type is Type.GROUP:
            if below := list(_items(form, item.items, answers)):
                yield told | {"item": below}
        elif item.key in answers:
            yield told | {"answer": [_answer(form, item, one) for one in values(answers[item.key])]}


def _answer(form: Form, item: Item, value: Value) -> dict[str, Any]:
    option = next((one for one in item.options if one.code == value), None)
    if option is None:
        return value_told(item.type, value, "value")
    return {"valueCoding": {"code": option.code, **words_told("display", option.text, form.languages[0])}}
