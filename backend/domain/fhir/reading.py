"""FHIR R4 Questionnaire of another system, read as a definition, with everything of it that could not be carried."""

import re
from collections.abc import Mapping
from typing import Any

from backend.domain.errors import invalid
from backend.domain.fhir import items as told_items
from backend.domain.fhir.parts import Reading
from backend.domain.fhir.values import check, words_read
from backend.domain.imported import Imported, Lost, form_key, told_languages
from backend.domain.languages import LANGUAGES

_CARRIED = frozenset({"resourceType", "url", "identifier", "version", "language", "title", "_title", "item", "status"})


def read(resource: object, pointer: str = "") -> Imported:
    """Return the definition that a FHIR R4 Questionnaire comes to; raises ClinicError `invalid` for what is none.

    The pointer of a refusal lies below `pointer`. What has no place here is left out and told, each with its pointer
    into the resource: an item of a type that is not asked, its code, an extension, a condition on a question that was
    left out. Nothing is left out silently.
    """
    if not isinstance(resource, dict) or resource.get("resourceType") != "Questionnaire":
        raise invalid(f"{pointer}/resourceType", "Must be a Questionnaire.")
    items = resource.get("item")
    if not isinstance(items, list) or not items:
        raise invalid(f"{pointer}/item", "Must be a list of items.")
    if not isinstance(resource.get("identifier", []), list):
        raise invalid(f"{pointer}/identifier", "Must be a list.")
    check({name: told for name, told in resource.items() if name in {"item", "_title"}}, pointer)
    lost = [Lost(f"/{name}", "A definition has no place for this.") for name in resource if name not in _CARRIED]
    first = _language(resource, lost)
    reading = Reading(first, told_items.linked(items), lost)
    definition: dict[str, Any] = {
        "key": _key(resource, lost),
        "version": _version(resource, lost),
        "languages": [first],
        "title": words_read(resource, "title", first, "", lost),
        "items": told_items.read_all(items, list(range(len(items))), "", reading),
    }
    if not definition["title"]:
        definition["title"] = {first: definition["key"]}
    definition["languages"] = told_languages(definition, first)
    if resource.get("status") not in ("draft", "active"):
        lost.append(Lost("/status", "What is imported is a draft."))
    return Imported(definition, tuple(lost))


def _language(resource: Mapping[str, Any], lost: list[Lost]) -> str:
    told = resource.get("language")
    plain = str(told).partition("-")[0].lower()
    found = plain if plain in LANGUAGES else LANGUAGES[0]
    if told != found:
        lost.append(Lost("/language", f"Is read as {found}."))
    return found


def _key(resource: Mapping[str, Any], lost: list[Lost]) -> str:
    """Return the key: an identifier without system, as we write it, or the last part of the address."""
    identifiers = resource.get("identifier", [])
    own = [one for one in identifiers if isinstance(one, dict) and set(one) == {"value"}]
    for index, one in enumerate(identifiers):
        if one not in own[:1]:
            lost.append(Lost(f"/identifier/{index}", "Only the key is carried, as an identifier without system."))
    told = own[0]["value"] if own else str(resource.get("url") or resource.get("name") or "").rpartition("/")[2]
    key = form_key(str(told))
    if own and key != told:
        lost.append(Lost("/identifier/0", f"Became the key {key}."))
    if "url" in resource:
        lost.append(Lost("/url", "A definition has a key of its own site, and no address."))
    return key


def _version(resource: Mapping[str, Any], lost: list[Lost]) -> str:
    told = resource.get("version", "1")
    if isinstance(told, str) and re.fullmatch(r"[1-9]\d{0,8}", told, re.ASCII):
        return told
    lost.append(Lost("/version", "Versions are numbered; this begins as 1."))
    return "1"
