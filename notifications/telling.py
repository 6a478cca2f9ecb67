"""What the providers have in common: how long to wait, what a refusal means, several phones at once, one outcome."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from socket import gaierror
from ssl import SSLCertVerificationError
from time import monotonic
from typing import TypeVar

from notifications.endpoint import NotPublic
from notifications.line import NotReached
from notifications.reminder import Accepted, Failed, Message

OPENS = "/app#/today"
"""The page a tap on the message opens."""
SOON_S = 86400
"""Seconds: a message that makes sense for less than this is urgent; it is also kept so long where it has no end."""
PASSING = frozenset({401, 403, 407, 408, 425, 429})
"""Refusals of ours, not of the message: a clock or key that is wrong, or too much at once."""

_LONGEST_WAIT_S = 86400
_NEVER_SAID = (NotPublic, NotReached, gaierror)
_NOBODY_KNOWS = frozenset({502, 504})
"""Answers of what stands between us and the provider, which had none."""
_Phone = TypeVar("_Phone", bound=Mapping[str, str])


def phones(address: str) -> list[dict[str, str]]:
    """Return the `id` and `token` of every phone in an address, a JSON list; a token that is no text reads as empty.

    Raises ValueError for an address that is no such list, so that not even the phones in it can be named.
    """
    try:
        told = json.loads(address)
        found = [{"id": one["id"], "token": one.get("token")} for one in told if isinstance(one, dict)]
    except (KeyError, TypeError, RecursionError) as trouble:
        raise ValueError("not a list of phones") from trouble
    if not isinstance(told, list) or len(found) < len(told) or not all(isinstance(one["id"], str) for one in found):
        raise ValueError("not a list of phones")
    return [{name: text if isinstance(text, str) else "" for name, text in one.items()} for one in found]


def each(
    address: Iterable[_Phone], over_at: float, tell: Callable[[_Phone], Accepted | Failed], late: Failed
) -> dict[str, Accepted | Failed]:
    """Return by `id` what became of each phone; one whose turn comes after `over_at` (monotonic) is `late`."""
    return {str(one["id"]): tell(one) if monotonic() < over_at else late for one in address}


def summed(message: Message, told: Mapping[str, Accepted | Failed]) -> Accepted | Failed:
    """Return what became of the message as a whole: taken when one phone took it, with all that are gone."""
    gone = tuple(name for one in told.values() for name in one.gone)
    failed = [one for one in told.values() if isinstance(one, Failed)]
    if len(failed) < len(told):
        return Accepted(message.message_id, gone)
    alive = [one for one in failed if not one.gone] or failed
    passing = [one for one in alive if not one.permanent]
    if not passing:
        return Failed(permanent=True, why=alive[0].why if alive else "no-address", gone=gone)
    wait = min(one.retry_after_s or 0 for one in passing)
    unsure = any(one.unsure for one in failed)
    return Failed(permanent=False, why=passing[0].why, retry_after_s=wait or None, gone=gone, unsure=unsure)


def gone(phone: Mapping[str, str], why: str) -> Failed:
    """Return that a phone is not there any more."""
    return Failed(permanent=True, why=why, gone=(str(phone["id"]),))


def refused(why: str, status: int, wait: int | None, *, final: bool = True) -> Failed:
    """Return what a status that is not 2xx means: a 4xx is final, unless it is ours or `final` says it is not."""
    permanent = final and 400 <= status < 500 and status not in PASSING
    return Failed(permanent, why, None if permanent else wait, unsure=status in _NOBODY_KNOWS)


def unreached(channel: str, trouble: Exception) -> Failed:
    """Return what it means that a provider could not be spoken to; it passes.

    Unless the line never stood, nobody can know how much was said before it broke.
    """
    if isinstance(trouble, NotPublic):
        return Failed(permanent=False, why=f"{channel}-not-public")
    below: BaseException | None = trouble
    while below is not None:
        if isinstance(below, SSLCertVerificationError):
            return Failed(permanent=False, why=f"{channel}-no-tls")
        below = below.__cause__ or below.__context__
    return Failed(permanent=False, why=f"{channel}-unreachable", unsure=not isinstance(trouble, _NEVER_SAID))


def wait_s(told: str | None, now: datetime) -> int | None:
    """Return the seconds of a Retry-After header, which may be a date; at most a day."""
    if told is None:
        return None
    if told.isascii() and told.isdigit():
        return min(int(told[:9]), _LONGEST_WAIT_S)
    try:
        until = parsedate_to_datetime(told)
    except (ValueError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0, min(int((until - now).total_seconds()), _LONGEST_WAIT_S))


def left_s(message: Message) -> int:
    """Return for how many seconds it still makes sense to deliver a message; below 0 when it is over."""
    if message.expires_at is None:
        return SOON_S
    return int((message.expires_at - message.written_at).total_seconds())


def sameness(message: Message) -> str:
    """Return 32 signs that every copy of a message shares with no other message, and that tell nothing of it."""
    return urlsafe_b64encode(sha256(message.message_id.encode()).digest()[:24]).decode()
