"""The band rule (NEXT-MS): a table of the site, from level to weeks, in which the latest trough is looked up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from backend.domain.errors import ClinicError, invalid
from backend.domain.levels import PLAUSIBLE_MAX, Comparator
from backend.domain.protocols import Bounds
from backend.domain.verdicts import (
    Condition,
    Course,
    Measured,
    Verdict,
    failed,
    lowest_of_each_interval,
    met,
    newer_unusable,
)

MOST_BANDS = 20
_AT = "/settings/bands"


@dataclass(frozen=True, slots=True)
class Band:
    """One row: levels from the row before it up to, not including, `below` ug/mL (None: and all above) mean `weeks`."""

    below: Decimal | None
    weeks: int


def read_bands(told: object, bounds: Bounds) -> tuple[Band, ...]:
    """Return a table as told: a list of {below_ug_ml, weeks}, lowest first, the last without an upper end.

    Raises ClinicError `invalid` for another form, an order that is none, a last row with an end, or a higher level
    with fewer weeks; `out-of-bounds` for weeks outside the protocol's bounds and levels outside 0-200 ug/mL.
    """
    if not isinstance(told, list) or not 1 <= len(told) <= MOST_BANDS:
        raise invalid(_AT, f"Must be a list of 1 to {MOST_BANDS} rows.")
    found: list[Band] = []
    for place, one in enumerate(told):
        band = _band(one, f"{_AT}/{place}", bounds)
        _follows(found, band, f"{_AT}/{place}", last=place == len(told) - 1)
        found.append(band)
    return tuple(found)


def _band(told: object, at: str, bounds: Bounds) -> Band:
    if not isinstance(told, Mapping) or set(told) != {"below_ug_ml", "weeks"}:
        raise invalid(at, "Must have below_ug_ml and weeks.")
    weeks = told["weeks"]
    if isinstance(weeks, bool) or not isinstance(weeks, int):
        raise invalid(f"{at}/weeks", "Must be a whole number of weeks.")
    if not bounds.hold(weeks):
        raise _outside(f"{at}/weeks", f"Must lie from {bounds.min_weeks} to {bounds.max_weeks} weeks.")
    return Band(_below(told["below_ug_ml"], f"{at}/below_ug_ml"), weeks)


def _below(told: Any, at: str) -> Decimal | None:
    if told is None:
        return None
    if isinstance(told, bool) or not isinstance(told, int | float | Decimal):
        raise invalid(at, "Must be a number, or null in the last row.")
    if not 0 < told <= PLAUSIBLE_MAX:
        raise _outside(at, f"Must lie above 0 and at most {PLAUSIBLE_MAX} ug/mL.")
    return Decimal(str(told))


def _follows(before: Sequence[Band], band: Band, at: str, *, last: bool) -> None:
    if (band.below is None) != last:
        raise invalid(f"{at}/below_ug_ml", "The last row, and only that, has no upper end (null).")
    previous = before[-1] if before else None
    if previous is None:
        return
    if band.below is not None and previous.below is not None and band.below <= previous.below:
        raise invalid(f"{at}/below_ug_ml", "Must be higher than in the row before.")
    if band.weeks < previous.weeks:
        raise invalid(f"{at}/weeks", "A higher level must not mean fewer weeks.")


def _outside(at: str, why: str) -> ClinicError:
    return invalid(at, why, "out-of-bounds")


def possible(one: Measured, bands: Sequence[Band]) -> tuple[Band, ...]:
    """Return the rows in which the true value of a level can fall: one, or several where it is a bound."""
    found = []
    low = Decimal(0)
    for band in bands:
        if _touches(one, low, band.below):
            found.append(band)
        low = band.below if band.below is not None else low
    return tuple(found)


def _touches(one: Measured, low: Decimal, below: Decimal | None) -> bool:
    if one.comparator is Comparator.EQUAL:
        return low <= one.value and (below is None or one.value < below)
    if one.comparator is Comparator.BELOW:
        return low < one.value or low == 0  # less than nothing is nothing: the first row
    return below is None or one.value < below


def evaluate(bands: Sequence[Band], course: Course, measured: Sequence[Measured]) -> Verdict:
    """Return what the table says of the latest trough; an empty table says nothing, and then nothing is met."""
    troughs = lowest_of_each_interval(measured)
    trough = troughs[-1] if troughs else None
    filled = Condition("table-filled", True) if bands else Condition("table-filled", None, "table-not-filled")
    rows = possible(trough, bands) if trough is not None else ()
    conditions = (filled, valid_trough(trough, measured), current_interval(course, trough), _one_band(trough, rows))
    used = () if trough is None else (trough,)
    if not bands:
        return Verdict(conditions, None, "table-not-filled", used=used)
    holds = met(conditions)
    if holds:
        return Verdict(conditions, holds, "table-says-weeks", {"weeks": rows[0].weeks}, used)
    again = failed(conditions, "valid-trough") or failed(conditions, "current-interval")
    return Verdict(conditions, holds, "measure-again" if again else "cannot-be-said", used=used)


def valid_trough(
    trough: Measured | None, measured: Sequence[Measured], key: str = "valid-trough", why: str = "no-trough"
) -> Condition:
    """Return whether there is a usable trough; unknown while the dose after it was not given, or a newer level is not.

    `measured` is everything that was measured.
    """
    if trough is None:
        return Condition(key, False, why)
    if trough.valid and newer_unusable(measured, trough):
        return Condition(key, None, "newer-unusable")
    return Condition(key, True) if trough.valid else Condition(key, None, "provisional")


def current_interval(course: Course, trough: Measured | None) -> Condition:
    """Return whether a trough was measured at the interval of the plan last decided."""
    key = "current-interval"
    if trough is None:
        return Condition(key, None, "no-trough")
    weeks = trough.planned_weeks
    if weeks is None or course.current_weeks is None:
        return Condition(key, None, "no-weeks")
    if weeks != course.current_weeks:
        return Condition(key, False, "not-current", {"weeks": weeks, "current_weeks": course.current_weeks})
    if (trough.interval or 0) < (course.run_begins or 1):
        return Condition(key, False, "before-a-change")
    return Condition(key, True)


def _one_band(trough: Measured | None, rows: Sequence[Band]) -> Condition:
    if trough is None:
        return Condition("one-band", None, "no-trough")
    if not rows:
        return Condition("one-band", None, "table-not-filled")
    if len({row.weeks for row in rows}) > 1:
        return Condition("one-band", None, "straddles-bands", {"values": trough.shown})
    return Condition("one-band", True)
