"""Health over HTTP, at the root and for everybody: alive, ready, and which version."""

from importlib.metadata import version
from typing import Any

from flask import Flask, Response
from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Answer, Endpoint, Room, dump
from backend.domain.permissions import PUBLIC
from backend.services import health
from backend.services.context import Context

room = Room("health")
still = Room("health")
"""Routes that ask nothing of the database, so that they answer without it."""


class AliveOut(Schema):
    """The process answers."""

    alive = fields.Flag(required=True)


class ReadyOut(Schema):
    """Whether the installation may be relied on, what is wrong if not, and since when reminders do not go out."""

    ready = fields.Flag(required=True)
    wrong = fields.Many(fields.Text(200), most=20, required=True)
    reminders_delayed_since = fields.Instant(required=True, allow_none=True)


class VersionOut(Schema):
    """Which version answers."""

    name = fields.Text(40, required=True)
    version = fields.Text(40, required=True)


@room.route("GET", "/readyz", permission=PUBLIC, gives=ReadyOut, also=(503,))
def get_readiness(ctx: Context) -> Answer:
    """Say whether schema, durability and dispatcher are as they should be; 503 with what is wrong if not."""
    state = health.state(ctx)
    told = {"ready": not state.wrong, "wrong": state.wrong, "reminders_delayed_since": state.reminders_delayed_since}
    return Answer(told, 503 if state.wrong else 200)


@still.route("GET", "/healthz", permission=PUBLIC, gives=AliveOut)
def get_health() -> dict[str, Any]:
    """Say that the process is alive."""
    return {"alive": True}


@still.route("GET", "/version", permission=PUBLIC, gives=VersionOut)
def get_version() -> dict[str, Any]:
    """Say which version this is."""
    return {"name": "Uitwerk", "version": version("uitwerk")}


def mount_still(app: Flask) -> None:
    """Give the app the routes that need no transaction."""
    for endpoint in still.endpoints:
        app.add_url_rule(endpoint.path, f"health.{endpoint.name}", _view(endpoint), methods=[endpoint.method])


def _view(endpoint: Endpoint) -> Any:
    def view() -> Response:
        return Response(dump(endpoint.run()), endpoint.status, content_type=endpoint.media)

    return view
