"""XLSForm surveys: rows as a tree of groups and questions, and each of them as an item of a definition."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from backend.domain import xlsform_bounds as bounds
from backend.domain.answers import LONGEST
from backend.domain.conditions import NOT_CARRIED, Asked, Scope, made
from backend.domain.definitions import DEEPEST, MOST_ITEMS
from backend.domain.errors import invalid
from backend.domain.expressions import XPATH, Unread, parsed
from backend.domain.imported import Lose, fresh_key
from backend.domain.questionnaires import NOT_ASKED, Type
from backend.domain.xlsform_choices import Choices
from backend.domain.xlsform_sheets import Row
from backend.domain.xlsform_types import ACKNOWLEDGED, Kind, begins, ends, is_range, kind

MULTILINE = "multiline"
_YES = frozenset({"yes", "true", "true()"})
_NO = frozenset({"", "no", "false", "false()"})


@dataclass(slots=True)
class Node:
    """A row of the survey, with the rows that it begins; `what` is group, repeat or nothing."""

    row: Row
    what: str | None = None
    inner: list["Node"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Kept:
    """A row that is carried: its key here, what it is, within which repeating groups, and what of its rows is kept."""

    row: Row
    key: str
    kind: Kind
    within: tuple[str, ...]
    inner: tuple["Kept", ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known while a survey is read."""

    first: str
    choices: Mapping[str, Choices]
    lose: Lose
    names: Counter[str]
    taken: dict[str, int] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)


def tree(rows: Iterable[Row], at: str) -> list[Node]:
    """Return the rows as a tree. Raises ClinicError `invalid`, below `at`, where groups do not match or are deep."""
    top: list[Node] = []
    opened: list[Node] = []
    for row in rows:
        told = row.get("type")
        inner = opened[-1].inner if opened else top
        if begins(told):
            if len(opened) == DEEPEST:
                raise invalid(at + row.at("type"), f"Groups stand at most {DEEPEST} deep.", "out-of-bounds")
            opened.append(Node(row, begins(told)))
            inner.append(opened[-1])
        elif ends(told):
            if not opened or opened.pop().what != ends(told):
                raise invalid(at + row.at("type"), "Ends what did not begin.")
        else:
            inner.append(Node(row))
    if opened:
        raise invalid(at + opened[-1].row.at("type"), "Begins what does not end.")
    return top


def kept(nodes: Iterable[Node], within: tuple[str, ...], reading: Reading) -> tuple[Kept, ...]:
    """Return what is carried, with keys in the order of the rows; what is left out is told, each with why."""
    found = (_kept(node, within, reading) for node in nodes)
    return tuple(one for one in found if one is not None)


def check(rows: Iterable[Kept], at: str) -> None:
    """Raise ClinicError `invalid` at a survey of which nothing is carried, or more than a definition holds."""
    count = sum(1 for _ in every(rows))
    if count == 0:
        raise invalid(f"{at}/survey", "Holds nothing that can be asked here.")
    if count > MOST_ITEMS:
        raise invalid(f"{at}/survey", f"Holds more than {MOST_ITEMS} items.", "out-of-bounds")


def every(rows: Iterable[Kept]) -> Iterator[Kept]:
    """Yield all that is carried, groups before what they hold."""
    for row in rows:
        yield row
        yield from every(row.inner)


def _kept(node: Node, within: tuple[str, ...], reading: Reading) -> Kept | None:
    row = node.row
    of = _kind(node, reading.choices)
    if isinstance(of, str):
        reading.lose(row.at("type"), of)
        return None
    name = row.get("name")
    one = Kept(row, fresh_key(name, reading.taken), of, within)
    inner = kept(node.inner, (*within, one.key) if of.repeats and node.what else within, reading)
    if node.what and not inner:
        reading.lose(row.at("type"), "Holds nothing that can be carried.")
        return None
    if one.key != name:
        reading.lose(row.at("name"), f"Became the key {one.key}.")
    if of.type not in NOT_ASKED and reading.names[name] == 1:
        reading.asked[name] = _asked(one, reading.choices)
    return replace(one, inner=inner)


def _kind(node: Node, choices: Mapping[str, Choices]) -> Kind | str:
    """Return what a row is, or why it is left out."""
    told = node.row.get("type")
    if node.row.get("disabled").lower() in _YES:
        return "Is disabled."
    if not told:
        return "Has no type."
    return Kind(Type.GROUP, repeats=node.what == "repeat") if node.what else kind(told, choices, node.row)


