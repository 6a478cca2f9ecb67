"""The words of the diary in one language: what can be rated, what else may explain it, and whether it wears off."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Word:
    """One thing to choose: its key, and how it reads."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything to choose from in a diary entry, in the order shown."""

    symptoms: tuple[Word, ...]
    causes: tuple[Word, ...]
    wearing_off: tuple[Word, ...]


@cache
def vocabulary(language: str) -> Vocabulary:
    """Return the words in a language (symptoms.json); Dutch where there are none in it."""
    told = json.loads(files("backend.domain").joinpath("symptoms.json").read_text("utf-8"))
    spoken = "en" if language == "en" else "nl"
    return Vocabulary(*(_words(told[part], spoken) for part in ("symptoms", "causes", "wearing_off")))


def _words(told: list[dict[str, Any]], language: str) -> tuple[Word, ...]:
    return tuple(Word(one["key"], one[language]) for one in told)
