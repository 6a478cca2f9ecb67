"""A token that says to a provider who we are: made once, used again until it ends, shared by threads."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock


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
        self._held: _Held | None = None

    def at(self, now: datetime, made_of: bytes, make: Callable[[], tuple[str, timedelta]]) -> str:
        """Return the token good at `now` for a secret; `make` gives a new one and for how long it may be used.

        While it is made others wait for it instead of making one too. Raises what `make` raises.
        """
        with self._lock:
            held = self._held
            if held is None or held.made_of != made_of or not held.since <= now < held.until:
                token, lasts = make()
                self._held = held = _Held(token, made_of, now, now + lasts)
            return held.token

    def drop(self, token: str) -> None:
        """Never return this token again; one that was made meanwhile stays."""
        with self._lock:
            if self._held is not None and self._held.token == token:
                self._held = None
