"""The values of a finding, checked field by field against its kind and put into one canonical form."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from backend.domain import labs
from backend.domain.errors import invalid
from backend.domain.findings import Field, Kind, Type, kinds

_UUID_LENGTH = 36


def check(kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a finding with every field of its kind there, None where nothing is said of it.

    Raises ClinicError with a pointer below /values: `out-of-bounds` for a number outside its bounds or between its
    steps, `contradiction` for what cannot both be, `unknown-unit` for a unit the analyte is not reported in, `invalid`
    for everything else: a field that is missing or not known, or what is not of its list. Whether a dose is the
    patient's own is checked by who can know.
    """
    fields = kinds()[kind].fields
    for key in values:
        if key not in fields:
            raise invalid(_at(key), "There is no such field.")
    told = {key: _checked(field, values.get(key)) for key, field in fields.items()}
    if kind in _WHOLES:
        _WHOLES[kind](told)
    return told


def _at(key: str) -> str:
    return f"/values/{key.replace('~', '~0').replace('/', '~1')}"


def _checked(field: Field, value: Any) -> Any:
    if value is not None:
        return _CHECKS[field.type](field, value)
    if field.required:
        raise invalid(_at(field.key), "Is needed.")
    return None


def _choice(field: Field, value: Any) -> str:
    allowed = [one.key for one in field.choices]
    if not isinstance(value, str) or value not in allowed:
        raise invalid(_at(field.key), f"Must be one of: {', '.join(allowed)}.")
    return value


def _choices(field: Field, value: Any) -> list[str]:
    if not isinstance(value, list) or not 0 < len(value) <= len(field.choices):
        raise invalid(_at(field.key), f"Must be a list of 1 to {len(field.choices)}.")
    said = [_choice(field, one) for one in value]
    if len(set(said)) < len(said):
        raise invalid(_at(field.key), "Names something twice.", "contradiction")
    return [one.key for one in field.choices if one.key in said]


def _flag(field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise invalid(_at(field.key), "Must be true or false.")
    return value


def _integer(field: Field, value: Any) -> int:
    number = _bounded(field, value)
    if number != number.to_integral_value():
        raise invalid(_at(field.key), "Must be a whole number.", "out-of-bounds")
    return int(number)


def _number(field: Field, value: Any) -> int | float:
    number = _bounded(field, value)
    if number != round(number, field.decimals):
        raise invalid(_at(field.key), f"Must have at most {field.decimals} decimals.", "out-of-bounds")
    if (field.step is not None and number % field.step) or number in field.but_not:
        raise invalid(_at(field.key), "The scale has no such step.", "out-of-bounds")
    return int(number) if number == number.to_integral_value() else float(number)


def _bounded(field: Field, value: Any) -> Decimal:
    """Return a number within the field's bounds, as the digits that were written."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid(_at(field.key), "Must be a number.")
    try:
        number = Decimal(str(value))
        fits = field.low <= number <= field.high
    except (InvalidOperation, ValueError):  # not a number, or of more digits than Python writes out
        fits = False
    if not fits:
        raise invalid(_at(field.key), f"Must lie from {field.low} to {field.high}.", "out-of-bounds")
    return number


def _dose(field: Field, value: Any) -> str:
    try:
        found = UUID(value) if isinstance(value, str) and len(value) == _UUID_LENGTH else None
    except ValueError:
        found = None
    if found is None:
        raise invalid(_at(field.key), "Must be the id of a dose.")
    return str(found)


def _mri(values: dict[str, Any]) -> None:
    if values["gadolinium"] is not None and not values["contrast"]:
        raise invalid("/values/gadolinium", "Without contrast nothing enhances.", "contradiction")


_CHECKS: Mapping[Type, Callable[[Field, Any], Any]] = {
    Type.CHOICE: _choice,
    Type.CHOICES: _choices,
    Type.FLAG: _flag,
    Type.INTEGER: _integer,
    Type.NUMBER: _number,
    Type.DOSE: _dose,
}
_WHOLES: Mapping[Kind, Callable[[dict[str, Any]], None]] = {Kind.LAB: labs.check, Kind.MRI: _mri}
"""What must hold between the fields of a kind."""
