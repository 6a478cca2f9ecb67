"""The endpoint kit: a route is a declaration (permission, takes, gives) above a few lines, and runs as one act."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import time
from decimal import Decimal
from functools import cache
from typing import Any, Protocol
from uuid import uuid4

import orjson
import structlog
from flask import Flask, Response, current_app, g, request
from marshmallow import EXCLUDE, Schema, ValidationError

from backend.api.body import is_empty, read_json
from backend.api.problems import pointers
from backend.api.versions import if_match
from backend.clock import Clock
from backend.domain.errors import ClinicError
from backend.domain.permissions import BY_NAME, PUBLIC, Role, allows
from backend.services import access
from backend.services.context import Context

Reading = Callable[[], AbstractContextManager[Context]]
"""Opens a reading act of who asks; where everybody may ask, without an actor."""

log = structlog.get_logger(__name__)


class Door(Protocol):
    """What the composition root hands the kit: how an act is run, and the clock."""

    clock: Clock

    def context(self, request_id: str) -> Context:
        """Return a context without actor, at this moment."""
        ...

    def act(self, ctx: Context, *, writes: bool) -> Any:
        """Return a context manager that runs one transaction (services.unit.act)."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint gives when it is more than a body: another status, headers, or raw content."""

    body: Any = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | Iterator[bytes] | None = None


