"""Values that no field of a kind takes, and the places of a body where they are tried."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from marshmallow import Schema
from marshmallow import fields as base

from backend.api import fields


class Raw(str):
    """A piece of JSON text that no value stands for."""

    __slots__ = ()


DAYS: tuple[Any, ...] = (
    "2026-02-30",
    "2026-W10-1",
    "2026-060",
    "20260301",
    "٢٠٢٦-٠٣-٠١",
    "1899-12-31",
    "2200-01-01",
    "9999-12-31",
    "2026-3-1",
    "2026-03-01T00:00",
    "01-03-2026",
    "",
    20260301,
    True,
    [],
)
MOMENTS: tuple[Any, ...] = (
    "2026-02-30T09:00:00+01:00",
    "2026-W10-1T09:00:00+01:00",
    "٢٠٢٦-٠٣-٠١T09:00:00+01:00",
    "1899-12-31T23:59:59Z",
    "9999-12-31T23:59:59-12:00",
    "0001-01-01T00:00:00+14:00",
    "2026-03-01T09:00:00",
    "2026-03-01T23:59:60Z",
    "2026-03-01T24:00:00Z",
    "2026-03-01T09:60:00Z",
    "2026-03-01 09:00:00Z",
    "2026-03-01T09:00:00z",
    "2026-03-01T09:00:00+24:00",
    "2026-03-01T09:00:00+18:01",
    "2026-03-01",
    "2026-03-01T09:00:00.1234567Z",
    "2026-03-01T09:00:00+01:00[Europe/Amsterdam]",
    "",
    1772352000,
    True,
)
WHOLE: tuple[Any, ...] = (
    7.9,
    "7",
    "٧",
    True,
    Raw("1e400"),
    Raw("NaN"),
    Raw("Infinity"),
    Raw("07"),
    10**30,
    -(10**30),
    2**64,
    [7],
    {},
)
TEXTS: tuple[Any, ...] = (
    "a\x00b",
    Raw(r'"\ud800"'),
    Raw(r'"\udc00\ud800"'),
    "a\x1bb",
    "\x7f",
    "x" * 4001,
    "",
    " \t\n",
    7,
    True,
    ["x"],
)
IDS: tuple[Any, ...] = ("x", "0" * 32, "urn:uuid:" + "0" * 36, "{" + "0" * 36 + "}", "٠" * 36, 7, True, [])

BAD: Mapping[type, tuple[Any, ...]] = {
    fields.Integer: WHOLE,
    fields.Number: tuple(value for value in WHOLE if value != 7.9),
    fields.Flag: ("true", 1, 0, "no", []),
    fields.Text: TEXTS,
    fields.Instant: MOMENTS,
    fields.Day: DAYS,
    fields.Clock: ("24:00", "9:00", "09:60", "09:00:00", "٠٩:٠٠", "", 9, True, []),
    fields.Id: IDS,
    fields.Choice: ("nonsense", "", 7, True, []),
    fields.Words: ("nonsense", "", 7, True, []),
    fields.Object: ("x", 7, True, []),
    fields.Part: ("x", 7, True, []),
    fields.Many: ("x", 7, True, {}),
}

Place = tuple[str | int, ...]


def places(schema: Schema, body: Mapping[str, Any], at: Place = ()) -> Iterator[tuple[Place, base.Field[Any]]]:
    """Yield every place of a body with its field, objects and lists before what is in them."""
    for name, field in schema.fields.items():
        if name in body:
            yield from _within(field, body[name], (*at, name))


def _within(field: base.Field[Any], value: Any, at: Place) -> Iterator[tuple[Place, base.Field[Any]]]:
    yield at, field
    if isinstance(field, base.Nested):
        yield from places(field.schema, value, at)
    if isinstance(field, fields.Many):
        for number, inner in enumerate(value):
            yield from _within(field.inner, inner, (*at, number))


def bad_values(field: base.Field[Any]) -> tuple[Any, ...]:
    """Return what a field does not take; null where it must have a value."""
    found = BAD[type(field)]
    if isinstance(field, fields.Text):
        found = tuple(value for value in found if value != "" or field.shortest)
    return found if field.allow_none else (*found, None)


def put(body: dict[str, Any], at: Place, value: Any) -> dict[str, Any]:
    """Return a body with another value in a place."""
    changed = deepcopy(body)
    inner: Any = changed
    for step in at[:-1]:
        inner = inner[step]
    inner[at[-1]] = value
    return changed


def without(body: dict[str, Any], at: Place) -> dict[str, Any]:
    """Return a body without what is in a place."""
    changed = deepcopy(body)
    inner: Any = changed
    for step in at[:-1]:
        inner = inner[step]
    del inner[at[-1]]
    return changed


def pointer(at: Place) -> str:
    """Return the RFC 6901 pointer of a place."""
    return "".join(f"/{step}" for step in at)
