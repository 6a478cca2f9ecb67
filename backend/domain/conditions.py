"""Conditions made of other systems' expressions, where they hold for exactly the same answers."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from backend.domain.answers import shaped
from backend.domain.errors import ClinicError
from backend.domain.expressions import Call, Compared, Joined, Literal, Node, Reference
from backend.domain.items import MOST_CONDITIONS
from backend.domain.questionnaires import Item, Operator, Type, Value

NOT_CARRIED = "Asks what is not asked here, or in another way: the item is put whatever is answered."
"""Why an expression is left out, as it is told."""

Made: TypeAlias = list[dict[str, Any]]
_INVERSE = {
    Operator.EQUAL: Operator.UNEQUAL,
    Operator.UNEQUAL: Operator.EQUAL,
    Operator.MORE: Operator.AT_MOST,
    Operator.LESS: Operator.AT_LEAST,
    Operator.AT_MOST: Operator.MORE,
    Operator.AT_LEAST: Operator.LESS,
}
_FLIPPED = {
    Operator.MORE: Operator.LESS,
    Operator.LESS: Operator.MORE,
    Operator.AT_MOST: Operator.AT_LEAST,
    Operator.AT_LEAST: Operator.AT_MOST,
}
_HOLDS: Mapping[Operator, Callable[[float, float], bool]] = {
    Operator.EQUAL: lambda one, other: one == other,
    Operator.UNEQUAL: lambda one, other: one != other,
    Operator.MORE: lambda one, other: one > other,
    Operator.LESS: lambda one, other: one < other,
    Operator.AT_MOST: lambda one, other: one <= other,
    Operator.AT_LEAST: lambda one, other: one >= other,
}
_SAME = frozenset({Operator.EQUAL, Operator.UNEQUAL})
_NUMBER = re.compile(r"\s*-?(\d+(\.\d*)?|\.\d+)\s*", re.ASCII)
_WHOLE = re.compile(r"0|-?[1-9]\d*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as expressions name it: what it is called here, and what its codes there are as answers here.

    `exists` and `compared` are whether that system tells, as we do, that there is an answer and what it is more than.
    """

    key: str
    type: Type
    repeats: bool = False
    answers: Mapping[str, Value] = field(default_factory=dict)
    within: tuple[str, ...] = ()
    exists: bool = True
    compared: bool = True


@dataclass(frozen=True, slots=True)
class Scope:
    """Which questions an expression can ask from where it stands, by the name they have there."""

    asked: Mapping[str, Asked]
    within: tuple[str, ...]


def made(tree: Node, scope: Scope) -> dict[str, Any] | None:
    """Return `enable_when` and `enable_behavior` that hold when an expression does, None where none do so.

    Both systems take the answer to what is not asked as none, and a comparison with no answer as not holding; so `not`
    of a comparison is carried only where one condition is enough, beside one that there is no answer.
    """
    if tree == Call("true", ()):
        return {}
    for any_is_enough in (False, True):
        found = _lowered(tree, scope, any_is_enough=any_is_enough, negated=False)
        if found is not None and len(found) <= MOST_CONDITIONS:
            return {"enable_when": found} | ({"enable_behavior": "any"} if any_is_enough and len(found) > 1 else {})
    return None


def _lowered(tree: Node, scope: Scope, *, any_is_enough: bool, negated: bool) -> Made | None:
    """Return conditions that together (or of which any) hold when the tree does, or, negated, does not."""
    if isinstance(tree, Joined):
        if (tree.any is not negated) is not any_is_enough:
            return None
        parts = [_lowered(one, scope, any_is_enough=any_is_enough, negated=negated) for one in tree.parts]
        return None if None in parts else [one for part in parts if part for one in part]
    if isinstance(tree, Call) and tree.name == "not" and len(tree.arguments) == 1:
        return _lowered(tree.arguments[0], scope, any_is_enough=any_is_enough, negated=not negated)
    told = _told(tree)
    asked = scope.asked.get(told.reference.name) if told else None
    if told is None or asked is None or scope.within[: len(asked.within)] != asked.within:
        return None
    if negated and told.operator in _SAME:
        told, negated = replace(told, operator=_INVERSE[told.operator]), False
    found = _leaf(asked, told, any_is_enough=any_is_enough, negated=negated)
    return found if found and all(_fits(asked, one) for one in found) else None


