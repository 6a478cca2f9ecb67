"""FHIR: what was answered leaves as a valid R4 QuestionnaireResponse that says all of it and nothing else."""

import copy
from datetime import UTC, datetime
from typing import Any

from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from hypothesis import given

from backend.domain import fhir_responses
from backend.domain.forms import form
from backend.domain.responses import as_json, check
from tests.factories.forms import Filled, definitions, filled

AT = datetime(2026, 6, 1, 9, tzinfo=UTC)


def said(told: list[dict[str, Any]], items: list[dict[str, Any]]) -> dict[str, Any]:
    """Read the answers back out of a response, by the definition alone."""
    found: dict[str, Any] = {}
    kinds = {item["key"]: item for item in told}
    for item in items:
        asked = kinds[item["linkId"]]
        below = said(asked.get("items", []), item.get("item", []))
        if asked["type"] == "group" and asked.get("repeats"):
            found.setdefault(asked["key"], []).append(below)
        elif asked["type"] == "group":
            found |= below
        else:
            answers = [value(one) for one in item["answer"]]
            found[asked["key"]] = answers if asked.get("repeats") else answers[0]
    return found


def value(answer: dict[str, Any]) -> Any:
    ((name, found),) = answer.items()
    if name == "valueQuantity":
        return {"value": found["value"], "unit": found["code"]}
    return found["code"] if name == "valueCoding" else found


def as_sent(told: list[dict[str, Any]], answers: Any) -> Any:
    """Return answers as FHIR says them: with seconds, and words of one's own as a plain text."""
    if isinstance(answers, dict) and set(answers) == {"other"}:
        return answers["other"]
    if isinstance(answers, dict):
        return {key: as_sent(told, inner) for key, inner in answers.items()}
    if isinstance(answers, list):
        return [as_sent(told, inner) for inner in answers]
    return f"{answers}:00" if isinstance(answers, str) and answers in {"09:00", "10:30"} else answers


@given(filled(definitions()))
def test_any_response_leaves_valid_and_says_what_was_answered(made: Filled) -> None:
    told, asked, answers = made
    kept = check(asked, answers).answers
    resource = fhir_responses.export(asked, kept, completed=True, authored=AT, base="https://clinic.example/fhir/")
    assert QuestionnaireResponse.model_validate(copy.deepcopy(resource)).status == "completed"
    assert resource["questionnaire"] == "https://clinic.example/fhir/Questionnaire/made|1"
    assert said(told["items"], resource.get("item", [])) == as_sent(told["items"], as_json(kept))


def test_a_begun_response_is_in_progress_and_its_choices_read_as_the_form_has_them() -> None:
    asked = form("end-of-interval")
    kept = check(asked, {"experienced": "yes", "symptoms": ["fatigue"]}).answers
    resource = fhir_responses.export(asked, kept, completed=False, authored=AT)
    assert (resource["status"], resource["authored"]) == ("in-progress", "2026-06-01T09:00:00+00:00")
    assert "questionnaire" not in resource
    first, second = resource["item"]
    assert first["answer"][0]["valueCoding"]["display"] == "Ja"
    assert [one["valueCoding"]["code"] for one in second["answer"]] == ["fatigue"]
