"""Web Push (RFC 8030): a short, encrypted message to every browser of a patient that lets itself be woken."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException
from ssl import SSLContext, create_default_context
from time import monotonic

from notifications import vapid
from notifications.endpoint import Hosts, addresses, parse
from notifications.envelope import LONGEST, Keys, point, seal, secret
from notifications.line import post
from notifications.reminder import Accepted, Failed, Message
from notifications.telling import OPENS, SOON_S, each, gone, left_s, refused, sameness, summed, unreached, wait_s

_GONE = frozenset({404, 410})
_LONGEST_TTL_S = 28 * 86400


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
        tell = partial(self._tell, key=key, message=message, content=content)
        late = Failed(permanent=False, why="push-slow")
        return summed(message, each(json.loads(address), monotonic() + self.budget_s, tell, late))

    def _tell(self, subscription: Mapping[str, str], key: bytes, message: Message, content: bytes) -> Accepted | Failed:
        try:
            endpoint = parse(subscription["endpoint"], self.hosts)
            keys = Keys(point(subscription["p256dh"]), secret(subscription["auth"]))
            if subscription["signed_for"] != vapid.public_key(key):
                return gone(subscription, "push-other-key")
        except (KeyError, ValueError):
            return gone(subscription, "push-unusable")
        signed = vapid.authorization(key, endpoint.origin, self.contact, message.written_at)
        headers, sealed = _headers(message) | {"Authorization": signed}, seal(content, keys)
        try:
            answer = post(endpoint, addresses(endpoint), sealed, headers, self.timeout_s, self.tls, most=0)
        except (OSError, HTTPException) as trouble:
            return unreached("push", trouble)
        return _read(subscription, answer.status, wait_s(answer.wait, message.written_at))


def _content(message: Message) -> bytes:
    told = {"id": message.reminder, "title": message.subject, "body": message.brief or message.body, "url": OPENS}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _headers(message: Message) -> dict[str, str]:
    """Return how long the message is kept for a phone that is off, how urgent it is, and what it replaces."""
    left = left_s(message)
    return {
        "TTL": str(max(0, min(left, _LONGEST_TTL_S))),
        "Urgency": "high" if left < SOON_S else "normal",
        "Topic": sameness(message),  # RFC 8030, 5.4: 32 signs
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
    }


def _read(subscription: Mapping[str, str], status: int, wait: int | None) -> Accepted | Failed:
    if 200 <= status < 300:
        return Accepted("")
    if status in _GONE:
        return gone(subscription, f"push-{status}")
    return refused(f"push-{status}", status, wait)
