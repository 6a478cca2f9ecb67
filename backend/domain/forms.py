"""Forms: those we ship, published and the same for every site (forms.json)."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from backend.domain.definitions import read
from backend.domain.errors import invalid
from backend.domain.questionnaires import Form
from backend.domain.symptoms import vocabulary


@cache
def forms() -> Mapping[str, Form]:
    """Return the forms we ship whole, by key: our own and generic scales, no licensed text (forms.json)."""
    told = json.loads(files("backend.domain").joinpath("forms.json").read_text("utf-8"))
    found = [read({**one, "items": [_item(item) for item in one["items"]]}) for one in told["forms"]]
    return MappingProxyType({one.key: one for one in found})


def form(key: str) -> Form:
    """Return the form of that key, or raise ClinicError `unknown-form`."""
    if key not in forms():
        raise invalid("/form", "There is no such form.", "unknown-form")
    return forms()[key]


def _item(told: dict[str, Any]) -> dict[str, Any]:
    """Return an item with the vocabulary's symptoms as its options, where it takes them from there."""
    if told.get("options_from") != "symptoms":
        return told
    options = [{"code": one.key, "text": {"nl": one.nl, "en": one.en}} for one in vocabulary().values()]
    return {name: value for name, value in told.items() if name != "options_from"} | {"options": options}
