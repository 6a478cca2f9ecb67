"""A token that says to a provider who we are: made once, used again until it ends, shared by threads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic


class BusyError(Exception):
    """Others are at it for longer than there is time."""


@contextmanager
def turn(lock: Lock, over_at: float) -> Iterator[None]:
    """Hold a lock. Raises BusyError where its turn has not come by `over_at` (monotonic)."""
    if not lock.acquire(timeout=max(0.0, over_at - monotonic())):
        raise BusyError
    try:
        yield
    finally:
        lock.release()


@dataclass(frozen=True, slots=True)
class _Held:
    token: str
    made_of: bytes
    since: datetime
    until: datetime


class Kept:
    """The token in use, and none at first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._making = Lock()
        self._held: _Held | None = None

    def at(self, now: datetime, made_of: bytes, make: Callable[[], tuple[str, timedelta]], over_at: float) -> str:
        """Return the token good at `now` for a secret; `make` gives a new one and for how long it may be used.

        While it is made others wait for it, until `over_at` (monotonic), instead of making one too. Raises BusyError
        where that was too long, and what `make` raises.
        """
        with turn(self._making, over_at):
            held = self._held
            if held is None or held.made_of != made_of or not held.since <= now < held.until:
                token, lasts = make()
                held = _Held(token, made_of, now, now + lasts)
                with self._lock:
                    self._held = held
            return held.token

    def drop(self, token: str) -> None:
        """Never return this token again; one that was made meanwhile stays. Waits for nobody who makes one."""
        with self._lock:
            if self._held is not None and self._held.token == token:
                self._held = None
