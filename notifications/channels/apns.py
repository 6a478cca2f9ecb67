"""Apple's push service (HTTP/2): a short message to every iPhone of a patient that has the app."""

import json
import logging
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from ssl import SSLContext, create_default_context
from threading import Event, Lock, Timer
from time import monotonic
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx2
import jwt

from notifications.bearer import BusyError, Kept, turn
from notifications.line import LONGEST_ANSWER, Answer, cut
from notifications.reminder import Accepted, Failed, Message
from notifications.telling import (
    OPENS,
    SOON_S,
    each,
    gone,
    left_s,
    phones,
    refused,
    sameness,
    summed,
    unreached,
    wait_s,
)

for _talkative in ("httpx2", "httpcore2", "hpack", "h2"):
    logging.getLogger(_talkative).setLevel(logging.WARNING)  # they log addresses and tokens (P30)

PRODUCTION = "https://api.push.apple.com"
SANDBOX = "https://api.sandbox.push.apple.com"
"""Where phones with a build of a developer are; their tokens mean nothing elsewhere, and are gone there."""

_SIGNED_FOR = timedelta(minutes=40)
"""Apple wants a new token no sooner than after 20 minutes and no later than after 60."""
_IDLE_S = 60.0
_LONGEST = 4096
_TOKEN = re.compile(r"[0-9A-Fa-f]{64,200}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9.-]{1,255}", re.ASCII)
_GONE = frozenset({"BadDeviceToken", "DeviceTokenNotForTopic"})
_OURS = frozenset({"BadTopic", "MissingTopic", "TopicDisallowed"})
_TOKEN_REFUSED = frozenset({"ExpiredProviderToken", "InvalidProviderToken"})


