"""Imports: what a file of another system comes to as a definition, and everything of it that could not be carried."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from backend.domain.languages import LANGUAGES

_SLUG = re.compile(r"[^a-z0-9]+")
_NO_KEY = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_KEY = 60


@dataclass(frozen=True, slots=True)
class Lost:
    """What could not be carried over: a pointer into what was given, and why."""

    pointer: str
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """A definition (which `definitions.read` may still refuse), what of the file is not in it, and where its version
    stands in the file.
    """

    definition: dict[str, Any]
    lost: tuple[Lost, ...]
    version_at: str = "/version"


Lose = Callable[[str, str], None]
"""Tells that something could not be carried: its pointer, and why."""


def fresh_key(name: str, taken: dict[str, int]) -> str:
    """Return the key that an item or option of that name gets, and add it to those taken: the name where it can be one.

    Signs that cannot stand in a key become a hyphen, a minus before a digit is written out ("-1" and "1" are two
    codes), and what was taken before gets a number. So the same file always gets the same keys. `taken` holds the
    number that was last given to each.
    """
    told = re.sub(r"^-(?=\d)", "minus-", name)
    plain = _NO_KEY.sub("-", told).lstrip("._-")[:_LONGEST_KEY] or "item"
    key = plain
    while key in taken:
        taken[plain] += 1
        key = f"{plain}-{taken[plain]}"
    taken[key] = 1
    return key


def form_key(name: str) -> str:
    """Return the key that a questionnaire of that name gets: lower-case words and hyphens."""
    return _SLUG.sub("-", name.lower()).strip("-")[:_LONGEST_KEY].strip("-") or "imported"


def told_languages(definition: dict[str, Any], first: str) -> list[str]:
    """Return the languages in which any text of a definition is told, the first one first."""
    return [first, *(one for one in LANGUAGES if one != first and _told_in(definition, one))]


def _told_in(told: Any, language: str) -> bool:
    """Whether any text is told in a language; texts are the objects that hold only languages."""
    if isinstance(told, dict):
        if told and set(told) <= set(LANGUAGES):
            return language in told
        return any(_told_in(inner, language) for inner in told.values())
    return isinstance(told, list) and any(_told_in(inner, language) for inner in told)
