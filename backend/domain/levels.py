"""Levels: what the lab measured in a sample, and which part of the interval the prick stands for."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from backend.domain.errors import ClinicError, invalid
from backend.domain.moments import Occurred, at_wall
from backend.domain.samples import Matrix

UNIT = "ug/mL"
SHIFTS = {"ug/mL": 0, "mg/L": 0, "ng/mL": -3}
"""UCUM unit to the power of ten that makes it ug/mL, so that conversion is exact."""
PLAUSIBLE_MAX = Decimal(200)
FACTOR_MAX = Decimal(10)
DIGITS_MAX = 12  # value times factor then fits decimal's 28 digits without rounding


class Comparator(StrEnum):
    """How a reported number stands to the true one."""

    BELOW = "<"
    EQUAL = "="
    ABOVE = ">"


@dataclass(frozen=True, slots=True)
class Level:
    """A drug concentration in ug/mL.

    `raw_value` in `raw_unit` is what the lab reported; `factor` what a dried spot was multiplied by, None
    otherwise; `lloq` the assay's lower limit of quantification in ug/mL.
    """

    value: Decimal
    unit: str
    comparator: Comparator
    lloq: Decimal | None
    raw_value: Decimal
    raw_unit: str
    factor: Decimal | None


@dataclass(frozen=True, slots=True)
class Antibodies:
    """Anti-drug antibodies in AU/mL (arbitrary units of the assay)."""

    value: Decimal
    comparator: Comparator
    unit: str = "AU/mL"


def level(
    value: Decimal,
    unit: str,
    comparator: Comparator = Comparator.EQUAL,
    *,
    matrix: Matrix = Matrix.CAPILLARY_WET,
    lloq: Decimal | None = None,
    factor: Decimal | None = None,
) -> Level:
    """Return a reported level in ug/mL, converted exactly; `lloq` comes in the unit of the value.

    Raises ClinicError `unknown-unit`; `out-of-bounds` outside 0-200 ug/mL, before or after the factor;
    `invalid` for a dried spot without its factor; `contradiction` for a factor on anything else.
    """
    if unit not in SHIFTS:
        raise invalid("/unit", f"Must be one of {', '.join(SHIFTS)}.", "unknown-unit")
    measured = _plausible(_converted(value, unit, "/value"), "/value")
    limit = None if lloq is None else _plausible(_converted(lloq, unit, "/lloq"), "/lloq")
    _check_factor(matrix, factor)
    corrected = measured if factor is None else _plausible(measured * factor, "/value")
    return Level(corrected, UNIT, comparator, limit, value, unit, factor)


def antibodies(value: Decimal, comparator: Comparator = Comparator.EQUAL) -> Antibodies:
    """Return antibodies in AU/mL; ClinicError `out-of-bounds` when below 0 or not a number."""
    return Antibodies(_number(value, "/value"), comparator)


def _number(value: Decimal, pointer: str) -> Decimal:
    """Return a finite number, not below 0, short enough to be calculated with exactly."""
    if not value.is_finite() or value < 0 or value > Decimal(10) ** DIGITS_MAX:
        raise invalid(pointer, "Must be a number, 0 or more.", "out-of-bounds")
    _, digits, exponent = value.as_tuple()
    if len(digits) > DIGITS_MAX or not -DIGITS_MAX <= int(exponent) <= DIGITS_MAX:
        raise invalid(pointer, f"Must have at most {DIGITS_MAX} digits.", "out-of-bounds")
    return abs(value)


def _converted(value: Decimal, unit: str, pointer: str) -> Decimal:
    return _number(value, pointer).scaleb(SHIFTS[unit])


def _plausible(value: Decimal, pointer: str) -> Decimal:
    if value > PLAUSIBLE_MAX:
        raise invalid(pointer, f"Must lie from 0 to {PLAUSIBLE_MAX} ug/mL.", "out-of-bounds")
    return value


def _check_factor(matrix: Matrix, factor: Decimal | None) -> None:
    if matrix is not Matrix.CAPILLARY_DRIED:
        if factor is not None:
            raise invalid("/factor", "Only a dried spot has a factor.", "contradiction")
    elif factor is None:
        raise invalid("/factor", "A dried spot needs its factor.")
    elif not 0 < _number(factor, "/factor") <= FACTOR_MAX:
        raise invalid("/factor", f"Must be above 0 and at most {FACTOR_MAX}.", "out-of-bounds")


class TroughClass(StrEnum):
    """Which part of the interval a sample stands for; derived from times, never typed."""

    TROUGH = "trough"
    NEAR_TROUGH = "near_trough"
    EARLY = "early"
    NOT_A_TROUGH = "not_a_trough"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class TroughSettings:
    """Hours before the dose: up to `trough_h` a trough, up to `near_h` near it (DOMAIN.md, finger prick)."""

    trough_h: int = 24
    near_h: int = 72

    def __post_init__(self) -> None:
        if not 0 < self.trough_h <= self.near_h:
            raise ClinicError("out-of-bounds", "Near-trough hours must not be fewer than trough hours.")


def trough_class(
    collected: Occurred | None, dose: Occurred | None, settings: TroughSettings | None = None
) -> TroughClass:
    """Return the class of a sample from when it was taken and when the dose that ends the interval began.

    0-24 h before the start is a trough, 24-72 h near-trough (both bounds included), longer before it early,
    after the start not a trough. Where only a day is known every time of that day is possible: the class is
    given when they all agree and is unknown otherwise, and always when both fall on one day.
    """
    rules = settings or TroughSettings()
    if collected is None or dose is None:
        return TroughClass.UNKNOWN
    if collected.on == dose.on and (collected.at is None or dose.at is None):
        return TroughClass.UNKNOWN
    first, last = _span(collected)
    earliest, latest = _span(dose)
    shortest, longest = _class(earliest - last, rules), _class(latest - first, rules)
    return shortest if shortest is longest else TroughClass.UNKNOWN


def _span(occurred: Occurred) -> tuple[datetime, datetime]:
    """Return the first and last instant it can have been, in UTC so that DST hours count right."""
    if occurred.at is not None:
        exact = occurred.at.astimezone(UTC)
        return exact, exact
    tomorrow = at_wall(occurred.on + timedelta(days=1), time(0), occurred.zone)
    return at_wall(occurred.on, time(0), occurred.zone), tomorrow - timedelta(microseconds=1)


def _class(before: timedelta, rules: TroughSettings) -> TroughClass:
    if before < timedelta(0):
        return TroughClass.NOT_A_TROUGH
    if before <= timedelta(hours=rules.trough_h):
        return TroughClass.TROUGH
    return TroughClass.NEAR_TROUGH if before <= timedelta(hours=rules.near_h) else TroughClass.EARLY
