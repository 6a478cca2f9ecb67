"""The smallest request a declaration takes: bodies made from schemas, and paths with made-up ids."""

import re
from collections.abc import Mapping
from itertools import combinations
from typing import Any
from uuid import UUID, uuid4

from marshmallow import Schema
from marshmallow import fields as base

from backend.api import fields

_SAMPLES = ("word", "anna@clinic.example", "12", "123456", "A1", "ABCD-EFGHJKMN", "2026-06-01", "+31612345678")
_NAMED = {"zone": "Europe/Amsterdam"}
_STEP = re.compile(r"<(?:\w+:)?(\w+)>")


def filled(path: str, ids: Mapping[str, UUID]) -> str:
    """Return a route's path with the given ids, and fresh ones in all other places."""
    return _STEP.sub(lambda found: str(ids.get(found[1], uuid4())), path)


def minimal(schema: Schema) -> dict[str, Any]:
    """Return the body with the fewest fields that a schema takes."""
    needed = {name: value(name, field) for name, field in schema.fields.items() if field.required}
    optional = {name: field for name, field in schema.fields.items() if not field.required}
    for count in range(4):
        for names in combinations(optional, count):
            body = needed | {name: value(name, optional[name]) for name in names}
            if not schema.validate(body):
                return body
    raise AssertionError(f"{type(schema).__name__}: {schema.validate(needed)}")


def value(name: str, field: base.Field[Any]) -> Any:
    """Return something a field takes."""
    if isinstance(field, base.Nested):
        return minimal(field.schema)
    if isinstance(field, fields.Unread):
        return minimal(field.part())
    if isinstance(field, fields.Many):
        return [value(name, field.inner)]
    if isinstance(field, fields.Text):
        return _NAMED.get(name) or _text(field)
    simple: dict[type, Any] = {
        fields.Flag: True,
        fields.Instant: "2026-06-01T09:00:00+02:00",
        fields.Day: "2026-06-01",
        fields.Clock: "09:00",
        fields.Id: str(uuid4()),
        fields.Object: {},
    }
    if type(field) in simple:
        return simple[type(field)]
    shape = field.json_schema() if isinstance(field, fields.Strict) else {}
    return shape["enum"][0] if "enum" in shape else shape["minimum"]


def _text(field: fields.Text) -> str:
    for sample in _SAMPLES:
        if field.shortest <= len(sample) <= field.longest and re.fullmatch(field.pattern or ".*", sample, re.ASCII):
            return sample
    raise AssertionError(f"no sample for {field.pattern}: add one")
