"""Own words: what in answers somebody wrote themselves, taken apart to be sealed, and put back; codes stay behind."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from backend.domain.questionnaires import WRITTEN, Form

Answers = dict[str, Any]
"""Answers as JSON, by question."""


def apart(asked: Form, answers: Mapping[str, Any]) -> tuple[Answers, dict[str, Any]]:
    """Return answers with null wherever words of one's own stood, and those words by their pointer below the answers.

    That is every text of a question for a string or text, and every `{other}` beside options; whatever group it is in.
    """
    plain: Answers = copy.deepcopy(dict(answers))
    words: dict[str, Any] = {}
    for at, inner, key in list(_written(asked, plain, "")):
        words[at], inner[key] = inner[key], None
    return plain, words


def together(plain: Mapping[str, Any], words: Mapping[str, Any]) -> Answers:
    """Return the answers that `apart` was given."""
    whole: Any = copy.deepcopy(dict(plain))
    for at, said in words.items():
        *steps, last = at[1:].split("/")
        inner = whole
        for step in steps:
            inner = inner[int(step) if isinstance(inner, list) else step]
        inner[int(last) if isinstance(inner, list) else last] = said
    return whole  # type: ignore[no-any-return]  # a mapping, as it came


def _written(asked: Form, answers: Answers, at: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield where words stand: the pointer, and what holds them under which key."""
    for key, answer in answers.items():
        item = asked.item(key)
        if item.instances:
            for index, one in enumerate(answer):
                yield from _written(asked, one, f"{at}/{key}/{index}")
        elif item.type in WRITTEN:
            places = enumerate(answer) if isinstance(answer, list) else [(key, answer)]
            for place, said in places:
                # A code of an option is a text too; words beside the options say so.
                if not item.options or isinstance(said, Mapping):
                    inner = answer if isinstance(answer, list) else answers
                    yield f"{at}/{key}/{place}" if isinstance(answer, list) else f"{at}/{key}", inner, place


def cells(plain: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what a researcher gets of answers without words, by item: a quantity with its unit, several codes in one.

    What stands in an instance of a repeating group, and each of several quantities, is named `item[n]`, from 1.
    """
    for key, answer in plain.items():
        name = f"{within}{key}"
        if isinstance(answer, list):
            yield from _several(name, answer)
        elif isinstance(answer, Mapping):
            yield name, f"{answer['value']} {answer['unit']}"
        elif answer is not None:
            yield name, answer


def _several(name: str, answers: list[Any]) -> Iterator[tuple[str, Any]]:
    told = [one for one in answers if one is not None]
    if all(not isinstance(one, Mapping) for one in told):
        if told or not answers:
            yield name, " ".join(str(one) for one in told)
        return
    for number, one in enumerate(answers, start=1):
        if isinstance(one, Mapping):
            whole = set(one) == {"value", "unit"} and isinstance(one["value"], int | float)
            yield from cells({f"{name}[{number}]": one}) if whole else cells(one, f"{name}[{number}].")
