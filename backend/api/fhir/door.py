"""The routes of the FHIR door, made of the table of types: metadata, and of each type a read and two ways to search."""

from importlib.metadata import version
from typing import Any
from urllib.parse import urlencode

from flask import Flask, g

from backend.api import problems
from backend.api.endpoint import Answer, Behind, Endpoint, Room, mount
from backend.api.fhir import exports, parameters
from backend.domain.fhir import ids
from backend.domain.fhir.bundles import searchset
from backend.domain.fhir.capability import Offer, statement
from backend.domain.fhir.outcomes import outcome
from backend.domain.permissions import PUBLIC
from backend.services.context import Context
from backend.services.fhir import pages, search
from backend.services.fhir.search import DOOR, Asked, Place
from backend.services.fhir.types import TYPES, Type

PREFIX = "/fhir"
ENDPOINTS = "uitwerk-fhir-endpoints"
MEDIA = f"{parameters.JSON}; charset=utf-8"

room = Room("fhir")


@room.route("GET", "/metadata", permission=PUBLIC, media=MEDIA)
def fhir_metadata(ctx: Context) -> Answer:
    """Say what this server does, as a CapabilityStatement."""
    parameters.negotiated()
    return Answer(capabilities(_base(ctx)))


def capabilities(base: str) -> dict[str, Any]:
    """Return the CapabilityStatement of the door at an address."""
    offers = (Offer(one.name, one.holds, one.without, one.profiles, parameters.of(one)) for one in TYPES)
    return statement(base, version("uitwerk"), offers)


def install(app: Flask) -> None:
    """Mount the door; what it refuses leaves as an OperationOutcome."""
    endpoints: list[Endpoint] = mount(app, PREFIX, [room, exports.room])
    app.extensions[ENDPOINTS] = endpoints
    problems.speak(app, PREFIX, lambda problem: (outcome(problem), MEDIA))


def _declare(kind: Type) -> None:
    behind = Behind(kind.own, kind.care)

    def find(ctx: Context) -> Answer:
        parameters.negotiated()
        return Answer(_page(ctx, kind))

    def get(ctx: Context, key: str) -> Answer:
        parameters.negotiated()
        g.about = ids.whose(key)
        found = search.read_one(ctx, kind, key)
        tag = found["meta"].get("versionId")
        return Answer(found, headers={"ETag": f'W/"{tag}"'} if tag else {})

    where = f"/{kind.name}"
    for act, method, path, run in (
        ("search", "GET", where, find),
        ("post_search", "POST", f"{where}/_search", find),
        ("read", "GET", f"{where}/<string:key>", get),
    ):
        # fmt: off
        room.endpoints.append(Endpoint(
            method, path, f"fhir_{act}_{kind.name}", DOOR, f"{kind.name}: {act}.", room.name, run, None, None, None,
            200, (), (), MEDIA, writes=False, if_match=False, behind=behind,
        ))
        # fmt: on


def _page(ctx: Context, kind: Type) -> dict[str, Any]:
    said = parameters.told()
    token = said.get(parameters.PAGE)
    asked, after = pages.opened(ctx, kind, token[-1]) if token else (parameters.understood(kind, said), None)
    g.about = asked.patient_id
    return _told(ctx, kind, asked, after)


def _told(ctx: Context, kind: Type, asked: Asked, after: Place | None) -> dict[str, Any]:
    found = search.search(ctx, kind, asked, after)
    base = _base(ctx)
    here = f"{base}/{kind.name}?"
    following = None if found.last is None else urlencode({parameters.PAGE: pages.sealed(ctx, kind, asked, found.last)})
    return searchset(
        base,
        found.resources,
        total=found.total,
        own=here + urlencode(parameters.self_link(kind, asked)),
        following=None if following is None else here + following,
    )


def _base(ctx: Context) -> str:
    return f"{ctx.settings.public_url}{PREFIX}"


for _type in TYPES:
    _declare(_type)
