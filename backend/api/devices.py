"""Devices over HTTP: a patient sees their own phones and sends one away."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Room
from backend.api.patients import DeviceOut
from backend.services import devices
from backend.services.context import Context
from backend.services.pairing import Device

room = Room("devices")


class OwnDeviceOut(DeviceOut):
    """One of one's own phones; `this` is the one that asks."""

    this = fields.Flag(required=True)


class OwnDeviceList(Schema):
    """One's own phones, the newest first."""

    items = fields.Many(fields.Part(OwnDeviceOut), most=100_000, required=True)


@room.route("GET", "/me/devices", permission="own-devices:read", gives=OwnDeviceList)
def list_own_devices(ctx: Context) -> dict[str, Any]:
    """List one's own phones, those sent away too."""
    return {"items": [_shown(device, ctx.who.session_id) for device in devices.own(ctx)]}


@room.route("DELETE", "/me/devices/<uuid:device_id>", permission="own-devices:write", status=204, problems=(404,))
def send_own_device_away(ctx: Context, device_id: UUID) -> None:
    """Send one of one's own phones away, at once; this one too."""
    devices.send_away(ctx, device_id)


def _shown(device: Device, here: UUID | None) -> dict[str, Any]:
    return {
        "id": device.id,
        "name": device.name,
        "paired_at": device.paired_at,
        "seen_at": device.seen_at,
        "synced_at": device.synced_at,
        "revoked_at": device.revoked_at,
        "this": device.id == here,
    }