class _Line:
    """One line to Apple, kept for as long as there is something to say: opening many at once counts as an attack."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._client: httpx2.Client | None = None
        self._held: Any = None

    def __del__(self) -> None:
        self._leave()

    def post(
        self,
        url: str,
        content: bytes,
        headers: Mapping[str, str],
        timeout_s: float,
        tls: Callable[[], SSLContext],
        over_at: float,
    ) -> Answer:
        """Post, and follow nothing; the line is cut when all of it took longer than `timeout_s`.

        A line that broke is not used again. Raises BusyError, and nothing is sent, where others hold it until `over_at`
        (monotonic), httpx2.HTTPError or OSError where there is no whole answer.
        """
        with turn(self._lock, over_at):
            over = Event()
            watch = Timer(timeout_s, self._end, (over,))
            watch.daemon = True
            watch.start()
            whole = False
            try:
                client = self._client = self._client or _client(tls())
                answer = self._posted(client, url, content, headers, timeout_s, over)
                whole = True
                return answer
            finally:
                watch.cancel()
                watch.join()
                if not whole or over.is_set():
                    self._leave()

    def _posted(
        self, client: httpx2.Client, url: str, content: bytes, headers: Mapping[str, str], timeout_s: float, over: Event
    ) -> Answer:
        def seen(what: str, told: Mapping[str, Any]) -> None:
            if what == "connection.start_tls.complete":
                self._held = told["return_value"].get_extra_info("socket")
                if over.is_set():
                    self._end(over)

        more: dict[str, Any] = {"headers": dict(headers), "extensions": {"trace": seen}, "timeout": timeout_s}
        with client.stream("POST", url, content=content, **more) as answer:
            body = b""
            for part in answer.iter_raw():
                body += part
                if len(body) > LONGEST_ANSWER:
                    break
            return Answer(answer.status_code, answer.headers.get("Retry-After"), body)

    def _end(self, over: Event) -> None:
        over.set()
        if self._held is not None:
            cut(self._held)

    def _leave(self) -> None:
        client, self._client, self._held = self._client, None, None
        if client is not None:
            with suppress(httpx2.HTTPError, OSError):
                client.close()


def _client(tls: SSLContext) -> httpx2.Client:
    """Return what speaks HTTP/2 and nothing else, and asks the environment for nothing."""
    limits = httpx2.Limits(max_connections=1, keepalive_expiry=_IDLE_S)
    return httpx2.Client(verify=tls, http1=False, http2=True, trust_env=False, follow_redirects=False, limits=limits)


@dataclass(frozen=True, slots=True)
class Apns:
    """One app at Apple. `key` gives the signing key's file (.p8), which is read again at every send.

    `key_id` and `team` name the key and whose it is, `topic` is the app's bundle id. An address is a JSON list of
    phones, each with `id` and `token` (hex). A message was taken when one phone's was; what Apple does not know, or not
    for this app, is gone. One call may take twice `timeout_s`, all together begin within `budget_s`, however long
    others keep the one line. `tls` makes the trust in the other side: it is not shared, as HTTP/2 is written into it.
    Apple can read what is sent: it is no more than `subject` and `brief`, which tell nothing (P17). Raises ValueError
    for names that are none.
    """

    key: Callable[[], bytes] = field(repr=False)
    key_id: str
    team: str
    topic: str
    base: str = PRODUCTION
    timeout_s: float = 8.0
    budget_s: float = 20.0
    tls: Callable[[], SSLContext] = field(default=create_default_context, repr=False)
    _kept: Kept = field(default_factory=Kept, init=False, repr=False, compare=False)
    _line: _Line = field(default_factory=_Line, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not all(_NAME.fullmatch(name) for name in (self.key_id, self.team, self.topic)):
            raise ValueError("not the names of a key, a team and an app")
        if not self.base.startswith("https://"):
            raise ValueError("not an https address")

    def send(self, message: Message, address: str) -> Accepted | Failed:
        """Send one message to all of an address's phones. What is wrong with our own key passes."""
        over_at, late = monotonic() + self.budget_s, Failed(permanent=False, why="apns-slow")
        content = _content(message)
        if len(content) > _LONGEST:
            return Failed(permanent=True, why="apns-too-long")
        try:
            told = phones(address)
        except ValueError:
            return Failed(permanent=True, why="bad-address")
        try:
            bearer = self._bearer(message.written_at, over_at)
        except BusyError:
            return late
        except (OSError, ValueError, TypeError, jwt.PyJWTError):
            return Failed(permanent=False, why="apns-bad-key")
        tell = partial(self._tell, message=message, content=content, bearer=bearer, late=late, over_at=over_at)
        return summed(message, each(told, over_at, tell, late))

    def _bearer(self, now: datetime, over_at: float) -> str:
        key = self.key()

        def make() -> tuple[str, timedelta]:
            claims = {"iss": self.team, "iat": int(now.timestamp())}
            return jwt.encode(claims, key, "ES256", {"kid": self.key_id}), _SIGNED_FOR

        return self._kept.at(now, sha256(key).digest(), make, over_at)

    def _tell(
        self, phone: Mapping[str, str], message: Message, content: bytes, bearer: str, late: Failed, over_at: float
    ) -> Accepted | Failed:
        if not _TOKEN.fullmatch(phone["token"]):
            return gone(phone, "apns-unusable")
        headers = _headers(message, phone["id"]) | {"authorization": f"bearer {bearer}", "apns-topic": self.topic}
        url = f"{self.base}/3/device/{phone['token'].lower()}"
        try:
            answer = self._line.post(url, content, headers, self.timeout_s, self.tls, over_at)
        except BusyError:
            return late
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as trouble:
            return replace(unreached("apns", trouble), unsure=False)
        except (httpx2.HTTPError, OSError) as trouble:
            return unreached("apns", trouble)
        reason = str((answer.told() or {}).get("reason"))
        if answer.status == 403 and reason in _TOKEN_REFUSED:
            self._kept.drop(bearer)
        return _read(phone, answer, reason, wait_s(answer.wait, message.written_at))


def _content(message: Message) -> bytes:
    told = {
        "aps": {"alert": {"title": message.subject, "body": message.brief}},
        "id": message.reminder,
        "url": OPENS,
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _headers(message: Message, phone_id: str) -> dict[str, str]:
    """Return until when Apple keeps the message, how urgent it is, and by what a copy of it is known."""
    left = left_s(message)
    until = message.written_at + timedelta(seconds=max(0, left))
    return {
        "apns-id": str(uuid5(NAMESPACE_URL, f"urn:message:{message.message_id}:{phone_id}")),
        "apns-collapse-id": sameness(message),
        "apns-expiration": str(int(until.timestamp())),
        "apns-priority": "10" if left < SOON_S else "5",
        "apns-push-type": "alert",
        "content-type": "application/json",
        "accept-encoding": "identity",
    }


def _read(phone: Mapping[str, str], answer: Answer, reason: str, wait: int | None) -> Accepted | Failed:
    """Return what an answer means; one that Apple cannot have written is neither a yes nor a final no."""
    why = f"apns-{answer.status}"
    if 200 <= answer.status < 300:
        return Failed(permanent=False, why="apns-unreadable", unsure=True) if answer.body.strip() else Accepted("")
    if answer.status == 410 or (answer.status == 400 and reason in _GONE):
        return gone(phone, why)
    return refused(why, answer.status, wait, final=answer.told() is not None and reason not in _OURS)
