"""The reference pages say what the code does, and the contract is a valid OpenAPI 3.1 document."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import meta
from schemathesis.specs.openapi import definitions

from backend.api.contract import contract
from backend.commands.reference import PAGES
from backend.domain.errors import REGISTRY
from backend.domain.permissions import BY_NAME, PUBLIC
from backend.settings import variables

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
METHODS = {"get", "post", "put", "patch", "delete"}
PLACEHOLDER = re.compile(r"{(\w+)}")


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_is_up_to_date(name: str) -> None:
    assert (REFERENCE / name).read_text() == PAGES[name](), "run: uitwerk reference"


def test_every_variable_is_documented() -> None:
    page = (REFERENCE / "settings.md").read_text()
    assert [v["name"] for v in variables() if f"| `{v['name']}` |" not in page] == []


def test_every_error_code_is_documented() -> None:
    page = (REFERENCE / "errors.md").read_text()
    assert [code for code in REGISTRY if f"| `{code}` |" not in page] == []


def _operations() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, held in contract()["paths"].items():
        for method in METHODS & set(held):
            yield f"{method} {path}", held[method]


def _schemas(node: Any) -> Iterator[Any]:
    """Yield every JSON schema that stands below a node under `schema` or in the components."""
    if isinstance(node, dict):
        for key, inner in node.items():
            if key == "schema":
                yield inner
            yield from _schemas(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _schemas(inner)


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from _references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _references(inner)


def test_the_contract_says_which_openapi_it_is() -> None:
    told = contract()
    assert told["openapi"].startswith("3.1.")
    assert set(told) <= {"openapi", "info", "servers", "paths", "components", "tags", "security"}
    assert {"title", "version"} <= set(told["info"])


def test_the_contract_is_valid_openapi_3_1() -> None:
    assert [error.message for error in definitions.OPENAPI_31_VALIDATOR.iter_errors(contract())] == []


def test_every_schema_of_the_contract_is_valid_json_schema() -> None:
    told = contract()
    schemas = [*told["components"]["schemas"].values(), *_schemas(told["paths"])]
    dialect = "https://json-schema.org/draft/2020-12/schema"
    assert [schema for schema in schemas if not meta.is_valid({**schema, "$schema": dialect})] == []
    assert len(schemas) > 20


def test_nothing_in_the_contract_points_nowhere() -> None:
    told = contract()
    known = {f"#/components/{kind}/{name}" for kind, held in told["components"].items() for name in held}
    assert set(_references(told)) - known == set()


def test_every_operation_has_a_name_of_its_own_a_summary_and_its_parameters() -> None:
    operations = dict(_operations())
    names = [operation["operationId"] for operation in operations.values()]
    assert sorted(names) == sorted(set(names))
    for route, operation in operations.items():
        assert operation["summary"].endswith("."), route
        in_path = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
        assert in_path == set(PLACEHOLDER.findall(route)), route


def test_every_operation_says_who_may_ask_and_how_it_refuses() -> None:
    for route, operation in _operations():
        assert operation["x-permission"] in {PUBLIC, *BY_NAME}, route
        assert (operation["security"] == []) == (operation["x-permission"] == PUBLIC), route
        refusals = [told for status, told in operation["responses"].items() if status >= "400"]
        assert all("application/problem+json" in told["content"] for told in refusals), route