@dataclass(frozen=True, slots=True)
class Behind:
    """What a route that patients and staff share leads to: the permission that each needs, None for who has none."""

    own: str | None
    care: str | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One declared route, as the contract and the permission test read it."""

    method: str
    path: str
    name: str
    permission: str
    summary: str
    room: str
    run: Callable[..., Any]
    takes: type[Schema] | None
    asks: type[Schema] | None
    gives: type[Schema] | None
    status: int
    also: tuple[int, ...]
    problems: tuple[int, ...]
    media: str
    writes: bool
    if_match: bool
    prepare: Callable[[Reading, dict[str, Any]], Any] | None = None
    largest: int | None = None
    bare: bool = False
    behind: Behind | None = None

    def wanted(self, role: Role) -> str | None:
        """Return the permission that a role needs here beside being let in; None where there is nothing for it."""
        if self.behind is None:
            return self.permission
        return self.behind.own if role is Role.PATIENT else self.behind.care


class Room:
    """The endpoints of one noun; `name` is their tag in the contract."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.endpoints: list[Endpoint] = []

    def route(
        self,
        method: str,
        path: str,
        *,
        permission: str,
        takes: type[Schema] | None = None,
        asks: type[Schema] | None = None,
        gives: type[Schema] | None = None,
        status: int = 200,
        also: tuple[int, ...] = (),
        problems: tuple[int, ...] = (),
        media: str = "application/json",
        writes: bool | None = None,
        if_match: bool = False,
        prepare: Callable[[Reading, dict[str, Any]], Any] | None = None,
        largest: int | None = None,
        bare: bool = False,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a route. The function gets the context, the path's ids, and `data`, `query`, `version` as declared.

        `takes` is the body, `asks` the query, `gives` the answer; `also` further good statuses; `problems` the
        statuses it may refuse with beyond what follows from the declaration; `if_match` demands the header and
        hands its number over as `version`. `prepare` gets a way to read and the body, and does what is too slow for
        the act (hashing a password) before it begins; what it returns is handed over as `prepared`. `largest` is the
        limit of the body in bytes, where it is not the common one. With `bare` there may be no body: all is left out.
        """

        def declare(run: Callable[..., Any]) -> Callable[..., Any]:
            summary = (run.__doc__ or "").strip().split("\n")[0]
            act = method != "GET" if writes is None else writes
            # fmt: off
            self.endpoints.append(Endpoint(
                method, path, run.__name__, permission, summary, self.name, run, takes, asks, gives,
                status, also, problems, media, act, if_match, prepare, largest, bare,
            ))
            # fmt: on
            return run

        return declare


def mount(app: Flask, prefix: str, rooms: list[Room]) -> list[Endpoint]:
    """Give the app the endpoints of all rooms below a prefix, and return them."""
    endpoints = [endpoint for room in rooms for endpoint in room.endpoints]
    for endpoint in endpoints:
        for permission in _named(endpoint):
            if permission not in BY_NAME:
                raise KeyError(f"{endpoint.name}: no row for permission {permission}")
        rule = prefix + endpoint.path
        app.add_url_rule(rule, f"{endpoint.room}.{endpoint.name}", _view(endpoint), methods=[endpoint.method])
    return endpoints


def _named(endpoint: Endpoint) -> set[str]:
    behind = endpoint.behind or Behind(None, None)
    return {one for one in (endpoint.permission, behind.own, behind.care) if one is not None} - {PUBLIC}


def _view(endpoint: Endpoint) -> Callable[..., Response]:
    def view(**ids: Any) -> Response:
        door: Door = current_app.extensions["uitwerk"]
        ctx = door.context(g.request_id)
        # Reading and checking the form happens before the transaction; what is wrong is told only to who may ask.
        told, trouble = _told(endpoint)
        try:
            if endpoint.prepare is not None and trouble is None:
                told["prepared"] = endpoint.prepare(lambda: _read(endpoint, door, ctx), told.get("data", {}))
            with door.act(ctx, writes=endpoint.writes) as unit:
                allowed = _admitted(endpoint, unit)
                if trouble is not None:
                    raise trouble
                result = endpoint.run(allowed, **ids, **told)
        except ClinicError as error:
            _refused(endpoint, door, ctx, error, ids)
            raise
        return _respond(endpoint, result)

    return view


@contextmanager
def _read(endpoint: Endpoint, door: Door, ctx: Context) -> Iterator[Context]:
    with door.act(ctx, writes=False) as unit:
        yield _admitted(endpoint, unit)


def _admitted(endpoint: Endpoint, ctx: Context) -> Context:
    if endpoint.permission == PUBLIC:
        return ctx
    actor = access.holder(ctx, _bearer())
    g.actor = actor
    wanted = endpoint.wanted(actor.role)
    keyed = actor.study_id is not None
    if wanted is None or not all(allows(one, actor.role, keyed=keyed) for one in (endpoint.permission, wanted)):
        raise ClinicError("role-lacks-permission")
    return replace(ctx, actor=actor)


def _refused(endpoint: Endpoint, door: Door, ctx: Context, error: ClinicError, ids: Mapping[str, Any]) -> None:
    """Write down that somebody known was refused a record or a function."""
    actor = g.get("actor")
    if actor is None or error.error.code not in {"not-found", "role-lacks-permission"}:
        return
    with door.act(replace(ctx, actor=actor), writes=True) as unit:
        whose = ids.get("patient_id", g.get("about"))
        access.note_refusal(unit, endpoint.wanted(actor.role) or endpoint.permission, error.error.code, whose)


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise ClinicError("not-authenticated")
    return token.strip()


def _told(endpoint: Endpoint) -> tuple[dict[str, Any], ClinicError | None]:
    """Return what the request says, as keyword arguments, or the first thing that is wrong with its form."""
    told: dict[str, Any] = {}
    try:
        if endpoint.asks is not None:
            told["query"] = _checked(endpoint.asks, request.args.to_dict(), "/query", unknown=EXCLUDE)
        if endpoint.largest is not None:
            request.max_content_length = endpoint.largest
        if endpoint.takes is not None:
            told["data"] = _checked(endpoint.takes, {} if endpoint.bare and is_empty() else read_json(), "")
        if endpoint.if_match:
            told["version"] = if_match()
    except ClinicError as error:
        return told, error
    return told, None


def _checked(schema: type[Schema], value: Any, at: str, **options: Any) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = _instance(schema).load(value, **options)
    except ValidationError as error:
        raise ClinicError("invalid", pointers=pointers(error.messages, at)) from error
    return loaded


@cache
def _instance(schema: type[Schema]) -> Schema:
    """Return the one instance of a schema: making one costs more than using it."""
    return schema()


def _respond(endpoint: Endpoint, result: Any) -> Response:
    answer = result if isinstance(result, Answer) else Answer(result)
    status = answer.status or endpoint.status
    if answer.raw is not None:
        response = Response(answer.raw, status, content_type=endpoint.media)
    elif endpoint.gives is None and answer.body is None:
        response = Response(b"", status)
        del response.headers["Content-Type"]
    else:
        response = Response(dump(answer.body), status, content_type=endpoint.media)
    response.headers.extend(dict(answer.headers))
    return response


def dump(body: Any) -> bytes:
    """Return a body as JSON bytes; dataclasses, UUIDs, moments and days are written as the contract says."""
    return orjson.dumps(body, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(type(value).__name__)


def new_request_id() -> str:
    """Return an id for a request."""
    return str(uuid4())


def clock_text(value: time | None) -> str | None:
    """Return a wall-clock time as HH:MM."""
    return None if value is None else value.strftime("%H:%M")
