"""Failed tries: how long to wait before the next, so that guessing is hopeless and mistyping is not (P26)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
FREE = 5
"""So many tries cost no delay; after that it doubles with each, from one second."""


def wait_s(failed_at: Sequence[datetime], now: datetime, limit: int, free: int = FREE) -> int:
    """Return the whole seconds to wait before another try, 0 when it may be made now.

    `failed_at` are the failed tries of the window (aware, any order). At `limit` tries one waits until the oldest
    of them leaves the window; from `free` tries on, one, two, four ... seconds.
    """
    waited = 0
    # Once the oldest try is forgotten, the others still have their own delay.
    while more := _next_wait_s(failed_at, now + timedelta(seconds=waited), limit, free):
        waited += more
    return waited


def _next_wait_s(failed_at: Sequence[datetime], now: datetime, limit: int, free: int) -> int:
    recent = sorted(at for at in failed_at if at > now - WINDOW)
    if len(recent) >= limit:
        free_at = recent[-limit] + WINDOW
    elif len(recent) >= free:
        free_at = recent[-1] + min(timedelta(seconds=2.0 ** (len(recent) - free)), WINDOW)  # then all are forgotten
    else:
        return 0
    left = (free_at - now).total_seconds()
    return max(-int(-left // 1), 0)
