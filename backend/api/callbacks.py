"""Callbacks over HTTP: where the SMS gateway says what became of a message; its signature is its only way in."""

from typing import Any

from flask import current_app, request

from backend.api.endpoint import Reading, Room
from backend.domain.permissions import PUBLIC
from backend.services import callbacks
from backend.services.context import Context

room = Room("callbacks")


def _read(_reading: Reading, _data: dict[str, Any]) -> Any:
    """Return what the request says, before any transaction begins: who cannot sign costs the database nothing."""
    door = current_app.extensions["uitwerk"]
    signature = request.headers.get("X-Signature", "")
    return callbacks.read(door.settings, door.clock(), signature, request.get_data())


@room.route(
    "POST", "/callbacks/sms", permission=PUBLIC, status=204, problems=(400, 401, 404, 413), prepare=_read,
    largest=callbacks.LARGEST,
)  # fmt: skip
def hear_sms_gateway(ctx: Context, prepared: Any) -> None:
    """Hear from the SMS gateway what became of a message: JSON in its own form, signed in `X-Signature`."""
    callbacks.take(ctx, prepared)
