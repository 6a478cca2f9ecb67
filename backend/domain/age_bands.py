"""Age bands: how old somebody was, in bands of ten years."""

from datetime import date

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
