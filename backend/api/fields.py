"""Strict fields: what is stored is what was sent, or it is refused (P06); nothing is coerced."""

import math
import re
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from marshmallow import Schema, ValidationError
from marshmallow import fields as base
from marshmallow.validate import OneOf

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_LARGEST_OFFSET_S = 18 * 3600

MAX_TEXT = 4000
"""Code points a text may hold (P07)."""


class Strict(base.Field[Any]):
    """A field that takes one JSON type and knows its own JSON schema."""

    json_type: ClassVar[dict[str, Any]] = {}

    def json_schema(self) -> dict[str, Any]:
        """Return the field's JSON schema, without null."""
        return dict(self.json_type)


class Integer(Strict):
    """A whole number within bounds; 10.0 is one, 7.9, "7" and true are not."""

    def __init__(self, low: int, high: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.low, self.high = low, high

    def json_schema(self) -> dict[str, Any]:
        """Return type and bounds."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValidationError("Must be a whole number.")
        if isinstance(value, float) and not value.is_integer():
            raise ValidationError("Must be a whole number.")
        if not self.low <= value <= self.high:
            raise ValidationError(f"Must lie between {self.low} and {self.high}.")
        return int(value)


class Number(Strict):
    """A finite decimal number within bounds, taken as the digits that were written."""

    def __init__(self, low: int, high: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.low, self.high = low, high

    def json_schema(self) -> dict[str, Any]:
        """Return type and bounds."""
        return {"type": "number", "minimum": self.low, "maximum": self.high}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValidationError("Must be a number.")
        if not self.low <= value <= self.high:
            raise ValidationError(f"Must lie between {self.low} and {self.high}.")
        return Decimal(str(value))


class Flag(Strict):
    """true or false, nothing else."""

    json_type: ClassVar[dict[str, Any]] = {"type": "boolean"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Must be true or false.")
        return value


class Text(Strict):
    """A text without NUL, control characters or lone surrogates, not blank, of at most so many code points."""

    def __init__(
        self, longest: int = MAX_TEXT, *, shortest: int = 1, pattern: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.longest, self.shortest, self.pattern = longest, shortest, pattern

    def json_schema(self) -> dict[str, Any]:
        """Return type, lengths and pattern."""
        shape = {"type": "string", "minLength": self.shortest, "maxLength": self.longest}
        return shape | ({"pattern": f"^{self.pattern}$"} if self.pattern else {})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("Must be a text.")
        if not self.shortest <= len(value) <= self.longest:
            raise ValidationError(f"Must have between {self.shortest} and {self.longest} characters.")
        if any(_forbidden(ord(sign)) for sign in value):
            raise ValidationError("Holds a character that cannot be stored.")
        if self.shortest and not value.strip():
            raise ValidationError("Must not be blank.")
        if self.pattern and not re.fullmatch(self.pattern, value, re.ASCII):
            raise ValidationError("Does not have the right form.")
        return value


class Instant(Strict):
    """A moment after RFC 3339, with its offset, in the years 1900 to 2199."""

    json_type: ClassVar[dict[str, Any]] = {"type": "string", "format": "date-time"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            raise ValidationError("Must be a moment with an offset, like 2026-03-29T09:00:00+02:00.")
        try:
            moment = datetime.fromisoformat(value)
        except ValueError as error:
            raise ValidationError("There is no such moment.") from error
        offset = moment.utcoffset()
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR or offset is None:
            raise ValidationError(f"Must lie in the years {_FIRST_YEAR} to {_LAST_YEAR}.")
        if abs(offset.total_seconds()) > _LARGEST_OFFSET_S:
            raise ValidationError("There is no such offset.")
        return moment


class Day(Strict):
    """A calendar day, YYYY-MM-DD, that exists, in the years 1900 to 2199."""

    json_type: ClassVar[dict[str, Any]] = {"type": "string", "format": "date"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise ValidationError("Must be a day, like 2026-03-29.")
        try:
            day = date.fromisoformat(value)
        except ValueError as error:
            raise ValidationError("There is no such day.") from error
        if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise ValidationError(f"Must lie in the years {_FIRST_YEAR} to {_LAST_YEAR}.")
        return day


class Clock(Strict):
    """A wall-clock time, HH:MM."""

    json_type: ClassVar[dict[str, Any]] = {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> time:
        if not isinstance(value, str) or not _CLOCK.fullmatch(value):
            raise ValidationError("Must be a time, like 09:00.")
        return time.fromisoformat(value)


class Id(Strict):
    """A UUID in its usual form."""

    json_type: ClassVar[dict[str, Any]] = {"type": "string", "format": "uuid"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> UUID:
        if not isinstance(value, str) or not _UUID.fullmatch(value):
            raise ValidationError("Must be a UUID.")
        return UUID(value)


class Choice(Strict):
    """One of the values of an enumeration."""

    def __init__(self, kind: type[StrEnum], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind
        self.check = OneOf([member.value for member in kind])

    def json_schema(self) -> dict[str, Any]:
        """Return the values."""
        return {"type": "string", "enum": [member.value for member in self.kind]}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> StrEnum:
        if not isinstance(value, str):
            raise ValidationError("Must be a text.")
        return self.kind(self.check(value))


class Words(Strict):
    """One of some fixed words."""

    def __init__(self, *words: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = words

    def json_schema(self) -> dict[str, Any]:
        """Return the words."""
        return {"type": "string", "enum": list(self.words)}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise ValidationError(f"Must be one of: {', '.join(self.words)}.")
        return value


class Anything(Strict):
    """Any JSON value, read by whoever knows its form."""

    json_type: ClassVar[dict[str, Any]] = {}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return value


class Unread(Anything):
    """A value that ought to be a part, handed on as it came: each one is read and refused on its own."""

    def __init__(self, schema: type[Schema], **kwargs: Any) -> None:
        super().__init__(allow_none=True, **kwargs)
        self.part = schema

    def json_schema(self) -> dict[str, Any]:
        """Return what it ought to be, beside anything at all."""
        return {"anyOf": [{"$ref": f"#/components/schemas/{self.part.__name__}"}, {}]}


class Object(Strict):
    """A JSON object whose keys the domain knows."""

    json_type: ClassVar[dict[str, Any]] = {"type": "object", "additionalProperties": True}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError("Must be an object.")
        if len(value) > 200 or not all(isinstance(key, str) and not _unstorable(key) for key in value):
            raise ValidationError("Has keys that cannot be stored.")
        return value


class Part(base.Nested):
    """An object of a given shape."""

    def __init__(self, schema: type[Schema], **kwargs: Any) -> None:
        super().__init__(schema, **kwargs)


class Many(base.List[Any]):
    """A list of at least and at most so many things of one kind."""

    def __init__(self, inner: base.Field[Any], *, most: int, fewest: int = 0, **kwargs: Any) -> None:
        super().__init__(inner, **kwargs)
        self.most, self.fewest = most, fewest

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, list):
            raise ValidationError("Must be a list.")
        if not self.fewest <= len(value) <= self.most:
            raise ValidationError(f"Must hold between {self.fewest} and {self.most}.")
        return super()._deserialize(value, attr, data, **kwargs)


def _forbidden(point: int) -> bool:
    control = point < 0x20 and point not in {0x09, 0x0A, 0x0D}
    return control or point == 0x7F or 0xD800 <= point <= 0xDFFF


def _unstorable(text: str) -> bool:
    return len(text) > 100 or any(_forbidden(ord(sign)) for sign in text)


def storable(value: object) -> bool:
    """Whether every text within a JSON value can be stored on both databases."""
    if isinstance(value, str):
        return len(value) <= MAX_TEXT and not any(_forbidden(ord(sign)) for sign in value)
    if isinstance(value, dict):
        return all(storable(key) and storable(inner) for key, inner in value.items())
    if isinstance(value, Sequence):
        return all(storable(inner) for inner in value)
    return True
