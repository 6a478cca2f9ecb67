"""The ticker: APScheduler calls the dispatcher every few seconds and keeps nothing of its own."""

import logging
import threading
from datetime import UTC

from apscheduler.schedulers.background import BackgroundScheduler

from notifications.dispatcher import Dispatcher

log = logging.getLogger(__name__)


def run(dispatcher: Dispatcher, every_s: float, stop: threading.Event) -> None:
    """Tick every `every_s` seconds until `stop` is set, then return once the running tick has ended.

    The job lives in memory only: the outbox is the truth, and APScheduler's own job stores fire once per
    worker.
    """

    def tick() -> None:
        try:
            while not stop.is_set() and dispatcher.run_once().settled:
                pass  # more may be due: work on until nothing moves
        except Exception as trouble:  # noqa: BLE001 - the store may be away, the next tick tries again; no trace: it may hold data
            log.error("tick failed", extra={"code": type(trouble).__name__})  # noqa: TRY400

    ticker = BackgroundScheduler(timezone=UTC)
    ticker.add_job(
        tick,
        "interval",
        seconds=every_s,
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    tick()  # what fell due while nobody looked does not wait for the first interval
    ticker.start()
    try:
        stop.wait()
    finally:
        stop.set()
        ticker.shutdown(wait=True)
