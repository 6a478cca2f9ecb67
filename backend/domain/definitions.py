"""Definitions: a form as JSON, read strictly with a pointer to what is wrong, written again, and its hash."""

import json
import re
from collections.abc import Collection, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from backend.domain import items as one_item
from backend.domain import soundness
from backend.domain.errors import invalid
from backend.domain.languages import LANGUAGES
from backend.domain.questionnaires import KEY, Form, Item, Place
from backend.domain.strict import fields, listed, words, words_told

MOST_ITEMS = 500
DEEPEST = 5
"""So deep may groups stand in each other; a body may be nested 20 deep (P07), and each group is two of them."""

FORM_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
VERSION = re.compile(r"[1-9]\d{0,8}", re.ASCII)


def read(told: object, pointer: str = "") -> Form:
    """Return the form that a definition tells.

    Raises ClinicError `invalid` (`out-of-bounds` for what is too much) with a pointer below `pointer` for a key or
    operator that is not known, a value of another sort, a text that is missing in the first language, a key that stands
    twice, and conditions that go round in a circle or look into a repeating group from outside.
    """
    whole = fields(told, pointer, needed=("key", "version", "languages", "title", "items"), also=("moved",))
    languages = _languages(whole["languages"], f"{pointer}/languages")
    items = _items(whole["items"], languages[0], f"{pointer}/items", 0)
    places = _places(items, pointer)
    return Form(
        key=_matching(whole["key"], FORM_KEY, f"{pointer}/key"),
        version=_matching(whole["version"], VERSION, f"{pointer}/version"),
        languages=languages,
        title=words(whole["title"], languages[0], f"{pointer}/title"),
        items=items,
        places=MappingProxyType(places),
        order=soundness.order(places),
        moved=_moved(whole.get("moved", {}), places, f"{pointer}/moved"),
    )


def written(form: Form) -> dict[str, Any]:
    """Return the definition of a form: what `read` takes, with nothing in it that says nothing."""
    told: dict[str, Any] = {
        "key": form.key,
        "version": form.version,
        "languages": list(form.languages),
        "title": words_told(form.title),
        "items": [one_item.written(one) for one in form.items],
    }
    return told | ({"moved": dict(form.moved)} if form.moved else {})


def content_hash(form: Form) -> str:
    """Return the SHA-256 of a form's definition as canonical JSON: keys sorted, no spaces, UTF-8, in hexadecimals."""
    canonical = json.dumps(written(form), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return sha256(canonical.encode()).hexdigest()


def _languages(told: object, pointer: str) -> tuple[str, ...]:
    if not isinstance(told, list) or not told or len(set(map(str, told))) < len(told):
        raise invalid(pointer, "Must be a list of languages, none of them twice.")
    for index, one in enumerate(told):
        if one not in LANGUAGES:
            raise invalid(f"{pointer}/{index}", f"Must be one of: {', '.join(LANGUAGES)}.")
    return tuple(told)


def _items(told: object, first: str, pointer: str, depth: int) -> tuple[Item, ...]:
    if depth > DEEPEST:
        raise invalid(pointer, "Lies too deep.", "out-of-bounds")
    return tuple(
        one_item.read(one, first, f"{pointer}/{index}", lambda inner, at: _items(inner, first, at, depth + 1))
        for index, one in enumerate(listed(told, MOST_ITEMS, pointer))
    )


def _places(items: tuple[Item, ...], pointer: str) -> dict[str, Place]:
    """Return all items by key in the order of asking, or raise for a key that stands twice."""
    found: dict[str, Place] = {}

    def walk(inner: tuple[Item, ...], at: str, parent: str | None, within: tuple[str, ...]) -> None:
        for index, one in enumerate(inner):
            here = f"{at}/items/{index}"
            if one.key in found:
                raise invalid(f"{here}/key", "Another item has this key.")
            found[one.key] = Place(one, parent, within, here)
            walk(one.items, here, one.key, (*within, one.key) if one.instances else within)

    walk(items, pointer, None, ())
    if len(found) > MOST_ITEMS:
        raise invalid(f"{pointer}/items", f"Holds more than {MOST_ITEMS} items.", "out-of-bounds")
    return found


def _moved(told: object, places: Collection[str], pointer: str) -> Mapping[str, str]:
    if not isinstance(told, dict):
        raise invalid(pointer, "Must be an object of old and new keys.")
    for old, new in told.items():
        if not KEY.fullmatch(old) or not isinstance(new, str):
            raise invalid(pointer, "Names a key that cannot be one.")
        if new not in places or old in places:
            raise invalid(f"{pointer}/{old}", "Must lead from a key that is gone to one that is there.")
    if len(set(told.values())) < len(told):
        raise invalid(pointer, "Leads to the same key twice.")
    return MappingProxyType(dict(told))


def _matching(told: object, form: re.Pattern[str], pointer: str) -> str:
    if not isinstance(told, str) or len(told) > 60 or not form.fullmatch(told):
        raise invalid(pointer, "Does not have the right form.")
    return told
