"""SMS through a gateway that speaks JSON over HTTPS, whichever it is: its own names for the fields are told to us."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from ssl import SSLContext, create_default_context

from notifications.endpoint import PORT, Endpoint, looked_up
from notifications.line import Answer, post
from notifications.reminder import Accepted, Failed, Message
from notifications.segments import cut
from notifications.telling import left_s, refused, unreached, wait_s

FIELDS = ("to", "text", "from", "reference", "callback", "validity")
"""What a gateway is told: the number, the text, the sender, our message id, where to report to, seconds it is good."""

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_REFERENCE = re.compile(r"[\x21-\x7e]{1,100}")
_VALID_S = (60, 3 * 86400)
_FORM = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[1-9][0-9]{0,4}))?(?P<path>/[!-~]*)?",
    re.ASCII,
)
_ONESELF = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Sms:
    """One gateway, as whoever runs the clinic set it up. `token` is sent as a bearer, `sender` is a number or a name.

    `fields` gives the gateway's own names for FIELDS; one named "" is not sent. `callback_url` is where the gateway
    reports to, if anywhere. `url` is https, or http to this very machine. One call may take twice `timeout_s`. What the
    gateway reads is `brief` alone, which tells nothing (P17). Raises ValueError for settings that make no gateway.
    """

    url: str
    token: str = field(repr=False)
    sender: str
    fields: Mapping[str, str] = field(default_factory=dict)
    callback_url: str = ""
    timeout_s: float = 8.0
    tls: SSLContext = field(default_factory=create_default_context, repr=False)

    def __post_init__(self) -> None:
        _endpoint(self.url)
        if not set(self.fields) <= set(FIELDS) or not self._named("to") or not self._named("text"):
            raise ValueError("not the fields of an SMS")
        if not re.fullmatch(r"[!-~]*", self.token):
            raise ValueError("not a token")

    def send(self, message: Message, address: str) -> Accepted | Failed:
        """Send one SMS to a number (E.164). Every copy carries the same reference and Idempotency-Key."""
        if not _NUMBER.fullmatch(address):
            return Failed(permanent=True, why="bad-number", gone=("phone",))
        try:
            text = cut(message.brief or message.subject)
        except ValueError:
            return Failed(permanent=True, why="sms-too-long")
        endpoint, tls = _endpoint(self.url), self.tls if self.url.startswith("https:") else None
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": message.message_id,
        }
        content = json.dumps(self._told(message, address, text)).encode()
        try:
            answer = post(endpoint, looked_up(endpoint), content, headers, self.timeout_s, tls)
        except (OSError, HTTPException) as trouble:
            return unreached("sms", trouble)
        return _read(message, answer)

    def _named(self, name: str) -> str:
        return self.fields.get(name, name)

    def _told(self, message: Message, address: str, text: str) -> dict[str, str | int]:
        told: dict[str, str | int] = {"to": address, "text": text, "from": self.sender, "reference": message.message_id}
        if self.callback_url:
            told["callback"] = self.callback_url
        if message.expires_at is not None:
            told["validity"] = max(_VALID_S[0], min(left_s(message), _VALID_S[1]))
        return {self._named(name): said for name, said in told.items() if self._named(name)}


def _endpoint(url: str) -> Endpoint:
    """Return where the gateway is. Raises ValueError for what is not https, except on this very machine."""
    found = _FORM.fullmatch(url)
    if found is None:
        raise ValueError("not the address of a gateway")
    host, plain = found["host"].strip("[]"), found["scheme"] == "http"
    if plain and host not in _ONESELF:
        raise ValueError("not an https address")
    return Endpoint(host, int(found["port"] or (80 if plain else PORT)), found["path"] or "/")


def _read(message: Message, answer: Answer) -> Accepted | Failed:
    """Return what an answer means; a page where JSON should be was not written by the gateway."""
    told, wait = answer.told(), wait_s(answer.wait, message.written_at)
    if not 200 <= answer.status < 300:
        return refused(f"sms-{answer.status}", answer.status, wait)
    if told is None:
        return Failed(permanent=False, why="sms-unreadable", unsure=True)
    theirs = told.get("id")
    return Accepted(theirs if isinstance(theirs, str) and _REFERENCE.fullmatch(theirs) else message.message_id)
