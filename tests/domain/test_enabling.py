"""Skip logic: which answers count, held against an evaluator that looks at everything until nothing changes."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings

from backend.domain.definitions import read
from backend.domain.errors import ClinicError
from backend.domain.questionnaires import Form
from backend.domain.responses import as_json, check
from tests.factories.forms import Filled, asks, definition, definitions, filled, group, question

Path = tuple[str | int, ...]


@dataclass
class Cell:
    """One item of one instance: where it stands in the answers, in which cell's group, and whether it is put."""

    at: Path
    key: str
    item: dict[str, Any]
    parent: "Cell | None"
    said: list[Any]
    put: bool = True


def cells(items: list[dict[str, Any]], answers: dict[str, Any], at: Path, parent: Cell | None) -> Iterator[Cell]:
    """Lay the items out beside the answers; a repeating group once for every instance."""
    for item in items:
        said = answers.get(item["key"])
        many = said if isinstance(said, list) else [] if said is None else [said]
        cell = Cell((*at, item["key"]), item["key"], item, parent, many)
        yield cell
        if item["type"] != "group":
            continue
        if not item.get("repeats"):
            yield from cells(item["items"], answers, at, cell)
        for index, one in enumerate(many):
            yield from cells(item["items"], one, (*at, item["key"], index), cell)


def plain(kind: str, value: Any) -> Any:
    """Return a value as a number or text that sorts as the value does."""
    if kind == "dateTime":
        return datetime.fromisoformat(value).timestamp()
    if kind == "time":
        return (value + ":00")[:8]
    return value["value"] if kind == "quantity" else value


def truth(rule: dict[str, Any], every: list[Cell], at: Path) -> bool:
    """Tell whether a condition holds: asked of the cell nearest to it, looking outwards."""
    found = [c for c in every if c.key == rule["question"] and c.at[:-1] == at[: len(c.at) - 1]]
    (asked,) = found
    kind = asked.item["type"]
    said = [plain(kind, one) for one in asked.said] if asked.put else []
    if rule["operator"] == "exists":
        return bool(said) if rule["answer"] else not said
    wanted = plain(kind, rule["answer"])
    equal = any(one == wanted for one in said)
    if rule["operator"] in {"=", "!="}:
        return equal is (rule["operator"] == "=")
    beyond = any(one != wanted and (max(one, wanted) == one) is (">" in rule["operator"]) for one in said)
    return beyond or (equal and "=" in rule["operator"])


def laid_out(told: dict[str, Any], answers: dict[str, Any]) -> list[Cell]:
    """Begin with everything put, and look again until nothing changes: as a circle is refused, it ends."""
    every = list(cells(told["items"], answers, (), None))
    while True:
        changed = False
        for cell in every:
            rules = [truth(rule, every, cell.at) for rule in cell.item.get("enable_when", [])]
            wanted = not rules or (any(rules) if cell.item.get("enable_behavior") == "any" else all(rules))
            wanted = wanted and (cell.parent is None or cell.parent.put)
            changed |= wanted is not cell.put
            cell.put = wanted
        if not changed:
            return every


def oracle(told: dict[str, Any], answers: dict[str, Any]) -> tuple[dict[str, Any], set[str], set[str]]:
    """Return what is kept, and pointers to what is dropped and to what is missing."""
    every = laid_out(told, answers)
    kept, dropped = copy.deepcopy(answers), set()
    gone: list[Path] = []
    for cell in every:
        if cell.put or not cell.said or any(cell.at[: len(path)] == path for path in gone):
            continue
        if cell.item["type"] != "group" or cell.item.get("repeats"):
            gone.append(cell.at)
            dropped.add("/".join(map(str, ("", *cell.at))))
            inner: Any = kept
            for step in cell.at[:-1]:
                inner = inner[step]
            del inner[cell.key]
    missing = {
        "/".join(map(str, ("", *cell.at))) for cell in every if cell.put and cell.item.get("required") and not cell.said
    }
    return kept, dropped, missing


@given(filled(definitions()))
@settings(max_examples=100)
def test_what_is_kept_dropped_and_missing_is_what_looking_until_nothing_changes_finds(told: Filled) -> None:
    made, asked, answers = told
    kept, dropped, missing = oracle(made, answers)
    found = check(asked, answers)
    assert as_json(found.answers) == kept
    assert set(found.dropped) == dropped
    assert _missing(asked, answers) == missing


