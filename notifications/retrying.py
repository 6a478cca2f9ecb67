"""When a reminder that was not sent is tried again, and by which channel."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from notifications.reminder import Again, Claimed, Failed

BACK_OFF_S = (60.0, 300.0, 900.0, 3600.0)
"""Seconds to wait after the first, second, ... failed attempt; on the last channel the one after the last is final."""

TRIES_BEFORE_NEXT = 2
"""So many passing failures, and the next channel has its turn (issue 4)."""

_JITTER = 0.25
"""At most this part is added to each wait, so that what failed together does not come back together."""


def again(failed: Failed, claimed: Claimed, now: datetime, back_off_s: Sequence[float] = BACK_OFF_S) -> Again | None:
    """Return the next try, None for never.

    A failure that will not pass goes to the next channel at once, one that may pass after two tries or where waiting
    would be in vain, or longer than we would ever wait by ourselves. On the last channel it is tried as often as there
    are waits. What a provider asks for (Retry-After) is honoured.
    """
    next_channel = claimed.others[0] if claimed.others else None
    if failed.permanent:
        # What is gone is not in an address again, so that the same way may by then mean another: the app's inbox.
        after = next_channel or (claimed.reminder.channel if failed.gone else None)
        return Again(now, after) if after else None
    if claimed.attempt > len(back_off_s) or (next_channel and claimed.attempt >= TRIES_BEFORE_NEXT):
        return Again(now, next_channel) if next_channel else None
    asked_s = float(failed.retry_after_s or 0)
    at = now + timedelta(seconds=max(_spread(claimed, back_off_s[claimed.attempt - 1]), asked_s))
    if next_channel and (at >= claimed.reminder.expires_at or asked_s > back_off_s[-1]):
        return Again(now, next_channel)
    return Again(at, claimed.reminder.channel)


def _spread(claimed: Claimed, wait_s: float) -> float:
    """Return the wait with its jitter, which follows from the message and the try: told twice, it is the same."""
    drawn = sha256(f"{claimed.message_id}:{claimed.attempt}".encode()).digest()
    return wait_s * (1 + _JITTER * int.from_bytes(drawn[:4], "big") / 2**32)
