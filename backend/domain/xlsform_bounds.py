"""XLSForm constraints, ranges and defaults: what an answer may be and what it is at first, or why it is not carried."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from backend.domain.answers import LONGEST, comparable, shaped, taken
from backend.domain.conditions import at_bound, literal
from backend.domain.errors import ClinicError
from backend.domain.expressions import XPATH, Call, Compared, Joined, Node, Reference, Unread, parsed
from backend.domain.imported import Lose
from backend.domain.items import MOST_INITIAL
from backend.domain.questionnaires import Item, Operator, Type, Value
from backend.domain.xlsform_sheets import Row

_SELF = Reference(".")
_LENGTH = Call("string-length", (_SELF,))
_BOUNDED = frozenset({Type.INTEGER, Type.DECIMAL, Type.DATE})
_ENDS = {Operator.AT_LEAST: "low", Operator.MORE: "low", Operator.AT_MOST: "high", Operator.LESS: "high"}
_FLIPPED = {
    Operator.AT_LEAST: Operator.AT_MOST,
    Operator.MORE: Operator.LESS,
    Operator.AT_MOST: Operator.AT_LEAST,
    Operator.LESS: Operator.MORE,
}
_PARAMETER = re.compile(r"(?P<name>[a-z]+)\s*=\s*(?P<value>-?\d+(?:\.\d+)?)")
_RANGE = {"start": 1.0, "end": 10.0, "step": 1.0}
"""What a range is where it says nothing else (xlsform.org, range)."""

_RECKONED = re.compile(r"\$\{|[\w-]\(|\s(?:[+*|-]|div|mod)\s")
"""What a default holds that is an expression and no answer."""


def ranged(told: str) -> tuple[dict[str, Any], bool]:
    """Return the type and both ends of a range with those parameters, and whether it has nothing more."""
    found = {match["name"]: float(match["value"]) for match in _PARAMETER.finditer(told)}
    rest = _PARAMETER.sub("", told).strip(" ,;")
    start, end, step = (found.get(name, usual) for name, usual in _RANGE.items())
    whole = "." not in told
    low, high = (int(one) if one.is_integer() else one for one in sorted((start, end)))
    ends = {"type": (Type.INTEGER if whole else Type.DECIMAL).value, "low": low, "high": high}
    return ends, whole and step == 1 and not rest and found.keys() <= _RANGE.keys()


def constrained(row: Row, found: Mapping[str, Any], lose: Lose) -> dict[str, Any]:
    """Return `low`, `high` and `max_length` as a constraint narrows them; each part that does not is lost."""
    bounds = {name: found[name] for name in ("low", "high") if name in found}
    told = row.get("constraint")
    for part in _parts(told):
        narrowed = _narrowed(part, Type(found["type"]), bounds) if part else None
        if narrowed is None:
            lose(row.at("constraint"), "Holds a part that is no lowest or highest answer, nor a longest text.")
            continue
        bounds = narrowed
    return bounds


def _parts(told: str) -> Iterator[Node | None]:
    """Yield what must all hold; None for what cannot be read."""
    if not told:
        return
    try:
        tree = parsed(told, XPATH)
    except Unread:
        yield None
        return
    yield from tree.parts if isinstance(tree, Joined) and not tree.any else (tree,)


def _narrowed(part: Node, of: Type, bounds: Mapping[str, Any]) -> dict[str, Any] | None:
    if not isinstance(part, Compared):
        return None
    left, operator, right = part.left, part.operator, part.right
    if right in {_SELF, _LENGTH}:
        left, operator, right = right, _FLIPPED.get(operator, operator), left
    value = literal(right)
    if value is None or operator not in _ENDS:
        return None
    if left == _LENGTH and of in {Type.STRING, Type.TEXT} and not isinstance(value, str):
        return _shortened(operator, value, bounds)
    return _ended(of, operator, value, bounds) if left == _SELF and of in _BOUNDED else None


def _shortened(operator: Operator, value: float, bounds: Mapping[str, Any]) -> dict[str, Any] | None:
    if operator not in {Operator.AT_MOST, Operator.LESS}:
        return None
    longest = math.ceil(value) - 1 if operator is Operator.LESS else math.floor(value)
    longest = min(longest, bounds.get("max_length", longest))
    return {**bounds, "max_length": longest} if 1 <= longest <= LONGEST[Type.TEXT] else None


def _ended(of: Type, operator: Operator, value: Value, bounds: Mapping[str, Any]) -> dict[str, Any] | None:
    bound = _inclusive(of, operator, value)
    if bound is None:
        return None
    name = _ENDS[operator]
    narrower: Callable[..., Any] = max if name == "low" else min
    found = {**bounds, name: narrower(bounds.get(name, bound), bound, key=lambda one: comparable(of, one))}
    if {"low", "high"} <= found.keys() and comparable(of, found["low"]) > comparable(of, found["high"]):
        return None
    return found


def _inclusive(of: Type, operator: Operator, value: Value) -> Value | None:
    """Return the end itself, which is included here; more than 3 is at least 4 only for whole numbers."""
    if of is not Type.DATE:
        if isinstance(value, str) or not isinstance(value, int | float):
            return None
        told = at_bound(of, operator, value)
        if told is None:
            return None
        operator, value = told
    elif type(value) is str:  # a plain text is no day
        return None
    if operator in {Operator.MORE, Operator.LESS}:
        if of is not Type.INTEGER or not isinstance(value, int):
            return None
        value += 1 if operator is Operator.MORE else -1
    try:
        return shaped(Item("q", of), str(value) if of is Type.DATE else value, "")
    except ClinicError:
        return None


def initial(told: str, found: Mapping[str, Any], codes: Mapping[str, str]) -> list[Value] | None:
    """Return the first answers that a default is, None where it is none that the question takes."""
    of = Type(found["type"])
    if of in {Type.CHOICE, Type.OPEN_CHOICE}:
        names = told.split() if found.get("repeats") else [told]
        several = [codes[name] for name in names if name in codes]
        return list(several) if len(several) == len(set(names)) == len(names) <= MOST_INITIAL else None
    value = _value(told, of)
    item = Item("q", of, low=found.get("low"), high=found.get("high"), max_length=found.get("max_length"))
    try:
        return None if value is None else [taken(item, value, "")]
    except ClinicError:
        return None


def _value(told: str, of: Type) -> Value | None:
    if of in {Type.INTEGER, Type.DECIMAL}:
        return float(told) if re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", told, re.ASCII) else None
    if of in {Type.STRING, Type.TEXT}:
        return None if _RECKONED.search(told) else told
    # A spreadsheet's day comes with midnight.
    return told.removesuffix(" 00:00:00") if of is Type.DATE else told
