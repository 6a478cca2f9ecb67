"""FHIR R4 items of another system, read as items of a definition; what has no place is told with its pointer."""

from typing import Any

from backend.domain.fhir.parts import Reading, answers, bounds, conditions, control, flags, option_code, unit
from backend.domain.fhir.values import words_read
from backend.domain.imported import fresh_key
from backend.domain.questionnaires import Type

_TYPES = frozenset(one.value for one in Type)
_CARRIED = frozenset(
    {"linkId", "text", "_text", "type", "required", "repeats", "maxLength", "extension"}
    | {"answerOption", "initial", "enableWhen", "enableBehavior", "item"}
)
_OPTIONED = frozenset({"choice", "open-choice"})


def linked(items: list[Any]) -> dict[str, tuple[str, Type]]:
    """Return what items are called here, and their types: a linkId that is no key becomes one, each another."""
    found: dict[str, tuple[str, Type]] = {}
    taken: dict[str, int] = {}
    for item in _every(items):
        link = item.get("linkId")
        if not isinstance(link, str) or link in found or _why_not(item):
            continue
        found[link] = (fresh_key(link, taken), Type(item["type"]))
    return found


def read_all(items: list[Any], numbers: list[int], pointer: str, reading: Reading) -> list[dict[str, Any]]:
    """Return the items that can be carried; `numbers` are where they stood below `pointer`."""
    found = []
    for index, item in zip(numbers, items, strict=True):
        at = f"{pointer}/item/{index}"
        why = _why_not(item) or ("Has the linkId of another item." if item["linkId"] in reading.seen else None)
        if why is not None:
            reading.lose(at, why)
            continue
        reading.seen.add(item["linkId"])
        found.append(_item(item, at, reading))
    return found


def _every(items: Any) -> list[dict[str, Any]]:
    """Return all items that may be carried: those of the resource, and those below groups."""
    found: list[dict[str, Any]] = []
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict):
            found.append(item)
            found += _every(item.get("item")) if item.get("type") == "group" else []
    return found


def _why_not(item: Any) -> str | None:
    """Return why an item is left out, None where it is carried."""
    if not isinstance(item, dict) or not isinstance(item.get("linkId"), str):
        return "Has no linkId."
    if item.get("type") not in _TYPES:
        return f"Answers of type {item.get('type')} are not asked here."
    if item["type"] in _OPTIONED and not any(option_code(one) for one in item.get("answerOption", [])):
        return "Has no options that are told within it."
    if item["type"] == "quantity" and not any(unit(one) for one in item.get("extension", [])):
        return "Has no unit (UCUM) of its own."
    if item["type"] == "group" and not any(not _why_not(one) and not control(one) for one in item.get("item", [])):
        return "Holds nothing that can be carried."
    return None


def _item(told: dict[str, Any], pointer: str, reading: Reading) -> dict[str, Any]:
    key, kind = reading.linked[told["linkId"]]
    if key != told["linkId"]:
        reading.lose(f"{pointer}/linkId", f"Became the key {key}.")
    for name in sorted(told.keys() - _CARRIED):
        reading.lose(f"{pointer}/{name}", "An item has no place for this.")
    found: dict[str, Any] = {"key": key, "type": kind.value, **_text(told, kind, key, pointer, reading)}
    found |= bounds(told, kind, pointer, reading)
    found |= flags(told, kind, pointer, reading)
    found |= answers(told, kind, pointer, reading)
    found |= conditions(told, pointer, reading)
    return found | _below(told, kind, found, pointer, reading)


def _text(told: dict[str, Any], kind: Type, key: str, pointer: str, reading: Reading) -> dict[str, Any]:
    words = words_read(told, "text", reading.first, pointer, reading.lost)
    if words or kind is Type.GROUP:
        return {"text": words} if words else {}
    reading.lose(f"{pointer}/text", "Is missing; the key is shown in its place.")
    return {"text": {reading.first: key}}


def _below(told: dict[str, Any], kind: Type, found: dict[str, Any], pointer: str, reading: Reading) -> dict[str, Any]:
    """Return the items of a group, and the texts that stand as display items below a group or question."""
    texts: dict[str, dict[str, str]] = {}
    others: list[tuple[int, Any]] = []
    scaled = kind in {Type.INTEGER, Type.DECIMAL} and {"low", "high"} <= found.keys()
    for index, item in enumerate(told.get("item", [])):
        name = control(item)
        if name is None or name in texts or (name != "help" and not scaled) or kind is Type.DISPLAY:
            others.append((index, item))
            continue
        at = f"{pointer}/item/{index}"
        texts[name] = words_read(item, "text", reading.first, at, reading.lost)
        if item["linkId"] != f"{told['linkId']}/{name}":
            reading.lose(f"{at}/linkId", "Such a text has no key of its own.")
    made: dict[str, Any] = {"help": texts["help"]} if texts.get("help") else {}
    if texts.get("lower") and texts.get("upper"):
        made["ends"] = {"low": texts["lower"], "high": texts["upper"]}
    elif "lower" in texts or "upper" in texts:
        reading.lose(f"{pointer}/item", "A scale has words at both ends.")
    if kind is Type.GROUP:
        return made | {"items": read_all([item for _, item in others], [at for at, _ in others], pointer, reading)}
    for index, _ in others:
        reading.lose(f"{pointer}/item/{index}", "Items below a question have no place here.")
    return made
