"""Strict reading of a definition's JSON: only fields that are known, each of its sort, or a pointer to what is not."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from backend.domain.answers import storable
from backend.domain.errors import invalid
from backend.domain.languages import LANGUAGES
from backend.domain.questionnaires import KEY, Words

LONGEST_TEXT = 2000
Named = TypeVar("Named", bound=StrEnum)


def fields(told: object, pointer: str, *, needed: Collection[str], also: Collection[str] = ()) -> dict[str, Any]:
    """Return an object that has what is needed and nothing that is not known; raises ClinicError `invalid`."""
    if not isinstance(told, dict):
        raise invalid(pointer or "/", "Must be an object.")
    for name in told:
        if name not in needed and name not in also:
            plain = isinstance(name, str) and KEY.fullmatch(name)
            raise invalid(f"{pointer}/{name}" if plain else pointer or "/", "Is not known here.")
        if told[name] is None:
            raise invalid(f"{pointer}/{name}", "Must not be null.")
    for name in needed:
        if name not in told:
            raise invalid(f"{pointer}/{name}", "Is missing.")
    return told


def listed(told: object, most: int, pointer: str) -> list[Any]:
    """Return a list of at least one and at most so many."""
    if not isinstance(told, list) or not told:
        raise invalid(pointer, "Must be a list that is not empty.")
    if len(told) > most:
        raise invalid(pointer, f"Holds more than {most}.", "out-of-bounds")
    return told


def named(kind: type[Named], told: object, pointer: str) -> Named:
    """Return a member of an enumeration by its value."""
    if not isinstance(told, str) or told not in {member.value for member in kind}:
        raise invalid(pointer, f"Must be one of: {' '.join(member.value for member in kind)}.")
    return kind(told)


def key(told: object, pointer: str) -> str:
    """Return a key of an item or option."""
    if not isinstance(told, str) or not KEY.fullmatch(told):
        raise invalid(pointer, "Must be a key: letters, digits, hyphens, points and underscores.")
    return told


def flag(told: Mapping[str, Any], name: str, pointer: str) -> bool:
    """Return a yes or no that is no where it is not told."""
    value = told.get(name, False)
    if not isinstance(value, bool):
        raise invalid(f"{pointer}/{name}", "Must be true or false.")
    return value


def whole(told: Mapping[str, Any], name: str, pointer: str, low: int, high: int) -> int | None:
    """Return a whole number within bounds, None where it is not told."""
    value = told.get(name)
    if name not in told:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(f"{pointer}/{name}", "Must be a whole number.")
    if not low <= value <= high:
        raise invalid(f"{pointer}/{name}", f"Must lie from {low} to {high}.", "out-of-bounds")
    return value


def words(told: object, first: str, pointer: str) -> Words:
    """Return a text by language, which has the form's first language."""
    found = fields(told, pointer, needed=(first,), also=LANGUAGES)
    for language, text in found.items():
        at = f"{pointer}/{language}"
        if not isinstance(text, str) or not text.strip() or not storable(text):
            raise invalid(at, "Must be a text.")
        if len(text) > LONGEST_TEXT:
            raise invalid(at, f"Has more than {LONGEST_TEXT} characters.", "out-of-bounds")
    return Words(**found)


def words_told(told: Words) -> dict[str, str]:
    """Return a text as `words` takes it."""
    return {language: text for language in LANGUAGES if (text := getattr(told, language)) is not None}
