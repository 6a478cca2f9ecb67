"""The carrier: a dispatcher whose reminders are brought to it by Procrastinate, by their ids and nothing else.

The table of reminders stays the truth, and claim, lease, fence, tries and texts stay where they are: a job only says
"look at this one now". So a job that is lost, done twice or left behind by a dead worker does no harm, and the queue
holds no health data. Each channel has a queue and workers of its own, so that a slow provider holds up none but itself.
"""

import asyncio
import logging
import signal
import threading
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial

import psycopg
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Status
from sqlalchemy import make_url

from backend import logs, worker
from backend.clock import Clock
from backend.settings import Settings
from backend.storage.outbox import SqlOutbox
from notifications.dispatcher import Dispatcher
from notifications.scheduler import Job, run

log = logging.getLogger(__name__)

TASK, SCHEMA = "uitwerk.deliver", "procrastinate"
AT_ONCE = 500
"""So many due reminders of each channel are handed over in one look; the next look takes the next."""

CONCURRENCY = 4
"""So many of one channel are sent at a time by one process."""

STALLED_EVERY_S = 60.0
"""Between two looks for jobs of workers that died."""

_SPARE = 4
"""Threads beside those that send, for the loop itself."""

_LOCK = 7_203_114_905_322
"""Of all processes that start at once, one makes the tables."""


def prepare(settings: Settings) -> None:
    """Make Procrastinate's own tables, in a schema of their own beside ours, unless they are there."""
    with psycopg.connect(_conninfo(settings), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        there = connection.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.procrastinate_jobs",)).fetchone()
        if there is None or there[0] is None:
            with App(connector=_sync(settings)).open() as app:
                app.schema_manager.apply_schema()


def make(settings: Settings, dispatcher: Dispatcher) -> App:
    """Return the engine's worker, which does nothing but deliver what is named, by the channel of its queue."""
    app = App(connector=PsycopgConnector(conninfo=_conninfo(settings), kwargs=_options()))
    for channel in dispatcher.channels:
        deliver = partial(_deliver, replace(dispatcher, lane=channel))
        app.task(name=named(channel), queue=named(channel))(deliver)
    return app


def named(channel: str) -> str:
    """Return the name of a channel's queue and task."""
    return f"{TASK}-{channel}"


def _sync(settings: Settings) -> SyncPsycopgConnector:
    return SyncPsycopgConnector(conninfo=_conninfo(settings), kwargs=_options())


def _options() -> dict[str, str]:
    return {"options": f"-c search_path={SCHEMA}"}


def _conninfo(settings: Settings) -> str:
    return make_url(settings.url).set(drivername="postgresql").render_as_string(hide_password=False)


def feeder(settings: Settings, outbox: SqlOutbox, channels: Collection[str], clock: Clock) -> tuple[App, Job]:
    """Return the engine as those see it who hand over, to be opened by the caller, and the job that does."""
    app = App(connector=_sync(settings))

    def feed() -> bool:
        for channel in channels:
            for reminder in outbox.waiting(clock(), AT_ONCE, channel):
                _hand_over(app, channel, reminder)
        return False

    return app, feed


async def drop_stalled(app: App) -> None:
    """Drop the jobs of workers that died, of an open engine: what they named is due again when the lease is over."""
    for job in await app.job_manager.get_stalled_jobs():
        with suppress(ConnectorException):  # another process was first
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)


def main(settings: Settings) -> int:
    """Hand over and deliver until told to stop (SIGTERM, SIGINT); what is being sent is finished first. Returns 0."""
    logs.configure(settings.log_level)
    prepare(settings)
    outbox = worker.outbox(settings)
    dispatcher = worker.make_dispatcher(settings, box=outbox)
    engine, feed = feeder(settings, outbox, dispatcher.channels, dispatcher.clock)
    patients = [made(outbox, settings, dispatcher.clock) for made in (worker.over, worker.digests)]
    jobs = [partial(worker.tend, dispatcher), feed, *patients]
    stop = threading.Event()
    ticking = threading.Thread(target=run, args=(jobs, settings.dispatch_every_s, stop), name="ticker")
    with engine.open():
        ticking.start()
        try:
            asyncio.run(_work(make(settings, dispatcher), dispatcher.channels))
        finally:
            stop.set()
            ticking.join()
    return 0


async def _work(app: App, channels: Collection[str]) -> None:
    """Let every channel have its worker, until told to stop or until one of them cannot go on; then all end."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    # The loop's own few threads are for all queues: those that wait for one provider would take them from the others.
    loop.set_default_executor(ThreadPoolExecutor(CONCURRENCY * len(channels) + _SPARE))
    _at_signals(loop, stop)
    async with app.open_async():
        workers = [asyncio.create_task(_worker(app, channel)) for channel in channels]
        tidying = asyncio.create_task(_tidy(app))
        told = asyncio.create_task(stop.wait())
        await asyncio.wait([*workers, told], return_when=asyncio.FIRST_COMPLETED)
        for task in (*workers, tidying, told):
            task.cancel()
        ended = await asyncio.gather(*workers, tidying, told, return_exceptions=True)
    for trouble in ended:
        if isinstance(trouble, Exception):
            raise trouble


def _at_signals(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Stop at the first signal, and let a second one be what it always is."""
    both = (signal.SIGTERM, signal.SIGINT)

    def end() -> None:
        for one in both:
            loop.remove_signal_handler(one)
        stop.set()

    for one in both:
        loop.add_signal_handler(one, end)


async def _worker(app: App, channel: str) -> None:
    await app.run_worker_async(
        queues=[named(channel)],
        name=channel,
        concurrency=CONCURRENCY,
        delete_jobs="always",
        install_signal_handlers=False,
    )


async def _tidy(app: App) -> None:
    while True:
        try:
            await drop_stalled(app)
        except Exception as trouble:  # noqa: BLE001 - the store may be away, the next look tries again
            log.error("stalled jobs stay", extra={"code": type(trouble).__name__})  # noqa: TRY400
        await asyncio.sleep(STALLED_EVERY_S)


def _deliver(dispatcher: Dispatcher, reminder: str) -> None:
    dispatcher.deliver([reminder])


def _hand_over(app: App, channel: str, reminder: str) -> None:
    """Put a reminder's id into the queue of its channel, unless it waits there already."""
    task = app.configure_task(named(channel), queue=named(channel), queueing_lock=f"{channel}:{reminder}")
    with suppress(AlreadyEnqueued):
        task.defer(reminder=reminder)