def _asked(one: Kept, choices: Mapping[str, Choices]) -> Asked:
    codes = _codes(one.kind, choices)
    compared = one.kind.type not in {Type.TIME, Type.DATE_TIME}
    return Asked(one.key, one.kind.type, one.kind.repeats, codes, one.within, compared=compared)


def _codes(of: Kind, choices: Mapping[str, Choices]) -> Mapping[str, str]:
    if of.list_name is not None:
        return choices[of.list_name].codes
    return {ACKNOWLEDGED: ACKNOWLEDGED} if of.type is Type.CHOICE else {}


def item(one: Kept, reading: Reading) -> dict[str, Any]:
    """Return a row as an item of a definition; what of it has no place is told."""
    handled = _handled(one)
    for column in one.row.cells:
        if column.name not in handled:
            reading.lose(one.row.at(column.name), "A definition has no place for this.")
    found: dict[str, Any] = {"key": one.key, "type": one.kind.type.value, **_texts(one, reading)}
    if one.kind.repeats:
        found["repeats"] = True
    if one.kind.type not in NOT_ASKED:
        _add_answers(found, one, reading)
    found |= _relevant(one, reading)
    return found | ({"items": [item(inner, reading) for inner in one.inner]} if one.inner else {})


def _handled(one: Kept) -> set[str]:
    """Return the columns that are carried for such a row, or told about where they are read."""
    row = one.row
    found = {"type", "name", "label", "hint", "relevant", "disabled"}
    found |= {name for name in ("required", "read_only") if row.get(name).lower() in _NO}
    if one.kind.type not in NOT_ASKED:
        found |= {"required", "default", "constraint"}
    if is_range(row):
        found.add("parameters")
    if one.kind.type is Type.STRING and row.get("appearance") == MULTILINE:
        found.add("appearance")
    return found


def _texts(one: Kept, reading: Reading) -> dict[str, Any]:
    text, hint = (one.row.words(name, reading.first, reading.lose) for name in ("label", "hint"))
    if not text and one.kind.type is not Type.GROUP:
        reading.lose(one.row.at("label"), "Is missing; the key is shown in its place.")
        text = {reading.first: one.key}
    return ({"text": text} if text else {}) | ({"help": hint} if hint else {})


def _add_answers(found: dict[str, Any], one: Kept, reading: Reading) -> None:
    """Add what a question asks for: whether it must be answered, what an answer may be, and what it is at first."""
    row, lose = one.row, reading.lose
    required = row.get("required").lower()
    if required in _YES:
        found["required"] = True
    elif required not in _NO:
        lose(row.at("required"), "Must be answered only sometimes there, and never here.")
    if is_range(row):
        ends_of, carried = bounds.ranged(row.get("parameters"))
        found |= ends_of
        if not carried:
            lose(row.at("parameters"), "Only the ends of a range are carried, and steps of 1.")
    _add_options(found, one, reading)
    found |= bounds.constrained(row, found, lose)
    if found["type"] == Type.STRING and (
        row.get("appearance") == MULTILINE or found.get("max_length", 0) > LONGEST[Type.STRING]
    ):
        found["type"] = Type.TEXT.value
    if row.get("default"):
        first = bounds.initial(row.get("default"), found, _codes(one.kind, reading.choices))
        found |= {"initial": first} if first else {}
        if not first:
            lose(row.at("default"), "Is reckoned there, or no answer that this question takes here.")


def _add_options(found: dict[str, Any], one: Kept, reading: Reading) -> None:
    if one.kind.list_name is not None:
        found["options"] = list(reading.choices[one.kind.list_name].options)
    elif one.kind.type is Type.CHOICE:
        found["options"] = [{"code": ACKNOWLEDGED, "text": {reading.first: ACKNOWLEDGED}}]


def _relevant(one: Kept, reading: Reading) -> dict[str, Any]:
    told = one.row.get("relevant")
    if not told:
        return {}
    try:
        found = made(parsed(told, XPATH), Scope(reading.asked, one.within))
    except Unread:
        found = None
    if found is None:
        reading.lose(one.row.at("relevant"), NOT_CARRIED)
    return found or {}
