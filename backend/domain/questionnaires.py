"""Questionnaires: what a form is made of, as data: a tree of items, their options and conditions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Value = str | int | float | bool | Mapping[str, Any]
"""One value: a code, a text, a day as written, a number, a yes or no; a quantity `{value, unit}`; a text of one's own
beside the options `{other}`; or, of a repeating group, one instance: its answers by key."""

Answer = Value | tuple[Value, ...]
"""What a question was answered with: one value, or several where it repeats."""

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
"""What names an item or an option."""


class Type(StrEnum):
    """What sort of item it is, named as in FHIR R4 (hl7.org/fhir/R4/valueset-item-type.html)."""

    GROUP = "group"
    DISPLAY = "display"
    BOOLEAN = "boolean"
    DECIMAL = "decimal"
    INTEGER = "integer"
    DATE = "date"
    DATE_TIME = "dateTime"
    TIME = "time"
    STRING = "string"
    TEXT = "text"
    CHOICE = "choice"
    OPEN_CHOICE = "open-choice"
    QUANTITY = "quantity"


NOT_ASKED = frozenset({Type.GROUP, Type.DISPLAY})
"""What takes no answer by itself."""

ORDERED = frozenset({Type.DECIMAL, Type.INTEGER, Type.DATE, Type.DATE_TIME, Type.TIME, Type.QUANTITY})
"""Whose answers are more or less than another."""

WRITTEN = frozenset({Type.STRING, Type.TEXT, Type.OPEN_CHOICE})
"""Whose answers may be words of one's own, which no researcher gets."""


class Operator(StrEnum):
    """How the answers to a question are held against a value."""

    EXISTS = "exists"
    EQUAL = "="
    UNEQUAL = "!="
    MORE = ">"
    LESS = "<"
    AT_LEAST = ">="
    AT_MOST = "<="


class Status(StrEnum):
    """How a version of a questionnaire stands; what is retired is put to nobody who is not asked it already."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class Behavior(StrEnum):
    """Whether all conditions of an item must hold, or one is enough."""

    ALL = "all"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Words:
    """One text in the languages of the form (Dutch at language level B1); the form's first is always there."""

    nl: str | None = None
    en: str | None = None

    def told(self, language: str, first: str) -> str:
        """Return the text in a language, or in the form's first where it is not told in that one."""
        found: str | None = getattr(self, language) or getattr(self, first)
        return found or ""


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose; `low` to `high` (both included) where it is a band of another question."""

    code: str
    text: Words
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds by the answers to another question; with `exists`, `answer` says whether there is to be one."""

    question: str
    operator: Operator
    answer: Value


@dataclass(frozen=True, slots=True)
class Item:
    """One item; values lie from `low` to `high`, both included; `ends` are a scale's end words."""

    key: str
    type: Type
    text: Words | None = None
    help: Words | None = None
    required: bool = False
    repeats: bool = False
    initial: tuple[Value, ...] = ()
    low: Value | None = None
    high: Value | None = None
    max_length: int | None = None
    unit: str | None = None
    options: tuple[Option, ...] = ()
    enable_when: tuple[Condition, ...] = ()
    enable_behavior: Behavior = Behavior.ALL
    ends: tuple[Words, Words] | None = None
    band_of: str | None = None
    items: tuple["Item", ...] = ()

    @property
    def instances(self) -> bool:
        """Whether it is a group that is answered any number of times."""
        return self.type is Type.GROUP and self.repeats


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands: in which group, within which repeating groups (outermost first), where it is defined."""

    item: Item
    parent: str | None
    within: tuple[str, ...]
    pointer: str


@dataclass(frozen=True, slots=True)
class Form:
    """One version of a form.

    `languages` holds the first language first. `places` are all items by key, in the order in which they are asked;
    `order` are the same keys so that each comes after its group and after what its conditions ask. `moved` tells which
    keys of the version before have become which.
    """

    key: str
    version: str
    languages: tuple[str, ...]
    title: Words
    items: tuple[Item, ...]
    places: Mapping[str, Place]
    order: tuple[str, ...]
    moved: Mapping[str, str]

    def item(self, key: str) -> Item:
        """Return an item by key; KeyError when there is none."""
        return self.places[key].item

    def level(self, within: tuple[str, ...]) -> tuple[Place, ...]:
        """Return what is answered together: the items within the same repeating groups, so that each can be decided."""
        return tuple(self.places[key] for key in self.order if self.places[key].within == within)

    def language(self, wanted: str) -> str:
        """Return the language in which a form is told to somebody who reads `wanted` ("nl-BE" reads "nl")."""
        plain = wanted.partition("-")[0]
        return plain if plain in self.languages else self.languages[0]
