"""The dispatcher process: joins the reminders in the database to the channels, any number of it at once."""

import os
import signal
import socket
import threading
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from ssl import create_default_context
from types import FrameType

from backend import logs
from backend.clock import Clock, chosen
from backend.settings import Settings
from backend.storage import keys
from backend.storage.db import make_engine
from backend.storage.outbox import EMAIL, PUSH, SqlOutbox
from backend.storage.sealing import load_key
from notifications.channels.base import Channel
from notifications.channels.email import Email
from notifications.channels.folder import Folder
from notifications.channels.webpush import WebPush
from notifications.dispatcher import Dispatcher
from notifications.endpoint import listed
from notifications.scheduler import run

OUTBOX = "outbox"
"""The folder, below the data folder, that mail is written to where no mail server is set up."""


def channels(settings: Settings) -> Mapping[str, Channel]:
    """Return the channels by name; without a mail server every mail becomes a file."""
    return {EMAIL: _mail(settings), PUSH: _push(settings)}


def _mail(settings: Settings) -> Channel:
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


def _push(settings: Settings) -> Channel:
    """Return the push services; the signing key is read, and if need be made, only when something is sent."""
    return WebPush(
        secret=partial(load_key, settings.push_key),
        contact=settings.push_sender,
        hosts=listed(settings.push_hosts, settings.push_test_hosts),
        tls=create_default_context(cafile=settings.push_test_ca),
    )


def make_dispatcher(settings: Settings, clock: Clock | None = None) -> Dispatcher:
    """Return a dispatcher on the settings' database and channels."""
    engine = make_engine(settings.url, settings.busy_timeout_ms)
    return Dispatcher(
        outbox=SqlOutbox(engine, keys.sealer(engine, settings.keys)),
        channels=channels(settings),
        worker=f"{socket.gethostname()[:40]}:{os.getpid()}",
        clock=clock or chosen(settings.clock_file),
        lease=timedelta(seconds=settings.lease_s),
        app_url=settings.public_url,
    )


def main(settings: Settings) -> int:
    """Dispatch until told to stop (SIGTERM, SIGINT); the message being sent is finished first. Returns 0."""
    logs.configure(settings.log_level)
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    run(make_dispatcher(settings), settings.dispatch_every_s, stop)
    return 0