class _Day(str):
    """A day that was told as one, not as a text."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Told:
    reference: Reference
    operator: Operator
    value: str | int | float


def _told(tree: Node) -> _Told | None:
    """Return a comparison with its question on the left, None for anything else."""
    if isinstance(tree, Call) and tree.name == "selected" and len(tree.arguments) == 2:
        asked, code = tree.arguments
        if isinstance(asked, Reference) and isinstance(code, Literal):
            return _Told(Reference(asked.name, str(code.value)), Operator.EQUAL, 1)
    if not isinstance(tree, Compared):
        return None
    left, operator, right = tree.left, tree.operator, tree.right
    if isinstance(right, Reference):
        left, operator, right = right, _FLIPPED.get(operator, operator), left
    value = literal(right)
    return _Told(left, operator, value) if isinstance(left, Reference) and value is not None else None


def literal(node: Node) -> str | int | float | None:
    """Return what is told without asking anything: a text, a number, or a day as `date('2026-03-29')`."""
    if isinstance(node, Call) and node.name == "date" and len(node.arguments) == 1:
        inner = node.arguments[0]
        return _Day(inner.value) if isinstance(inner, Literal) and isinstance(inner.value, str) else None
    return node.value if isinstance(node, Literal) else None


def _leaf(asked: Asked, told: _Told, *, any_is_enough: bool, negated: bool) -> Made | None:
    if told.reference.code is not None:
        return _ticked(asked, told, negated=negated)
    if told.value == "":
        return _exists(asked, told)
    if asked.repeats or not asked.compared:
        return None
    compare = _chosen if asked.answers else _measured
    return compare(asked, told, any_is_enough=any_is_enough, negated=negated)


def _measured(asked: Asked, told: _Told, *, any_is_enough: bool, negated: bool) -> Made | None:
    """Return the condition on a number, a day or a text."""
    value = _value(asked.type, told)
    if value is None:
        return None
    held, bound = value
    if not negated:
        return [_condition(asked, held, bound)]
    return [_condition(asked, _INVERSE[held], bound), _exist(asked, wanted=False)] if any_is_enough else None


def _exists(asked: Asked, told: _Told) -> Made | None:
    if told.operator not in _SAME or not asked.exists:
        return None
    return [_exist(asked, wanted=told.operator is Operator.UNEQUAL)]


def _ticked(asked: Asked, told: _Told, *, negated: bool) -> Made | None:
    """Return the condition on one option, whose box is 1 where it is ticked and 0 where it is not."""
    answer, value = asked.answers.get(str(told.reference.code)), _number(told.value)
    if answer is None or value is None:
        return None
    ticked, empty = (_HOLDS[told.operator](box, value) for box in (1, 0))
    if ticked is empty:
        return None
    return [_condition(asked, Operator.UNEQUAL if negated is ticked else Operator.EQUAL, answer)]


def _chosen(asked: Asked, told: _Told, *, any_is_enough: bool, negated: bool) -> Made | None:
    """Return conditions on a choice, whose codes compare as texts, or as the numbers they are."""
    if isinstance(told.value, str) and told.operator in _SAME:
        answer = asked.answers.get(told.value)
        return None if answer is None else [_condition(asked, told.operator, answer)]
    number = _number(told.value)
    # `!=` holds also with no answer, as the negation of `=`.
    negated = negated or told.operator is Operator.UNEQUAL
    held = Operator.EQUAL if told.operator is Operator.UNEQUAL else told.operator
    codes = {code: _number(code) for code in asked.answers}
    hit = [one for one, of in codes.items() if number is not None and of is not None and _HOLDS[held](of, number)]
    if not hit:
        return None
    one_of = Operator.UNEQUAL if negated else Operator.EQUAL
    if len(hit) == 1 or any_is_enough is not negated:
        return [_condition(asked, one_of, asked.answers[code]) for code in hit]
    # The words of one's own beside the options are none of the others.
    if asked.type is Type.OPEN_CHOICE:
        return None
    others = [_condition(asked, _INVERSE[one_of], asked.answers[code]) for code in codes if code not in hit]
    return [_exist(asked, wanted=not negated), *others]


def _value(of: Type, told: _Told) -> tuple[Operator, Value] | None:
    """Return how an answer of that type is compared, and with what."""
    same = told.operator in _SAME
    if of in {Type.STRING, Type.TEXT}:
        return (told.operator, told.value) if same and isinstance(told.value, str) else None
    if of is Type.DATE:
        return (told.operator, str(told.value)) if isinstance(told.value, _Day) else None
    if of not in {Type.INTEGER, Type.DECIMAL}:
        return None
    # As texts, 5 and 5.0 are two: a quoted number is the same only as it is kept here.
    if same and isinstance(told.value, str) and (of is Type.DECIMAL or not _WHOLE.fullmatch(told.value)):
        return None
    number = _number(told.value)
    return None if number is None else at_bound(of, told.operator, number)


def at_bound(of: Type, operator: Operator, number: int | float) -> tuple[Operator, Value] | None:
    """Return a comparison with a number so that the number is of the question's own type."""
    if of is not Type.INTEGER or number == int(number):
        return operator, int(number) if number == int(number) else number
    if operator in _SAME:
        return None
    if operator in {Operator.MORE, Operator.AT_LEAST}:
        return Operator.AT_LEAST, math.ceil(number)
    return Operator.AT_MOST, math.floor(number)


def _number(told: Value) -> int | float | None:
    if isinstance(told, str):
        return float(told) if _NUMBER.fullmatch(told) and abs(float(told)) < 1e15 else None
    return told if isinstance(told, int | float) else None


def _condition(asked: Asked, operator: Operator, answer: Value) -> dict[str, Any]:
    return {"question": asked.key, "operator": operator.value, "answer": answer}


def _exist(asked: Asked, *, wanted: bool) -> dict[str, Any]:
    return _condition(asked, Operator.EXISTS, wanted)


def _fits(asked: Asked, condition: Mapping[str, Any]) -> bool:
    """Whether the answer of a condition is one that its question takes."""
    if condition["operator"] == Operator.EXISTS.value or asked.answers:
        return True
    try:
        shaped(Item(asked.key, asked.type), condition["answer"], "")
    except ClinicError:
        return False
    return True
