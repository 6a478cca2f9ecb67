"""What a site supplies to an instrument from its own licensed manual: items, reversal, scales, tables and minimums."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from backend.domain.errors import invalid
from backend.domain.instruments import Instrument, Item, Method, Need, Scale


@dataclass(frozen=True, slots=True)
class Supplied:
    """A site's part of a rule; what is None or empty is left as it was.

    `reference` names manual, edition and page. `items` are the questions of a short form, in their order; `mirrored`
    the codes that count from the other end (an empty set says that none do); `scales` the codes of each scale that
    the file leaves open; `values` a value by profile; `t_scores` a T-score by sum; `least` how many items of a scale
    must be answered.
    """

    reference: str
    items: tuple[Item, ...] = ()
    mirrored: frozenset[str] | None = None
    scales: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    values: Mapping[str, Decimal] = field(default_factory=dict)
    t_scores: Mapping[int, Decimal] = field(default_factory=dict)
    least: Mapping[str, int] = field(default_factory=dict)


def read(told: Mapping[str, Any]) -> Supplied:
    """Return what a checked form, or `written`, tells. Raises ClinicError `invalid` for a profile or sum told twice."""
    items = [
        Item(one["code"], one["low"], one["high"], points=None if one["points"] is None else tuple(one["points"]))
        for one in told["items"]
    ]
    mirrored = told["mirrored"]
    return Supplied(
        reference=told["reference"],
        items=tuple(items),
        mirrored=None if mirrored is None else frozenset(mirrored),
        scales={one["scale"]: tuple(one["items"]) for one in told["scales"]},
        values=_table(told["values"], "profile", "/values"),
        t_scores=_table(told["t_scores"], "sum", "/t_scores"),
        least={one["scale"]: one["least"] for one in told["least"]},
    )


def written(given: Supplied) -> dict[str, Any]:
    """Return what was supplied as JSON, which `read` takes."""
    items = [
        {"code": one.code, "low": one.low, "high": one.high, "points": None if one.points is None else [*one.points]}
        for one in given.items
    ]
    return {
        "reference": given.reference,
        "items": items,
        "mirrored": None if given.mirrored is None else sorted(given.mirrored),
        "scales": [{"scale": key, "items": list(codes)} for key, codes in given.scales.items()],
        "values": [{"profile": key, "value": float(value)} for key, value in given.values.items()],
        "t_scores": [{"sum": key, "value": float(value)} for key, value in given.t_scores.items()],
        "least": [{"scale": key, "least": least} for key, least in given.least.items()],
    }


def _table(told: Sequence[Mapping[str, Any]], of: str, pointer: str) -> dict[Any, Decimal]:
    found = {one[of]: Decimal(str(one["value"])) for one in told}
    if len(found) < len(told):
        raise invalid(pointer, "Tells one of them twice.")
    return found


def completed(asked: Instrument, given: Supplied) -> Instrument:
    """Return the instrument with a site's part; what is still needed stays in its `needs`.

    Raises ClinicError `invalid` with a pointer below what was given: no reference, something the instrument does not
    ask for, an item or scale it does not have, an item that is not sound, scales that overlap or have another size, or
    a minimum out of reach.
    """
    if not given.reference.strip():
        raise invalid("/reference", "Say from which manual this is.")
    for need, (name, told) in _TOLD.items():
        if told(given) and need not in asked.needs:
            raise invalid(f"/{name}", "The instrument does not ask for this.")
    found = _with_items(asked, given)
    found = _with_mirrored(found, given)
    found = _with_scales(found, given)
    found = _with_least(found, given)
    told_of = {need for need, (_, told) in _TOLD.items() if told(given)}
    values = MappingProxyType(dict(given.values)) if given.values else asked.values
    t_scores = MappingProxyType(dict(given.t_scores)) if given.t_scores else asked.t_scores
    return replace(
        found, values=values, t_scores=t_scores, needs=asked.needs - told_of, supplied_from=given.reference.strip()
    )


def _with_items(asked: Instrument, given: Supplied) -> Instrument:
    """Take the items of a short form; its one scale is made of all of them."""
    if not given.items:
        return asked
    items = {item.code: item for item in given.items}
    if len(items) < len(given.items):
        raise invalid("/items", "Names an item twice.")
    if not all(_sound(item) for item in given.items):
        raise invalid("/items", "An item needs a range of whole numbers, and points for each of them if for any.")
    scales = {key: replace(scale, items=tuple(items)) for key, scale in asked.scales.items()}
    return replace(asked, items=MappingProxyType(items), scales=MappingProxyType(scales))


def _sound(item: Item) -> bool:
    """Tell whether every answer of an item is a whole number that is worth something: a table has no halves."""
    fits = item.points is None or len(item.points) == item.high - item.low + 1
    return item.low < item.high and item.whole and fits


def _with_mirrored(asked: Instrument, given: Supplied) -> Instrument:
    if given.mirrored is None:
        return asked
    _check_known(asked, given.mirrored, "/mirrored")
    return replace(asked, mirrored=given.mirrored)


def _with_scales(asked: Instrument, given: Supplied) -> Instrument:
    """Take which items belong to each open scale; every one of them at once, and no item to two."""
    if not given.scales:
        return asked
    still_open = {key: scale for key, scale in asked.scales.items() if not scale.items}
    if given.scales.keys() != still_open.keys():
        raise invalid("/scales", f"Needs exactly these scales: {', '.join(still_open)}.")
    for key, codes in given.scales.items():
        _check_known(asked, codes, f"/scales/{key}")
        if len(codes) != still_open[key].size:
            raise invalid(f"/scales/{key}", f"Has {still_open[key].size} items.")
    every = [code for codes in given.scales.values() for code in codes]
    if len(set(every)) < len(every):
        raise invalid("/scales", "Gives an item to a scale twice, or to two.")
    scales = {key: replace(scale, items=given.scales.get(key, scale.items)) for key, scale in asked.scales.items()}
    return replace(asked, scales=MappingProxyType(scales))


def _with_least(asked: Instrument, given: Supplied) -> Instrument:
    scales: dict[str, Scale] = dict(asked.scales)
    for key, least in given.least.items():
        scale = scales.get(key)
        if scale is None:
            raise invalid(f"/least/{key}", "There is no such scale.")
        if scale.method not in _PRORATED:
            raise invalid(f"/least/{key}", "This scale needs every item.")
        if not 1 <= least <= scale.n_items:
            raise invalid(f"/least/{key}", f"Must lie from 1 to {scale.n_items}.")
        scales[key] = replace(scale, least=least)
    return replace(asked, scales=MappingProxyType(scales))


def _check_known(asked: Instrument, codes: frozenset[str] | tuple[str, ...], pointer: str) -> None:
    unknown = sorted(code for code in codes if code not in asked.items)
    if unknown:
        raise invalid(pointer, "The instrument has no such item.")


_TOLD: Mapping[Need, tuple[str, Callable[[Supplied], bool]]] = {
    Need.ITEMS: ("items", lambda given: bool(given.items)),
    Need.REVERSAL: ("mirrored", lambda given: given.mirrored is not None),
    Need.ASSIGNMENT: ("scales", lambda given: bool(given.scales)),
    Need.VALUES: ("values", lambda given: bool(given.values)),
    Need.T_SCORES: ("t_scores", lambda given: bool(given.t_scores)),
}
"""Under which name each need is told, and whether it was."""
_PRORATED = frozenset({Method.SUM, Method.MEAN, Method.PERCENT})
"""The methods for which fewer answers than items can stand for all."""
