"""Firebase Cloud Messaging (HTTP v1): a short message to every Android phone of a patient that has the app."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from http.client import HTTPException
from ssl import SSLContext, create_default_context
from time import monotonic
from typing import Any
from urllib.parse import urlencode

import jwt

from notifications.bearer import BusyError, Kept
from notifications.endpoint import Endpoint, Hosts, addresses, parse
from notifications.line import Answer, post
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

_HOSTS = ("fcm.googleapis.com", "oauth2.googleapis.com")
_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SIGNED_FOR = timedelta(hours=1)
_EARLY = timedelta(seconds=60)
"""A token is not used in its last minute: it would end on the way."""
_LONGEST = 4096
"""Bytes of a whole request; Firebase takes so much of a message."""
_LONGEST_TTL_S = 28 * 86400
_PROJECT = re.compile(r"[a-z0-9][a-z0-9.:-]{0,127}", re.ASCII)
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")


@dataclass(frozen=True, slots=True)
class _Account:
    """What a service account's file says."""

    project: str
    sender: str
    key: str
    key_id: str
    tokens: Endpoint
    audience: str


class _NoTokenError(Exception):
    """Google gave no token; the outcome is for all phones."""

    def __init__(self, outcome: Failed) -> None:
        super().__init__(outcome.why)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Fcm:
    """One Firebase project. `account` gives the JSON file of its service account, which is read again at every send.

    An address is a JSON list of phones, each with `id` and `token`. A message was taken when one phone's was; what
    Firebase says is unregistered is gone. One call may take twice `timeout_s`, all together begin within `budget_s`,
    however long others ask for a token. `seams` are `host:port` that only tests may name, in `base` and in the file.
    Google can read what is sent: it is no more than `subject` and `brief`, which tell nothing (P17). Raises ValueError
    for a `base` that is not Firebase.
    """

    account: Callable[[], bytes] = field(repr=False)
    timeout_s: float = 8.0
    budget_s: float = 20.0
    tls: SSLContext = field(default_factory=create_default_context, repr=False)
    base: str = "https://fcm.googleapis.com"
    seams: tuple[str, ...] = ()
    _kept: Kept = field(default_factory=Kept, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parse(f"{self.base}/", Hosts(_HOSTS, self.seams))

    def send(self, message: Message, address: str) -> Accepted | Failed:
        """Send one message to all of an address's phones. What is wrong with our own account passes."""
        over_at, late = monotonic() + self.budget_s, Failed(permanent=False, why="fcm-slow")
        try:
            told = phones(address)
        except ValueError:
            return Failed(permanent=True, why="bad-address")
        try:
            account, bearer = self._signed_in(message.written_at, over_at)
        except BusyError:
            return late
        except _NoTokenError as none:
            return replace(none.outcome, unsure=False)  # the message itself was never sent
        tell = partial(self._tell, message=message, account=account, bearer=bearer)
        return summed(message, each(told, over_at, tell, late))

    def _signed_in(self, now: datetime, over_at: float) -> tuple[_Account, str]:
        try:
            content = self.account()
            account = _read_account(content, Hosts(_HOSTS, self.seams))
        except (OSError, ValueError, RecursionError) as trouble:
            raise _NoTokenError(Failed(permanent=False, why="fcm-bad-account")) from trouble
        made_of = sha256(content).digest()
        return account, self._kept.at(now, made_of, partial(self._token, account, now), over_at)

    def _token(self, account: _Account, now: datetime) -> tuple[str, timedelta]:
        """Return a new token and for how long it may be used (RFC 7523)."""
        form = urlencode({"grant_type": _GRANT, "assertion": _assertion(account, now)}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            answer = post(account.tokens, addresses(account.tokens), form, headers, self.timeout_s, self.tls)
        except (OSError, HTTPException) as trouble:
            raise _NoTokenError(unreached("fcm-token", trouble)) from trouble
        if not 200 <= answer.status < 300:
            wait = wait_s(answer.wait, now)
            raise _NoTokenError(refused(f"fcm-token-{answer.status}", answer.status, wait, final=False))
        token, lasts_s = (answer.told() or {}).get("access_token"), (answer.told() or {}).get("expires_in")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token) or not isinstance(lasts_s, int):
            raise _NoTokenError(Failed(permanent=False, why="fcm-token-unreadable"))
        return token, timedelta(seconds=max(0, min(lasts_s, 86400))) - _EARLY

    def _tell(self, phone: Mapping[str, str], message: Message, account: _Account, bearer: str) -> Accepted | Failed:
        if not _TOKEN.fullmatch(phone["token"]):
            return gone(phone, "fcm-unusable")
        content = _content(message, phone["token"])
        if len(content) > _LONGEST:
            return Failed(permanent=True, why="fcm-too-long")
        headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json; charset=utf-8"}
        try:
            where = parse(f"{self.base}/v1/projects/{account.project}/messages:send", Hosts(_HOSTS, self.seams))
            answer = post(where, addresses(where), content, headers, self.timeout_s, self.tls)
        except (OSError, HTTPException) as trouble:
            return unreached("fcm", trouble)
        if answer.status == 401:
            self._kept.drop(bearer)
        return _read(phone, answer, wait_s(answer.wait, message.written_at))


def _read_account(content: bytes, hosts: Hosts) -> _Account:
    """Return what the file says. Raises ValueError for another file, or one that sends our signature elsewhere."""
    told = json.loads(content)
    names = ("project_id", "client_email", "private_key", "private_key_id", "token_uri")
    if not isinstance(told, dict) or not all(isinstance(told.get(name), str) for name in names):
        raise ValueError("not the file of a service account")
    project, sender, key, key_id, token_uri = (told[name] for name in names)
    if not _PROJECT.fullmatch(project):
        raise ValueError("not the name of a project")
    return _Account(project, sender, key, key_id, parse(token_uri, hosts), token_uri)


def _assertion(account: _Account, now: datetime) -> str:
    claims = {
        "iss": account.sender,
        "scope": _SCOPE,
        "aud": account.audience,
        "iat": int(now.timestamp()),
        "exp": int((now + _SIGNED_FOR).timestamp()),
    }
    try:
        return jwt.encode(claims, account.key, "RS256", {"kid": account.key_id})
    except (ValueError, TypeError, jwt.PyJWTError) as trouble:
        raise _NoTokenError(Failed(permanent=False, why="fcm-bad-account")) from trouble


def _content(message: Message, token: str) -> bytes:
    """Return the request; `collapse_key` and `tag` let a copy take the place of the message it is a copy of."""
    left, same = left_s(message), sameness(message)
    told = {
        "token": token,
        "notification": {"title": message.subject, "body": message.brief},
        "data": {"id": message.reminder, "url": OPENS},
        "android": {
            "collapse_key": same,
            "ttl": f"{max(0, min(left, _LONGEST_TTL_S))}s",
            "priority": "HIGH" if left < SOON_S else "NORMAL",
            "notification": {"tag": same},
        },
    }
    return json.dumps({"message": told}, ensure_ascii=False, separators=(",", ":")).encode()


def _read(phone: Mapping[str, str], answer: Answer, wait: int | None) -> Accepted | Failed:
    """Return what an answer means; one that Firebase cannot have written is neither a yes nor a final no."""
    told, why = answer.told(), f"fcm-{answer.status}"
    if 200 <= answer.status < 300:
        name = (told or {}).get("name")
        taken = isinstance(name, str) and name.startswith("projects/")
        return Accepted("") if taken else Failed(permanent=False, why="fcm-unreadable", unsure=True)
    error = (told or {}).get("error")
    if not isinstance(error, dict):
        return refused(why, answer.status, wait, final=False)
    if _unregistered(answer.status, error) or _no_token(answer.status, error):
        return gone(phone, why)
    return refused(why, answer.status, wait, final=answer.status != 404)  # else a project that is not there: ours


def _unregistered(status: int, error: Mapping[str, Any]) -> bool:
    return status == 404 and any(one.get("errorCode") == "UNREGISTERED" for one in _dicts(error.get("details")))


def _no_token(status: int, error: Mapping[str, Any]) -> bool:
    """Whether a 400 is about the phone's token, not about the rest of the message."""
    if status != 400 or error.get("status") != "INVALID_ARGUMENT":
        return False
    wrong = [one for detail in _dicts(error.get("details")) for one in _dicts(detail.get("fieldViolations"))]
    named = any(one.get("field") == "message.token" for one in wrong)
    return named or (not wrong and "registration token" in str(error.get("message")))


def _dicts(told: object) -> list[dict[str, Any]]:
    return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
