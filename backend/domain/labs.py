"""Laboratory values: what was measured, in which units it may be reported, and the exact way from one to another."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

from backend.domain.errors import invalid
from backend.domain.findings import told_in_file


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit a laboratory reports in (UCUM, but for cells/uL), and the exact factor that makes it the first one."""

    unit: str
    factor: Decimal


@dataclass(frozen=True, slots=True)
class Analyte:
    """What a laboratory measures: up to `high` in its first unit; one without units has an outcome and no value."""

    key: str
    nl: str
    en: str
    high: Decimal | None
    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A laboratory's value in the first unit of its analyte."""

    value: Decimal
    unit: str


@cache
def analytes() -> Mapping[str, Analyte]:
    """Return what a laboratory may have measured, by key, in the order shown (findings.json)."""
    return MappingProxyType({told["key"]: _analyte(told) for told in told_in_file()["analytes"]})


def _analyte(told: Mapping[str, Any]) -> Analyte:
    high = None if told["high"] is None else Decimal(told["high"])
    units = tuple(Unit(one["unit"], Decimal(one["factor"])) for one in told["units"])
    return Analyte(told["key"], told["nl"], told["en"], high, units)


def quantity(values: Mapping[str, Any]) -> Quantity | None:
    """Return the value of a checked laboratory finding in its analyte's first unit, exactly; None without a value."""
    if values.get("analyte") is None or values["value"] is None:
        return None
    found = analytes()[values["analyte"]]
    factor = next(one.factor for one in found.units if one.unit == values["unit"])
    return Quantity(Decimal(str(values["value"])) * factor, found.units[0].unit)


def check(values: dict[str, Any]) -> None:
    """Pass for a value in one of the analyte's units, or for an outcome where it has none; the sign is `=` unless said.

    Raises ClinicError `unknown-unit`, `out-of-bounds` and `contradiction` with pointers below /values, `invalid` for
    what is missing.
    """
    analyte = analytes()[values["analyte"]]
    outcome, value = ("status",), ("value", "unit")
    wanted, other = (value, outcome) if analyte.units else (outcome, (*value, "comparator"))
    for name in other:
        if values[name] is not None:
            raise invalid(f"/values/{name}", "This analyte has none.", "contradiction")
    for name in wanted:
        if values[name] is None:
            raise invalid(f"/values/{name}", "Is needed.")
    if analyte.units:
        _check_value(analyte, values)


def _check_value(analyte: Analyte, values: dict[str, Any]) -> None:
    known = [one.unit for one in analyte.units]
    if values["unit"] not in known:
        raise invalid("/values/unit", f"Must be one of: {', '.join(known)}.", "unknown-unit")
    found = quantity(values)
    if found is not None and analyte.high is not None and found.value > analyte.high:
        raise invalid("/values/value", f"Must lie from 0 to {analyte.high} {found.unit}.", "out-of-bounds")
    values["comparator"] = values["comparator"] or "="
