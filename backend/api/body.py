"""The body of a request, read as JSON that says one thing: whole, not too deep, and no key twice in an object."""

import json
import re
from typing import Any

import orjson
from flask import request
from werkzeug.exceptions import HTTPException

from backend.domain.errors import ClinicError

DEPTH = 20
"""How deep a body may be nested (P07)."""
_KEY = re.compile(rb'"\s*:')


class _Twice(Exception):
    """An object names a key twice."""


def read_json() -> Any:
    """Return the body as JSON.

    Raises ClinicError `not-json`, `bad-request`, `body-too-large`, `malformed-json`, `too-deep`, `key-twice`.
    """
    if request.mimetype != "application/json":
        raise ClinicError("not-json")
    try:
        raw = request.get_data()  # werkzeug raises 413 beyond MAX_CONTENT_LENGTH
    except HTTPException:
        raise
    except Exception as error:  # each server has its own word for a body cut into wrong chunks
        raise ClinicError("bad-request") from error
    return parsed(raw)


def is_empty() -> bool:
    """Tell whether a request came without a body."""
    return not request.content_length and "Transfer-Encoding" not in request.headers


def parsed(raw: bytes) -> Any:
    """Return JSON text as values. Raises ClinicError `malformed-json`, `too-deep`, `key-twice`.

    RFC 8259 leaves open what a repeated key means, so that two readers could understand two things: refused.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ClinicError("malformed-json") from error
    keys = _keys(value, DEPTH)
    # Every key is followed by a colon: as many colons as keys means no key was lost. More may stand within texts.
    if len(_KEY.findall(raw)) != keys:
        _check_keys(raw)
    return value


def _keys(value: Any, left: int) -> int:
    """Count the keys of all objects within. Raises ClinicError `too-deep`."""
    if not isinstance(value, dict | list):
        return 0
    if left == 0:
        raise ClinicError("too-deep")
    if isinstance(value, list):
        return sum(_keys(inner, left - 1) for inner in value)
    return len(value) + sum(_keys(inner, left - 1) for inner in value.values())


def _check_keys(raw: bytes) -> None:
    """Read the text once more, slowly. Raises ClinicError `key-twice`."""
    try:
        json.loads(raw, object_pairs_hook=_once, parse_int=str, parse_float=str)
    except _Twice as error:
        raise ClinicError("key-twice") from error


def _once(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise _Twice
