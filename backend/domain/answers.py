"""Answers: which values a question takes, and how two of them compare."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

from backend.domain.errors import ClinicError, invalid
from backend.domain.questionnaires import Item, Type, Value

LARGEST_INTEGER = 2**31 - 1
"""FHIR's `integer` has 32 bits (hl7.org/fhir/R4/datatypes.html#integer)."""

LARGEST_DECIMAL = 10**15
"""Below it a number keeps its digits on every phone and in both databases."""

LONGEST = {Type.STRING: 255, Type.TEXT: 4000, Type.OPEN_CHOICE: 255}
"""Code points a text may hold where the form says nothing else."""

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?", re.ASCII)


def taken(item: Item, value: object, pointer: str) -> Value:
    """Return a value as the question takes it, or raise ClinicError at `pointer`.

    Codes: `invalid` for another sort or an unknown option, `unknown-unit`, `out-of-bounds` for what is too small, too
    large or too long.
    """
    found = shaped(item, value, pointer)
    _within(item, found, pointer)
    return found


def shaped(item: Item, value: object, pointer: str) -> Value:
    """Return a value of the sort the question takes, whatever its bounds, or raise ClinicError as `taken`."""
    return _READERS[item.type](item, value, pointer)


def several(item: Item, value: object, pointer: str) -> tuple[Value, ...]:
    """Return the values of a question that repeats; options in the order of the form, none of them twice."""
    if not isinstance(value, list | tuple):
        raise invalid(pointer, "Must be a list.")
    if len(value) > 100:
        raise invalid(pointer, "Holds too many.", "out-of-bounds")
    found = tuple(taken(item, one, f"{pointer}/{index}") for index, one in enumerate(value))
    if item.type is not Type.CHOICE:
        return found
    if len(set(map(str, found))) < len(found):
        raise invalid(pointer, "A choice stands here twice.")
    return tuple(option.code for option in item.options if option.code in found)


def comparable(of: Type, value: Value) -> Any:
    """Return what two values of a question are compared by: moments by the moment, quantities by their number."""
    if of is Type.DATE_TIME:
        return datetime.fromisoformat(str(value))
    if of is Type.TIME:
        return time.fromisoformat(str(value))
    if of is Type.QUANTITY and isinstance(value, Mapping):
        return value["value"]
    if isinstance(value, Mapping):
        return tuple(sorted(value.items()))
    return value


def _boolean(_item: Item, value: object, pointer: str) -> bool:
    if not isinstance(value, bool):
        raise invalid(pointer, "Must be true or false.")
    return value


def _integer(_item: Item, value: object, pointer: str) -> int:
    """Return a whole number; JSON writes 10 as 10.0 too, but 7.9, "7" and true are refused."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value % 1 != 0:
        raise invalid(pointer, "Must be a whole number.")
    if abs(value) > LARGEST_INTEGER:
        raise invalid(pointer, "Is too large.", "out-of-bounds")
    return int(value)


def _decimal(_item: Item, value: object, pointer: str) -> int | float:
    # Not a number and the infinite are never equal to, or less than, a bound.
    if isinstance(value, bool) or not isinstance(value, int | float) or not -float("inf") < value < float("inf"):
        raise invalid(pointer, "Must be a number.")
    if abs(value) > LARGEST_DECIMAL:
        raise invalid(pointer, "Is too large.", "out-of-bounds")
    return int(value) if value % 1 == 0 else value


def _quantity(item: Item, value: object, pointer: str) -> Value:
    if not isinstance(value, Mapping) or set(value) != {"value", "unit"}:
        raise invalid(pointer, "Must be a value with its unit.")
    if value["unit"] != item.unit:
        raise invalid(f"{pointer}/unit", f"Must be {item.unit}.", "unknown-unit")
    return {"value": _decimal(item, value["value"], f"{pointer}/value"), "unit": item.unit}


def _as_written(form: re.Pattern[str], kind: type[date] | type[time], why: str) -> Callable[[Item, object, str], str]:
    def read(_item: Item, value: object, pointer: str) -> str:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise invalid(pointer, why)
        try:
            found = kind.fromisoformat(value)
        except ValueError as error:
            raise invalid(pointer, "There is no such day or moment.") from error
        if isinstance(found, date) and not 1900 <= found.year < 2200:
            raise invalid(pointer, "Must lie in the years 1900 to 2199.")
        return value

    return read


def _text(_item: Item, value: object, pointer: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise invalid(pointer, "Must be a text.")
    if not storable(value):
        raise invalid(pointer, "Holds a character that cannot be stored.")
    return value


def storable(text: str) -> bool:
    """Whether a text holds no control character and no half of a pair: both databases keep it (P07)."""
    return not any((ord(sign) < 0x20 and sign not in "\t\n\r") or ord(sign) == 0x7F or _half(sign) for sign in text)


def _half(sign: str) -> bool:
    return 0xD800 <= ord(sign) <= 0xDFFF


def _chosen(item: Item, value: object, pointer: str) -> str:
    if not isinstance(value, str) or value not in {option.code for option in item.options}:
        raise invalid(pointer, "Must be one of the choices.")
    return value


def _chosen_or_other(item: Item, value: object, pointer: str) -> Value:
    if isinstance(value, Mapping) and set(value) == {"other"}:
        return {"other": _text(item, value["other"], f"{pointer}/other")}
    return _chosen(item, value, pointer)


def _within(item: Item, value: Value, pointer: str) -> None:
    if item.type in LONGEST:
        said = value["other"] if isinstance(value, Mapping) else value
        longest = item.max_length or LONGEST[item.type]
        if len(str(said)) > longest:
            raise invalid(pointer, f"Has more than {longest} characters.", "out-of-bounds")
        return
    by = comparable(item.type, value)
    if item.low is not None and by < comparable(item.type, item.low):
        raise _outside(item, pointer)
    if item.high is not None and by > comparable(item.type, item.high):
        raise _outside(item, pointer)


def _outside(item: Item, pointer: str) -> ClinicError:
    low, high = (_shown(bound) for bound in (item.low, item.high))
    return invalid(pointer, f"Must lie from {low} to {high}.", "out-of-bounds")


def _shown(bound: Value | None) -> object:
    return "any" if bound is None else bound["value"] if isinstance(bound, Mapping) else bound


_READERS: Mapping[Type, Callable[[Item, object, str], Value]] = {
    Type.BOOLEAN: _boolean,
    Type.INTEGER: _integer,
    Type.DECIMAL: _decimal,
    Type.QUANTITY: _quantity,
    Type.DATE: _as_written(_DAY, date, "Must be a day, like 2026-03-29."),
    Type.DATE_TIME: _as_written(_MOMENT, datetime, "Must be a moment with an offset, like 2026-03-29T09:00:00+02:00."),
    Type.TIME: _as_written(_CLOCK, time, "Must be a time, like 09:00."),
    Type.STRING: _text,
    Type.TEXT: _text,
    Type.CHOICE: _chosen,
    Type.OPEN_CHOICE: _chosen_or_other,
}
