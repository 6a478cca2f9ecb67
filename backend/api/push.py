"""Push over HTTP: the key to subscribe with, the subscriptions of one's phones, and a test message."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Answer, Room
from backend.domain.permissions import PUBLIC
from backend.services import push, trial
from backend.services.context import Context
from backend.services.push import Target

room = Room("push")


class PushKeyOut(Schema):
    """The application server key: an uncompressed P-256 point in base64url."""

    public_key = fields.Text(100, required=True)


class SubscriptionKeysIn(Schema):
    """The keys of a browser's subscription, in base64url."""

    p256dh = fields.Text(100, required=True)
    auth = fields.Text(40, required=True)


class SubscriptionIn(Schema):
    """What a browser's push manager gave, without `expirationTime`."""

    endpoint = fields.Text(2048, required=True)
    keys = fields.Part(SubscriptionKeysIn, required=True)


class SubscribedOut(Schema):
    """The subscription."""

    id = fields.Id(required=True)


class PushTokenIn(Schema):
    """The token an app on the phone got from the service that wakes it."""

    service = fields.Words(*push.SERVICES, required=True)
    token = fields.Text(4096, required=True)


class SubscriptionOut(Schema):
    """A subscription that stands; `this` is the phone that asks."""

    id = fields.Id(required=True)
    device = fields.Text(100, required=True)
    service = fields.Words("webpush", *push.SERVICES, required=True)
    made_at = fields.Instant(required=True)
    this = fields.Flag(required=True)


class SubscriptionList(Schema):
    """Subscriptions, the newest first."""

    items = fields.Many(fields.Part(SubscriptionOut), most=push.MOST, required=True)


class TrialOut(Schema):
    """The way a test message goes; `inbox` is the app itself, where nothing else leads to somebody."""

    channel = fields.Words(*trial.CHANNELS, required=True)


@room.route("GET", "/push-key", permission=PUBLIC, gives=PushKeyOut)
def get_push_key(ctx: Context) -> dict[str, Any]:
    """Get the key a browser subscribes with."""
    return {"public_key": push.public_key(ctx)}


@room.route(
    "POST", "/me/push-subscriptions", permission="own-push:write", takes=SubscriptionIn, gives=SubscribedOut,
    status=201, also=(200,),
)  # fmt: skip
def subscribe(ctx: Context, data: dict[str, Any]) -> Answer:
    """Let one's phone be woken; the same once more is nothing new."""
    found, new = push.subscribe(ctx, Target(data["endpoint"], data["keys"]["p256dh"], data["keys"]["auth"]))
    return Answer({"id": found}, 201 if new else 200)


@room.route(
    "POST", "/me/push-tokens", permission="own-push:write", takes=PushTokenIn, gives=SubscribedOut, status=201,
    also=(200,),
)  # fmt: skip
def register_token(ctx: Context, data: dict[str, Any]) -> Answer:
    """Let the app on one's phone be woken; the same once more is nothing new."""
    found, new = push.register(ctx, data["service"], data["token"])
    return Answer({"id": found}, 201 if new else 200)


@room.route("GET", "/me/push-subscriptions", permission="own-push:write", gives=SubscriptionList)
def list_subscriptions(ctx: Context) -> dict[str, Any]:
    """List what wakes one's phones: subscriptions of browsers and tokens of apps."""
    return {"items": push.own(ctx)}


@room.route("DELETE", "/me/push-subscriptions/<uuid:subscription_id>", permission="own-push:write", status=204)
def unsubscribe(ctx: Context, subscription_id: UUID) -> None:
    """Let one of one's phones sleep, be it woken by browser or app."""
    push.unsubscribe(ctx, subscription_id)


@room.route(
    "POST", "/me/test-message", permission="own-push:write", gives=TrialOut, status=202, problems=(409, 429)
)  # fmt: skip
def send_test_message(ctx: Context) -> dict[str, Any]:
    """Send oneself a test message, by the way reminders take."""
    return {"channel": trial.send(ctx)}
