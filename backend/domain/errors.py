"""The error registry: every way in which the product says no, with its code, kind, title and whether to retry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What sort of no it is; the edge maps each kind to one HTTP status."""

    MALFORMED = "malformed"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    UNKNOWN = "unknown"
    METHOD = "method"
    NOT_ACCEPTABLE = "not-acceptable"
    CONFLICT = "conflict"
    GONE = "gone"
    TOO_LARGE = "too-large"
    MEDIA_TYPE = "media-type"
    MEANING = "meaning"
    PRECONDITION = "precondition"
    TOO_MANY = "too-many"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One registered error: a stable kebab-case code, its kind, an English title, and whether a retry can help."""

    code: str
    kind: Kind
    title: str
    retryable: bool = False


def _registry(*codes: ErrorCode) -> Mapping[str, ErrorCode]:
    return {code.code: code for code in codes}


REGISTRY = _registry(
    ErrorCode("bad-request", Kind.MALFORMED, "The request cannot be read."),
    ErrorCode("malformed-json", Kind.MALFORMED, "The body is not valid JSON."),
    ErrorCode("key-twice", Kind.MALFORMED, "The body names a key twice in one object."),
    ErrorCode("too-deep", Kind.MALFORMED, "The body is nested too deeply."),
    ErrorCode("not-authenticated", Kind.UNAUTHENTICATED, "A valid access token is needed."),
    ErrorCode("log-in-refused", Kind.UNAUTHENTICATED, "E-mail, password or code is not right."),
    ErrorCode("role-lacks-permission", Kind.FORBIDDEN, "Your role does not have this function."),
    ErrorCode("not-found", Kind.UNKNOWN, "There is no such thing here."),
    ErrorCode("method-not-allowed", Kind.METHOD, "This address does not take that method."),
    ErrorCode("not-acceptable", Kind.NOT_ACCEPTABLE, "The answer cannot be given in the form asked for."),
    ErrorCode("id-in-use", Kind.CONFLICT, "This id already holds something else; what is stored was not changed."),
    ErrorCode("contradicted", Kind.CONFLICT, "Another correction came first and says otherwise; yours was kept aside."),
    ErrorCode(
        "not-yet-known", Kind.CONFLICT, "This builds on something that has not arrived; send it again.", retryable=True
    ),
    ErrorCode("stale-version", Kind.CONFLICT, "Somebody changed this since you read it."),
    ErrorCode("retracted", Kind.CONFLICT, "This was retracted and does not come back."),
    ErrorCode("wrong-state", Kind.CONFLICT, "This cannot be done in the state it is in."),
    ErrorCode("already-exists", Kind.CONFLICT, "This exists already."),
    ErrorCode("nothing-to-undo", Kind.CONFLICT, "There is nothing left to undo."),
    ErrorCode("code-used", Kind.GONE, "This code does not work: it is wrong, has been used or has expired."),
    ErrorCode("body-too-large", Kind.TOO_LARGE, "The body is larger than allowed."),
    ErrorCode("not-json", Kind.MEDIA_TYPE, "The body must be application/json."),
    ErrorCode("invalid", Kind.MEANING, "Some fields are not right."),
    ErrorCode("unknown-symptom", Kind.MEANING, "The vocabulary has no such symptom."),
    ErrorCode("contradiction", Kind.MEANING, "The entry contradicts itself."),
    ErrorCode("out-of-time", Kind.MEANING, "The moment lies outside what can be true."),
    ErrorCode("out-of-bounds", Kind.MEANING, "The value lies outside its bounds."),
    ErrorCode("unknown-unit", Kind.MEANING, "The unit is not known."),
    ErrorCode("unknown-drug", Kind.MEANING, "The catalogue has no such drug or regimen."),
    ErrorCode("unknown-form", Kind.MEANING, "There is no such form or question."),
    ErrorCode("licence-needed", Kind.MEANING, "The text is not free; show under which licence it is used."),
    ErrorCode("wrong-route", Kind.MEANING, "This drug is not given by that route."),
    ErrorCode("too-soon", Kind.MEANING, "The dose is closer to another than the drug allows."),
    ErrorCode("weak-password", Kind.MEANING, "The password is too weak."),
    ErrorCode("if-match-needed", Kind.PRECONDITION, "Name the version you saw (If-Match)."),
    ErrorCode("too-many-tries", Kind.TOO_MANY, "Too many tries; wait before the next.", retryable=True),
    ErrorCode(
        "emergency-limit", Kind.TOO_MANY, "Opened too often in an emergency within a day; ask a carer to let you in."
    ),
    ErrorCode("internal", Kind.INTERNAL, "Something went wrong on our side.", retryable=True),
    ErrorCode("stored-at-once", Kind.UNAVAILABLE, "Somebody stored the same at this very moment.", retryable=True),
    ErrorCode("storage-unavailable", Kind.UNAVAILABLE, "Nothing can be stored just now.", retryable=True),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One field on which two corrections differ: what both began from, what stands, and what was said otherwise."""

    field: str
    base: Any
    standing: Any
    yours: Any


class ClinicError(Exception):
    """A registered no.

    `code` is a key of REGISTRY (KeyError otherwise); `detail` is a sentence for the reader without personal
    data; `pointers` are RFC 6901 pointers to the offending fields, mapped to what is wrong with each; `difference`
    tells two contradicting corrections apart, field by field.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        pointers: Mapping[str, str] | None = None,
        retry_after_s: int | None = None,
        difference: Sequence[Difference] = (),
    ) -> None:
        super().__init__(code)
        self.error = REGISTRY[code]
        self.detail = detail
        self.pointers = dict(pointers or {})
        self.retry_after_s = retry_after_s
        self.difference = tuple(difference)


class Remembered(ClinicError):
    """A no that is itself an act: the failed try behind it is stored, though the answer is an error."""


def invalid(pointer: str, why: str, code: str = "invalid") -> ClinicError:
    """Return the error for one field: `pointer` is its RFC 6901 pointer, `why` a sentence for the reader."""
    return ClinicError(code, why, {pointer: why})
