"""The dispatcher process: joins the reminders in the database to the channels, any number of it at once."""

import os
import signal
import socket
import threading
from dataclasses import replace
from datetime import timedelta
from functools import partial
from time import monotonic
from types import FrameType

from sqlalchemy.orm import Session

from backend import channels, failpoints, logs
from backend.clock import Clock, chosen
from backend.services import digest_mark, digesting, feeding, freezing, replanning
from backend.services.context import Context
from backend.services.unit import act
from backend.settings import Settings
from backend.storage import keys
from backend.storage.db import make_engine
from backend.storage.outbox import SqlOutbox
from notifications.dispatcher import Dispatcher
from notifications.retrying import BACK_OFF_S
from notifications.scheduler import Job, run


def make_dispatcher(settings: Settings, clock: Clock | None = None, box: SqlOutbox | None = None) -> Dispatcher:
    """Return a dispatcher on an outbox, or the settings' own, and their channels, for every channel at once."""
    made = Dispatcher(
        outbox=box or outbox(settings),
        channels=channels.of(settings),
        worker=f"{socket.gethostname()[:40]}:{os.getpid()}",
        clock=clock or chosen(settings.clock_file),
        lease=timedelta(seconds=settings.lease_s),
        app_url=settings.public_url,
        width=settings.dispatch_width,
        back_off_s=tuple(float(wait) for wait in settings.back_off.split()) or BACK_OFF_S,
    )
    reach = failpoints.chosen(settings.failpoint)
    return made if reach is None else replace(made, reach=reach)


PAUSE_S = 0.05
"""Between two patients gone over: each holds all writers of SQLite, and after a release all have their turn at once."""
DIGESTS_AFTER_S, BETWEEN_DIGESTS_S = 30.0, 0.5
"""Digests can wait: a process that has just begun first sends what waited, and most of its time is for sending."""


def jobs(settings: Settings, stop: threading.Event, clock: Clock | None = None) -> list[Job]:
    """Return what a dispatcher process does until it is told to stop.

    A sign of life, a lane for each channel, so that a slow provider holds up none but itself, going over every
    patient's reminders once a day, keeping the digests of patients whose feed moved, and building snapshots.
    """
    box = outbox(settings)
    dispatcher = replace(make_dispatcher(settings, clock, box), stopping=stop.is_set)
    lanes = [partial(_dispatch, replace(dispatcher, lane=channel)) for channel in dispatcher.channels]
    return [
        partial(tend, dispatcher),
        *lanes,
        over(box, settings, dispatcher.clock),
        digests(box, settings, dispatcher.clock),
        snapshots(box, settings, dispatcher.clock, stop),
        feeds(box, settings, dispatcher.clock, stop),
    ]


def outbox(settings: Settings) -> SqlOutbox:
    """Return the outbox of the settings' database."""
    engine = make_engine(settings.url, settings.busy_timeout_ms)
    return SqlOutbox(engine, keys.sealer(engine, settings.keys))


def over(box: SqlOutbox, settings: Settings, clock: Clock) -> Job:
    """Return the job that goes over every patient's reminders once a day, one at a time with a pause between."""
    return partial(_go_over, box, settings, clock)


def digests(box: SqlOutbox, settings: Settings, clock: Clock, after_s: float = DIGESTS_AFTER_S) -> Job:
    """Return the job that keeps a digest of every patient, some at a time, so that no list waits for them.

    It begins `after_s` seconds from now.
    """
    digest_mark.mark()  # of the code that runs, not of what an upgrade puts in its place later
    return partial(_digest, box, settings, clock, monotonic() + after_s)


def snapshots(box: SqlOutbox, settings: Settings, clock: Clock, stop: threading.Event) -> Job:
    """Return the job that builds the snapshots researchers asked for, one after another."""

    def context(session: Session) -> Context:
        return Context(session, None, clock(), "freezing", box.sealer, settings)

    return partial(freezing.freeze_next, box.engine, context, stop.is_set)


def feeds(box: SqlOutbox, settings: Settings, clock: Clock, stop: threading.Event) -> Job:
    """Return the job that keeps the feeds researchers asked for, one round after another."""

    def context(session: Session) -> Context:
        return Context(session, None, clock(), "feeding", box.sealer, settings)

    return partial(feeding.keep_next, box.engine, context, stop.is_set)


def tend(dispatcher: Dispatcher) -> bool:
    """Give a sign of life, and end what makes no sense any more."""
    dispatcher.tend()
    return False


def _dispatch(lane: Dispatcher) -> bool:
    return bool(lane.work().settled)


def _go_over(box: SqlOutbox, settings: Settings, clock: Clock) -> float:
    """Plan the patient whose turn it is, if any, and return how long the others are to wait for theirs."""
    now = clock()
    for turn in (replanning.waits, replanning.go_over):  # nothing is locked to find out that nobody waits
        with Session(box.engine) as session:
            ctx = Context(session, None, now, "replanning", box.sealer, settings)
            with act(session, ctx, writes=turn is replanning.go_over) as unit:
                if not turn(unit):
                    return 0.0
    return PAUSE_S


def _digest(box: SqlOutbox, settings: Settings, clock: Clock, begins: float) -> float:
    """Keep digests of some patients who have none that stands, and return how long the others are to wait."""
    if monotonic() < begins:
        return 0.0
    with Session(box.engine) as session:
        ctx = Context(session, None, clock(), "digesting", box.sealer, settings)
        with act(session, ctx, writes=False) as unit:
            return BETWEEN_DIGESTS_S if digesting.refresh(unit) else 0.0


def main(settings: Settings) -> int:
    """Dispatch until told to stop (SIGTERM, SIGINT); the messages being sent are finished first. Returns 0."""
    logs.configure(settings.log_level)
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    run(jobs(settings, stop), settings.dispatch_every_s, stop)
    return 0
