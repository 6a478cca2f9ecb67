"""What a site supplies to an instrument from its own licensed manual: items, reversal, scales, tables and minimums."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType

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


def completed(asked: Instrument, given: Supplied) -> Instrument:
    """Return the instrument with a site's part; what is still needed stays in its `needs`.

    Raises ClinicError `invalid` with a pointer below what was given: no reference, something the instrument does not
    ask for, an item or scale it does not have, an item that is not sound, scales that overlap or have another size, or
    a minimum out of reach.
    """
    if not given.reference.strip():
        raise invalid("/reference", "Say from which manual this is.")
    for need, told in _TOLD.items():
        if told(given) and need not in asked.needs:
            raise invalid(f"/{need}", "The instrument does not ask for this.")
    found = _with_items(asked, given)
    found = _with_mirrored(found, given)
    found = _with_scales(found, given)
    found = _with_least(found, given)
    told_of = {need for need, told in _TOLD.items() if told(given)}
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
    _check_known(asked, given.mirrored, "/reversal")
    return replace(asked, mirrored=given.mirrored)


def _with_scales(asked: Instrument, given: Supplied) -> Instrument:
    """Take which items belong to each open scale; every one of them at once, and no item to two."""
    if not given.scales:
        return asked
    still_open = {key: scale for key, scale in asked.scales.items() if not scale.items}
    if given.scales.keys() != still_open.keys():
        raise invalid("/assignment", f"Needs exactly these scales: {', '.join(still_open)}.")
    for key, codes in given.scales.items():
        _check_known(asked, codes, f"/assignment/{key}")
        if len(codes) != still_open[key].size:
            raise invalid(f"/assignment/{key}", f"Has {still_open[key].size} items.")
    every = [code for codes in given.scales.values() for code in codes]
    if len(set(every)) < len(every):
        raise invalid("/assignment", "Gives an item to a scale twice, or to two.")
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


_TOLD: Mapping[Need, Callable[[Supplied], bool]] = {
    Need.ITEMS: lambda given: bool(given.items),
    Need.REVERSAL: lambda given: given.mirrored is not None,
    Need.ASSIGNMENT: lambda given: bool(given.scales),
    Need.VALUES: lambda given: bool(given.values),
    Need.T_SCORES: lambda given: bool(given.t_scores),
}
_PRORATED = frozenset({Method.SUM, Method.MEAN, Method.PERCENT})
"""The methods for which fewer answers than items can stand for all."""
