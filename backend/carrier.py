"""The carrier: a dispatcher whose reminders are brought to it by Procrastinate, by their ids and nothing else.

The table of reminders stays the truth, and claim, lease, fence, tries and texts stay where they are: a job only says
"look at this one now". So a job that is lost, done twice or left behind by a dead worker does no harm, and the queue
holds no health data.
"""

import threading
from functools import partial

import psycopg
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import make_url

from backend import logs, worker
from backend.clock import Clock
from backend.settings import Settings
from backend.storage.outbox import SqlOutbox
from notifications.dispatcher import Dispatcher
from notifications.scheduler import Job, run

TASK, QUEUE, SCHEMA = "uitwerk.deliver", "reminders", "procrastinate"
AT_ONCE = 500
"""So many due reminders are handed over in one look; the next look takes the next."""

CONCURRENCY = 4
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
    """Return the engine's worker, which does nothing but deliver what is named."""
    app = App(connector=PsycopgConnector(conninfo=_conninfo(settings), kwargs=_options()))
    app.task(name=TASK, queue=QUEUE)(partial(_deliver, dispatcher))
    return app


def feeder(settings: Settings, outbox: SqlOutbox, clock: Clock) -> tuple[App, Job]:
    """Return the engine as those see it who hand over, to be opened by the caller, and the job that does."""
    app = App(connector=_sync(settings))

    def feed() -> bool:
        for reminder in outbox.waiting(clock(), AT_ONCE):
            _hand_over(app, reminder)
        return False

    return app, feed


def main(settings: Settings) -> int:
    """Hand over and deliver until told to stop (SIGTERM, SIGINT); what is being sent is finished first. Returns 0."""
    logs.configure(settings.log_level)
    prepare(settings)
    outbox = worker.outbox(settings)
    dispatcher = worker.make_dispatcher(settings, box=outbox)
    engine, feed = feeder(settings, outbox, dispatcher.clock)
    jobs = [partial(worker.tend, dispatcher), feed, worker.over(outbox, settings, dispatcher.clock)]
    stop = threading.Event()
    ticking = threading.Thread(target=run, args=(jobs, settings.dispatch_every_s, stop), name="ticker")
    with engine.open():
        ticking.start()
        try:
            make(settings, dispatcher).run_worker(queues=[QUEUE], concurrency=CONCURRENCY, delete_jobs="always")
        finally:
            stop.set()
            ticking.join()
    return 0


def _deliver(dispatcher: Dispatcher, reminder: str) -> None:
    dispatcher.deliver([reminder])


def _hand_over(app: App, reminder: str) -> None:
    """Put a reminder's id into the queue, unless it waits there already."""
    try:
        app.configure_task(TASK, queue=QUEUE, queueing_lock=reminder).defer(reminder=reminder)
    except AlreadyEnqueued:
        return


def _sync(settings: Settings) -> SyncPsycopgConnector:
    return SyncPsycopgConnector(conninfo=_conninfo(settings), kwargs=_options())


def _options() -> dict[str, str]:
    return {"options": f"-c search_path={SCHEMA}"}


def _conninfo(settings: Settings) -> str:
    return make_url(settings.url).set(drivername="postgresql").render_as_string(hide_password=False)
