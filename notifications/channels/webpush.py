"""Web Push (RFC 8030): a short, encrypted message to every browser of a patient that lets itself be woken."""

import json
import socket
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http.client import HTTPException, HTTPSConnection
from ssl import SSLCertVerificationError, SSLContext, SSLSocket, create_default_context
from time import monotonic

from notifications import vapid
from notifications.endpoint import Endpoint, Hosts, NotPublic, addresses, parse
from notifications.envelope import LONGEST, Keys, point, seal, secret
from notifications.reminder import Accepted, Failed, Message

OPENS = "/app#/today"
"""The page a tap on the message opens."""

_GONE = frozenset({404, 410})
_PASSING = frozenset({401, 403, 407, 408, 425, 429})
"""Refusals of ours, not of the message: a clock or key that is wrong, or too much at once."""
_LONGEST_TTL_S = 28 * 86400
_LONGEST_WAIT_S = 86400
_SOON_S = 86400


@dataclass(frozen=True, slots=True)
class WebPush:
    """The push services of all browsers. `secret` gives the signing key's bytes, `contact` is told to the services.

    An address is a JSON list of subscriptions, each with `id`, `endpoint`, `p256dh`, `auth` and the public key it was
    made for (`signed_for`). One that does not read so, was made for another key, or may not be called, is gone. A
    message was taken when one subscription took it. One may take `timeout_s`, all together begin within `budget_s`.
    """

    secret: Callable[[], bytes]
    contact: str
    hosts: Hosts
    timeout_s: float = 8.0
    budget_s: float = 20.0
    tls: SSLContext = field(default_factory=create_default_context, repr=False)

    def send(self, message: Message, address: str) -> Accepted | Failed:
        """Send one message to all of an address's subscriptions."""
        key, content = self.secret(), _content(message)
        if len(content) > LONGEST:
            return Failed(permanent=True, why="push-too-long")
        over_at = monotonic() + self.budget_s
        told: dict[str, Accepted | Failed] = {}
        for subscription in json.loads(address):
            name = str(subscription["id"])
            if monotonic() < over_at:
                told[name] = self._tell(subscription, key, message, content)
            else:
                told[name] = Failed(permanent=False, why="push-slow")
        return _summed(message, told)

    def _tell(self, subscription: Mapping[str, str], key: bytes, message: Message, content: bytes) -> Accepted | Failed:
        try:
            endpoint = parse(subscription["endpoint"], self.hosts)
            keys = Keys(point(subscription["p256dh"]), secret(subscription["auth"]))
            if subscription["signed_for"] != vapid.public_key(key):
                return _gone(subscription, "push-other-key")
        except (KeyError, ValueError):
            return _gone(subscription, "push-unusable")
        signed = vapid.authorization(key, endpoint.origin, self.contact, message.written_at)
        try:
            status, wait = self._post(endpoint, seal(content, keys), _headers(message) | {"Authorization": signed})
        except (OSError, HTTPException) as trouble:
            return Failed(permanent=False, why=_connecting(trouble))
        return _read(subscription, status, _wait_s(wait, message.written_at))

    def _post(self, endpoint: Endpoint, body: bytes, headers: dict[str, str]) -> tuple[int, str | None]:
        """Post to one of the addresses looked at and nowhere else; what is answered is a status, never followed."""
        with _line(addresses(endpoint), endpoint, self.timeout_s, self.tls) as held:
            connection = HTTPSConnection(endpoint.host, endpoint.port, context=self.tls)
            connection.sock, connection.auto_open = held, 0
            connection.request("POST", endpoint.path, body, headers)
            with connection.getresponse() as answer:
                return answer.status, answer.headers.get("Retry-After")


@contextmanager
def _line(found: list[str], endpoint: Endpoint, timeout_s: float, tls: SSLContext) -> Iterator[SSLSocket]:
    """Open a line to the first address that answers; it is cut when time is up, however slowly the other side talks."""
    with _reached(found, endpoint.port, timeout_s) as plain:
        held = tls.wrap_socket(plain, server_hostname=endpoint.host, do_handshake_on_connect=False)
    held.settimeout(timeout_s)
    watch = threading.Timer(timeout_s, _cut, (held,))
    watch.daemon = True
    watch.start()
    try:
        held.do_handshake()
        yield held
    finally:
        watch.cancel()
        held.close()


def _reached(found: list[str], port: int, timeout_s: float) -> socket.socket:
    for address in found[:-1]:
        with suppress(OSError):
            return socket.create_connection((address, port), timeout_s / len(found))
    return socket.create_connection((found[-1], port), timeout_s / len(found))


def _cut(held: SSLSocket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(held, socket.SHUT_RDWR)  # the line below the encryption: its own lock may be held


def _content(message: Message) -> bytes:
    told = {"id": message.reminder, "title": message.subject, "body": message.brief or message.body, "url": OPENS}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _headers(message: Message) -> dict[str, str]:
    """Return how long the message is kept for a phone that is off, how urgent it is, and what it replaces."""
    left = _SOON_S
    if message.expires_at is not None:
        left = int((message.expires_at - message.written_at).total_seconds())
    topic = urlsafe_b64encode(sha256(message.message_id.encode()).digest()[:24]).decode()  # RFC 8030, 5.4: 32 signs
    return {
        "TTL": str(max(0, min(left, _LONGEST_TTL_S))),
        "Urgency": "high" if left < _SOON_S else "normal",
        "Topic": topic,
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
    }


def _read(subscription: Mapping[str, str], status: int, wait_s: int | None) -> Accepted | Failed:
    if 200 <= status < 300:
        return Accepted("")
    if status in _GONE:
        return _gone(subscription, f"push-{status}")
    permanent = 400 <= status < 500 and status not in _PASSING
    return Failed(permanent, f"push-{status}", None if permanent else wait_s)


def _summed(message: Message, told: Mapping[str, Accepted | Failed]) -> Accepted | Failed:
    """Return what became of the message as a whole."""
    gone = tuple(name for one in told.values() for name in one.gone)
    failed = [one for one in told.values() if isinstance(one, Failed)]
    if len(failed) < len(told):
        return Accepted(message.message_id, gone)
    alive = [one for one in failed if not one.gone] or failed
    passing = [one for one in alive if not one.permanent]
    if not passing:
        return Failed(permanent=True, why=alive[0].why if alive else "no-address", gone=gone)
    wait_s = min(one.retry_after_s or 0 for one in passing)
    return Failed(permanent=False, why=passing[0].why, retry_after_s=wait_s or None, gone=gone)


def _gone(subscription: Mapping[str, str], why: str) -> Failed:
    return Failed(permanent=True, why=why, gone=(str(subscription["id"]),))


def _connecting(trouble: Exception) -> str:
    if isinstance(trouble, NotPublic):
        return "push-not-public"
    return "push-no-tls" if isinstance(trouble, SSLCertVerificationError) else "push-unreachable"


def _wait_s(told: str | None, now: datetime) -> int | None:
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
