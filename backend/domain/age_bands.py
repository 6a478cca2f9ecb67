"""Age bands: how old somebody was, in bands of ten years, and which of those are withheld as too small."""

from collections.abc import Hashable, Mapping
from datetime import date
from typing import TypeVar

from backend.domain.withholding import FEWEST, Tally, together

Who = TypeVar("Who", bound=Hashable)
_FIRST, _LAST, _WIDTH = 20, 70, 10
UNDER, OVER = f"under-{_FIRST}", f"{_LAST}-and-over"
BANDS = (UNDER, *(f"{low}-{low + _WIDTH - 1}" for low in range(_FIRST, _LAST, _WIDTH)), OVER)
"""The bands, the youngest first."""


def age(birth_on: date, on: date) -> int:
    """Return the age in whole years on a day; who was born on a 29th of February is older from the 1st of March on."""
    return on.year - birth_on.year - ((on.month, on.day) < (birth_on.month, birth_on.day))


def band(years: int) -> str:
    """Return the band of an age in whole years."""
    if years < _FIRST:
        return UNDER
    if years >= _LAST:
        return OVER
    low = years - years % _WIDTH
    return f"{low}-{low + _WIDTH - 1}"


def told(bands: Mapping[Who, str | None], fewest: int = FEWEST) -> dict[Who, str | None]:
    """Return the band of each as it may leave: None where it is not known, and where too few are in it.

    Not of one band alone, which would follow from there being no other: never are fewer than `fewest` left out, unless
    that is everybody.
    """
    groups: dict[str, Tally] = {}
    for number, one in enumerate(bands.values()):
        if one is not None:
            groups.setdefault(one, Tally()).add(str(number))
    few = together(groups, fewest)
    return {who: None if one in few else one for who, one in bands.items()}
