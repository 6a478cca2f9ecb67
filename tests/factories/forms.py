"""Definitions of forms, and answers to them: any tree of groups, repeats and conditions."""

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from backend.domain.definitions import read
from backend.domain.errors import ClinicError
from backend.domain.questionnaires import Form

TEXT = {"nl": "vraag", "en": "question"}
POOLS: dict[str, list[Any]] = {
    "boolean": [True, False],
    "integer": [0, 1, 2, 3],
    "decimal": [0, 0.5, 1, 1.5],
    "date": ["2026-01-01", "2026-01-02", "2026-02-01"],
    # The second is the same moment as the first.
    "dateTime": ["2026-01-01T12:00:00+01:00", "2026-01-01T11:00:00Z", "2026-01-01T12:00:00Z"],
    "time": ["09:00", "09:00:00", "10:30"],
    "string": ["x", "y"],
    "text": ["x", "y"],
    "choice": ["a", "b", "c"],
    "open-choice": ["a", "b", "c", {"other": "x"}],
    "quantity": [{"value": 1, "unit": "mg"}, {"value": 1.5, "unit": "mg"}, {"value": 2, "unit": "mg"}],
}
"""A few answers of each type, so that conditions are often met."""

ORDERED = {"integer", "decimal", "date", "dateTime", "time", "quantity"}


Asked = tuple[dict[str, Any], tuple[str, ...]]
"""An item and the repeating groups it stands in."""


def question(key: str, kind: str = "choice", **told: Any) -> dict[str, Any]:
    """Return a question as a definition tells it."""
    made: dict[str, Any] = {"key": key, "type": kind, "text": TEXT}
    if kind in {"choice", "open-choice"}:
        made["options"] = [{"code": code, "text": TEXT} for code in ("a", "b", "c")]
    if kind == "quantity":
        made["unit"] = "mg"
    return made | told


def group(key: str, *items: dict[str, Any], **told: Any) -> dict[str, Any]:
    """Return a group as a definition tells it."""
    return {"key": key, "type": "group", "items": list(items), **told}


def definition(*items: dict[str, Any], **told: Any) -> dict[str, Any]:
    """Return a definition with these items."""
    whole = {"key": "made", "version": "1", "languages": ["nl", "en"], "title": TEXT, "items": list(items)}
    return whole | told


def asks(key: str, operator: str, answer: Any) -> dict[str, Any]:
    """Return a condition on a question."""
    return {"question": key, "operator": operator, "answer": answer}


def walk(items: list[dict[str, Any]], within: tuple[str, ...] = ()) -> Iterator[Asked]:
    """Yield every item with the repeating groups it stands in."""
    for item in items:
        yield item, within
        inner = (*within, item["key"]) if item["type"] == "group" and item.get("repeats") else within
        yield from walk(item.get("items", []), inner)


@st.composite
def definitions(draw: st.DrawFn, kinds: tuple[str, ...] = tuple(POOLS), *, repeating: bool = True) -> dict[str, Any]:
    """Make a definition that reads, of whose items many hang on others, before and after them."""
    made = definition(*_items(draw, kinds, repeating, "q", 0))
    every = list(walk(made["items"]))
    for at, (item, within) in enumerate(every):
        before = [one for one in every[:at] if _can_ask(one, within)]
        if draw(st.booleans()) and before:
            item["enable_when"] = [_condition(draw, one) for one in draw(_some(before))]
            item["enable_behavior"] = draw(st.sampled_from(["all", "any"]))
    for at, (item, within) in enumerate(every):
        after = [one for one in every[at + 1 :] if _can_ask(one, within)]
        if after and "enable_when" not in item and draw(st.integers(0, 3)) == 0:
            item["enable_when"] = [_condition(draw, draw(st.sampled_from(after)))]
            if not _reads(made):  # a circle
                del item["enable_when"]
    return made


def _some(of: list[Asked]) -> st.SearchStrategy[list[Asked]]:
    return st.lists(st.sampled_from(of), min_size=1, max_size=3)


def _items(draw: st.DrawFn, kinds: tuple[str, ...], repeating: bool, prefix: str, depth: int) -> list[dict[str, Any]]:
    found = []
    for at in range(draw(st.integers(2, 5) if depth == 0 else st.integers(1, 3))):
        key = f"{prefix}{at}"
        sort = draw(st.integers(0, 9))
        if sort == 0:
            found.append({"key": key, "type": "display", "text": TEXT})
        elif sort <= 3 and depth < 2:
            told = {"repeats": True, "required": draw(st.booleans())} if repeating and draw(st.booleans()) else {}
            found.append(group(key, *_items(draw, kinds, repeating, f"{key}_", depth + 1), **told))
        else:
            repeats = repeating and draw(st.integers(0, 3)) == 0
            told = {"required": draw(st.booleans()), "repeats": repeats}
            found.append(question(key, draw(st.sampled_from(kinds)), **told))
    return found


def _can_ask(other: Asked, within: tuple[str, ...]) -> bool:
    item, around = other
    return item["type"] in POOLS and within[: len(around)] == around


def _condition(draw: st.DrawFn, other: Asked) -> dict[str, Any]:
    item, _ = other
    operators = ["exists", "=", "!="] + ([">", "<", ">=", "<="] if item["type"] in ORDERED else [])
    operator = draw(st.sampled_from(operators))
    pool = [True, False] if operator == "exists" else POOLS[item["type"]]
    return asks(item["key"], operator, draw(st.sampled_from(pool)))


def _reads(told: dict[str, Any]) -> bool:
    try:
        read(told)
    except ClinicError:
        return False
    return True


def answers_to(items: list[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Answer some of the questions, whether or not they are put."""
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for item in _flat(items):
        if item["type"] == "group":
            optional[item["key"]] = st.lists(answers_to(item["items"]), min_size=1, max_size=3)
        elif item["type"] in POOLS:
            codes = [option["code"] for option in item["options"]] if item["type"] == "choice" else []
            one = st.sampled_from(codes or POOLS[item["type"]])
            several = st.lists(one, min_size=1, max_size=3, unique_by=str)
            optional[item["key"]] = _in_order(several, codes) if codes else several
            if not item.get("repeats"):
                optional[item["key"]] = one
    return st.fixed_dictionaries({}, optional=optional)


def _in_order(several: st.SearchStrategy[list[Any]], codes: list[str]) -> st.SearchStrategy[list[Any]]:
    return several.map(lambda chosen: sorted(chosen, key=codes.index))


def _flat(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield what is answered together: the children of a group that does not repeat stand beside it."""
    for item in items:
        if item["type"] == "group" and not item.get("repeats"):
            yield from _flat(item["items"])
        else:
            yield item


Filled = tuple[dict[str, Any], Form, dict[str, Any]]


def filled(made: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Filled]:
    """Fill in definitions: each as told, as read, and with answers to some of its questions."""
    return made.flatmap(lambda told: answers_to(told["items"]).map(lambda answers: (told, read(told), answers)))


JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, 0, -1.5, True, "", "x", "\x00", [], [[]], [None], ["x"], {}, {"x": []}, {"code": []}]
)


@st.composite
def with_junk(draw: st.DrawFn, whole: Any) -> Any:
    """Put anything in the place of anything within JSON."""
    broken = copy.deepcopy(whole)
    *steps, last = draw(st.sampled_from(_steps(whole)))
    inner = broken
    for step in steps:
        inner = inner[step]
    inner[last] = draw(JUNK)
    return broken


def _steps(node: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [found for step, one in inner for found in [(*at, step), *_steps(one, (*at, step))]]
