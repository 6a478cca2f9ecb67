"""The ticker: APScheduler calls each job every few seconds and keeps nothing of its own."""

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import UTC

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

log = logging.getLogger(__name__)

Job = Callable[[], bool | float]
"""Does a part of its work, and says whether there may be more to do at once; seconds: after so long a pause."""


def run(jobs: Iterable[Job], every_s: float, stop: threading.Event) -> None:
    """Call each job now and every `every_s` seconds until `stop` is set, then return once those running have ended.

    Each has a thread of its own, so that none waits for another. They live in memory only: the outbox is the truth, and
    APScheduler's own job stores fire once per worker.
    """
    ticks = [_tick(job, stop) for job in jobs]
    # A job at work may meet its next turn: two threads each, of which one finds it taken and leaves, without a warning.
    ticker = BackgroundScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(2 * len(ticks))})
    for tick in ticks:
        ticker.add_job(tick, "interval", seconds=every_s, coalesce=True, max_instances=2, misfire_grace_time=None)
    # What fell due while nobody looked does not wait. No jobs of the ticker's: it trips over stopping in their midst.
    at_once = [threading.Thread(target=tick) for tick in ticks]
    for thread in at_once:
        thread.start()
    ticker.start()
    try:
        stop.wait()
    finally:
        stop.set()
        ticker.shutdown(wait=True)
        for thread in at_once:
            thread.join()


def _tick(job: Job, stop: threading.Event) -> Callable[[], None]:
    taken = threading.Lock()

    def tick() -> None:
        if not taken.acquire(blocking=False):
            return
        try:
            while not stop.is_set() and (more := job()):  # more may be due: work on until nothing moves
                if more is not True:
                    stop.wait(more)
        except Exception as trouble:  # noqa: BLE001 - the store may be away, the next tick tries again; no trace: it may hold data
            log.error("tick failed", extra={"code": type(trouble).__name__})  # noqa: TRY400
        finally:
            taken.release()

    return tick
