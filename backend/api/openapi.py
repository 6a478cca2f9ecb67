"""The contract, generated: an OpenAPI 3.1 document from the declared endpoints and their schemas."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema
from marshmallow import fields as base

from backend.api.endpoint import Endpoint
from backend.api.fields import Many, Strict, Unread
from backend.api.problems import ProblemOut
from backend.domain.permissions import BY_NAME, PUBLIC

_PATH = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
_TITLES = {
    200: "As asked.",
    201: "Made.",
    202: "Taken.",
    204: "Done.",
    206: "The rest.",
    304: "Unchanged.",
    503: "Not ready.",
}
_UUID = {"type": "string", "format": "uuid"}


def document(mounted: Mapping[str, Sequence[Endpoint]], version: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the endpoints below each prefix."""
    plugin = MarshmallowPlugin(schema_name_resolver=_name)
    spec = APISpec(
        title="Uitwerk",
        version=version,
        openapi_version="3.1.0",
        plugins=[plugin],
        info={"description": "A symptom diary tied to dosing intervals. Conventions: docs/reference/api.md."},
        servers=[{"url": "/"}],
    )
    converter = plugin.converter
    if converter is None:
        raise RuntimeError("the plugin was not initialised")
    converter.add_attribute_function(_strict)  # type: ignore[no-untyped-call]  # apispec is untyped here
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    for prefix, endpoints in mounted.items():
        for endpoint in endpoints:
            path = _PATH.sub(lambda found: "{" + found["name"] + "}", prefix + endpoint.path)
            spec.path(path=path, operations={endpoint.method.lower(): _operation(endpoint)})
            for part in _unread(endpoint):
                spec.components.schema(part.__name__, schema=part)
    return spec.to_dict()


def _unread(endpoint: Endpoint) -> Iterator[type[Schema]]:
    """Yield what is documented without being read with the rest of a body."""
    for field in endpoint.takes().fields.values() if endpoint.takes else ():
        if isinstance(field, Many) and isinstance(field.inner, Unread):
            yield field.inner.part


def _name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return str(kind.__name__)


def _strict(_converter: Any, field: base.Field[Any], **_: Any) -> dict[str, Any]:
    if isinstance(field, Many):
        return {"maxItems": field.most} | ({"minItems": field.fewest} if field.fewest else {})
    if not isinstance(field, Strict):
        return {}
    shape = field.json_schema()
    if field.allow_none and "type" in shape:
        shape["type"] = [shape["type"], "null"]
        if "enum" in shape:
            shape["enum"] = [*shape["enum"], None]
    return shape


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [endpoint.room],
        "parameters": _parameters(endpoint),
        "responses": {str(status): _good(endpoint, status) for status in (endpoint.status, *endpoint.also)},
        "security": [] if endpoint.permission == PUBLIC else [{"token": []}],
        "x-permission": endpoint.permission,
    }
    if endpoint.permission != PUBLIC:
        row = BY_NAME[endpoint.permission]
        told["description"] = f"{row.meaning} Roles: {', '.join(sorted(row.roles))}; reach: {row.reach}."
    if endpoint.takes is not None:
        content = {"application/json": {"schema": endpoint.takes}}
        told["requestBody"] = {"required": not endpoint.bare, "content": content}
    for status in _refusals(endpoint):
        response = told["responses"].setdefault(str(status), {"description": "Refused.", "content": {}})
        response["content"]["application/problem+json"] = {"schema": ProblemOut}
    return told


def _parameters(endpoint: Endpoint) -> list[Any]:
    found: list[Any] = [
        {
            "in": "path",
            "name": name,
            "required": True,
            "schema": _UUID if kind == "uuid" else {"type": "string"},
        }
        for kind, name in _PATH.findall(endpoint.path)
    ]
    if endpoint.asks is not None:
        found.append({"in": "query", "schema": endpoint.asks})
    if endpoint.if_match:
        shape = {"type": "string", "pattern": '^(W/)?"[0-9]{1,9}"$'}
        found.append({"in": "header", "name": "If-Match", "required": True, "schema": shape})
    return found


def _good(endpoint: Endpoint, status: int) -> dict[str, Any]:
    told: dict[str, Any] = {"description": _TITLES[status]}
    if endpoint.gives is not None and status != 204:
        told["content"] = {endpoint.media: {"schema": endpoint.gives}}
    elif endpoint.media != "application/json":
        told["content"] = {endpoint.media: {"schema": {"type": "string"}}}
    return told


def _refusals(endpoint: Endpoint) -> list[int]:
    """Return the statuses an endpoint may refuse with: those it names, and those its declaration implies."""
    found = {500, 503, *endpoint.problems}
    if endpoint.permission != PUBLIC:
        found |= {401, 403}
        if len(BY_NAME[endpoint.permission].roles) == len(type(next(iter(BY_NAME[endpoint.permission].roles)))):
            found.discard(403)
    if endpoint.takes is not None:
        found |= {400, 413, 415, 422}
    if endpoint.asks is not None:
        found.add(422)
    if endpoint.if_match:
        found |= {409, 422, 428}
    if "<uuid:" in endpoint.path:
        found.add(404)
    return sorted(found)
