"""The channels of this installation: one for each name there is, those not set up saying so."""

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from ssl import create_default_context
from typing import Any

from backend.mailing import mail
from backend.settings import Settings
from backend.storage.sealing import load_key
from backend.storage.ways import APNS, EMAIL, FCM, INBOX, PUSH, SMS
from notifications.channels.absent import Absent
from notifications.channels.base import Channel
from notifications.channels.inbox import Inbox
from notifications.channels.webpush import WebPush
from notifications.endpoint import listed

CALLBACK = "/api/v1/callbacks/sms"
"""Where the SMS gateway says what became of a message."""


def of(settings: Settings) -> Mapping[str, Channel]:
    """Return every channel by name; what is not set up fails for good, so that the next channel has its turn."""
    made: dict[str, Callable[[Settings], Channel]] = {PUSH: _push, SMS: _sms, FCM: _fcm, APNS: _apns}
    return {EMAIL: mail(settings), INBOX: Inbox()} | {name: make(settings) for name, make in made.items()}


def _push(settings: Settings) -> Channel:
    """Return the push services; the signing key is read, and if need be made, only when something is sent."""
    return WebPush(
        secret=partial(load_key, settings.push_key),
        contact=settings.push_sender,
        hosts=listed(settings.push_hosts, settings.push_test_hosts),
        tls=create_default_context(cafile=settings.push_test_ca),
    )


def _sms(settings: Settings) -> Channel:
    if not settings.sms_url:
        return Absent()
    names = dict(pair.split("=", 1) for pair in settings.sms_fields.split())
    callback = settings.public_url + CALLBACK if settings.sms_secret else ""
    made: Channel = _seldom("sms", "Sms")(
        url=settings.sms_url, token=settings.sms_token, sender=settings.sms_sender, fields=names, callback_url=callback
    )
    return made


def _fcm(settings: Settings) -> Channel:
    if settings.fcm_file is None:
        return Absent()
    made: Channel = _seldom("fcm", "Fcm")(account=settings.fcm_file.read_bytes)
    return made


def _apns(settings: Settings) -> Channel:
    if settings.apns_key_file is None:
        return Absent()
    apns = import_module("notifications.channels.apns")
    made: Channel = apns.Apns(
        key=settings.apns_key_file.read_bytes,
        key_id=settings.apns_key_id,
        team=settings.apns_team,
        topic=settings.apns_topic,
        base=apns.SANDBOX if settings.apns_sandbox else apns.PRODUCTION,
    )
    return made


def _seldom(module: str, name: str) -> Any:
    """Return a channel most installations do without: what it needs is loaded by those that have it alone."""
    return getattr(import_module(f"notifications.channels.{module}"), name)
