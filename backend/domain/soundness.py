"""Soundness: whether the items of a form fit each other, and in which order they can be decided."""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from backend.domain.answers import comparable, shaped
from backend.domain.errors import invalid
from backend.domain.questionnaires import NOT_ASKED, ORDERED, Condition, Operator, Place, Type

_ANY_TYPE = frozenset({Operator.EXISTS, Operator.EQUAL, Operator.UNEQUAL})


def order(places: Mapping[str, Place]) -> tuple[str, ...]:
    """Return the keys so that each comes after its group, and after the questions that its conditions or bands ask.

    Raises ClinicError `invalid` at a condition that asks what is no question or cannot be asked from there, that holds
    answers against a value of another sort, or that goes round in a circle; and at a band or bound that does not fit.
    """
    for place in places.values():
        for index, condition in enumerate(place.item.enable_when):
            _check_condition(places, place, condition, f"{place.pointer}/enable_when/{index}")
        _check_band(places, place)
        _check_bounds(place)
    # Without a circle, what was there first stays first: the sorter is fed in the order of asking.
    sorter = TopologicalSorter({key: tuple(_before(place)) for key, place in places.items()})
    try:
        return tuple(sorter.static_order())
    except CycleError as error:
        key = next(one for one in error.args[1] if places[one].item.enable_when)
        raise invalid(f"{places[key].pointer}/enable_when", "The conditions go round in a circle.") from error


def _before(place: Place) -> Iterator[str]:
    if place.parent is not None:
        yield place.parent
    for condition in place.item.enable_when:
        yield condition.question
    # The app does not put a band whose number is known, so that it hangs on the number as on a condition.
    if place.item.band_of is not None:
        yield place.item.band_of


def _check_condition(places: Mapping[str, Place], place: Place, condition: Condition, pointer: str) -> None:
    asked = _question(places, place, condition.question, f"{pointer}/question")
    if condition.operator not in _ANY_TYPE and asked.item.type not in ORDERED:
        raise invalid(f"{pointer}/operator", f"Answers of type {asked.item.type} are not more or less than another.")
    if condition.operator is Operator.EXISTS:
        if not isinstance(condition.answer, bool):
            raise invalid(f"{pointer}/answer", "Must be true or false.")
        return
    shaped(asked.item, condition.answer, f"{pointer}/answer")


def _question(places: Mapping[str, Place], place: Place, key: str, pointer: str) -> Place:
    asked = places.get(key)
    if asked is None or asked.item.type in NOT_ASKED:
        raise invalid(pointer, "The form has no such question.")
    if place.within[: len(asked.within)] != asked.within:
        raise invalid(pointer, "Stands in a repeating group, and is asked from outside it.")
    return asked


def _check_band(places: Mapping[str, Place], place: Place) -> None:
    if place.item.band_of is None:
        return
    pointer = f"{place.pointer}/band_of"
    asked = _question(places, place, place.item.band_of, pointer)
    if asked.item.type is not Type.INTEGER or asked.item.repeats or asked.within != place.within:
        raise invalid(pointer, "Must be a whole number that is asked beside it.")


def _check_bounds(place: Place) -> None:
    item = place.item
    for name, bound in (("low", item.low), ("high", item.high)):
        if bound is not None:
            shaped(item, bound, f"{place.pointer}/{name}")
    if item.low is None or item.high is None:
        return
    if comparable(item.type, item.low) > comparable(item.type, item.high):
        raise invalid(f"{place.pointer}/high", "Lies below the low end.")
