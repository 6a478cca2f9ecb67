"""Enabling: which questions of a form are put by the answers given, and which answers count (FHIR R4 enableWhen)."""

import operator
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.domain.answers import comparable
from backend.domain.questionnaires import (
    NOT_ASKED,
    Answer,
    Behavior,
    Condition,
    Form,
    Item,
    Operator,
    Place,
    Type,
    Value,
)

Counted = Mapping[str, tuple[Value, ...]]
"""The answers that count for conditions, by question."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What is left of answers, in the order of the form, and pointers below them.

    `dropped` are answers to questions that the others hide, `missing` the required questions that are put and open.
    """

    kept: Mapping[str, Answer]
    dropped: tuple[str, ...]
    missing: tuple[str, ...]


_COMPARED: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.MORE: operator.gt,
    Operator.LESS: operator.lt,
    Operator.AT_LEAST: operator.ge,
    Operator.AT_MOST: operator.le,
}


def met(condition: Condition, of: Type, values: tuple[Value, ...]) -> bool:
    """Return whether a condition holds for the answers that count; `of` is the type of its question.

    `=` and the comparisons hold when some answer does so. `!=` is the negation of `=` and so holds without any answer,
    as R5 words what R4 left open (hl7.org/fhir/R5/valueset-questionnaire-enable-operator.html).
    """
    if condition.operator is Operator.EXISTS:
        return bool(values) is condition.answer
    wanted = comparable(of, condition.answer)
    found = [comparable(of, value) for value in values]
    if condition.operator in _COMPARED:
        return any(_COMPARED[condition.operator](one, wanted) for one in found)
    # True equals 1 to Python, and is no answer to the same question here: a question has one type.
    return (wanted in found) is (condition.operator is Operator.EQUAL)


def enabled(form: Form, item: Item, counted: Counted) -> bool:
    """Return whether an item's own conditions put it; without any it is put."""
    holds = (met(one, form.item(one.question).type, counted.get(one.question, ())) for one in item.enable_when)
    if not item.enable_when:
        return True
    return any(holds) if item.enable_behavior is Behavior.ANY else all(holds)


def settle(form: Form, answers: Mapping[str, Answer]) -> Settled:
    """Return what counts of answers that fit their questions.

    An item in a group that is not put is not put; answers to what is not put count as none for every other condition.
    """
    return _level(form, (), answers, {}, "")


def _level(form: Form, within: tuple[str, ...], answers: Mapping[str, Answer], outer: Counted, at: str) -> Settled:
    level = form.level(within)
    put, counted = _decided(form, level, answers, outer)
    here = {place.item.key for place in level}
    told = (_told(form, form.places[key], answers.get(key), put, counted, at) for key in form.places if key in here)
    return _joined(told)


def _decided(
    form: Form, level: tuple[Place, ...], answers: Mapping[str, Answer], outer: Counted
) -> tuple[set[str], Counted]:
    """Return what is put of what is answered together, and the answers that count there: all of them, before any
    instance is looked into, whose items may ask what is put after their group.
    """
    counted = dict(outer)
    put: set[str] = set(level[0].within) if level else set()
    for place in level:
        key = place.item.key
        if (place.parent is None or place.parent in put) and enabled(form, place.item, counted):
            put.add(key)
            if key in answers and place.item.type not in NOT_ASKED:
                counted[key] = values(answers[key])
    return put, counted


def _told(form: Form, place: Place, answer: Answer | None, put: Collection[str], counted: Counted, at: str) -> Settled:
    """Return what counts of one item."""
    item, here = place.item, f"{at}/{place.item.key}"
    if item.key not in put:
        return Settled({}, () if answer is None else (here,), ())
    if answer is None:
        return Settled({}, (), (here,) if item.required else ())
    if not item.instances:
        return Settled({item.key: answer}, (), ())
    inner = [
        _level(form, (*place.within, item.key), one, counted, f"{here}/{index}")
        for index, one in enumerate(values(answer))
        if isinstance(one, Mapping)
    ]
    joined = _joined(inner)
    return Settled({item.key: tuple(told.kept for told in inner)}, joined.dropped, joined.missing)


def _joined(told: Iterable[Settled]) -> Settled:
    parts = list(told)
    kept = {key: answer for one in parts for key, answer in one.kept.items()}
    dropped, missing = (tuple(one for part in parts for one in getattr(part, of)) for of in ("dropped", "missing"))
    return Settled(kept, dropped, missing)


def values(answer: Answer) -> tuple[Value, ...]:
    """Return the values of an answer, one or several."""
    return answer if isinstance(answer, tuple) else (answer,)
