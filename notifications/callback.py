"""What a gateway reports later: whether a report is really the gateway's, and what it says became of a message."""

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

FORGED, STALE, UNREADABLE = "callback-forged", "callback-stale", "callback-unreadable"
"""What a ValueError of this module says: not signed by who knows the secret, too old or early, or not a report."""
TOLERANCE = timedelta(minutes=5)
FIELDS = ("reference", "state", "at")

_LONGEST = 16384
_MOST_SIGNATURES = 5
_MOMENT = re.compile(r"[0-9]{1,11}", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_STATES: Mapping[str, str | None] = {
    "delivered": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "rejected": "failed",
    "expired": "failed",
    "accepted": None,
    "sent": None,
    "buffered": None,
    "queued": None,
}


@dataclass(frozen=True, slots=True)
class Told:
    """A report: `reference` is our message id, `state` is `delivered` or `failed`, `at` aware UTC."""

    reference: str
    state: str
    at: datetime


def heard(
    secret: bytes, header: str, body: bytes, now: datetime, fields: Mapping[str, str] | None = None
) -> Told | None:
    """Return what a signed report says, None where there is nothing to do yet; `fields` gives other names for FIELDS.

    Raises ValueError with FORGED, STALE or UNREADABLE.
    """
    return read(body, verify(secret, header, body, now), fields)


def sign(secret: bytes, body: bytes, at: datetime) -> str:
    """Return the header a gateway sends with a body: `t=<unix seconds>,v1=<hex>`."""
    moment = str(int(at.timestamp()))
    return f"t={moment},v1={_signature(secret, moment, body)}"


def verify(secret: bytes, header: str, body: bytes, now: datetime) -> datetime:
    """Return the moment at which a body was signed, aware UTC.

    The header may carry several `v1`, as while a secret is being replaced; one that fits is enough. Raises ValueError
    with FORGED, or with STALE where it fits but lies more than five minutes before or after `now`.
    """
    said = [part.partition("=") for part in header.split(",")]
    moments = [text for name, _, text in said if name.strip() == "t"]
    signatures = [text.strip() for name, _, text in said if name.strip() == "v1"]
    if not secret or len(moments) != 1 or not _MOMENT.fullmatch(moments[0]):
        raise ValueError(FORGED)
    right = _signature(secret, moments[0], body)
    fitting = [one for one in signatures[:_MOST_SIGNATURES] if _SIGNATURE.fullmatch(one)]
    if not any([hmac.compare_digest(one, right) for one in fitting]):  # noqa: C419 - each is compared, whichever fits
        raise ValueError(FORGED)
    if abs(int(moments[0]) - now.timestamp()) > TOLERANCE.total_seconds():
        raise ValueError(STALE)
    return datetime.fromtimestamp(int(moments[0]), UTC)


def read(body: bytes, signed_at: datetime, fields: Mapping[str, str] | None = None) -> Told | None:
    """Return what a body says, None for a state on the way. Without a moment of its own it is of when it was signed.

    Raises ValueError with UNREADABLE, also for a body that says one thing twice.
    """
    if len(body) > _LONGEST:
        raise ValueError(UNREADABLE)
    try:
        told = json.loads(body, object_pairs_hook=_once)
        reference, word, moment = (told.get((fields or {}).get(name, name)) for name in FIELDS)
        state, at = _STATES[word.lower()], _moment(moment, signed_at)
    except (ValueError, AttributeError, KeyError, OverflowError, RecursionError) as trouble:
        raise ValueError(UNREADABLE) from trouble
    if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
        raise ValueError(UNREADABLE)
    return None if state is None else Told(reference, state, at)


def _signature(secret: bytes, moment: str, body: bytes) -> str:
    return hmac.new(secret, moment.encode() + b"." + body, sha256).hexdigest()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError(UNREADABLE)
    return made


def _moment(told: object, signed_at: datetime) -> datetime:
    """Return the moment a body names; a report is never of later than when it was signed."""
    if told is None:
        return signed_at
    at = datetime.fromisoformat(told) if isinstance(told, str) else None
    if at is None or at.tzinfo is None:
        raise ValueError(UNREADABLE)
    return min(at.astimezone(UTC), signed_at)
