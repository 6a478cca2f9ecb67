"""Mailing: the ways of sending that several processes share, made from the settings."""

import logging
from collections.abc import Mapping
from importlib import import_module

from backend.settings import Settings, SettingsError
from notifications.channels.base import Channel
from notifications.channels.email import Email
from notifications.channels.folder import Folder
from notifications.channels.relay import Relay

OUTBOX = "outbox"
"""The folder, below the data folder, that mail is written to where no mail server is set up."""

MAIL, RELAY = "mail", "relay"


def mail(settings: Settings) -> Channel:
    """Return the mail server, or where none is set up the folder that every mail becomes a file in."""
    if not settings.mail_host:
        return Folder(settings.data_dir / OUTBOX, settings.mail_from)
    return Email(
        host=settings.mail_host,
        port=settings.mail_port,
        sender=settings.mail_from,
        user=settings.mail_user,
        password=settings.mail_password,
        starttls=settings.mail_security == "starttls",
        ssl=settings.mail_security == "tls",
    )


def alarms(settings: Settings) -> Mapping[str, Channel]:
    """Return how alerts are sent: MAIL, and RELAY where the operator named other services.

    Raises SettingsError when those are named and the extra for them is not installed.
    """
    addresses = tuple(settings.operator_urls.split())
    if not addresses:
        return {MAIL: mail(settings)}
    try:
        make = import_module("apprise").Apprise
    except ImportError as error:
        raise SettingsError("UITWERK_OPERATOR_URLS needs an extra: pip install 'uitwerk[apprise]'.") from error
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it would quote addresses, which hold passwords
    return {MAIL: mail(settings), RELAY: Relay(addresses, make)}