@given(filled(definitions()))
def test_what_was_kept_is_kept_again_and_nothing_more_is_dropped(told: Filled) -> None:
    _, asked, answers = told
    once = check(asked, answers)
    again = check(asked, as_json(once.answers))
    assert (again.answers, again.dropped) == (once.answers, ())


def _missing(asked: Form, answers: dict[str, Any]) -> set[str]:
    try:
        check(asked, answers, completed=True)
    except ClinicError as error:
        return {pointer.removeprefix("/answers") for pointer in error.pointers}
    return set()


ASKED = question("asked", "integer", repeats=True)


@pytest.mark.parametrize(
    ("operator", "answer", "said", "put"),
    [
        ("exists", True, [], False), ("exists", True, [0], True),
        ("exists", False, [], True), ("exists", False, [0], False),
        ("=", 2, [1, 2], True), ("=", 2, [1], False), ("=", 2, [], False),
        ("!=", 2, [1, 2], False), ("!=", 2, [1], True), ("!=", 2, [], True),
        (">", 2, [1, 3], True), (">", 2, [2], False), (">", 2, [], False),
        ("<", 2, [1, 3], True), ("<", 2, [2], False), ("<", 2, [], False),
        (">=", 2, [2], True), (">=", 2, [1], False), (">=", 2, [], False),
        ("<=", 2, [2], True), ("<=", 2, [3], False), ("<=", 2, [], False),
    ],
)  # fmt: skip
def test_each_operator_holds_by_some_answer_and_unequal_is_the_negation_of_equal(
    operator: str, answer: Any, said: list[int], put: bool
) -> None:
    asked = read(definition(ASKED, question("next", "string", enable_when=[asks("asked", operator, answer)])))
    assert ("next" in check(asked, {"asked": said, "next": "x"}).answers) is put


def test_a_hidden_answer_counts_as_none_so_that_what_hangs_on_it_is_hidden_too() -> None:
    asked = read(
        definition(
            question("a", "boolean"),
            question("b", "boolean", enable_when=[asks("a", "=", True)]),
            question("c", "boolean", enable_when=[asks("b", "=", True)]),
            question("d", "boolean", enable_when=[asks("b", "!=", True)]),
        )
    )
    found = check(asked, {"a": False, "b": True, "c": True, "d": True})
    assert (found.answers, found.dropped) == ({"a": False, "d": True}, ("/b", "/c"))


def test_a_question_in_a_hidden_group_is_hidden_however_deep() -> None:
    inner = group("inner", question("deep", "string", required=True))
    asked = read(definition(question("a", "boolean"), group("outer", inner, enable_when=[asks("a", "=", True)])))
    found = check(asked, {"a": False, "deep": "x"}, completed=True)
    assert (found.answers, found.dropped) == ({"a": False}, ("/deep",))


def test_each_instance_of_a_repeating_group_is_decided_by_its_own_answers_and_those_outside() -> None:
    drug = group(
        "drug",
        question("name", "string"),
        question("why", "string", enable_when=[asks("name", "=", "x"), asks("all_told", "exists", False)]),
        repeats=True,
    )
    asked = read(definition(question("all_told", "boolean"), drug))
    said = {"drug": [{"name": "x", "why": "1"}, {"name": "y", "why": "2"}, {"why": "3"}]}
    found = check(asked, said)
    assert as_json(found.answers) == {"drug": [{"name": "x", "why": "1"}, {"name": "y"}, {}]}
    assert found.dropped == ("/drug/1/why", "/drug/2/why")
    assert check(asked, {**said, "all_told": False}).dropped == ("/drug/0/why", "/drug/1/why", "/drug/2/why")


def test_a_required_question_is_missed_in_each_instance_that_puts_it_and_a_required_group_when_it_has_none() -> None:
    asked = read(definition(group("drug", question("name", "string", required=True), repeats=True, required=True)))
    assert _missing(asked, {}) == {"/drug"}
    assert _missing(asked, {"drug": []}) == {"/drug"}
    assert _missing(asked, {"drug": [{"name": "x"}, {}]}) == {"/drug/1/name"}
