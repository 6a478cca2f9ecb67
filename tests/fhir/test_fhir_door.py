"""The door itself: a CapabilityStatement that is true, the forms an answer may have, and refusals as outcomes."""

import re
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.operationoutcome import OperationOutcome

from backend.api.contract import PREFIX, contract
from backend.api.fhir import parameters
from backend.domain.errors import REGISTRY
from backend.domain.fhir.outcomes import outcome
from backend.services.fhir.types import TYPES
from tests.fhir.lived import Lived

PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
UNDESCRIBED = {f"{PREFIX}/openapi.json", f"{PREFIX}/docs"}
"""What describes the rest."""


def metadata(anna: Lived) -> dict[str, Any]:
    answer = anna.house.client.get("/fhir/metadata")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.get_json()
    return told


def test_the_statement_is_valid_r4_and_open_to_anybody(anna: Lived) -> None:
    told = metadata(anna)
    CapabilityStatement.model_validate(told)
    assert told["fhirVersion"] == "4.0.1"
    assert anna.house.client.get("/fhir/metadata").content_type == "application/fhir+json; charset=utf-8"


def test_the_statement_tells_what_is_routed_and_what_each_search_takes(anna: Lived) -> None:
    told = {one["type"]: one for one in metadata(anna)["rest"][0]["resource"]}
    assert list(told) == [*(kind.name for kind in TYPES), "Group"]
    assert [one["name"] for one in told.pop("Group")["operation"]] == ["export"]
    every = {rule.rule for rule in anna.house.app.url_map.iter_rules() if rule.rule.startswith("/fhir/")}
    rules = {rule for rule in every if "$export" not in rule}
    assert {rule.partition("$export")[0] for rule in every - rules} == {"/fhir/Group/<uuid:study_id>/"}
    assert rules == {"/fhir/metadata"} | {
        f"/fhir/{name}{end}" for name in told for end in ("", "/_search", "/<string:key>")
    }
    for kind in TYPES:
        assert {one["name"] for one in told[kind.name]["searchParam"]} == {name for name, _ in parameters.of(kind)}
        assert kind.without in told[kind.name]["documentation"]


@pytest.mark.parametrize("kind", [one for one in TYPES if one.care], ids=lambda kind: kind.name)
def test_each_parameter_that_is_told_is_understood(anna: Lived, kind: Any) -> None:
    values = {"token": "x", "date": "ge2026", "reference": f"Patient/{anna.anna.id}"}
    asked = [f"{name}={values[of]}" for name, of in parameters.of(kind)]
    if kind.by_patient and kind.name != "Patient":
        assert any(one.startswith("patient=") for one in asked)
    answer = anna.get(f"/{kind.name}?{'&'.join(asked)}", anna.carla.headers | {"Prefer": "handling=strict"})
    assert answer.status_code == 200, answer.json
    Bundle.model_validate(answer.json)


def test_every_route_is_described_by_the_contract_or_by_the_statement(anna: Lived) -> None:
    """The facade has a contract of its own kind: no route of it stands in openapi.json, and none elsewhere."""
    described = set(contract()["paths"])
    for rule in anna.house.app.url_map.iter_rules():
        path = PLACE.sub(r"{\1}", rule.rule)
        if rule.rule.startswith(PREFIX) and rule.rule not in UNDESCRIBED:
            assert path in described, rule.rule
        if rule.rule.startswith("/fhir"):
            assert path not in described, rule.rule


@pytest.mark.parametrize("accept", ["application/fhir+json", "application/json", "*/*", "", "application/*"])
def test_fhirs_json_is_given(anna: Lived, accept: str) -> None:
    answer = anna.get("/Patient", anna.carla.headers | ({"Accept": accept} if accept else {}))
    assert (answer.status_code, answer.content_type) == (200, "application/fhir+json; charset=utf-8")


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/fhir+json; fhirVersion=4.0", 200),
        ("application/fhir+xml, application/fhir+json;q=0.5", 200),
        ("application/fhir+json; fhirVersion=5.0", 406),
        ("application/fhir+json;q=0", 406),
        ("application/fhir+xml", 406),
        ("text/html", 406),
    ],
)
def test_what_is_accepted_is_fhirs_json(anna: Lived, accept: str, status: int) -> None:
    answer = anna.get("/Patient", anna.carla.headers | ({"Accept": accept} if accept else {}))
    assert answer.status_code == status
    assert answer.content_type.startswith("application/fhir+json")


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("json", 200),
        ("application/fhir%2Bjson", 200),
        ("application/fhir+json", 200),
        ("application/json", 200),
        ("xml", 406),
        ("", 406),
    ],
)
def test_a_format_in_the_address_goes_before_what_is_accepted(anna: Lived, told: str, status: int) -> None:
    answer = anna.get(f"/Patient?_format={told}", anna.carla.headers | {"Accept": "application/fhir+xml"})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/fhir/Observation", 400),
        ("GET", "/fhir/Basic", 404),
        ("GET", "/fhir", 404),
        ("GET", "/fhir/", 404),
        ("GET", "/fhir/Patient/x/y", 404),
        ("GET", "/fhir/Patient/%00", 404),
        ("GET", "/fhir/Observation/_search", 404),
        ("POST", "/fhir/Observation", 405),
        ("DELETE", "/fhir/Patient/x", 405),
        ("GET", "/fhir/Patient?_format=xml", 406),
    ],
)
def test_a_refusal_is_an_outcome_with_status_code_and_text_of_the_problem(
    anna: Lived, method: str, path: str, status: int
) -> None:
    answer: Any = anna.house.client.open(path, method=method, headers=anna.carla.headers)
    assert answer.status_code == status
    assert answer.content_type.startswith("application/fhir+json")
    OperationOutcome.model_validate(answer.json)
    details = answer.json["issue"][0]["details"]
    assert details["text"] == REGISTRY[details["coding"][0]["code"]].title


@pytest.mark.parametrize("code", REGISTRY)
def test_every_error_has_an_outcome(code: str) -> None:
    problem = {
        "code": code,
        "title": REGISTRY[code].title,
        "detail": "",
        "pointers": [{"pointer": "/a", "detail": "b"}],
    }
    told = outcome(problem)
    OperationOutcome.model_validate(told)
    assert told["issue"][0]["details"]["coding"][0]["code"] == code


def test_an_address_that_only_begins_like_the_door_speaks_as_the_rest_does(anna: Lived) -> None:
    answer = anna.house.client.get("/fhirs")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
