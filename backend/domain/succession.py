"""Succession: what a new version of a form may not do to the answers given to the versions before it."""

from collections.abc import Sequence

from backend.domain.errors import invalid
from backend.domain.questionnaires import Form, Item


def check(earlier: Sequence[Form], made: Form, pointer: str = "") -> None:
    """Raise ClinicError `invalid` where a version cannot follow the published ones before it, oldest first.

    A key keeps its type, its unit and whether it repeats for ever, also after a version without it: answers of all
    versions stand in one column. What moved leads from a key of the version before to one that is alike.
    """
    for before in earlier:
        for key in before.places.keys() & made.places.keys():
            if not _alike(before.item(key), made.item(key)):
                raise invalid(
                    f"{pointer}{made.places[key].pointer}/type",
                    "Had another type or unit, or repeated otherwise.",
                )
    for old, new in made.moved.items():
        if not earlier or old not in earlier[-1].places:
            raise invalid(f"{pointer}/moved/{old}", "The version before has no such key.")
        if not _alike(earlier[-1].item(old), made.item(new)):
            raise invalid(f"{pointer}/moved/{old}", "Moves to another type or unit, or repeats otherwise.")


def _alike(one: Item, other: Item) -> bool:
    return (one.type, one.unit, one.repeats) == (other.type, other.unit, other.repeats)
